//! The bar over the page: where one is, the way to every command, and what trains.

use egui::{
    Align, Align2, CornerRadius, Frame, Layout, Margin, Panel, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, Describe, Navigate, ViewCommand};
use crate::context::AppContext;
use crate::library::dataset_name;
use crate::route::{PageKind, Route};
use crate::theme::{font, size};
use crate::widget::{Button, ellipsis_ui, keys_text};

/// Draws the bar.
pub(super) fn panel_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let frame = Frame::new()
        .fill(ctx.tokens.background)
        .inner_margin(Margin::symmetric(size::PAGE_MARGIN, 0));
    Panel::top("top bar")
        .resizable(false)
        .exact_size(size::TOP_BAR)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui
                    .add(
                        Button::icon(icons::SIDEBAR_SIMPLE, "Inspector")
                            .selected(ctx.settings.inspector)
                            .tooltip(inspector_tooltip(ui)),
                    )
                    .clicked()
                {
                    commands.send(ViewCommand::ToggleInspector);
                }
                device_ui(ctx, ui, commands);
                search_ui(ctx, ui, commands);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| title_ui(ctx, ui, commands));
            });
        });
}

fn inspector_tooltip(ui: &Ui) -> String {
    let keys = ViewCommand::ToggleInspector
        .shortcut()
        .map(|keys| keys_text(ui.ctx(), &keys))
        .unwrap_or_default();
    format!("{}  ({keys})", ViewCommand::ToggleInspector.tooltip())
}

/// The page's title, and what of it is in front.
fn title_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let page = ctx.route.page();
    ui.label(RichText::new(page.title()).font(font::title()).color(ctx.tokens.text));
    let dataset = ctx.route.dataset().and_then(|id| ctx.library.dataset(id));
    let part = match ctx.route {
        Route::Run { run } => ctx.library.run(run).map(|run| (run.name.clone(), run.id.clone())),
        Route::Models { model } => model.as_ref().map(|name| (name.clone(), name.clone())),
        Route::Endpoints { .. } => {
            let endpoint = ctx.route.endpoint().and_then(|id| ctx.library.endpoint(id));
            endpoint.map(|endpoint| (endpoint.name.clone(), endpoint.id.clone()))
        }
        _ => dataset.map(|dataset| (dataset_name(dataset), dataset.path.display().to_string())),
    };
    let Some((name, whole)) = part else { return };
    ui.label(
        RichText::new(icons::CARET_RIGHT)
            .font(font::icon(12.0))
            .color(ctx.tokens.text_disabled),
    );
    let all = match page {
        PageKind::Runs => Some("All runs"),
        PageKind::Models => Some("All models"),
        PageKind::Endpoints => Some("All endpoints"),
        _ => None,
    };
    if let Some(all) = all
        && ui.add(Button::icon(icons::LIST_BULLETS, all)).clicked()
    {
        commands.send(Navigate::Page(page));
    }
    ellipsis_ui(
        ui,
        RichText::new(name)
            .font(font::medium())
            .color(ctx.tokens.text_secondary),
        &whole,
    );
}

/// A button that looks like a field: opens the palette.
fn search_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let tokens = ctx.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(272.0, size::CONTROL_HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Search commands"));
    let border = if response.hovered() || response.has_focus() {
        tokens.border_strong
    } else {
        tokens.border
    };
    let painter = ui.painter();
    painter.rect(
        rect,
        CornerRadius::same(size::RADIUS),
        tokens.panel,
        Stroke::new(1.0, border),
        StrokeKind::Inside,
    );
    let glass = pos2(rect.left() + 15.0, rect.center().y);
    painter.text(
        glass,
        Align2::CENTER_CENTER,
        icons::MAGNIFYING_GLASS,
        font::icon(14.0),
        tokens.text_secondary,
    );
    let words = pos2(rect.left() + 28.0, rect.center().y);
    painter.text(
        words,
        Align2::LEFT_CENTER,
        "Search or run a command",
        font::body(),
        tokens.text_secondary,
    );
    let keys = ViewCommand::OpenPalette
        .shortcut()
        .map(|keys| keys_text(ui.ctx(), &keys))
        .unwrap_or_default();
    let at = pos2(rect.right() - 8.0, rect.center().y);
    painter.text(
        at,
        Align2::RIGHT_CENTER,
        keys,
        font::mono_label(),
        tokens.text_secondary,
    );
    if response.on_hover_text(ViewCommand::OpenPalette.tooltip()).clicked() {
        commands.send(ViewCommand::OpenPalette);
    }
}

/// What this machine trains on; leads to the devices in the settings.
fn device_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let (glyph, text, tooltip) = match (ctx.devices.value(), ctx.devices.report()) {
        (Some(devices), _) => {
            let usable: Vec<&str> = devices.iter().filter(|d| d.available).map(|d| d.id.as_str()).collect();
            let best = usable
                .iter()
                .find(|id| **id != "cpu")
                .or(usable.first())
                .copied()
                .unwrap_or("none");
            let names: Vec<String> = devices
                .iter()
                .filter(|device| device.available)
                .map(|device| format!("{}: {}", device.id, device.name))
                .collect();
            (
                icons::CPU,
                best.to_uppercase(),
                format!("Can train here: {}", names.join(", ")),
            )
        }
        (None, Some(report)) => (icons::WARNING, "Devices".to_owned(), report.to_string()),
        (None, None) => (icons::CPU, "…".to_owned(), "Looking for devices".to_owned()),
    };
    let button = Button::quiet(&text).glyph(glyph).tooltip(tooltip);
    if ui.add(button).clicked() {
        commands.send(Navigate::Page(PageKind::Settings));
    }
}
