//! Buckets: connected storage as one browses folders, with every key as it is.

mod bar;
mod details;
mod entry;
mod keyboard;
mod listing;
mod menu;
mod preview;
mod selection;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod undo;

use std::collections::BTreeSet;

use aloft_base::change::Topic;
use aloft_base::connection::Connection;
use aloft_base::job::Kind as JobKind;
use aloft_cloud::Ability;
use egui::{CentralPanel, Frame, Margin, Panel, Ui};

use crate::command::{Ask, BucketCommand, CommandSender, Navigate};
use crate::context::AppContext;
use crate::route::BucketPlace;
use crate::theme::size;
use crate::widget;
use crate::work::{Fetch, Storage};

use bar::{Around, Bar};
use details::Details;
use entry::Kind;
use listing::{Listing, Progress};
use table::{Act, TableState};
use tree::Tree;

/// The page is no narrower than this where the details are shown unasked.
const DETAILS_FROM: f32 = 860.0;
/// From this width on the details have room for a preview of many columns.
const ROOMY: f32 = 1400.0;

/// What the window tells the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Something in storage was changed by this window.
    Changed,
    /// A person wants to type where to go.
    GoTo,
}

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    /// The storage of the connection that is in front, and the connection it was opened for.
    storage: Fetch<Storage>,
    opened: Option<(Connection, u64)>,
    /// The connection is to be opened anew, whatever is known of it.
    reopen: bool,
    listing: Option<Listing>,
    /// The same place read anew; it takes over when it has something to show.
    next: Option<Listing>,
    /// The list is not true any more.
    is_stale: bool,
    table: TableState,
    bar: Bar,
    tree: Tree,
    details: Details,
    /// Whether a person opened or closed the details.
    details_wanted: Option<bool>,
    /// What is to be found and chosen in the list, once it is there.
    wanted_name: Option<String>,
    /// Transfers that run: when one ends the list is read anew.
    transfers: BTreeSet<String>,
}

impl State {
    /// Takes in what the window tells.
    pub(crate) fn take(&mut self, news: News) {
        match news {
            News::Changed => {
                self.is_stale = true;
                self.tree.forget();
                self.details.forget();
            }
            News::GoTo => self.bar.edit(),
        }
    }

    /// Reads everything anew, also the connection.
    fn refresh(&mut self) {
        self.reopen = true;
        self.take(News::Changed);
    }
}

/// Takes in what came and asks for what is needed.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, commands: &mut CommandSender) {
    let running: BTreeSet<String> = ctx
        .library
        .active_jobs()
        .filter(|job| job.kind == JobKind::Transfer)
        .map(|job| job.id.clone())
        .collect();
    let ended: Vec<&String> = state.transfers.iter().filter(|job| !running.contains(*job)).collect();
    for job in &ended {
        undo::offer(job, ctx);
    }
    if !ended.is_empty() {
        state.take(News::Changed);
    }
    state.transfers = running;
    let filter = if state.bar.is_recursive() {
        String::new()
    } else {
        state.bar.filter().to_owned()
    };
    for listing in [&mut state.listing, &mut state.next].into_iter().flatten() {
        listing.logic(ctx, state.table.order, &filter);
    }
    let crate::route::Route::Buckets { place } = ctx.route else {
        return;
    };
    state.tree.logic(ctx, place.as_ref());
    state.storage.poll();
    let connection = place
        .as_ref()
        .and_then(|place| ctx.library.connection(&place.connection));
    let (Some(place), Some(connection)) = (place, connection) else {
        (state.listing, state.next) = (None, None);
        return;
    };
    open(state, ctx, connection);
    list(state, ctx, connection, place);
    find_wanted(state, place, commands);
    let storage = state.storage.value().cloned();
    state.details.logic(
        ctx,
        connection,
        storage.as_ref(),
        place,
        state.listing.as_ref(),
        &state.table.selection,
    );
}

/// Opens the storage of the connection, so that what it can do is known.
fn open(state: &mut State, ctx: &AppContext<'_>, connection: &Connection) {
    // Also a change of its secrets alone is noted as a change of the connection.
    let wanted = (
        connection.clone(),
        ctx.library.revision(Topic::Connection, &connection.id),
    );
    if state.opened.as_ref() == Some(&wanted) && !state.reopen || state.storage.is_pending() {
        return;
    }
    let same = state
        .opened
        .as_ref()
        .is_some_and(|(opened, _)| opened.id == connection.id);
    if same {
        ctx.work.reopen_remote(&connection.id);
    } else {
        state.storage = Fetch::Idle;
    }
    ctx.work
        .fetch_remote(&mut state.storage, connection, |storage| async move { Ok(storage) });
    if state.storage.is_pending() {
        state.is_stale |= same;
        state.opened = Some(wanted);
        state.reopen = false;
    }
}

