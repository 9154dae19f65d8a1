//! Files held over the window, and paths in pasted text.

use std::path::PathBuf;

use egui::{Align2, Context, CornerRadius, Id, LayerId, Order, Shape, Stroke, vec2};
use egui_phosphor::regular as icons;

use crate::address::place_address;
use crate::context::AppContext;
use crate::route::BucketPlace;
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
    let (title, remark) = match upload_place(ctx) {
        Some(place) => (
            upload_title(&names, &place_address(ctx.library, place)),
            "What will happen is said first, with what to do where a name is taken",
        ),
        None => (title(&names), "The file stays where it is; Aloft reads and profiles it"),
    };
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
        remark,
        font::body(),
        ctx.tokens.text_secondary,
    );
    egui_ctx.set_cursor_icon(egui::CursorIcon::Copy);
}

/// The bucket that is in front: files that are dropped on it are uploaded.
pub(super) fn upload_place<'a>(ctx: &AppContext<'a>) -> Option<&'a BucketPlace> {
    ctx.route.place().filter(|place| !place.bucket.is_empty())
}

/// What will be uploaded where.
fn upload_title(names: &[Option<String>], to: &str) -> String {
    match names {
        [Some(name)] => format!("Upload {name} to {to}"),
        [None] => format!("Upload this file to {to}"),
        many => format!("Upload {} files to {to}", many.len()),
    }
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
        let upload = super::upload_title(&[None, Some("b.csv".into())], "s3://data/raw/");
        assert_eq!(upload, "Upload 2 files to s3://data/raw/");
    }
}
