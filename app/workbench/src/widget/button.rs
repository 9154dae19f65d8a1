//! Buttons: filled, outlined, quiet; with an icon, words, or both.

use egui::{CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo, pos2, vec2};

use crate::command::{Availability, Command, CommandSender, Describe};
use crate::context::AppContext;
use crate::theme::{self, font, mix, size};

use super::text::{keys_text, one_line};

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one main action of a page: filled with the accent colour.
    Primary,
    /// Outlined.
    #[default]
    Secondary,
    /// No frame until the pointer is over it: toolbars, rows.
    Quiet,
    /// Destroys or ends something; outlined, in the colour of bad news.
    Danger,
}

/// A button with words, an icon, or both.
#[must_use = "add it with `ui.add`"]
pub struct Button<'a> {
    text: &'a str,
    glyph: Option<&'a str>,
    trailing: Option<&'a str>,
    kind: ButtonKind,
    why_not: Option<&'a str>,
    tooltip: Option<String>,
    selected: bool,
    icon_only: bool,
    min_width: f32,
    max_width: f32,
    flush: bool,
}

impl<'a> Button<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            glyph: None,
            trailing: None,
            kind: ButtonKind::Secondary,
            why_not: None,
            tooltip: None,
            selected: false,
            icon_only: false,
            min_width: 0.0,
            max_width: f32::INFINITY,
            flush: false,
        }
    }

    /// The one main action of a page.
    pub fn primary(text: &'a str) -> Self {
        Self::new(text).kind(ButtonKind::Primary)
    }

    /// No frame until the pointer is over it.
    pub fn quiet(text: &'a str) -> Self {
        Self::new(text).kind(ButtonKind::Quiet)
    }

    /// An icon alone. The name is its tooltip and what a screen reader says.
    pub fn icon(glyph: &'a str, name: &'a str) -> Self {
        let mut button = Self::quiet(name).glyph(glyph);
        button.icon_only = true;
        button
    }

    pub fn kind(mut self, kind: ButtonKind) -> Self {
        self.kind = kind;
        self
    }

    /// An icon before the words.
    pub fn glyph(mut self, glyph: &'a str) -> Self {
        self.glyph = Some(glyph);
        self
    }

    /// An icon after the words: a caret for a menu.
    pub fn trailing(mut self, glyph: &'a str) -> Self {
        self.trailing = Some(glyph);
        self
    }

    /// Disabled, because of this; `None` leaves it enabled.
    pub fn disabled(mut self, why_not: Option<&'a str>) -> Self {
        self.why_not = why_not;
        self
    }

    pub fn tooltip(mut self, tooltip: impl Into<String>) -> Self {
        self.tooltip = Some(tooltip.into());
        self
    }

    /// Shown as chosen: a toggle that is on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    pub fn min_width(mut self, width: f32) -> Self {
        self.min_width = width;
        self
    }

    /// Its icon or words line up with what is above and below: no room at the left.
    pub fn flush(mut self) -> Self {
        self.flush = true;
        self
    }

    /// Words that need more end in an ellipsis; say the whole in the tooltip.
    pub fn max_width(mut self, width: f32) -> Self {
        self.max_width = width;
        self
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        const PAD: f32 = 10.0;
        const GAP: f32 = 6.0;
        let tokens = theme::tokens(ui.ctx());
        let enabled = self.why_not.is_none() && ui.is_enabled();
        let plain = |ui: &Ui, text: &str, font| {
            ui.painter()
                .layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER)
        };
        let pads = if self.flush { PAD } else { 2.0 * PAD };
        let around = pads + if self.glyph.is_some() { size::ICON + GAP } else { 0.0 };
        let words = (!self.icon_only).then(|| {
            one_line(
                ui,
                self.text,
                font::medium(),
                egui::Color32::PLACEHOLDER,
                self.max_width - around,
            )
        });
        let glyph = self.glyph.map(|glyph| plain(ui, glyph, font::icon(size::ICON)));
        let trailing = self.trailing.map(|glyph| plain(ui, glyph, font::icon(12.0)));
        let parts = [&glyph, &words, &trailing];
        let count = parts.iter().filter(|part| part.is_some()).count();
        let content = parts
            .iter()
            .filter_map(|part| part.as_ref())
            .map(|part| part.size().x)
            .sum::<f32>()
            + GAP * count.saturating_sub(1) as f32;
        let width = if self.icon_only {
            size::CONTROL_HEIGHT
        } else {
            (content + pads).max(self.min_width)
        };
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, mut response) = ui.allocate_exact_size(vec2(width.ceil(), size::CONTROL_HEIGHT), sense);
        response.widget_info(|| {
            if self.selected {
                WidgetInfo::selected(Role::Button, enabled, true, self.text)
            } else {
                WidgetInfo::labeled(Role::Button, enabled, self.text)
            }
        });
        if ui.is_rect_visible(rect) {
            let held = response.is_pointer_button_down_on();
            let hovered = enabled && response.hovered();
            let (fill, border, text) = match self.kind {
                _ if !enabled && self.kind == ButtonKind::Quiet => (
                    egui::Color32::TRANSPARENT,
                    egui::Color32::TRANSPARENT,
                    tokens.text_disabled,
                ),
                _ if !enabled => (tokens.panel, tokens.border, tokens.text_disabled),
                ButtonKind::Primary => {
                    let fill = if hovered { tokens.accent_hover } else { tokens.accent };
                    (
                        if held {
                            mix(fill, tokens.accent_text, 0.12)
                        } else {
                            fill
                        },
                        egui::Color32::TRANSPARENT,
                        tokens.accent_text,
                    )
                }
                _ if self.selected => (tokens.selected, egui::Color32::TRANSPARENT, tokens.accent),
                ButtonKind::Quiet => {
                    let fill = if held {
                        tokens.pressed
                    } else if hovered {
                        tokens.hover
                    } else {
                        egui::Color32::TRANSPARENT
                    };
                    let text = if hovered || !self.icon_only {
                        tokens.text
                    } else {
                        tokens.text_secondary
                    };
                    (fill, egui::Color32::TRANSPARENT, text)
                }
                ButtonKind::Secondary | ButtonKind::Danger => {
                    let fill = if held {
                        tokens.pressed
                    } else if hovered {
                        tokens.hover
                    } else {
                        tokens.raised
                    };
                    let text = if self.kind == ButtonKind::Danger {
                        tokens.bad
                    } else {
                        tokens.text
                    };
                    (fill, if hovered { tokens.border_strong } else { tokens.border }, text)
                }
            };
            let painter = ui.painter();
            let radius = CornerRadius::same(size::RADIUS);
            let frame = if self.flush {
                rect.with_min_x(rect.left() - PAD)
            } else {
                rect
            };
            painter.rect(frame, radius, fill, Stroke::new(1.0, border), StrokeKind::Inside);
            paint_focus(ui, &response, frame);
            let mut x = frame.center().x - content / 2.0;
            for part in [glyph, words, trailing].into_iter().flatten() {
                let at = pos2(x, rect.center().y - part.size().y / 2.0);
                x += part.size().x + GAP;
                painter.galley(at, part, text);
            }
        }
        let tooltip = match (self.why_not, self.tooltip) {
            (Some(why), _) => Some(why.to_owned()),
            (None, Some(tooltip)) => Some(tooltip),
            (None, None) if self.icon_only => Some(self.text.to_owned()),
            (None, None) => None,
        };
        if let Some(tooltip) = tooltip {
            response = response.on_hover_text(tooltip);
        }
        response
    }
}

