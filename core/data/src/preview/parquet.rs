//! Parquet: everything its footer says, and the first rows from the first pages of its
//! first row group.

use std::io;

use polars::prelude::{AnyValue, ArrowField, ArrowSchema, DataType, PolarsError, PolarsResult, Series};
use polars_parquet::read::statistics::{self, Statistics};
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, Filter, PageReader, column_iter_to_arrays, infer_schema,
    read_metadata,
};
use polars_parquet_format::PageHeader;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

use super::range::{Counted, Cursor, megabytes};
use super::{COLUMNS, ColumnStatistics, HeadColumn, ROWS, RowGroup, TablePreview};
use crate::cells;
use crate::columnar;
use crate::schema::Column;
use crate::source::Format;

/// A row group this small is read whole, in one go.
const SMALL: u64 = 4 << 20;
/// How much is read first of each column of a larger one.
const FIRST: u64 = 64 << 10;
/// How large a page may be.
const PAGE: usize = 256 << 20;
/// So many statistics are put together; of wider and longer files only the first columns have any.
const MOST_STATISTICS: usize = 500_000;

pub(super) fn preview(source: &mut Counted<'_>, notes: &mut Vec<String>) -> PolarsResult<TablePreview> {
    let footer = columnar::guard(|| read_metadata(&mut Cursor::new(source)))?;
    let schema = columnar::guard(|| infer_schema(&footer))?;
    let columns = schema
        .iter_values()
        .map(|field| Column {
            name: field.name.to_string(),
            kind: columnar::kind_of(&DataType::from_arrow_field(field)),
        })
        .collect();
    let head = head(&footer, &schema, source, notes)?;
    Ok(TablePreview {
        format: Format::Parquet,
        schema: columns,
        rows: Some(footer.num_rows as u64),
        head,
        row_groups: footer.row_groups.iter().map(row_group).collect(),
        statistics: all_statistics(&footer, &schema),
        written_by: footer.created_by.clone().unwrap_or_default(),
    })
}

fn row_group(group: &polars_parquet::read::RowGroupMetadata) -> RowGroup {
    let mut codecs: Vec<String> = vec![];
    for column in group.parquet_columns() {
        let codec = match format!("{:?}", column.compression()).to_lowercase().as_str() {
            "uncompressed" => "none".to_owned(),
            other => other.to_owned(),
        };
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    }
    RowGroup {
        rows: group.num_rows() as u64,
        bytes: group.compressed_size() as u64,
        uncompressed_bytes: group.total_byte_size() as u64,
        codec: codecs.join(", "),
    }
}

/// What the footer says about each column, over all row groups.
fn all_statistics(footer: &FileMetadata, schema: &ArrowSchema) -> Vec<ColumnStatistics> {
    let most = MOST_STATISTICS / footer.row_groups.len().max(1);
    let known = schema.iter_values().take(most).map(|field| {
        // One that cannot be read is no reason to show none.
        columnar::guard(|| column_statistics(footer, field)).unwrap_or_default()
    });
    let mut all: Vec<ColumnStatistics> = known.collect();
    all.resize(schema.len(), ColumnStatistics::default());
    all
}

