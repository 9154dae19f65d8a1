//! Files to test with, in a private folder.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{
    Cell, ColumnProfile, ColumnType, Detected, Flow, Pages, Profile, Result, Source, Table, build_index, detect,
    profile,
};

/// A folder that goes away with the test.
pub(super) struct Files {
    folder: TempDir,
}

impl Files {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn detect(&self, name: &str, content: impl AsRef<[u8]>) -> Result<Detected> {
        detect(&self.write(name, content))
    }

    pub(super) fn source(&self, name: &str, content: impl AsRef<[u8]>) -> Source {
        self.detect(name, content).unwrap().source
    }

    pub(super) fn cache(&self, source: &Source) -> PathBuf {
        self.path("cache").join(source.key().unwrap())
    }

    pub(super) fn pages(&self, source: &Source) -> Pages {
        Pages::open(source, &self.cache(source)).unwrap()
    }

    pub(super) fn index(&self, source: &Source) -> u64 {
        build_index(source, &self.cache(source), &mut |_| Flow::Continue)
            .unwrap()
            .rows
    }

    pub(super) fn profile(&self, source: &Source) -> Profile {
        profile(source, &self.cache(source), &mut |_| Flow::Continue).unwrap()
    }

    pub(super) fn table(&self, source: &Source) -> Table {
        Table::load(source, &self.cache(source), None).unwrap()
    }

    /// A table straight from CSV.
    pub(super) fn csv_table(&self, content: &str) -> Table {
        self.table(&self.source("table.csv", content))
    }
}

/// Every cell of a file by row, as text, with `∅` for missing.
pub(super) fn rows(pages: &mut Pages) -> Vec<Vec<String>> {
    let page = pages.read(0, 10_000, 0..pages.schema().len()).unwrap();
    let text = |cell: &Cell| {
        if *cell == Cell::Null {
            "∅".to_owned()
        } else {
            cell.text().to_owned()
        }
    };
    (0..page.rows())
        .map(|row| page.cells.iter().map(|column| text(&column[row])).collect())
        .collect()
}

pub(super) fn kinds(pages: &Pages) -> Vec<ColumnType> {
    pages.schema().iter().map(|column| column.kind).collect()
}

pub(super) fn names(pages: &Pages) -> Vec<&str> {
    pages.schema().iter().map(|column| column.name.as_str()).collect()
}

pub(super) fn column<'a>(profile: &'a Profile, name: &str) -> &'a ColumnProfile {
    profile.columns.iter().find(|column| column.name == name).unwrap()
}

pub(super) fn top(column: &ColumnProfile) -> Vec<(&str, u64)> {
    column.top.iter().map(|top| (top.value.as_str(), top.count)).collect()
}

/// The sample data that ships with Aloft.
pub(super) fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/data")
        .join(name)
}
