//! The train page as a person meets it: what the controls do to the recipe.

use std::sync::Arc;
use std::task::Waker;

use aloft_train::ModelKind;
use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::draft::Draft;
use super::draft::tests::draft;
use super::summary::Section;
use super::text;
use crate::command::CommandSender;
use crate::context::AppContext;
use crate::environment::{Device, Environment};
use crate::library::Library;
use crate::route::Route;
use crate::settings::Settings;
use crate::theme::Themes;
use crate::work::{Fetch, Work};

struct Fixture {
    draft: Draft,
    open: Option<Section>,
    filter: String,
    path: String,
    as_text: bool,
    chosen: Option<String>,
    folder: tempfile::TempDir,
    work: Work,
    devices: Fetch<Vec<Device>>,
    library: Library,
    settings: Settings,
    route: Route,
    environment: Environment,
}

fn page(open: Option<Section>, as_text: bool) -> Harness<'static, Fixture> {
    let folder = tempfile::tempdir().unwrap();
    let (work, _) = Work::start(folder.path(), None, Waker::noop().clone()).unwrap();
    let device = |id: &str, available: bool, why: &str| Device {
        id: id.into(),
        name: format!("Device {id}"),
        available,
        why: why.into(),
    };
    let devices = vec![
        device("cpu", true, "2 threads"),
        device("cuda:0", false, "built without CUDA"),
    ];
    let environment = Environment::new(folder.path().to_owned());
    let fixture = Fixture {
        draft: draft(),
        open,
        filter: String::new(),
        path: String::new(),
        as_text,
        chosen: None,
        folder,
        work,
        devices: Fetch::Ready(devices),
        library: Library::default(),
        settings: Settings::default(),
        route: Route::Train {
            dataset: Some("d1".into()),
            run: None,
        },
        environment,
    };
    let mut harness = Harness::builder()
        .with_size([640.0, 1400.0])
        .with_max_steps(16)
        .build_ui_state(show, fixture);
    harness.run_ok();
    harness
}

fn show(ui: &mut egui::Ui, fixture: &mut Fixture) {
    crate::theme::install(ui.ctx(), Themes::built_in());
    assert!(fixture.folder.path().exists());
    let tokens = Arc::clone(Themes::built_in().of(ui.ctx().theme()));
    let ctx = AppContext {
        tokens: &tokens,
        library: &fixture.library,
        settings: &fixture.settings,
        route: &fixture.route,
        work: &fixture.work,
        environment: &fixture.environment,
        devices: &fixture.devices,
        now_ms: 0,
        can_go: crate::command::navigate::Ways::default(),
        find_requested: false,
    };
    let mut commands = CommandSender::default();
    let candidates = ["species".to_owned(), "sex".to_owned()];
    if fixture.as_text {
        let (typed, _) = text::text_ui(
            &mut fixture.draft,
            &mut fixture.path,
            None,
            None,
            &ctx,
            ui,
            &mut commands,
        );
        if typed {
            fixture.draft.take_text();
        }
        return;
    }
    let (changed, chosen) = super::section::sections_ui(
        &mut fixture.draft,
        &mut fixture.open,
        &mut fixture.filter,
        &candidates,
        &ctx,
        ui,
        &mut commands,
    );
    if changed {
        fixture.draft.settle();
    }
    fixture.chosen = chosen.or(fixture.chosen.take());
}

fn press(harness: &mut Harness<'static, Fixture>, role: Role, label: &str) {
    harness.get_by_role_and_label(role, label).click();
    harness.run_ok();
}

#[test]
fn every_section_says_in_a_line_what_is_chosen() {
    let mut harness = page(None, false);
    for line in [
        "Data: penguins.csv, 344 rows",
        "Target: species, multi-class classification",
        "Features: 3 of 4 columns",
        "Split: 60 / 20 / 20 %, stratified",
        "Model: Logistic regression",
        "Where: cpu",
    ] {
        harness.get_by_label(line);
    }
    press(
        &mut harness,
        Role::DisclosureTriangle,
        "Target: species, multi-class classification",
    );
    assert_eq!(harness.state().open, Some(Section::Target));
    harness.get_by_label_contains("'species' has 3 different texts");
}

#[test]
fn choosing_a_model_edits_the_recipe_its_training_and_the_text() {
    let mut harness = page(Some(Section::Model), false);
    press(&mut harness, Role::Button, "Neural network (MLP)");
    let draft = &harness.state().draft;
    assert_eq!(draft.recipe.model.kind(), ModelKind::Mlp);
    assert!(
        draft.text.contains("kind = \"mlp\"") && draft.text.contains("batch_size = 32"),
        "{}",
        draft.text
    );
    harness.get_by_label("Model: MLP 128 → 64, ReLU");
    press(&mut harness, Role::Button, "tanh");
    harness.get_by_label("Model: MLP 128 → 64, tanh");
    press(&mut harness, Role::Button, "Logistic regression");
    assert_eq!(harness.state().draft.recipe.model.kind(), ModelKind::Linear);
}

#[test]
fn features_are_taken_and_left_and_say_why_they_were_left_out() {
    let mut harness = page(Some(Section::Features), false);
    harness.get_by_label_contains("every value is different, as in an id");
    press(&mut harness, Role::CheckBox, "island");
    assert_eq!(harness.state().draft.recipe.features.include, ["mass", "sex"]);
    press(&mut harness, Role::Button, "All");
    assert_eq!(
        harness.state().draft.recipe.features.include,
        ["island", "mass", "sex", "penguin_id"]
    );
}

#[test]
fn a_task_the_target_does_not_allow_cannot_be_chosen() {
    let mut harness = page(Some(Section::Target), false);
    press(&mut harness, Role::Button, "Regression");
    assert_eq!(harness.state().draft.recipe.target.task, aloft_data::Task::MultiClass);
}

#[test]
fn a_device_that_is_not_there_says_why() {
    let mut harness = page(Some(Section::Place), false);
    harness.get_by_label("cuda:0: built without CUDA");
    press(&mut harness, Role::RadioButton, "Device cuda:0");
    assert_eq!(harness.state().draft.recipe.run.device, "cpu");
}

#[test]
fn typing_in_the_text_edits_the_recipe_and_says_what_is_wrong() {
    let mut harness = page(None, true);
    harness.get_by_label("Valid recipe");
    harness.get_by_label("Recipe as TOML").focus();
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::End);
    harness.run_ok();
    harness.get_by_label("Recipe as TOML").type_text("thread = 3\n");
    harness.run_ok();
    harness.get_by_label_contains("unknown key 'run.thread'");
    assert!(harness.state().draft.ready.is_none());
    for _ in 0.."thread = 3\n".len() {
        harness.key_press(egui::Key::Backspace);
    }
    harness.run_ok();
    harness.get_by_label("Recipe as TOML").type_text("threads = 3\n");
    harness.run_ok();
    assert_eq!(harness.state().draft.recipe.run.threads, Some(3));
}
