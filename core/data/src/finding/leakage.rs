//! Columns that tell the target by themselves: a rule of one column is learned from one half
//! of the sample and tried on the other.

use std::collections::HashMap;

use super::pairs::pearson;
use super::sample::Sample;
use super::{Evidence, Finding, FindingKind, Fix, Severity, percent};
use crate::profile::{ColumnProfile, Profile};
use crate::schema::ColumnType;

/// How many bins a column of numbers is cut into.
const BINS: usize = 64;
/// A target of more different values is a number and not a class.
const MOST_CLASSES: u64 = 50;
/// Which share of what can be known a column may tell before it is told of, and before it
/// must be wrong.
const TELLS: f64 = 0.95;
const TELLS_ALL: f64 = 0.995;
/// Fewer rows say nothing.
const FEW_ROWS: usize = 60;

/// The columns that tell the target.
pub(super) fn find(profile: &Profile, sample: &Sample, target: usize) -> Vec<Finding> {
    if sample.rows.len() < FEW_ROWS {
        return vec![];
    }
    let column = &profile.columns[target];
    let truth = if is_class(column) {
        Truth::Classes(codes(&sample.texts(target)))
    } else {
        match sample.numbers(target) {
            Some(numbers) => Truth::Numbers(numbers),
            None => return vec![],
        }
    };
    let others = (0..profile.columns.len()).filter(|position| *position != target);
    let mut found: Vec<(f64, Finding)> = others
        .filter_map(|position| {
            let told = told(sample, position, &truth)?;
            (told >= TELLS).then(|| (told, finding(profile, sample, position, target, told, &truth)))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn is_class(target: &ColumnProfile) -> bool {
    match target.kind {
        ColumnType::Boolean => true,
        ColumnType::String | ColumnType::Integer => target.distinct <= MOST_CLASSES,
        _ => false,
    }
}

/// What is to be told.
enum Truth {
    /// A number for each class; nothing where it is missing.
    Classes(Vec<Option<usize>>),
    /// NaN where it is missing.
    Numbers(Vec<f64>),
}

/// Which share of what is not known without the column is known with it.
fn told(sample: &Sample, column: usize, truth: &Truth) -> Option<f64> {
    let numbers = sample.numbers(column);
    let keys = match &numbers {
        Some(numbers) => bins(numbers),
        None => codes(&sample.texts(column)),
    };
    let told = match truth {
        Truth::Classes(classes) => told_class(&keys, classes),
        Truth::Numbers(values) => {
            let line = numbers.and_then(|numbers| pearson(&numbers, values)).map(|r| r * r);
            told_number(&keys, values).into_iter().chain(line).reduce(f64::max)
        }
    };
    told.filter(|told| told.is_finite())
}

/// The most frequent class of each value in the even rows, tried on the odd ones.
fn told_class(keys: &[Option<usize>], classes: &[Option<usize>]) -> Option<f64> {
    let mut counts: HashMap<Option<usize>, HashMap<usize, u64>> = HashMap::new();
    let (mut all, mut present): (HashMap<usize, u64>, HashMap<usize, u64>) = Default::default();
    for (key, class) in halves(keys, classes, 0) {
        let Some(class) = class else { continue };
        *counts.entry(*key).or_default().entry(*class).or_default() += 1;
        *all.entry(*class).or_default() += 1;
        if key.is_some() {
            *present.entry(*class).or_default() += 1;
        }
    }
    let usual = most(&all)?;
    // A value that was not met says only that there is one, which may be enough.
    let there = most(&present).unwrap_or(usual);
    let rule: HashMap<Option<usize>, usize> = counts
        .iter()
        .filter_map(|(key, counts)| Some((*key, most(counts)?)))
        .collect();
    let told = |key: &Option<usize>| {
        rule.get(key)
            .copied()
            .unwrap_or(if key.is_some() { there } else { usual })
    };
    let (mut tried, mut right, mut by_chance) = (0_u64, 0_u64, 0_u64);
    for (key, class) in halves(keys, classes, 1) {
        let Some(class) = class else { continue };
        tried += 1;
        right += u64::from(told(key) == *class);
        by_chance += u64::from(usual == *class);
    }
    // When nearly all rows are of one class there is too little left to tell.
    (tried - by_chance >= 10).then(|| (right as f64 - by_chance as f64) / (tried - by_chance) as f64)
}

/// The mean of each value in the even rows, tried on the odd ones: the R² of it.
fn told_number(keys: &[Option<usize>], values: &[f64]) -> Option<f64> {
    let mut sums: HashMap<Option<usize>, (f64, f64)> = HashMap::new();
    let mut all = (0.0, 0.0);
    for (key, value) in halves(keys, values, 0).filter(|(_, value)| value.is_finite()) {
        let sum = sums.entry(*key).or_default();
        *sum = (sum.0 + value, sum.1 + 1.0);
        all = (all.0 + value, all.1 + 1.0);
    }
    let mean = all.0 / all.1;
    let (mut rest, mut spread, mut count) = (0.0, 0.0, 0_u64);
    for (key, value) in halves(keys, values, 1).filter(|(_, value)| value.is_finite()) {
        let told = sums.get(key).map_or(mean, |(sum, count)| sum / count);
        rest += (value - told).powi(2);
        spread += (value - mean).powi(2);
        count += 1;
    }
    (count >= 20 && spread > 0.0).then(|| 1.0 - rest / spread)
}

/// Every second row, beginning with the first or the second.
fn halves<'a, A, B>(a: &'a [A], b: &'a [B], first: usize) -> impl Iterator<Item = (&'a A, &'a B)> {
    a.iter().zip(b).skip(first).step_by(2)
}

/// The most frequent class; of two as frequent the first.
fn most(counts: &HashMap<usize, u64>) -> Option<usize> {
    let ranked = counts
        .iter()
        .max_by_key(|(class, count)| (**count, std::cmp::Reverse(**class)));
    ranked.map(|(class, _)| *class)
}

/// A number for each different text, in the order of their first appearance.
fn codes<'t>(texts: &'t [Option<String>]) -> Vec<Option<usize>> {
    let mut known: HashMap<&'t str, usize> = HashMap::new();
    let mut code = |text: &'t Option<String>| {
        let next = known.len();
        text.as_deref().map(|text| *known.entry(text).or_insert(next))
    };
    texts.iter().map(&mut code).collect()
}

