//! Parquet and Arrow IPC, read by polars.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use aloft_base::{ErrorKind, Report};
use polars::io::HiveOptions;
use polars::io::cloud::CloudOptions;
use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, IpcScanOptions, LazyFrame, ParallelStrategy, ParquetReader, PlRefPath,
    PolarsError, PolarsResult, ScanArgsParquet, ScanSources, SerReader, Series, TimeUnit, UnifiedScanArgs, by_name,
    col, len,
};
use polars_parquet::read::{FileMetadata, read_metadata};

use crate::error::{DataError, Result};
use crate::remote::{self, Parts};
use crate::schema::{Column, ColumnType, Schema};
use crate::source::{Format, Source};

/// A lazy frame over a source, wherever it lies. Of a file of this machine no pattern in its
/// name is expanded.
pub(crate) fn lazy(source: &Source) -> Result<LazyFrame> {
    if let Some(parts) = remote::parts(source)? {
        return scan_parts(source, &parts);
    }
    let file = File::open(&source.path).map_err(DataError::io("read", &source.path))?;
    let sources = ScanSources::Files([file].into());
    // A folder named `year=2024` adds no column.
    let hive_options = HiveOptions::new_disabled();
    let frame = if source.format == Format::Parquet {
        let options = ScanArgsParquet {
            hive_options,
            glob: false,
            ..ScanArgsParquet::default()
        };
        LazyFrame::scan_parquet_sources(sources, options)
    } else {
        let options = UnifiedScanArgs {
            hive_options,
            glob: false,
            ..UnifiedScanArgs::default()
        };
        LazyFrame::scan_ipc_sources(sources, IpcScanOptions::default(), options)
    };
    frame.map_err(damaged(source))
}

/// A lazy frame over several files, or over what lies elsewhere.
fn scan_parts(source: &Source, parts: &Parts) -> Result<LazyFrame> {
    let paths: Vec<PlRefPath> = parts.objects.iter().map(|part| PlRefPath::new(&part.url)).collect();
    let cloud_options = match paths.first().and_then(|path| path.scheme()) {
        None => None,
        scheme => {
            let options = parts
                .options
                .iter()
                .map(|(name, value)| (name.as_str(), value.expose().as_str()));
            let options = CloudOptions::from_untyped_config(scheme, options);
            let options = options.map_err(DataError::frame("use the settings of the connection"))?;
            Some(options.with_credential_provider(parts.signs.clone()))
        }
    };
    let hive_options = HiveOptions {
        enabled: Some(parts.is_hive),
        hive_start_idx: parts.folder_bytes,
        schema: None,
        try_parse_dates: true,
    };
    let sources = ScanSources::Paths(paths.into());
    let frame = if source.format == Format::Parquet {
        let options = ScanArgsParquet {
            cloud_options,
            hive_options,
            glob: false,
            ..ScanArgsParquet::default()
        };
        LazyFrame::scan_parquet_sources(sources, options)
    } else {
        let options = UnifiedScanArgs {
            cloud_options,
            hive_options,
            glob: false,
            ..UnifiedScanArgs::default()
        };
        LazyFrame::scan_ipc_sources(sources, IpcScanOptions::default(), options)
    };
    let frame = frame.map_err(damaged(source))?;
    // Polars takes the names of all folders for columns, also of those above the table.
    Ok(frame.drop(by_name(parts.outer_keys.iter().map(String::as_str), false, false)))
}

/// What polars says of a source. What lies elsewhere may also be out of reach.
fn damaged(source: &Source) -> impl FnOnce(PolarsError) -> DataError {
    let (path, format, elsewhere) = (source.path.clone(), source.format.label(), source.remote.is_some());
    move |source| match &source {
        PolarsError::IO { error, .. } if elsewhere => {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::NotFound,
                std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                _ => ErrorKind::Unavailable,
            };
            let message = format!("Could not read {}: {source}", path.display());
            DataError::Elsewhere(Report::new(
                kind,
                message,
                "Check the network and the connection, then try again.",
            ))
        }
        _ => DataError::Damaged { path, format, source },
    }
}

/// Runs polars on a file that may be damaged, where some of its readers panic.
fn guarded<T>(source: &Source, work: impl FnOnce() -> PolarsResult<T>) -> Result<T> {
    guard(work).map_err(damaged(source))
}

/// Turns a panic of polars into an error.
pub(crate) fn guard<T>(work: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(PolarsError::ComputeError("its content contradicts itself".into())))
}

/// The columns of a file.
pub(crate) fn schema(source: &Source) -> Result<Schema> {
    let mut frame = lazy(source)?;
    let schema = guarded(source, || frame.collect_schema())?;
    Ok(columns_of(&schema))
}

/// The columns of a schema of polars.
pub(crate) fn columns_of(schema: &polars::prelude::Schema) -> Schema {
    schema
        .iter()
        .map(|(name, kind)| Column {
            name: name.to_string(),
            kind: kind_of(kind),
        })
        .collect()
}

