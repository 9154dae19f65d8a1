//! The page of a run and the table of runs, found by their words in a window on a real workspace.

use std::path::Path;

use aloft_base::job::{self, State as JobState};
use aloft_base::log::{self, Level};
use aloft_base::metrics::{Point, Writer};
use aloft_base::{ErrorKind, Report, Workspace, run};
use egui_kittest::kittest::Queryable;

use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, new_run, press, wait_for, window};

fn at(route: Route) -> Settings {
    Settings {
        route,
        ..Settings::default()
    }
}

fn workspace(folder: &Path) -> Workspace {
    Workspace::open(folder).unwrap()
}

fn result() -> serde_json::Value {
    serde_json::json!({
        "task": "binary", "target": "bought",
        "rows": {"train": 70, "valid": 15, "test": 15, "left_out": 2},
        "metrics": {
            "train": {"accuracy": 0.99, "log_loss": 0.05}, "valid": {"accuracy": 0.96, "log_loss": 0.11},
            "test": {"accuracy": 0.9333, "log_loss": 0.2}, "baseline": {"accuracy": 0.6, "log_loss": 0.67},
        },
        "confusion": {"labels": ["no", "yes"], "counts": [[8, 1], [0, 6]]},
        "residuals": null,
        "worst": [{"row": 41, "actual": "no", "predicted": "yes", "loss": 1.7, "values": [["age", "33"]]}],
        "epochs": 12, "best_epoch": 9, "steps": 840, "duration_secs": 3.2, "parameters": 1234,
        "warnings": ["The values of age reach beyond those of the training part."],
        "left_out": [{"column": "id", "why": "every row has another value"}],
        "features": ["age", "income"], "fingerprint": "abc", "device": "cpu",
    })
}

#[test]
fn a_running_run_shows_its_progress_and_its_curves_and_sees_new_points() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path());
    let (id, job) = run::create(&workspace, &new_run("sales-mlp-1")).unwrap();
    let claim = job::claim(&workspace, &job).unwrap();
    let progress = job::Progress {
        fraction: Some(0.25),
        what: "epoch 3 of 10".into(),
        eta_secs: Some(90.0),
        rows_per_sec: Some(12_430.0),
        memory_bytes: Some(120_000_000),
    };
    claim.progress(&workspace, &progress).unwrap();
    let mut harness = window(folder.path(), at(Route::Run { run: id.clone() }));
    loaded(&mut harness);
    for label in [
        "sales-mlp-1",
        "Running",
        "Pause",
        "Stop",
        "Progress: 25.0 % · epoch 3 of 10",
        "Time left: 1 min 30 s",
    ] {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label} is missing");
    }
    harness.get_by_label("Throughput: 12,430 rows/s");
    harness.get_by_label("Memory: 120 MB");
    wait_for(&mut harness, "Waiting for the first points");

    let mut writer = Writer::open(&workspace, &id).unwrap();
    let points: Vec<(&str, Point)> = (1..=50)
        .flat_map(|step| {
            let point = Point {
                step,
                time_ms: step * 10,
                value: 1.0 / step as f64,
            };
            [("train/loss", point), ("valid/loss", point)]
        })
        .collect();
    writer.append(&workspace, &points).unwrap();
    wait_for(&mut harness, "Loss");
    assert!(
        harness
            .query_by_label_contains("Waiting for the first points")
            .is_none()
    );
    claim.finish(&workspace, JobState::Done, None).unwrap();
    wait_for(&mut harness, "Train again…");
}

