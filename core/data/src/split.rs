//! Which rows train, which choose the best epoch, and which judge.

use aloft_base::random::Generator;
use serde::{Deserialize, Serialize};

use crate::cells;
use crate::error::{DataError, Result};
use crate::table::Table;
use crate::target::TargetColumn;

/// How rows are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitMethod {
    /// By chance.
    Random,
    /// By chance within each class, so that every part has the classes in the same shares.
    #[default]
    Stratified,
    /// By a column whose values are `train`, `valid` (or `validation`, `val`) and `test`.
    Column,
}

/// How rows are divided into training, validation and test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitSpec {
    pub method: SplitMethod,
    /// Share of the rows for validation, from 0 to 1.
    #[serde(default)]
    pub valid: f64,
    /// Share of the rows for the test, from 0 to 1.
    #[serde(default)]
    pub test: f64,
    #[serde(default)]
    pub seed: u64,
    /// For the method `column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// Row numbers of each part, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub train: Vec<u32>,
    pub valid: Vec<u32>,
    pub test: Vec<u32>,
    /// How many rows are in no part, since their target (or their value in the split column) is missing.
    pub left_out: u32,
}

const SHARES: &str = "Choose shares that leave rows for training, for example 0.15 and 0.15.";

/// Divides the rows of a table whose target is present. The same table, target and
/// specification give the same parts on every machine.
///
/// # Errors
/// When the shares are impossible, the method does not suit the target, or no row is left to train on.
pub fn split(spec: &SplitSpec, table: &Table, target: &TargetColumn) -> Result<Split> {
    let mut present = vec![true; table.rows()];
    for row in target.missing_rows() {
        present[*row as usize] = false;
    }
    let rows: Vec<u32> = present
        .iter()
        .zip(0..)
        .filter(|(present, _)| **present)
        .map(|(_, row)| row)
        .collect();
    let mut parts = match spec.method {
        SplitMethod::Column => by_column(spec, table, &rows)?,
        SplitMethod::Random => {
            check_shares(spec)?;
            by_chance(spec, vec![rows])
        }
        SplitMethod::Stratified => {
            check_shares(spec)?;
            let Some(codes) = target.codes() else {
                return Err(split_error(
                    "a stratified split needs classes, and the target is a number".to_owned(),
                    "Set the split method to random.",
                ));
            };
            let mut classes = vec![vec![]; target.classes().len()];
            for row in rows {
                if let Some(class) = classes.get_mut(codes[row as usize] as usize) {
                    class.push(row);
                }
            }
            by_chance(spec, classes)
        }
    };
    if parts.train.is_empty() {
        return Err(split_error("no row is left to train on".to_owned(), SHARES));
    }
    for part in [&mut parts.train, &mut parts.valid, &mut parts.test] {
        part.sort_unstable();
    }
    let used = parts.train.len() + parts.valid.len() + parts.test.len();
    parts.left_out = (table.rows() - used) as u32;
    Ok(parts)
}

fn check_shares(spec: &SplitSpec) -> Result<()> {
    let share = |share: f64| (0.0..1.0).contains(&share);
    if share(spec.valid) && share(spec.test) && spec.valid + spec.test < 1.0 {
        return Ok(());
    }
    let what = format!(
        "the shares for validation ({}) and test ({}) must not be negative and must be less than 1 together",
        spec.valid, spec.test
    );
    Err(split_error(what, SHARES))
}

fn split_error(what: String, hint: &'static str) -> DataError {
    DataError::Split { what, hint }
}

/// Divides each class by chance, so that each part has its share of every class and, over
/// all classes, its share of the rows.
fn by_chance(spec: &SplitSpec, mut classes: Vec<Vec<u32>>) -> Split {
    let mut generator = Generator::stream(spec.seed, "split");
    for class in &mut classes {
        generator.shuffle(class);
    }
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    let tests = apportion(&sizes, spec.test);
    // Of what is left, so that no class is used up before it has trained.
    let left: Vec<usize> = sizes.iter().zip(&tests).map(|(size, test)| size - test).collect();
    let valids = apportion(&left, spec.valid / (1.0 - spec.test));
    let mut parts = Split::default();
    for ((class, test), valid) in classes.iter().zip(tests).zip(valids) {
        let (test, rest) = class.split_at(test);
        let (valid, train) = rest.split_at(valid);
        parts.test.extend(test);
        parts.valid.extend(valid);
        parts.train.extend(train);
    }
    parts
}

/// How many rows of each class belong to a share of all, by the largest remainders.
/// A class always keeps a row.
fn apportion(sizes: &[usize], share: f64) -> Vec<usize> {
    let total = sizes.iter().sum::<usize>() as f64;
    let ideal = |size: usize| size as f64 * share;
    let most = |size: usize| size.saturating_sub(1);
    let mut parts: Vec<usize> = sizes
        .iter()
        .map(|size| (ideal(*size).floor() as usize).min(most(*size)))
        .collect();
    let mut open = (total * share).round() as usize;
    open = open.saturating_sub(parts.iter().sum());
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let remainder = |class: &usize| ideal(sizes[*class]).fract();
    order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)).then(a.cmp(b)));
    for class in order {
        if open > 0 && parts[class] < most(sizes[class]) && remainder(&class) > 0.0 {
            parts[class] += 1;
            open -= 1;
        }
    }
    parts
}

fn by_column(spec: &SplitSpec, table: &Table, rows: &[u32]) -> Result<Split> {
    let Some(column) = &spec.column else {
        let hint = "Name the column in split.column, or choose another method.";
        return Err(split_error(
            "the method 'column' needs the name of a column".to_owned(),
            hint,
        ));
    };
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
