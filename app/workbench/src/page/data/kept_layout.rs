//! How a person laid out the columns of a dataset, kept in the workspace.

use std::path::PathBuf;

use aloft_base::{Report, Workspace};

use crate::context::AppContext;
use crate::grid::Layout;
use crate::work::{Answer, Fetch, Lane};

/// The layout of a dataset's columns, and what is known of how it is kept.
#[derive(Default)]
pub(super) struct KeptLayout {
    pub(super) layout: Layout,
    reading: Fetch<Layout>,
    writing: Fetch<()>,
    /// The revision that is kept.
    kept: u64,
}

impl KeptLayout {
    /// Takes in what was kept and keeps what changed.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, dataset: &str) {
        if self.reading.is_idle() {
            let id = dataset.to_owned();
            ctx.work.fetch(Lane::Workspace, &mut self.reading, move |workspace| {
                read(workspace, &id)
            });
        }
        if self.reading.poll()
            && let Some(layout) = self.reading.value()
            && self.layout.revision() == 0
            && layout.is_changed()
        {
            self.layout.replace(layout.clone());
            self.kept = self.layout.revision();
        }
        self.writing.poll();
        if self.layout.revision() == self.kept || self.layout.is_held() || self.writing.is_pending() {
            return;
        }
        let (id, layout) = (dataset.to_owned(), self.layout.clone());
        ctx.work.fetch(Lane::Workspace, &mut self.writing, move |workspace| {
            write(workspace, &id, &layout)
        });
        if self.writing.is_pending() {
            self.kept = self.layout.revision();
        }
    }
}

fn path(workspace: &Workspace, dataset: &str) -> PathBuf {
    workspace.cache_folder().join("layouts").join(format!("{dataset}.json"))
}

/// Called on a worker.
fn read(workspace: &Workspace, dataset: &str) -> Answer<Layout> {
    let path = path(workspace, dataset);
    if !path.is_file() {
        return Ok(Layout::default());
    }
    let text = aloft_base::fs::read_text(&path).map_err(|error| Report::of(&error))?;
    // A damaged layout is worth no more than none.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Called on a worker.
fn write(workspace: &Workspace, dataset: &str, layout: &Layout) -> Answer<()> {
    let path = path(workspace, dataset);
    let fault = |error: aloft_base::Error| Report::of(&error);
    if let Some(folder) = path.parent() {
        aloft_base::fs::create_folder(folder).map_err(fault)?;
    }
    let text = serde_json::to_vec(layout).unwrap_or_default();
    aloft_base::fs::write_atomic(&path, &text).map_err(fault)
}