/// A ring around what has the keyboard's focus.
pub(super) fn paint_focus(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let tokens = theme::tokens(ui.ctx());
        let radius = CornerRadius::same(size::RADIUS + 2);
        ui.painter().rect_stroke(
            rect.expand(2.0),
            radius,
            Stroke::new(1.5, tokens.accent),
            StrokeKind::Inside,
        );
    }
}

/// A button for a command: its words, icon, shortcut and, when it cannot be done, why not. Sends it when pressed.
pub fn command_button_ui(
    ui: &mut Ui,
    ctx: &AppContext<'_>,
    commands: &mut CommandSender,
    command: impl Into<Command>,
    kind: ButtonKind,
) -> Response {
    let command = command.into();
    let text = command.text(ctx);
    command_ui(ui, ctx, commands, command, Button::new(&text).kind(kind))
}

/// A command as an icon alone, with its words as tooltip.
pub fn command_icon_ui(
    ui: &mut Ui,
    ctx: &AppContext<'_>,
    commands: &mut CommandSender,
    command: impl Into<Command>,
) -> Response {
    let command = command.into();
    let text = command.text(ctx);
    let glyph = command.icon();
    command_ui(ui, ctx, commands, command, Button::icon(glyph, &text))
}

fn command_ui(
    ui: &mut Ui,
    ctx: &AppContext<'_>,
    commands: &mut CommandSender,
    command: Command,
    button: Button<'_>,
) -> Response {
    let availability = command.availability(ctx);
    let mut tooltip = if button.icon_only {
        format!("{} – {}", button.text, command.tooltip())
    } else {
        command.tooltip().to_owned()
    };
    if let Some(keys) = command.shortcut() {
        tooltip = format!("{tooltip}  ({})", keys_text(ui.ctx(), &keys));
    }
    let why_not = match &availability {
        Availability::Ready => None,
        Availability::Not(why) => Some(why.as_ref()),
    };
    let glyph = command.icon();
    let response = ui.add(button.glyph(glyph).disabled(why_not).tooltip(tooltip));
    if response.clicked() {
        commands.send(command);
    }
    response
}

/// A size no smaller than a control.
pub(super) fn control_size(width: f32) -> Vec2 {
    vec2(width, size::CONTROL_HEIGHT)
}
