//! How curves are shown: smoothing, axes. Remembered between starts.

use egui::{Id, Slider, Ui};
use serde::{Deserialize, Serialize};

use crate::widget::{Button, label_ui, segmented_ui};

/// What the horizontal axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XAxis {
    #[default]
    Step,
    Epoch,
    /// Time since the first point.
    Time,
}

/// How curves are shown, for all charts together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlotSettings {
    /// Weight of the past, from 0 (raw) to below 1.
    pub smoothing: f64,
    pub x: XAxis,
    pub log_x: bool,
    pub log_y: bool,
}

impl Default for PlotSettings {
    fn default() -> Self {
        Self {
            smoothing: 0.6,
            x: XAxis::Step,
            log_x: false,
            log_y: false,
        }
    }
}

impl PlotSettings {
    /// The settings as the window remembers them.
    pub fn remembered(ui: &Ui) -> Self {
        ui.ctx()
            .data_mut(|data| data.get_persisted(Self::id()))
            .unwrap_or_default()
    }

    fn id() -> Id {
        Id::unique("aloft plot settings")
    }

    /// Draws the controls; what is changed is remembered.
    pub fn toolbar_ui(&mut self, ui: &mut Ui) {
        let before = *self;
        ui.horizontal(|ui| {
            label_ui(ui, "Smoothing");
            ui.spacing_mut().slider_width = 112.0;
            let slider = Slider::new(&mut self.smoothing, 0.0..=0.99)
                .fixed_decimals(2)
                .show_value(false);
            let response = ui.add(slider);
            response
                .ctx
                .accesskit_node_builder(response.id, |node| node.set_label("Smoothing"));
            response.on_hover_text(format!(
                "{:.2}: how much of the past each point keeps. The faint line behind is the raw one",
                self.smoothing
            ));
            crate::widget::mono_ui(ui, &format!("{:.2}", self.smoothing));
            ui.add_space(8.0);
            label_ui(ui, "Axis");
            segmented_ui(
                ui,
                &mut self.x,
                &[(XAxis::Step, "Step"), (XAxis::Epoch, "Epoch"), (XAxis::Time, "Time")],
            );
            ui.add_space(8.0);
            for (value, name, what) in [
                (&mut self.log_x, "Log x", "horizontal"),
                (&mut self.log_y, "Log y", "vertical"),
            ] {
                let tooltip = format!("Logarithmic {what} axis");
                if ui.add(Button::new(name).selected(*value).tooltip(tooltip)).clicked() {
                    *value = !*value;
                }
            }
        });
        if before != *self {
            ui.ctx().data_mut(|data| data.insert_persisted(Self::id(), *self));
        }
    }
}
