//! What the figures of one column show.

use aloft_base::text::thousands;

use super::{Evidence, Finding, FindingKind, Fix, Severity, percent};
use crate::profile::ColumnProfile;
use crate::schema::ColumnType;

/// From which share on one value is nearly all of them.
const NEARLY_ALL: f64 = 0.99;
/// From which share of different values on a column names its rows.
const ID_SHARE: f64 = 0.99;
/// A table of fewer rows says nothing about shares.
const FEW_ROWS: u64 = 50;

fn finding(column: &ColumnProfile, kind: FindingKind, severity: Severity, message: String, advice: &str) -> Finding {
    Finding {
        kind,
        severity,
        columns: vec![column.name.clone()],
        message,
        evidence: vec![],
        sampled_rows: None,
        advice: advice.to_owned(),
        fix: Some(Fix::Drop {
            column: column.name.clone(),
        }),
    }
}

/// What a column shows by itself.
pub(super) fn find(column: &ColumnProfile, rows: u64) -> Vec<Finding> {
    let values = rows - column.nulls.min(rows);
    let name = &column.name;
    if rows == 0 {
        return vec![];
    }
    if values == 0 {
        let message = format!("The column '{name}' has no value in any row.");
        let advice = "Drop it: there is nothing to learn from.";
        return vec![finding(
            column,
            FindingKind::EmptyColumn,
            Severity::Warning,
            message,
            advice,
        )];
    }
    let mut found = vec![];
    found.extend(missing(column, rows));
    found.extend(constant(column, values));
    found.extend(id_like(column, values));
    found
}

fn missing(column: &ColumnProfile, rows: u64) -> Option<Finding> {
    let share = column.nulls as f64 / rows as f64;
    (share > 0.5).then(|| {
        let message = format!(
            "The column '{}' is missing in {} of the rows.",
            column.name,
            percent(share)
        );
        let advice = "Drop it, or keep only whether it is there, if that means something.";
        let mut found = finding(column, FindingKind::MostlyMissing, Severity::Warning, message, advice);
        found.evidence = vec![Evidence {
            count: Some(column.nulls),
            ..Evidence::default()
        }];
        if share < 0.95 {
            found.fix = Some(Fix::FlagMissing {
                column: column.name.clone(),
            });
        }
        found
    })
}

fn constant(column: &ColumnProfile, values: u64) -> Option<Finding> {
    let name = &column.name;
    let top = column.top.first()?;
    let evidence = vec![Evidence::value(&top.value, top.count)];
    if column.distinct == 1 {
        let but = if column.nulls > 0 {
            ", where it is not missing"
        } else {
            ""
        };
        let message = format!("The column '{name}' is '{}' in every row{but}.", top.value);
        let advice = "Drop it: what never changes tells nothing.";
        let mut found = finding(column, FindingKind::ConstantColumn, Severity::Warning, message, advice);
        found.evidence = evidence;
        return Some(found);
    }
    let share = top.count as f64 / values as f64;
    (share >= NEARLY_ALL && values >= 2 * FEW_ROWS).then(|| {
        let others = thousands(values - top.count.min(values));
        let message = format!(
            "The column '{name}' is '{}' in all but {others} of its values.",
            top.value
        );
        let advice = "Drop it, unless the few others are what matters.";
        let mut found = finding(column, FindingKind::NearConstantColumn, Severity::Note, message, advice);
        found.evidence = column
            .top
            .iter()
            .take(3)
            .map(|top| Evidence::value(&top.value, top.count))
            .collect();
        found
    })
}

fn id_like(column: &ColumnProfile, values: u64) -> Option<Finding> {
    let is_kind = matches!(column.kind, ColumnType::Integer | ColumnType::String);
    let is_approximate = column.approximate.is_some_and(|approximate| approximate.distinct);
    // An approximate number is off by as much as a few in a hundred.
    let needed = match column.kind {
        _ if is_approximate && column.kind == ColumnType::String => 0.96,
        ColumnType::Integer => 1.0,
        _ => ID_SHARE,
    };
    let share = column.distinct as f64 / values as f64;
    // Long texts are different without being names of rows.
    let is_prose = column.text.as_ref().is_some_and(|text| text.mean_length > 40.0);
    if !is_kind || is_prose || values < FEW_ROWS || share < needed {
        return None;
    }
    let about = if is_approximate { "about " } else { "" };
    let name = &column.name;
    let message = if column.distinct == values {
        format!("The column '{name}' has another value in every row, as an id has.")
    } else {
        let (distinct, values) = (thousands(column.distinct), thousands(values));
        format!("The column '{name}' has {about}{distinct} different values in {values} rows, as an id has.")
    };
    let advice = "Leave it out of training: a model can only learn it by heart.";
    let mut found = finding(column, FindingKind::IdLike, Severity::Note, message, advice);
    let ends = [&column.min, &column.max].into_iter().flatten();
    found.evidence = ends.map(|value| Evidence::value(&value.to_string(), 1)).collect();
    Some(found)
}

/// Classes of the target that are much rarer than others.
pub(super) fn imbalance(target: &ColumnProfile) -> Option<Finding> {
    let is_kind = matches!(
        target.kind,
        ColumnType::String | ColumnType::Boolean | ColumnType::Integer
    );
    // All classes are among the most frequent values.
    if !is_kind || target.distinct < 2 || target.distinct as usize > target.top.len() {
        return None;
    }
    let (most, least) = (target.top.first()?, target.top.last()?);
    let total: u64 = target.top.iter().map(|top| top.count).sum();
    let share = least.count as f64 / total as f64;
    if most.count < 10 * least.count && share >= 0.05 / target.distinct as f64 {
        return None;
    }
    let message = format!(
        "The target '{}' is '{}' in {} of the rows and '{}' in only {}.",
        target.name,
        most.value,
        percent(most.count as f64 / total as f64),
        least.value,
        percent(share)
    );
    let severity = if share < 0.01 {
        Severity::Problem
    } else {
        Severity::Warning
    };
    let advice = "Weigh the classes alike, split stratified, and judge by F1 or balanced accuracy: a model that \
        always says the most frequent one looks good without being it.";
    let mut found = finding(target, FindingKind::ClassImbalance, severity, message, advice);
    found.evidence = target
        .top
        .iter()
        .map(|top| Evidence::value(&top.value, top.count))
        .collect();
    found.fix = Some(Fix::Balance {
        column: target.name.clone(),
    });
    Some(found)
}
