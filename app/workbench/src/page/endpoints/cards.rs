//! All endpoints, a card each.

use aloft_base::endpoint::{Endpoint, Spec};
use egui::{
    Align, Align2, CornerRadius, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use egui_phosphor::regular as icons;

use crate::command::{Ask, CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::light::{self, Light};
use crate::route::PageKind;
use crate::theme::{font, size};
use crate::widget::{self, Button, ButtonKind, command_button_ui, one_line, page_scroll_ui, sparkline_ui};

use super::pulse::{Pulse, Pulses};

const HEIGHT: f32 = 196.0;
/// A card is no narrower than this.
const WIDTH: f32 = 320.0;

/// Draws the cards, or what the page is for.
pub(super) fn cards_ui(pulses: &Pulses, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let new = Ask::Serve {
        model: None,
        version: None,
    };
    let endpoints = ctx.library.endpoints();
    if endpoints.is_empty() {
        empty_ui(ctx, ui, commands);
        return;
    }
    commands.offer_primary(new.clone());
    page_scroll_ui(ui, |ui| {
        ui.horizontal(|ui| {
            widget::secondary_ui(ui, &summary(endpoints));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                command_button_ui(ui, ctx, commands, new, ButtonKind::Primary);
                command_button_ui(ui, ctx, commands, Ask::Watch, ButtonKind::Secondary);
            });
        });
        ui.add_space(size::GAP_WIDE);
        let gap = size::GAP_WIDE;
        let room = ui.available_width();
        let columns = (((room + gap) / (WIDTH + gap)).floor() as usize).max(1);
        let width = ((room - gap * (columns - 1) as f32) / columns as f32).floor();
        ui.spacing_mut().item_spacing = vec2(gap, gap);
        for row in endpoints.chunks(columns) {
            ui.horizontal_top(|ui| {
                for endpoint in row {
                    ui.push_id(&endpoint.id, |ui| {
                        let pulse = pulses.of(&endpoint.id).cloned().unwrap_or_default();
                        card_ui(endpoint, &pulse, width, ctx, ui, commands);
                    });
                }
            });
        }
    });
}

fn empty_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let text = "An endpoint answers requests with a registered model, in a process of its own that goes on when this \
                window is closed. Its health is watched as long as it is there.";
    let has_model = ctx.library.models().iter().any(|row| row.model.versions > 0);
    let button = if has_model {
        (icons::BROADCAST, "New endpoint…")
    } else {
        (icons::CUBE, "Go to Models")
    };
    let pressed = widget::empty_ui(ui, icons::BROADCAST, "No endpoints yet", text, Some(button));
    if pressed.is_some_and(|response| response.clicked()) {
        if has_model {
            commands.send(Ask::Serve {
                model: None,
                version: None,
            });
        } else {
            commands.send(Navigate::Page(PageKind::Models));
        }
    }
    ui.vertical_centered(|ui| {
        let watch = Button::quiet("Watch a URL…").glyph(icons::EYE);
        if ui
            .add(watch.tooltip("Watch an address that somebody else serves"))
            .clicked()
        {
            commands.send(Ask::Watch);
        }
    });
}

/// How many there are, and how many are not well.
fn summary(endpoints: &[Endpoint]) -> String {
    use aloft_base::endpoint::health::State;
    let count = |state: State| {
        endpoints
            .iter()
            .filter(|endpoint| light::of(endpoint).state == state)
            .count() as u64
    };
    let mut parts = vec![format::plural(endpoints.len() as u64, "endpoint", "endpoints")];
    for (state, word) in [
        (State::Healthy, "healthy"),
        (State::Degraded, "degraded"),
        (State::Down, "down"),
    ] {
        if count(state) > 0 {
            parts.push(format!("{} {word}", format::count(count(state))));
        }
    }
    parts.join(" · ")
}

