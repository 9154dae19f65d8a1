//! Long lists in the pane: lines of text, columns, row groups, tensors. Only what is in sight is drawn.

use aloft_data::{ColumnStatistics, RowGroup, TablePreview, Tensor, TensorsPreview};
use egui::{Label, RichText, ScrollArea, Ui};

use super::super::entry::escaped;
use crate::format;
use crate::theme::{self, font};
use crate::widget::{self, key_value_ui, label_ui, row_ui};

/// A line of text.
const LINE: f32 = 17.0;
/// A name and its type.
const ROW: f32 = 22.0;
/// A name and its type, and what is known of it below.
const ROW_TWICE: f32 = 42.0;
/// How high a list is, in points.
const MOST_HEIGHT: f32 = 230.0;
/// Longer lists can be searched.
const SEARCHED_FROM: usize = 50;

/// What a person typed to find in the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) words: String,
}

/// Lines as they are, in the type of code.
pub(super) fn lines_ui(id: &str, lines: &[String], small: bool, ui: &mut Ui) {
    let tokens = theme::tokens(ui.ctx());
    let type_face = if small { font::mono_label() } else { font::mono() };
    egui::Frame::new()
        .fill(tokens.field)
        .corner_radius(theme::size::RADIUS)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_width(ui.available_width());
            let height = (lines.len() as f32 * LINE + 10.0).min(MOST_HEIGHT + 70.0);
            ScrollArea::both()
                .id_salt(id)
                .auto_shrink([false, true])
                .max_height(height)
                .min_scrolled_height(height)
                .show_rows(ui, LINE, lines.len(), |ui, range| {
                    for line in lines.get(range).unwrap_or_default() {
                        let text = RichText::new(escaped(&line.replace('\t', "    ")))
                            .font(type_face.clone())
                            .color(tokens.text);
                        row_ui(ui, LINE, |ui| ui.add(Label::new(text).extend()));
                    }
                });
        });
}

/// The columns with their types, and what the file says of their values.
pub(super) fn columns_ui(table: &TablePreview, wanted: &mut Wanted, ui: &mut Ui) {
    label_ui(ui, "Columns");
    let names = table.schema.iter().map(|column| column.name.as_str());
    let shown = searched(names, "Search columns", wanted, ui);
    let tells = !table.statistics.is_empty();
    list_ui(
        "columns",
        shown.len(),
        if tells { ROW_TWICE } else { ROW },
        ui,
        |nth, ui| {
            let Some(column) = table.schema.get(shown[nth]) else {
                return;
            };
            let said = table.statistics.get(shown[nth]).map(told).unwrap_or_default();
            entry_ui(&column.name, column.kind.label(), &said, ui);
        },
    );
}

