//! The window as a person meets it: found by its words, pressed, read back.

use std::path::Path;
use std::time::{Duration, Instant};

use aloft_base::job::{self, Kind, State};
use aloft_base::registry::{self, NewVersion};
use aloft_base::run::{self, NewRun};
use aloft_base::{Report, Workspace, dataset};
use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{AccessKitNode, NodeT, Queryable};

use crate::settings::{Drawer, Settings, ThemeChoice};
use crate::{App, Options};

/// A window on a workspace of its own, without a display.
pub(crate) fn window(folder: &Path, settings: Settings) -> Harness<'static, Option<App>> {
    window_with(folder, settings, None)
}

/// As [`window`], with another `aloft` program.
pub(crate) fn window_with(
    folder: &Path,
    settings: Settings,
    program: Option<std::path::PathBuf>,
) -> Harness<'static, Option<App>> {
    let options = Options {
        workspace: folder.to_owned(),
        settings,
        program,
        ..Options::default()
    };
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(16)
        .build_ui_state(
            move |ui, app: &mut Option<App>| match app {
                Some(app) => {
                    app.logic(ui.ctx(), None);
                    app.ui(ui, None);
                }
                // The fonts are there from the next pass on.
                None => *app = Some(App::new(ui.ctx(), options.clone()).unwrap()),
            },
            None,
        )
}

/// Steps until the words are on screen.
pub(crate) fn wait_for(harness: &mut Harness<'static, Option<App>>, label: &str) {
    wait_until(harness, label, |harness| {
        harness.query_all_by_label_contains(label).next().is_some()
    });
}

pub(crate) fn wait_until(
    harness: &mut Harness<'static, Option<App>>,
    what: &str,
    condition: impl Fn(&Harness<'static, Option<App>>) -> bool,
) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        harness.step();
        if condition(harness) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "'{what}' did not come; the window shows {:#?}",
            words(harness)
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Everything the window says to a screen reader.
fn words(harness: &Harness<'static, Option<App>>) -> Vec<String> {
    let says = |node: &AccessKitNode<'_>| node.label().or_else(|| node.value());
    harness
        .query_all_by(|node| says(node).is_some())
        .filter_map(|node| says(&node.accesskit_node()))
        .collect()
}

pub(crate) fn loaded(harness: &mut Harness<'static, Option<App>>) {
    wait_until(harness, "the workspace is read", |harness| {
        harness.state().as_ref().is_some_and(|app| app.library().is_loaded())
    });
    harness.run_ok();
}

pub(crate) fn press(harness: &Harness<'static, Option<App>>, label: &str) {
    harness.get_by_label(label).click();
}

/// An `aloft` that gives this answer to every verb, and keeps what it was given to read in `input`.
#[cfg(unix)]
pub(crate) fn program(folder: &Path, answer: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("aloft");
    let answer = answer.replace('\n', " ");
    let input = folder.join("input");
    let text = format!("#!/bin/sh\ncat > '{}'\ncat <<'END'\n{answer}\nEND\n", input.display());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A version with files, as registering leaves it.
pub(crate) fn register(workspace: &Workspace, model: &str, alias: Option<&str>) {
    let id = aloft_base::id::new('m');
    std::fs::create_dir_all(workspace.version_folder(&id)).unwrap();
    std::fs::write(workspace.version_folder(&id).join("README.md"), "The card of it").unwrap();
    let new = NewVersion {
        id,
        model: model.into(),
        alias: alias.map(str::to_owned),
        digest: "d".into(),
        facts: serde_json::json!({
            "signature": {"features": [
                {"name": "bill_length_mm", "kind": "number"},
                {"name": "sex", "kind": "category", "categories": ["female", "male"]},
            ]},
            "metrics": {"test": {"accuracy": 0.9731}, "baseline": {"accuracy": 0.44}},
            "example": {"rows": [{"bill_length_mm": 39.1, "sex": "male"}]},
        }),
        ..NewVersion::default()
    };
    registry::add(workspace, &new).unwrap();
}

pub(crate) fn new_run(name: &str) -> NewRun {
    NewRun {
        name: name.into(),
        dataset: "/data/sales.csv".into(),
        model: "mlp".into(),
        task: "binary".into(),
        target: "bought".into(),
        recipe: "version = 1".into(),
    }
}

#[test]
fn an_empty_workspace_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    wait_for(&mut harness, "This workspace is empty");
    for label in [
        "Open sample",
        "Open file…",
        "Drop files here",
        "Home",
        "Buckets",
        "Data",
        "Train",
        "Runs",
        "Models",
        "Endpoints",
        "Settings",
    ] {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label} is missing");
    }
    press(&harness, "Open sample");
    harness.run_ok();
    for sample in ["Palmer penguins", "Wine quality", "Handwritten digits"] {
        harness.get_by_label(sample);
    }
}

