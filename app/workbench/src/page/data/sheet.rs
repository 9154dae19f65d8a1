//! The grid of one table: what was read of it, and asking workers for more.

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::grid::{Copied, GridState, Tiles};
use crate::outcome::Outcome;
use crate::work::{Fetch, Lane};

use super::table::{self, Batch, Handle, Table};

/// Cells in memory, where the person is among them, and what they asked to copy.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) tiles: Tiles,
    pub(super) reading: Fetch<Batch>,
    pub(super) grid: GridState,
    copying: Fetch<String>,
    /// What the person asked to copy in the last frame.
    pub(super) to_copy: Option<Copied>,
}

impl Sheet {
    /// Nothing that was read holds any more; it is shown until it is read anew.
    pub(super) fn outdate(&mut self) {
        self.reading = Fetch::Idle;
        self.tiles.outdate();
    }

    /// Takes in what workers read and asks for what is in sight.
    pub(super) fn logic(
        &mut self,
        ctx: &AppContext<'_>,
        commands: &mut CommandSender,
        handle: Option<&Handle>,
        table: Option<&Table>,
    ) {
        self.read(ctx, handle, table);
        self.copy(ctx, commands, handle);
    }

    /// One read at a time, and each for what is in sight now: the newest wish wins.
    fn read(&mut self, ctx: &AppContext<'_>, handle: Option<&Handle>, table: Option<&Table>) {
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
        let (Some(table), Some(handle)) = (table, handle.cloned()) else {
            return;
        };
        let keys = self.tiles.needed(self.grid.view(), table.rows, table.heads.len());
        if !keys.is_empty() {
            ctx.work
                .fetch_with(Lane::Rows, &mut self.reading, move |_| table::read(&handle, &keys));
        }
    }

    fn copy(&mut self, ctx: &AppContext<'_>, commands: &mut CommandSender, handle: Option<&Handle>) {
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
        if let Some(copied) = self.to_copy.take()
            && let Some(handle) = handle.cloned()
        {
            ctx.work
                .fetch_with(Lane::Rows, &mut self.copying, move |_| table::copy(&handle, &copied));
        }
    }
}
