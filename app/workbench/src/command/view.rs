//! The window itself: panels, theme, zoom, what floats.

use std::borrow::Cow;

use egui::{Key, KeyboardShortcut};
use egui_phosphor::regular as icon;

use super::{Availability, Command, Describe, shortcut};
use crate::context::AppContext;
use crate::settings::{Drawer, Settings, ThemeChoice};

/// Changes what the window shows.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewCommand {
    OpenPalette,
    OpenShortcuts,
    /// Asks the page to find something in what it shows.
    Find,
    /// Does the page's primary action.
    Primary,
    ToggleRail,
    ToggleInspector,
    /// Opens the drawer shown last, or closes it.
    ToggleDrawer,
    /// Shows this drawer, or closes it when it is shown.
    Drawer(Drawer),
    /// Remembers how high the drawer was drawn to be.
    DrawerHeight(f32),
    Theme(ThemeChoice),
    ReducedMotion(bool),
    ZoomIn,
    ZoomOut,
    ZoomReset,
    /// Puts a text on the clipboard.
    Copy(String),
    /// Opens a folder in the desktop's file manager.
    Reveal(std::path::PathBuf),
    /// Tries to open the workspace again.
    RetryWorkspace,
    /// Asks this machine again what it can train on.
    ReadDevices,
}

impl ViewCommand {
    pub(super) fn fixed() -> Vec<Self> {
        let mut all = vec![
            Self::OpenPalette,
            Self::OpenShortcuts,
            Self::Find,
            Self::Primary,
            Self::ToggleRail,
            Self::ToggleInspector,
            Self::ToggleDrawer,
            Self::Drawer(Drawer::Jobs),
            Self::Drawer(Drawer::Transfers),
            Self::Drawer(Drawer::Log),
            Self::ZoomIn,
            Self::ZoomOut,
            Self::ZoomReset,
            Self::ReadDevices,
        ];
        all.extend(ThemeChoice::ALL.into_iter().map(Self::Theme));
        all
    }
}

impl Describe for ViewCommand {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::OpenPalette => "Search commands…",
            Self::OpenShortcuts => "Show keyboard shortcuts",
            Self::Find => "Find in page",
            Self::Primary => "Do the page's main action",
            Self::ToggleRail => "Collapse or expand the rail",
            Self::ToggleInspector => "Show or hide the inspector",
            Self::ToggleDrawer => "Show or hide the drawer",
            Self::Drawer(Drawer::Jobs) => "Show jobs",
            Self::Drawer(Drawer::Transfers) => "Show transfers",
            Self::Drawer(Drawer::Log) => "Show the log",
            Self::DrawerHeight(_) => "Change the drawer's height",
            Self::Theme(ThemeChoice::System) => "Theme: follow the system",
            Self::Theme(ThemeChoice::Dark) => "Theme: dark",
            Self::Theme(ThemeChoice::Light) => "Theme: light",
            Self::ReducedMotion(true) => "Reduce motion",
            Self::ReducedMotion(false) => "Allow motion",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ZoomReset => "Zoom to 100 %",
            Self::Copy(_) => "Copy details",
            Self::Reveal(_) => "Open folder",
            Self::RetryWorkspace => "Retry",
            Self::ReadDevices => "Look for devices again",
        }
        .into()
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::OpenPalette => "Find and run any command, dataset or run",
            Self::OpenShortcuts => "Every key and what it does",
            Self::Find => "Search in what the page shows",
            Self::Primary => "What the filled button of the page does",
            Self::ToggleRail => "Icons alone leave more room for the page",
            Self::ToggleInspector => "Details of what is selected",
            Self::ToggleDrawer => "Jobs, transfers and log, above the status bar",
            Self::Drawer(Drawer::Jobs) => "What is being profiled and trained, and what was",
            Self::Drawer(Drawer::Transfers) => "What moves between this machine and buckets, and what moved",
            Self::Drawer(Drawer::Log) => "What jobs said, newest last",
            Self::DrawerHeight(_) => "Drag its upper edge",
            Self::Theme(ThemeChoice::System) => "Dark or light, as the desktop is set",
            Self::Theme(ThemeChoice::Dark) => "Light text on dark",
            Self::Theme(ThemeChoice::Light) => "Dark text on light",
            Self::ReducedMotion(_) => "Panels and lists appear without moving",
            Self::ZoomIn | Self::ZoomOut | Self::ZoomReset => "The size of everything in the window",
            Self::Copy(_) => "Put the whole text on the clipboard",
            Self::Reveal(_) => "Show it in the file manager",
            Self::RetryWorkspace => "Try to open the workspace again",
            Self::ReadDevices => "Asks what this machine can train on",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::OpenPalette | Self::Find => icon::MAGNIFYING_GLASS,
            Self::OpenShortcuts => icon::KEYBOARD,
            Self::Primary => icon::PLAY,
            Self::ToggleRail => icon::SIDEBAR_SIMPLE,
            Self::ToggleInspector => icon::INFO,
            Self::ToggleDrawer | Self::DrawerHeight(_) => icon::SQUARE_SPLIT_VERTICAL,
            Self::Drawer(Drawer::Jobs) => icon::STACK,
            Self::Drawer(Drawer::Transfers) => icon::ARROWS_DOWN_UP,
            Self::Drawer(Drawer::Log) => icon::LIST_DASHES,
            Self::Theme(ThemeChoice::System) => icon::DESKTOP,
            Self::Theme(ThemeChoice::Dark) => icon::MOON,
            Self::Theme(ThemeChoice::Light) => icon::SUN,
            Self::ReducedMotion(_) => icon::WIND,
            Self::ZoomIn => icon::MAGNIFYING_GLASS_PLUS,
            Self::ZoomOut => icon::MAGNIFYING_GLASS_MINUS,
            Self::ZoomReset => icon::ARROWS_IN_SIMPLE,
            Self::Copy(_) => icon::COPY,
            Self::Reveal(_) => icon::FOLDER_OPEN,
            Self::RetryWorkspace | Self::ReadDevices => icon::ARROW_CLOCKWISE,
        }
    }

    fn shortcut(&self) -> Option<KeyboardShortcut> {
        match self {
            Self::OpenPalette => Some(shortcut::command(Key::K)),
            Self::OpenShortcuts => Some(shortcut::plain(Key::F1)),
            Self::Find => Some(shortcut::command(Key::F)),
            Self::Primary => Some(shortcut::command(Key::Enter)),
            Self::ToggleRail => Some(shortcut::command(Key::B)),
            Self::ToggleInspector => Some(shortcut::command(Key::I)),
            Self::ToggleDrawer => Some(shortcut::command(Key::J)),
            Self::Drawer(Drawer::Log) => Some(shortcut::command_shift(Key::L)),
            Self::ZoomIn => Some(shortcut::command(Key::Plus)),
            Self::ZoomOut => Some(shortcut::command(Key::Minus)),
            Self::ZoomReset => Some(shortcut::command(Key::Num0)),
            _ => None,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        match self {
            Self::ZoomIn => Availability::when(ctx.settings.next_zoom(true).is_some(), "This is the largest size"),
            Self::ZoomOut => Availability::when(ctx.settings.next_zoom(false).is_some(), "This is the smallest size"),
            Self::ZoomReset => Availability::when(ctx.settings.zoom != 1.0, "The window is at 100 %"),
            Self::Theme(choice) => Availability::when(ctx.settings.theme != *choice, "This theme is shown"),
            Self::ReadDevices => Availability::when(!ctx.devices.is_pending(), "It is looking now"),
            _ => Availability::Ready,
        }
    }
}

