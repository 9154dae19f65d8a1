//! Where an answer goes: one file, or a folder of them by the values of some columns.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::io::csv::write::CsvWriterOptions;
use polars::io::ipc::IpcWriterOptions;
use polars::io::ndjson::NDJsonWriterOptions;
use polars::io::utils::sync_on_close::SyncOnCloseType;
use polars::prelude::{
    DataFrame, FileWriteFormat, LazyFrame, OptFlags, ParquetWriteOptions, PartitionStrategy, PlRefPath, PolarsResult,
    SinkDestination, SinkTarget, UnifiedSinkArgs, col,
};

use crate::error::{DataError, Result};
use crate::source::Format;

/// How an answer is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    /// Columns whose values name the folders (`column=value/`) of a partitioned table;
    /// empty for one file.
    pub partition_by: Vec<String>,
    /// Whether the bytes must be on the disk when it is done. Not for what can be made again.
    pub durable: bool,
}

impl Output {
    /// The format that the ending of a file's name says.
    ///
    /// # Errors
    /// When the ending is none of those that can be written.
    pub fn of_path(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let format = match ending.to_ascii_lowercase().as_str() {
            "csv" => Format::Csv,
            "tsv" | "tab" => Format::Tsv,
            "parquet" | "pq" => Format::Parquet,
            "arrow" | "ipc" | "feather" => Format::ArrowIpc,
            "jsonl" | "ndjson" => Format::JsonLines,
            _ => {
                return Err(DataError::Output {
                    path: path.to_owned(),
                    what: "its ending must be .csv, .tsv, .parquet, .arrow or .jsonl".to_owned(),
                });
            }
        };
        Ok(Self {
            format,
            partition_by: Vec::new(),
            durable: true,
        })
    }

    /// An answer for this program to read on: Arrow, not compressed, that can be made again.
    #[must_use]
    pub fn scratch() -> Self {
        Self {
            format: Format::ArrowIpc,
            partition_by: Vec::new(),
            durable: false,
        }
    }

    fn file_format(&self) -> FileWriteFormat {
        match self.format {
            Format::Csv | Format::Tsv => {
                let mut options = CsvWriterOptions {
                    check_extension: false,
                    ..CsvWriterOptions::default()
                };
                if self.format == Format::Tsv {
                    Arc::make_mut(&mut options.serialize_options).separator = b'\t';
                }
                FileWriteFormat::Csv(options)
            }
            Format::Parquet => FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions::default())),
            Format::ArrowIpc => FileWriteFormat::Ipc(IpcWriterOptions::default()),
            // A document is never asked for: no ending of a name says so.
            Format::JsonLines | Format::Json => FileWriteFormat::NDJson(NDJsonWriterOptions {
                check_extension: false,
                ..NDJsonWriterOptions::default()
            }),
        }
    }
}

/// A file or folder that becomes visible when it is whole.
#[derive(Debug)]
pub(super) struct Writing {
    out: PathBuf,
    /// Where it is written meanwhile, beside it.
    temporary: PathBuf,
    output: Output,
    /// Rows that went by.
    rows: Arc<AtomicU64>,
    done: bool,
}

impl Writing {
    pub(super) fn new(out: &Path, output: &Output) -> Result<Self> {
        let out = std::path::absolute(out).map_err(DataError::io("find", out))?;
        let is_folder = !output.partition_by.is_empty();
        if is_folder && out.exists() {
            return Err(DataError::Output {
                path: out,
                what: "there is something of that name already; a partitioned table needs a new folder".to_owned(),
            });
        }
        if !is_folder && out.is_dir() {
            return Err(DataError::Folder { path: out });
        }
        if let Some(folder) = out.parent().filter(|folder| !folder.is_dir()) {
            return Err(DataError::Output {
                what: format!("there is no folder {}", folder.display()),
                path: out.clone(),
            });
        }
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let writing = Self {
            temporary: out.with_file_name(name),
            out,
            output: output.clone(),
            rows: Arc::default(),
            done: false,
        };
        if is_folder {
            std::fs::create_dir(&writing.temporary).map_err(DataError::io("write", &writing.out))?;
        }
        Ok(writing)
    }

    /// How the rows get there.
    pub(super) fn way(&self) -> Result<Way> {
        let text = self.temporary.to_str().ok_or_else(|| DataError::Output {
            path: self.out.clone(),
            what: "its name is not text".to_owned(),
        })?;
        Ok(Way {
            path: text.to_owned(),
            output: self.output.clone(),
            rows: self.rows.clone(),
        })
    }

    /// Makes what was written visible and says how many rows it has.
    pub(super) fn finish(mut self) -> Result<u64> {
        std::fs::rename(&self.temporary, &self.out).map_err(DataError::io("write", &self.out))?;
        self.done = true;
        Ok(self.rows.load(Ordering::Relaxed))
    }
}

/// How rows get into a file; for the thread that has them.
#[derive(Debug)]
pub(super) struct Way {
    path: String,
    output: Output,
    rows: Arc<AtomicU64>,
}

impl Way {
    /// The frame with its way into the file.
    pub(super) fn sink(&self, frame: LazyFrame) -> PolarsResult<LazyFrame> {
        let path = PlRefPath::new(&self.path);
        let is_partitioned = !self.output.partition_by.is_empty();
        let destination = if is_partitioned {
            SinkDestination::Partitioned {
                base_path: path,
                file_path_provider: None,
                partition_strategy: PartitionStrategy::Keyed {
                    keys: self.output.partition_by.iter().map(|name| col(name.as_str())).collect(),
                    include_keys: false,
                    keys_pre_grouped: false,
                },
                max_rows_per_file: u32::MAX,
                approximate_bytes_per_file: u64::MAX,
            }
        } else {
            SinkDestination::File {
                target: SinkTarget::Path(path),
            }
        };
        let options = UnifiedSinkArgs {
            mkdir: is_partitioned,
            sync_on_close: if self.output.durable {
                SyncOnCloseType::All
            } else {
                SyncOnCloseType::None
            },
            ..UnifiedSinkArgs::default()
        };
        let counter = self.rows.clone();
        let count = move |frame: DataFrame| {
            counter.fetch_add(frame.height() as u64, Ordering::Relaxed);
            Ok(frame)
        };
        let optimizations = OptFlags::default() | OptFlags::STREAMING;
        frame
            .map(count, optimizations, None, Some("COUNT ROWS"))
            .sink(destination, self.output.file_format(), options)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.done {
            // Of no use to anybody; that it cannot be removed is no news beside the failure.
            if self.output.partition_by.is_empty() {
                drop(std::fs::remove_file(&self.temporary));
            } else {
                drop(std::fs::remove_dir_all(&self.temporary));
            }
        }
    }
}
