//! What the window remembers between starts. Never a secret.

use serde::{Deserialize, Serialize};

use crate::route::Route;

/// Which theme is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the system says.
    #[default]
    System,
    Dark,
    Light,
}

impl ThemeChoice {
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// The word on its button.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }
}

/// What the drawer above the status bar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawer {
    Jobs,
    Transfers,
    Log,
}

/// Remembered by the window; pages keep what they remember in their own state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemeChoice,
    /// 1 is the size the window was designed at.
    pub zoom: f32,
    pub reduced_motion: bool,
    pub rail_collapsed: bool,
    pub inspector: bool,
    pub drawer: Option<Drawer>,
    /// The drawer shown last, for the shortcut that opens it.
    pub last_drawer: Drawer,
    /// Height of the drawer in points.
    pub drawer_height: f32,
    /// Where the person was.
    pub route: Route,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            zoom: 1.0,
            reduced_motion: false,
            rail_collapsed: false,
            inspector: false,
            drawer: None,
            last_drawer: Drawer::Jobs,
            drawer_height: 220.0,
            route: Route::Home,
        }
    }
}

impl Settings {
    /// The steps of the zoom.
    pub const ZOOMS: [f32; 9] = [0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0];

    /// Repairs what a damaged or foreign file may hold.
    #[must_use]
    pub fn sanitized(mut self) -> Self {
        let (least, most) = (Self::ZOOMS[0], Self::ZOOMS[Self::ZOOMS.len() - 1]);
        self.zoom = if self.zoom.is_finite() {
            self.zoom.clamp(least, most)
        } else {
            1.0
        };
        self.drawer_height = if self.drawer_height.is_finite() {
            self.drawer_height.clamp(120.0, 800.0)
        } else {
            220.0
        };
        self
    }

    /// The next larger (or smaller) zoom; `None` at the end.
    pub fn next_zoom(&self, larger: bool) -> Option<f32> {
        let zoom = self.zoom;
        if larger {
            Self::ZOOMS.into_iter().find(|step| *step > zoom + 0.01)
        } else {
            Self::ZOOMS.into_iter().rev().find(|step| *step < zoom - 0.01)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_walks_the_steps_and_stops_at_both_ends() {
        let mut settings = Settings::default();
        assert_eq!(settings.next_zoom(true), Some(1.1));
        assert_eq!(settings.next_zoom(false), Some(0.9));
        settings.zoom = 2.0;
        assert_eq!(settings.next_zoom(true), None);
        settings.zoom = f32::NAN;
        assert_eq!(settings.sanitized().zoom, 1.0);
    }

    #[test]
    fn settings_of_an_older_window_are_read() {
        let settings: Settings = serde_json::from_str(r#"{"theme": "light", "unknown": 1}"#).unwrap();
        assert_eq!(
            settings,
            Settings {
                theme: ThemeChoice::Light,
                ..Settings::default()
            }
        );
    }
}
