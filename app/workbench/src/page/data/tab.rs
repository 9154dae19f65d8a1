//! One open dataset: what was read of it, and asking workers for more.

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::dataset::Dataset;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::grid::GridState;
use crate::work::{Fetch, Lane};

use super::columns_menu::ColumnsMenu;
use super::kept_layout::KeptLayout;
use super::sheet::Sheet;
use super::side::{CellView, ColumnPage, Findings, History, ReadingPanel, Relating, Side, StepForm};
use super::table::{self, Handle, Opened, Table};
use super::view::View;

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
    /// The rows of the file itself.
    pub(super) sheet: Sheet,
    /// The steps, and the rows that they leave.
    pub(super) view: View,
    /// What stands beside the grid.
    pub(super) side: Option<Side>,
    /// The step that is being written.
    pub(super) form: Option<StepForm>,
    pub(super) findings: Findings,
    pub(super) history: History,
    /// How the columns are laid out: of the file, and of what steps leave of it.
    pub(super) layout: KeptLayout,
    pub(super) columns_menu: ColumnsMenu,
    /// The cell that is shown at length.
    pub(super) cell: CellView,
    pub(super) relating: Relating,
    pub(super) column_page: ColumnPage,
    pub(super) reading: ReadingPanel,
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

    /// The table of the file itself.
    pub(super) fn whole(&self) -> Option<&Table> {
        self.table()
    }

    /// The table that is shown: what the steps leave, or the file itself.
    pub(super) fn shown(&self) -> Option<&Table> {
        match self.view.answered() {
            Some(answered) => Some(&answered.table),
            None => self.table(),
        }
    }

    /// The grid of what the steps leave, or of the file itself.
    pub(super) fn sheet_mut(&mut self, is_answer: bool) -> &mut Sheet {
        if is_answer {
            &mut self.view.sheet
        } else {
            &mut self.sheet
        }
    }

    /// Why the file cannot be shown, if so.
    pub(super) fn report(&self) -> Option<&Report> {
        self.opened
            .report()
            .or(self.sheet.reading.report())
            .or(self.refreshed.report())
    }

    /// Opens the file anew, keeping what is shown until then.
    pub(super) fn retry(&mut self) {
        self.key.clear();
        self.sheet.reading = Fetch::Idle;
        self.refreshed = Fetch::Idle;
    }

    /// Takes in what workers read and asks for what is missing.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, row: &Dataset, commands: &mut CommandSender) {
        self.open(ctx, row);
        self.refresh(ctx);
        let handle = self.opened.value().and_then(|opened| opened.handle.as_ref());
        let table = self
            .refreshed
            .value()
            .or(self.opened.value().map(|opened| &opened.table));
        self.sheet.logic(ctx, commands, handle, table);
        self.view.logic(ctx, row, commands);
        self.findings.logic(ctx, row);
        if self.side == Some(Side::History) {
            self.history.logic(ctx, row);
        }
        self.reading.logic(ctx, row, self.side == Some(Side::Reading));
        self.layout.logic(ctx, &row.id);
        self.look_at_cell(ctx, row);
        self.relate(ctx, row);
    }

    fn look_at_cell(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        let wanted = if self.side == Some(Side::Cell) {
            self.shown_mut().and_then(|(_, grid)| grid.cursor())
        } else {
            None
        };
        let handle = self.shown_handle().cloned();
        let id = match self.view.answered() {
            Some(answered) => answered.question.clone(),
            None => row.key.clone(),
        };
        self.cell.logic(ctx, row, &id, handle, wanted);
    }

    fn relate(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        let is_shown = self.column_page.shows_relation && matches!(self.side, Some(Side::Column(_)));
        if self.view.is_busy() || self.view.is_profiling() {
            // Rows that the person waits for come first.
            self.relating.call_off();
            return;
        }
        if !is_shown || row.key.is_empty() {
            return;
        }
        let about = match self.view.answered() {
            Some(answered) => Some((answered.question.clone(), aloft_data::answer_source(&answered.out))),
            None => table::source_of(row).ok().map(|source| (row.key.clone(), source)),
        };
        let Some((key, source)) = about else { return };
        self.relating.logic(ctx, row, self.findings.target(), &key, source);
    }

    fn open(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        if self.opened.poll() && self.opened.report().is_none() {
            // Another content: nothing that was read of the old one holds.
            self.refreshed = Fetch::Idle;
            self.sheet.outdate();
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
            self.sheet.tiles.outdate();
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

    /// Goes to the row with this number (from 1), or to the next column whose name holds this text.
    pub(super) fn go(&mut self, text: &str) {
        let text = text.trim();
        let Some((table, grid)) = self.shown_mut() else { return };
        let mut nowhere = None;
        if text.is_empty() || table.rows == 0 {
            self.nowhere = None;
            return;
        }
        let digits: String = text
            .chars()
            .filter(|letter| !matches!(letter, ',' | '_' | ' ' | '.' | '\u{202f}'))
            .collect();
        if let Ok(number) = digits.parse::<u64>() {
            let rows = crate::format::plural(table.rows, "row", "rows");
            nowhere = match (number > table.rows, table.complete) {
                (false, _) => None,
                (true, true) => Some(format!("There are {rows}")),
                (true, false) => Some(format!("{rows} are counted so far")),
            };
            grid.go_to_row(number.clamp(1, table.rows) - 1);
            self.nowhere = nowhere;
            return;
        }
        let wanted = text.to_lowercase();
        let count = table.heads.len();
        let start = grid.cursor().map_or(0, |(_, column)| column + 1);
        let matches = |column: &usize| table.heads[*column].name.to_lowercase().contains(&wanted);
        match (0..count).map(|step| (start + step) % count).find(matches) {
            Some(column) => grid.go_to_column(column),
            None => nowhere = Some(format!("No column is named like “{text}”")),
        }
        self.nowhere = nowhere;
    }

    /// Goes to a row of the file, in this column of it.
    pub(super) fn go_to(&mut self, row: u64, column: Option<&str>) {
        let table = self
            .refreshed
            .value()
            .or(self.opened.value().map(|opened| &opened.table));
        let named = |name: &str| table?.heads.iter().position(|head| head.name == name);
        match column.and_then(named) {
            Some(column) => self.sheet.grid.go_to(row, column),
            None => self.sheet.grid.go_to_row(row),
        }
    }

    /// The table that is shown and where the person is in it.
    pub(super) fn shown_mut(&mut self) -> Option<(&Table, &mut GridState)> {
        if self.view.answered().is_some() {
            return self.view.answered_mut();
        }
        let opened = self.opened.value().map(|opened| &opened.table);
        Some((self.refreshed.value().or(opened)?, &mut self.sheet.grid))
    }

    /// What workers read the table with that is shown.
    pub(super) fn shown_handle(&self) -> Option<&Handle> {
        match self.view.answered() {
            Some(answered) => Some(&answered.handle),
            None => self.opened.value()?.handle.as_ref(),
        }
    }
}
