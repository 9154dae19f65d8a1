//! An open table as the window holds it: its columns, and the workers' side of it.

use std::sync::{Arc, Mutex, PoisonError};

use aloft_base::dataset::{self, Dataset};
use aloft_base::{ErrorKind, Report, Workspace};
use aloft_data::{ColumnProfile, Page, Pages, Source};

use crate::grid::{Copied, Head, TileKey};
use crate::work::Answer;

use super::copy;

/// What is known of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// Rows that can be shown.
    pub(super) rows: u64,
    /// Whether these are all rows there are.
    pub(super) complete: bool,
    pub(super) heads: Vec<Head>,
    /// How many columns are profiled.
    pub(super) profiled: usize,
}

/// The file, as workers read it. Only tasks of the lane for rows lock it, so nobody ever waits.
#[derive(Clone, Debug)]
pub(super) struct Handle(pub(super) Arc<Mutex<Pages>>);

/// A table that was opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) handle: Option<Handle>,
    pub(super) table: Table,
    /// How the file is read, one sentence each.
    pub(super) notes: Vec<String>,
}

/// Tiles that were read, and how many rows the table had then.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) tiles: Vec<(TileKey, Page)>,
    pub(super) rows: u64,
}

/// Opens the file of a dataset. Called on a worker.
pub(super) fn open(workspace: &Workspace, row: &Dataset) -> Answer<Opened> {
    let source = source_of(row)?;
    // The job that profiles it looks whether what lies elsewhere is still the same.
    let detected = match &source.remote {
        None => Some(aloft_data::detect(&source.path).map_err(|error| Report::of(&error))?),
        Some(_) => None,
    };
    let key = source.key().map_err(|error| Report::of(&error))?;
    if key != row.key {
        let message = format!("{} has changed since it was opened", source.path.display());
        return Err(Report::new(
            ErrorKind::Conflict,
            message,
            "Try again to open its new content.",
        ));
    }
    let mut pages = Pages::open(&source, &workspace.dataset_cache(&row.key)).map_err(|error| Report::of(&error))?;
    let table = look(workspace, &row.id, &mut pages)?;
    // What was said of the file when it was first opened may be of another time; this is of now.
    let notes = detected
        .filter(|detected| detected.source == source)
        .map_or_else(Vec::new, |detected| detected.notes);
    Ok(Opened {
        handle: Some(Handle(Arc::new(Mutex::new(pages)))),
        table,
        notes,
    })
}

/// How a dataset's file is read.
pub(super) fn source_of(row: &Dataset) -> Answer<Source> {
    serde_json::from_value(row.source.clone()).map_err(|error| {
        let message = format!("How {} is read cannot be understood: {error}", row.path.display());
        Report::new(ErrorKind::Corrupt, message, "Try again to have the file examined anew.")
    })
}

/// Looks how many rows and profiles there are by now. Called on a worker.
pub(super) fn refresh(workspace: &Workspace, id: &str, handle: &Handle) -> Answer<Table> {
    let mut pages = handle.lock();
    pages.refresh().map_err(|error| Report::of(&error))?;
    look(workspace, id, &mut pages)
}

/// The columns of a table, not profiled yet.
pub(super) fn heads_of(pages: &Pages) -> Vec<Head> {
    let head = |column: &aloft_data::Column| Head {
        name: column.name.clone(),
        kind: column.kind,
        profile: None,
    };
    pages.schema().iter().map(head).collect()
}

fn look(workspace: &Workspace, id: &str, pages: &mut Pages) -> Answer<Table> {
    let mut heads = heads_of(pages);
    let mut profiled = 0;
    for (position, value) in dataset::profiles(workspace, id).map_err(|error| Report::of(&error))? {
        // A profile of an older form is made again by "Profile again"; until then the card says less.
        let Ok(profile) = serde_json::from_value::<ColumnProfile>(value) else {
            continue;
        };
        if let Some(head) = heads.get_mut(position).filter(|head| head.name == profile.name) {
            head.profile = Some(profile);
            profiled += 1;
        }
    }
    Ok(Table {
        rows: pages.known_rows(),
        complete: pages.is_complete(),
        heads,
        profiled,
    })
}

/// Reads tiles. Called on a worker.
pub(super) fn read(handle: &Handle, keys: &[TileKey]) -> Answer<Batch> {
    let mut pages = handle.lock();
    let columns = pages.schema().len();
    let rows = pages.known_rows();
    let mut tiles = Vec::with_capacity(keys.len());
    for key in keys {
        let page = pages
            .read(key.first_row(), crate::grid::TILE_ROWS as usize, key.columns(columns))
            .map_err(|error| Report::of(&error))?;
        tiles.push((*key, page));
    }
    Ok(Batch { tiles, rows })
}

/// The selected cells as text. Called on a worker.
pub(super) fn copy(handle: &Handle, copied: &Copied) -> Answer<String> {
    copy::text_of(&mut handle.lock(), copied)
}

impl Handle {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Pages> {
        // After a panic in a reader the pages are still whole: they hold a file and copies of its parts.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::CopyFormat;

    #[test]
    fn a_file_is_opened_read_and_copied() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path().join("workspace")).unwrap();
        let path = folder.path().join("prices.csv");
        std::fs::write(&path, "name;price\nbread;2,5\nmilk;1,25\n\"oat;milk\";\n").unwrap();
        let detected = aloft_data::detect(&path).unwrap();
        let key = detected.source.key().unwrap();
        let source = serde_json::to_value(&detected.source).unwrap();
        let row = dataset::open(&workspace, &path, &source, &key).unwrap();

        let opened = open(&workspace, &row).unwrap();
        assert_eq!(
            (opened.table.rows, opened.table.heads.len(), opened.table.profiled),
            (3, 2, 0)
        );
        assert!(
            opened.notes.iter().any(|note| note.contains("';'")),
            "{:?}",
            opened.notes
        );
        let handle = opened.handle.unwrap();
        let batch = read(&handle, &[TileKey::of(0, 0)]).unwrap();
        assert_eq!(batch.tiles[0].1.cell(1, 0).unwrap().text(), "milk");
        let both = Copied {
            rows: 1..=2,
            columns: vec![0, 1],
            format: CopyFormat::Tsv,
            with_names: false,
        };
        assert_eq!(copy(&handle, &both).unwrap(), "milk\t1,25\noat;milk\t\n");

        std::fs::write(&path, "name;price\nother;1,5\n").unwrap();
        assert_eq!(open(&workspace, &row).unwrap_err().kind, ErrorKind::Conflict);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(open(&workspace, &row).unwrap_err().kind, ErrorKind::NotFound);
        let report = read(&handle, &[TileKey::of(0, 0)])
            .and_then(|_| refresh(&workspace, &row.id, &handle))
            .unwrap_err();
        assert!(report.message.contains("prices.csv"), "{}", report.message);
    }
}
