//! The versions of a model as a timeline, newest first, only those in view.

use aloft_base::registry::Version;
use egui::{
    Align, Key, Layout, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::facts;
use crate::format;
use crate::light;
use crate::theme::{font, size};
use crate::widget::{Tone, one_line, pill_ui};

use super::State;

/// Height of a version.
const ROW: f32 = 80.0;
/// Where the words begin, right of the line.
const LEFT: f32 = 26.0;

/// Draws the timeline; a press on a version shows its details.
pub(super) fn timeline_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui) {
    let chosen = state.chosen().map(|version| version.number);
    let Some(versions) = state.versions.value() else { return };
    let at = versions.iter().position(|version| Some(version.number) == chosen);
    let moved = keyboard(ui, at, versions.len());
    let mut pressed = moved.map(|nth| versions[nth].number);
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical().auto_shrink(false).id_salt("versions");
    if let Some(nth) = moved.or(at.filter(|_| state.follow)) {
        // Brought into view, without jumping while it is.
        let (top, height) = (nth as f32 * ROW, ui.available_height());
        if top < state.scrolled {
            area = area.vertical_scroll_offset(top);
        } else if top + ROW > state.scrolled + height {
            area = area.vertical_scroll_offset(top + ROW - height);
        }
    }
    let shown = area.show_rows(ui, ROW, versions.len(), |ui, range| {
        for nth in range {
            let version = &versions[nth];
            let ends = (nth == 0, nth + 1 == versions.len());
            let is_chosen = chosen == Some(version.number);
            ui.push_id(version.number, |ui| {
                if version_ui(version, ends, is_chosen, ctx, ui) {
                    pressed = Some(version.number);
                }
            });
        }
    });
    state.scrolled = shown.state.clamped_offset().y;
    state.follow = false;
    if pressed.is_some() {
        (state.selected, state.compare) = (pressed, None);
    }
}

/// Moves through the versions with the keyboard. Answers the one that is gone to.
fn keyboard(ui: &Ui, at: Option<usize>, count: usize) -> Option<usize> {
    let at = at?;
    if ui.memory(|memory| memory.focused().is_some()) || ui.ctx().any_popup_open() {
        return None;
    }
    let page = (ui.available_height() / ROW).floor().max(1.0) as usize;
    let last = count - 1;
    let there = ui.input(|input| {
        let pressed = |key| input.modifiers.is_none() && input.key_pressed(key);
        [
            (Key::ArrowDown, (at + 1).min(last)),
            (Key::ArrowUp, at.saturating_sub(1)),
            (Key::PageDown, (at + page).min(last)),
            (Key::PageUp, at.saturating_sub(page)),
            (Key::Home, 0),
            (Key::End, last),
        ]
        .into_iter()
        .find_map(|(key, there)| pressed(key).then_some(there))
    });
    there.filter(|there| *there != at)
}

/// One version: number, aliases and where it is deployed; below, how good, when, and how large.
fn version_ui(version: &Version, ends: (bool, bool), chosen: bool, ctx: &AppContext<'_>, ui: &mut Ui) -> bool {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 8.0, ROW), Sense::click());
    let says = format!("Show version {}", version.number);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &says));
    let painter = ui.painter().clone();
    let ground = Rect::from_min_max(
        pos2(rect.left() + LEFT - 8.0, rect.top() + 2.0),
        rect.max - vec2(0.0, 2.0),
    );
    if chosen {
        painter.rect_filled(ground, size::RADIUS, tokens.selected);
    } else if response.contains_pointer() {
        painter.rect_filled(ground, size::RADIUS, tokens.hover);
    }
    if response.has_focus() {
        let ring = Stroke::new(1.5, tokens.accent);
        painter.rect_stroke(ground, size::RADIUS, ring, StrokeKind::Inside);
    }
    // The line from version to version, with a dot at each.
    let dot = pos2(rect.left() + 8.0, rect.top() + 20.0);
    let line = Stroke::new(1.0, tokens.border_strong);
    let top = if ends.0 { dot.y } else { rect.top() };
    let bottom = if ends.1 { dot.y } else { rect.bottom() };
    painter.vline(dot.x, top..=bottom, line);
    let ink = if version.aliases.is_empty() {
        tokens.border_strong
    } else {
        tokens.accent
    };
    painter.circle(
        dot,
        4.5,
        if version.deleted_ms.is_some() {
            tokens.background
        } else {
            ink
        },
        Stroke::new(1.5, ink),
    );

    let (left, right) = (rect.left() + LEFT, rect.right() - 10.0);
    let when = format::ago(ctx.now_ms, version.created_ms);
    let when = painter.layout_no_wrap(when, font::label(), tokens.text_secondary);
    let when_left = right - when.size().x;
    painter.galley(pos2(when_left, rect.top() + 13.0), when, tokens.text_secondary);
    let upper = Rect::from_min_max(pos2(left, rect.top() + 8.0), pos2(when_left - 8.0, rect.top() + 32.0));
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(upper)
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.set_clip_rect(upper.intersect(ui.clip_rect()));
    row.spacing_mut().item_spacing.x = 6.0;
    let ink = if version.deleted_ms.is_some() {
        tokens.text_secondary
    } else {
        tokens.text
    };
    let name = painter.layout_no_wrap(version.number.to_string(), font::section(), ink);
    let (place, _) = row.allocate_exact_size(name.size(), Sense::hover());
    painter.galley(place.min, name, ink);
    if version.deleted_ms.is_some() {
        pill_ui(&mut row, Tone::Neutral, icons::TRASH, "Deleted");
    }
    for alias in &version.aliases {
        pill_ui(&mut row, Tone::Accent, icons::TAG, alias);
    }
    for endpoint in ctx.library.endpoints() {
        if light::serves_version(endpoint, &version.model, version.number) {
            let light = light::of(endpoint);
            pill_ui(&mut row, light.tone(), light.glyph(), &endpoint.name);
        }
    }
    for (nth, words) in [quality(version), origin(version, ctx)].iter().enumerate() {
        let words = one_line(ui, words, font::label(), tokens.text_secondary, right - left);
        let at = pos2(left, rect.top() + 37.0 + 17.0 * nth as f32);
        painter.galley(at, words, tokens.text_secondary);
    }
    let pressed = response.clicked();
    response.on_hover_text(format!(
        "Version {} of {}\n{}\nRegistered {}",
        version.number,
        version.model,
        version.description,
        format::absolute(version.created_ms)
    ));
    pressed
}

/// How good it is, in a line.
fn quality(version: &Version) -> String {
    let Some((name, value, baseline)) = facts::headline(version) else {
        return "no metrics".to_owned();
    };
    let baseline = baseline.map_or_else(String::new, |value| format!(", baseline {}", format::value(value)));
    format!("{name} {}{baseline}", format::value(value))
}

/// From which run, how large, and its tags, in a line.
fn origin(version: &Version, ctx: &AppContext<'_>) -> String {
    let run = |id: &String| ctx.library.run(id).map_or_else(|| id.clone(), |run| run.name.clone());
    let from = version.run.as_ref().map_or_else(|| "imported".to_owned(), run);
    let mut parts = vec![from, format::bytes(version.bytes)];
    for (key, value) in version.tags.iter().take(3) {
        parts.push(if value.is_empty() {
            key.clone()
        } else {
            format!("{key}={value}")
        });
    }
    parts.join("  ·  ")
}
