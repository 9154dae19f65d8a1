//! What the page says where there is no list: nothing connected, nothing there, not allowed, not reached;
//! and the line below a list.

use aloft_base::connection::Provider;
use aloft_base::{ErrorKind, Report};
use egui::{Align, Layout, Ui};
use egui_phosphor::regular as icons;

use super::listing::{Listing, Progress};
use super::selection::Selection;
use crate::address::address;
use crate::command::connection::is_confirmed_by_person;
use crate::command::{Ask, CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::route::BucketPlace;
use crate::theme::size;
use crate::widget::{self, Button, ButtonKind, Card, Tone, command_button_ui};

/// Nothing is connected: what the page is for.
pub(super) fn no_connections_ui(ui: &mut Ui, commands: &mut CommandSender) {
    let text = "Connect a cloud once, then browse it as you browse a folder: Amazon S3 and whatever speaks its \
                protocol, Google Cloud Storage, Azure Blob Storage, or a folder of this machine. Keys stay in the \
                keychain of the operating system.";
    let button = Some((icons::PLUGS, "Connect a bucket…"));
    let pressed = widget::empty_ui(ui, icons::HARD_DRIVES, "No buckets are connected", text, button);
    commands.offer_primary(Ask::Connect);
    if pressed.is_some_and(|response| response.clicked()) {
        commands.send(Ask::Connect);
    }
}

/// The connections, a card each.
pub(super) fn connections_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    commands.offer_primary(Ask::Connect);
    ui.horizontal(|ui| {
        let count = ctx.library.connections().len() as u64;
        widget::secondary_ui(ui, &format::plural(count, "connection", "connections"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .add(Button::primary("Connect a bucket…").glyph(icons::PLUGS))
                .clicked()
            {
                commands.send(Ask::Connect);
            }
        });
    });
    ui.add_space(size::GAP_WIDE);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(size::GAP_WIDE, size::GAP_WIDE);
            for connection in ctx.library.connections() {
                let whole = where_it_is(connection);
                let line = shortened(&whole, 60);
                let title = shortened(&connection.name, 28);
                let tooltip = format!("{}\n{whole}", connection.name);
                let card = Card {
                    glyph: if connection.spec.provider == Provider::Local {
                        icons::FOLDER
                    } else {
                        icons::CLOUD
                    },
                    title: &title,
                    text: &line,
                    trailing: connection.spec.provider.label(),
                    tooltip: &tooltip,
                    highlighted: false,
                    why_not: None,
                };
                if card.show(ui, 264.0, 132.0).clicked() {
                    commands.send(Navigate::bucket(BucketPlace {
                        connection: connection.id.clone(),
                        ..BucketPlace::default()
                    }));
                }
            }
        });
    });
}

/// The text, or its beginning where it is longer than so many letters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

fn where_it_is(connection: &aloft_base::connection::Connection) -> String {
    let spec = &connection.spec;
    spec.root
        .clone()
        .or_else(|| spec.endpoint.clone())
        .or_else(|| spec.account.as_ref().map(|account| format!("Account {account}")))
        .or_else(|| spec.region.clone())
        .unwrap_or_else(|| {
            let mut words = spec.sign_in.in_words();
            if let Some(first) = words.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            words
        })
}

/// The place has nothing, or nothing that matches.
pub(super) fn nothing_ui(listing: &Listing, filter: &str, ui: &mut Ui, commands: &mut CommandSender) {
    let place = &listing.place;
    if !filter.is_empty() {
        let text = if listing.search.is_some() {
            format!("Nothing below this place has “{filter}” in its name.")
        } else {
            format!("Nothing that is listed here has “{filter}” in its name. Press Enter to search in folders too.")
        };
        widget::empty_ui(ui, icons::MAGNIFYING_GLASS, "Nothing found", &text, None);
        return;
    }
    if place.bucket.is_empty() {
        let text = "This connection has no bucket yet.";
        let button = Some((icons::PLUS, "New bucket…"));
        if widget::empty_ui(ui, icons::HARD_DRIVES, "No buckets", text, button).is_some_and(|it| it.clicked()) {
            commands.send(Ask::NewBucket(place.connection.clone()));
        }
        return;
    }
    let title = if place.prefix.is_empty() {
        "This bucket is empty"
    } else {
        "This folder is empty"
    };
    let text = "Drop files and folders here, or choose what to upload.";
    let button = Some((icons::FILE_ARROW_UP, "Choose what to upload…"));
    if widget::empty_ui(ui, icons::FOLDER_DASHED, title, text, button).is_some_and(|it| it.clicked()) {
        commands.send(Ask::Upload {
            paths: vec![],
            to: place.clone(),
        });
    }
}