/// Begins the list that is wanted, and lets a newer one take over.
fn list(state: &mut State, ctx: &AppContext<'_>, connection: &Connection, place: &BucketPlace) {
    let here = state.listing.as_ref().is_some_and(|listing| listing.place == *place);
    if !here {
        // Another place: what was typed, chosen and listed belongs to the one that was left.
        state.bar.left();
        state.table = TableState::ordered(state.table.order);
        (state.listing, state.next) = (None, None);
    }
    let search = state.bar.search();
    let deleted = state.bar.shows_deleted();
    if state
        .listing
        .as_ref()
        .is_some_and(|listing| listing.shows_deleted != deleted)
        && state.next.is_none()
    {
        state.is_stale = true;
    }
    let same_search = state
        .listing
        .as_ref()
        .is_some_and(|listing| listing.search.as_deref() == search);
    if state.listing.is_none() || !same_search {
        state.listing = Listing::start(ctx, connection, place, search, deleted);
        state.table.selection.clear();
        (state.next, state.is_stale) = (None, false);
        return;
    }
    if state.is_stale && state.next.is_none() {
        state.next = Listing::start(ctx, connection, place, search, deleted);
        state.is_stale = state.next.is_none();
    }
    if state
        .next
        .as_ref()
        .is_some_and(|next| next.is_presentable() && next.shows_deleted == deleted)
        && let Some(next) = state.next.take()
    {
        if let Some(before) = &state.listing {
            state.table.selection = state.table.selection.carried(before, &next);
        }
        state.listing = Some(next);
    }
}

/// Chooses what was typed behind the last `/` of an address, once the list has it; a folder is entered.
fn find_wanted(state: &mut State, place: &BucketPlace, commands: &mut CommandSender) {
    let Some(listing) = state.listing.as_ref().filter(|listing| listing.is_presentable()) else {
        return;
    };
    let Some(wanted) = &state.wanted_name else { return };
    let folder = format!("{wanted}/");
    for (row, nth) in listing.rows().iter().enumerate() {
        let Some(entry) = listing.entries.get(*nth as usize) else {
            continue;
        };
        if entry.kind == Kind::Folder && *entry.name == *folder {
            commands.send(Navigate::bucket(BucketPlace {
                prefix: format!("{}{folder}", place.prefix),
                ..place.clone()
            }));
        } else if *entry.name == **wanted {
            state.table.selection.only(*nth);
            state.table.reveal = Some(row);
        } else {
            continue;
        }
        state.wanted_name = None;
        return;
    }
    if listing.progress == Progress::Done {
        state.bar.problem = Some(format!("There is no {wanted} here"));
        state.wanted_name = None;
    }
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.library.is_loaded() {
        widget::skeleton_rows_ui(ui, 8);
        return;
    }
    if ctx.library.connections().is_empty() {
        status::no_connections_ui(ui, commands);
        return;
    }
    let place = ctx.route.place();
    bar_ui(state, ctx, ui, commands);
    ui.add_space(size::GAP);
    let wide = ui.available_width() >= DETAILS_FROM;
    let side = |margin: Margin| Frame::new().inner_margin(margin);
    Panel::left("buckets tree")
        .default_size(208.0)
        .size_range(140.0..=420.0)
        .frame(side(Margin {
            right: 8,
            ..Margin::ZERO
        }))
        .show(ui, |ui| {
            ui.take_available_space();
            state.tree.ui(place, ctx, ui, commands);
        });
    if place.is_some() && state.details_wanted.unwrap_or(wide) {
        Panel::right("buckets details")
            .default_size(if ui.available_width() >= ROOMY { 420.0 } else { 300.0 })
            .size_range(220.0..=720.0)
            .frame(side(Margin {
                left: 12,
                ..Margin::ZERO
            }))
            .show(ui, |ui| {
                ui.take_available_space();
                let failed = state.storage.report().is_some();
                let act = state.details.ui(state.storage.value(), failed, ctx, ui, commands);
                if let (Some(act), Some(listing)) = (act, &state.listing) {
                    do_act(listing, &state.table, act, &mut state.bar, commands);
                }
            });
    }
    CentralPanel::no_frame()
        .frame(side(Margin {
            left: 12,
            right: 8,
            ..Margin::ZERO
        }))
        .show(ui, |ui| match place {
            Some(place) => objects_ui(state, place, ctx, ui, commands),
            None => status::connections_ui(ctx, ui, commands),
        });
}

