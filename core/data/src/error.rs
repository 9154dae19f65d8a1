//! What can go wrong while reading, splitting and preparing tables.

use std::path::{Path, PathBuf};

use aloft_base::error::hint_of_kind;
use aloft_base::{ErrorKind, Explain, Report};
use polars::prelude::PolarsError;

use crate::schema::ColumnType;

/// A result whose error is [`DataError`].
pub type Result<T, E = DataError> = std::result::Result<T, E>;

/// Why a table could not be read, split, prepared or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    #[error("Could not {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    #[error(transparent)]
    Base(#[from] aloft_base::Error),

    #[error("There is no file {}", path.display())]
    NoFile { path: PathBuf },

    #[error("{} is a folder, not a file", path.display())]
    Folder { path: PathBuf },

    #[error("{} is empty", path.display())]
    Empty { path: PathBuf },

    /// The content is not a table Aloft can read; `what` says what it looks like.
    #[error("{} cannot be opened as a table: {what}", path.display())]
    NotATable {
        path: PathBuf,
        what: String,
        hint: &'static str,
    },

    #[error("{} could not be unpacked with {how} after {after_bytes} bytes of its content", path.display())]
    Packed {
        path: PathBuf,
        how: &'static str,
        /// What came out of it before.
        after_bytes: u64,
        source: std::io::Error,
    },

    /// A file that would fill the disk.
    #[error("{} is larger than the disk has room for: {grown_bytes} bytes were unpacked, and it did not end", path.display())]
    Unpacked { path: PathBuf, grown_bytes: u64 },

    #[error("{} was deleted or moved while it was open", path.display())]
    Vanished { path: PathBuf },

    #[error("{} has changed since it was opened", path.display())]
    Changed { path: PathBuf },

    #[error("{}, line {line}: {what}", path.display())]
    BadLine { path: PathBuf, line: u64, what: String },

    #[error("{} could not be read as {format}", path.display())]
    Damaged {
        path: PathBuf,
        format: &'static str,
        source: PolarsError,
    },

    #[error("Could not {action}")]
    Frame { action: &'static str, source: PolarsError },

    #[error("There is no column '{name}'")]
    NoColumn { name: String, known: Vec<String> },

    #[error("Row {row} does not exist: the table has {rows} rows")]
    NoRow { row: u64, rows: u64 },

    #[error("The table has {rows} rows; Aloft trains on at most 4,294,967,294 in one machine's memory")]
    TooManyRows { rows: u64 },

    #[error("The column '{column}' holds {found} values and cannot be used as {wanted}")]
    WrongType {
        column: String,
        found: ColumnType,
        wanted: &'static str,
    },

    #[error("The target '{column}' {what}")]
    Target { column: String, what: String, hint: String },

    #[error("The split cannot be made: {what}")]
    Split { what: String, hint: &'static str },

    #[error("The features cannot be prepared: {what}")]
    Prepare { what: String, hint: &'static str },

    #[error("The preparation was saved by a newer Aloft (version {found}, this one knows {known})")]
    NewerPreparation { found: u32, known: u32 },

    #[error("The saved preparation cannot be read or written")]
    BadPreparation(#[source] serde_json::Error),

    #[error("{} cannot be written: {what}", path.display())]
    Output { path: PathBuf, what: String },

    /// What lies in a bucket could not be read; the report says why.
    #[error("{}", .0.message)]
    Elsewhere(Report),

    /// A question or a step that polars does not understand or cannot answer.
    #[error("{what}")]
    Query { what: String, hint: String },

    #[error("Stopped as asked")]
    Stopped,
}

impl DataError {
    /// Names the action and the path of an input/output error.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::NotFound => Self::NoFile { path },
            std::io::ErrorKind::IsADirectory => Self::Folder { path },
            _ => Self::Io { action, path, source },
        }
    }

    /// Names the action of a failure inside polars.
    pub(crate) fn frame(action: &'static str) -> impl FnOnce(PolarsError) -> Self {
        move |source| Self::Frame { action, source }
    }
}

impl Explain for DataError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } => ErrorKind::of_io(source),
            Self::Base(error) => error.kind(),
            Self::NoFile { .. } | Self::Vanished { .. } => ErrorKind::NotFound,
            Self::Changed { .. } => ErrorKind::Conflict,
            Self::Damaged { .. } | Self::Packed { .. } | Self::BadPreparation(_) => ErrorKind::Corrupt,
            Self::Unpacked { .. } => ErrorKind::NoSpace,
            Self::Frame { .. } => ErrorKind::Internal,
            Self::TooManyRows { .. } | Self::NewerPreparation { .. } => ErrorKind::Unsupported,
            Self::Stopped => ErrorKind::Stopped,
            Self::Elsewhere(report) => report.kind,
            Self::Folder { .. }
            | Self::Empty { .. }
            | Self::NotATable { .. }
            | Self::BadLine { .. }
            | Self::NoColumn { .. }
            | Self::NoRow { .. }
            | Self::WrongType { .. }
            | Self::Target { .. }
            | Self::Split { .. }
            | Self::Prepare { .. }
            | Self::Output { .. }
            | Self::Query { .. } => ErrorKind::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Base(error) => return error.hint(),
            Self::Elsewhere(report) => return (!report.hint.is_empty()).then(|| report.hint.clone()),
            Self::NoFile { .. } => "Check the path; the file may have been moved or renamed.".to_owned(),
            Self::Folder { .. } => "Choose one file in it.".to_owned(),
            Self::Empty { .. } => "Choose a file with at least a header line.".to_owned(),
            Self::NotATable { hint, .. } | Self::Split { hint, .. } | Self::Prepare { hint, .. } => (*hint).to_owned(),
            Self::Target { hint, .. } | Self::Query { hint, .. } => hint.clone(),
            Self::Vanished { .. } => "Put it back, or open it from its new place.".to_owned(),
            Self::Changed { .. } => "Open it again to see its new content.".to_owned(),
            Self::BadLine { .. } => "Correct that line, then open the file again.".to_owned(),
            Self::Damaged { .. } | Self::Packed { .. } => {
                "The file may be incomplete or damaged: copy or export it again.".to_owned()
            }
            Self::NoColumn { name, known } => no_column_hint(name, known),
            Self::NewerPreparation { .. } => "Update Aloft.".to_owned(),
            Self::WrongType { .. } => "Choose another column, or correct its values in the file.".to_owned(),
            _ => return hint_of_kind(self.kind()),
        };
        Some(hint)
    }
}

/// Names the closest column, else the first few there are.
fn no_column_hint(name: &str, known: &[String]) -> String {
    let wanted = name.trim().to_lowercase();
    let close = known.iter().find(|column| {
        let column = column.trim().to_lowercase();
        column == wanted || (wanted.len() > 2 && (column.contains(&wanted) || wanted.contains(&column)))
    });
    match close {
        Some(column) => format!("Did you mean '{column}'?"),
        None if known.is_empty() => "The file has no columns.".to_owned(),
        None => {
            let first: Vec<&str> = known.iter().take(10).map(String::as_str).collect();
            let more = if known.len() > first.len() { ", …" } else { "" };
            format!("The columns are: {}{more}", first.join(", "))
        }
    }
}