/// Why the list failed and what helps. Answers whether to try again.
pub(super) fn failed_ui(
    report: &Report,
    listing: &Listing,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) -> bool {
    let place = &listing.place;
    let Some(connection) = ctx.library.connection(&place.connection) else {
        return false;
    };
    let on = address(connection, &place.bucket, &place.prefix);
    let provider = connection.spec.provider;
    let mut again = false;
    let what = match report.kind {
        ErrorKind::PermissionDenied if place.bucket.is_empty() => "This sign-in may not list buckets".to_owned(),
        ErrorKind::PermissionDenied => format!("This sign-in may not list {on}"),
        ErrorKind::Unauthenticated => "The sign-in did not work".to_owned(),
        ErrorKind::Unavailable => format!("{} cannot be reached", connection.name),
        ErrorKind::NotFound => format!("{on} is not there"),
        _ => format!("Could not list {on}"),
    };
    again |= widget::problem_ui(ui, &what, report, true, commands);
    if report.kind == ErrorKind::PermissionDenied {
        let needs = format!(
            "It needs the permission {}.",
            permission(provider, place.bucket.is_empty())
        );
        widget::notice_ui(ui, Tone::Neutral, icons::LOCK, &needs);
    }
    let sign_in = matches!(
        report.kind,
        ErrorKind::PermissionDenied | ErrorKind::Unauthenticated | ErrorKind::Invalid
    );
    ui.horizontal(|ui| {
        let id = || connection.id.clone();
        if report.kind == ErrorKind::Unauthenticated && is_confirmed_by_person(&connection.spec.sign_in) {
            command_button_ui(ui, ctx, commands, Ask::SignIn { connection: id() }, ButtonKind::Primary);
        }
        if sign_in {
            let change = Ask::ChangeConnection { connection: id() };
            command_button_ui(ui, ctx, commands, change, ButtonKind::Secondary);
        }
    });
    if place.bucket.is_empty() && matches!(report.kind, ErrorKind::PermissionDenied | ErrorKind::Unsupported) {
        ui.add_space(size::GAP);
        widget::secondary_ui(ui, "A bucket can be opened by its name all the same:");
        let id = ui.scope_id().with("bucket name");
        let mut name = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_default();
        ui.horizontal(|ui| {
            let field = widget::text_field_ui(ui, "Name of the bucket", &mut name, "bucket", 240.0);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let pressed = ui.add(Button::new("Open bucket").glyph(icons::FOLDER_OPEN)).clicked();
            if (entered || pressed) && !name.trim().is_empty() {
                commands.send(Navigate::bucket(BucketPlace {
                    bucket: name.trim().to_owned(),
                    ..place.clone()
                }));
            }
        });
        ui.data_mut(|data| data.insert_temp(id, name));
    }
    again
}

/// What the provider calls the right to list.
fn permission(provider: Provider, buckets: bool) -> &'static str {
    match (provider, buckets) {
        (Provider::S3 | Provider::S3Compatible, true) => "s3:ListAllMyBuckets",
        (Provider::S3 | Provider::S3Compatible, false) => "s3:ListBucket",
        (Provider::Gcs, true) => "storage.buckets.list",
        (Provider::Gcs, false) => "storage.objects.list",
        (Provider::Azure, _) => "to list (Storage Blob Data Reader)",
        (Provider::Local, _) => "to read the folder",
    }
}

/// The line below the list: how much there is, how far it is, what is chosen.
pub(super) fn line_ui(listing: &mut Listing, selection: &Selection, refreshing: bool, ui: &mut Ui) {
    ui.horizontal_centered(|ui| {
        let mut text = summary(listing);
        if selection.count() > 0 {
            let chosen = selection.chosen(&listing.entries);
            text = format!("{} selected", format::count(selection.count() as u64));
            if chosen.objects > 0 {
                text = format!("{text} · {}", format::bytes(chosen.bytes));
            }
        }
        if listing.is_reading() || refreshing {
            widget::spinner_ui(ui, "Listing");
        }
        widget::secondary_ui(ui, &text);
        if listing.is_reading() && ui.add(Button::quiet("Cancel").glyph(icons::X)).clicked() {
            listing.cancel();
        }
    });
}

fn summary(listing: &Listing) -> String {
    let totals = listing.totals;
    if matches!(listing.progress, Progress::Failed(_)) && listing.entries.len() == 0 {
        return "Not listed".to_owned();
    }
    if listing.place.bucket.is_empty() {
        return format::plural(totals.folders, "bucket", "buckets");
    }
    let mut parts = Vec::new();
    if totals.folders > 0 {
        parts.push(format::plural(totals.folders, "folder", "folders"));
    }
    let so_far = if listing.is_reading() { " so far" } else { "" };
    parts.push(format!(
        "{}{so_far}",
        format::plural(totals.objects, "object", "objects")
    ));
    if totals.deleted > 0 {
        parts.push(format!("{} deleted", format::count(totals.deleted)));
    }
    if totals.objects > 0 {
        parts.push(format::bytes(totals.bytes));
    }
    if listing.search.is_some() {
        parts.push(format!("{} looked at", format::count(totals.examined)));
    }
    match listing.progress {
        Progress::Reading if listing.search.is_some() => parts.push("searching…".to_owned()),
        Progress::Reading => parts.push("listing…".to_owned()),
        Progress::Cancelled => parts.push("stopped before the end".to_owned()),
        Progress::Failed(_) => parts.push("not all of it".to_owned()),
        Progress::Done => {}
    }
    parts.join(" · ")
}
