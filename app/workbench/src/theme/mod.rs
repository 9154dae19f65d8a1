//! How the window looks: colours from one file, fonts, measures, and egui's style made of them.
//!
//! Nothing outside this module names a colour.

mod colour;
mod fonts;
pub mod size;
mod style;
mod tokens;

use std::sync::Arc;

use egui::{Context, Id, Theme};

pub use colour::{contrast, mix};
pub use fonts::{font, icon};
pub use tokens::{Themes, Tokens};

use crate::settings::{Settings, ThemeChoice};

/// Installs fonts and both themes. Called once, before the first frame.
pub fn install(ctx: &Context, themes: &Themes) {
    ctx.set_fonts(fonts::definitions());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.set_style_of(theme, style::of(themes.of(theme), theme));
    }
    // The window has zoom commands of its own.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Brings egui in line with the settings. Cheap when nothing changed.
pub fn follow(ctx: &Context, themes: &Themes, settings: &Settings) {
    ctx.set_theme(match settings.theme {
        ThemeChoice::System => egui::ThemePreference::System,
        ThemeChoice::Dark => egui::ThemePreference::Dark,
        ThemeChoice::Light => egui::ThemePreference::Light,
    });
    if ctx.zoom_factor() != settings.zoom {
        ctx.set_zoom_factor(settings.zoom);
    }
    let seconds = if settings.reduced_motion || reduced_motion_asked() {
        0.0
    } else {
        size::MOTION_SECS
    };
    if ctx.global_style().animation_time != seconds {
        ctx.all_styles_mut(|style| {
            style.animation_time = seconds;
            style.scroll_animation = if seconds == 0.0 {
                egui::style::ScrollAnimation::none()
            } else {
                egui::style::ScrollAnimation::default()
            };
        });
    }
    let tokens = themes.of(ctx.theme());
    ctx.data_mut(|data| data.insert_temp(tokens_id(), Arc::clone(tokens)));
}

/// The tokens of the theme that is shown, for widgets that get no context.
pub fn tokens(ctx: &Context) -> Arc<Tokens> {
    ctx.data(|data| data.get_temp(tokens_id()))
        .unwrap_or_else(|| Arc::clone(Themes::built_in().of(ctx.theme())))
}

fn tokens_id() -> Id {
    Id::unique("aloft theme tokens")
}

fn reduced_motion_asked() -> bool {
    aloft_base::env::number(aloft_base::env::ALOFT_REDUCED_MOTION) == Some(1)
}