/// The number of rows of a file.
pub(crate) fn rows(source: &Source) -> Result<u64> {
    let frame = lazy(source)?.select([len()]);
    let counted = guarded(source, || frame.collect())?;
    let count = counted
        .columns()
        .first()
        .and_then(|column| column.get(0).ok()?.extract::<u64>());
    count.ok_or_else(|| damaged(source)(PolarsError::NoData("it does not say how many rows it has".into())))
}

/// Some rows of some columns, in the order asked for, their types made [plain](plain).
pub(crate) fn read(source: &Source, names: &[&str], rows: Range<u64>) -> Result<Vec<Series>> {
    let columns: Vec<_> = names.iter().map(|name| col(*name)).collect();
    let frame = lazy(source)?
        .slice(rows.start as i64, (rows.end - rows.start) as u32)
        .select(columns);
    let frame: DataFrame = guarded(source, || frame.collect())?;
    frame
        .into_columns()
        .into_iter()
        .map(|column: PolarsColumn| plain(column.take_materialized_series()))
        .collect()
}

/// A Parquet file of this machine, of which parts of columns are read one by one.
#[derive(Debug)]
pub(crate) struct RowGroups<'s> {
    source: &'s Source,
    footer: Arc<FileMetadata>,
    names: Vec<String>,
}

/// So many rows of a column are read at once.
const SLICE: usize = 1 << 18;

impl<'s> RowGroups<'s> {
    /// The row groups of a source, when it is a Parquet file of this machine.
    pub(crate) fn of_local(source: &'s Source) -> Result<Option<Self>> {
        if source.format != Format::Parquet || remote::parts(source)?.is_some() {
            return Ok(None);
        }
        let mut file = File::open(&source.path).map_err(DataError::io("read", &source.path))?;
        let footer = guarded(source, || read_metadata(&mut file))?;
        let names = schema(source)?.into_iter().map(|column| column.name).collect();
        Ok(Some(Self {
            source,
            footer: Arc::new(footer),
            names,
        }))
    }

    /// All rows in pieces that are read quickly: none reaches over the end of a row group.
    pub(crate) fn slices(&self) -> Vec<Range<usize>> {
        let (mut slices, mut first) = (vec![], 0);
        for group in &self.footer.row_groups {
            let end = first + group.num_rows();
            while first < end {
                let next = (first + SLICE).min(end);
                slices.push(first..next);
                first = next;
            }
        }
        slices
    }

    /// Some rows of a column, its type made [plain](plain).
    pub(crate) fn read(&self, column: usize, rows: &Range<usize>) -> Result<Series> {
        let file = File::open(&self.source.path).map_err(DataError::io("read", &self.source.path))?;
        let name = &self.names[column];
        let frame = guarded(self.source, || {
            let mut reader = ParquetReader::new(file);
            reader.set_metadata(Arc::clone(&self.footer));
            reader
                .with_columns(Some(vec![name.clone()]))
                .with_slice(Some((rows.start, rows.len())))
                .read_parallel(ParallelStrategy::None)
                .finish()
        })?;
        let column = frame.column(name).cloned().map_err(damaged(self.source))?;
        plain(column.take_materialized_series())
    }
}

/// What the values of a polars type are.
pub(crate) fn kind_of(kind: &DataType) -> ColumnType {
    match kind {
        kind if kind.is_integer() => ColumnType::Integer,
        kind if kind.is_float() || kind.is_decimal() => ColumnType::Float,
        DataType::Boolean => ColumnType::Boolean,
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) | DataType::Null => ColumnType::String,
        DataType::Date => ColumnType::Date,
        DataType::Datetime(..) => ColumnType::Datetime,
        DataType::Time => ColumnType::Time,
        DataType::Duration(..) => ColumnType::Duration,
        DataType::Binary | DataType::BinaryOffset => ColumnType::Binary,
        DataType::List(..) | DataType::Array(..) => ColumnType::List,
        DataType::Struct(..) => ColumnType::Struct,
        _ => ColumnType::Other,
    }
}

/// The same values in one of few types: whole numbers in 64 bits, or 128 when they are
/// of a type that may need it; floats in 64; categories as text; datetimes in UTC.
pub(crate) fn plain(series: Series) -> Result<Series> {
    let wanted = match series.dtype() {
        DataType::Int64
        | DataType::Int128
        | DataType::Float64
        | DataType::Boolean
        | DataType::String
        | DataType::Date
        | DataType::Datetime(_, None)
        | DataType::Time
        | DataType::Duration(_)
        | DataType::Binary => return Ok(series),
        DataType::UInt64 | DataType::UInt128 => DataType::Int128,
        kind if kind.is_integer() => DataType::Int64,
        kind if kind.is_float() || kind.is_decimal() => DataType::Float64,
        DataType::Categorical(..) | DataType::Enum(..) | DataType::Null => DataType::String,
        DataType::Datetime(unit, Some(_)) => DataType::Datetime(*unit, None),
        _ => return Ok(series),
    };
    series
        .strict_cast(&wanted)
        .map_err(DataError::frame("read the values of a column"))
}

/// How many units a second has.
pub(crate) fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1000,
    }
}