fn bar_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let place = ctx.route.place();
    if let Some(place) = place.filter(|place| !place.bucket.is_empty()) {
        commands.offer_primary(Ask::Upload {
            paths: vec![],
            to: place.clone(),
        });
    }
    let details = state.details_wanted.unwrap_or(ui.available_width() >= DETAILS_FROM);
    let selection = &state.table.selection;
    let no_download = match &state.listing {
        Some(listing) if selection.count() > 0 => menu::too_many(listing, selection),
        _ => Some("Select objects or folders first".to_owned()),
    };
    let around = Around {
        shows_details: details,
        no_download,
        no_versions: menu::cannot(state.storage.value(), Ability::Versions),
    };
    match state.bar.ui(place, &around, ctx, ui, commands) {
        bar::Did::Nothing => {}
        bar::Did::Refresh => state.refresh(),
        bar::Did::Download => {
            if let Some(listing) = &state.listing {
                do_act(listing, &state.table, Act::Download, &mut state.bar, commands);
            }
        }
        bar::Did::Details => state.details_wanted = Some(!details),
        bar::Did::Went(name) => state.wanted_name = name,
    }
}

fn objects_ui(state: &mut State, place: &BucketPlace, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let Some(listing) = state.listing.as_mut().filter(|listing| listing.place == *place) else {
        widget::skeleton_rows_ui(ui, 12);
        return;
    };
    Panel::bottom("buckets status")
        .resizable(false)
        .show_separator_line(false)
        .exact_size(28.0)
        .frame(Frame::NONE)
        .show(ui, |ui| {
            let refreshing = state.next.is_some();
            status::line_ui(listing, &state.table.selection, refreshing, ui);
        });
    let mut refresh = false;
    let mut versions = false;
    CentralPanel::no_frame().frame(Frame::NONE).show(ui, |ui| {
        if let Progress::Failed(report) = &listing.progress {
            refresh = status::failed_ui(report, listing, ctx, ui, commands);
            if listing.entries.len() == 0 {
                return;
            }
        } else if !listing.is_presentable() {
            widget::skeleton_rows_ui(ui, 12);
            return;
        } else if listing.rows().is_empty() {
            status::nothing_ui(listing, state.bar.filter(), ui, commands);
            return;
        }
        let storage = state.storage.value();
        let asked = table::table_ui(listing, &mut state.table, storage, ctx, ui, commands);
        versions = asked.act == Some(Act::Versions);
        open_entry(listing, &state.table, &asked, commands);
        if let Some(act) = asked.act {
            do_act(listing, &state.table, act, &mut state.bar, commands);
        }
    });
    if versions {
        state.details_wanted = Some(true);
        state.details.reveal_versions();
    }
    if refresh {
        state.refresh();
        state.listing = None;
    }
}

/// Opens what was double-clicked, or Enter was pressed on.
fn open_entry(listing: &Listing, table: &TableState, asked: &table::Asked, commands: &mut CommandSender) {
    let place = &listing.place;
    let Some(entry) = asked.open.and_then(|nth| listing.entries.get(nth as usize)) else {
        return;
    };
    let key = format!("{}{}", place.prefix, entry.name);
    match entry.kind {
        Kind::Bucket => commands.send(Navigate::bucket(BucketPlace {
            bucket: entry.name.to_string(),
            ..place.clone()
        })),
        Kind::Folder => commands.send(Navigate::bucket(BucketPlace {
            prefix: key,
            ..place.clone()
        })),
        Kind::Object if menu::is_table(&entry.name) => commands.send(BucketCommand::OpenDataset {
            place: place.clone(),
            key,
            then_train: false,
        }),
        Kind::Object => commands.send(Ask::Download(menu::selected(listing, &table.selection))),
        Kind::Deleted => {}
    }
}

/// Does what was asked for with the chosen entries, or with the place.
fn do_act(listing: &Listing, table: &TableState, act: Act, bar: &mut Bar, commands: &mut CommandSender) {
    let (place, selection) = (&listing.place, &table.selection);
    if act == Act::Up {
        match crate::address::above(place) {
            Some(above) => commands.send(Navigate::bucket(above)),
            None => commands.send(Navigate::To(crate::route::Route::Buckets { place: None })),
        }
        return;
    }
    if place.bucket.is_empty() || act == Act::Versions {
        return;
    }
    bar.problem = menu::too_many(listing, selection);
    if bar.problem.is_some() {
        return;
    }
    if act == Act::Restore {
        let marks = menu::deleted(listing, selection);
        commands.send(BucketCommand::Restore {
            place: place.clone(),
            marks,
        });
        return;
    }
    let selected = menu::selected(listing, selection);
    match act {
        _ if selected.objects.is_empty() && selected.folders.is_empty() => {}
        Act::Delete => commands.send(Ask::DeleteObjects(selected)),
        Act::Rename if selection.count() == 1 => commands.send(Ask::RenameObject(selected)),
        Act::Download => commands.send(Ask::Download(selected)),
        Act::Copy => commands.send(Ask::CopyTo(selected)),
        Act::Move => commands.send(Ask::MoveTo(selected)),
        Act::Rename | Act::Up | Act::Versions | Act::Restore => {}
    }
}
