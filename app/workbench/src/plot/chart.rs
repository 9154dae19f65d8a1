//! One chart: the traces of one metric, with a legend that switches them and values under the pointer.

use std::collections::BTreeSet;

use egui::{
    Color32, CornerRadius, Id, PointerButton, Response, RichText, Role, Sense, Stroke, Tooltip, Ui, WidgetInfo, vec2,
};
use egui_plot::{
    AxisHints, FilledArea, GridMark, HPlacement, Line, MarkerShape, Plot, PlotPoints, PlotTransform, Points,
};

use crate::format;
use crate::theme::{Tokens, font};

use super::axis::{self, Scale};
use super::settings::{PlotSettings, XAxis};
use super::trace::{Shown, Trace};

/// What the values of a chart are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    #[default]
    Plain,
    Bytes,
    RowsPerSecond,
    PerSecond,
    Milliseconds,
}

impl Unit {
    /// The unit of a series.
    pub fn of(metric: &str) -> Self {
        match metric {
            "memory" => Self::Bytes,
            "throughput" => Self::RowsPerSecond,
            _ => Self::Plain,
        }
    }

    /// A value as it is read.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Bytes if value >= 0.0 => format::bytes(value as u64),
            Self::RowsPerSecond if value.is_finite() => format!("{} rows/s", format::value(value)),
            Self::PerSecond if value.is_finite() => format!("{}/s", format::short(value)),
            Self::Milliseconds if value.is_finite() => format!("{} ms", format::short(value)),
            _ => format::value(value),
        }
    }

    fn tick(self, value: f64) -> String {
        match self {
            Self::Bytes if value > 0.0 => format::bytes(value as u64),
            _ => axis::tick(value),
        }
    }
}

/// What a chart keeps between frames.
#[derive(Clone, Debug, Default)]
pub struct ChartState {
    hidden: BTreeSet<String>,
    /// The part of the horizontal axis that is zoomed to, as values of the axis.
    pub zoom: Option<(f64, f64)>,
    /// The width it was drawn at.
    pub width: f32,
}

/// A chart to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// Tells it from every other chart of the window.
    pub id: Id,
    /// What is measured, as a person reads it.
    pub title: &'a str,
    pub unit: Unit,
    pub traces: &'a [Trace],
    /// As many as traces.
    pub colours: &'a [Color32],
    pub settings: &'a PlotSettings,
    /// Of the plot below the title.
    pub height: f32,
    /// Whether a point is named by its time of the day instead of its step.
    pub by_clock: bool,
}

