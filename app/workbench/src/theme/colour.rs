//! Colours: reading them, mixing them, and how well one can be read on another.

use egui::Color32;

/// Reads `#rrggbb` or `#rrggbbaa`.
#[expect(
    clippy::disallowed_methods,
    reason = "the theme makes the colours that everything else uses"
)]
pub(super) fn parse(text: &str) -> Option<Color32> {
    let digits = text.strip_prefix('#').filter(|digits| digits.is_ascii())?;
    let byte = |at: usize| {
        digits
            .get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    match digits.len() {
        6 => Some(Color32::from_rgb(byte(0)?, byte(2)?, byte(4)?)),
        8 => Some(Color32::from_rgba_unmultiplied(byte(0)?, byte(2)?, byte(4)?, byte(6)?)),
        _ => None,
    }
}

/// A colour between two: `share` 0 gives `from`, 1 gives `to`.
pub fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share.clamp(0.0, 1.0))
}

/// The contrast of two opaque colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
pub fn contrast(one: Color32, other: Color32) -> f32 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: Color32) -> f32 {
    let linear = |byte: u8| {
        let value = f32::from(byte) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        let (black, white) = (parse("#000000").unwrap(), parse("#ffffff").unwrap());
        assert!((contrast(black, white) - 21.0).abs() < 0.01);
        assert!((contrast(parse("#777777").unwrap(), white) - 4.48).abs() < 0.01);
    }

    #[test]
    fn only_whole_colours_are_read() {
        assert_eq!(parse("#12345"), None);
        assert_eq!(parse("112233"), None);
        assert_eq!(parse("#gg0000"), None);
        assert_eq!(
            parse("#0b1220").map(|c| (c.r(), c.g(), c.b(), c.a())),
            Some((0x0b, 0x12, 0x20, 255))
        );
    }
}
