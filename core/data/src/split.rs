//! Which rows train, which choose the best epoch, and which judge.

mod by_column;
pub(crate) mod report;

use aloft_base::random::Generator;
use serde::{Deserialize, Serialize};

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
    /// By chance, but all rows with the same value of a column in one part.
    Grouped,
    /// By the order of a column: the oldest rows train, the newest test. Rows of the same
    /// moment stay together.
    TimeOrdered,
    /// By chance (within each class, when there are classes) into `folds` parts of the same
    /// size, of which number `fold` tests. Each row tests in exactly one of them.
    KFold,
}

impl SplitMethod {
    pub const ALL: [Self; 6] = [
        Self::Stratified,
        Self::Random,
        Self::Grouped,
        Self::TimeOrdered,
        Self::KFold,
        Self::Column,
    ];

    /// As it stands in a recipe.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Stratified => "stratified",
            Self::Column => "column",
            Self::Grouped => "grouped",
            Self::TimeOrdered => "time_ordered",
            Self::KFold => "k_fold",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Random => "Random",
            Self::Stratified => "Stratified",
            Self::Column => "By column",
            Self::Grouped => "Grouped",
            Self::TimeOrdered => "By time",
            Self::KFold => "k-fold",
        }
    }

    /// Whether it looks at a column of its own.
    #[must_use]
    pub fn needs_column(self) -> bool {
        matches!(self, Self::Column | Self::Grouped | Self::TimeOrdered)
    }
}

/// How rows are divided into training, validation and test part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// For the methods `column`, `grouped` and `time_ordered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// For the method `k_fold`: how many parts test one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<u32>,
    /// For the method `k_fold`: which of them tests, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
}

impl SplitSpec {
    /// The share of the rows that test, when it is known without looking at them.
    #[must_use]
    pub fn test_share(&self) -> f64 {
        match (self.method, self.folds) {
            (SplitMethod::KFold, Some(folds)) if folds > 0 => 1.0 / f64::from(folds),
            _ => self.test,
        }
    }
}

/// Row numbers of each part, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub train: Vec<u32>,
    pub valid: Vec<u32>,
    pub test: Vec<u32>,
    /// How many rows are in no part, since their target (or their value in the column of the split) is missing.
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
        SplitMethod::Column => by_column::named(spec, table, &rows)?,
        SplitMethod::Random => {
            check_shares(spec)?;
            by_chance(spec, vec![rows])
        }
        SplitMethod::Stratified => {
            check_shares(spec)?;
            let Some(classes) = by_class(target, &rows) else {
                return Err(split_error(
                    "a stratified split needs classes, and the target is a number".to_owned(),
                    "Set the split method to random.",
                ));
            };
            by_chance(spec, classes)
        }
        SplitMethod::Grouped => {
            check_shares(spec)?;
            by_column::grouped(spec, table, &rows)?
        }
        SplitMethod::TimeOrdered => {
            check_shares(spec)?;
            by_column::in_order(spec, table, &rows)?
        }
        SplitMethod::KFold => {
            let classes = by_class(target, &rows).unwrap_or_else(|| vec![rows]);
            by_fold(spec, classes)?
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

/// The rows of each class, when there are classes.
fn by_class(target: &TargetColumn, rows: &[u32]) -> Option<Vec<Vec<u32>>> {
    let codes = target.codes()?;
    let mut classes = vec![vec![]; target.classes().len()];
    for row in rows {
        if let Some(class) = classes.get_mut(codes[*row as usize] as usize) {
            class.push(*row);
        }
    }
    Some(classes)
}

/// Deals the rows of each class out to the folds in turns, where the last class ended; then
/// takes the validation part from those that do not test.
fn by_fold(spec: &SplitSpec, mut classes: Vec<Vec<u32>>) -> Result<Split> {
    let (Some(folds), Some(fold)) = (spec.folds, spec.fold) else {
        return Err(split_error(
            "the method 'k_fold' needs the number of folds and which of them tests".to_owned(),
            "Set split.folds, for example to 5, and split.fold from 1 on.",
        ));
    };
    let rows = classes.iter().map(Vec::len).sum::<usize>();
    if folds < 2 || fold == 0 || fold > folds || rows < folds as usize {
        let what = format!("{rows} rows cannot be divided into {folds} folds of which number {fold} tests");
        return Err(split_error(what, "Choose 2 folds or more, and a fold from 1 on."));
    }
    if !(0.0..1.0).contains(&spec.valid) || spec.valid + spec.test_share() >= 1.0 {
        let what = format!(
            "the share for validation ({}) leaves no rows beside the fold that tests",
            spec.valid
        );
        return Err(split_error(what, SHARES));
    }
    let mut generator = Generator::stream(spec.seed, "split");
    let mut parts = Split::default();
    let mut turn = 0;
    for class in &mut classes {
        generator.shuffle(class);
        let mut rest = Vec::with_capacity(class.len());
        for row in &*class {
            if turn == fold - 1 {
                parts.test.push(*row);
            } else {
                rest.push(*row);
            }
            turn = (turn + 1) % folds;
        }
        *class = rest;
    }
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    let valids = apportion(&sizes, spec.valid / (1.0 - spec.test_share()));
    for (class, valid) in classes.iter().zip(valids) {
        let (valid, train) = class.split_at(valid);
        parts.valid.extend(valid);
        parts.train.extend(train);
    }
    Ok(parts)
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
