//! The train page as a person meets it: what the controls do to the recipe.

use std::sync::Arc;
use std::task::Waker;

use aloft_data::{
    DangerKind, DangerLevel, Filling, PartReport, SplitDanger, SplitMethod, SplitReport, Step, StepEntry,
};
use aloft_train::ModelKind;
use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::draft::Draft;
use super::draft::tests::draft;
use super::parts::{self, Parts};
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
    parts: Option<Parts>,
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
        parts: None,
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
    if let Some(parts) = &fixture.parts {
        if let Some(remedy) = parts::parts_ui(parts, &fixture.draft, &ctx, ui) {
            remedy.apply(&mut fixture.draft);
            fixture.draft.settle();
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

#[test]
fn every_way_to_split_brings_its_controls_and_edits_the_recipe() {
    let mut harness = page(Some(Section::Split), false);
    press(&mut harness, Role::Button, "k-fold");
    harness.get_by_label("Split: 60 / 20 / 20 %, fold 1 of 5");
    harness.get_by_role_and_label(Role::SpinButton, "Folds");
    harness.get_by_role_and_label(Role::SpinButton, "Fold that tests");
    press(&mut harness, Role::Button, "Grouped");
    // The first column whose values repeat; it is no feature any more.
    harness.get_by_label("Split: 60 / 20 / 20 %, grouped by island");
    harness.get_by_role_and_label(Role::ComboBox, "Column of the split");
    let draft = &harness.state().draft;
    assert_eq!(draft.recipe.features.include, ["mass", "sex"]);
    assert!(
        draft.text.contains("method = \"grouped\"") && draft.ready.is_some(),
        "{}",
        draft.text
    );
    press(&mut harness, Role::Button, "By time");
    harness.get_by_label("Split: 60 / 20 / 20 %, by time, mass");
    assert_eq!(harness.state().draft.recipe.features.include, ["island", "mass", "sex"]);
    // No column says train or test.
    press(&mut harness, Role::Button, "By column");
    assert_eq!(harness.state().draft.recipe.split.method, SplitMethod::TimeOrdered);
    press(&mut harness, Role::Button, "Stratified");
    harness.get_by_label("Split: 60 / 20 / 20 %, stratified");
    assert_eq!(harness.state().draft.recipe.split.column, None);
}

#[test]
fn the_steps_of_a_recipe_are_listed_with_those_that_learn() {
    let mut harness = page(Some(Section::Data), false);
    let fill = Step::Fill {
        column: "mass".into(),
        with: Filling::Mean,
    };
    let drop = Step::Drop {
        columns: vec!["sex".into()],
    };
    harness.state_mut().draft.recipe.data.steps = [drop, fill].map(StepEntry::from).to_vec();
    harness.state_mut().draft.settle();
    harness.run_ok();
    harness.get_by_label("Data: penguins.csv, 2 steps, 344 rows");
    harness.get_by_label("1. Drop sex");
    harness.get_by_label("2. Fill missing mass with its mean");
    harness.get_by_label("learns");
    assert!(harness.state().draft.text.contains("[[data.steps]]"));
}

#[test]
fn the_parts_tell_their_sizes_and_dangers_and_what_helps() {
    let part = |counts: [u64; 3]| PartReport {
        rows: counts.iter().sum(),
        counts: counts.to_vec(),
        ..PartReport::default()
    };
    let danger = |kind: DangerKind, words: &str| SplitDanger {
        level: DangerLevel::Caution,
        kind,
        words: words.to_owned(),
        advice: "Do something.".to_owned(),
    };
    let report = SplitReport {
        train: part([90, 60, 50]),
        valid: part([30, 20, 17]),
        test: part([31, 20, 18]),
        left_out: 8,
        classes: ["Adelie", "Chinstrap", "Gentoo"].map(str::to_owned).to_vec(),
        dangers: vec![
            danger(
                DangerKind::SameRows {
                    rows: 4,
                    examples: vec![[1, 2]],
                },
                "4 rows are on both sides.",
            ),
            danger(
                DangerKind::SharedGroups {
                    column: "island".into(),
                    groups: 3,
                    rows: 69,
                    examples: vec![],
                },
                "3 values are on both sides.",
            ),
        ],
        ..SplitReport::default()
    };
    let mut harness = page(None, false);
    harness.state_mut().parts = Some(Parts::of(report));
    harness.run_ok();
    harness.get_by_label_contains("Training: 200 rows (59");
    harness.get_by_label_contains("Test: 69 rows (20");
    harness.get_by_label("Chinstrap");
    harness.get_by_label_contains("8 rows without a target");
    harness.get_by_label("4 rows are on both sides. Do something.");
    press(&mut harness, Role::Button, "Group by island");
    let split = &harness.state().draft.recipe.split;
    assert_eq!(
        (split.method, split.column.as_deref()),
        (SplitMethod::Grouped, Some("island"))
    );
    press(&mut harness, Role::Button, "Remove duplicates first");
    let draft = &harness.state().draft;
    let Step::Deduplicate { columns, .. } = &draft.recipe.data.steps[0].step else {
        panic!("{:?}", draft.recipe.data.steps)
    };
    assert_eq!(columns[..], ["island", "mass", "sex", "species"]);
    assert_eq!(draft.problem, None);
}
