//! The fonts: Inter for words, JetBrains Mono for numbers and code, Phosphor for icons.
//! What they lack (Chinese, Arabic, emoji) comes from the system's fonts.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};
use egui_phosphor::Variant;

const REGULAR: &str = "Inter Regular";
const MEDIUM: &str = "Inter Medium";
const SEMIBOLD: &str = "Inter SemiBold";
const MONO: &str = "JetBrains Mono";
const ICONS: &str = "Phosphor";

/// Fonts by what they are for.
pub mod font {
    use egui::{FontFamily, FontId};

    /// Text: Inter 13.
    pub fn body() -> FontId {
        FontId::new(13.0, FontFamily::Proportional)
    }

    /// Text that is pressed or stands out: Inter Medium 13.
    pub fn medium() -> FontId {
        FontId::new(13.0, family(super::MEDIUM))
    }

    /// Small labels: Inter Medium 11.
    pub fn label() -> FontId {
        FontId::new(11.0, family(super::MEDIUM))
    }

    /// The head of a section: Inter `SemiBold` 15.
    pub fn section() -> FontId {
        FontId::new(15.0, family(super::SEMIBOLD))
    }

    /// The title of a page: Inter `SemiBold` 20.
    pub fn title() -> FontId {
        FontId::new(20.0, family(super::SEMIBOLD))
    }

    /// Code, ids and numbers in columns: JetBrains Mono 12.
    pub fn mono() -> FontId {
        FontId::new(12.0, FontFamily::Monospace)
    }

    /// A small number: JetBrains Mono 11.
    pub fn mono_label() -> FontId {
        FontId::new(11.0, FontFamily::Monospace)
    }

    /// Icons of this size.
    pub fn icon(size: f32) -> FontId {
        FontId::new(size, family(super::ICONS))
    }

    fn family(name: &'static str) -> FontFamily {
        FontFamily::Name(name.into())
    }
}

/// An icon as text, 16 points. It says nothing to a screen reader: put words or a tooltip beside it.
pub fn icon(glyph: &str) -> egui::RichText {
    egui::RichText::new(glyph).font(font::icon(super::size::ICON))
}

/// All fonts, and which stands in for which.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 5] = [
        (REGULAR, include_bytes!("../../../../assets/fonts/Inter-Regular.otf")),
        (MEDIUM, include_bytes!("../../../../assets/fonts/Inter-Medium.otf")),
        (SEMIBOLD, include_bytes!("../../../../assets/fonts/Inter-SemiBold.otf")),
        (
            MONO,
            include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf"),
        ),
        (ICONS, Variant::Regular.font_bytes()),
    ];
    for (name, bytes) in files {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let family = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    fonts
        .families
        .insert(FontFamily::Proportional, family(&[REGULAR, ICONS]));
    fonts
        .families
        .insert(FontFamily::Monospace, family(&[MONO, REGULAR, ICONS]));
    fonts
        .families
        .insert(FontFamily::Name(MEDIUM.into()), family(&[MEDIUM, ICONS]));
    fonts
        .families
        .insert(FontFamily::Name(SEMIBOLD.into()), family(&[SEMIBOLD, ICONS]));
    fonts
        .families
        .insert(FontFamily::Name(ICONS.into()), family(&[ICONS, REGULAR]));
    fonts
}
