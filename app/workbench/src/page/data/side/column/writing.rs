//! How the texts of a column are written: lengths and shapes.

use aloft_data::{Column, ColumnProfile, ColumnType, Condition};
use egui::Ui;

use crate::format;
use crate::theme::{Tokens, size};
use crate::widget::{key_value_ui, label_ui, section_ui};

use super::charts::share_ui;

/// Draws them. Answers the rows of the shape that was pressed.
pub(super) fn texts_ui(
    ui: &mut Ui,
    tokens: &Tokens,
    column: &Column,
    profile: &ColumnProfile,
    rows: u64,
) -> Option<Condition> {
    let text = profile.text.as_ref()?;
    ui.add_space(size::GAP);
    section_ui(ui, "Texts");
    let lengths = if text.shortest == text.longest {
        format::plural(text.longest, "character", "characters")
    } else {
        format!(
            "{} to {} characters",
            format::count(text.shortest),
            format::count(text.longest)
        )
    };
    key_value_ui(ui, "Length", &lengths);
    key_value_ui(ui, "Mean length", &format::value(text.mean_length));
    if text.empty > 0 {
        key_value_ui(ui, "Empty", &format::count(text.empty));
    }
    if text.shapes.is_empty() {
        return None;
    }
    ui.add_space(4.0);
    label_ui(ui, "Shapes").on_hover_text(
        "A stands for capital letters, a for other letters, 9 for digits; what follows each other alike is written once",
    );
    if text.are_shapes_sampled {
        label_ui(ui, "≈ Counted in some of the texts");
    }
    let mut chosen = None;
    for shape in &text.shapes {
        let shown = if shape.value.is_empty() { "\"\"" } else { &shape.value };
        let is_pressed = share_ui(ui, tokens, shown, shape.count, rows, &format!("Only the shape {shown}"));
        if is_pressed && column.kind == ColumnType::String {
            chosen = Some(Condition::of_shape(&column.name, &shape.value));
        }
    }
    chosen
}