fn column_statistics(footer: &FileMetadata, field: &ArrowField) -> PolarsResult<ColumnStatistics> {
    let mut found = ColumnStatistics::default();
    let (mut nulls, mut least, mut most) = (Some(0), Some(vec![]), Some(vec![]));
    for group in &footer.row_groups {
        let Some(chunks) = group.columns_under_root_iter(&field.name) else {
            (nulls, least, most) = (None, None, None);
            continue;
        };
        found.bytes += chunks.map(|chunk| chunk.compressed_size().max(0) as u64).sum::<u64>();
        let Some(mut chunks) = group.columns_under_root_iter(&field.name) else {
            continue;
        };
        let told = statistics::deserialize(field, &mut chunks, &footer.footer_buf)
            .ok()
            .flatten();
        let told = match told {
            Some(Statistics::Column(column)) => column.into_arrow().ok(),
            _ => None,
        };
        let (count, low, high) = told.map_or((None, None, None), |told| {
            (told.null_count, told.min_value, told.max_value)
        });
        nulls = nulls.zip(count).map(|(sum, count): (u64, u64)| sum + count);
        // A group of missing values only has neither, and changes neither.
        if count != Some(group.num_rows() as u64) {
            least = least.zip(low).map(|(mut all, value)| {
                all.push(value);
                all
            });
            most = most.zip(high).map(|(mut all, value)| {
                all.push(value);
                all
            });
        }
    }
    found.nulls = nulls;
    let series = |values| -> PolarsResult<Series> {
        let series = Series::try_from((field, values))?;
        Ok(columnar::plain(series.clone()).unwrap_or(series))
    };
    let text = |value: AnyValue<'_>| (!value.is_null()).then(|| cells::text(&value));
    if let Some(values) = least.filter(|values| !values.is_empty()) {
        found.min = text(series(values)?.min_reduce()?.into_value());
    }
    if let Some(values) = most.filter(|values| !values.is_empty()) {
        found.max = text(series(values)?.max_reduce()?.into_value());
    }
    Ok(found)
}

/// What was read of a column chunk.
struct Chunk<'a> {
    meta: &'a ColumnChunkMetadata,
    start: u64,
    end: u64,
    bytes: Vec<u8>,
}

/// The first rows of the first columns.
fn head(
    footer: &FileMetadata,
    schema: &ArrowSchema,
    source: &mut Counted<'_>,
    notes: &mut Vec<String>,
) -> PolarsResult<Vec<HeadColumn>> {
    let Some(group) = footer.row_groups.iter().find(|group| group.num_rows() > 0) else {
        return Ok(vec![]);
    };
    let rows = group.num_rows().min(ROWS);
    let mut wanted: Vec<(usize, &ArrowField, Vec<Chunk<'_>>)> = vec![];
    for (position, field) in schema.iter_values().enumerate().take(COLUMNS) {
        let chunks = group.columns_under_root_iter(&field.name).into_iter().flatten();
        let chunks: Vec<Chunk<'_>> = chunks.filter_map(|meta| chunk(meta, source.bytes())).collect();
        if !chunks.is_empty() {
            wanted.push((position, field, chunks));
        }
    }
    read_first(&mut wanted, source)?;
    let (mut columns, mut left_out) = (vec![], 0);
    for (position, field, mut chunks) in wanted {
        match column(field, &mut chunks, rows, source)? {
            Some(series) => columns.push(HeadColumn {
                column: position,
                cells: (0..series.len().min(rows))
                    .map(|row| cells::cell(&series, row).cut())
                    .collect(),
            }),
            None => left_out += 1,
        }
    }
    if schema.len() > COLUMNS {
        notes.push(format!(
            "The first rows show the first {COLUMNS} of {} columns.",
            schema.len()
        ));
    }
    if left_out > 0 {
        let columns = if left_out == 1 { "column" } else { "columns" };
        notes.push(format!(
            "The first rows of {left_out} {columns} are not shown: they cannot be read, or not from {} of the file.",
            megabytes(super::MOST_READ)
        ));
    }
    Ok(columns)
}

/// Where a chunk lies; nothing when that is not in the file.
fn chunk(meta: &ColumnChunkMetadata, total: u64) -> Option<Chunk<'_>> {
    let start = u64::try_from(meta.dictionary_page_offset().unwrap_or_else(|| meta.data_page_offset())).ok()?;
    let end = start.checked_add(u64::try_from(meta.compressed_size()).ok()?)?;
    (start < end && end <= total).then_some(Chunk {
        meta,
        start,
        end,
        bytes: vec![],
    })
}

