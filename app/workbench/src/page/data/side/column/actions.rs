//! What can be done with a column: by one press, or by the form of a step.

use aloft_data::{ColumnType, Condition, Filling, SortKey, Step};
use egui::{Ui, vec2};
use egui_phosphor::regular as icons;

use crate::grid::Head;
use crate::widget::Button;

use super::super::super::tab::Tab;
use super::super::{Side, StepForm};

/// What can be done with a column by one press, and forms for the rest.
pub(super) fn actions_ui(tab: &mut Tab, head: &Head, ui: &mut Ui, done: &mut Option<Step>) {
    let name = || head.name.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        let mut press = |text: &str, glyph: &'static str, step: Step| {
            if ui.add(Button::new(text).glyph(glyph)).clicked() {
                *done = Some(step);
            }
        };
        let sort = |descending| Step::Sort {
            by: vec![SortKey {
                column: name(),
                descending,
            }],
        };
        press("Ascending", icons::SORT_ASCENDING, sort(false));
        press("Descending", icons::SORT_DESCENDING, sort(true));
        press("Drop", icons::TRASH, Step::Drop { columns: vec![name()] });
        match nested(head) {
            Some(ColumnType::Struct) => press(
                "Unfold into columns",
                icons::BRACKETS_CURLY,
                Step::Unfold {
                    column: name(),
                    fields: Vec::new(),
                },
            ),
            Some(_) => press(
                "Unfold into rows",
                icons::BRACKETS_SQUARE,
                Step::Explode {
                    column: name(),
                    to: None,
                },
            ),
            None => {}
        }
        let has_gaps = head.profile.as_ref().is_some_and(|profile| profile.nulls > 0);
        if has_gaps {
            press(
                "Only missing",
                icons::FUNNEL,
                Step::Filter(Condition::Missing { column: name() }),
            );
            press(
                "Drop missing",
                icons::ERASER,
                Step::DropMissing { columns: vec![name()] },
            );
            let with = if head.kind.is_number() {
                Filling::Median
            } else {
                Filling::MostFrequent
            };
            let text = if head.kind.is_number() {
                "Fill with median"
            } else {
                "Fill with most frequent"
            };
            press(text, icons::PAINT_BUCKET, Step::Fill { column: name(), with });
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (text, glyph, kind) in [
            ("Filter…", icons::FUNNEL, "filter"),
            ("Type…", icons::SWAP, "cast"),
            ("Rename…", icons::PENCIL_SIMPLE, "rename"),
            ("Fill…", icons::PAINT_BUCKET, "fill"),
            ("Bin…", icons::CHART_BAR, "bin"),
            ("Clip…", icons::SCISSORS, "clip"),
            ("Derive…", icons::FUNCTION, "derive"),
        ] {
            let fits = match kind {
                "bin" | "clip" => head.kind.is_number(),
                _ => true,
            };
            if fits && ui.add(Button::quiet(text).glyph(glyph)).clicked() {
                tab.form = Some(StepForm::about(kind, &head.name, tab.view.steps().len()));
                tab.side = Some(Side::Steps);
            }
        }
    });
}

/// Whether the cells of a column hold objects or lists, as values of their own or as JSON in text.
fn nested(head: &Head) -> Option<ColumnType> {
    match head.kind {
        ColumnType::Struct | ColumnType::List => Some(head.kind),
        ColumnType::String => {
            let first = head.profile.as_ref()?.top.first()?.value.trim_start();
            match (first.chars().next()?, first.trim_end().chars().last()?) {
                ('{', '}' | '…') => Some(ColumnType::Struct),
                ('[', ']' | '…') => Some(ColumnType::List),
                _ => None,
            }
        }
        _ => None,
    }
}
