//! The pane at the right: everything known of what is chosen, or of the bucket.

use aloft_base::connection::Connection;
use aloft_cloud::{Ability, Address, BucketDetails, ObjectDetails, ObjectVersion, PendingUpload};
use egui::{ScrollArea, Ui};
use egui_phosphor::regular as icons;

use super::entry::{Entry, Kind, escaped};
use super::listing::Listing;
use super::menu;
use super::preview::Preview;
use super::selection::Selection;
use crate::address::address;
use crate::command::bucket::name_of;
use crate::command::connection::is_confirmed_by_person;
use crate::command::{Ask, BucketCommand, CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::route::BucketPlace;
use crate::theme::size;
use crate::widget::{self, Button, ButtonKind, Tone, command_button_ui, key_value_ui, label_ui, section_ui};
use crate::work::{Fetch, Storage};

/// What the pane is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Bucket(BucketPlace),
    Folder(BucketPlace),
    Object {
        place: BucketPlace,
        key: String,
    },
    /// More than one entry.
    Many {
        objects: usize,
        folders: usize,
        bytes: u64,
    },
}

/// What the pane keeps between frames.
#[derive(Debug, Default)]
pub(super) struct Details {
    subject: Option<Subject>,
    /// What was asked about last.
    asked: Option<Subject>,
    object: Fetch<ObjectDetails>,
    versions: Fetch<Vec<ObjectVersion>>,
    bucket: Fetch<BucketDetails>,
    orphans: Fetch<Vec<PendingUpload>>,
    orphans_wanted: bool,
    connection: Option<Connection>,
    preview: Preview,
    /// The versions are to be brought into sight.
    reveal_versions: bool,
}

impl Details {
    /// Brings the versions of the chosen object into sight.
    pub(super) fn reveal_versions(&mut self) {
        self.reveal_versions = true;
    }

    /// What was read is not true any more.
    pub(super) fn forget(&mut self) {
        self.asked = None;
        self.orphans_wanted = self.orphans.value().is_some();
    }

    /// Finds out what is chosen, and asks about it.
    pub(super) fn logic(
        &mut self,
        ctx: &AppContext<'_>,
        connection: &Connection,
        storage: Option<&Storage>,
        place: &BucketPlace,
        listing: Option<&Listing>,
        selection: &Selection,
    ) {
        self.object.poll();
        self.versions.poll();
        self.bucket.poll();
        self.orphans.poll();
        self.connection = Some(connection.clone());
        let subject = subject(place, listing, selection);
        if self.subject != subject {
            let same_bucket = bucket_of(self.subject.as_ref()) == bucket_of(subject.as_ref());
            self.subject = subject;
            (self.object, self.versions) = (Fetch::Idle, Fetch::Idle);
            self.preview.clear();
            if !same_bucket {
                (self.bucket, self.orphans) = (Fetch::Idle, Fetch::Idle);
            }
        }
        let Some(storage) = storage else { return };
        if let (Some(Subject::Object { place, key }), Some(details)) = (&self.subject, self.object.value()) {
            self.preview.logic(ctx, connection, &place.bucket, key, details);
        }
        self.find_orphans(ctx, connection);
        if self.asked == self.subject || self.object.is_pending() || self.bucket.is_pending() {
            return;
        }
        match self.subject.clone() {
            Some(Subject::Object { place, key }) => {
                let at = Address::new(place.bucket, key);
                let (one, other) = (at.clone(), at);
                ctx.work
                    .fetch_remote(&mut self.object, connection, move |storage| async move {
                        storage.details(&one, None).await
                    });
                if storage.can(Ability::Versions) {
                    ctx.work
                        .fetch_remote(&mut self.versions, connection, move |storage| async move {
                            storage.versions(&other).await
                        });
                }
                if !self.object.is_pending() {
                    return;
                }
            }
            Some(Subject::Bucket(place)) if storage.can(Ability::BucketDetails) => {
                ctx.work
                    .fetch_remote(&mut self.bucket, connection, move |storage| async move {
                        storage.bucket_details(&place.bucket).await
                    });
                if !self.bucket.is_pending() {
                    return;
                }
            }
            _ => {}
        }
        self.asked = self.subject.clone();
    }

