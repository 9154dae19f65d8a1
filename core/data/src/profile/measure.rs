//! Gathers the figures of columns whose types are known, in one reading of the file.

use super::speculate::Reading;
use crate::accumulate::Accumulator;
use crate::batch::Opened;
use crate::columnar::RowGroups;
use crate::error::Result;
use crate::parallel::{by_column, in_order};
use crate::records::Blocks;
use crate::text::TextFile;

/// Gathers the figures of some columns, in ascending order. `on` is told how much of the file is read.
pub(super) fn measure(
    opened: &Opened,
    columns: &[usize],
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    match &opened.text {
        Some(file) => of_text(opened, file, columns, on),
        None => match RowGroups::of_local(&opened.source)? {
            Some(groups) => of_row_groups(&groups, columns, on),
            None => of_batches(opened, columns, on),
        },
    }
}

fn of_text(
    opened: &Opened,
    file: &TextFile,
    columns: &[usize],
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    let types = columns
        .iter()
        .map(|column| (*column, opened.survey.columns[*column].text_type));
    let types: Vec<_> = types.collect();
    let new =
        |(_, text_type): &(usize, crate::infer::TextType)| Accumulator::of_text(text_type.kind, opened.schema.len());
    let accumulators = types.iter().map(new).collect();
    let reading = Reading::new(file, types);
    let mut blocks = Blocks::new(file)?;
    let total = file.bytes.max(1) as f64;
    let gathered = by_column(
        accumulators,
        |position, accumulator, values: &super::speculate::Values| {
            values.give(position, accumulator);
            Ok(())
        },
        |send| {
            in_order(
                || blocks.next(),
                |block| Ok(reading.read(block)),
                |values| {
                    let end = values.end;
                    send(values)?;
                    on((end as f64 / total).min(1.0))
                },
            )
        },
    )?;
    file.verify()?;
    Ok(gathered)
}

/// Each thread reads the column that it is at, so that no more than that is in memory.
fn of_row_groups(
    groups: &RowGroups<'_>,
    columns: &[usize],
    on: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Vec<Accumulator>> {
    let accumulators = columns.iter().map(|_| Accumulator::new(columns.len())).collect();
    let slices = groups.slices();
    let total = slices.len().max(1) as f64;
    by_column(
        accumulators,
        |position, accumulator: &mut Accumulator, rows| accumulator.push_series(&groups.read(columns[position], rows)?),
        |send| {
            for (done, rows) in slices.iter().enumerate() {
                send(rows.clone())?;
                on(done as f64 / total)?;
            }
            Ok(())
        },
    )
}

fn of_batches(opened: &Opened, columns: &[usize], on: &mut dyn FnMut(f64) -> Result<()>) -> Result<Vec<Accumulator>> {
    let accumulators = columns.iter().map(|_| Accumulator::new(columns.len())).collect();
    by_column(
        accumulators,
        |position, accumulator: &mut Accumulator, batch: &crate::batch::Batch| {
            accumulator.push_series(&batch.columns[position])
        },
        |send| {
            opened.batches(columns, &mut |batch| {
                let fraction = batch.fraction;
                send(batch)?;
                on(fraction)
            })
        },
    )
}
