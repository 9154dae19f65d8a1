//! Rows as CSV, as `SageMaker`'s callers send them.

use aloft_data::{FeatureKind, RowValue};

use super::columns::{Filler, Sink};
use super::failure::Failure;

/// Reads CSV with a header, or without one in the model's order. Answers whether it had a header.
pub(super) fn read<S: Sink>(body: &[u8], filler: &mut Filler<'_, S>) -> Result<bool, Failure> {
    std::str::from_utf8(body)
        .map_err(|error| Failure::malformed(format!("The body is not UTF-8 from byte {} on", error.valid_up_to())))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(body);
    let columns = filler.columns;
    let mut record = csv::StringRecord::new();
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Failure::malformed(format!("The body cannot be read as CSV at line {line}"))
    };
    // Where each cell goes; `None` for a column that the model does not read.
    let mut order: Option<Vec<Option<usize>>> = None;
    let mut has_header = false;
    while reader.read_record(&mut record).map_err(|error| broken(&error))? {
        let Some(places) = &order else {
            has_header = record.iter().any(|cell| columns.find(cell.trim(), 0).is_some());
            if has_header {
                let mut places = Vec::with_capacity(record.len());
                for cell in &record {
                    let place = columns.find(cell.trim(), places.len());
                    if place.is_none() {
                        filler.pass_over(cell.trim());
                    }
                    places.push(place);
                }
                order = Some(places);
            } else {
                let places: Vec<_> = (0..columns.len()).map(Some).collect();
                row(&record, &places, filler)?;
                order = Some(places);
            }
            continue;
        };
        row(&record, places, filler)?;
    }
    if filler.rows() == 0 {
        return Err(Failure::invalid("There are no rows in the request"));
    }
    Ok(has_header)
}

fn row<S: Sink>(
    record: &csv::StringRecord,
    places: &[Option<usize>],
    filler: &mut Filler<'_, S>,
) -> Result<(), Failure> {
    if record.len() != places.len() {
        return Err(Failure::invalid(format!(
            "Row {}: {} values are expected, not {}",
            filler.rows(),
            places.len(),
            record.len()
        )));
    }
    filler.begin()?;
    for (cell, place) in record.iter().zip(places) {
        if let Some(place) = *place {
            let value = typed(cell, filler.columns.kind(place));
            filler.set(place, value)?;
        }
    }
    filler.end()
}

/// What a cell of a column of this kind means. A text that is none of that kind stays one, and is refused as such.
fn typed(cell: &str, kind: FeatureKind) -> RowValue<'_> {
    let trimmed = cell.trim();
    if trimmed.is_empty() {
        return RowValue::Missing;
    }
    match kind {
        FeatureKind::Number => match trimmed.parse::<f64>() {
            Ok(number) if number.is_finite() => RowValue::Number(number),
            _ => RowValue::Text(cell),
        },
        FeatureKind::Boolean => match trimmed {
            "true" | "True" | "TRUE" => RowValue::Boolean(true),
            "false" | "False" | "FALSE" => RowValue::Boolean(false),
            _ => RowValue::Text(cell),
        },
        _ => RowValue::Text(cell),
    }
}
