//! What stands beside the grid: a column, the steps, or what was found.

mod column;
mod findings;
mod form;
mod form_fields;
mod reading;
mod steps;

use aloft_base::dataset::Dataset;
use egui::{Align, Frame, Layout, Margin, Panel, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::widget::{Button, section_ui};

use super::tab::Tab;

pub(super) use findings::Findings;
pub(super) use form::StepForm;
pub(super) use reading::ReadingPanel;

const WIDTH: f32 = 336.0;

/// Which of them is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The column with this name.
    Column(String),
    Steps,
    Findings,
    /// How the file is read.
    Reading,
}

/// Draws the panel when it is open.
pub(super) fn side_ui(tab: &mut Tab, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let Some(side) = tab.side.clone() else { return };
    let frame = Frame::new().fill(ctx.tokens.panel).inner_margin(Margin::same(12));
    Panel::right("data-side")
        .resizable(false)
        .exact_size(WIDTH)
        .frame(frame)
        .show(ui, |ui| {
            let title = match &side {
                Side::Column(name) => name.as_str(),
                Side::Steps => "Steps",
                Side::Findings => "Findings",
                Side::Reading => "How the file is read",
            };
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::icon(icons::X, "Close panel")).clicked() {
                        tab.side = None;
                        tab.form = None;
                        tab.view.try_step(0, None);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.set_clip_rect(ui.max_rect());
                        section_ui(ui, title).on_hover_text(title);
                    });
                });
            });
            ui.add_space(4.0);
            ScrollArea::vertical().id_salt(title).auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                match &side {
                    Side::Column(name) => column::column_ui(tab, name, row, ctx, ui, commands),
                    Side::Steps => steps::steps_ui(tab, row, ctx, ui, commands),
                    Side::Findings => findings::findings_ui(tab, row, ctx, ui, commands),
                    Side::Reading => reading::reading_ui(tab, row, ctx, ui, commands),
                }
            });
        });
}
