//! Parts that follow from the values of a column: their names, groups, or an order.

use std::collections::HashMap;

use aloft_base::random::Generator;
use polars::prelude::{DataType, Series};

use super::{SHARES, Split, SplitSpec, split_error};
use crate::cells;
use crate::error::{DataError, Result};
use crate::schema::ColumnType;
use crate::table::Table;

/// The column that the split looks at.
fn column(spec: &SplitSpec) -> Result<&str> {
    let hint = "Name the column in split.column, or choose another method.";
    spec.column.as_deref().ok_or_else(|| {
        let what = format!("the method '{}' needs the name of a column", spec.method.as_str());
        split_error(what, hint)
    })
}

/// A column says for each row which part it is in.
pub(super) fn named(spec: &SplitSpec, table: &Table, rows: &[u32]) -> Result<Split> {
    let column = column(spec)?;
    let series = table.series(column)?;
    let mut parts = Split::default();
    for row in rows {
        let Some(value) = cells::text_at(series, *row as usize) else {
            continue;
        };
        match value.trim().to_lowercase().as_str() {
            "train" | "training" => parts.train.push(*row),
            "valid" | "validation" | "val" | "dev" => parts.valid.push(*row),
            "test" | "testing" => parts.test.push(*row),
            _ => {
                let what = format!("the column '{column}' holds '{value}' in row {}", row + 1);
                return Err(split_error(
                    what,
                    "Its values must be train, valid (or validation, val) or test.",
                ));
            }
        }
    }
    Ok(parts)
}

/// Whole groups by chance. Each goes to the test part, then to the validation part, as long as
/// that brings the part nearer to its share; so a group that is too large for them trains.
pub(super) fn grouped(spec: &SplitSpec, table: &Table, rows: &[u32]) -> Result<Split> {
    let column = column(spec)?;
    let mut groups = groups_of(table.series(column)?, rows);
    Generator::stream(spec.seed, "split").shuffle(&mut groups);
    let all = groups.iter().map(Vec::len).sum::<usize>() as f64;
    let wanted = [all * spec.test, all * spec.valid];
    let mut parts: [Vec<Vec<u32>>; 3] = Default::default();
    let mut sizes = [0.0_f64; 2];
    for group in groups {
        let size = group.len() as f64;
        let place = (0..2).find(|part| sizes[*part] + size / 2.0 <= wanted[*part]);
        if let Some(part) = place {
            sizes[part] += size;
        }
        parts[place.unwrap_or(2)].push(group);
    }
    // Groups larger than a part leave it empty: the smallest that trains takes its place.
    let [test, valid, train] = &mut parts;
    for (part, wanted) in [test, valid].into_iter().zip(wanted) {
        if !part.is_empty() || wanted == 0.0 {
            continue;
        }
        let smallest = train.iter().enumerate().min_by_key(|(_, group)| group.len());
        match smallest.map(|(at, _)| at) {
            Some(at) if train.len() > 1 => part.push(train.remove(at)),
            _ => {
                let what = format!("the column '{column}' has too few groups to be in every part");
                return Err(split_error(what, "Choose a column with more values, or fewer parts."));
            }
        }
    }
    let [test, valid, train] = parts.map(|groups| groups.into_iter().flatten().collect());
    Ok(Split {
        train,
        valid,
        test,
        left_out: 0,
    })
}

/// The rows of each value, in the order in which the values appear; those where it is missing
/// are in no group.
fn groups_of(series: &Series, rows: &[u32]) -> Vec<Vec<u32>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for row in rows {
        let Some(value) = cells::text_at(series, *row as usize) else {
            continue;
        };
        let next = groups.len();
        let place = *places.entry(value).or_insert(next);
        match groups.get_mut(place) {
            Some(group) => group.push(*row),
            None => groups.push(vec![*row]),
        }
    }
    groups
}

/// The oldest rows train, the newest test.
pub(super) fn in_order(spec: &SplitSpec, table: &Table, rows: &[u32]) -> Result<Split> {
    let column = column(spec)?;
    let keys = moments(table, column)?;
    let mut ordered: Vec<(i64, u32)> = rows
        .iter()
        .filter_map(|row| Some((keys[*row as usize]?, *row)))
        .collect();
    ordered.sort_unstable();
    let count = ordered.len() as f64;
    let tests = cut(&ordered, ordered.len() - (count * spec.test).round() as usize);
    let valids = cut(
        &ordered[..tests],
        tests.saturating_sub((count * spec.valid).round() as usize),
    );
    let numbers = |part: &[(i64, u32)]| part.iter().map(|(_, row)| *row).collect::<Vec<u32>>();
    let parts = Split {
        train: numbers(&ordered[..valids]),
        valid: numbers(&ordered[valids..tests]),
        test: numbers(&ordered[tests..]),
        left_out: 0,
    };
    let lacks = |part: &[u32], share: f64| part.is_empty() && share > 0.0;
    if parts.train.is_empty() || lacks(&parts.valid, spec.valid) || lacks(&parts.test, spec.test) {
        let what = format!("the column '{column}' has too few different moments to be in every part");
        return Err(split_error(what, SHARES));
    }
    Ok(parts)
}

/// A place between two different moments, as near to `wanted` as there is one.
fn cut(ordered: &[(i64, u32)], wanted: usize) -> usize {
    let (Some(before), Some(after)) = (wanted.checked_sub(1).map(|at| ordered[at].0), ordered.get(wanted)) else {
        return wanted;
    };
    if before != after.0 {
        return wanted;
    }
    let start = ordered.partition_point(|(moment, _)| *moment < before);
    let end = ordered.partition_point(|(moment, _)| *moment <= before);
    // Neither part is used up, where that can be.
    let nearer_start = wanted - start <= end - wanted;
    if (nearer_start && start > 0) || end == ordered.len() {
        start
    } else {
        end
    }
}

/// The values of a column of times or numbers as numbers in the same order.
pub(super) fn moments(table: &Table, column: &str) -> Result<Vec<Option<i64>>> {
    let (series, kind) = (table.series(column)?, table.kind(column)?);
    let action = "read the moments of the rows";
    let whole = |series: &Series| -> Result<Vec<Option<i64>>> {
        let numbers = series.cast(&DataType::Int64).map_err(DataError::frame(action))?;
        Ok(numbers.i64().map_err(DataError::frame(action))?.iter().collect())
    };
    match kind {
        ColumnType::Integer | ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration => {
            whole(series)
        }
        ColumnType::Float => {
            let numbers = series.f64().map_err(DataError::frame(action))?;
            Ok(numbers
                .iter()
                .map(|number| number.filter(|number| !number.is_nan()).map(ordered_bits))
                .collect())
        }
        _ => Err(split_error(
            format!("the column '{column}' holds {kind} values, which have no order in time"),
            "Choose a column of dates, times or numbers; a step reads dates from text.",
        )),
    }
}

/// The bits of a float as a whole number of the same order.
fn ordered_bits(number: f64) -> i64 {
    // The two zeros are the same moment.
    let bits = (number + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}