/// What floats over the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Floating {
    #[default]
    Nothing,
    Palette,
    Shortcuts,
}

/// What applying a command asks the window for beyond its settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Nothing,
    /// The page should show its way to find things.
    Find,
    /// This command, the page's primary one, is to be applied; the page offered none when absent.
    Primary,
    Float(Floating),
    RetryWorkspace,
    ReadDevices,
    Say(String),
}

/// Does it.
pub(crate) fn apply(command: ViewCommand, settings: &mut Settings, ctx: &egui::Context) -> Effect {
    match command {
        ViewCommand::OpenPalette => return Effect::Float(Floating::Palette),
        ViewCommand::OpenShortcuts => return Effect::Float(Floating::Shortcuts),
        ViewCommand::Find => return Effect::Find,
        ViewCommand::Primary => return Effect::Primary,
        ViewCommand::RetryWorkspace => return Effect::RetryWorkspace,
        ViewCommand::ReadDevices => return Effect::ReadDevices,
        ViewCommand::Copy(text) => {
            ctx.copy_text(text);
            return Effect::Say("Copied".into());
        }
        ViewCommand::Reveal(folder) => ctx.open_url(egui::OpenUrl::new_tab(format!("file://{}", folder.display()))),
        ViewCommand::ToggleRail => settings.rail_collapsed = !settings.rail_collapsed,
        ViewCommand::ToggleInspector => settings.inspector = !settings.inspector,
        ViewCommand::ToggleDrawer => {
            settings.drawer = if settings.drawer.is_some() {
                None
            } else {
                Some(settings.last_drawer)
            };
        }
        ViewCommand::Drawer(drawer) => {
            settings.drawer = if settings.drawer == Some(drawer) {
                None
            } else {
                Some(drawer)
            };
            settings.last_drawer = drawer;
        }
        ViewCommand::DrawerHeight(height) => settings.drawer_height = height,
        ViewCommand::Theme(choice) => settings.theme = choice,
        ViewCommand::ReducedMotion(reduced) => settings.reduced_motion = reduced,
        ViewCommand::ZoomIn => settings.zoom = settings.next_zoom(true).unwrap_or(settings.zoom),
        ViewCommand::ZoomOut => settings.zoom = settings.next_zoom(false).unwrap_or(settings.zoom),
        ViewCommand::ZoomReset => settings.zoom = 1.0,
    }
    Effect::Nothing
}

/// A command that puts a report on the clipboard, whole.
pub fn copy_report(what: &str, report: &aloft_base::Report) -> Command {
    let mut text = String::new();
    for part in [what, &report.message, &report.hint] {
        if !part.is_empty() {
            text.push_str(part);
            text.push('\n');
        }
    }
    text.extend(["(", report.kind.as_str(), ", Aloft ", env!("CARGO_PKG_VERSION"), ")"]);
    ViewCommand::Copy(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawer_is_a_switch_and_the_last_one_comes_back() {
        let (mut settings, ctx) = (Settings::default(), egui::Context::default());
        apply(ViewCommand::Drawer(Drawer::Log), &mut settings, &ctx);
        assert_eq!(settings.drawer, Some(Drawer::Log));
        apply(ViewCommand::Drawer(Drawer::Log), &mut settings, &ctx);
        assert_eq!(settings.drawer, None);
        apply(ViewCommand::ToggleDrawer, &mut settings, &ctx);
        assert_eq!(settings.drawer, Some(Drawer::Log));
    }
}
