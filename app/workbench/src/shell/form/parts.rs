//! What dialogs are made of: the frame, rows with a name at the left, the buttons at the end.

use aloft_base::registry::check_name;
use egui::{Align, Context, Frame, Id, Layout, Margin, Modal, Response, RichText, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, Button, ButtonKind, text_field_ui};

/// Width of the names.
const NAME: f32 = 104.0;
/// Width of the fields.
pub(super) const FIELD: f32 = 320.0;

/// What is left of a dialog after a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    #[default]
    Stay,
    Cancel,
    /// What it asks for is to be done.
    Go,
}

/// Draws a dialog with a title. `add_contents` answers whether it is done; answers whether it is to be closed.
pub(super) fn dialog_ui(
    ctx: &AppContext<'_>,
    egui_ctx: &Context,
    title: &str,
    width: f32,
    add_contents: impl FnOnce(&mut Ui) -> bool,
) -> bool {
    let frame = Frame::window(&egui_ctx.global_style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("form"))
        .frame(frame)
        .backdrop_color(ctx.tokens.scrim);
    let response = modal.show(egui_ctx, |ui| {
        ui.set_width(width);
        let mut close = false;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                close = ui.add(Button::icon(icons::X, "Close")).clicked();
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let text = RichText::new(title).font(font::section()).color(ctx.tokens.text);
                    widget::ellipsis_ui(ui, text, title);
                });
            });
        });
        ui.add_space(size::GAP);
        ui.spacing_mut().item_spacing.y = size::GAP;
        close | add_contents(ui)
    });
    // A press beside it is no answer: what was typed, or a token told once, would be lost by a slip.
    let slipped = response.backdrop_response.clicked();
    response.should_close() && !slipped || response.inner
}

/// A row with a name and controls.
pub(super) fn row_ui<R>(ui: &mut Ui, name: &str, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(
            vec2(NAME, size::CONTROL_HEIGHT),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_width(NAME);
                widget::secondary_ui(ui, name);
            },
        );
        add_contents(ui)
    })
    .inner
}

/// A named field for a line of text. The screen reader's name says more than the word beside it.
pub(super) fn field_ui(ui: &mut Ui, name: &str, says: &str, text: &mut String, hint: &str) -> Response {
    row_ui(ui, name, |ui| text_field_ui(ui, says, text, hint, FIELD))
}

/// A remark below a field, in line with it.
pub(super) fn remark_ui(ui: &mut Ui, text: &str) {
    ui.horizontal_top(|ui| {
        ui.add_space(NAME + size::GAP);
        widget::paragraph_ui(ui, text);
    });
}

/// The buttons at the end: what is done, at the right, and a way out.
pub(super) fn end_ui(ui: &mut Ui, action: &str, glyph: &str, why_not: Option<&str>) -> Step {
    buttons_ui(ui, Button::primary(action).glyph(glyph), why_not, true, true)
}

/// The buttons at the end of a question whether something is to go. Return does nothing here: it goes only when meant.
pub(super) fn end_danger_ui(ui: &mut Ui, action: &str, glyph: &str, why_not: Option<&str>) -> Step {
    let button = Button::new(action).kind(ButtonKind::Danger).glyph(glyph);
    buttons_ui(ui, button, why_not, true, false)
}

/// One button at the end, where there is nothing to cancel. Answers whether it was pressed.
pub(super) fn done_ui(ui: &mut Ui) -> bool {
    let button = Button::primary("Done").glyph(icons::CHECK);
    buttons_ui(ui, button, None, false, true) == Step::Go
}

fn buttons_ui(ui: &mut Ui, action: Button<'_>, why_not: Option<&str>, can_cancel: bool, by_return: bool) -> Step {
    let mut step = Step::Stay;
    ui.add_space(size::GAP);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(action.disabled(why_not)).clicked() {
                step = Step::Go;
            }
            if can_cancel && ui.add(Button::new("Cancel")).clicked() {
                step = Step::Cancel;
            }
            if let Some(why) = why_not {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let tokens = crate::theme::tokens(ui.ctx());
                    widget::ellipsis_ui(ui, RichText::new(why).color(tokens.text_secondary), why);
                });
            }
        });
    });
    let entered = by_return
        && !ui.ctx().any_popup_open()
        && ui.input(|input| input.modifiers.is_none() && input.key_pressed(egui::Key::Enter));
    if entered && why_not.is_none() && step == Step::Stay {
        step = Step::Go;
    }
    step
}

/// Why a name cannot be used, if so.
pub(super) fn name_problem(what: &'static str, name: &str) -> Option<String> {
    if name.is_empty() {
        return Some(format!("Give the {what} a name"));
    }
    check_name(what, name).err().map(|error| error.to_string())
}

/// A name that may be used, made of any text.
pub(super) fn usable_name(text: &str) -> String {
    let words: String = text
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() || matches!(letter, '.' | '_') {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let name: String = words.trim_matches(['-', '.', '_']).chars().take(60).collect();
    if name.is_empty() { "model".to_owned() } else { name }
}
