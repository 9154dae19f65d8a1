//! What can be done with the chosen entries.

use aloft_cloud::Ability;
use egui::Ui;
use egui_phosphor::regular as icons;

use super::entry::{self, Kind};
use super::listing::Listing;
use super::selection::Selection;
use crate::address::address;
use crate::command::{Ask, BucketCommand, Command, CommandSender, Describe, Navigate, Selected, ViewCommand};
use crate::context::AppContext;
use crate::route::BucketPlace;
use crate::widget::Button;
use crate::work::Storage;

/// More than this are better named by their folder.
pub(super) const MOST_CHOSEN: usize = 100_000;

/// The chosen objects and folders with their whole keys.
pub(super) fn selected(listing: &Listing, selection: &Selection) -> Selected {
    let mut selected = Selected {
        place: listing.place.clone(),
        ..Selected::default()
    };
    for nth in selection.entries().take(MOST_CHOSEN) {
        let Some(entry) = listing.entries.get(nth as usize) else {
            continue;
        };
        let key = format!("{}{}", listing.place.prefix, entry.name);
        match entry.kind {
            Kind::Bucket => {}
            Kind::Folder => selected.folders.push(key),
            Kind::Object => {
                selected.objects.push(key);
                selected.bytes += entry.bytes;
            }
        }
    }
    selected
}

/// Whether an object's name is that of a table.
pub(super) fn is_table(name: &str) -> bool {
    crate::command::data::ENDINGS.contains(&entry::ending(name).as_str())
}

/// Draws the entries of the menu. Answers whether the versions of the chosen object are to be shown.
pub(super) fn menu_ui(
    listing: &Listing,
    selection: &Selection,
    storage: Option<&Storage>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> bool {
    ui.set_min_width(200.0);
    if listing.place.bucket.is_empty() {
        bucket_ui(listing, selection, ctx, ui, commands);
        return false;
    }
    if selection.count() == 0 {
        item_ui(ctx, ui, commands, Ask::NewFolder(listing.place.clone()));
        let to = listing.place.clone();
        item_ui(ctx, ui, commands, Ask::Upload { paths: vec![], to });
        return false;
    }
    if selection.count() > MOST_CHOSEN {
        ui.label("Too many are selected: use the folder they are in");
        return false;
    }
    let mut versions = false;
    let selected = selected(listing, selection);
    let one = match (selected.objects.as_slice(), selected.folders.as_slice()) {
        ([key], []) | ([], [key]) => Some(key.clone()),
        _ => None,
    };
    if let Some(key) = &one {
        for then_train in [false, true] {
            let (place, key) = (listing.place.clone(), key.clone());
            item_ui(ctx, ui, commands, BucketCommand::OpenDataset { place, key, then_train });
        }
        ui.separator();
    }
    item_ui(ctx, ui, commands, Ask::Download(selected.clone()));
    item_ui(ctx, ui, commands, Ask::CopyTo(selected.clone()));
    item_ui(ctx, ui, commands, Ask::MoveTo(selected.clone()));
    if let Some(key) = one {
        item_ui(ctx, ui, commands, Ask::RenameObject(selected.clone()));
        copy_address_ui(&listing.place, &key, ctx, ui, commands);
        if !selected.objects.is_empty() {
            let place = listing.place.clone();
            let cannot = cannot(storage, Ability::SignedLink);
            unless_ui(ctx, ui, commands, Ask::SignedLink { place, key }, cannot.as_deref());
            let cannot = self::cannot(storage, Ability::Versions);
            let show = Button::quiet("Versions").glyph(icons::CLOCK_COUNTER_CLOCKWISE);
            versions = ui.add(show.disabled(cannot.as_deref())).clicked();
        }
    }
    ui.separator();
    item_ui(ctx, ui, commands, Ask::DeleteObjects(selected));
    versions
}

/// Why the storage cannot do this; nothing where it can, or is not known yet.
fn cannot(storage: Option<&Storage>, ability: Ability) -> Option<String> {
    storage
        .filter(|storage| !storage.can(ability))
        .map(|storage| storage.cannot(ability).to_string())
}

fn bucket_ui(
    listing: &Listing,
    selection: &Selection,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    item_ui(ctx, ui, commands, Ask::NewBucket(listing.place.connection.clone()));
    let Some(entry) = selection.cursor.and_then(|nth| listing.entries.get(nth as usize)) else {
        return;
    };
    let place = BucketPlace {
        bucket: entry.name.to_string(),
        ..listing.place.clone()
    };
    copy_address_ui(&place, "", ctx, ui, commands);
    if ui.add(Button::quiet("Open").glyph(icons::FOLDER_OPEN)).clicked() {
        commands.send(Navigate::bucket(place.clone()));
    }
    ui.separator();
    let delete = BucketCommand::DeleteBucket {
        connection: place.connection,
        name: place.bucket,
    };
    item_ui(ctx, ui, commands, delete);
}

fn copy_address_ui(place: &BucketPlace, key: &str, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let copy = Button::quiet("Copy address").glyph(icons::CLIPBOARD_TEXT);
    if ui.add(copy).clicked()
        && let Some(connection) = ctx.library.connection(&place.connection)
    {
        commands.send(ViewCommand::Copy(address(connection, &place.bucket, key)));
    }
}

fn item_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, command: impl Into<Command>) {
    unless_ui(ctx, ui, commands, command, None);
}

/// An entry that is disabled where the storage says why it cannot.
fn unless_ui(
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
    command: impl Into<Command>,
    cannot: Option<&str>,
) {
    let command = command.into();
    let (text, availability) = (command.text(ctx), command.availability(ctx));
    let button = Button::quiet(&text)
        .glyph(command.icon())
        .disabled(availability.why_not().or(cannot))
        .tooltip(command.tooltip());
    if ui.add(button).clicked() {
        commands.send(command);
    }
}