#[test]
fn a_finished_run_is_judged_beside_the_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path());
    let (id, job) = run::create(&workspace, &new_run("sales-mlp-1")).unwrap();
    let claim = job::claim(&workspace, &job).unwrap();
    run::set_result(&workspace, &id, &result()).unwrap();
    log::add(&workspace, &job, Level::Info, "Early stopping after epoch 12").unwrap();
    claim.finish(&workspace, JobState::Done, None).unwrap();
    let mut harness = window(folder.path(), at(Route::Run { run: id }));
    loaded(&mut harness);
    press(&harness, "Evaluation");
    wait_for(&mut harness, "On 15 rows");
    harness.get_by_label(
        "On 15 rows it never saw, its accuracy is 0.9333; always guessing the most frequent class gives 0.6000.",
    );
    harness.get_by_label("Accuracy: test 0.9333, baseline 0.6000");
    harness.get_by_label("70 rows trained on, 15 to validate, 15 to test; 2 left out, as their target is missing");
    harness.get_by_label("Row 42: actual no, predicted yes");
    harness.get_by_label("Left out: id – every row has another value");
    harness.get_by_label("The values of age reach beyond those of the training part.");
    press(&harness, "Recipe");
    harness.run_ok();
    harness.get_by_label("version = 1");
    harness.get_by_role_and_label(egui::accesskit::Role::Tab, "Log").click();
    wait_for(&mut harness, "Early stopping after epoch 12");
}

#[test]
fn an_interrupted_run_says_so_at_once_and_a_failed_one_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path());
    let (id, job) = run::create(&workspace, &new_run("lost")).unwrap();
    let claim = job::claim(&workspace, &job).unwrap();
    let mut harness = window(folder.path(), at(Route::Run { run: id.clone() }));
    loaded(&mut harness);
    harness.get_by_label("Running");
    // The lock goes with the process, without a last word.
    drop(claim);
    wait_for(&mut harness, "Interrupted");
    harness.get_by_label("Resume");
    drop(harness);

    let second = run::resume(&workspace, &id).unwrap();
    let report = Report::new(
        ErrorKind::Invalid,
        "The loss became NaN at step 7",
        "Lower the learning rate.",
    );
    job::claim(&workspace, &second)
        .unwrap()
        .finish(&workspace, JobState::Failed, Some(&report))
        .unwrap();
    let mut harness = window(folder.path(), at(Route::Run { run: id }));
    loaded(&mut harness);
    for label in [
        "Training failed",
        "The loss became NaN at step 7",
        "Lower the learning rate.",
        "Copy details",
        "Resume",
    ] {
        harness.get_by_label(label);
    }
}

#[test]
fn a_run_is_renamed_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path());
    let (id, _) = run::create(&workspace, &new_run("old name")).unwrap();
    let mut harness = window(folder.path(), at(Route::Run { run: id.clone() }));
    loaded(&mut harness);
    press(&harness, "Rename run");
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.get_by_label("Name of the run").type_text("new name");
    harness.run_ok();
    harness.key_press(egui::Key::Enter);
    wait_for(&mut harness, "new name");
    for _ in 0..200 {
        harness.step();
        if run::get(&workspace, &id).unwrap().name.contains("new name") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the name was not written: {}", run::get(&workspace, &id).unwrap().name);
}

#[test]
fn runs_are_listed_found_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path());
    for name in ["alpha", "beta"] {
        let (id, job) = run::create(&workspace, &new_run(name)).unwrap();
        let claim = job::claim(&workspace, &job).unwrap();
        run::set_result(&workspace, &id, &result()).unwrap();
        claim.finish(&workspace, JobState::Done, None).unwrap();
    }
    let mut harness = window(folder.path(), at(Route::Runs));
    loaded(&mut harness);
    harness.get_by_label("2 runs");
    harness.get_by_label("Find runs").focus();
    harness.run_ok();
    harness.get_by_label("Find runs").type_text("alp");
    harness.run_ok();
    harness.get_by_label("1 of 2 runs");
    assert!(harness.query_by_label("Open run beta").is_none());
    press(&harness, "Open run alpha");
    harness.run_ok();
    harness.get_by_label("Curves");
}

#[test]
fn only_the_rows_in_view_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = workspace(folder.path());
    for nth in 0..300 {
        run::create(&workspace, &new_run(&format!("run-{nth:05}"))).unwrap();
    }
    let mut harness = window(folder.path(), at(Route::Runs));
    loaded(&mut harness);
    harness.get_by_label("300 runs");
    let drawn = harness.query_all_by_label_contains("Open run run-").count();
    assert!((10..60).contains(&drawn), "{drawn} rows were drawn");
    harness.key_press(egui::Key::End);
    harness.run_ok();
    harness.run_ok();
    harness.get_by_label("Open run run-00000");
}
