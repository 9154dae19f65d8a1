//! What can be done with the chosen entries.

use aloft_cloud::Ability;
use egui::Ui;
use egui_phosphor::regular as icons;

use super::entry::{self, Kind};
use super::listing::{Listing, Progress};
use super::selection::{Chosen, Selection};
use super::table::Act;
use crate::address::address;
use crate::command::{Ask, BucketCommand, Command, CommandSender, Describe, Navigate, Selected, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::route::BucketPlace;
use crate::widget::Button;
use crate::work::Storage;

/// More than this are named by their folder.
const MOST_CHOSEN: usize = 100_000;

/// Why nothing can be done with so many entries; nothing where it can. All of a folder is named by the folder.
pub(super) fn too_many(listing: &Listing, selection: &Selection) -> Option<String> {
    (selection.count() > MOST_CHOSEN && !is_whole_folder(listing, selection)).then(|| {
        let most = format::count(MOST_CHOSEN as u64);
        format!("More than {most} are selected: select all of a folder, or the folder they are in")
    })
}

/// Whether everything that is in a folder is chosen.
fn is_whole_folder(listing: &Listing, selection: &Selection) -> bool {
    let is_whole = listing.progress == Progress::Done && selection.count() == listing.entries.len();
    is_whole && listing.search.is_none() && listing.totals.deleted == 0 && !listing.place.prefix.is_empty()
}

/// The chosen objects and folders with their whole keys; very many, when they are all of a folder, as the folder.
pub(super) fn selected(listing: &Listing, selection: &Selection) -> Selected {
    let mut selected = Selected {
        place: listing.place.clone(),
        ..Selected::default()
    };
    if selection.count() > MOST_CHOSEN && is_whole_folder(listing, selection) {
        let prefix = &listing.place.prefix;
        selected.folders.push(prefix.clone());
        // As it is chosen from the place above.
        let above = prefix.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
        selected.place.prefix.truncate(above);
        return selected;
    }
    for nth in selection.entries().take(MOST_CHOSEN) {
        let Some(entry) = listing.entries.get(nth as usize) else {
            continue;
        };
        let key = format!("{}{}", listing.place.prefix, entry.name);
        match entry.kind {
            Kind::Bucket | Kind::Deleted => {}
            Kind::Folder => selected.folders.push(key),
            Kind::Object => {
                selected.objects.push(key);
                selected.bytes += entry.bytes;
            }
        }
    }
    selected
}

/// The chosen deletions, each a key and the version of its mark.
pub(super) fn deleted(listing: &Listing, selection: &Selection) -> Vec<(String, String)> {
    let entries = selection.entries().take(MOST_CHOSEN);
    let entries = entries.filter_map(|nth| listing.entries.get(nth as usize));
    let marks = entries.filter(|entry| entry.kind == Kind::Deleted).filter_map(|entry| {
        let mark = listing.marks.get(&entry.name)?;
        Some((format!("{}{}", listing.place.prefix, entry.name), mark.clone()))
    });
    marks.collect()
}

/// Whether an object's name is that of a table.
pub(super) fn is_table(name: &str) -> bool {
    crate::command::data::ENDINGS.contains(&entry::ending(name).as_str())
}

/// Draws the entries of the menu. Answers what was asked for that is the page's to do.
pub(super) fn menu_ui(
    listing: &Listing,
    selection: &Selection,
    storage: Option<&Storage>,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> Option<Act> {
    ui.set_min_width(200.0);
    if listing.place.bucket.is_empty() {
        bucket_ui(listing, selection, ctx, ui, commands);
        return None;
    }
    if selection.count() == 0 {
        item_ui(ctx, ui, commands, Ask::NewFolder(listing.place.clone()));
        let to = listing.place.clone();
        item_ui(ctx, ui, commands, Ask::Upload { paths: vec![], to });
        return None;
    }
    if let Some(why) = too_many(listing, selection) {
        ui.label(why);
        return None;
    }
    if selection.count() > 1 {
        return many_ui(selection.chosen(&listing.entries), ui);
    }
    let mut act = None;
    let marks = deleted(listing, selection);
    if !marks.is_empty() {
        let place = listing.place.clone();
        item_ui(ctx, ui, commands, BucketCommand::Restore { place, marks });
    }
    let selected = selected(listing, selection);
    if selected.objects.is_empty() && selected.folders.is_empty() {
        return None;
    }
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
            if ui.add(show.disabled(cannot.as_deref())).clicked() {
                act = Some(Act::Versions);
            }
        }
    }
    ui.separator();
    item_ui(ctx, ui, commands, Ask::DeleteObjects(selected));
    act
}

/// Why the storage cannot do this; nothing where it can, or is not known yet.
pub(super) fn cannot(storage: Option<&Storage>, ability: Ability) -> Option<String> {
    storage
        .filter(|storage| !storage.can(ability))
        .map(|storage| storage.cannot(ability).to_string())
}

/// The entries for more than one; their keys are gathered once something is asked for, and not in each frame.
fn many_ui(chosen: Chosen, ui: &mut Ui) -> Option<Act> {
    let has_live = chosen.objects + chosen.folders > 0;
    let offered = [
        (
            chosen.deleted > 0,
            "Restore",
            icons::ARROW_COUNTER_CLOCKWISE,
            Act::Restore,
        ),
        (has_live, "Download…", icons::DOWNLOAD_SIMPLE, Act::Download),
        (has_live, "Copy to…", icons::COPY_SIMPLE, Act::Copy),
        (has_live, "Move to…", icons::ARROW_BEND_UP_RIGHT, Act::Move),
        (has_live, "Delete…", icons::TRASH, Act::Delete),
    ];
    let mut act = None;
    for (is_offered, words, glyph, does) in offered {
        if does == Act::Delete && has_live {
            ui.separator();
        }
        if is_offered && ui.add(Button::quiet(words).glyph(glyph)).clicked() {
            act = Some(does);
        }
    }
    act
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
