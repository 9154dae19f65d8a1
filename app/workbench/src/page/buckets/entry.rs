//! What the table lists: buckets, folders and objects, small enough to hold a million of them.

use std::cmp::Ordering;
use std::sync::Arc;

use aloft_cloud::{Bucket, Object, ObjectVersion};
use egui_phosphor::regular as icons;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Bucket,
    Folder,
    Object,
    /// An object that was deleted and can be brought back.
    Deleted,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// What the key has beyond the prefix that is listed, with the trailing `/` of a folder.
    pub(super) name: Box<str>,
    pub(super) bytes: u64,
    /// Unix milliseconds.
    pub(super) modified_ms: Option<i64>,
    /// The storage class, or the region of a bucket; the same text is held once.
    pub(super) class: Arc<str>,
}

impl Entry {
    pub(super) fn bucket(bucket: &Bucket) -> Self {
        Self {
            kind: Kind::Bucket,
            name: bucket.name.as_str().into(),
            bytes: 0,
            modified_ms: bucket.created_ms,
            class: bucket.region.as_deref().unwrap_or_default().into(),
        }
    }

    pub(super) fn folder(prefix: &str, key: &str, class: &Arc<str>) -> Self {
        Self {
            kind: Kind::Folder,
            name: key.strip_prefix(prefix).unwrap_or(key).into(),
            bytes: 0,
            modified_ms: None,
            class: Arc::clone(class),
        }
    }

    pub(super) fn object(prefix: &str, object: &Object, class: Arc<str>) -> Self {
        Self {
            kind: Kind::Object,
            name: object.key.strip_prefix(prefix).unwrap_or(&object.key).into(),
            bytes: object.bytes,
            modified_ms: object.modified_ms,
            class,
        }
    }

    /// What the mark of a deletion stands for.
    pub(super) fn deleted(prefix: &str, mark: &ObjectVersion, class: &Arc<str>) -> Self {
        Self {
            kind: Kind::Deleted,
            name: mark.key.strip_prefix(prefix).unwrap_or(&mark.key).into(),
            bytes: 0,
            modified_ms: mark.modified_ms,
            class: Arc::clone(class),
        }
    }

    /// The name as it can be shown.
    pub(super) fn shown(&self) -> String {
        shown(&self.name, self.kind)
    }

    pub(super) fn icon(&self) -> &'static str {
        match self.kind {
            Kind::Bucket => icons::HARD_DRIVES,
            Kind::Folder => icons::FOLDER,
            Kind::Object => object_icon(&self.name),
            Kind::Deleted => icons::FILE_DASHED,
        }
    }

    /// What a screen reader says of it.
    pub(super) fn spoken(&self) -> String {
        let name = self.shown();
        match self.kind {
            Kind::Bucket => format!("Bucket {name}"),
            Kind::Folder => format!("Folder {name}"),
            Kind::Object => format!("Object {name}"),
            Kind::Deleted => format!("Deleted object {name}"),
        }
    }
}

/// A name as it can be shown: control characters escaped, an empty one said in words.
pub(super) fn shown(name: &str, kind: Kind) -> String {
    let bare = if kind == Kind::Folder {
        name.strip_suffix('/').unwrap_or(name)
    } else {
        name
    };
    if bare.is_empty() {
        return if matches!(kind, Kind::Object | Kind::Deleted) {
            "(folder marker)".to_owned()
        } else {
            "(no name)".to_owned()
        };
    }
    escaped(bare)
}

/// A text with its control characters escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            out.extend(letter.escape_default());
        } else {
            out.push(letter);
        }
    }
    out
}

/// The ending of a name in lower case, without that of a compression.
pub(super) fn ending(name: &str) -> String {
    let lower = name.to_lowercase();
    let bare = [".gz", ".zst", ".bz2", ".xz"]
        .iter()
        .find_map(|ending| lower.strip_suffix(ending))
        .unwrap_or(&lower);
    bare.rsplit_once('.')
        .map(|(_, ending)| ending.to_owned())
        .unwrap_or_default()
}

fn object_icon(name: &str) -> &'static str {
    match ending(name).as_str() {
        "csv" | "tsv" | "tab" | "parquet" | "arrow" | "feather" | "ipc" => icons::TABLE,
        "jsonl" | "ndjson" | "json" => icons::BRACKETS_CURLY,
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "bmp" | "tif" | "tiff" => icons::FILE_IMAGE,
        "txt" | "md" | "log" | "toml" | "yaml" | "yml" | "py" | "rs" => icons::FILE_TEXT,
        "safetensors" | "pt" | "onnx" | "gguf" | "aloft" => icons::CUBE,
        "zip" | "tar" | "tgz" => icons::FILE_ARCHIVE,
        _ => icons::FILE,
    }
}

/// Entries in the order they came, in pages that are shared with who sorts them.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    pages: Vec<Arc<Vec<Entry>>>,
    /// How many entries there are up to the end of each page.
    ends: Vec<usize>,
}

