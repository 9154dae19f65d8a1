//! What a split comes to: how large and how balanced its parts are, and what may leak from
//! one to another.

mod leak;

use serde::{Deserialize, Serialize};

use crate::Flow;
use crate::error::Result;
use crate::recipe_rows::RecipeRows;
use crate::split::{SplitMethod, SplitSpec};
use crate::target::{TargetColumn, TargetValues};

/// The parts of a split, and its dangers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitReport {
    pub train: PartReport,
    pub valid: PartReport,
    pub test: PartReport,
    /// Rows in no part: their target or their value in the column of the split is missing.
    pub left_out: u64,
    /// Rows that steps after the split leave out.
    pub dropped: u64,
    /// The names of the classes, in the order of their counts in the parts; empty for numbers.
    pub classes: Vec<String>,
    /// The gravest first.
    pub dangers: Vec<SplitDanger>,
}

/// A part of the rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartReport {
    pub rows: u64,
    /// Rows of each class; empty for numbers.
    pub counts: Vec<u64>,
    /// Mean and standard deviation of a target of numbers.
    pub mean: Option<f64>,
    pub deviation: Option<f64>,
}

/// How much a danger matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DangerLevel {
    /// The metrics cannot be believed.
    Grave,
    /// They may be too good, which depends on what the model is for.
    Caution,
}

/// What may make a model look better than it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitDanger {
    pub level: DangerLevel,
    pub kind: DangerKind,
    /// What was found, as a sentence.
    pub words: String,
    /// What helps, as a sentence.
    pub advice: String,
}

/// The kinds of danger, with what shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DangerKind {
    /// Rows of the test or validation part that the training part has too.
    SameRows {
        rows: u64,
        /// Some of them, each with the row of the training part that is the same; from 0.
        examples: Vec<[u64; 2]>,
    },
    /// Values of a column, such as a person's number, that are in the training part and in another.
    SharedGroups {
        column: String,
        /// How many values are in both.
        groups: u64,
        /// Rows of the test and validation part that have them.
        rows: u64,
        /// Some of the values.
        examples: Vec<String>,
    },
    /// Rows that test and are older than rows that train.
    TimeOverlap {
        column: String,
        /// Test rows from before the newest training row.
        rows: u64,
    },
    /// A class that a part does not have, or the training part hardly has.
    RareClass { class: String },
    /// So few test rows that their metrics say little.
    SmallTest { rows: u64 },
    /// The target is distributed differently in the test part.
    Shifted,
}

/// Columns in which to look for what two parts share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspects {
    /// Columns that may name a person, a device, a place.
    pub groups: Vec<String>,
    /// Columns that may say when a row is from.
    pub times: Vec<String>,
}

impl Suspects {
    /// All of them.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        self.groups.iter().chain(&self.times).cloned().collect()
    }
}

/// Fewer test rows say little.
const FEW: u64 = 30;
/// So many classes have their rarity told.
const MOST_CLASSES: usize = 50;

/// Looks at the parts of a recipe's rows. `on` is asked between columns whether to go on.
///
/// # Errors
/// When a column cannot be read; [`DataError::Stopped`](crate::DataError::Stopped) when `on` says so.
pub fn split_report(
    rows: &RecipeRows,
    spec: &SplitSpec,
    suspects: &Suspects,
    on: &mut dyn FnMut() -> Flow,
) -> Result<SplitReport> {
    let target = &rows.target;
    let part = |numbers: &[u32]| part_of(target, numbers);
    let split = &rows.split;
    let mut report = SplitReport {
        train: part(&split.train),
        valid: part(&split.valid),
        test: part(&split.test),
        left_out: u64::from(split.left_out),
        dropped: rows.dropped,
        classes: target.classes().to_vec(),
        dangers: Vec::new(),
    };
    let mut dangers = Vec::new();
    dangers.extend(leak::same_rows(rows, spec, on)?);
    for column in &suspects.groups {
        on().check()?;
        if spec.column.as_ref() != Some(column) {
            dangers.extend(leak::shared_groups(&rows.table, split, column));
        }
    }
    for column in &suspects.times {
        on().check()?;
        if spec.method != SplitMethod::TimeOrdered {
            dangers.extend(leak::time_overlap(&rows.table, split, column)?);
        }
    }
    dangers.extend(balance(&report, spec));
    dangers.sort_by_key(|danger| danger.level);
    report.dangers = dangers;
    Ok(report)
}

