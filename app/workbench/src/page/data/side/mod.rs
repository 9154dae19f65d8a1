//! What stands beside the grid: a column, the steps, or what was found.

mod cell;
mod column;
mod correlations;
mod findings;
mod form;
mod form_fields;
mod form_step;
mod history;
mod reading;
mod steps;

use aloft_base::dataset::Dataset;
use egui::{Align, Frame, Key, Layout, Margin, Panel, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::widget::{Button, section_ui};

use super::tab::Tab;

pub(super) use cell::CellView;
pub(super) use column::{ColumnPage, Relating};
pub(super) use findings::Findings;
pub(super) use form::StepForm;
pub(super) use history::History;
pub(super) use reading::ReadingPanel;

const WIDTH: f32 = 346.0;
const MAP_WIDTH: f32 = 760.0;
/// Room for the scroll bar.
const BAR: f32 = 10.0;

/// Which of them is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The column with this name.
    Column(String),
    /// The cell the person is at.
    Cell,
    Steps,
    Findings,
    Correlations,
    History,
    /// How the file is read.
    Reading,
}

/// Draws the panel when it is open.
pub(super) fn side_ui(tab: &mut Tab, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let Some(side) = tab.side.clone() else { return };
    let is_free = ui.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none());
    if side == Side::Cell && is_free && !ui.ctx().any_popup_open() && ui.input(|input| input.key_pressed(Key::Escape)) {
        tab.side = None;
        return;
    }
    let frame = Frame::new().fill(ctx.tokens.panel).inner_margin(Margin::same(12));
    let panel = if side == Side::Cell {
        // Long texts and deep values need room, and how much a person knows best.
        Panel::right("data-side-cell")
            .resizable(true)
            .default_size(WIDTH + 64.0)
            .min_size(240.0)
            .max_size((ui.available_width() - 200.0).max(240.0))
    } else {
        let width = match side {
            // A map needs room, and the grid needs half of it.
            Side::Correlations => (ui.available_width() * 0.5).clamp(WIDTH, MAP_WIDTH),
            _ => WIDTH,
        };
        Panel::right("data-side").resizable(false).exact_size(width)
    };
    panel.frame(frame).show(ui, |ui| {
        let title = match &side {
            Side::Column(name) => name.as_str(),
            Side::Cell => "Cell",
            Side::Steps => "Steps",
            Side::Findings => "Findings",
            Side::Correlations => "Correlations",
            Side::History => "History",
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
        if side == Side::Cell {
            // What it shows scrolls by itself.
            ui.spacing_mut().item_spacing.y = 4.0;
            cell::cell_ui(tab, ctx, ui, commands);
            return;
        }
        ScrollArea::vertical().id_salt(title).auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            // The bar floats over what reaches the edge.
            ui.set_max_width(ui.available_width() - BAR);
            match &side {
                Side::Column(name) => column::column_ui(tab, name, row, ctx, ui, commands),
                Side::Cell => {}
                Side::Steps => steps::steps_ui(tab, row, ctx, ui, commands),
                Side::Findings => findings::findings_ui(tab, row, ctx, ui, commands),
                Side::Correlations => correlations::correlations_ui(tab, ctx, ui),
                Side::History => history::history_ui(&tab.history, row, ctx, ui, commands),
                Side::Reading => reading::reading_ui(tab, row, ctx, ui, commands),
            }
        });
    });
}
