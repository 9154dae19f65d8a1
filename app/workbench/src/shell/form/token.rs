//! A token, shown once.

use aloft_base::endpoint::token::Token;
use egui::{Context, CornerRadius, Frame, Label, Margin, RichText};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, Button};

use super::parts::{dialog_ui, done_ui};

pub(in crate::shell) struct Form {
    endpoint: String,
    token: Token,
}

impl Form {
    pub(super) fn new(endpoint: &str, token: Token) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            token,
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("The token of {}", self.endpoint);
        dialog_ui(ctx, egui_ctx, &title, 480.0, |ui| {
            widget::paragraph_ui(
                ui,
                "Requests need it. It is shown this once: only its hash is kept, so copy it now. \
                 A new one can be made at any time.",
            );
            Frame::new()
                .fill(ctx.tokens.field)
                .corner_radius(CornerRadius::same(size::RADIUS))
                .inner_margin(Margin::same(10))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let text = RichText::new(self.token.reveal())
                        .font(font::mono())
                        .color(ctx.tokens.text);
                    ui.add(Label::new(text).wrap().selectable(true));
                });
            if ui.add(Button::new("Copy token").glyph(icons::COPY)).clicked() {
                commands.send(ViewCommand::Copy(self.token.reveal().to_owned()));
            }
            done_ui(ui)
        })
    }
}