fn part_of(target: &TargetColumn, rows: &[u32]) -> PartReport {
    let mut part = PartReport {
        rows: rows.len() as u64,
        ..PartReport::default()
    };
    match target.values(rows) {
        TargetValues::Classes(codes) => {
            part.counts = vec![0; target.classes().len()];
            for code in codes {
                part.counts[code as usize] += 1;
            }
        }
        TargetValues::Numbers(numbers) if !numbers.is_empty() => {
            let count = numbers.len() as f64;
            let mean = numbers.iter().map(|number| f64::from(*number)).sum::<f64>() / count;
            let squares: f64 = numbers.iter().map(|number| (f64::from(*number) - mean).powi(2)).sum();
            part.mean = Some(mean);
            part.deviation = Some((squares / count).sqrt());
        }
        TargetValues::Numbers(_) => {}
    }
    part
}

/// What the sizes and the shares of classes say.
fn balance(report: &SplitReport, spec: &SplitSpec) -> Vec<SplitDanger> {
    let mut dangers = Vec::new();
    let caution = |kind, words: String, advice: &str| SplitDanger {
        level: DangerLevel::Caution,
        kind,
        words,
        advice: advice.to_owned(),
    };
    let test = report.test.rows;
    if test > 0 && test < FEW {
        dangers.push(caution(
            DangerKind::SmallTest { rows: test },
            format!("The test part is small ({test}), so its metrics depend much on chance."),
            "Give it a larger share, or train each fold of a k-fold split and take the mean.",
        ));
    }
    for (class, name) in report.classes.iter().enumerate().take(MOST_CLASSES) {
        let count = |part: &PartReport| part.counts.get(class).copied().unwrap_or(0);
        let lacking = [
            (&report.train, "training"),
            (&report.valid, "validation"),
            (&report.test, "test"),
        ]
        .into_iter()
        .find(|(part, _)| part.rows > 0 && count(part) == 0);
        if let Some((_, part)) = lacking {
            let level = if part == "training" {
                DangerLevel::Grave
            } else {
                DangerLevel::Caution
            };
            dangers.push(SplitDanger {
                level,
                kind: DangerKind::RareClass { class: name.clone() },
                words: format!("The {part} part has no row of '{name}'."),
                advice: match spec.method {
                    SplitMethod::Stratified => "Use more rows of this class, or larger parts.".to_owned(),
                    _ => "Split within each class (stratified), or use more rows of this class.".to_owned(),
                },
            });
        }
    }
    if let Some(words) = shifted(report) {
        dangers.push(caution(
            DangerKind::Shifted,
            words,
            "This is expected of a split by time or by group; else use another seed or a stratified split.",
        ));
    }
    dangers
}

/// Whether the target of the test part is another one than that of the training part, by more
/// than chance explains: three standard errors.
fn shifted(report: &SplitReport) -> Option<String> {
    let (train, test) = (&report.train, &report.test);
    let (n, m) = (train.rows as f64, test.rows as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    if let (Some(a), Some(b), Some(spread)) = (train.mean, test.mean, train.deviation) {
        let error = spread * (1.0 / n + 1.0 / m).sqrt();
        return ((a - b).abs() > 3.0 * error && spread > 0.0).then(|| {
            format!(
                "The mean of the target is {} in the training part and {} in the test part.",
                crate::number::to_text(rounded(a)),
                crate::number::to_text(rounded(b))
            )
        });
    }
    let far = |class: &usize| {
        let (a, b) = (train.counts[*class] as f64 / n, test.counts[*class] as f64 / m);
        let both = (train.counts[*class] + test.counts[*class]) as f64 / (n + m);
        let error = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
        (a - b).abs() > 3.0 * error && error > 0.0
    };
    let class = (0..report.classes.len()).find(far)?;
    let percent = |part: &PartReport| rounded(part.counts[class] as f64 * 100.0 / part.rows as f64);
    Some(format!(
        "'{}' is {} % of the training part and {} % of the test part.",
        report.classes[class],
        percent(train),
        percent(test)
    ))
}

/// A number to three significant digits.
fn rounded(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let unit = 10_f64.powf(number.abs().log10().floor() - 2.0);
    let digits = (number / unit).round();
    if unit >= 1.0 {
        digits * unit
    } else {
        digits / (1.0 / unit).round()
    }
}

#[cfg(test)]
mod tests;
