//! The head of an endpoint: its light, its address, its figures, and what can be done with it.

use aloft_base::endpoint::{Endpoint, Role as Served};
use aloft_base::registry::Selector;
use egui::{Align, Layout, RichText, Role, Ui, WidgetInfo, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, EndpointCommand, ModelCommand, Navigate, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::light;
use crate::theme::{font, size};
use crate::widget::{
    self, Button, ButtonKind, Tone, card_ui, command_button_ui, command_icon_ui, ellipsis_ui, notice_ui,
};

use super::cards;
use super::pulse::Pulse;
use super::routing::Routing;

/// Draws it.
pub(super) fn header_ui(
    routing: &mut Routing,
    endpoint: &Endpoint,
    pulse: Option<&Pulse>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let light = light::of(endpoint);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL_HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            actions_ui(routing, endpoint, ctx, ui, commands);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.scope(|ui| {
                    ui.set_max_width((ui.available_width() - 110.0).max(80.0));
                    let text = RichText::new(&endpoint.name).font(font::title()).color(ctx.tokens.text);
                    ellipsis_ui(ui, text, &endpoint.name);
                });
                cards::light_ui(ui, &light);
            });
        });
    });
    ui.add_space(4.0);
    let why = cards::why(&light, ctx);
    ellipsis_ui(ui, RichText::new(&why).color(ctx.tokens.text_secondary), &why);
    if let Some(problem) = endpoint
        .status
        .as_ref()
        .filter(|_| endpoint.is_active())
        .and_then(|s| s.problem.as_ref())
    {
        notice_ui(ui, Tone::Warning, icons::WARNING, problem);
    }
    where_ui(endpoint, ctx, ui, commands);
    ui.add_space(size::GAP);
    figures_ui(&pulse.cloned().unwrap_or_default(), ctx, ui);
    if routing.is_open && endpoint.spec.serving().is_some() {
        ui.add_space(size::GAP);
        routing.ui(endpoint, ctx, ui, commands);
    }
}

/// From right to left: the main action first.
fn actions_ui(
    routing: &mut Routing,
    endpoint: &Endpoint,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let id = || endpoint.id.clone();
    let Some(serving) = endpoint.spec.serving() else {
        command_button_ui(ui, ctx, commands, EndpointCommand::Delete(id()), ButtonKind::Danger);
        return;
    };
    if endpoint.is_active() {
        command_button_ui(ui, ctx, commands, EndpointCommand::Stop(id()), ButtonKind::Danger);
    } else {
        commands.offer_primary(EndpointCommand::Start(id()));
        command_button_ui(ui, ctx, commands, EndpointCommand::Start(id()), ButtonKind::Primary);
    }
    if let Selector::Alias(alias) = &serving.version {
        let back = ModelCommand::RollBack {
            model: serving.model.clone(),
            alias: alias.clone(),
        };
        command_button_ui(ui, ctx, commands, back, ButtonKind::Secondary);
    }
    if serving.needs_token {
        command_button_ui(
            ui,
            ctx,
            commands,
            EndpointCommand::NewToken(id()),
            ButtonKind::Secondary,
        );
    }
    let button = Button::new("Traffic")
        .glyph(icons::ARROWS_SPLIT)
        .selected(routing.is_open);
    if ui
        .add(button.tooltip("Split requests between versions, or ask one in the shadow"))
        .clicked()
    {
        routing.toggle(serving);
    }
    command_icon_ui(ui, ctx, commands, EndpointCommand::Delete(id()));
}

/// What it serves, which version that is, and its address with a way to copy it.
fn where_ui(endpoint: &Endpoint, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    widget::row_ui(ui, size::CONTROL_HEIGHT, |ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        if let Some(serving) = endpoint.spec.serving() {
            let words = light::reference(&serving.model, &serving.version);
            let button = Button::quiet(&words).glyph(icons::CUBE).flush().max_width(260.0);
            if ui.add(button.tooltip("Open the model")).clicked() {
                commands.send(Navigate::model(&serving.model));
            }
        }
        let active = endpoint.is_active();
        for served in endpoint
            .status
            .iter()
            .filter(|_| active)
            .flat_map(|status| &status.versions)
        {
            let (tone, words) = match served.role {
                Served::Main => (Tone::Accent, format!("version {}", served.number)),
                Served::Split => (
                    Tone::Neutral,
                    format!("version {} gets {}", served.number, format::percent(served.share)),
                ),
                Served::Shadow => (Tone::Neutral, format!("version {} in the shadow", served.number)),
            };
            widget::pill_ui(ui, tone, "", &words).on_hover_text(format!("Since {}", format::absolute(served.since_ms)));
        }
        if let Some(url) = light::url(endpoint) {
            let text = RichText::new(url).font(font::mono()).color(ctx.tokens.text);
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - 160.0).max(80.0));
                ellipsis_ui(ui, text, url);
            });
            if ui.add(Button::icon(icons::COPY, "Copy URL")).clicked() {
                commands.send(ViewCommand::Copy(url.to_owned()));
            }
        }
        if let Some(uptime) = cards::uptime(endpoint, ctx) {
            widget::label_ui(ui, &uptime);
        }
    });
}

/// The figures of the last seconds, in a card.
fn figures_ui(pulse: &Pulse, ctx: &AppContext<'_>, ui: &mut Ui) {
    card_ui(ui, |ui| {
        let width = ui.available_width();
        ui.set_width(width);
        let figures = cards::figures(pulse);
        let each = (width / figures.len() as f32).floor();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for (name, value) in figures {
                ui.allocate_ui_with_layout(vec2(each, 36.0), Layout::top_down(Align::Min), |ui| {
                    ui.set_width(each);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    widget::label_ui(ui, name);
                    let text = RichText::new(&value).font(font::mono()).color(ctx.tokens.text);
                    let response = ui.label(text);
                    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
                });
            }
        });
    });
}
