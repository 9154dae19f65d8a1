//! The lines of a log, newest at the end.

use aloft_base::log::{Level, Line};
use egui::{Align2, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::format;
use crate::theme::{self, font};

use super::text::one_line;

/// Height of a line.
const HEIGHT: f32 = 18.0;
/// Room for the name of what a line is about.
const SUBJECT: f32 = 160.0;

/// Draws the lines that are in view, and stays at the end while more come.
/// `subject` names what a line is about; `None` where all are about the same.
pub fn log_lines_ui(ui: &mut Ui, lines: &[Line], subject: impl Fn(&Line) -> Option<String>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical()
        .id_salt("log")
        .auto_shrink(false)
        .stick_to_bottom(true);
    area.show_rows(ui, HEIGHT, lines.len(), |ui, range| {
        for line in &lines[range] {
            line_ui(ui, line, subject(line).as_deref());
        }
    });
}

fn line_ui(ui: &mut Ui, line: &Line, subject: Option<&str>) {
    let tokens = theme::tokens(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let time = format::clock(line.time_ms);
    response.widget_info(|| {
        let label = subject.map_or_else(
            || line.text.clone(),
            |subject| format!("{time} {subject}: {}", line.text),
        );
        WidgetInfo::labeled(Role::Label, true, label)
    });
    let (glyph, ink) = match line.level {
        Level::Info => (icons::INFO, tokens.text_secondary),
        Level::Warning => (icons::WARNING, tokens.warning),
        Level::Error => (icons::X_CIRCLE, tokens.bad),
    };
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let y = rect.center().y;
    let middle = |x: f32| pos2(rect.left() + x, y);
    painter.text(
        middle(0.0),
        Align2::LEFT_CENTER,
        &time,
        font::mono_label(),
        tokens.text_secondary,
    );
    painter.text(middle(74.0), Align2::CENTER_CENTER, glyph, font::icon(13.0), ink);
    let mut left = 88.0;
    if let Some(subject) = subject {
        let name = one_line(ui, subject, font::mono_label(), tokens.text_secondary, SUBJECT - 12.0);
        painter.galley(
            middle(left) - vec2(0.0, name.size().y / 2.0),
            name,
            tokens.text_secondary,
        );
        left += SUBJECT;
    }
    let text = one_line(ui, &line.text, font::mono(), tokens.text, rect.width() - left);
    painter.galley(middle(left) - vec2(0.0, text.size().y / 2.0), text, tokens.text);
    let about = subject.map(|subject| format!("\n{subject}")).unwrap_or_default();
    response.on_hover_text(format!("{}{about}\n{}", format::absolute(line.time_ms), line.text));
}
