//! How do pages become pictures, and pictures one sheet to look at?

use std::sync::Arc;

use egui::{Color32, Context, FontData, FontDefinitions, FontFamily, FontId, RawInput, Rect, Ui, Vec2, pos2, vec2};
use image::{RgbaImage, imageops};

use crate::rasterizer::Rasterizer;

/// Seconds between two frames of a drawing.
const FRAME_SECS: f64 = 0.25;
/// Frames until a page has come to rest: sizes are known after the first, pop-ups after the second.
const FRAMES: u32 = 6;

/// Draws what `ui` shows after it has come to rest. `prepare` sets fonts and style.
pub fn draw(
    size: [u32; 2],
    pixels_per_point: f32,
    background: [u8; 4],
    prepare: impl FnOnce(&Context),
    mut ui: impl FnMut(&mut Ui),
) -> RgbaImage {
    let context = Context::default();
    prepare(&context);
    context.all_styles_mut(|style| {
        style.animation_time = 0.0;
        style.visuals.text_cursor.blink = false;
    });
    let mut rasterizer = Rasterizer::new();
    let points = vec2(size[0] as f32, size[1] as f32) / pixels_per_point;
    let mut last = None;
    for frame in 0..FRAMES {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), points)),
            time: Some(f64::from(frame) * FRAME_SECS),
            focused: true,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&input.viewport_id) {
            viewport.native_pixels_per_point = Some(pixels_per_point);
        }
        let mut output = context.run_ui(input, &mut ui);
        rasterizer.apply(&mut output.textures_delta);
        last = Some((output.shapes, output.pixels_per_point));
    }
    let Some((shapes, scale)) = last else {
        return RgbaImage::new(size[0], size[1]);
    };
    let shapes = context.tessellate(shapes, scale);
    rasterizer.draw(&shapes, size, scale, background)
}

/// Sets the fonts of the house, since egui comes with none here.
pub fn set_fonts(context: &Context) {
    let inter = include_bytes!("../../assets/fonts/Inter-Regular.otf");
    let mut fonts = FontDefinitions::empty();
    fonts
        .font_data
        .insert("Inter".to_owned(), Arc::new(FontData::from_static(inter)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["Inter".to_owned()]);
    }
    context.set_fonts(fonts);
}

/// A picture and what is written under it.
#[derive(Clone, Debug)]
pub struct Picture {
    pub caption: String,
    pub image: RgbaImage,
}

/// The grey between the pictures, darker than the light theme and lighter than the dark one.
const SHEET: [u8; 4] = [110, 110, 110, 255];

/// All pictures on one sheet, in rows of `columns`, each `width` pixels wide.
pub fn contact_sheet(pictures: &[Picture], columns: u32, width: u32) -> RgbaImage {
    const MARGIN: u32 = 16;
    const CAPTION: u32 = 22;
    let columns = columns.max(1);
    let small: Vec<RgbaImage> = pictures.iter().map(|picture| shrink(&picture.image, width)).collect();
    let rows: Vec<u32> = small
        .chunks(columns as usize)
        .map(|row| row.iter().map(RgbaImage::height).max().unwrap_or_default() + CAPTION + MARGIN)
        .collect();
    let size = [columns * (width + MARGIN) + MARGIN, rows.iter().sum::<u32>() + MARGIN];
    let places: Vec<[u32; 2]> = (0..small.len() as u32)
        .map(|at| {
            let (row, column) = (at / columns, at % columns);
            let above: u32 = rows[..row as usize].iter().sum();
            [MARGIN + column * (width + MARGIN), MARGIN + above]
        })
        .collect();

    let mut sheet = draw(size, 1.0, SHEET, set_fonts, |ui| {
        for (place, picture) in places.iter().zip(pictures) {
            ui.painter().text(
                pos2(place[0] as f32, place[1] as f32),
                egui::Align2::LEFT_TOP,
                &picture.caption,
                FontId::proportional(13.0),
                Color32::WHITE,
            );
        }
    });
    for (place, image) in places.iter().zip(&small) {
        imageops::overlay(
            &mut sheet,
            image,
            i64::from(place[0]),
            i64::from(place[1] + CAPTION - 4),
        );
    }
    sheet
}

fn shrink(image: &RgbaImage, width: u32) -> RgbaImage {
    let scale = width as f32 / image.width().max(1) as f32;
    let size = Vec2::new(image.width() as f32, image.height() as f32) * scale;
    imageops::resize(
        image,
        width,
        (size.y.round() as u32).max(1),
        imageops::FilterType::Triangle,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_drawn_the_same_way_each_time() {
        let page = || {
            draw([300, 120], 1.5, [0, 0, 0, 255], set_fonts, |ui| {
                ui.heading("Runs");
                ui.button("Train").on_hover_text("Starts");
            })
        };
        let first = page();
        assert_eq!(first.dimensions(), (300, 120));
        assert_eq!(first.as_raw(), page().as_raw());
        let colours: std::collections::BTreeSet<_> = first.pixels().map(|pixel| pixel.0).collect();
        assert!(
            colours.len() > 20,
            "text has edges of many greys, here are {}",
            colours.len()
        );
    }

    #[test]
    fn a_sheet_holds_every_picture_with_its_caption() {
        let picture = |caption: &str, colour: [u8; 4]| Picture {
            caption: caption.to_owned(),
            image: RgbaImage::from_pixel(400, 200, image::Rgba(colour)),
        };
        let pictures = [
            picture("one", [255, 0, 0, 255]),
            picture("two", [0, 255, 0, 255]),
            picture("three", [0, 0, 255, 255]),
        ];
        let sheet = contact_sheet(&pictures, 2, 100);
        assert_eq!(sheet.dimensions(), (248, 192));
        let count = |colour: [u8; 4]| sheet.pixels().filter(|pixel| pixel.0 == colour).count();
        for picture in &pictures {
            assert_eq!(count(picture.image.get_pixel(0, 0).0), 100 * 50);
        }
        assert!(count([255, 255, 255, 255]) > 10, "captions are drawn");
    }
}
