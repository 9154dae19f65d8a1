//! The grid as a person meets it: which cells are on screen after which keys.

use aloft_data::{Cell, ColumnType, Page};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable};

use super::tiles::TILE_ROWS;
use super::{Copied, CopyFormat, Grid, GridState, Head, Layout, NumberFormat, Tiles};

/// A table whose cells say where they are, and which is read as a worker would.
struct Fixture {
    heads: Vec<Head>,
    rows: u64,
    tiles: Tiles,
    state: GridState,
    layout: Layout,
    copied: Option<Copied>,
    opened: bool,
    /// While this is set nothing is read.
    asleep: bool,
}

fn grid(rows: u64, columns: usize) -> Harness<'static, Fixture> {
    let heads = (0..columns)
        .map(|column| Head {
            name: format!("column {column}"),
            kind: if column == 0 {
                ColumnType::Integer
            } else {
                ColumnType::String
            },
            profile: None,
        })
        .collect();
    let fixture = Fixture {
        heads,
        rows,
        tiles: Tiles::default(),
        state: GridState::default(),
        layout: Layout::default(),
        copied: None,
        opened: false,
        asleep: false,
    };
    let mut harness = Harness::builder()
        .with_size([900.0, 620.0])
        .with_max_steps(16)
        .build_ui_state(show, fixture);
    harness.run_ok();
    harness
}

fn show(ui: &mut egui::Ui, fixture: &mut Fixture) {
    crate::theme::install(ui.ctx(), crate::theme::Themes::built_in());
    let Fixture {
        heads,
        rows,
        tiles,
        state,
        layout,
        ..
    } = fixture;
    let response = Grid {
        id: "test",
        heads,
        rows: *rows,
        tiles,
        profiling: true,
    }
    .show(ui, state, layout);
    fixture.opened |= response.open;
    fixture.copied = response.copy.or(fixture.copied.take());
    if fixture.asleep {
        return;
    }
    let needed = fixture
        .tiles
        .needed(fixture.state.view(), fixture.rows, fixture.heads.len());
    for key in needed {
        let columns = key.columns(fixture.heads.len());
        let last = (key.first_row() + TILE_ROWS).min(fixture.rows);
        let cell = |column: usize, row: u64| match (column, row) {
            (1, 0) => Cell::Null,
            (2, 0) => Cell::NaN,
            (3, 0) => Cell::Text("".into()),
            _ => Cell::Text(format!("{row}:{column}").into()),
        };
        let cells = columns
            .clone()
            .map(|column| (key.first_row()..last).map(|row| cell(column, row)).collect())
            .collect();
        fixture.tiles.insert(
            key,
            Page {
                first: key.first_row(),
                columns,
                cells,
            },
            fixture.rows,
        );
        ui.ctx().request_repaint();
    }
}

fn sees(harness: &Harness<'static, Fixture>, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

#[test]
fn the_last_of_five_million_rows_is_reached_exactly() {
    let mut harness = grid(5_000_000, 4);
    assert!(sees(&harness, "Grid of 5,000,000 rows × 4 columns"));
    assert!(sees(&harness, "Row 1") && sees(&harness, "1:1"));
    harness.state_mut().state.go_to_row(4_999_998);
    harness.run_ok();
    assert!(sees(&harness, "Row 4,999,999") && sees(&harness, "4999998:3"));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run_ok();
    assert!(sees(&harness, "Row 5,000,000") && sees(&harness, "4999999:3"));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Home);
    harness.run_ok();
    assert!(sees(&harness, "Row 1") && !sees(&harness, "Row 5,000,000"));
}

#[test]
fn arrows_and_pages_move_by_whole_rows_anywhere() {
    let mut harness = grid(5_000_000, 4);
    harness.state_mut().state.go_to(3_000_000, 1);
    harness.run_ok();
    for _ in 0..40 {
        harness.key_press(Key::ArrowDown);
    }
    harness.run_ok();
    let cursor = |harness: &Harness<'static, Fixture>| harness.state().state.cursor().unwrap();
    assert_eq!(cursor(&harness), (3_000_040, 1));
    assert!(sees(&harness, "3000040:1"));
    let page = cursor(&harness).0;
    harness.key_press(Key::PageDown);
    harness.run_ok();
    let moved = cursor(&harness).0 - page;
    assert!((10..40).contains(&moved), "{moved}");
    harness.key_press(Key::PageUp);
    harness.run_ok();
    assert_eq!(cursor(&harness).0, page);
}

#[test]
fn three_thousand_columns_are_reached_and_only_those_in_sight_are_drawn() {
    let mut harness = grid(100, 3000);
    assert!(sees(&harness, "column 0") && !sees(&harness, "column 2999"));
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::End);
    harness.run_ok();
    assert!(sees(&harness, "column 2999") && sees(&harness, "0:2999"));
    assert!(harness.query_all_by_label_contains("column ").count() < 20);
    harness.state_mut().state.go_to_column(1234);
    harness.run_ok();
    assert!(sees(&harness, "column 1234"));
}

#[test]
fn missing_not_a_number_and_empty_are_told_apart() {
    let harness = grid(10, 4);
    for label in ["null", "NaN", "empty text"] {
        assert_eq!(harness.query_all_by_label(label).count(), 1, "{label}");
    }
}

