//! egui's style, made of the tokens and measures.

use egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Theme, Vec2, Visuals};

use super::size;
use super::{Tokens, font};

/// The style of one theme.
pub(super) fn of(tokens: &Tokens, theme: Theme) -> Style {
    let mut style = Style {
        visuals: visuals(tokens, theme),
        animation_time: size::MOTION_SECS,
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Small, font::label()),
        (TextStyle::Body, font::body()),
        (TextStyle::Button, font::medium()),
        (TextStyle::Heading, font::title()),
        (TextStyle::Monospace, font::mono()),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Monospace;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(size::GAP);
    spacing.button_padding = Vec2::new(10.0, 5.0);
    spacing.interact_size = Vec2::new(40.0, size::CONTROL_HEIGHT);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::symmetric(8, 6);
    spacing.menu_spacing = 4.0;
    spacing.indent = 16.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = 8.0;
    spacing.combo_width = 120.0;
    spacing.combo_height = 320.0;
    spacing.text_edit_width = 240.0;
    spacing.tooltip_width = 360.0;
    spacing.slider_width = 160.0;
    spacing.slider_rail_height = 4.0;
    spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_width: 4.0,
        handle_min_length: 24.0,
        bar_inner_margin: 2.0,
        bar_outer_margin: 2.0,
        dormant_handle_opacity: 0.35,
        active_handle_opacity: 0.6,
        interact_handle_opacity: 0.9,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        ..ScrollStyle::floating()
    };
    let interaction = &mut style.interaction;
    interaction.selectable_labels = false;
    interaction.tooltip_delay = 0.35;
    interaction.show_tooltips_only_when_still = true;
    interaction.resize_grab_radius_side = 4.0;
    style
}

fn visuals(tokens: &Tokens, theme: Theme) -> Visuals {
    let radius = CornerRadius::same(size::RADIUS);
    let hairline = Stroke::new(1.0, tokens.border);
    let mut visuals = match theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    visuals.widgets = widgets(tokens);
    visuals.selection = Selection {
        bg_fill: tokens.selected,
        stroke: Stroke::new(1.5, tokens.accent),
    };
    visuals.hyperlink_color = tokens.accent;
    visuals.weak_text_color = Some(tokens.text_secondary);
    visuals.faint_bg_color = tokens.panel;
    visuals.extreme_bg_color = tokens.field;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.code_bg_color = tokens.field;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.bad;
    visuals.window_corner_radius = CornerRadius::same(size::RADIUS + 2);
    visuals.window_shadow = shadow(tokens, 32);
    visuals.window_fill = tokens.raised;
    visuals.window_stroke = Stroke::new(1.0, tokens.border_strong);
    visuals.menu_corner_radius = radius;
    visuals.panel_fill = tokens.background;
    visuals.popup_shadow = shadow(tokens, 20);
    visuals.text_cursor.stroke = Stroke::new(1.5, tokens.accent);
    // A blinking cursor would paint twice a second for ever.
    visuals.text_cursor.blink = false;
    visuals.ime_composition.active_underline_stroke = Stroke::new(2.0, tokens.accent);
    visuals.ime_composition.inactive_underline_stroke = Stroke::new(1.0, tokens.text_secondary);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = HandleShape::Circle;
    visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);
    visuals.indent_has_left_vline = false;
    visuals.image_loading_spinners = false;
    visuals.widgets.noninteractive.bg_stroke = hairline;
    visuals
}

fn widgets(tokens: &Tokens) -> Widgets {
    let state = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(size::RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: state(tokens.panel, tokens.border, tokens.text),
        inactive: state(tokens.raised, tokens.border, tokens.text),
        hovered: state(tokens.hover, tokens.border_strong, tokens.text),
        active: state(tokens.pressed, tokens.accent, tokens.text),
        open: state(tokens.hover, tokens.border_strong, tokens.text),
    }
}

/// The one soft shadow, under what floats.
fn shadow(tokens: &Tokens, blur: u8) -> Shadow {
    Shadow {
        offset: [0, 8],
        blur,
        spread: 0,
        color: tokens.shadow,
    }
}
