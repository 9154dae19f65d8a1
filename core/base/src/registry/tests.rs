use super::*;
use crate::error::{ErrorKind, Explain};
use crate::{audit, fs};

fn workspace() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    (folder, workspace)
}

fn register(workspace: &Workspace, model: &str, alias: Option<&str>) -> Version {
    let id = crate::id::new('m');
    fs::create_folder(&workspace.version_folder(&id)).unwrap();
    let new = NewVersion {
        id,
        model: model.to_owned(),
        alias: alias.map(str::to_owned),
        digest: "d".to_owned(),
        ..NewVersion::default()
    };
    add(workspace, &new).unwrap()
}

#[test]
fn versions_count_up_and_aliases_follow_one_version_each() {
    let (_folder, workspace) = workspace();
    assert_eq!(register(&workspace, "penguins", Some("champion")).number, 1);
    assert_eq!(register(&workspace, "penguins", None).number, 2);
    move_alias(&workspace, "penguins", "champion", 2, "better").unwrap();
    let model = model_named(&workspace, "penguins").unwrap();
    assert_eq!((model.versions, model.newest), (2, 2));
    assert_eq!(model.aliases, [("champion".to_owned(), 2)]);
    let champion = Selector::Alias("champion".to_owned());
    assert_eq!(resolve(&workspace, "penguins", &champion).unwrap().number, 2);
    assert_eq!(resolve(&workspace, "penguins", &Selector::Newest).unwrap().number, 2);
}

#[test]
fn what_an_alias_meant_at_a_time_is_one_question() {
    let (_folder, workspace) = workspace();
    register(&workspace, "m", Some("champion"));
    let between = crate::time::now_ms();
    std::thread::sleep(std::time::Duration::from_millis(5));
    register(&workspace, "m", None);
    move_alias(&workspace, "m", "champion", 2, "better").unwrap();
    assert_eq!(version_at(&workspace, "m", "champion", between).unwrap(), Some(1));
    assert_eq!(version_at(&workspace, "m", "champion", i64::MAX).unwrap(), Some(2));
    assert_eq!(version_at(&workspace, "m", "champion", 0).unwrap(), None);
    let edit = workspace.database().execute("UPDATE alias_move SET number = 9", []);
    assert!(edit.is_err(), "the history is append-only");
    assert!(workspace.database().execute("DELETE FROM alias_move", []).is_err());
}

#[test]
fn a_roll_back_goes_one_version_back_each_time() {
    let (_folder, workspace) = workspace();
    for _ in 0..3 {
        register(&workspace, "m", Some("champion"));
    }
    assert_eq!(roll_back(&workspace, "m", "champion").unwrap(), 2);
    assert_eq!(roll_back(&workspace, "m", "champion").unwrap(), 1);
    let error = roll_back(&workspace, "m", "champion").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    move_alias(&workspace, "m", "champion", 3, "").unwrap();
    assert_eq!(roll_back(&workspace, "m", "champion").unwrap(), 1);
}

#[test]
fn a_version_that_holds_an_alias_cannot_be_deleted_and_others_come_back() {
    let (_folder, workspace) = workspace();
    register(&workspace, "m", Some("champion"));
    register(&workspace, "m", None);
    let error = delete(&workspace, "m", 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("champion"), "{error}");
    delete(&workspace, "m", 2).unwrap();
    assert!(move_alias(&workspace, "m", "champion", 2, "").is_err());
    assert_eq!(model_named(&workspace, "m").unwrap().newest, 1);
    restore(&workspace, "m", 2).unwrap();
    assert_eq!(model_named(&workspace, "m").unwrap().newest, 2);
    // A number is never given twice, also after a delete.
    delete(&workspace, "m", 2).unwrap();
    assert_eq!(register(&workspace, "m", None).number, 3);
    assert_eq!(purge(&workspace, i64::MAX).unwrap(), 1);
    assert_eq!(restore(&workspace, "m", 2).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(matches!(
        audit::verify(&workspace).unwrap(),
        audit::Chain::Whole { entries: 7 }
    ));
}

#[test]
fn references_and_names_are_checked() {
    let parsed = |text| parse_reference(text).unwrap();
    assert_eq!(parsed("m"), ("m".to_owned(), Selector::Newest));
    assert_eq!(parsed("m:3"), ("m".to_owned(), Selector::Version(3)));
    assert_eq!(parsed("m@a"), ("m".to_owned(), Selector::Alias("a".to_owned())));
    for bad in ["", "m:", "m:0", "m:x", "@a", "a b", "../x", ".x", "m@"] {
        let error = parse_reference(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{bad}");
    }
}

#[test]
fn files_that_no_version_names_are_swept_only_when_old() {
    let (_folder, workspace) = workspace();
    let version = register(&workspace, "m", None);
    let stray = workspace.version_folder("mstray");
    fs::create_folder(&stray).unwrap();
    assert_eq!(sweep(&workspace).unwrap(), 0, "a registration may be writing it");
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
    std::fs::File::open(&stray).unwrap().set_modified(old).unwrap();
    assert_eq!(sweep(&workspace).unwrap(), 1);
    assert!(workspace.version_folder(&version.id).is_dir());
}
