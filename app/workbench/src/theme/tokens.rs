//! The tokens: every colour by what it is for, in two themes, from `assets/theme.toml`.

use std::sync::{Arc, OnceLock};

use egui::{Color32, Theme};
use serde::{Deserialize, Deserializer};

use super::colour;

/// The colours of one theme.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Behind the page.
    #[serde(deserialize_with = "read")]
    pub background: Color32,
    /// Rail, bars, side panels.
    #[serde(deserialize_with = "read")]
    pub panel: Color32,
    /// Cards, controls, what floats.
    #[serde(deserialize_with = "read")]
    pub raised: Color32,
    /// A raised thing under the pointer.
    #[serde(deserialize_with = "read")]
    pub hover: Color32,
    /// A raised thing held down.
    #[serde(deserialize_with = "read")]
    pub pressed: Color32,
    /// Where text is typed.
    #[serde(deserialize_with = "read")]
    pub field: Color32,
    /// The chosen row, tab or page.
    #[serde(deserialize_with = "read")]
    pub selected: Color32,
    #[serde(deserialize_with = "read")]
    pub border: Color32,
    #[serde(deserialize_with = "read")]
    pub border_strong: Color32,
    #[serde(deserialize_with = "read")]
    pub text: Color32,
    #[serde(deserialize_with = "read")]
    pub text_secondary: Color32,
    #[serde(deserialize_with = "read")]
    pub text_disabled: Color32,
    #[serde(deserialize_with = "read")]
    pub accent: Color32,
    #[serde(deserialize_with = "read")]
    pub accent_hover: Color32,
    /// On an accent fill.
    #[serde(deserialize_with = "read")]
    pub accent_text: Color32,
    #[serde(deserialize_with = "read")]
    pub good: Color32,
    #[serde(deserialize_with = "read")]
    pub warning: Color32,
    #[serde(deserialize_with = "read")]
    pub bad: Color32,
    /// Behind words in `good`.
    #[serde(deserialize_with = "read")]
    pub good_soft: Color32,
    #[serde(deserialize_with = "read")]
    pub warning_soft: Color32,
    #[serde(deserialize_with = "read")]
    pub bad_soft: Color32,
    #[serde(deserialize_with = "read")]
    pub shadow: Color32,
    /// Over the window, behind what floats.
    #[serde(deserialize_with = "read")]
    pub scrim: Color32,
    /// Colours of curves that colour-blind eyes can tell apart.
    #[serde(deserialize_with = "read_series")]
    pub series: [Color32; 10],
}

impl Tokens {
    /// The colour of a curve; the same for the same id on every page and after a restart.
    pub fn series_of(&self, id: &str) -> Color32 {
        // FNV-1a: stable across builds and machines, unlike the standard library's hasher.
        let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.series[(hash % self.series.len() as u64) as usize]
    }
}

/// Both themes.
#[derive(Clone, Debug)]
pub struct Themes {
    dark: Arc<Tokens>,
    light: Arc<Tokens>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dark: Tokens,
    light: Tokens,
}

impl Themes {
    /// The themes that were compiled in.
    pub fn built_in() -> &'static Self {
        static THEMES: OnceLock<Themes> = OnceLock::new();
        THEMES.get_or_init(|| {
            let file: File = toml::from_str(include_str!("../../../../assets/theme.toml"))
                .expect("assets/theme.toml was compiled in, and a test reads it");
            Self {
                dark: Arc::new(file.dark),
                light: Arc::new(file.light),
            }
        })
    }

    pub fn of(&self, theme: Theme) -> &Arc<Tokens> {
        match theme {
            Theme::Dark => &self.dark,
            Theme::Light => &self.light,
        }
    }
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(deserializer)?;
    colour::parse(&text)
        .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no colour; write #rrggbb or #rrggbbaa")))
}

fn read_series<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[Color32; 10], D::Error> {
    let texts = <[String; 10]>::deserialize(deserializer)?;
    let mut colours = [Color32::TRANSPARENT; 10];
    for (colour, text) in colours.iter_mut().zip(&texts) {
        *colour = colour::parse(text).ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no colour")))?;
    }
    Ok(colours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::contrast;

    #[test]
    fn every_text_can_be_read_on_every_surface() {
        for theme in [Theme::Dark, Theme::Light] {
            let t = Themes::built_in().of(theme);
            let surfaces = [
                ("background", t.background),
                ("panel", t.panel),
                ("raised", t.raised),
                ("hover", t.hover),
                ("field", t.field),
                ("selected", t.selected),
            ];
            let texts = [
                ("text", t.text),
                ("text_secondary", t.text_secondary),
                ("accent", t.accent),
                ("good", t.good),
                ("warning", t.warning),
                ("bad", t.bad),
            ];
            for (surface_name, surface) in surfaces {
                for (text_name, text) in texts {
                    let ratio = contrast(text, surface);
                    assert!(ratio >= 4.5, "{theme:?}: {text_name} on {surface_name} is {ratio:.2}");
                }
            }
            let pairs = [
                ("accent_text on accent", t.accent_text, t.accent),
                ("accent_text on accent_hover", t.accent_text, t.accent_hover),
                ("good on good_soft", t.good, t.good_soft),
                ("warning on warning_soft", t.warning, t.warning_soft),
                ("bad on bad_soft", t.bad, t.bad_soft),
                ("text on bad_soft", t.text, t.bad_soft),
                ("text on warning_soft", t.text, t.warning_soft),
            ];
            for (name, text, surface) in pairs {
                let ratio = contrast(text, surface);
                assert!(ratio >= 4.5, "{theme:?}: {name} is {ratio:.2}");
            }
        }
    }

    #[test]
    fn curves_stand_out_from_the_page_and_from_each_other() {
        for theme in [Theme::Dark, Theme::Light] {
            let t = Themes::built_in().of(theme);
            for (position, colour) in t.series.iter().enumerate() {
                let ratio = contrast(*colour, t.background);
                assert!(
                    ratio >= 3.0,
                    "{theme:?}: series {position} on the background is {ratio:.2}"
                );
                for other in &t.series[position + 1..] {
                    let distance: i32 = [
                        (colour.r(), other.r()),
                        (colour.g(), other.g()),
                        (colour.b(), other.b()),
                    ]
                    .into_iter()
                    .map(|(a, b)| (i32::from(a) - i32::from(b)).pow(2))
                    .sum();
                    assert!(
                        distance > 40 * 40,
                        "{theme:?}: series {position} is too close to another"
                    );
                }
            }
        }
    }

    #[test]
    fn a_run_keeps_its_colour() {
        let tokens = Themes::built_in().of(Theme::Dark);
        assert_eq!(tokens.series_of("r01"), tokens.series_of("r01"));
        let different: std::collections::BTreeSet<[u8; 4]> = (0..100)
            .map(|n| tokens.series_of(&format!("run {n}")).to_array())
            .collect();
        assert_eq!(different.len(), 10);
    }
}
