//! Home: open data, see what is running, what was opened, what needs a look.

mod open;
mod recent;
mod running;

use egui::{Align, Layout, Ui, vec2};

use crate::command::{CommandSender, DataCommand};
use crate::context::AppContext;
use crate::theme::size;
use crate::widget::{self, page_scroll_ui, section_ui};

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    /// What was typed into the field for a path.
    path: String,
    curves: running::Curves,
}

/// Keeps the sparklines of running trainings up to date.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    running::curves_logic(&mut state.curves, ctx);
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    commands.offer_primary(DataCommand::OpenFiles);
    page_scroll_ui(ui, |ui| {
        open::cards_ui(ctx, ui, commands);
        ui.add_space(size::GAP);
        open::path_ui(&mut state.path, ctx, ui, commands);
        ui.add_space(size::GAP_SECTION);
        if !ctx.library.is_loaded() {
            section_ui(ui, "Recent datasets");
            widget::skeleton_rows_ui(ui, 4);
        } else if ctx.library.is_empty() {
            open::welcome_ui(ctx, ui);
        } else {
            columns_ui(state, ctx, ui, commands);
        }
    });
}

/// Datasets at the left; at the right what runs and what needs a look, else the latest runs.
fn columns_ui(state: &State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let has_news = running::running(ctx).next().is_some() || !ctx.library.alerts().is_empty();
    if ctx.library.runs().is_empty() && !has_news {
        recent::datasets_ui(ctx, ui, commands);
        return;
    }
    let gap = size::GAP_SECTION;
    let right = (ui.available_width() * 0.42).clamp(360.0, 520.0);
    let left = ui.available_width() - right - gap;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        column_ui(ui, left, |ui| recent::datasets_ui(ctx, ui, commands));
        column_ui(ui, right, |ui| {
            let attention = running::attention(ctx);
            let any_running = running::running(ctx).next().is_some();
            if any_running {
                running::running_ui(&state.curves, ctx, ui, commands);
                ui.add_space(gap);
            }
            if !attention.is_empty() || !ctx.library.alerts().is_empty() {
                running::attention_ui(ctx, ui, commands, &attention);
                ui.add_space(gap);
            }
            if !any_running {
                recent::runs_ui(ctx, ui, commands);
            }
        });
    });
}

fn column_ui(ui: &mut Ui, width: f32, add_contents: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.set_width(width);
        add_contents(ui);
    });
}
