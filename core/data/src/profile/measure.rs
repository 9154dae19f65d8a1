//! Gathers the figures of columns whose types are known, in one reading of the file.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::speculate::{Reading, Values};
use crate::accumulate::Accumulator;
use crate::batch::{Batch, Opened};
use crate::columnar::RowGroups;
use crate::error::Result;
use crate::infer::TextType;
use crate::parallel::{by_column, in_order};
use crate::records::Blocks;
use crate::repeats::{RepeatFinder, add_column};
use crate::text::TextFile;

/// Gathers the figures of some columns, in ascending order, and which rows of them repeat.
/// `on` is told how much of the file is read.
pub(super) fn measure(
    opened: &Opened,
    columns: &[usize],
    repeats: Option<&mut RepeatFinder>,
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    match &opened.text {
        Some(file) => of_text(opened, file, columns, repeats, on),
        None => match RowGroups::of_local(&opened.source)? {
            Some(groups) => of_row_groups(&groups, columns, repeats, on),
            None => of_batches(opened, columns, repeats, on),
        },
    }
}

fn of_text(
    opened: &Opened,
    file: &TextFile,
    columns: &[usize],
    mut repeats: Option<&mut RepeatFinder>,
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    let types = columns
        .iter()
        .map(|column| (*column, opened.survey.columns[*column].text_type));
    let types: Vec<_> = types.collect();
    let new = |(_, text_type): &(usize, TextType)| Accumulator::of_text(text_type.kind, opened.schema.len());
    let accumulators = types.iter().map(new).collect();
    let reading = Reading::new(file, types);
    let mut blocks = Blocks::new(file)?;
    let total = file.bytes.max(1) as f64;
    let wants_hashes = repeats.is_some();
    let gathered = by_column(
        accumulators,
        |position, accumulator, values: &Values| {
            // Broken only when the file was changed meanwhile, which is found below.
            let _is_of_type = values.give(position, accumulator);
            Ok(())
        },
        |send| {
            in_order(
                || blocks.next(),
                |block| Ok(reading.read(block, wants_hashes)),
                |values| {
                    let end = values.end;
                    if let Some(repeats) = &mut repeats {
                        repeats.add(values.block.first_row, &values.hashes);
                    }
                    send(values)?;
                    on((end as f64 / total).min(1.0))
                },
            )
        },
    )?;
    file.verify()?;
    Ok(gathered)
}

/// Some rows of a file whose columns are read one by one.
struct Slice {
    rows: Range<usize>,
    hashes: Mutex<Vec<u128>>,
    /// How many columns are not in the hashes yet.
    missing: AtomicUsize,
}

/// Each thread reads the column that it is at, so that no more than that is in memory.
fn of_row_groups(
    groups: &RowGroups<'_>,
    columns: &[usize],
    repeats: Option<&mut RepeatFinder>,
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    let accumulators = columns.iter().map(|_| Accumulator::new(columns.len())).collect();
    let slices = groups.slices();
    let total = slices.len().max(1) as f64;
    let repeats = Mutex::new(repeats);
    by_column(
        accumulators,
        |position, accumulator: &mut Accumulator, slice: &Slice| {
            let series = groups.read(columns[position], &slice.rows)?;
            accumulator.push_series(&series)?;
            let mut hashes = slice.hashes.lock().unwrap_or_else(PoisonError::into_inner);
            add_column(position, &series, &mut hashes);
            // The order in which slices are done changes nothing.
            if slice.missing.fetch_sub(1, Ordering::Relaxed) == 1
                && let Some(repeats) = &mut *repeats.lock().unwrap_or_else(PoisonError::into_inner)
            {
                repeats.add(slice.rows.start as u64, &std::mem::take(&mut *hashes));
            }
            Ok(())
        },
        |send| {
            for (done, rows) in slices.iter().enumerate() {
                send(Slice {
                    rows: rows.clone(),
                    hashes: Mutex::new(vec![0; rows.len()]),
                    missing: AtomicUsize::new(columns.len()),
                })?;
                on(done as f64 / total)?;
            }
            Ok(())
        },
    )
}

fn of_batches(
    opened: &Opened,
    columns: &[usize],
    mut repeats: Option<&mut RepeatFinder>,
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    let accumulators = columns.iter().map(|_| Accumulator::new(columns.len())).collect();
    let mut first = 0;
    by_column(
        accumulators,
        |position, accumulator: &mut Accumulator, batch: &Batch| accumulator.push_series(&batch.columns[position]),
        |send| {
            opened.batches(columns, &mut |batch| {
                let fraction = batch.fraction;
                if let Some(repeats) = &mut repeats {
                    let mut hashes = vec![0; batch.columns.first().map_or(0, |column| column.len())];
                    for (position, series) in batch.columns.iter().enumerate() {
                        add_column(position, series, &mut hashes);
                    }
                    repeats.add(first, &hashes);
                    first += hashes.len() as u64;
                }
                send(batch)?;
                on(fraction)
            })
        },
    )
}