/// Reads all of small chunks, and the beginnings of large ones.
fn read_first(wanted: &mut [(usize, &ArrowField, Vec<Chunk<'_>>)], source: &mut Counted<'_>) -> PolarsResult<()> {
    let chunks = || wanted.iter().flat_map(|(_, _, chunks)| chunks);
    let start = chunks().map(|chunk| chunk.start).min().unwrap_or(0);
    let end = chunks().map(|chunk| chunk.end).max().unwrap_or(0);
    if end - start <= SMALL {
        let all = source.read_for_polars(std::slice::from_ref(&(start..end)))?;
        let all = all.into_iter().next().unwrap_or_default();
        for (_, _, chunks) in wanted {
            for chunk in chunks {
                chunk.bytes = all[(chunk.start - start) as usize..(chunk.end - start) as usize].to_vec();
            }
        }
        return Ok(());
    }
    let ranges: Vec<_> = chunks()
        .map(|chunk| chunk.start..chunk.end.min(chunk.start + FIRST))
        .collect();
    let mut read = source.read_for_polars(&ranges)?.into_iter();
    for (_, _, chunks) in wanted {
        for chunk in chunks {
            chunk.bytes = read.next().unwrap_or_default();
        }
    }
    Ok(())
}

/// The first values of a column, reading more of it while what is there does not suffice.
fn column(
    field: &ArrowField,
    chunks: &mut [Chunk<'_>],
    rows: usize,
    source: &mut Counted<'_>,
) -> PolarsResult<Option<Series>> {
    loop {
        if let Ok(series) = columnar::guard(|| decode(field, chunks, rows)) {
            return Ok(Some(columnar::plain(series.clone()).unwrap_or(series)));
        }
        let ranges: Vec<_> = chunks
            .iter()
            .map(|chunk| {
                let known = chunk.start + chunk.bytes.len() as u64;
                known..chunk.end.min(chunk.start + needed(&chunk.bytes, rows)).max(known)
            })
            .collect();
        let more: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        if more == 0 || more > source.left() {
            return Ok(None);
        }
        for (chunk, bytes) in chunks.iter_mut().zip(source.read_for_polars(&ranges)?) {
            chunk.bytes.extend(bytes);
        }
    }
}

/// How many bytes of a column chunk hold its first values, as far as the headers of the
/// pages that are there can tell.
fn needed(bytes: &[u8], rows: usize) -> u64 {
    let (mut at, mut values) = (0, 0);
    while values < rows {
        let rest = bytes.get(at..).unwrap_or_default();
        let mut reader = io::Cursor::new(rest);
        let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut reader, PAGE));
        let Ok(header) = header else {
            return at as u64 + FIRST;
        };
        let size = usize::try_from(header.compressed_page_size).unwrap_or(PAGE);
        at += reader.position() as usize + size;
        let in_page = header
            .data_page_header
            .map(|page| page.num_values)
            .or(header.data_page_header_v2.map(|page| page.num_values));
        if at > bytes.len() {
            // After a dictionary comes a header that says how much more.
            return at as u64 + if in_page.is_none() { FIRST } else { 0 };
        }
        values += in_page.map_or(0, |values| usize::try_from(values).unwrap_or(0));
    }
    // What is there should do. Lists take several values a row, so it does not always.
    bytes.len() as u64 * 2
}

fn decode(field: &ArrowField, chunks: &[Chunk<'_>], rows: usize) -> PolarsResult<Series> {
    let (columns, types) = chunks
        .iter()
        .map(|chunk| {
            let bytes = io::Cursor::new(chunk.bytes.clone().into());
            let pages = PageReader::new(bytes, chunk.meta, vec![], PAGE);
            let kind = &chunk.meta.descriptor().descriptor.primitive_type;
            (BasicDecompressor::new(pages, vec![]), kind)
        })
        .unzip();
    let (arrays, _) = column_iter_to_arrays(columns, types, field.clone(), Some(Filter::new_ranged(0, rows)))?;
    let series = Series::try_from((field, arrays))?;
    if series.len() < rows {
        return Err(PolarsError::NoData("too few values".into()));
    }
    Ok(series)
}
