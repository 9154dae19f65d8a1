//! Exploring in the window: filters, steps and questions, answered by the real `aloft`.

use std::fmt::Write as _;
use std::path::Path;

use aloft_base::Workspace;
use aloft_base::dataset;
use egui_kittest::kittest::Queryable;

use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, wait_for, wait_until, window};

const PEOPLE: &str = "name,age,city\nAda,36,Rome\nBob,,Paris\nCyd,41,Rome\nDan,29,\nEve,52,Rome\n";

/// A window on a profiled file, and the dataset's id.
fn explored(folder: &Path) -> (egui_kittest::Harness<'static, Option<crate::App>>, Workspace, String) {
    let (mut harness, workspace, id) = explored_with(folder, PEOPLE);
    wait_for(&mut harness, "Cyd");
    (harness, workspace, id)
}

/// A window on a profiled file with this text.
pub(super) fn explored_with(
    folder: &Path,
    text: &str,
) -> (egui_kittest::Harness<'static, Option<crate::App>>, Workspace, String) {
    let workspace = Workspace::open(folder.join("workspace")).unwrap();
    let path = folder.join("people.csv");
    std::fs::write(&path, text).unwrap();
    let source = aloft_data::detect(&path).unwrap().source;
    let key = source.key().unwrap();
    let row = dataset::open(&workspace, &path, &serde_json::to_value(&source).unwrap(), &key).unwrap();
    let profile = aloft_data::profile(&source, &workspace.dataset_cache(&key), &mut |_| {
        aloft_data::Flow::Continue
    })
    .unwrap();
    let columns: Vec<_> = profile
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| (position, serde_json::to_value(column).unwrap()))
        .collect();
    dataset::set_profiles(&workspace, &row.id, &columns).unwrap();
    dataset::set_rows(&workspace, &row.id, profile.rows).unwrap();
    dataset::set_profiled(&workspace, &row.id, profile.columns.len() as u64, &[]).unwrap();
    let settings = Settings {
        route: Route::Data {
            dataset: Some(row.id.clone()),
        },
        ..Settings::default()
    };
    let mut harness = window(workspace.folder(), settings);
    loaded(&mut harness);
    wait_for(&mut harness, "Row 2");
    (harness, workspace, row.id)
}

#[test]
fn a_press_on_a_value_filters_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, workspace, id) = explored(folder.path());
    harness.get_by_label("city").click();
    wait_for(&mut harness, "Only Rome");
    harness.get_by_label("Only Rome").click();
    wait_for(&mut harness, "3 of 5 rows");
    wait_until(&mut harness, "only people of Rome", |harness| {
        harness.query_by_label("Bob").is_none() && harness.query_by_label("Eve").is_some()
    });
    harness.get_by_label_contains("Step 1: Keep rows where city = 'Rome'");
    let kept = dataset::get(&workspace, &id).unwrap().steps;
    assert_eq!(
        kept[0]["condition"], "is",
        "the steps are kept in the workspace: {kept}"
    );

    harness.get_by_label("Undo step").click();
    wait_for(&mut harness, "Bob");
    harness.get_by_label("Redo step").click();
    wait_for(&mut harness, "3 of 5 rows");
    harness.get_by_label("Remove step 1").click();
    wait_for(&mut harness, "Bob");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("people.csv")).unwrap(),
        PEOPLE
    );
}

#[test]
fn a_step_is_tried_before_it_is_kept_and_its_fault_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, workspace, id) = explored(folder.path());
    harness.get_by_label("Steps").click();
    wait_for(&mut harness, "Add a step");
    harness.get_by_label("Filter").click();
    wait_for(&mut harness, "Type a condition in SQL");
    // The word above the field, then the field.
    let field = harness.query_all_by_label("Expression").last().unwrap();
    field.focus();
    harness.step();
    harness
        .query_all_by_label("Expression")
        .last()
        .unwrap()
        .type_text("age > 40");
    wait_for(&mut harness, "2 of 5 rows");
    assert!(
        dataset::get(&workspace, &id)
            .unwrap()
            .steps
            .as_array()
            .unwrap()
            .is_empty(),
        "it is only tried"
    );
    harness.get_by_label("Keep step").click();
    wait_for(&mut harness, "Step 1: Keep rows where age > 40");
    wait_until(&mut harness, "it is kept", |_| {
        dataset::get(&workspace, &id).unwrap().steps[0]["expression"] == "age > 40"
    });

    let broken = serde_json::json!([{"step": "drop", "columns": ["age"]}, {"step": "derive", "name": "x", "expression": "age + 1"}]);
    dataset::set_steps(&workspace, &id, &broken).unwrap();
    wait_for(&mut harness, "Step 2 (x = age + 1) cannot be done");
}

