//! The pages of models, found by their words in a window on a real workspace.

use std::path::Path;

use aloft_base::registry;
use aloft_base::{Workspace, job, run};
use egui_kittest::kittest::Queryable;

use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, new_run, press, program, register, wait_for, wait_until, window, window_with};

fn at(model: Option<&str>) -> Settings {
    Settings {
        route: Route::Models {
            model: model.map(str::to_owned),
        },
        ..Settings::default()
    }
}

/// The version that an alias means, once it is another one than `before`.
fn moved(workspace: &Workspace, alias: &str, before: u32) -> bool {
    let model = registry::model_named(workspace, "penguins").unwrap();
    model
        .aliases
        .iter()
        .any(|(name, number)| name == alias && *number != before)
}

#[test]
fn an_empty_workspace_says_what_models_are_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), at(None));
    loaded(&mut harness);
    harness.get_by_label("No models yet");
    press(&harness, "Go to Runs");
    harness.run_ok();
    harness.get_by_label("No runs yet");
}

#[test]
fn models_are_listed_and_a_version_shows_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    register(&workspace, "penguins", None);
    let mut harness = window(folder.path(), at(None));
    loaded(&mut harness);
    harness.get_by_label("champion → 1");
    press(&harness, "Open model penguins");
    wait_for(&mut harness, "Show version 1");
    wait_for(&mut harness, "Version 2");
    harness.get_by_label("accuracy: Version 0.9731, Baseline 0.4400");
    harness.get_by_label("Column bill_length_mm: number");
    wait_for(&mut harness, "The card of it");
    // What another process does is seen without asking.
    registry::move_alias(&workspace, "penguins", "champion", 2, "better").unwrap();
    wait_for(&mut harness, "champion → 2");
    harness.get_by_label("Alias history").click();
    wait_for(&mut harness, "Audit log whole: 4 entries");
    wait_for(&mut harness, "champion: from version 1 to version 2");
}

#[test]
fn a_version_is_deleted_and_brought_back_and_one_with_an_alias_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    register(&workspace, "penguins", None);
    let mut harness = window(folder.path(), at(Some("penguins")));
    loaded(&mut harness);
    wait_for(&mut harness, "Show version 2");
    press(&harness, "Delete");
    wait_for(&mut harness, "Deleted version 2 of penguins");
    press(&harness, "Undo");
    wait_for(&mut harness, "Version 2 of penguins is back");
    press(&harness, "Show version 1");
    harness.run_ok();
    press(&harness, "Delete");
    harness.run_ok();
    assert!(registry::get(&workspace, "penguins", 1).unwrap().deleted_ms.is_none());
}

#[test]
fn an_alias_is_moved_with_a_reason_and_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    register(&workspace, "penguins", None);
    let mut harness = window(folder.path(), at(Some("penguins")));
    loaded(&mut harness);
    wait_for(&mut harness, "Show version 2");
    press(&harness, "Move alias…");
    harness.run_ok();
    harness.get_by_label("Reason of the move").focus();
    harness.run_ok();
    harness.get_by_label("Reason of the move").type_text("it was asked for");
    harness.run_ok();
    press(&harness, "Move");
    wait_until(&mut harness, "the alias moves", |_| moved(&workspace, "champion", 1));
    let moves = registry::history(&workspace, "penguins", None).unwrap();
    assert_eq!(moves[0].reason, "it was asked for");
    wait_for(&mut harness, "champion → 2");
    wait_until(&mut harness, "it can be rolled back", |harness| {
        harness.get_by_label("Roll back").click();
        moved(&workspace, "champion", 2)
    });
    wait_for(&mut harness, "champion → 1");
}

#[test]
#[cfg(unix)]
fn a_version_is_promoted_after_the_verdict_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let answer = r#"{"comparison": {"verdict": "better", "sentence": "The new model is better by far.",
        "agreement": 0.5, "rows": 8, "a": {"accuracy": 0.8}, "b": {"accuracy": 0.9}, "disagreements": 4,
        "shown": [{"row": 0, "actual": "x", "a": "x", "b": "y"}]}}"#;
    let program = program(folder.path(), answer);
    let workspace = Workspace::open(folder.path().join("w")).unwrap();
    register(&workspace, "penguins", Some("champion"));
    register(&workspace, "penguins", None);
    let mut harness = window_with(&folder.path().join("w"), at(Some("penguins")), Some(program));
    loaded(&mut harness);
    wait_for(&mut harness, "Show version 2");
    press(&harness, "Compare with…");
    harness.run_ok();
    press(&harness, "Compare with version 1");
    wait_for(&mut harness, "They say the same on 50.0 % of 8 rows");
    press(&harness, "Back to version 2");
    harness.run_ok();
    press(&harness, "Promote…");
    wait_for(
        &mut harness,
        "Is version 2 better than the champion (version 1) on its test part?",
    );
    wait_for(&mut harness, "The new model is better by far.");
    harness.get_by_label("accuracy: Version 2 0.9000, Version 1 0.8000");
    press(&harness, "Promote to champion");
    wait_until(&mut harness, "the champion moves", |_| moved(&workspace, "champion", 1));
    let moves = registry::history(&workspace, "penguins", None).unwrap();
    assert_eq!(moves[0].reason, "promoted: The new model is better by far.");
}

#[test]
#[cfg(unix)]
fn a_refusal_of_the_program_is_told_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let answer =
        r#"{"error": {"kind": "corrupt", "message": "The weights of the run are damaged", "hint": "Train it again."}}"#;
    let program = program(folder.path(), answer);
    let path = folder.path().join("w");
    let workspace = Workspace::open(&path).unwrap();
    let (id, job) = run::create(&workspace, &new_run("sales-mlp-1")).unwrap();
    job::claim(&workspace, &job)
        .unwrap()
        .finish(&workspace, job::State::Done, None)
        .unwrap();
    let settings = Settings {
        route: Route::Run { run: id },
        ..Settings::default()
    };
    let mut harness = window_with(&path, settings, Some(program));
    loaded(&mut harness);
    press(&harness, "Register model…");
    harness.run_ok();
    let field = harness.get_by_label("Name of the model");
    assert_eq!(field.value().as_deref(), Some("sales"), "named after the data");
    assert_eq!(
        harness.get_by_label("Alias of the version").value().as_deref(),
        Some("champion")
    );
    press(&harness, "Register");
    wait_for(&mut harness, "Could not register the model");
    wait_for(&mut harness, "The weights of the run are damaged");
}

#[test]
fn only_the_versions_in_view_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    for _ in 0..200 {
        register(&workspace, "sweep", None);
    }
    let mut harness = window(folder.path(), at(Some("sweep")));
    loaded(&mut harness);
    wait_for(&mut harness, "Show version 200");
    let drawn = harness.query_all_by_label_contains("Show version ").count();
    assert!((4..30).contains(&drawn), "{drawn} versions were drawn");
    harness.key_press(egui::Key::End);
    harness.run_ok();
    harness.run_ok();
    harness.get_by_label("Show version 1");
    harness.get_by_label("Version 1");
}

#[test]
fn a_model_that_is_gone_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(Path::new(folder.path()), at(Some("nothing")));
    loaded(&mut harness);
    harness.get_by_label("No models yet");
}
