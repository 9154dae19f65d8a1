//! Which version gets which requests: a split between two, and one that is asked in the shadow.

use aloft_base::endpoint::{Endpoint, Serving, Spec, Split};
use aloft_base::registry::Selector;
use egui::{DragValue, Ui, vec2};

use crate::command::{CommandSender, EndpointCommand};
use crate::context::AppContext;
use crate::theme::size;
use crate::widget::{self, Button, card_ui, combo_ui};

/// What is chosen, before it is applied.
#[derive(Default)]
pub(super) struct Routing {
    pub(super) is_open: bool,
    split: Option<Selector>,
    percent: f64,
    shadow: Option<Selector>,
}

impl Routing {
    /// Opens with what is set now, or closes.
    pub(super) fn toggle(&mut self, serving: &Serving) {
        self.is_open = !self.is_open;
        self.split = serving.split.as_ref().map(|split| split.version.clone());
        self.percent = serving.split.as_ref().map_or(10.0, |split| split.share * 100.0);
        self.shadow.clone_from(&serving.shadow);
    }

    /// Draws the controls.
    pub(super) fn ui(&mut self, endpoint: &Endpoint, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let Some(serving) = endpoint.spec.serving() else { return };
        let newest = ctx.library.model(&serving.model).map_or(0, |row| row.model.newest);
        let aliases = ctx
            .library
            .model(&serving.model)
            .map(|row| row.model.aliases.clone())
            .unwrap_or_default();
        let choices: Vec<Selector> = aliases
            .into_iter()
            .map(|(alias, _)| Selector::Alias(alias))
            .chain((1..=newest).rev().take(50).map(Selector::Version))
            .filter(|choice| *choice != serving.version)
            .collect();
        card_ui(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = size::GAP;
                widget::secondary_ui(ui, "Send");
                let drag = DragValue::new(&mut self.percent)
                    .range(0.0..=100.0)
                    .speed(0.5)
                    .max_decimals(1)
                    .suffix(" %");
                let response = ui.add_sized(vec2(76.0, size::CONTROL_HEIGHT), drag);
                let label = |node: &mut egui::accesskit::Node| node.set_label("Share of the requests");
                response.ctx.accesskit_node_builder(response.id, label);
                widget::secondary_ui(ui, "of the requests to");
                choice_ui(ui, "Version for a share", &mut self.split, &choices);
                ui.add_space(size::GAP);
                widget::secondary_ui(ui, "In the shadow, ask");
                choice_ui(ui, "Version in the shadow", &mut self.shadow, &choices);
                let next = Serving {
                    split: self.split.clone().map(|version| Split {
                        version,
                        share: self.percent / 100.0,
                    }),
                    shadow: self.shadow.clone(),
                    ..serving.clone()
                };
                let why_not = (next == *serving).then_some("Nothing is changed");
                let button = Button::new("Apply").disabled(why_not);
                if ui
                    .add(button.tooltip("The process that serves it follows at once"))
                    .clicked()
                {
                    commands.send(EndpointCommand::Change {
                        endpoint: endpoint.id.clone(),
                        spec: Box::new(Spec::Local(next)),
                    });
                }
            });
        });
    }
}

fn choice_ui(ui: &mut Ui, name: &str, chosen: &mut Option<Selector>, choices: &[Selector]) {
    let words = |choice: &Option<Selector>| match choice {
        None => "none".to_owned(),
        Some(Selector::Alias(alias)) => format!("@{alias}"),
        Some(Selector::Version(number)) => format!("version {number}"),
        Some(Selector::Newest) => "the newest".to_owned(),
    };
    let shown = words(chosen);
    combo_ui(ui, name, &shown, 140.0, |ui| {
        ui.selectable_value(chosen, None, "none");
        for choice in choices {
            let choice = Some(choice.clone());
            let text = words(&choice);
            ui.selectable_value(chosen, choice, text);
        }
    });
}