    fn find_orphans(&mut self, ctx: &AppContext<'_>, connection: &Connection) {
        let Some(Subject::Bucket(place)) = &self.subject else {
            return;
        };
        if !self.orphans_wanted || self.orphans.is_pending() {
            return;
        }
        let bucket = place.bucket.clone();
        ctx.work
            .fetch_remote(&mut self.orphans, connection, move |storage| async move {
                storage.pending_uploads(&bucket, "").await
            });
        self.orphans_wanted = !self.orphans.is_pending();
    }

    /// Draws the pane.
    pub(super) fn ui(
        &mut self,
        storage: Option<&Storage>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("details")
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                // The bar floats over what is at the right.
                ui.set_max_width(ui.available_width() - 10.0);
                match self.subject.clone() {
                    None => self.connection_ui(ctx, ui, commands),
                    Some(Subject::Many {
                        objects,
                        folders,
                        bytes,
                    }) => {
                        section_ui(ui, "Selection");
                        key_value_ui(ui, "Objects", &format::count(objects as u64));
                        key_value_ui(ui, "Folders", &format::count(folders as u64));
                        key_value_ui(ui, "Size", &format::bytes(bytes));
                    }
                    Some(Subject::Folder(place)) => {
                        head_ui(ui, name_of(&place.prefix));
                        self.address_ui(&place.bucket, &place.prefix, ui, commands);
                        widget::paragraph_ui(ui, "Open it to see how much is in it.");
                    }
                    Some(Subject::Bucket(place)) => self.bucket_ui(&place, storage, ctx, ui, commands),
                    Some(Subject::Object { place, key }) => self.object_ui(&place, &key, storage, ctx, ui, commands),
                }
            });
    }

    /// Nothing is chosen and no bucket is open: what is connected.
    fn connection_ui(&self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let Some(connection) = &self.connection else { return };
        head_ui(ui, &connection.name);
        ui.add_space(4.0);
        let spec = &connection.spec;
        key_value_ui(ui, "Provider", spec.provider.label());
        let facts = [
            ("Folder", &spec.root),
            ("Server", &spec.endpoint),
            ("Region", &spec.region),
            ("Account", &spec.account),
            ("Project", &spec.project),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                key_value_ui(ui, name, value);
            }
        }
        ui.add_space(size::GAP);
        ui.horizontal_wrapped(|ui| {
            let id = || connection.id.clone();
            let change = Ask::ChangeConnection { connection: id() };
            command_button_ui(ui, ctx, commands, change, ButtonKind::Secondary);
            let test = Ask::TestConnection { connection: id() };
            command_button_ui(ui, ctx, commands, test, ButtonKind::Secondary);
            if is_confirmed_by_person(&spec.sign_in) {
                command_button_ui(
                    ui,
                    ctx,
                    commands,
                    Ask::SignIn { connection: id() },
                    ButtonKind::Secondary,
                );
            }
        });
        ui.add_space(size::GAP);
        widget::paragraph_ui(ui, "Select a bucket to see its settings.");
    }

    fn address_ui(&self, bucket: &str, key: &str, ui: &mut Ui, commands: &mut CommandSender) {
        let Some(connection) = &self.connection else { return };
        let address = address(connection, bucket, key);
        ui.horizontal(|ui| {
            let copy = Button::icon(icons::CLIPBOARD_TEXT, "Copy address");
            if ui.add(copy).clicked() {
                commands.send(ViewCommand::Copy(address.clone()));
            }
            let tokens = crate::theme::tokens(ui.ctx());
            let text = egui::RichText::new(escaped(&address)).color(tokens.text_secondary);
            widget::ellipsis_ui(ui, text, &escaped(&address));
        });
    }

    fn object_ui(
        &mut self,
        place: &BucketPlace,
        key: &str,
        storage: Option<&Storage>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        head_ui(ui, name_of(key));
        self.address_ui(&place.bucket, key, ui, commands);
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            if menu::is_table(key) || self.preview.is_table() {
                for then_train in [false, true] {
                    let (place, key) = (place.clone(), key.to_owned());
                    let open = BucketCommand::OpenDataset { place, key, then_train };
                    command_button_ui(ui, ctx, commands, open, ButtonKind::Secondary);
                }
            }
            let link = Ask::SignedLink {
                place: place.clone(),
                key: key.to_owned(),
            };
            let cannot = storage
                .filter(|storage| !storage.can(Ability::SignedLink))
                .map(|storage| storage.cannot(Ability::SignedLink).to_string());
            let button = Button::new("Signed link…").glyph(icons::LINK);
            if ui.add(button.disabled(cannot.as_deref())).clicked() {
                commands.send(link);
            }
        });
        ui.add_space(size::GAP);
        let mut again = false;
        if let Some(report) = self.object.report() {
            again |= widget::problem_ui(ui, "Could not read its details", report, true, commands);
        }
        if self.object.value().is_some() {
            again |= self.preview.ui(ui, commands);
            ui.add_space(size::GAP_WIDE);
            label_ui(ui, "Details");
        }
        if again {
            // What it was may have been the reason.
            self.asked = None;
            ui.ctx().request_repaint();
        }
        match self.object.value() {
            Some(details) => facts_ui(details, ctx, ui),
            None if self.object.report().is_none() => widget::skeleton_rows_ui(ui, 10),
            None => {}
        }
        if let Some(versions) = self.versions.value().filter(|versions| !versions.is_empty()) {
            ui.add_space(size::GAP_WIDE);
            let head = label_ui(ui, "Versions");
            if std::mem::take(&mut self.reveal_versions) {
                head.scroll_to_me(Some(egui::Align::TOP));
            }
            for version in versions {
                version_ui(place, version, ctx, ui, commands);
            }
        }
        if self.versions.value().is_some_and(Vec::is_empty) || self.versions.report().is_some() {
            self.reveal_versions = false;
        }
        if let Some(storage) = storage.filter(|storage| !storage.can(Ability::Versions)) {
            ui.add_space(size::GAP_WIDE);
            widget::paragraph_ui(ui, &storage.cannot(Ability::Versions).to_string());
        }
    }

    fn bucket_ui(
        &mut self,
        place: &BucketPlace,
        storage: Option<&Storage>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        head_ui(ui, &place.bucket);
        self.address_ui(&place.bucket, "", ui, commands);
        ui.add_space(size::GAP);
        let Some(storage) = storage else {
            widget::skeleton_rows_ui(ui, 6);
            return;
        };
        if !storage.can(Ability::BucketDetails) {
            widget::paragraph_ui(ui, &storage.cannot(Ability::BucketDetails).to_string());
        } else if let Some(report) = self.bucket.report() {
            widget::problem_ui(ui, "Could not read its settings", report, false, commands);
        }
        if let Some(details) = self.bucket.value() {
            for warning in &details.warnings {
                widget::notice_ui(ui, Tone::Warning, icons::WARNING, warning);
            }
            if let Some(region) = &details.region {
                key_value_ui(ui, "Region", region);
            }
            for (name, value) in &details.facts {
                key_value_ui(ui, name, value);
            }
            if !details.lifecycle.is_empty() {
                ui.add_space(size::GAP_WIDE);
                label_ui(ui, "Lifecycle");
                for rule in &details.lifecycle {
                    widget::paragraph_ui(ui, rule);
                }
            }
        } else if self.bucket.is_pending() {
            widget::skeleton_rows_ui(ui, 6);
        }
        ui.add_space(size::GAP_WIDE);
        self.orphans_ui(place, storage, ctx, ui, commands);
    }

    /// Unfinished uploads: found when asked for, since that may take a while.
    fn orphans_ui(
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
        if let Some(report) = self.orphans.report() {
            widget::problem_ui(ui, "Could not look for unfinished uploads", report, false, commands);
        }
        if let Some(uploads) = self.orphans.value() {
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
        if self.orphans.is_pending() {
            widget::spinner_ui(ui, "Looking for unfinished uploads");
        } else if ui.add(find).clicked() {
            self.orphans_wanted = true;
        }
    }
}

