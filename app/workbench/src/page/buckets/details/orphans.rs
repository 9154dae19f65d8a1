//! Parts of uploads that were never finished: found when asked for, since that may take a while.

use aloft_base::connection::Connection;
use aloft_cloud::{Ability, PendingUpload};
use egui::Ui;
use egui_phosphor::regular as icons;

use super::super::entry::escaped;
use crate::command::bucket::name_of;
use crate::command::{BucketCommand, CommandSender};
use crate::context::AppContext;
use crate::format;
use crate::route::BucketPlace;
use crate::widget::{self, Button, ButtonKind, command_button_ui, key_value_ui, label_ui};
use crate::work::{Fetch, Storage};

/// Those of one bucket.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    found: Fetch<Vec<PendingUpload>>,
    is_wanted: bool,
}

impl Orphans {
    /// What was found is not true any more: it is looked for again where it was.
    pub(super) fn forget(&mut self) {
        self.is_wanted = self.found.value().is_some();
    }

    /// Takes in what came, and looks for them in this bucket when that is wanted.
    pub(super) fn logic(&mut self, place: Option<&BucketPlace>, ctx: &AppContext<'_>, connection: &Connection) {
        self.found.poll();
        let Some(place) = place.filter(|_| self.is_wanted && !self.found.is_pending()) else {
            return;
        };
        let bucket = place.bucket.clone();
        ctx.work
            .fetch_remote(&mut self.found, connection, move |storage| async move {
                storage.pending_uploads(&bucket, "").await
            });
        self.is_wanted = !self.found.is_pending();
    }

    /// Draws it.
    pub(super) fn ui(
        &mut self,
        place: &BucketPlace,
        storage: &Storage,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        label_ui(ui, "Orphaned parts");
        let cannot =
            (!storage.can(Ability::PendingUploads)).then(|| storage.cannot(Ability::PendingUploads).to_string());
        if let Some(report) = self.found.report() {
            widget::problem_ui(ui, "Could not look for unfinished uploads", report, false, commands);
        }
        if let Some(uploads) = self.found.value() {
            if uploads.is_empty() {
                widget::secondary_ui(ui, "No upload was left unfinished.");
            } else {
                let known: u64 = uploads.iter().filter_map(|upload| upload.bytes).sum();
                let count = format::plural(uploads.len() as u64, "unfinished upload", "unfinished uploads");
                widget::secondary_ui(ui, &format!("{count}, {} stored", format::bytes(known)));
                for upload in uploads.iter().take(50) {
                    let age = upload.started_ms.map(|then| format::ago(ctx.now_ms, then));
                    let size = upload.bytes.map(format::bytes);
                    let says: Vec<String> = [size, age].into_iter().flatten().collect();
                    key_value_ui(ui, name_of(&upload.key), &says.join(" · ")).on_hover_text(escaped(&upload.key));
                }
                let abort = BucketCommand::AbortUploads {
                    place: place.clone(),
                    uploads: uploads
                        .iter()
                        .map(|upload| (upload.key.clone(), upload.upload.clone()))
                        .collect(),
                };
                command_button_ui(ui, ctx, commands, abort, ButtonKind::Danger);
            }
        }
        let find = Button::new("Find orphaned parts")
            .glyph(icons::MAGNIFYING_GLASS)
            .tooltip("Parts of uploads that were begun and never finished are stored, and billed")
            .disabled(cannot.as_deref());
        if self.found.is_pending() {
            widget::spinner_ui(ui, "Looking for unfinished uploads");
        } else if ui.add(find).clicked() {
            self.is_wanted = true;
        }
    }
}