/// The bin of each number: every value is one when they are few, else they are cut into
/// bins of equally many.
fn bins(numbers: &[f64]) -> Vec<Option<usize>> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut edges = sorted.clone();
    edges.dedup();
    if edges.len() > BINS {
        edges = (0..BINS).map(|bin| sorted[bin * sorted.len() / BINS]).collect();
        edges.dedup();
    }
    let bin = |value: &f64| value.is_finite().then(|| edges.partition_point(|edge| edge <= value));
    numbers.iter().map(bin).collect()
}

fn finding(profile: &Profile, sample: &Sample, column: usize, target: usize, told: f64, truth: &Truth) -> Finding {
    let [name, goal] = [column, target].map(|at| profile.columns[at].name.clone());
    let what = match truth {
        Truth::Classes(_) => format!(
            "with it alone {} of the errors of always saying the most frequent class go away",
            percent(told)
        ),
        Truth::Numbers(_) => format!("it alone explains {} of the spread", percent(told)),
    };
    let values = sample.texts(column).into_iter().zip(sample.texts(target));
    let shown = sample.rows.iter().zip(values).filter_map(|(row, (value, goal))| {
        Some(Evidence {
            value: Some(format!("{} → {}", short(&value?), short(&goal?))),
            ..Evidence::row(*row)
        })
    });
    Finding {
        kind: FindingKind::LikelyLeakage,
        severity: if told >= TELLS_ALL {
            Severity::Problem
        } else {
            Severity::Warning
        },
        message: format!("The column '{name}' gives the target '{goal}' away: {what}."),
        evidence: std::iter::once(Evidence::figure(told)).chain(shown.take(4)).collect(),
        sampled_rows: sample.sampled,
        advice: "Drop it, unless it is known before the target is: a column made from the target, or after it, is \
            not there when a prediction is needed."
            .to_owned(),
        fix: Some(Fix::Drop { column: name.clone() }),
        columns: vec![name],
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
