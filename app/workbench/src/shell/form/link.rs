//! A signed link: for how long, then a button that copies it. The link itself is never drawn.

use std::time::Duration;

use aloft_base::Redacted;
use aloft_cloud::Address;
use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::bucket::name_of;
use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::route::BucketPlace;
use crate::widget::{self, Button, Tone, segmented_ui};
use crate::work::Fetch;

use super::parts::{Step, dialog_ui, done_ui, end_ui, row_ui};

pub(in crate::shell) struct Form {
    place: BucketPlace,
    key: String,
    minutes: u64,
    wanted: bool,
    link: Fetch<Redacted<String>>,
}

impl Form {
    pub(super) fn new(place: BucketPlace, key: String) -> Self {
        Self {
            place,
            key,
            minutes: 60,
            wanted: false,
            link: Fetch::Idle,
        }
    }

    /// Asks for the link.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.link.poll();
        if !self.wanted {
            return;
        }
        let Some(connection) = ctx.library.connection(&self.place.connection) else {
            return;
        };
        let at = Address::new(self.place.bucket.clone(), self.key.clone());
        let valid_for = Duration::from_secs(self.minutes * 60);
        ctx.work
            .fetch_remote(&mut self.link, connection, move |storage| async move {
                storage.signed_link(&at, valid_for).await
            });
        self.wanted = !self.link.is_pending();
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Signed link to {}", name_of(&self.key));
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            widget::paragraph_ui(ui, "Anybody who has the link can read this object until it ends.");
            if let Some(link) = self.link.value() {
                let until = format::duration(self.minutes as f64 * 60.0);
                widget::notice_ui(
                    ui,
                    Tone::Good,
                    icons::LINK,
                    &format!("The link is ready and works for {until}."),
                );
                if ui.add(Button::new("Copy link").glyph(icons::COPY)).clicked() {
                    commands.send(ViewCommand::Copy(link.expose().clone()));
                }
                return done_ui(ui);
            }
            row_ui(ui, "Works for", |ui| {
                let choices = [(15, "15 min"), (60, "1 h"), (24 * 60, "1 day"), (7 * 24 * 60, "7 days")];
                segmented_ui(ui, &mut self.minutes, &choices);
            });
            if let Some(report) = self.link.report() {
                widget::problem_ui(ui, "Could not make the link", report, false, commands);
            }
            let waiting = (self.wanted || self.link.is_pending()).then_some("Making it…");
            match end_ui(ui, "Make link", icons::LINK, waiting) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    self.wanted = true;
                    false
                }
            }
        })
    }
}