#[test]
fn a_question_is_answered_below_the_grid_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, workspace, _) = explored(folder.path());
    harness.get_by_label("SQL").click();
    wait_for(&mut harness, "Each open dataset is a table");
    let sql = "select city, max(age) as oldest from people where city is not null group by city order by city";
    let field = |harness: &egui_kittest::Harness<'static, Option<crate::App>>| {
        harness
            .query_all_by_label("SQL")
            .map(|node| node.rect())
            .max_by(|a, b| a.width().total_cmp(&b.width()))
            .unwrap()
    };
    let rect = field(&harness);
    harness.drag_at(rect.center());
    harness.drop_at(rect.center());
    harness.step();
    harness.event(egui::Event::Text(sql.to_owned()));
    harness.step();
    harness.get_by_label("Run").click();
    wait_for(&mut harness, "oldest");
    wait_for(&mut harness, "2 rows in");
    wait_for(&mut harness, "52");
    wait_until(&mut harness, "the question is remembered", |_| {
        std::fs::read_to_string(workspace.folder().join("questions.json")).is_ok_and(|kept| kept.contains("oldest"))
    });
    harness.get_by_label("Plan").click();
    wait_for(&mut harness, "AGGREGATE");
}

#[test]
fn what_was_found_is_mended_by_one_press() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("amount,constant,paid\n");
    for at in 0..60 {
        let paid = at % 3 == 0;
        text.push_str(&format_row(at, paid));
    }
    // The same row once more.
    text.push_str(&format_row(59, false));
    let mut harness = pasted(folder.path(), "orders.csv", &text);
    wait_for(&mut harness, "61 rows × 3 columns");
    wait_for(&mut harness, "Findings ");
    harness.get_by_label_contains("Findings ").click();
    wait_for(&mut harness, "Mend finding 1");
    harness.get_by_label_contains("Remove duplicates of whole rows").click();
    wait_for(&mut harness, "60 of 61 rows");
    harness.get_by_label_contains(": Drop constant").click();
    wait_until(&mut harness, "the column is gone", |harness| {
        harness.query_by_label("constant").is_none()
    });
}

#[test]
fn correlations_are_a_map_and_a_list_that_lead_to_the_column() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("name,length,width,noise\n");
    for at in 0..80_u32 {
        writeln!(text, "n{at},{at},{},{}", 100 - at, at * at % 37).unwrap();
    }
    let mut harness = pasted(folder.path(), "sizes.csv", &text);
    wait_for(&mut harness, "80 rows × 4 columns");
    wait_for(&mut harness, "Findings ");
    harness.get_by_label_contains("Findings ").click();
    wait_for(&mut harness, "Heat map of correlations");
    harness.get_by_label("Heat map of correlations").click();
    wait_for(&mut harness, "of 3 columns; the strongest is −1.00 of length and width");
    harness.get_by_label_contains("−1.00   length · width").click();
    wait_for(&mut harness, "Close panel");
    wait_for(&mut harness, "Distribution");
}

#[test]
fn a_file_that_changed_has_a_history() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, workspace, id) = explored(folder.path());
    let path = folder.path().join("people.csv");
    std::fs::write(&path, format!("{PEOPLE}Fay,44,Oslo\n")).unwrap();
    let source = aloft_data::detect(&path).unwrap().source;
    let key = source.key().unwrap();
    dataset::open(&workspace, &path, &serde_json::to_value(&source).unwrap(), &key).unwrap();
    dataset::set_rows(&workspace, &id, 6).unwrap();
    harness.get_by_label("History").click();
    wait_for(&mut harness, "There now");
    wait_for(&mut harness, "1 row more than before");
    wait_for(&mut harness, "5 rows, 3 columns");
}

/// A window into which the path of a new file was pasted.
fn pasted(folder: &Path, name: &str, text: &str) -> egui_kittest::Harness<'static, Option<crate::App>> {
    let workspace = Workspace::open(folder.join("workspace")).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    let settings = Settings {
        route: Route::Data { dataset: None },
        ..Settings::default()
    };
    let mut harness = window(workspace.folder(), settings);
    loaded(&mut harness);
    harness.event(egui::Event::Paste(path.display().to_string()));
    harness
}

/// One order.
fn format_row(at: u32, paid: bool) -> String {
    format!("{}.5,same,{}\n", at * 7 % 101, if paid { "yes" } else { "no" })
}
