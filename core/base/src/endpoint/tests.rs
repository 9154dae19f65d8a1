use super::health::State as Light;
use super::*;
use crate::error::{ErrorKind, Explain};
use crate::registry::{self, NewVersion, Selector};

fn workspace() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    (folder, workspace)
}

fn local(model: &str, version: Selector) -> Spec {
    Spec::Local(Serving {
        model: model.to_owned(),
        version,
        ..Serving::default()
    })
}

#[test]
fn an_endpoint_is_started_once_and_its_lost_process_shows() {
    let (_folder, workspace) = workspace();
    let endpoint = create(&workspace, "penguins", &local("penguins", Selector::Newest)).unwrap();
    assert_eq!(
        create(&workspace, "penguins", &endpoint.spec).unwrap_err().kind(),
        ErrorKind::Conflict
    );
    let job = start(&workspace, &endpoint.id).unwrap();
    assert_eq!(start(&workspace, &endpoint.id).unwrap_err().kind(), ErrorKind::Conflict);
    let claim = job::claim(&workspace, &job).unwrap();
    assert!(get(&workspace, &endpoint.id).unwrap().is_active());
    assert_eq!(
        delete(&workspace, &endpoint.id).unwrap_err().kind(),
        ErrorKind::Conflict
    );
    drop(claim);
    job::mark_interrupted(&workspace).unwrap();
    let row = get(&workspace, &endpoint.id).unwrap();
    assert_eq!((row.state, row.wanted), (Some(State::Interrupted), Wanted::Up));
    stop(&workspace, &endpoint.id).unwrap();
    delete(&workspace, &endpoint.id).unwrap();
    assert!(list(&workspace).unwrap().is_empty());
    create(&workspace, "penguins", &endpoint.spec).unwrap();
}

#[test]
fn a_change_of_health_is_an_alert_until_it_is_seen() {
    let (_folder, workspace) = workspace();
    let id = create(&workspace, "p", &local("p", Selector::Newest)).unwrap().id;
    let set = |state, reason| health::set(&workspace, &id, state, reason, Some(1.5), 0).unwrap();
    assert!(set(Light::Healthy, "answers"));
    assert!(
        health::alerts(&workspace).unwrap().is_empty(),
        "a first start is no alarm"
    );
    let since = health::get(&workspace, &id).unwrap().unwrap().since_ms;
    assert!(!set(Light::Healthy, "answers"));
    assert_eq!(health::get(&workspace, &id).unwrap().unwrap().since_ms, since);
    assert!(set(Light::Down, "its process is gone"));
    assert!(set(Light::Healthy, "answers again"));
    let alerts = health::alerts(&workspace).unwrap();
    assert_eq!(alerts.len(), 2);
    assert_eq!((alerts[0].before, alerts[0].after), (Light::Healthy, Light::Down));
    health::mark_seen(&workspace, alerts[1].seq).unwrap();
    assert!(health::alerts(&workspace).unwrap().is_empty());
    assert_eq!(health::history(&workspace, &id, 10).unwrap().len(), 3);
}

#[test]
fn only_the_hash_of_a_token_is_written() {
    let (folder, workspace) = workspace();
    let id = create(&workspace, "p", &local("p", Selector::Newest)).unwrap().id;
    let first = token::make(&workspace, &id, "you").unwrap();
    let second = token::make(&workspace, &id, "you").unwrap();
    assert_ne!(first, second);
    assert_eq!(token::hashes(&workspace, &id).unwrap(), [second.hash()]);
    assert!(!format!("{second:?}").contains(second.reveal()));
    for name in ["aloft.db", "aloft.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        let secret = second.reveal().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{name}");
    }
}

#[test]
fn a_served_version_cannot_be_deleted() {
    let (_folder, workspace) = workspace();
    let version = NewVersion {
        id: crate::id::new('m'),
        model: "p".to_owned(),
        ..NewVersion::default()
    };
    registry::add(&workspace, &version).unwrap();
    let endpoint = create(&workspace, "p", &local("p", Selector::Version(1))).unwrap();
    start(&workspace, &endpoint.id).unwrap();
    let error = registry::delete(&workspace, "p", 1).unwrap_err();
    assert!(error.to_string().contains("served by the endpoint 'p'"), "{error}");
}

#[test]
fn failures_are_kept_up_to_a_limit() {
    let (_folder, workspace) = workspace();
    let id = create(&workspace, "p", &local("p", Selector::Newest)).unwrap().id;
    let failure = |number: i64| health::Failure {
        seq: 0,
        time_ms: number,
        status: 422,
        kind: "invalid".to_owned(),
        message: format!("number {number}"),
        request: "{}".to_owned(),
    };
    let failures: Vec<_> = (0..150).map(failure).collect();
    health::add_failures(&workspace, &id, &failures).unwrap();
    let kept = health::failures(&workspace, &id).unwrap();
    assert_eq!((kept.len(), kept[0].message.as_str()), (100, "number 149"));
}

#[test]
fn shares_and_addresses_are_checked() {
    let (_folder, workspace) = workspace();
    let external = |url: &str| {
        Spec::External(External {
            url: url.to_owned(),
            check: Check::Http {
                status: 200,
                contains: String::new(),
            },
            latency_limit_ms: 500.0,
        })
    };
    for bad in ["ftp://a", "http://user:secret@host/"] {
        let error = create(&workspace, "x", &external(bad)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.to_string().contains("secret"));
    }
    create(&workspace, "x", &external("http://127.0.0.1:9/health")).unwrap();
    let Spec::Local(mut serving) = local("p", Selector::Newest) else {
        panic!("a local endpoint");
    };
    serving.split = Some(Split {
        version: Selector::Version(2),
        share: 1.5,
    });
    assert!(create(&workspace, "y", &Spec::Local(serving)).is_err());
}
