//! Whether a version is better than the champion, and letting it be the champion.

use egui::{Context, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CHAMPION, CommandSender, ModelCommand};
use crate::comparison::{self, Comparison};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, problem_ui, skeleton_rows_ui, spinner_ui};
use crate::work::{Fetch, Lane};

use super::parts::{Step, dialog_ui, end_ui};

pub(in crate::shell) struct Form {
    model: String,
    number: u32,
    champion: Option<u32>,
    comparison: Fetch<Comparison>,
    asked: bool,
}

impl Form {
    pub(super) fn new(model: String, number: u32, ctx: &AppContext<'_>) -> Self {
        Self {
            champion: crate::command::champion(ctx, &model),
            model,
            number,
            comparison: Fetch::default(),
            asked: false,
        }
    }

    /// Compares the two, once.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.comparison.poll();
        let Some(champion) = self.champion.filter(|_| !self.asked) else {
            return;
        };
        let (model, number) = (self.model.clone(), self.number);
        ctx.work.fetch_with(Lane::Models, &mut self.comparison, move |session| {
            comparison::compare(session, &model, champion, number)
        });
        self.asked = self.comparison.is_pending();
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Promote version {} of {}", self.number, self.model);
        dialog_ui(ctx, egui_ctx, &title, 520.0, |ui| {
            self.question_ui(ctx, ui, commands);
            let waiting = self.champion.is_some() && self.comparison.is_pending();
            let why_not = waiting.then_some("The two are being compared");
            match end_ui(ui, "Promote to champion", icons::CROWN_SIMPLE, why_not) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(ModelCommand::MoveAlias {
                        model: self.model.clone(),
                        alias: CHAMPION.to_owned(),
                        number: self.number,
                        reason: self.reason(),
                    });
                    true
                }
            }
        })
    }

    fn question_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let Some(champion) = self.champion else {
            let text = format!(
                "{} has no champion yet, so there is nothing to compare with.",
                self.model
            );
            widget::paragraph_ui(ui, &text);
            return;
        };
        let question = format!(
            "Is version {} better than the champion (version {champion}) on its test part?",
            self.number
        );
        ui.label(RichText::new(question).font(font::medium()).color(ctx.tokens.text));
        if let Some(report) = self.comparison.report() {
            if problem_ui(ui, "The two could not be compared", report, true, commands) {
                self.asked = false;
            }
            return;
        }
        let Some(comparison) = self.comparison.value() else {
            spinner_ui(ui, "Asking both about the same rows");
            skeleton_rows_ui(ui, 4);
            return;
        };
        widget::verdict_ui(ui, &comparison.said.sentence, comparison.is_better());
        ui.add_space(size::GAP);
        widget::metrics_ui(
            ui,
            [
                &format!("Version {}", comparison.new),
                &format!("Version {}", comparison.old),
            ],
            &comparison.metrics(),
        );
    }

    /// What the history of the alias says.
    fn reason(&self) -> String {
        match self.comparison.value() {
            Some(comparison) if !comparison.said.sentence.is_empty() => {
                format!("promoted: {}", comparison.said.sentence)
            }
            _ => "promoted".to_owned(),
        }
    }
}
