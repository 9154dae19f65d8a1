//! What is odd about a table, each with a step that mends it.

use aloft_base::dataset::Dataset;
use egui::Ui;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::widget::paragraph_ui;

use super::super::tab::Tab;

pub(super) fn findings_ui(
    _tab: &mut Tab,
    _row: &Dataset,
    _ctx: &AppContext<'_>,
    ui: &mut Ui,
    _commands: &mut CommandSender,
) {
    paragraph_ui(ui, "Nothing odd was found.");
}
