//! What columns show together: missing in the same rows, or saying nearly the same.

use super::correlation::Correlations;
use super::sample::Sample;
use super::{Evidence, Finding, FindingKind, Fix, Severity, percent};
use crate::profile::Profile;

/// How many columns with gaps are compared with each other.
const MOST_COLUMNS: usize = 300;
/// How many pairs are told.
const MOST_PAIRS: usize = 20;
/// From which correlation on two columns say nearly the same.
const CORRELATED: f64 = 0.95;
/// Fewer rows say nothing about two columns.
const FEW_ROWS: usize = 30;

/// Columns that are missing in the same rows.
pub(super) fn missing_together(profile: &Profile, sample: &Sample) -> Vec<Finding> {
    let mut groups: Vec<(Vec<usize>, Vec<bool>, f64)> = vec![];
    let with_gaps = profile.columns.iter().enumerate();
    let with_gaps = with_gaps.filter(|(_, column)| column.nulls > 0 && column.nulls < profile.rows);
    for (position, _) in with_gaps.take(MOST_COLUMNS) {
        let missing = sample.missing(position);
        if missing.iter().filter(|missing| **missing).count() < 10 || missing.iter().all(|missing| *missing) {
            continue;
        }
        let group = groups.iter_mut().find_map(|group| {
            let alike = alike(&group.1, &missing);
            (alike >= 0.95).then_some((group, alike))
        });
        match group {
            Some(((columns, _, least), alike)) => {
                columns.push(position);
                *least = least.min(alike);
            }
            None => groups.push((vec![position], missing, 1.0)),
        }
    }
    groups.retain(|(columns, ..)| columns.len() > 1);
    groups
        .into_iter()
        .map(|(columns, missing, alike)| {
            let names: Vec<String> = columns.iter().map(|at| profile.columns[*at].name.clone()).collect();
            let shown: Vec<String> = names.iter().take(5).map(|name| format!("'{name}'")).collect();
            let more = if names.len() > shown.len() { ", …" } else { "" };
            let rows = sample.rows.iter().zip(&missing).filter(|(_, missing)| **missing);
            let always = if alike == 1.0 { "always" } else { "nearly always" };
            Finding {
                kind: FindingKind::MissingTogether,
                severity: Severity::Note,
                message: format!(
                    "The columns {}{more} are {always} missing in the same rows.",
                    shown.join(", ")
                ),
                evidence: rows.take(5).map(|(row, _)| Evidence::row(*row)).collect(),
                sampled_rows: sample.sampled,
                advice: "Find out what these rows have in common; that they are missing may say something itself."
                    .to_owned(),
                fix: names.first().map(|name| Fix::FlagMissing { column: name.clone() }),
                columns: names,
            }
        })
        .collect()
}

/// Of the rows in which either is missing, the share in which both are.
fn alike(a: &[bool], b: &[bool]) -> f64 {
    let either = a.iter().zip(b).filter(|(a, b)| **a || **b).count();
    let both = a.iter().zip(b).filter(|(a, b)| **a && **b).count();
    both as f64 / either.max(1) as f64
}

/// Pairs of columns of numbers that say nearly the same.
pub(super) fn correlated(correlations: &Correlations) -> Vec<Finding> {
    let mut pairs = correlations.strongest();
    pairs.retain(|(.., r)| r.abs() >= CORRELATED);
    pairs.truncate(MOST_PAIRS);
    let names = |first: usize, second: usize| [first, second].map(|at| correlations.columns[at].clone());
    pairs
        .into_iter()
        .map(|(first, second, r)| pair(&names(first, second), correlations.sampled_rows, r))
        .collect()
}

fn pair(names: &[String; 2], sampled_rows: Option<u64>, r: f64) -> Finding {
    let [one, other] = names;
    Finding {
        kind: FindingKind::CorrelatedColumns,
        severity: if r.abs() >= 0.999 {
            Severity::Warning
        } else {
            Severity::Note
        },
        message: format!(
            "The columns '{one}' and '{other}' say nearly the same: their correlation is {r:.3}, so {} of the \
             spread of one is that of the other.",
            percent(r * r)
        ),
        evidence: vec![Evidence::figure(r)],
        sampled_rows,
        advice: format!("Drop one of them, such as '{other}', for a model that can be explained."),
        fix: Some(Fix::Drop { column: other.clone() }),
        columns: names.to_vec(),
    }
}

/// The correlation of Pearson over the rows in which both are numbers.
pub(super) fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    let both = || x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite());
    let count = both().count();
    if count < FEW_ROWS {
        return None;
    }
    let n = count as f64;
    let (sum_x, sum_y) = both().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in both() {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let r = xy / (xx.sqrt() * yy.sqrt());
    r.is_finite().then_some(r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correlation_is_that_of_scipy() {
        // scipy.stats.pearsonr of i and i * i % 97 for i in range(100).
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        let y: Vec<f64> = (0..100).map(|i| f64::from(i * i % 97)).collect();
        let found = pearson(&x, &y).unwrap();
        assert!((found + 0.049_432_158_286_460_05).abs() < 1e-12, "{found}");
        assert_eq!(pearson(&x, &[1.0; 100]), None);
        let mut gaps = x.clone();
        gaps[3] = f64::NAN;
        assert!((pearson(&gaps, &x).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(pearson(&x[..10], &y[..10]), None);
    }
}
