//! A page that scrolls: its bar sits at the window's edge, not over the page.

use egui::{Rect, ScrollArea, Ui, UiBuilder, vec2};

use crate::theme::size;

/// Scrolls what is drawn, over the whole height of the page and into its margins.
pub fn page_scroll_ui<R>(ui: &mut Ui, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let margin = f32::from(size::PAGE_MARGIN);
    let page = ui.max_rect();
    let whole = Rect::from_min_max(page.min - vec2(0.0, margin), page.max + vec2(margin, margin));
    let mut area = ui.new_child(UiBuilder::new().max_rect(whole));
    area.set_clip_rect(whole.expand2(vec2(4.0, 0.0)));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut area, |ui| {
            ui.set_max_width(page.width());
            ui.add_space(margin);
            let answer = add_contents(ui);
            ui.add_space(margin);
            answer
        })
        .inner
}