fn bucket_of(subject: Option<&Subject>) -> Option<&BucketPlace> {
    match subject {
        Some(Subject::Bucket(place)) => Some(place),
        _ => None,
    }
}

fn subject(place: &BucketPlace, listing: Option<&Listing>, selection: &Selection) -> Option<Subject> {
    let bucket = |bucket: String| {
        Subject::Bucket(BucketPlace {
            connection: place.connection.clone(),
            bucket,
            prefix: String::new(),
        })
    };
    let listing = listing.filter(|listing| listing.place == *place);
    let one = |nth: u32| -> Option<&Entry> { listing?.entries.get(nth as usize) };
    match selection.count() {
        0 => (!place.bucket.is_empty()).then(|| bucket(place.bucket.clone())),
        1 => {
            let entry = one(selection.entries().next()?)?;
            let key = format!("{}{}", place.prefix, entry.name);
            Some(match entry.kind {
                Kind::Bucket => bucket(entry.name.to_string()),
                Kind::Folder => Subject::Folder(BucketPlace {
                    prefix: key,
                    ..place.clone()
                }),
                Kind::Object => Subject::Object {
                    place: place.clone(),
                    key,
                },
            })
        }
        _ => {
            let chosen = selection.chosen(&listing?.entries);
            Some(Subject::Many {
                objects: chosen.objects,
                folders: chosen.folders,
                bytes: chosen.bytes,
            })
        }
    }
}

