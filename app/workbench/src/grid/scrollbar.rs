//! Scroll bars that do not know how long the thing is, only shares of it.

use egui::{CornerRadius, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::theme;

/// The thickness of a bar.
pub(crate) const THICKNESS: f32 = 12.0;
const LEAST_HANDLE: f32 = 28.0;

/// Draws a bar in `rect`. `share` is where it stands (0 to 1), `seen` how much of the whole is seen.
/// Answers where it was moved to.
pub(crate) fn scrollbar_ui(ui: &Ui, id: Id, rect: Rect, vertical: bool, share: f64, seen: f64) -> Option<f64> {
    let tokens = theme::tokens(ui.ctx());
    let track = rect.shrink(2.0);
    let (length, across) = if vertical {
        (track.height(), track.width())
    } else {
        (track.width(), track.height())
    };
    let handle = (length * seen.clamp(0.0, 1.0) as f32).clamp(LEAST_HANDLE.min(length), length);
    let room = f64::from(length - handle);
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let name = if vertical { "Scroll rows" } else { "Scroll columns" };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ScrollBar, true, name);
        info.value = Some(share * 100.0);
        info
    });
    let offset = (room * share) as f32;
    let bar = if vertical {
        Rect::from_min_size(pos2(track.left(), track.top() + offset), vec2(across, handle))
    } else {
        Rect::from_min_size(pos2(track.left() + offset, track.top()), vec2(handle, across))
    };
    let held = response.dragged() || response.is_pointer_button_down_on();
    let colour = if held {
        tokens.text_secondary
    } else if response.hovered() {
        tokens.text_disabled
    } else {
        tokens.border_strong
    };
    let thin = if held || response.hovered() { 0.0 } else { 1.5 };
    let bar = if vertical {
        bar.shrink2(vec2(thin, 0.0))
    } else {
        bar.shrink2(vec2(0.0, thin))
    };
    ui.painter().rect_filled(bar, CornerRadius::same(4), colour);
    if room <= 0.0 {
        return None;
    }
    let along = |point: egui::Pos2| {
        if vertical {
            point.y - track.top()
        } else {
            point.x - track.left()
        }
    };
    let moved = if vertical {
        response.drag_delta().y
    } else {
        response.drag_delta().x
    };
    let pressed = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.any_pressed());
    if pressed
        && let Some(pointer) = response
            .interact_pointer_pos()
            .filter(|pointer| !bar.expand(2.0).contains(*pointer))
    {
        // Beside the handle: it jumps to the pointer.
        return Some((f64::from(along(pointer) - handle / 2.0) / room).clamp(0.0, 1.0));
    }
    (moved != 0.0).then(|| (share + f64::from(moved) / room).clamp(0.0, 1.0))
}
