//! What can be typed about questions to tables.

use std::path::PathBuf;

use clap::Args;

/// `aloft query`
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// One SELECT, in which each file is a table named by its stem
    pub(crate) sql: String,
    /// CSV, TSV, Parquet, JSON Lines or Arrow IPC; paths, folders, patterns or addresses
    #[arg(value_name = "FILE|URL", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Write the answer to this .csv, .tsv, .parquet, .arrow or .jsonl file or object instead of stdout
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) out: Option<PathBuf>,
    /// Say how it would be answered, and do not answer it
    #[arg(long, conflicts_with = "out")]
    pub(crate) plan: bool,
    /// Name or id of the connection of addresses; by default the environment
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
}

/// `aloft prepare`
#[derive(Debug, Args)]
pub(crate) struct Prepare {
    /// CSV, TSV, Parquet, JSON Lines or Arrow IPC; a path, folder, pattern or address
    #[arg(value_name = "FILE|URL")]
    pub(crate) file: PathBuf,
    /// The steps: a TOML file with [[steps]], or JSON, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) steps: PathBuf,
    /// Write what is left to this .csv, .tsv, .parquet, .arrow or .jsonl file or object instead of stdout
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) out: Option<PathBuf>,
    /// Write the steps as a Python program with polars, and do not do them
    #[arg(long, conflicts_with = "out")]
    pub(crate) python: bool,
    /// Name or id of the connection of an address; by default the environment
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
}

/// `aloft export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// CSV, TSV, Parquet, JSON Lines or Arrow IPC; a path, folder, pattern or address
    #[arg(value_name = "FILE|URL")]
    pub(crate) file: PathBuf,
    /// A .csv, .tsv, .parquet, .arrow or .jsonl file or object; with --partition-by a new folder or a prefix
    #[arg(value_name = "FILE|FOLDER|URL")]
    pub(crate) out: PathBuf,
    /// Columns whose values name the folders, as in year=2024/
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) partition_by: Vec<String>,
    /// The format of the files of a partitioned table
    #[arg(long, value_name = "FORMAT", default_value = "parquet", requires = "partition_by")]
    pub(crate) format: String,
    /// Name or id of the connection of addresses; by default the environment
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Name or id of the connection that it is written to, when that is another one
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
}
