//! The pane at the right: everything known of what is chosen, or of the bucket.

mod facts;
mod orphans;

use aloft_base::connection::Connection;
use aloft_cloud::{Ability, Address, BucketDetails, ObjectDetails, ObjectVersion};
use egui::{ScrollArea, Ui};
use egui_phosphor::regular as icons;

use super::entry::{Entry, Kind, escaped};
use super::listing::Listing;
use super::menu;
use super::preview::Preview;
use super::selection::Selection;
use super::table::Act;
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

use facts::{facts_ui, version_ui};
use orphans::Orphans;

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
        deleted: usize,
        bytes: u64,
    },
    /// An object that was deleted, in Unix milliseconds, and can be brought back.
    Deleted {
        key: String,
        when_ms: Option<i64>,
        mark: BucketCommand,
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
    orphans: Orphans,
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
        self.orphans.forget();
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
        self.connection = Some(connection.clone());
        let subject = subject(place, listing, selection);
        if self.subject != subject {
            let same_bucket = bucket_of(self.subject.as_ref()) == bucket_of(subject.as_ref());
            self.subject = subject;
            (self.object, self.versions) = (Fetch::Idle, Fetch::Idle);
            self.preview.clear();
            if !same_bucket {
                (self.bucket, self.orphans) = (Fetch::Idle, Orphans::default());
            }
        }
        let Some(storage) = storage else { return };
        if let (Some(Subject::Object { place, key }), Some(details)) = (&self.subject, self.object.value()) {
            self.preview.logic(ctx, connection, &place.bucket, key, details);
        }
        self.orphans.logic(bucket_of(self.subject.as_ref()), ctx, connection);
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

    /// Draws the pane. Answers what is to be done with what is chosen; `has_failed` says that the storage could not be
    /// opened.
    pub(super) fn ui(
        &mut self,
        storage: Option<&Storage>,
        has_failed: bool,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) -> Option<Act> {
        let mut act = None;
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
                        deleted,
                        bytes,
                    }) => {
                        section_ui(ui, "Selection");
                        key_value_ui(ui, "Objects", &format::count(objects as u64));
                        key_value_ui(ui, "Folders", &format::count(folders as u64));
                        key_value_ui(ui, "Size", &format::bytes(bytes));
                        if deleted > 0 {
                            key_value_ui(ui, "Deleted", &format::count(deleted as u64));
                        }
                        ui.add_space(size::GAP);
                        act = ui
                            .horizontal_wrapped(|ui| acts_ui(ui, objects + folders > 0, deleted > 0))
                            .inner;
                    }
                    Some(Subject::Deleted { key, when_ms, mark }) => {
                        head_ui(ui, name_of(&key));
                        let when = when_ms.map(|then| format!(", {}", format::ago(ctx.now_ms, then)));
                        let words = format!("It was deleted{}. Its versions are kept.", when.unwrap_or_default());
                        widget::paragraph_ui(ui, &words);
                        ui.add_space(4.0);
                        command_button_ui(ui, ctx, commands, mark, ButtonKind::Secondary);
                    }
                    Some(Subject::Folder(place)) => {
                        head_ui(ui, name_of(&place.prefix));
                        self.address_ui(&place.bucket, &place.prefix, ui, commands);
                        ui.add_space(4.0);
                        act = ui.horizontal_wrapped(|ui| acts_ui(ui, true, false)).inner;
                        widget::paragraph_ui(ui, "Open it to see how much is in it.");
                    }
                    // Why is said where the list would be.
                    Some(Subject::Bucket(place)) if has_failed => {
                        head_ui(ui, &place.bucket);
                        self.address_ui(&place.bucket, "", ui, commands);
                    }
                    Some(Subject::Bucket(place)) => self.bucket_ui(&place, storage, ctx, ui, commands),
                    Some(Subject::Object { place, key }) => {
                        act = self.object_ui(&place, &key, storage, ctx, ui, commands);
                    }
                }
            });
        act
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
    ) -> Option<Act> {
        head_ui(ui, name_of(key));
        self.address_ui(&place.bucket, key, ui, commands);
        ui.add_space(4.0);
        let mut act = None;
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
            act = acts_ui(ui, true, false);
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
        act
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
        self.orphans.ui(place, storage, ctx, ui, commands);
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
                Kind::Deleted => Subject::Deleted {
                    when_ms: entry.modified_ms,
                    mark: BucketCommand::Restore {
                        place: place.clone(),
                        marks: vec![(key.clone(), listing?.marks.get(&entry.name)?.clone())],
                    },
                    key,
                },
            })
        }
        _ => {
            let chosen = selection.chosen(&listing?.entries);
            Some(Subject::Many {
                objects: chosen.objects,
                folders: chosen.folders,
                deleted: chosen.deleted,
                bytes: chosen.bytes,
            })
        }
    }
}

/// What can be done with what is chosen, as buttons in the row of the caller.
fn acts_ui(ui: &mut Ui, has_live: bool, has_deleted: bool) -> Option<Act> {
    let mut act = None;
    let live = [
        ("Download…", icons::DOWNLOAD_SIMPLE, Act::Download),
        ("Copy to…", icons::COPY_SIMPLE, Act::Copy),
        ("Delete…", icons::TRASH, Act::Delete),
    ];
    let restore = [("Restore", icons::ARROW_COUNTER_CLOCKWISE, Act::Restore)];
    let offered = live.iter().filter(|_| has_live);
    for (words, glyph, does) in offered.chain(restore.iter().filter(|_| has_deleted)) {
        if ui.add(Button::new(words).glyph(glyph)).clicked() {
            act = Some(*does);
        }
    }
    act
}

fn head_ui(ui: &mut Ui, name: &str) {
    let tokens = crate::theme::tokens(ui.ctx());
    let shown = escaped(name);
    let text = egui::RichText::new(&shown)
        .font(crate::theme::font::section())
        .color(tokens.text);
    widget::ellipsis_ui(ui, text, &shown);
}
