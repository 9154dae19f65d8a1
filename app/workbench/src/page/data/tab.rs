//! One open dataset: what was read of it, and asking workers for more.

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::dataset::Dataset;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::grid::{GridState, Selection, Tiles};
use crate::outcome::Outcome;
use crate::work::{Fetch, Lane};

use super::table::{self, Batch, Opened, Table};

/// A dataset that is open on the page.
#[derive(Default)]
pub(super) struct Tab {
    pub(super) id: String,
    /// The content that was opened; another key is another content.
    pub(super) key: String,
    pub(super) opened: Fetch<Opened>,
    pub(super) refreshed: Fetch<Table>,
    /// The revision of the dataset that was looked at last.
    looked_at: Option<u64>,
    pub(super) tiles: Tiles,
    pub(super) reading: Fetch<Batch>,
    pub(super) grid: GridState,
    copying: Fetch<String>,
    /// What the person asked to copy in the last frame.
    pub(super) to_copy: Option<Selection>,
    pub(super) notes_dismissed: bool,
    pub(super) notes_open: bool,
    /// Why the person did not get where they wanted to go.
    pub(super) nowhere: Option<String>,
}

impl Tab {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }

    /// The table as it was looked at last.
    pub(super) fn table(&self) -> Option<&Table> {
        self.refreshed
            .value()
            .or(self.opened.value().map(|opened| &opened.table))
    }

    /// Why the file cannot be shown, if so.
    pub(super) fn report(&self) -> Option<&Report> {
        self.opened
            .report()
            .or(self.reading.report())
            .or(self.refreshed.report())
    }

    /// Opens the file anew, keeping what is shown until then.
    pub(super) fn retry(&mut self) {
        self.key.clear();
        self.reading = Fetch::Idle;
        self.refreshed = Fetch::Idle;
    }

    /// Takes in what workers read and asks for what is missing.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, row: &Dataset, commands: &mut CommandSender) {
        self.open(ctx, row);
        self.refresh(ctx);
        self.read(ctx);
        self.copy(ctx, commands);
    }

    fn open(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        if self.opened.poll() && self.opened.report().is_none() {
            // Another content: nothing that was read of the old one holds.
            self.refreshed = Fetch::Idle;
            self.reading = Fetch::Idle;
            self.tiles.outdate();
            self.looked_at = None;
        }
        // Without a key nobody has looked yet what is at the address.
        if self.key != row.key && !row.key.is_empty() && !self.opened.is_pending() {
            let dataset = row.clone();
            ctx.work.fetch(Lane::Rows, &mut self.opened, move |workspace| {
                table::open(workspace, &dataset)
            });
            if self.opened.is_pending() {
                self.key.clone_from(&row.key);
            }
        }
    }

    fn refresh(&mut self, ctx: &AppContext<'_>) {
        let kinds = |table: &Table| table.heads.iter().map(|head| head.kind).collect::<Vec<_>>();
        let before = if self.refreshed.is_pending() {
            self.table().map(kinds)
        } else {
            None
        };
        if self.refreshed.poll() && self.table().map(kinds) != before {
            // Types were decided over the whole file: numbers may have become text.
            self.tiles.outdate();
        }
        // The job that profiles says how far it is more often than it stores a column: rows are counted meanwhile.
        let job = ctx.library.job_of(&self.id).filter(|job| job.state.is_active());
        let revision = ctx.library.revision(Topic::Dataset, &self.id)
            + job.map_or(0, |job| ctx.library.revision(Topic::Job, &job.id));
        if self.looked_at == Some(revision) || self.refreshed.is_pending() || self.refreshed.report().is_some() {
            return;
        }
        let Some(handle) = self.opened.value().and_then(|opened| opened.handle.clone()) else {
            return;
        };
        let id = self.id.clone();
        ctx.work.fetch(Lane::Rows, &mut self.refreshed, move |workspace| {
            table::refresh(workspace, &id, &handle)
        });
        if self.refreshed.is_pending() {
            self.looked_at = Some(revision);
        }
    }

    /// One read at a time, and each for what is in sight now: the newest wish wins.
    fn read(&mut self, ctx: &AppContext<'_>) {
        self.reading.poll();
        if matches!(self.reading, Fetch::Ready(_))
            && let Fetch::Ready(batch) = std::mem::take(&mut self.reading)
        {
            for (key, page) in batch.tiles {
                self.tiles.insert(key, page, batch.rows);
            }
        }
        if !self.reading.is_idle() {
            return;
        }
        let Some((rows, columns)) = self.table().map(|table| (table.rows, table.heads.len())) else {
            return;
        };
        let Some(handle) = self.opened.value().and_then(|opened| opened.handle.clone()) else {
            return;
        };
        let keys = self.tiles.needed(self.grid.view(), rows, columns);
        if !keys.is_empty() {
            ctx.work
                .fetch_with(Lane::Rows, &mut self.reading, move |_| table::read(&handle, &keys));
        }
    }

    fn copy(&mut self, ctx: &AppContext<'_>, commands: &mut CommandSender) {
        self.copying.poll();
        match std::mem::take(&mut self.copying) {
            Fetch::Ready(text) => commands.send(ViewCommand::Copy(text)),
            Fetch::Failed { report, .. } => {
                ctx.work.outcomes().send(Outcome::Failed {
                    what: "Could not copy the cells".into(),
                    report,
                });
            }
            other => self.copying = other,
        }
        if let Some(selection) = self.to_copy.take()
            && let Some(handle) = self.opened.value().and_then(|opened| opened.handle.clone())
        {
            ctx.work
                .fetch_with(Lane::Rows, &mut self.copying, move |_| table::copy(&handle, selection));
        }
    }

    /// Goes to the row with this number (from 1), or to the next column whose name holds this text.
    pub(super) fn go(&mut self, text: &str) {
        let text = text.trim();
        let Some(table) = self
            .refreshed
            .value()
            .or(self.opened.value().map(|opened| &opened.table))
        else {
            return;
        };
        self.nowhere = None;
        if text.is_empty() || table.rows == 0 {
            return;
        }
        let digits: String = text
            .chars()
            .filter(|letter| !matches!(letter, ',' | '_' | ' ' | '.' | '\u{202f}'))
            .collect();
        if let Ok(number) = digits.parse::<u64>() {
            let rows = crate::format::plural(table.rows, "row", "rows");
            self.nowhere = match (number > table.rows, table.complete) {
                (false, _) => None,
                (true, true) => Some(format!("There are {rows}")),
                (true, false) => Some(format!("{rows} are counted so far")),
            };
            self.grid.go_to_row(number.clamp(1, table.rows) - 1);
            return;
        }
        let wanted = text.to_lowercase();
        let count = table.heads.len();
        let start = self.grid.selection().map_or(0, |selection| selection.cursor.column + 1);
        let matches = |column: &usize| table.heads[*column].name.to_lowercase().contains(&wanted);
        match (0..count).map(|step| (start + step) % count).find(matches) {
            Some(column) => self.grid.go_to_column(column),
            None => self.nowhere = Some(format!("No column is named like “{text}”")),
        }
    }
}
