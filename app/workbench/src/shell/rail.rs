//! The rail: the pages, with icon and label or icons alone.

use egui::{
    Align, Align2, CornerRadius, Frame, Layout, Margin, Panel, Response, Role, Sense, TextureHandle, Ui, WidgetInfo,
    pos2, vec2,
};
use egui_phosphor::regular as icons;

use crate::command::navigate::page_icon;
use crate::command::{CommandSender, Describe, Navigate, ViewCommand};
use crate::context::AppContext;
use crate::route::PageKind;
use crate::theme::{font, size};
use crate::widget::keys_text;

/// What the rail keeps between frames.
#[derive(Default)]
pub(super) struct State {
    mark: Option<TextureHandle>,
}

/// Draws the rail.
pub(super) fn panel_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let collapsed = ctx.settings.rail_collapsed;
    let width = if collapsed { size::RAIL_COLLAPSED } else { size::RAIL };
    let frame = Frame::new()
        .fill(ctx.tokens.panel)
        .inner_margin(Margin::symmetric(8, 8));
    Panel::left("rail")
        .resizable(false)
        .exact_size(width)
        .frame(frame)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            mark_ui(state, ctx, ui, collapsed);
            ui.add_space(10.0);
            for page in PageKind::ALL.into_iter().filter(|page| *page != PageKind::Settings) {
                page_ui(ctx, ui, commands, page, collapsed);
            }
            ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let (glyph, name) = if collapsed {
                    (icons::CARET_DOUBLE_RIGHT, "Expand rail")
                } else {
                    (icons::CARET_DOUBLE_LEFT, "Collapse rail")
                };
                let tooltip = shortcut_tooltip(ui, name, &ViewCommand::ToggleRail);
                if item_ui(ctx, ui, glyph, name, collapsed, false, None)
                    .on_hover_text(tooltip)
                    .clicked()
                {
                    commands.send(ViewCommand::ToggleRail);
                }
                page_ui(ctx, ui, commands, PageKind::Settings, collapsed);
            });
        });
}

/// The application's mark and name.
fn mark_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, collapsed: bool) {
    let mark = state.mark.get_or_insert_with(|| {
        let image = crate::icon::image(include_bytes!("../../../../icons/aloft-64.png"));
        ui.ctx().load_texture("mark", image, egui::TextureOptions::LINEAR)
    });
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let left = if collapsed {
        rect.center().x - 12.0
    } else {
        rect.left() + 4.0
    };
    let place = egui::Rect::from_min_size(pos2(left, rect.center().y - 12.0), vec2(24.0, 24.0));
    egui::Image::new(&*mark).paint_at(ui, place);
    if !collapsed {
        let at = pos2(place.right() + 10.0, rect.center().y);
        ui.painter()
            .text(at, Align2::LEFT_CENTER, "Aloft", font::section(), ctx.tokens.text);
    }
}

fn page_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, page: PageKind, collapsed: bool) {
    let command = Navigate::Page(page);
    let running = ctx.library.runs().iter().filter(|run| run.state.is_active()).count();
    let badge = match page {
        PageKind::Runs => running,
        PageKind::Endpoints => ctx.library.endpoints().iter().filter(|e| e.is_active()).count(),
        _ => 0,
    };
    let badge = (badge > 0).then_some(badge);
    let selected = ctx.route.page() == page;
    let tooltip = shortcut_tooltip(ui, command.tooltip(), &command);
    let response = item_ui(ctx, ui, page_icon(page), page.title(), collapsed, selected, badge);
    let response = if collapsed {
        response.on_hover_text(format!("{} – {tooltip}", page.title()))
    } else {
        response.on_hover_text(tooltip)
    };
    if response.clicked() {
        commands.send(command);
    }
}

fn shortcut_tooltip(ui: &Ui, text: &str, command: &dyn Describe) -> String {
    match command.shortcut() {
        Some(keys) => format!("{text}  ({})", keys_text(ui.ctx(), &keys)),
        None => text.to_owned(),
    }
}

/// One row of the rail.
fn item_ui(
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    glyph: &str,
    name: &str,
    collapsed: bool,
    selected: bool,
    badge: Option<usize>,
) -> Response {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, name));
    let fill = if selected {
        tokens.selected
    } else if response.is_pointer_button_down_on() {
        tokens.pressed
    } else if response.hovered() {
        tokens.hover
    } else {
        egui::Color32::TRANSPARENT
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(size::RADIUS), fill);
    if response.has_focus() {
        let ring = egui::Stroke::new(1.5, tokens.accent);
        painter.rect_stroke(rect, CornerRadius::same(size::RADIUS), ring, egui::StrokeKind::Inside);
    }
    let ink = if selected { tokens.accent } else { tokens.text_secondary };
    let words = if selected || response.hovered() {
        tokens.text
    } else {
        tokens.text_secondary
    };
    let middle = if collapsed { rect.center().x } else { rect.left() + 16.0 };
    painter.text(
        pos2(middle, rect.center().y),
        Align2::CENTER_CENTER,
        glyph,
        font::icon(18.0),
        ink,
    );
    if !collapsed {
        painter.text(
            pos2(rect.left() + 36.0, rect.center().y),
            Align2::LEFT_CENTER,
            name,
            font::medium(),
            words,
        );
    }
    if let Some(number) = badge {
        if collapsed {
            painter.circle_filled(pos2(rect.right() - 6.0, rect.top() + 7.0), 3.5, tokens.accent);
        } else {
            let at = pos2(rect.right() - 10.0, rect.center().y);
            painter.text(
                at,
                Align2::RIGHT_CENTER,
                number.to_string(),
                font::mono_label(),
                tokens.accent,
            );
        }
    }
    response
}
