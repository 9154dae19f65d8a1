//! Every key and what it does.

use egui::{Context, Frame, Id, Margin, Modal, RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::{Command, Describe};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{Button, keys_text, keys_ui};

/// Keys that are no commands.
const OTHERS: [(&str, &str); 9] = [
    ("Esc", "Close the innermost thing"),
    ("Tab", "Go to the next thing that can be pressed"),
    ("Arrows, Home, End, Page Up, Page Down", "Move in a table or list"),
    ("Shift with those", "Extend the selection"),
    ("Enter, Space", "Show a cell of a grid at length"),
    ("Shift+F10", "Show what can be done with a cell and its column"),
    ("Alt+Page Up, Alt+Page Down", "Move the column of a grid"),
    ("Ctrl+Shift+C", "Copy cells with the names of their columns"),
    ("Ctrl+V", "Open the file whose path is on the clipboard"),
];

/// Draws the list. Answers whether it is to be closed.
pub(super) fn modal_ui(ctx: &AppContext<'_>, egui_ctx: &Context) -> bool {
    let frame = Frame::window(&egui_ctx.global_style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("shortcuts"))
        .frame(frame)
        .backdrop_color(ctx.tokens.scrim);
    let response = modal.show(egui_ctx, |ui| {
        ui.set_width(680.0);
        let mut close = false;
        ui.horizontal(|ui| {
            ui.label(
                RichText::new("Keyboard shortcuts")
                    .font(font::section())
                    .color(ctx.tokens.text),
            );
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                close = ui.add(Button::icon(icons::X, "Close")).clicked();
            });
        });
        ui.add_space(size::GAP);
        let height = (ui.ctx().content_rect().height() - 160.0).min(480.0);
        ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height)
            .show(ui, |ui| {
                // Room for the bar at the right.
                Frame::new()
                    .inner_margin(Margin {
                        right: 12,
                        ..Margin::ZERO
                    })
                    .show(ui, |ui| {
                        ui.spacing_mut().item_spacing = egui::vec2(36.0, 4.0);
                        ui.columns(2, |columns| {
                            group_ui(ctx, &mut columns[0], "Go somewhere", |command| {
                                matches!(command, Command::Navigate(_))
                            });
                            group_ui(ctx, &mut columns[0], "Data and training", |command| {
                                matches!(command, Command::Data(_) | Command::Train(_) | Command::Ask(_))
                            });
                            others_ui(ctx, &mut columns[0]);
                            group_ui(ctx, &mut columns[1], "Window", |command| {
                                matches!(command, Command::View(_))
                            });
                        });
                    });
            });
        close
    });
    response.should_close() || response.inner
}

fn group_ui(ctx: &AppContext<'_>, ui: &mut Ui, title: &str, belongs: impl Fn(&Command) -> bool) {
    head_ui(ctx, ui, title);
    for command in Command::fixed().iter().filter(|command| belongs(command)) {
        if let Some(keys) = command.shortcut() {
            row_ui(ctx, ui, &command.text(ctx), &keys_text(ui.ctx(), &keys));
        }
    }
    ui.add_space(size::GAP_WIDE);
}

fn others_ui(ctx: &AppContext<'_>, ui: &mut Ui) {
    head_ui(ctx, ui, "Everywhere");
    for (keys, text) in OTHERS {
        row_ui(ctx, ui, text, keys);
    }
}

fn head_ui(ctx: &AppContext<'_>, ui: &mut Ui, title: &str) {
    ui.label(
        RichText::new(title)
            .font(font::label())
            .color(ctx.tokens.text_secondary),
    );
}

fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, text: &str, keys: &str) {
    crate::widget::row_ui(ui, 22.0, |ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            keys_ui(ui, keys);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(text).color(ctx.tokens.text)).truncate());
            });
        });
    });
}
