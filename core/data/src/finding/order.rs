//! Times that come after others: what happened later may not be known when a prediction is needed.

use super::sample::Sample;
use super::{Evidence, Finding, FindingKind, Fix, Severity};
use crate::profile::Profile;
use crate::schema::ColumnType;

/// How many columns of times are compared with each other.
const MOST_COLUMNS: usize = 40;
/// Fewer rows say nothing about two columns.
const FEW_ROWS: usize = 30;
/// In which share of the rows one must not be before the other, and be after it.
const NEVER_BEFORE: f64 = 0.995;
const AFTER: f64 = 0.5;

/// Columns of times that are later than another one in nearly all rows.
pub(super) fn find(profile: &Profile, sample: &Sample, target: usize) -> Vec<Finding> {
    let times = profile.columns.iter().enumerate();
    let times =
        times.filter(|(at, column)| *at != target && matches!(column.kind, ColumnType::Date | ColumnType::Datetime));
    let moments: Vec<(usize, Vec<Option<i64>>)> = times
        .take(MOST_COLUMNS)
        .filter_map(|(at, _)| Some((at, sample.moments(at)?)))
        .collect();
    let mut found = vec![];
    for (later, its) in &moments {
        let before: Vec<usize> = moments
            .iter()
            .filter(|(earlier, times)| earlier != later && is_after(its, times))
            .map(|(earlier, _)| *earlier)
            .collect();
        // Of several the first in the file is named.
        if let Some(&earlier) = before.first() {
            found.push(finding(profile, sample, earlier, *later, target));
        }
    }
    found
}

fn is_after(later: &[Option<i64>], earlier: &[Option<i64>]) -> bool {
    let both = later
        .iter()
        .zip(earlier)
        .filter_map(|(later, earlier)| Some(((*later)?, (*earlier)?)));
    let (mut rows, mut not_before, mut after) = (0_u32, 0_u32, 0_u32);
    for (later, earlier) in both {
        rows += 1;
        not_before += u32::from(later >= earlier);
        after += u32::from(later > earlier);
    }
    rows as usize >= FEW_ROWS
        && f64::from(not_before) >= NEVER_BEFORE * f64::from(rows)
        && f64::from(after) >= AFTER * f64::from(rows)
}

fn finding(profile: &Profile, sample: &Sample, earlier: usize, later: usize, target: usize) -> Finding {
    let [before, name, goal] = [earlier, later, target].map(|at| profile.columns[at].name.clone());
    let texts = sample.texts(earlier).into_iter().zip(sample.texts(later));
    let shown = sample.rows.iter().zip(texts).filter_map(|(row, (earlier, later))| {
        Some(Evidence {
            value: Some(format!("{} → {}", earlier?, later?)),
            ..Evidence::row(*row)
        })
    });
    Finding {
        kind: FindingKind::LaterTime,
        severity: Severity::Note,
        message: format!("The column '{name}' is later than '{before}' in nearly every row."),
        evidence: shown.take(4).collect(),
        sampled_rows: sample.sampled,
        advice: format!(
            "Drop it when '{goal}' is to be predicted at the time of '{before}': what happens later is not known then."
        ),
        fix: Some(Fix::Drop { column: name.clone() }),
        columns: vec![name, before],
    }
}
