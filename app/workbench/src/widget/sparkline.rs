//! A curve the size of a word.

use egui::{Color32, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::format;
use crate::theme::mix;

/// Draws values in order from left to right; values that are not finite are left out.
pub fn sparkline_ui(ui: &mut Ui, name: &str, values: &[f64], colour: Color32, width: f32, height: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let last = values.iter().rev().find(|value| value.is_finite()).copied();
    response.widget_info(|| {
        let value = last.map_or_else(|| "no points yet".to_owned(), format::value);
        WidgetInfo::labeled(Role::Image, true, format!("{name}: {value}"))
    });
    let finite: Vec<(usize, f64)> = values
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .collect();
    if ui.is_rect_visible(rect) && finite.len() >= 2 {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for (_, value) in &finite {
            (least, most) = (least.min(*value), most.max(*value));
        }
        let span = if most > least { most - least } else { 1.0 };
        let area = rect.shrink(2.0);
        let steps = (values.len() - 1).max(1) as f32;
        let points: Vec<egui::Pos2> = finite
            .iter()
            .map(|(position, value)| {
                pos2(
                    area.left() + area.width() * *position as f32 / steps,
                    area.bottom() - area.height() * ((value - least) / span) as f32,
                )
            })
            .collect();
        let end = points[points.len() - 1];
        let faint = mix(colour, Color32::TRANSPARENT, 0.88);
        for pair in points.windows(2) {
            let quad = vec![
                pair[0],
                pair[1],
                pos2(pair[1].x, area.bottom()),
                pos2(pair[0].x, area.bottom()),
            ];
            ui.painter().add(egui::Shape::convex_polygon(quad, faint, Stroke::NONE));
        }
        ui.painter().line(points, Stroke::new(1.5, colour));
        ui.painter().circle_filled(end, 2.5, colour);
    }
    match last {
        Some(value) => response.on_hover_text(format!("{name}: {}", format::value(value))),
        None => response,
    }
}