#[test]
fn home_shows_datasets_running_jobs_and_failed_runs() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let source = serde_json::json!({"path": "/data/sales.csv", "format": "csv"});
    let opened = dataset::open(&workspace, Path::new("/data/sales.csv"), &source, "k1").unwrap();
    dataset::set_rows(&workspace, &opened.id, 12_430).unwrap();
    let (_, job) = run::create(&workspace, &new_run("sales-mlp-1")).unwrap();
    let claim = job::claim(&workspace, &job).unwrap();
    let progress = job::Progress {
        fraction: Some(0.25),
        what: "epoch 3 of 10".into(),
        ..job::Progress::default()
    };
    claim.progress(&workspace, &progress).unwrap();
    let (_, failed) = run::create(&workspace, &new_run("sales-linear-2")).unwrap();
    let report = Report::new(
        aloft_base::ErrorKind::Invalid,
        "The target has one class",
        "Choose another target.",
    );
    job::claim(&workspace, &failed)
        .unwrap()
        .finish(&workspace, State::Failed, Some(&report))
        .unwrap();

    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    harness.get_by_label("Open sales.csv");
    harness.get_by_label("Running now");
    harness.get_by_label("epoch 3 of 10");
    harness.get_by_label("Needs attention");
    harness.get_by_label("sales-linear-2");
    harness.get_by_label("The target has one class");
    harness.get_by_label("1 job running");

    // The change feed: what another process writes is seen without asking.
    claim.finish(&workspace, State::Done, None).unwrap();
    wait_for(&mut harness, "No jobs running");
}

#[test]
fn the_palette_finds_and_runs_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_ok();
    harness
        .get_by_role_and_label(Role::TextInput, "Search commands")
        .type_text("light");
    harness.run_ok();
    harness.get_by_label("Theme: light");
    harness.key_press(Key::Enter);
    harness.run_ok();
    assert_eq!(harness.state().as_ref().unwrap().settings().theme, ThemeChoice::Light);
    assert!(
        harness.query_by_label("Theme: light").is_none(),
        "the palette closes when its command was done"
    );
}

#[test]
fn a_command_that_cannot_be_done_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_ok();
    harness
        .get_by_role_and_label(Role::TextInput, "Search commands")
        .type_text("pause");
    harness.run_ok();
    harness.get_by_label("Nothing is training");
    harness.key_press(Key::Enter);
    harness.run_ok();
    harness.get_by_label("This cannot be done now");
}

#[test]
fn a_workspace_that_cannot_be_opened_is_explained_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("aloft.db"), "this is no database".repeat(500)).unwrap();
    let mut harness = window(folder.path(), Settings::default());
    wait_for(&mut harness, "The workspace is damaged");
    harness.get_by_label("Copy details");
    assert!(
        harness.query_all_by_label_contains("Restore").next().is_some(),
        "the next step is missing"
    );
    std::fs::remove_file(folder.path().join("aloft.db")).unwrap();
    press(&harness, "Retry");
    wait_for(&mut harness, "This workspace is empty");
}

#[test]
fn a_job_that_cannot_be_started_is_told_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let id = job::create(&workspace, Kind::Profile, "d1", &serde_json::Value::Null).unwrap();
    job::claim(&workspace, &id)
        .unwrap()
        .finish(&workspace, State::Stopped, None)
        .unwrap();
    let mut harness = window(
        folder.path(),
        Settings {
            drawer: Some(Drawer::Jobs),
            ..Settings::default()
        },
    );
    loaded(&mut harness);
    wait_for(&mut harness, "Stopped");
    harness.get_by_label("Close drawer").click();
    harness.run_ok();
    assert!(harness.query_by_label("Close drawer").is_none());
}

#[test]
fn a_file_that_is_no_table_is_refused_with_words_and_nothing_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(&folder.path().join("w"), Settings::default());
    loaded(&mut harness);
    harness.get_by_label("Path of a file").focus();
    harness.run_ok();
    harness.get_by_label("Path of a file").type_text("/nowhere/missing.csv");
    harness.run_ok();
    press(&harness, "Open");
    wait_for(&mut harness, "Could not open missing.csv");
    harness.get_by_label("Dismiss").click();
    harness.run_ok();
    assert!(harness.query_by_label("Could not open missing.csv").is_none());
}

/// A file as the desktop hands it over.
#[derive(Debug)]
pub(crate) struct Dropped(pub(crate) std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_dropped_file_is_opened_and_another_window_on_the_workspace_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cities.csv");
    std::fs::write(&file, "city,people\nOslo,717710\nBergen,291940\n").unwrap();
    let workspace = folder.path().join("w");
    let mut one = window(&workspace, Settings::default());
    let mut two = window(&workspace, Settings::default());
    loaded(&mut one);
    loaded(&mut two);
    one.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(file)));
    wait_until(&mut one, "the dataset is in front", |harness| {
        harness
            .state()
            .as_ref()
            .is_some_and(|app| app.route().dataset().is_some())
    });
    wait_for(&mut two, "Open cities.csv");
    // The child that profiles it, where there is one, ends before its folder goes.
    wait_until(&mut two, "its profile ends", |harness| {
        harness.state().as_ref().is_some_and(|app| {
            let id = &app.library().datasets()[0].id;
            app.library().job_of(id).is_some_and(|job| !job.state.is_active())
        })
    });
}

#[test]
fn pages_are_reached_by_keys_and_by_the_rail_and_settings_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num8);
    harness.run_ok();
    harness.get_by_label("Appearance");
    harness.get_by_label("Write-ahead log");
    press(&harness, "Dark");
    harness.run_ok();
    let settings = harness.state().as_ref().unwrap().settings();
    assert_eq!(
        (settings.theme, settings.route),
        (ThemeChoice::Dark, crate::route::Route::Settings)
    );
    press(&harness, "Collapse rail");
    harness.run_ok();
    harness.get_by_label("Expand rail");
    harness.key_press(Key::F1);
    harness.run_ok();
    harness.get_by_label("Keyboard shortcuts");
}

#[test]
fn an_idle_window_does_not_ask_for_another_frame() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    wait_until(&mut harness, "rest", |harness| {
        harness
            .output()
            .viewport_output
            .values()
            .all(|viewport| viewport.repaint_delay > Duration::from_secs(1))
    });
}
