//! Predicted against actual values, with the line on which a perfect model would lie.

use egui::{Id, Role, Ui, WidgetInfo, vec2};
use egui_plot::{AxisHints, GridMark, Line, Plot, PlotPoints, Points};

use crate::format;
use crate::theme::font;

use super::axis::{Scale, tick};

/// Draws `[actual, predicted]` pairs.
pub fn residuals_ui(ui: &mut Ui, id: Id, pairs: &[[f64; 2]], height: f32) {
    let tokens = crate::theme::tokens(ui.ctx());
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in pairs.iter().flatten().filter(|value| value.is_finite()) {
        (least, most) = (least.min(*value), most.max(*value));
    }
    if least > most {
        crate::widget::secondary_ui(ui, "No row of the test part has a prediction.");
        return;
    }
    let hints = |hints: AxisHints<'static>, label: &str| {
        hints
            .label(
                egui::RichText::new(label)
                    .font(font::label())
                    .color(tokens.text_secondary),
            )
            .formatter(|mark: GridMark, _| tick(mark.value))
            .tick_label_color(tokens.text_secondary)
            .tick_label_font(font::mono_label())
    };
    let response = Plot::new(id)
        .id(id)
        .height(height)
        .show_background(false)
        .custom_x_axes(vec![hints(AxisHints::new_x(), "Actual")])
        .custom_y_axes(vec![hints(AxisHints::new_y(), "Predicted").min_thickness(44.0)])
        .x_grid_spacer(|input| Scale::Linear.marks(&input, 11.0))
        .y_grid_spacer(|input| Scale::Linear.marks(&input, 5.0))
        .grid_color(tokens.border)
        .grid_fade(0.0)
        .set_margin_fraction(vec2(0.04, 0.04))
        .label_formatter(|_| None)
        .show_x(false)
        .show_y(false)
        .allow_scroll(false)
        .allow_axis_zoom_drag(false)
        .show(ui, |plot| {
            let ideal = PlotPoints::from(vec![[least, least], [most, most]]);
            plot.line(
                Line::new("", ideal)
                    .color(tokens.text_disabled)
                    .width(1.0)
                    .allow_hover(false),
            );
            let points = Points::new("", PlotPoints::from(pairs.to_vec())).radius(2.5);
            plot.points(points.color(tokens.accent.gamma_multiply(0.55)).allow_hover(false));
        })
        .response;
    response.widget_info(|| {
        let rows = format::plural(pairs.len() as u64, "row", "rows");
        WidgetInfo::labeled(Role::Image, true, format!("Predicted against actual values of {rows}"))
    });
}
