//! Measures in points: everything sits on a grid of 4.

/// Between things that belong together.
pub const GAP: f32 = 8.0;
/// Between groups.
pub const GAP_WIDE: f32 = 12.0;
/// Between sections.
pub const GAP_SECTION: f32 = 20.0;
/// Around a page.
pub const PAGE_MARGIN: i8 = 20;
/// A button, a text field.
pub const CONTROL_HEIGHT: f32 = 28.0;
/// A row of a table.
pub const ROW_HEIGHT: f32 = 26.0;
/// The card above a column of the grid.
pub const HEADER_CARD_HEIGHT: f32 = 76.0;
/// Corners of controls and cards.
pub const RADIUS: u8 = 6;
/// An icon.
pub const ICON: f32 = 16.0;
/// The rail with labels.
pub const RAIL: f32 = 184.0;
/// The rail with icons alone.
pub const RAIL_COLLAPSED: f32 = 48.0;
/// The bar with the page's title.
pub const TOP_BAR: f32 = 48.0;
/// The bar at the bottom.
pub const STATUS_BAR: f32 = 28.0;
/// The panel with details of the selection.
pub const INSPECTOR: f32 = 320.0;
/// The smallest window.
pub const WINDOW_MIN: [f32; 2] = [1024.0, 640.0];
/// The window as designed.
pub const WINDOW: [f32; 2] = [1280.0, 800.0];
/// How long anything moves.
pub const MOTION_SECS: f32 = 0.1;