/// What a footer says of a column: `3 missing · 1 to 9`.
fn told(column: &ColumnStatistics) -> String {
    let nulls = column.nulls.map(|nulls| format!("{} missing", format::count(nulls)));
    let range = match (&column.min, &column.max) {
        // The format has zero written so, whichever zero it was.
        (Some(min), Some(max)) => Some(format!("{} to {max}", if min == "-0" { "0" } else { min })),
        (Some(min), None) => Some(format!("from {min}")),
        (None, Some(max)) => Some(format!("up to {max}")),
        (None, None) => None,
    };
    let size = Some(format::bytes(column.bytes));
    [nulls, range, size]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// The row groups of a Parquet file.
pub(super) fn row_groups_ui(groups: &[RowGroup], ui: &mut Ui) {
    label_ui(ui, &format::plural(groups.len() as u64, "row group", "row groups"));
    list_ui("row groups", groups.len(), ROW, ui, |nth, ui| {
        let group = &groups[nth];
        let text = format!(
            "{} · {} · {}",
            format::plural(group.rows, "row", "rows"),
            format::bytes(group.bytes),
            group.codec
        );
        let whole = format!(
            "Row group {}: {}, {} in the file, {} unpacked, {}",
            nth + 1,
            format::plural(group.rows, "row", "rows"),
            format::bytes(group.bytes),
            format::bytes(group.uncompressed_bytes),
            group.codec
        );
        let tokens = theme::tokens(ui.ctx());
        row_ui(ui, ROW, |ui| {
            let number = RichText::new(format::count(nth as u64 + 1)).font(font::mono_label());
            ui.add(Label::new(number.color(tokens.text_secondary)));
            widget::ellipsis_ui(ui, RichText::new(text).color(tokens.text), &whole);
        });
    });
}

/// Tensors with their types and shapes, and what was written beside them.
pub(super) fn tensors_ui(found: &TensorsPreview, wanted: &mut Wanted, ui: &mut Ui) {
    let names = found.tensors.iter().map(|tensor| tensor.name.as_str());
    let shown = searched(names, "Search tensors", wanted, ui);
    list_ui("tensors", shown.len(), ROW_TWICE, ui, |nth, ui| {
        if let Some(tensor) = found.tensors.get(shown[nth]) {
            let said = format!("{} · {}", shape(tensor), format::bytes(tensor.bytes));
            entry_ui(&tensor.name, &tensor.dtype, &said, ui);
        }
    });
    if !found.metadata.is_empty() {
        label_ui(ui, "Written beside them");
        for (name, value) in found.metadata.iter().take(SEARCHED_FROM) {
            key_value_ui(ui, &escaped(name), &escaped(value));
        }
    }
}

fn shape(tensor: &Tensor) -> String {
    if tensor.shape.is_empty() {
        return "one number".to_owned();
    }
    let sizes: Vec<String> = tensor.shape.iter().map(|size| format::count(*size)).collect();
    sizes.join(" × ")
}

/// The positions of the names that are wanted; a field to search where there are many.
fn searched<'a>(
    names: impl ExactSizeIterator<Item = &'a str>,
    name: &str,
    wanted: &mut Wanted,
    ui: &mut Ui,
) -> Vec<usize> {
    let count = names.len();
    if count <= SEARCHED_FROM {
        return (0..count).collect();
    }
    let width = ui.available_width() - 40.0;
    widget::search_ui(ui, name, &mut wanted.words, name, width);
    let words = wanted.words.trim().to_lowercase();
    let shown: Vec<usize> = names
        .enumerate()
        .filter(|(_, name)| words.is_empty() || name.to_lowercase().contains(&words))
        .map(|(nth, _)| nth)
        .collect();
    if shown.is_empty() {
        widget::secondary_ui(ui, "None has this in its name");
    }
    shown
}

/// Rows of one height, of which those in sight are drawn.
fn list_ui(id: &str, count: usize, height: f32, ui: &mut Ui, mut row_ui: impl FnMut(usize, &mut Ui)) {
    if count == 0 {
        return;
    }
    let most = (count as f32 * height).min(MOST_HEIGHT);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .id_salt(id)
            .auto_shrink([false, true])
            .max_height(most)
            .min_scrolled_height(most)
            .show_rows(ui, height, count, |ui, range| {
                for nth in range {
                    row_ui(nth, ui);
                }
            });
    });
}

/// A name, its type at the right, and below what is known of it.
fn entry_ui(name: &str, kind: &str, said: &str, ui: &mut Ui) {
    let tokens = theme::tokens(ui.ctx());
    let name = if name.is_empty() {
        "(no name)".to_owned()
    } else {
        escaped(name)
    };
    let height = if said.is_empty() { ROW } else { 20.0 };
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), height),
        egui::Layout::right_to_left(egui::Align::Center),
        |ui| {
            ui.add_space(12.0);
            let kind = RichText::new(kind)
                .font(font::mono_label())
                .color(tokens.text_secondary);
            ui.add(Label::new(kind).extend());
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                widget::ellipsis_ui(ui, RichText::new(&name).color(tokens.text), &name);
            });
        },
    );
    if !said.is_empty() {
        row_ui(ui, 16.0, |ui| {
            let said = escaped(said);
            let text = RichText::new(&said).font(font::label()).color(tokens.text_secondary);
            widget::ellipsis_ui(ui, text, &said);
        });
        ui.add_space(ROW_TWICE - 36.0);
    }
}
