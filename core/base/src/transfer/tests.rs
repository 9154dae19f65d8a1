use super::*;
use crate::error::ErrorKind;
use crate::job::{self, Kind};
use crate::workspace::Workspace;

fn started() -> (tempfile::TempDir, Workspace, String) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let job = job::create(&workspace, Kind::Transfer, "t", &serde_json::Value::Null).unwrap();
    assert!(!start_plan(&workspace, &job).unwrap());
    (folder, workspace, job)
}

fn new(source: &str, bytes: u64) -> NewFile {
    NewFile {
        action: Action::Copy,
        origin: 0,
        source: source.to_owned(),
        target: format!("s3://b/{source}"),
        bytes,
        stamp: "1".into(),
        state: State::Waiting,
        error: None,
    }
}

fn sources(files: &[File]) -> Vec<&str> {
    files.iter().map(|file| file.source.as_str()).collect()
}

#[test]
fn a_plan_made_twice_adds_nothing_twice() {
    let (_folder, workspace, job) = started();
    assert_eq!(
        add(&workspace, &job, &[new("a", 1), new("b", 2)]).unwrap(),
        [true, true]
    );
    assert!(start_plan(&workspace, &job).unwrap());
    assert_eq!(
        add(&workspace, &job, &[new("b", 9), new("c", 3)]).unwrap(),
        [false, true]
    );
    finish_plan(&workspace, &job, 7).unwrap();
    let totals = totals(&workspace, &job).unwrap();
    assert_eq!((totals.files, totals.bytes, totals.waiting), (3, 6, 3));
    assert!(totals.plan.is_whole);
    assert_eq!(totals.plan.unchanged, 7);
}

#[test]
fn files_are_taken_in_their_order_and_once() {
    let (_folder, workspace, job) = started();
    let delete = NewFile {
        action: Action::Delete,
        ..new("gone", 0)
    };
    add(&workspace, &job, &[delete, new("a", 1), new("b", 2), new("c", 3)]).unwrap();
    let all = files(&workspace, &job, &Filter::default(), 0, 9).unwrap();
    prioritise(&workspace, &job, &[all[3].id, all[2].id]).unwrap();
    assert_eq!(sources(&take(&workspace, &job, false, 2).unwrap()), ["c", "b"]);
    assert_eq!(sources(&take(&workspace, &job, false, 9).unwrap()), ["a"]);
    assert_eq!(sources(&take(&workspace, &job, true, 9).unwrap()), ["gone"]);
    assert!(take(&workspace, &job, true, 9).unwrap().is_empty());
    put_back(&workspace, &job).unwrap();
    assert_eq!(take(&workspace, &job, true, 9).unwrap().len(), 4);
}

#[test]
fn parts_count_until_the_file_restarts() {
    let (_folder, workspace, job) = started();
    add(&workspace, &job, &[new("a", 20)]).unwrap();
    let id = take(&workspace, &job, false, 1).unwrap()[0].id;
    let part = |number| {
        let part = Part {
            number,
            bytes: 8,
            tag: format!("t{number}"),
            checksum: String::new(),
        };
        (id, Mark::Part(part))
    };
    let begun = Mark::Begun {
        upload: Some("u1".into()),
        part_bytes: 8,
    };
    record(&workspace, &job, &[(id, begun), part(2), part(1), part(2)]).unwrap();
    assert_eq!(parts(&workspace, id).unwrap().len(), 2);
    assert_eq!(file(&workspace, id).unwrap().moved, 16);
    assert!(knows(&workspace, "u1").unwrap());
    assert_eq!(unfinished_uploads(&workspace, &job).unwrap().len(), 1);
    record(&workspace, &job, &[(id, Mark::Lost { number: 1 })]).unwrap();
    assert_eq!(file(&workspace, id).unwrap().moved, 8);
    let restarted = Mark::Restarted {
        bytes: 21,
        stamp: "2".into(),
    };
    record(&workspace, &job, &[(id, restarted)]).unwrap();
    let row = file(&workspace, id).unwrap();
    assert_eq!(
        (row.moved, row.bytes, row.upload, row.stamp.as_str()),
        (0, 21, None, "2")
    );
    assert!(parts(&workspace, id).unwrap().is_empty());
    record(&workspace, &job, &[(id, Mark::Done)]).unwrap();
    assert_eq!(totals(&workspace, &job).unwrap().moved, 21);
}

#[test]
fn what_failed_says_why_and_can_be_tried_again() {
    let (_folder, workspace, job) = started();
    add(&workspace, &job, &[new("A", 1), new("b", 2)]).unwrap();
    let id = take(&workspace, &job, false, 1).unwrap()[0].id;
    let report = Report::new(ErrorKind::PermissionDenied, "No", "Ask");
    record(&workspace, &job, &[(id, Mark::Failed(report.clone()))]).unwrap();
    let failed = Filter {
        state: Some(State::Failed),
        text: "a".into(),
    };
    let found = files(&workspace, &job, &failed, 0, 9).unwrap();
    assert_eq!(found[0].error, Some(report));
    assert_eq!(retry_failed(&workspace, &job).unwrap(), 1);
    assert!(files(&workspace, &job, &failed, 0, 9).unwrap().is_empty());
    assert_eq!(take(&workspace, &job, false, 9).unwrap().len(), 2);
}
