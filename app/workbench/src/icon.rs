//! The application's icon, compiled in.

use egui::{ColorImage, IconData};

/// The icon of the window and the task bar.
pub fn window_icon() -> IconData {
    let image = decode(include_bytes!("../../../icons/aloft-256.png"));
    IconData {
        width: image.width(),
        height: image.height(),
        rgba: image.into_raw(),
    }
}

/// A PNG as egui wants it.
pub(crate) fn image(png: &[u8]) -> ColorImage {
    let image = decode(png);
    ColorImage::from_rgba_unmultiplied([image.width() as usize, image.height() as usize], image.as_raw())
}

fn decode(png: &[u8]) -> image::RgbaImage {
    image::load_from_memory_with_format(png, image::ImageFormat::Png)
        .expect("the icons were compiled in, and a test decodes them")
        .into_rgba8()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_icons_can_be_decoded() {
        assert_eq!((super::window_icon().width, super::window_icon().height), (256, 256));
        assert_eq!(
            super::image(include_bytes!("../../../icons/aloft-64.png")).size,
            [64, 64]
        );
    }
}