impl Chart<'_> {
    /// Draws title, legend and plot.
    pub fn show(&self, ui: &mut Ui, state: &mut ChartState) {
        let tokens = crate::theme::tokens(ui.ctx());
        ui.horizontal(|ui| {
            ui.set_height(22.0);
            ui.label(RichText::new(self.title).font(font::medium()).color(tokens.text));
            self.notice_ui(ui, &tokens);
            // Where there is no room for words, the colours and values remain; the tooltips say the rest.
            let with_names = self.traces.len() > 1 && ui.available_width() > 100.0 * self.traces.len() as f32 + 40.0;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 12.0;
                for (trace, colour) in self.traces.iter().zip(self.colours).rev() {
                    self.legend_ui(ui, &tokens, state, trace, *colour, with_names);
                }
            });
        });
        self.plot_ui(ui, &tokens, state);
    }

    /// A series' colour, name and last value; pressing it hides or shows the series.
    fn legend_ui(
        &self,
        ui: &mut Ui,
        tokens: &Tokens,
        state: &mut ChartState,
        trace: &Trace,
        colour: Color32,
        with_name: bool,
    ) {
        let hidden = state.hidden.contains(&trace.name);
        let ink = if hidden {
            tokens.text_disabled
        } else {
            tokens.text_secondary
        };
        let value = trace.last.map_or_else(String::new, |value| self.unit.text(value));
        let several = self.traces.len() > 1;
        let name = if with_name { trace.name.as_str() } else { "" };
        let layout = |text: &str, font| ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
        let words = layout(name, font::label());
        let number = layout(&value, font::mono_label());
        let width = 14.0 + words.size().x + if name.is_empty() { 0.0 } else { 6.0 } + number.size().x;
        let (rect, response) =
            ui.allocate_exact_size(vec2(width, 20.0), if several { Sense::click() } else { Sense::hover() });
        response.widget_info(|| {
            WidgetInfo::selected(
                Role::CheckBox,
                true,
                !hidden,
                format!("{} {}: {value}", self.title, trace.name),
            )
        });
        let middle = rect.center().y;
        let dot = egui::pos2(rect.left() + 4.0, middle);
        ui.painter()
            .circle_filled(dot, 4.0, if hidden { tokens.border_strong } else { colour });
        let mut x = rect.left() + 14.0;
        for (galley, ink) in [
            (words, ink),
            (number, if hidden { tokens.text_disabled } else { tokens.text }),
        ] {
            let size = galley.size();
            ui.painter().galley(egui::pos2(x, middle - size.y / 2.0), galley, ink);
            x += size.x + if size.x > 0.0 { 6.0 } else { 0.0 };
        }
        if !several {
            return;
        }
        let what = if hidden { "Show" } else { "Hide" };
        if response.on_hover_text(format!("{what} {}", trace.name)).clicked() && !state.hidden.remove(&trace.name) {
            state.hidden.insert(trace.name.clone());
        }
    }

    /// What cannot be seen in the lines: values without a place, and that a curve is coarse.
    fn notice_ui(&self, ui: &mut Ui, tokens: &Tokens) {
        let bad: u64 = self.traces.iter().map(|trace| trace.bad).sum();
        if bad > 0 {
            let first = self
                .traces
                .iter()
                .filter_map(|trace| trace.first_bad)
                .min()
                .unwrap_or_default();
            let text = format!(
                "{} not finite, first at step {}",
                format::plural(bad, "value is", "values are"),
                format::count(first.unsigned_abs())
            );
            crate::widget::pill_ui(ui, crate::widget::Tone::Warning, egui_phosphor::regular::WARNING, &text);
        }
        let hidden: u64 = self.traces.iter().map(|trace| trace.hidden).sum();
        if hidden > 0 {
            let text = format!("{} at or below 0 left out", format::count(hidden));
            ui.label(RichText::new(text).font(font::label()).color(tokens.text_secondary))
                .on_hover_text("A logarithmic axis has no place for them");
        }
        let each = self.traces.iter().map(|trace| trace.points_each).max().unwrap_or(1);
        if each > 1 {
            ui.label(
                RichText::new(format!("means of {}", format::count(each as u64)))
                    .font(font::label())
                    .color(tokens.text_secondary),
            )
            .on_hover_text(
                "Each point of the line is the mean of so many steps, and smoothing is over these means. \
                     The band reaches from the smallest to the largest value. Zoom in to see every step",
            );
        }
    }

    fn plot_ui(&self, ui: &mut Ui, tokens: &Tokens, state: &mut ChartState) {
        let (scale_x, scale_y) = (Scale::of(self.settings.log_x), Scale::of(self.settings.log_y));
        let (x_axis, unit) = (self.settings.x, self.unit);
        let tick_x = move |mark: GridMark, _: &std::ops::RangeInclusive<f64>| {
            let value = scale_x.value(mark.value);
            if x_axis == XAxis::Time {
                axis::time_tick(value)
            } else {
                axis::tick(value)
            }
        };
        let tick_y = move |mark: GridMark, _: &std::ops::RangeInclusive<f64>| unit.tick(scale_y.value(mark.value));
        let hints = |hints: AxisHints<'static>| {
            hints
                .tick_label_color(tokens.text_secondary)
                .tick_label_font(font::mono_label())
        };
        let plot = Plot::new(self.id)
            .id(self.id)
            .height(self.height)
            .show_background(false)
            .custom_x_axes(vec![hints(AxisHints::new_x()).formatter(tick_x)])
            .custom_y_axes(vec![
                hints(AxisHints::new_y())
                    .formatter(tick_y)
                    .placement(HPlacement::Left)
                    .min_thickness(44.0),
            ])
            .x_grid_spacer(move |input| scale_x.marks(&input, 11.0))
            .y_grid_spacer(move |input| scale_y.marks(&input, 5.0))
            .grid_color(tokens.border)
            .grid_fade(0.0)
            .set_margin_fraction(vec2(0.01, 0.06))
            .label_formatter(|_| None)
            .show_x(false)
            .show_y(false)
            .show_crosshair(false)
            // The wheel scrolls the page; Ctrl and the wheel, or a dragged box, zoom.
            .allow_scroll(false)
            .allow_drag(true)
            .pan_pointer_button(PointerButton::Secondary)
            .allow_boxed_zoom(true)
            .boxed_zoom_pointer_button(PointerButton::Primary)
            .allow_axis_zoom_drag(false);
        let visible: Vec<(&Trace, Color32)> = self
            .traces
            .iter()
            .zip(self.colours.iter().copied())
            .filter(|(trace, _)| !state.hidden.contains(&trace.name))
            .collect();
        let smoothed = self.settings.smoothing > 0.0;
        let response = plot.show(ui, |plot| {
            for (trace, colour) in &visible {
                for band in &trace.bands {
                    let area =
                        FilledArea::new("", &band.x, &band.low, &band.high).fill_color(colour.gamma_multiply(0.14));
                    plot.add(area.allow_hover(false));
                }
                let raw = if smoothed { colour.gamma_multiply(0.28) } else { *colour };
                for line in &trace.raw {
                    stretch(plot, line, raw, if smoothed { 1.0 } else { 1.6 });
                }
            }
            for (trace, colour) in &visible {
                if smoothed {
                    for line in &trace.smooth {
                        stretch(plot, line, *colour, 1.8);
                    }
                }
                if !trace.marks.is_empty() {
                    let marks = Points::new("", PlotPoints::from(trace.marks.clone()));
                    plot.points(
                        marks
                            .shape(MarkerShape::Cross)
                            .radius(4.0)
                            .color(tokens.bad)
                            .allow_hover(false),
                    );
                }
            }
            !plot.auto_bounds().x
        });
        let bounds = response.transform.bounds();
        state.zoom = response
            .inner
            .then(|| (scale_x.value(bounds.min()[0]), scale_x.value(bounds.max()[0])));
        state.width = response.response.rect.width();
        let title = self.title;
        response.response.widget_info(|| {
            let values = self
                .traces
                .iter()
                .filter_map(|trace| Some(format!("{} {}", trace.name, unit.text(trace.last?))));
            let values: Vec<String> = values.collect();
            let values = if values.is_empty() {
                "no points yet".to_owned()
            } else {
                values.join(", ")
            };
            WidgetInfo::labeled(Role::Image, true, format!("Plot of {title}: {values}"))
        });
        self.hover_ui(ui, tokens, &response.response, &response.transform, &visible);
    }

    /// A line at the step under the pointer, and every series' value there.
    fn hover_ui(
        &self,
        ui: &Ui,
        tokens: &Tokens,
        response: &Response,
        transform: &PlotTransform,
        visible: &[(&Trace, Color32)],
    ) {
        let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) else {
            return;
        };
        let at = transform.value_from_position(pointer).x;
        // The series with the most points under the pointer says the step.
        let Some(lead) = visible
            .iter()
            .max_by_key(|(trace, _)| trace.shown.len())
            .and_then(|(trace, _)| trace.nearest(at))
            .copied()
        else {
            return;
        };
        let frame = *transform.frame();
        let painter = ui.painter().with_clip_rect(frame);
        let x = transform.position_from_point_x(lead.x);
        painter.vline(x, frame.y_range(), Stroke::new(1.0, tokens.border_strong));
        let scale_y = Scale::of(self.settings.log_y);
        let found: Vec<(&Trace, Color32, Shown)> = visible
            .iter()
            .filter_map(|(trace, colour)| Some((*trace, *colour, *trace.nearest(lead.x)?)))
            .collect();
        for (_, colour, shown) in &found {
            let value = if self.settings.smoothing > 0.0 {
                shown.smooth
            } else {
                shown.value
            };
            if let Some(y) = scale_y.place(value) {
                let dot = egui::pos2(
                    transform.position_from_point_x(shown.x),
                    transform.position_from_point_y(y),
                );
                painter.circle(dot, 4.0, *colour, Stroke::new(1.5, tokens.background));
            }
        }
        Tooltip::always_open(
            ui.ctx().clone(),
            ui.layer_id(),
            self.id.with("hover"),
            egui::PopupAnchor::Pointer,
        )
        .gap(14.0)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.label(
                RichText::new(if self.by_clock {
                    format::clock(lead.time_ms)
                } else {
                    format!("step {}", format::count(lead.step.unsigned_abs()))
                })
                .font(font::mono_label())
                .color(tokens.text_secondary),
            );
            for (trace, colour, shown) in &found {
                ui.horizontal(|ui| {
                    let (dot, _) = ui.allocate_exact_size(vec2(8.0, 16.0), Sense::hover());
                    ui.painter().rect_filled(
                        egui::Rect::from_center_size(dot.center(), vec2(8.0, 8.0)),
                        CornerRadius::same(4),
                        *colour,
                    );
                    ui.label(RichText::new(&trace.name).font(font::label()));
                    let value = RichText::new(self.unit.text(shown.value)).font(font::mono());
                    ui.label(value.color(if shown.value.is_finite() {
                        tokens.text
                    } else {
                        tokens.bad
                    }));
                    if self.settings.smoothing > 0.0 && shown.smooth.is_finite() {
                        let smooth = format!("≈ {}", self.unit.text(shown.smooth));
                        ui.label(
                            RichText::new(smooth)
                                .font(font::mono_label())
                                .color(tokens.text_secondary),
                        );
                    }
                    if shown.step != lead.step && !self.by_clock {
                        let step = format!("at {}", format::count(shown.step.unsigned_abs()));
                        ui.label(RichText::new(step).font(font::label()).color(tokens.text_secondary));
                    }
                });
            }
        });
    }
}

/// One stretch of a line; a single point is drawn as a dot.
fn stretch(plot: &mut egui_plot::PlotUi<'_>, points: &[[f64; 2]], colour: Color32, width: f32) {
    let values = PlotPoints::from(points.to_vec());
    if points.len() == 1 {
        plot.points(Points::new("", values).radius(2.5).color(colour).allow_hover(false));
    } else {
        plot.line(Line::new("", values).color(colour).width(width).allow_hover(false));
    }
}
