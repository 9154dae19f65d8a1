//! What two parts of a split share.

use std::collections::HashMap;

use aloft_base::text::thousands;

use super::{DangerKind, DangerLevel, SplitDanger};
use crate::Flow;
use crate::cells;
use crate::error::Result;
use crate::recipe_rows::RecipeRows;
use crate::repeats;
use crate::split::by_column::moments;
use crate::split::{Split, SplitMethod, SplitSpec};
use crate::table::Table;

/// So many examples are told.
const TOLD: usize = 5;
/// From this share of the rows that judge on, shared rows are grave.
const GRAVE: f64 = 0.01;

/// Rows that are the same in all features and the target and stand in the training part and in another. They
/// are told apart by hashes of 128 bits.
pub(super) fn same_rows(
    rows: &RecipeRows,
    spec: &SplitSpec,
    on: &mut dyn FnMut() -> Flow,
) -> Result<Option<SplitDanger>> {
    let (table, split) = (&rows.table, &rows.split);
    let mut hashes = vec![0_u128; table.rows()];
    for (position, name) in rows.columns.iter().enumerate() {
        on().check()?;
        repeats::add_column(position, table.series(name)?, &mut hashes);
    }
    let mut trained: HashMap<u128, u32> = HashMap::with_capacity(split.train.len());
    for row in &split.train {
        trained.entry(hashes[*row as usize]).or_insert(*row);
    }
    on().check()?;
    let (mut rows, mut examples) = (0, Vec::new());
    for row in split.test.iter().chain(&split.valid) {
        let Some(same) = trained.get(&hashes[*row as usize]) else {
            continue;
        };
        rows += 1;
        if examples.len() < TOLD {
            examples.push([u64::from(*row), u64::from(*same)]);
        }
    }
    if rows == 0 {
        return Ok(None);
    }
    let judging = split.test.len() + split.valid.len();
    let level = if rows as f64 >= GRAVE * judging as f64 {
        DangerLevel::Grave
    } else {
        DangerLevel::Caution
    };
    let numbers: Vec<String> = examples
        .iter()
        .take(2)
        .map(|[row, same]| format!("row {} is row {}", thousands(row + 1), thousands(same + 1)))
        .collect();
    let verb = if rows == 1 {
        "row of the test or validation part stands"
    } else {
        "rows of the test or validation part stand"
    };
    Ok(Some(SplitDanger {
        level,
        kind: DangerKind::SameRows { rows, examples },
        words: format!(
            "{} {verb} in the training part too, with the same target ({}).",
            thousands(rows),
            numbers.join(", ")
        ),
        advice: match spec.method {
            SplitMethod::Column => "Remove duplicates with a step, or correct the column of the split.",
            _ => "Remove duplicates with a step before the split.",
        }
        .to_owned(),
    }))
}

/// Values of a column that repeat, in the training part and in another.
pub(super) fn shared_groups(table: &Table, split: &Split, column: &str) -> Option<SplitDanger> {
    // A column that is not there any more is no danger.
    let series = table.series(column).ok()?;
    // By hashes of 128 bits, as for rows: texts of a million rows would take much longer.
    let mut hashes = vec![0_u128; table.rows()];
    repeats::add_column(0, series, &mut hashes);
    let is_there = series.is_not_null();
    let is_there = |row: &&u32| is_there.get(**row as usize) == Some(true);
    let mut seen: HashMap<u128, bool> = HashMap::new();
    for row in split.train.iter().filter(is_there) {
        seen.entry(hashes[*row as usize]).or_insert(false);
    }
    let (mut rows, mut groups, mut examples) = (0_u64, 0_u64, Vec::new());
    for row in split.test.iter().chain(&split.valid).filter(is_there) {
        let Some(is_told) = seen.get_mut(&hashes[*row as usize]) else {
            continue;
        };
        rows += 1;
        if !std::mem::replace(is_told, true) {
            groups += 1;
            if examples.len() < TOLD {
                examples.extend(cells::text_at(series, *row as usize));
            }
        }
    }
    if rows == 0 {
        return None;
    }
    let judging = (split.test.len() + split.valid.len()) as f64;
    let percent = (rows as f64 * 100.0 / judging).round();
    Some(SplitDanger {
        level: DangerLevel::Caution,
        words: format!(
            "{} values of '{column}' are in the training part and in another, such as '{}': {percent} % of the rows \
             that judge are of a group that the model has seen.",
            thousands(groups),
            examples.first().map_or("", String::as_str)
        ),
        kind: DangerKind::SharedGroups {
            column: column.to_owned(),
            groups,
            rows,
            examples,
        },
        advice: format!("If the model is for new values of '{column}', split grouped by it."),
    })
}

/// Test rows that are older than training rows.
pub(super) fn time_overlap(table: &Table, split: &Split, column: &str) -> Result<Option<SplitDanger>> {
    if table.series(column).is_err() {
        return Ok(None);
    }
    let moments = moments(table, column)?;
    let moment = |row: &u32| moments[*row as usize];
    let Some(newest) = split.train.iter().filter_map(moment).max() else {
        return Ok(None);
    };
    let rows = split.test.iter().filter_map(moment).filter(|at| *at < newest).count() as u64;
    if rows == 0 {
        return Ok(None);
    }
    let percent = (rows as f64 * 100.0 / split.test.len().max(1) as f64).round();
    Ok(Some(SplitDanger {
        level: DangerLevel::Caution,
        kind: DangerKind::TimeOverlap {
            column: column.to_owned(),
            rows,
        },
        words: format!(
            "{percent} % of the test rows are from before the newest training row, by '{column}': the model has seen \
             what came after them."
        ),
        advice: format!("If the model is to predict what comes, split by time with '{column}'."),
    }))
}