#[test]
fn what_is_pending_is_a_skeleton_and_what_was_read_stays() {
    let mut harness = grid(5_000_000, 4);
    harness.state_mut().asleep = true;
    harness.state_mut().state.go_to_row(2_000_000);
    harness.run_ok();
    assert!(sees(&harness, "Row 2,000,001") && !sees(&harness, "2000000:1"));
    harness.state_mut().asleep = false;
    harness.run_ok();
    assert!(sees(&harness, "2000000:1"));
    harness.state_mut().tiles.outdate();
    harness.state_mut().asleep = true;
    harness.run_ok();
    assert!(sees(&harness, "2000000:1"));
}

#[test]
fn a_selection_is_extended_and_copied() {
    let mut harness = grid(50, 4);
    harness.get_by_label("4:1").click();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.event(egui::Event::Copy);
    harness.run_ok();
    let copied = harness.state().copied.clone().unwrap();
    assert_eq!((copied.rows, copied.columns), (4..=5, vec![1, 2]));
}

#[test]
fn the_wheel_scrolls_rows_and_stops_at_the_ends() {
    let mut harness = grid(5_000_000, 4);
    harness.hover_at(egui::pos2(400.0, 300.0));
    for _ in 0..30 {
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, -26.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        harness.run_steps(2);
    }
    harness.run_steps(30);
    let first = harness.state().state.view().rows.start;
    assert!((20..=31).contains(&first), "{first}");
    assert!(sees(&harness, &format!("Row {}", first + 3)));
}

fn names(harness: &Harness<'static, Fixture>) -> Vec<String> {
    let mut heads: Vec<(f32, String)> = harness
        .query_all_by_role(egui::accesskit::Role::ColumnHeader)
        .map(|node| (node.rect().left(), node.accesskit_node().label().unwrap_or_default()))
        .collect();
    heads.sort_by(|a, b| a.0.total_cmp(&b.0));
    heads.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn a_column_is_dragged_to_another_place_and_its_cells_go_with_it() {
    let mut harness = grid(20, 4);
    let place = |harness: &Harness<'static, Fixture>, name: &str| {
        let rect = harness.get_by_label(name).rect();
        egui::pos2(rect.center().x, rect.top() + 12.0)
    };
    let (from, to) = (place(&harness, "column 3"), place(&harness, "column 1"));
    harness.drag_at(from);
    harness.run_ok();
    harness.hover_at(to - egui::vec2(30.0, 0.0));
    harness.run_ok();
    harness.drop_at(to - egui::vec2(30.0, 0.0));
    harness.run_ok();
    assert_eq!(names(&harness), ["column 0", "column 3", "column 1", "column 2"]);
    assert!(harness.get_by_label("4:3").rect().left() < harness.get_by_label("4:1").rect().left());
}

#[test]
fn a_frozen_column_stays_while_others_scroll() {
    let mut harness = grid(20, 40);
    harness.state_mut().layout.set_frozen("column 7", true);
    harness.run_ok();
    let left = harness.get_by_label("4:7").rect().left();
    harness.state_mut().state.go_to_column(39);
    harness.run_ok();
    assert!(sees(&harness, "4:39") && !sees(&harness, "column 0"));
    assert_eq!(harness.get_by_label("4:7").rect().left(), left);
}

#[test]
fn hidden_columns_are_left_out_of_what_is_copied_and_come_back_when_one_goes_there() {
    let mut harness = grid(20, 4);
    harness.state_mut().layout.set_hidden("column 1", true);
    harness.run_ok();
    assert_eq!(names(&harness), ["column 0", "column 2", "column 3"]);
    harness.get_by_label("4:0").click();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.event(egui::Event::Copy);
    harness.run_ok();
    assert_eq!(harness.state().copied.clone().unwrap().columns, [0, 2]);
    harness.state_mut().state.go_to_column(1);
    harness.run_ok();
    assert!(sees(&harness, "column 1"));
    assert_eq!(harness.state().state.cursor().unwrap().1, 1);
}

#[test]
fn keys_move_a_column_open_a_cell_and_show_what_can_be_done() {
    let mut harness = grid(20, 4);
    harness.get_by_label("4:2").click();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::ALT, Key::PageUp);
    harness.run_ok();
    assert_eq!(names(&harness), ["column 0", "column 2", "column 1", "column 3"]);
    assert_eq!(
        harness.state().state.cursor(),
        Some((4, 2)),
        "the same cell is selected"
    );
    harness.key_press(Key::Space);
    harness.run_ok();
    assert!(harness.state().opened);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    harness.run_ok();
    harness.get_by_label("Copy as Markdown").click();
    harness.run_ok();
    let copied = harness.state().copied.clone().unwrap();
    assert_eq!((copied.format, copied.columns), (CopyFormat::Markdown, vec![2]));
}

#[test]
fn the_menu_of_a_column_hides_it_and_writes_its_numbers_otherwise() {
    let mut harness = grid(20, 4);
    harness.get_by_label("column 3").click_secondary();
    harness.run_ok();
    harness.get_by_label("Hide").click();
    harness.run_ok();
    assert_eq!(names(&harness), ["column 0", "column 1", "column 2"]);
    harness.get_by_label("column 0").click_secondary();
    harness.run_ok();
    harness.get_by_label("12 %").click();
    harness.run_ok();
    assert_eq!(harness.state().layout.format("column 0"), NumberFormat::Percent);
}
