//! Pictures: decoded where they are read, drawn as large as the pane lets them be.

use std::io::Cursor;

use egui::{ColorImage, Image, Role, TextureHandle, TextureOptions, Ui, WidgetInfo, vec2};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::theme;

/// Pixels of the longer side that are kept: more than the pane has on any screen.
const MOST_SIDE: u32 = 1024;
/// A picture that unpacks to more than this is not shown.
const MOST_BYTES: u64 = 512 << 20;
/// How high it is drawn, in points.
const MOST_HEIGHT: f32 = 320.0;

/// A picture that can be drawn.
pub struct Picture {
    pixels: Option<ColorImage>,
    texture: Option<TextureHandle>,
    /// Its width and height as it was written.
    size: [u32; 2],
}

impl Picture {
    /// Its width and height in pixels, as it was written.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").finish_non_exhaustive()
    }
}

/// Decodes a picture, upright, no larger than it is drawn. When it cannot be shown, says why.
pub fn decode_picture(bytes: &[u8]) -> Result<Picture, String> {
    let picture = upright(bytes).map_err(|error| format!("The picture cannot be shown: {error}."))?;
    let whole = [picture.width(), picture.height()];
    let picture = if picture.width().max(picture.height()) > MOST_SIDE {
        picture.thumbnail(MOST_SIDE, MOST_SIDE)
    } else {
        picture
    };
    let pixels = picture.into_rgba8();
    let size = [pixels.width() as usize, pixels.height() as usize];
    Ok(Picture {
        pixels: Some(ColorImage::from_rgba_unmultiplied(size, pixels.as_raw())),
        texture: None,
        size: whole,
    })
}

fn upright(bytes: &[u8]) -> image::ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Draws it over the width there is, never larger than it is; a screen reader hears `words`.
pub fn picture_ui(picture: &mut Picture, words: &str, ui: &mut Ui) {
    if let Some(pixels) = picture.pixels.take() {
        let texture = ui.ctx().load_texture("picture", pixels, TextureOptions::LINEAR);
        picture.texture = Some(texture);
    }
    let Some(texture) = &picture.texture else { return };
    let tokens = theme::tokens(ui.ctx());
    let whole = texture.size_vec2();
    let room = vec2(ui.available_width(), MOST_HEIGHT) - vec2(2.0, 2.0);
    let scale = (room.x / whole.x).min(room.y / whole.y).min(1.0);
    egui::Frame::new()
        .stroke(egui::Stroke::new(1.0, tokens.border))
        .show(ui, |ui| {
            let image = Image::from_texture((texture.id(), whole * scale));
            let response = ui.add(image);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, words));
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image::RgbaImage::from_pixel(width, height, image::Rgba([200, 30, 30, 255]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_keep_no_more_pixels_than_are_drawn_and_damaged_ones_say_why() {
        let pixels = decode_picture(&png(3000, 1500)).unwrap().pixels.unwrap();
        assert_eq!(pixels.size, [1024, 512]);
        assert_eq!(pixels.pixels[0].to_array(), [200, 30, 30, 255]);
        let small = png(40, 20);
        assert_eq!(decode_picture(&small).unwrap().pixels.unwrap().size, [40, 20]);
        let why = decode_picture(&small[..small.len() / 2]).unwrap_err();
        assert!(why.starts_with("The picture cannot be shown: "), "{why}");
    }
}