impl Entries {
    pub(super) fn push(&mut self, page: Vec<Entry>) {
        if !page.is_empty() {
            self.ends.push(self.len() + page.len());
            self.pages.push(Arc::new(page));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    pub(super) fn get(&self, nth: usize) -> Option<&Entry> {
        let page = self.ends.partition_point(|end| *end <= nth);
        let start = if page == 0 { 0 } else { self.ends[page - 1] };
        self.pages.get(page)?.get(nth - start)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pages.iter().flat_map(|page| page.iter())
    }
}

/// A column of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Column {
    #[default]
    Name,
    Size,
    Modified,
    Class,
}

/// By which column, and whether the largest comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: Column,
    pub(super) descending: bool,
}

/// The positions of the entries that match, in order. Called on a worker: a million takes a second.
pub(super) fn arrange(entries: &Entries, order: Order, filter: &str) -> Vec<u32> {
    let words = filter.to_lowercase();
    let all: Vec<&Entry> = entries.iter().collect();
    let mut rows: Vec<u32> = (0..u32::try_from(all.len()).unwrap_or(u32::MAX))
        .filter(|nth| words.is_empty() || all[*nth as usize].name.to_lowercase().contains(&words))
        .collect();
    let name = |nth: u32| all[nth as usize].name.to_lowercase();
    if order.column == Column::Name {
        let mut keyed: Vec<(Kind, String, u32)> = rows
            .iter()
            .map(|nth| (all[*nth as usize].kind, name(*nth), *nth))
            .collect();
        keyed.sort_unstable_by(|a, b| {
            let names = a.1.cmp(&b.1);
            a.0.cmp(&b.0)
                .then(if order.descending { names.reverse() } else { names })
                .then(a.2.cmp(&b.2))
        });
        return keyed.into_iter().map(|(_, _, nth)| nth).collect();
    }
    rows.sort_by(|a, b| {
        let (one, other) = (all[*a as usize], all[*b as usize]);
        let ordering = match order.column {
            Column::Size => one.bytes.cmp(&other.bytes),
            Column::Modified => one.modified_ms.cmp(&other.modified_ms),
            Column::Class => one.class.cmp(&other.class),
            Column::Name => Ordering::Equal,
        };
        // Folders stay above, equal ones in the order they came, which is that of their keys.
        one.kind
            .cmp(&other.kind)
            .then(if order.descending { ordering.reverse() } else { ordering })
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, bytes: u64) -> Entry {
        Entry {
            kind: Kind::Object,
            name: name.into(),
            bytes,
            modified_ms: None,
            class: "".into(),
        }
    }

    fn names(entries: &Entries, rows: &[u32]) -> Vec<String> {
        rows.iter()
            .map(|nth| entries.get(*nth as usize).unwrap().shown())
            .collect()
    }

    #[test]
    fn folders_come_first_whatever_the_order_and_the_filter_sees_every_page() {
        let mut entries = Entries::default();
        entries.push(vec![object("Beta.csv", 3), object("alpha.csv", 9)]);
        entries.push(vec![
            Entry::folder("raw/", "raw/zoo/", &"".into()),
            object("beta2.csv", 5),
        ]);
        let by = |column, descending| Order { column, descending };
        let rows = arrange(&entries, by(Column::Name, false), "");
        assert_eq!(names(&entries, &rows), ["zoo", "alpha.csv", "Beta.csv", "beta2.csv"]);
        let rows = arrange(&entries, by(Column::Size, true), "");
        assert_eq!(names(&entries, &rows), ["zoo", "alpha.csv", "beta2.csv", "Beta.csv"]);
        let rows = arrange(&entries, by(Column::Name, true), "BETA");
        assert_eq!(names(&entries, &rows), ["beta2.csv", "Beta.csv"]);
    }

    #[test]
    fn what_was_deleted_stands_below_what_is_there() {
        let mark = ObjectVersion {
            key: "raw/Alpha.csv".into(),
            version: "v2".into(),
            is_latest: true,
            is_delete_marker: true,
            bytes: 0,
            modified_ms: Some(5),
            etag: String::new(),
        };
        let mut entries = Entries::default();
        entries.push(vec![Entry::deleted("raw/", &mark, &"Deleted".into())]);
        entries.push(vec![object("zebra.csv", 3)]);
        for descending in [false, true] {
            let order = Order {
                column: Column::Name,
                descending,
            };
            let rows = arrange(&entries, order, "");
            assert_eq!(names(&entries, &rows), ["zebra.csv", "Alpha.csv"]);
        }
        assert_eq!(entries.get(0).unwrap().spoken(), "Deleted object Alpha.csv");
    }

    #[test]
    fn odd_keys_can_be_seen() {
        assert_eq!(shown("/", Kind::Folder), "(no name)");
        assert_eq!(shown("", Kind::Object), "(folder marker)");
        assert_eq!(shown("a\nb", Kind::Object), "a\\nb");
        assert_eq!(ending("Data.CSV.gz"), "csv");
    }
}
