//! Toasts: what happened, for a moment; what failed, until it is dismissed.

use aloft_base::Report;
use egui::{Align2, Area, Context, CornerRadius, Frame, Id, Label, Margin, Order, RichText, Stroke, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::command::{Command, CommandSender, view};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{Button, Tone};

/// How long good news stay.
const SHOWN_MS: i64 = 6_000;
/// More than these are never on screen at once; the oldest go first.
const MOST: usize = 4;

/// The toasts on screen, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
    made: u64,
}

#[derive(Debug)]
struct Toast {
    number: u64,
    tone: Tone,
    title: String,
    text: String,
    report: Option<Report>,
    /// What takes it back.
    undo: Option<Command>,
    /// When it goes by itself; failures stay.
    until_ms: Option<i64>,
}

impl Toasts {
    /// Says that something was done.
    pub(crate) fn say(&mut self, title: &str, text: &str) {
        let until_ms = aloft_base::time::now_ms() + SHOWN_MS;
        self.push(Tone::Neutral, title, text, None, Some(until_ms));
    }

    /// Says that something was done, and offers to take it back.
    pub(crate) fn offer(&mut self, title: &str, text: &str, undo: Command) {
        let until_ms = aloft_base::time::now_ms() + 2 * SHOWN_MS;
        self.push(Tone::Neutral, title, text, None, Some(until_ms));
        if let Some(toast) = self.shown.last_mut() {
            toast.undo = Some(undo);
        }
    }

    /// Tells news that nobody asked for: that an endpoint is down, or well again.
    pub(crate) fn tell(&mut self, tone: Tone, title: &str, text: &str) {
        let until_ms = aloft_base::time::now_ms() + 3 * SHOWN_MS;
        self.push(tone, title, text, None, Some(until_ms));
    }

    /// Says that something is not as it was expected.
    pub(crate) fn warn(&mut self, title: &str, text: &str) {
        let until_ms = aloft_base::time::now_ms() + 2 * SHOWN_MS;
        self.push(Tone::Warning, title, text, None, Some(until_ms));
    }

    /// Says that something failed; stays until it is dismissed.
    pub(crate) fn fail(&mut self, what: &str, report: Report) {
        let text = if report.hint.is_empty() {
            report.message.clone()
        } else {
            format!("{}\n{}", report.message, report.hint)
        };
        self.push(Tone::Bad, what, &text, Some(report), None);
    }

    /// Takes the newest off; answers whether there was one.
    pub(crate) fn dismiss_newest(&mut self) -> bool {
        self.shown.pop().is_some()
    }

    fn push(&mut self, tone: Tone, title: &str, text: &str, report: Option<Report>, until_ms: Option<i64>) {
        // The same news twice is one toast, shown anew.
        self.shown.retain(|toast| toast.title != title || toast.text != text);
        self.made += 1;
        let (title, text) = (title.to_owned(), text.to_owned());
        self.shown.push(Toast {
            number: self.made,
            tone,
            title,
            text,
            report,
            undo: None,
            until_ms,
        });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    /// Draws them above the status bar, newest at the bottom.
    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) {
        self.shown
            .retain(|toast| toast.until_ms.is_none_or(|until| until > ctx.now_ms));
        if let Some(next) = self.shown.iter().filter_map(|toast| toast.until_ms).min() {
            let wait = (next - ctx.now_ms).max(10).unsigned_abs();
            egui_ctx.request_repaint_after(std::time::Duration::from_millis(wait));
        }
        if self.shown.is_empty() {
            return;
        }
        let mut dismissed = None;
        Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -(size::STATUS_BAR + 16.0)))
            .show(egui_ctx, |ui| {
                for toast in &self.shown {
                    if toast_ui(ctx, ui, commands, toast) {
                        dismissed = Some(toast.number);
                    }
                }
            });
        if let Some(number) = dismissed {
            self.shown.retain(|toast| toast.number != number);
        }
    }
}

/// One toast. Answers whether it was dismissed.
fn toast_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, toast: &Toast) -> bool {
    let tokens = ctx.tokens;
    let mut dismissed = false;
    let (ink, _) = toast.tone.colours(tokens);
    let glyph = match toast.tone {
        Tone::Bad => icons::X_CIRCLE,
        Tone::Good => icons::CHECK_CIRCLE,
        Tone::Warning => icons::WARNING,
        _ => icons::INFO,
    };
    Frame::new()
        .fill(tokens.raised)
        .stroke(Stroke::new(1.0, tokens.border_strong))
        .corner_radius(CornerRadius::same(size::RADIUS + 2))
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin {
            left: 12,
            right: 8,
            top: 8,
            bottom: 10,
        })
        .show(ui, |ui| {
            ui.set_width(360.0);
            ui.horizontal_top(|ui| {
                ui.add_space(2.0);
                let (rect, _) = ui.allocate_exact_size(vec2(18.0, size::CONTROL_HEIGHT), egui::Sense::hover());
                ui.painter()
                    .text(rect.center(), Align2::CENTER_CENTER, glyph, font::icon(size::ICON), ink);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.set_width(ui.available_width());
                    ui.horizontal(|ui| {
                        let width = ui.available_width() - size::CONTROL_HEIGHT - 8.0;
                        ui.scope(|ui| {
                            ui.set_width(width);
                            ui.add(
                                Label::new(RichText::new(&toast.title).font(font::medium()).color(tokens.text))
                                    .truncate(),
                            );
                        });
                        dismissed = ui.add(Button::icon(icons::X, "Dismiss")).clicked();
                    });
                    if !toast.text.is_empty() {
                        let text = RichText::new(&toast.text).color(tokens.text_secondary);
                        ui.add(Label::new(text).wrap().selectable(true));
                    }
                    if let Some(undo) = &toast.undo {
                        ui.add_space(4.0);
                        if ui.add(Button::new("Undo").glyph(icons::ARROW_U_UP_LEFT)).clicked() {
                            commands.send(undo.clone());
                            dismissed = true;
                        }
                    }
                    if let Some(report) = &toast.report {
                        ui.add_space(4.0);
                        if ui.add(Button::new("Copy details").glyph(icons::COPY)).clicked() {
                            commands.send(view::copy_report(&toast.title, report));
                        }
                    }
                });
            });
        });
    dismissed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_stay_and_the_same_news_is_shown_once() {
        let mut toasts = Toasts::default();
        let report = Report::new(aloft_base::ErrorKind::NotFound, "There is no file", "Check the name");
        toasts.fail("Could not open a.csv", report.clone());
        toasts.fail("Could not open a.csv", report);
        assert_eq!(toasts.shown.len(), 1);
        assert_eq!(toasts.shown[0].until_ms, None);
        for number in 0..9 {
            toasts.say(&format!("Done {number}"), "");
        }
        assert_eq!(toasts.shown.len(), MOST);
        assert!(toasts.dismiss_newest());
        assert_eq!(toasts.shown.last().unwrap().title, "Done 7");
    }
}
