//! The ways of AWS to sign in, against moto: environment, profiles, programs, roles.

#![expect(clippy::unwrap_used, reason = "what helps the tests fails as they do")]

use std::collections::BTreeMap;
use std::process::Command;

use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::remote::Credential;
use aloft_base::secret::Secrets;
use aloft_base::{Explain as _, Redacted};
use aloft_cloud::credentials::{ProfileKind, profiles, take_role};
use aloft_cloud::{CloudError, Store, open};
use aloft_rigs::Moto;

/// What the environment holds cannot be changed inside a test, so this one runs itself in a process of its own.
#[test]
fn the_ways_of_aws_to_sign_in_are_followed() {
    if std::env::var_os("ALOFT_TEST_SIGN_IN").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        return runtime.block_on(sign_in_every_way());
    }
    let server = Moto::start();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::write(
        &config,
        r#"[default]
region = eu-central-1
[profile tool]
credential_process = echo '{"Version": 1, "AccessKeyId": "FROMTOOL", "SecretAccessKey": "planted-secret", "SessionToken": "planted-token"}'
[profile broken]
credential_process = echo planted-secret; exit 3
[profile base]
aws_access_key_id = FROMBASE
aws_secret_access_key = planted-secret
[profile role]
role_arn = arn:aws:iam::123456789012:role/lab
source_profile = base
"#,
    )
    .unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_ways_of_aws_to_sign_in_are_followed", "--nocapture"])
        .env("ALOFT_TEST_SIGN_IN", "1")
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"))
        .env("AWS_ENDPOINT_URL", server.url())
        .env("AWS_ACCESS_KEY_ID", "FROMENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "planted-secret")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

/// The id and the session token of the keys that a scan is signed with.
async fn keys_of(store: &dyn Store) -> Result<(String, String), CloudError> {
    let Some(Credential::Keys {
        access_key_id,
        session_token,
        ..
    }) = store.scan_credential("default").await?
    else {
        panic!("nothing is signed");
    };
    let token = session_token.map(|token| token.expose().clone());
    Ok((access_key_id, token.unwrap_or_default()))
}

async fn sign_in_every_way() {
    let opened = |sign_in: SignIn, secrets: &Secrets| {
        let spec = Spec {
            sign_in,
            ..Spec::new(Provider::S3)
        };
        open("work", &spec, secrets).unwrap()
    };
    let options = async |sign_in: SignIn| -> Result<BTreeMap<String, String>, CloudError> {
        let store = opened(sign_in, &Secrets::new());
        let keys = keys_of(&*store).await?;
        let mut options: BTreeMap<String, String> = store
            .scan_options("default")
            .await?
            .into_iter()
            .map(|(name, value)| (name, value.expose().clone()))
            .collect();
        assert!(
            !options
                .keys()
                .any(|name| name.contains("key") || name.contains("token"))
        );
        options.insert("aws_access_key_id".to_owned(), keys.0);
        options.insert("aws_session_token".to_owned(), keys.1);
        Ok(options)
    };

    // The server and the region of the environment serve, and requests reach them.
    let default = opened(SignIn::Default, &Secrets::new());
    default.create_bucket("default").await.unwrap();
    assert_eq!(default.buckets().await.unwrap().len(), 1);
    let found = options(SignIn::Default).await.unwrap();
    assert_eq!(found["aws_access_key_id"], "FROMENVIRONMENT");
    assert_eq!(found["aws_region"], "eu-central-1");
    assert!(found["aws_endpoint_url"].starts_with("http://127.0.0.1:"));
    assert_eq!(found["aws_allow_http"], "true");
    assert_eq!(
        options(SignIn::Environment).await.unwrap()["aws_access_key_id"],
        "FROMENVIRONMENT"
    );

    let profile = |name: &str| SignIn::Profile { name: name.to_owned() };
    let found = options(profile("tool")).await.unwrap();
    assert_eq!(found["aws_access_key_id"], "FROMTOOL");
    assert_eq!(found["aws_session_token"], "planted-token");
    assert_eq!(options(profile("base")).await.unwrap()["aws_access_key_id"], "FROMBASE");
    let found = options(profile("role")).await.unwrap();
    assert!(
        found["aws_access_key_id"].starts_with("ASIA"),
        "{}",
        found["aws_access_key_id"]
    );
    assert!(!found["aws_session_token"].is_empty());
    for name in ["broken", "missing"] {
        let error = options(profile(name)).await.unwrap_err();
        assert!(matches!(error, CloudError::SignIn { .. }), "{error:?}");
        let said = format!("{error} {error:?} {:?}", error.hint());
        assert!(said.contains(&format!("'{name}'")), "{said}");
        assert!(!said.contains("planted"), "{said}");
    }

    let role = |mfa_serial: Option<&str>| SignIn::Role {
        role_arn: "arn:aws:iam::123456789012:role/lab".to_owned(),
        profile: Some("base".to_owned()),
        external_id: Some("outside".to_owned()),
        mfa_serial: mfa_serial.map(str::to_owned),
    };
    let found = options(role(None)).await.unwrap();
    assert!(found["aws_access_key_id"].starts_with("ASIA"));
    let device = "arn:aws:iam::123456789012:mfa/me";
    let error = options(role(Some(device))).await.unwrap_err();
    assert!(error.to_string().contains(device), "{error}");
    assert!(error.hint().unwrap().contains("code"), "{error:?}");
    let code = Secrets::from([("mfa_code".to_owned(), Redacted::new("123456".to_owned()))]);
    let with_code = opened(role(Some(device)), &code);
    assert_eq!(keys_of(&*with_code).await.unwrap(), keys_of(&*with_code).await.unwrap());

    // What came of a code serves again, where the code itself would not.
    let spec = Spec {
        sign_in: role(Some(device)),
        ..Spec::new(Provider::S3)
    };
    let taken = take_role("work", &spec, &Redacted::new("123456".to_owned()))
        .await
        .unwrap();
    assert!(taken.expires_ms.is_some());
    assert!(!format!("{taken:?}").contains("ASIA"));
    let kept = Secrets::from([("role_keys".to_owned(), taken.role_keys)]);
    let twice = [opened(role(Some(device)), &kept), opened(role(Some(device)), &kept)];
    let mut ids = Vec::new();
    for store in twice {
        ids.push(keys_of(&*store).await.unwrap().0);
    }
    assert!(ids[0].starts_with("ASIA") && ids[0] == ids[1], "{ids:?}");
    let old =
        r#"{"access_key_id": "ASIAOLD", "secret_access_key": "planted-secret", "session_token": "t", "expires_ms": 1}"#;
    let kept = Secrets::from([("role_keys".to_owned(), Redacted::new(old.to_owned()))]);
    let error = keys_of(&*opened(role(Some(device)), &kept)).await.unwrap_err();
    assert!(error.to_string().contains("has ended"), "{error}");
    assert!(!format!("{error:?}").contains("planted"), "{error:?}");

    let process = |command: &str| SignIn::Process {
        command: command.to_owned(),
    };
    let good = r#"echo '{"Version": 1, "AccessKeyId": "FROMPROCESS", "SecretAccessKey": "s"}'"#;
    assert_eq!(
        options(process(good)).await.unwrap()["aws_access_key_id"],
        "FROMPROCESS"
    );
    for bad in [
        "echo planted-secret",
        "echo planted-secret >&2; exit 3",
        "/no/such/planted-program",
    ] {
        let error = options(process(bad)).await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains("planted"), "{said}");
    }
    let nobody = opened(SignIn::Anonymous, &Secrets::new());
    assert!(nobody.scan_credential("default").await.unwrap().is_none());

    let kinds: Vec<(String, ProfileKind)> = profiles().into_iter().map(|found| (found.name, found.kind)).collect();
    let expected = [
        ("default", ProfileKind::Other),
        ("base", ProfileKind::Keys),
        ("broken", ProfileKind::Process),
        ("role", ProfileKind::Role),
        ("tool", ProfileKind::Process),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
}