fn head_ui(ui: &mut Ui, name: &str) {
    let tokens = crate::theme::tokens(ui.ctx());
    let shown = escaped(name);
    let text = egui::RichText::new(&shown)
        .font(crate::theme::font::section())
        .color(tokens.text);
    widget::ellipsis_ui(ui, text, &shown);
}

/// The details that are there; what the provider did not say is left out.
fn facts_ui(details: &ObjectDetails, ctx: &AppContext<'_>, ui: &mut Ui) {
    key_value_ui(ui, "Size", &format::bytes(details.bytes)).on_hover_text(format::plural(
        details.bytes,
        "byte",
        "bytes",
    ));
    if let Some(then) = details.modified_ms {
        key_value_ui(ui, "Modified", &format::ago(ctx.now_ms, then)).on_hover_text(format::absolute(then));
    }
    let said = [
        ("Type", &details.content_type),
        ("Storage class", &details.storage_class),
        ("ETag", &details.etag),
        ("Encryption", &details.encryption),
    ];
    for (name, value) in said.into_iter().filter(|(_, value)| !value.is_empty()) {
        key_value_ui(ui, name, value);
    }
    for (name, value) in &details.checksums {
        key_value_ui(ui, name, value);
    }
    if let Some(version) = &details.version {
        key_value_ui(ui, "Version", version);
    }
    for (head, pairs) in [("Metadata", &details.metadata), ("Tags", &details.tags)] {
        if pairs.is_empty() {
            continue;
        }
        ui.add_space(size::GAP_WIDE);
        label_ui(ui, head);
        for (name, value) in pairs {
            key_value_ui(ui, name, &escaped(value));
        }
    }
}

fn version_ui(
    place: &BucketPlace,
    version: &ObjectVersion,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    ui.horizontal(|ui| {
        let when = version
            .modified_ms
            .map_or_else(String::new, |then| format::ago(ctx.now_ms, then));
        let what = match (version.is_delete_marker, version.is_latest) {
            (true, _) => "Deleted".to_owned(),
            (false, true) => format!("Now · {}", format::bytes(version.bytes)),
            (false, false) => format::bytes(version.bytes),
        };
        widget::secondary_ui(ui, &format!("{what} · {when}")).on_hover_text(&version.version);
        let remove = BucketCommand::RemoveVersion {
            place: place.clone(),
            key: version.key.clone(),
            version: version.version.clone(),
            is_delete_marker: version.is_delete_marker,
        };
        if version.is_delete_marker || !version.is_latest {
            widget::command_icon_ui(ui, ctx, commands, remove);
        }
    });
}
