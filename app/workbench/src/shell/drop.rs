//! Files held over the window, and paths in pasted text.

use std::path::PathBuf;

use egui::{Align2, Context, CornerRadius, Id, LayerId, Order, Shape, Stroke, vec2};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::theme::font;

/// Says what will happen when the files are let go.
pub(super) fn overlay_ui(ctx: &AppContext<'_>, egui_ctx: &Context) {
    let names: Vec<Option<String>> = egui_ctx.input(|input| {
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        input
            .raw
            .hovered_files
            .iter()
            .map(|file| file.path.as_ref().and_then(name))
            .collect()
    });
    if names.is_empty() {
        return;
    }
    let title = title(&names);
    let painter = egui_ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop overlay")));
    let window = egui_ctx.content_rect();
    painter.rect_filled(window, CornerRadius::ZERO, ctx.tokens.scrim);
    let target = egui::Rect::from_center_size(window.center(), vec2(440.0, 200.0));
    painter.rect_filled(target, CornerRadius::same(12), ctx.tokens.raised);
    let edge = target.shrink(8.0);
    let corners = [
        edge.left_top(),
        edge.right_top(),
        edge.right_bottom(),
        edge.left_bottom(),
        edge.left_top(),
    ];
    painter.extend(Shape::dashed_line(
        &corners,
        Stroke::new(1.5, ctx.tokens.accent),
        6.0,
        5.0,
    ));
    let middle = target.center();
    painter.text(
        middle - vec2(0.0, 36.0),
        Align2::CENTER_CENTER,
        icons::DOWNLOAD_SIMPLE,
        font::icon(32.0),
        ctx.tokens.accent,
    );
    painter.text(
        middle + vec2(0.0, 8.0),
        Align2::CENTER_CENTER,
        title,
        font::section(),
        ctx.tokens.text,
    );
    painter.text(
        middle + vec2(0.0, 34.0),
        Align2::CENTER_CENTER,
        "The file stays where it is; Aloft reads and profiles it",
        font::body(),
        ctx.tokens.text_secondary,
    );
    egui_ctx.set_cursor_icon(egui::CursorIcon::Copy);
}

/// What will happen to these files.
fn title(names: &[Option<String>]) -> String {
    match names {
        [Some(name)] => format!("Open {name}"),
        [None] => "Open this file".to_owned(),
        many => format!("Open {} files", many.len()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_overlay_says_what_will_happen() {
        assert_eq!(super::title(&[Some("a.csv".into())]), "Open a.csv");
        assert_eq!(super::title(&[None]), "Open this file");
        assert_eq!(super::title(&[None, Some("b.csv".into())]), "Open 2 files");
    }
}
