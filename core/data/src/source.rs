//! What a table's file is and how it is to be read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use aloft_base::remote::Remote;

use crate::error::Result;
use crate::remote;
use crate::stamp::Stamp;
use crate::temporal::DateOrder;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    Tsv,
    Parquet,
    JsonLines,
    /// One document: a list of objects, or objects that hold one.
    Json,
    ArrowIpc,
}

impl Format {
    /// The format as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Parquet => "Parquet",
            Self::JsonLines => "JSON Lines",
            Self::Json => "JSON",
            Self::ArrowIpc => "Arrow IPC",
        }
    }

    /// Whether the file is text, and not columns.
    pub fn is_text(self) -> bool {
        !matches!(self, Self::Parquet | Self::ArrowIpc)
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}

/// How the characters of a text file are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    #[default]
    Utf8,
    /// UTF-8 with a byte order mark, as Excel writes it.
    Utf8Bom,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Encoding {
    /// The encoding as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 with a byte order mark",
            Self::Utf16Le => "UTF-16 (little endian)",
            Self::Utf16Be => "UTF-16 (big endian)",
            Self::Windows1252 => "Windows-1252",
        }
    }

    /// Every encoding.
    pub const ALL: [Self; 5] = [
        Self::Utf8,
        Self::Utf8Bom,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Windows1252,
    ];

    pub(crate) fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

/// How a CSV or TSV file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// The character between two values; ASCII.
    pub delimiter: char,
    /// The character around values that hold delimiters or line ends; ASCII.
    pub quote: char,
    /// Whether the first row holds the names of the columns.
    pub has_header: bool,
    pub encoding: Encoding,
    /// Whether numbers are written `3,14`.
    pub decimal_comma: bool,
    /// In which order dates are written; found out for each column when absent. Where the year stands
    /// first it is seen in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// Unquoted texts that mean a missing value. An empty unquoted value is always missing.
    pub null_values: Vec<String>,
}

/// The words that mean a missing value when nothing else was said.
pub(crate) const NULL_VALUES: [&str; 8] = ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A"];

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: ',',
            quote: '"',
            has_header: true,
            encoding: Encoding::Utf8,
            decimal_comma: false,
            date_order: None,
            null_values: NULL_VALUES.map(str::to_owned).to_vec(),
        }
    }
}

/// A file and how it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub path: PathBuf,
    pub format: Format,
    /// For CSV and TSV; the defaults of the format when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<CsvOptions>,
    /// Where it lies, if not on this machine: `path` is then the same address, for what is
    /// read there, or that of a copy here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
}

impl Source {
    /// Where a person says that it is: its path, or its address.
    pub fn place(&self) -> PathBuf {
        self.remote
            .as_ref()
            .map_or_else(|| self.path.clone(), |remote| PathBuf::from(&remote.url))
    }

    /// The name of the cache folder for what is derived from this file: a hash of its
    /// path, size, time of change and the options it is read with. For one that lies elsewhere
    /// it follows from the `ETag` instead of the time.
    ///
    /// # Errors
    /// When the file is not there or may not be read.
    pub fn key(&self) -> Result<String> {
        let mut stamp = Stamp::of_source(self)?;
        let mut hasher = blake3::Hasher::new();
        if let Some(remote) = &self.remote {
            hasher.update(remote.url.as_bytes());
            if let Some(identity) = remote::identity(&self.path).filter(|_| self.is_copy()) {
                // When it was brought does not matter.
                stamp.modified_ns = 0;
                hasher.update(identity.as_bytes());
            }
        } else {
            let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
            hasher.update(path.as_os_str().as_encoded_bytes());
        }
        let options = format!(
            "\0{} {} {:?} {:?}",
            stamp.bytes, stamp.modified_ns, self.format, self.csv
        );
        hasher.update(options.as_bytes());
        Ok(hasher.finalize().to_hex()[..32].to_owned())
    }

    /// Whether the path is that of a copy.
    fn is_copy(&self) -> bool {
        self.remote
            .as_ref()
            .is_some_and(|remote| self.path != std::path::Path::new(&remote.url))
    }

    /// The options of a CSV or TSV file, by default those of the format.
    pub(crate) fn csv_options(&self) -> CsvOptions {
        self.csv.clone().unwrap_or_else(|| CsvOptions {
            delimiter: if self.format == Format::Tsv { '\t' } else { ',' },
            ..CsvOptions::default()
        })
    }
}