/// One endpoint. A click opens it.
fn card_ui(
    endpoint: &Endpoint,
    pulse: &Pulse,
    width: f32,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let tokens = ctx.tokens;
    let light = light::of(endpoint);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open endpoint {}", endpoint.name)));
    let fill = if response.contains_pointer() {
        tokens.hover
    } else {
        tokens.raised
    };
    let painter = ui.painter().clone();
    painter.rect(
        rect,
        CornerRadius::same(size::RADIUS),
        fill,
        Stroke::new(1.0, tokens.border),
        StrokeKind::Inside,
    );
    if response.has_focus() {
        let ring = Stroke::new(1.5, tokens.accent);
        painter.rect_stroke(rect, CornerRadius::same(size::RADIUS), ring, StrokeKind::Inside);
    }
    if response.clicked() {
        commands.send(Navigate::endpoint(&endpoint.id));
    }
    let inner = rect.shrink(16.0);
    let mut top = inner.top();
    let line = |ui: &Ui, top: f32, text: &str, font: egui::FontId, ink: egui::Color32, room: f32| {
        let galley = one_line(ui, text, font, ink, room);
        ui.painter().galley(pos2(inner.left(), top), galley, ink);
    };
    line(
        ui,
        top,
        &endpoint.name,
        font::section(),
        tokens.text,
        inner.width() - 110.0,
    );
    pill_at(
        ui,
        &light,
        Rect::from_min_max(pos2(inner.right() - 108.0, top - 2.0), pos2(inner.right(), top + 22.0)),
    );
    top += 24.0;
    line(
        ui,
        top,
        &what(endpoint),
        font::body(),
        tokens.text_secondary,
        inner.width(),
    );
    top += 20.0;
    line(
        ui,
        top,
        &why(&light, ctx),
        font::label(),
        tokens.text_secondary,
        inner.width(),
    );
    top += 22.0;
    let spark = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), 36.0));
    if pulse.requests.is_empty() {
        let at = spark.left_center();
        let text = match endpoint.spec {
            Spec::Local(_) => "No request was counted yet",
            Spec::External(_) => "Its requests are not seen from here",
        };
        painter.text(at, Align2::LEFT_CENTER, text, font::label(), tokens.text_disabled);
    }
    let mut place = ui.new_child(UiBuilder::new().max_rect(spark));
    let colour = tokens.series_of(&endpoint.id);
    sparkline_ui(
        &mut place,
        "Requests per second",
        &pulse.requests,
        colour,
        spark.width(),
        spark.height(),
    );
    top += 46.0;
    let figures = figures(pulse);
    // The first name is the longest.
    let each = (inner.width() - 16.0) / figures.len() as f32;
    for (nth, (name, value)) in figures.iter().enumerate() {
        let left = inner.left() + each * nth as f32 + if nth > 0 { 16.0 } else { 0.0 };
        painter.text(
            pos2(left, top),
            Align2::LEFT_TOP,
            *name,
            font::label(),
            tokens.text_secondary,
        );
        painter.text(
            pos2(left, top + 16.0),
            Align2::LEFT_TOP,
            value,
            font::mono(),
            tokens.text,
        );
    }
    top += 42.0;
    line(
        ui,
        top,
        &foot(endpoint, ctx),
        font::label(),
        tokens.text_secondary,
        inner.width(),
    );
    response.on_hover_text(format!(
        "{}\n{}\n{}\n{}",
        endpoint.name,
        what(endpoint),
        light.reason,
        light::url(endpoint).unwrap_or("It has no address yet")
    ));
}

fn pill_at(ui: &mut Ui, light: &Light, place: Rect) {
    let layout = Layout::right_to_left(Align::Center);
    let mut corner = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    light_ui(&mut corner, light);
}

/// The light with its word. A screen reader hears `Health: healthy`.
pub(super) fn light_ui(ui: &mut Ui, light: &Light) {
    let response = widget::pill_ui(ui, light.tone(), light.glyph(), light.word);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, light.says()));
}

/// What it serves, and which version that is now.
pub(super) fn what(endpoint: &Endpoint) -> String {
    let serves = light::serves(endpoint);
    match (&endpoint.spec, light::version(endpoint)) {
        (Spec::Local(_), Some(number)) => format!("{serves} → version {number}"),
        (Spec::Local(_), None) => serves,
        (Spec::External(_), _) => format!("External · {serves}"),
    }
}

/// Why it is as it is, and since when.
pub(super) fn why(light: &Light, ctx: &AppContext<'_>) -> String {
    match light.since_ms {
        Some(since) => format!("{} · {}", format::ago(ctx.now_ms, since), light.reason),
        None => light.reason.clone(),
    }
}

/// The figures below the sparkline.
pub(super) fn figures(pulse: &Pulse) -> [(&'static str, String); 5] {
    let none = || "–".to_owned();
    let ms = |value: Option<f64>| value.map_or_else(none, |value| format!("{} ms", format::short(value)));
    let rate = |value: Option<f64>| value.map_or_else(none, format::short);
    let requests = pulse.requests.iter().rev().find(|value| value.is_finite()).copied();
    [
        ("Requests/s", rate(requests)),
        ("p50", ms(pulse.p50_ms)),
        ("p95", ms(pulse.p95_ms)),
        ("p99", ms(pulse.p99_ms)),
        ("Errors/s", rate(pulse.errors)),
    ]
}

/// Address, how long it is up, and whether it is kept up.
fn foot(endpoint: &Endpoint, ctx: &AppContext<'_>) -> String {
    let mut parts = Vec::new();
    if let (Some(url), Spec::Local(_)) = (light::url(endpoint), &endpoint.spec) {
        parts.push(url.to_owned());
    }
    parts.extend(uptime(endpoint, ctx));
    if endpoint.spec.serving().is_some_and(|serving| serving.keep_up) {
        parts.push("kept up".to_owned());
    }
    if let Some(restarts) = endpoint
        .health
        .as_ref()
        .map(|health| health.restarts)
        .filter(|count| *count > 0)
    {
        parts.push(format::plural(restarts.into(), "restart", "restarts"));
    }
    parts.join("  ·  ")
}

/// How long its process answers.
pub(super) fn uptime(endpoint: &Endpoint, ctx: &AppContext<'_>) -> Option<String> {
    let status = endpoint.status.as_ref().filter(|_| endpoint.is_active())?;
    let secs = (ctx.now_ms - status.ready_ms).max(0) as f64 / 1000.0;
    (status.ready_ms > 0).then(|| format!("up {}", format::duration(secs)))
}
