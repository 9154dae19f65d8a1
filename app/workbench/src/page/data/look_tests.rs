//! Looking at columns and cells in the window, with the real workers and the real `aloft`.

use std::fmt::Write as _;
use std::path::Path;

use aloft_base::Workspace;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::explorer_tests::explored_with;
use crate::App;
use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, wait_for, wait_until};

type Window = Harness<'static, Option<App>>;

fn open(folder: &Path, text: &str) -> (Window, Workspace, String) {
    explored_with(folder, text)
}

/// Presses the card above a column; the panel may say the same name.
fn press_head(window: &Window, name: &str) {
    window.get_by_role_and_label(Role::ColumnHeader, name).click();
}

/// Rows with a number that grows with the size, one far out, a code, a day and a group.
fn table() -> String {
    let mut text = String::from("size,weight,code,day,kind\n");
    for row in 0..60 {
        let weight = if row == 31 { 9000 } else { 10 + row * 2 + row % 3 };
        let code = if row % 5 == 0 {
            format!("x{row}")
        } else {
            format!("AB-{row}")
        };
        writeln!(
            text,
            "{row},{weight},{code},19{:02}-03-{:02},{}",
            60 + row / 12,
            1 + row % 28,
            if row < 25 { "low" } else { "high" }
        )
        .unwrap();
    }
    text
}

#[test]
fn a_cell_is_shown_at_length_and_follows_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let long = "A sentence that does not fit. ".repeat(60);
    let text = format!("name,note,list\nAda,\"{long}\",\"[1, 2, 6]\"\nBob,,\"{{\"\"a\"\": [7]}}\"\n");
    let (mut window, _, _) = open(folder.path(), &text);
    window.get_by_label("Ada").click();
    window.run_ok();
    window.key_press(Key::ArrowRight);
    window.key_press(Key::Enter);
    wait_for(&mut window, "note, row 1");
    wait_for(
        &mut window,
        &format!("string, {} characters", crate::format::count(long.len() as u64)),
    );
    wait_until(&mut window, "all of the text is there", |window| {
        window.query_all_by_label(&long).next().is_some()
    });
    window.key_press(Key::ArrowRight);
    wait_for(&mut window, "list, row 1");
    wait_for(&mut window, "Values in order");
    window.key_press(Key::ArrowDown);
    wait_for(&mut window, "list, row 2");
    wait_for(&mut window, "a: [ 1 item ]");
    window.get_by_label("a: [ 1 item ]").click();
    wait_until(&mut window, "the list is folded", |window| {
        window.query_all_by_label("0: 7").next().is_none()
    });
    window.key_press(Key::ArrowLeft);
    wait_for(&mut window, "The value is missing (null).");
}

#[test]
fn columns_are_hidden_and_found_in_their_menu_and_stay_so() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, workspace, id) = open(folder.path(), &table());
    window.get_by_label("Columns").click();
    wait_for(&mut window, "Show weight");
    window.get_by_label("Show weight").click();
    wait_for(&mut window, "Columns, 1 hidden");
    window.get_by_label("Freeze code").click();
    wait_for(&mut window, "Unfreeze code");
    wait_until(&mut window, "the column is gone", |window| {
        window.query_all_by_role(Role::ColumnHeader).count() == 4
    });
    let kept = workspace.cache_folder().join("layouts").join(format!("{id}.json"));
    wait_until(&mut window, "the layout is kept", |_| {
        std::fs::read_to_string(&kept).is_ok_and(|text| text.contains("weight") && text.contains("code"))
    });
    drop(window);
    let settings = Settings {
        route: Route::Data { dataset: Some(id) },
        ..Settings::default()
    };
    let mut again = crate::window_tests::window(workspace.folder(), settings);
    loaded(&mut again);
    wait_for(&mut again, "Columns, 1 hidden");
}

#[test]
fn outliers_and_shapes_of_a_column_become_filters() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _, _) = open(folder.path(), &table());
    press_head(&window, "weight");
    wait_for(&mut window, "1 outlier");
    window.get_by_label("Show outliers").click();
    wait_for(&mut window, "1 of 60 rows");
    window.get_by_label("Undo step").click();
    wait_for(&mut window, "60 rows × 5 columns");
    press_head(&window, "code");
    wait_for(&mut window, "Only the shape a9");
    window.get_by_label("Only the shape a9").click();
    wait_for(&mut window, "12 of 60 rows");
    window.get_by_label("Undo step").click();
    press_head(&window, "code");
    wait_for(&mut window, "Only the shape A-9");
    window.get_by_label("Only the shape A-9").click();
    wait_for(&mut window, "48 of 60 rows");
}

#[test]
fn a_column_is_compared_with_the_target_by_a_named_test() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _, _) = open(folder.path(), &table());
    press_head(&window, "size");
    wait_for(&mut window, "Relation to the target");
    window.get_by_label("Relation to the target").click();
    wait_for(&mut window, "Choose the column to predict");
    window.get_by_label("Compare with").click();
    window.run_ok();
    window.get_by_role_and_label(Role::Button, "weight").click();
    wait_for(&mut window, "Pearson and Spearman correlation");
    wait_for(&mut window, "Strong effect");
    wait_for(&mut window, "The ranks go together more than the values");
    press_head(&window, "kind");
    wait_for(&mut window, "One-way ANOVA");
    wait_for(
        &mut window,
        "of the spread of “weight” lies between the groups of “kind”",
    );
    press_head(&window, "code");
    wait_for(&mut window, "It is not compared: differs in every row.");
}

#[test]
fn a_press_on_years_keeps_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _, _) = open(folder.path(), &table());
    press_head(&window, "day");
    wait_for(&mut window, "Rows by ");
    let chart = window.query_all_by_label_contains("Rows by ").last().unwrap().rect();
    let at = egui::pos2(chart.left() + 4.0, chart.bottom() - 24.0);
    window.hover_at(at);
    window.drag_at(at);
    window.drop_at(at);
    wait_for(&mut window, "of 60 rows");
    window.get_by_label_contains("Step 1: Keep rows where day >= ");
}

#[test]
fn a_value_is_left_out_by_the_menu_of_its_cell() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _, _) = open(folder.path(), "name,age\nAda,36\nBob,\nCyd,36\n");
    window.get_by_label("Ada").click();
    window.run_ok();
    window.key_press(Key::ArrowRight);
    window.run_ok();
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    wait_for(&mut window, "Without 36");
    window.get_by_label("Without 36").click();
    wait_for(&mut window, "1 of 3 rows");
    wait_until(&mut window, "the missing one is kept", |window| {
        window.query_by_label("Bob").is_some() && window.query_by_label("Ada").is_none()
    });
}
