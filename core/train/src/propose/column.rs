//! What a column can be: a target and of which task, a feature, or neither.

use aloft_data::{ColumnProfile, ColumnType, Profile, Scalar, Task};

use crate::error::{Result, TrainError};
use aloft_base::text::thousands;

/// More different whole numbers are taken as a quantity and not as classes.
const MAX_NUMBER_CLASSES: u64 = 20;
/// A text with more different values is no set of classes.
const MAX_CLASSES: u64 = 1000;

/// The task of a target and why, or why it cannot be learned.
pub(super) fn task_of(column: &ColumnProfile, rows: u64) -> Result<(Task, String)> {
    let name = &column.name;
    let unfit = |what: String, hint: &str| {
        Err(TrainError::Unfit {
            what,
            hint: hint.to_owned(),
        })
    };
    let other = "Choose another target.";
    match column.distinct {
        0 => return unfit(format!("The target '{name}' has no values"), other),
        1 => {
            return unfit(
                format!("The target '{name}' has one value only, so there is nothing to learn"),
                other,
            );
        }
        _ => {}
    }
    let distinct = column.distinct;
    let classes = |what: &str| {
        if distinct == 2 {
            (Task::Binary, format!("'{name}' has two different values"))
        } else {
            (Task::MultiClass, format!("'{name}' has {distinct} different {what}"))
        }
    };
    match column.kind {
        ColumnType::Boolean => Ok(classes("values")),
        ColumnType::String if distinct > MAX_CLASSES || distinct > (rows / 2).max(2) => unfit(
            format!(
                "The target '{name}' is text with {} different values in {} rows, too many to be classes",
                thousands(distinct),
                thousands(rows)
            ),
            "Choose a column with fewer different values, or with numbers.",
        ),
        ColumnType::String => Ok(classes("texts")),
        ColumnType::Integer if distinct == 2 || (distinct <= MAX_NUMBER_CLASSES && rows >= 10 * distinct) => {
            Ok(classes("whole numbers"))
        }
        ColumnType::Float if distinct == 2 && rows > 20 => Ok(classes("values")),
        ColumnType::Integer | ColumnType::Float => Ok((
            Task::Regression,
            format!("'{name}' is a number with {} different values", thousands(distinct)),
        )),
        kind => unfit(
            format!("The target '{name}' holds {kind} values, which cannot be predicted"),
            "Choose a column of numbers, texts or true/false.",
        ),
    }
}

/// A column that says in words which part a row is in.
pub fn is_split(column: &ColumnProfile) -> bool {
    const WORDS: [&str; 5] = ["train", "valid", "validation", "val", "test"];
    column.kind == ColumnType::String
        && (2..=4).contains(&column.distinct)
        && column.top.iter().any(|value| value.value == "train")
        && column.top.iter().all(|value| WORDS.contains(&value.value.as_str()))
}

/// Why a column says nothing about any target, if so.
pub(super) fn unfit_feature(column: &ColumnProfile, rows: u64) -> Option<String> {
    let present = rows - column.nulls.min(rows);
    if present == 0 {
        return Some("every value is missing".into());
    }
    if column.distinct <= 1 && column.nulls == 0 {
        return Some("it has the same value in every row".into());
    }
    let all_differ = column.distinct == present && present > 20;
    match column.kind {
        ColumnType::Binary | ColumnType::List | ColumnType::Struct | ColumnType::Other => {
            Some(format!("{} values cannot be features", column.kind))
        }
        ColumnType::Integer if all_differ && (is_id_name(&column.name) || counts_up(column, present)) => {
            Some("it numbers the rows".into())
        }
        ColumnType::String if all_differ => Some("every value is different, as in an id".into()),
        ColumnType::String if column.distinct > 64 && column.distinct * 2 > present => {
            Some("most values are different, as in an id or free text".into())
        }
        _ => None,
    }
}

/// Whether the whole numbers of a column are a range without gaps.
fn counts_up(column: &ColumnProfile, present: u64) -> bool {
    match (&column.min, &column.max) {
        (Some(Scalar::Integer(min)), Some(Scalar::Integer(max))) => max.abs_diff(*min) + 1 == present,
        _ => false,
    }
}

/// Whether the name of a column says that it names things, such as `patient_id`.
pub fn is_id_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let parts: Vec<&str> = name.split(|letter: char| !letter.is_alphanumeric()).collect();
    let words = ["id", "uid", "uuid", "guid", "index", "rownum", "rowid", "key"];
    parts.iter().any(|part| words.contains(part)) || (name.ends_with("id") && name.len() <= 12) || name == "unnamed: 0"
}

/// Columns that may be targets, most plausible first.
pub fn candidates(profile: &Profile) -> Vec<String> {
    const NAMES: [&str; 17] = [
        "target",
        "label",
        "class",
        "y",
        "outcome",
        "species",
        "quality",
        "digit",
        "diagnosis",
        "survived",
        "churn",
        "category",
        "price",
        "income",
        "result",
        "score",
        "default",
    ];
    let last = profile.columns.len().saturating_sub(1);
    let mut scored: Vec<(i32, usize)> = Vec::new();
    for (position, column) in profile.columns.iter().enumerate() {
        if task_of(column, profile.rows).is_err() || unfit_feature(column, profile.rows).is_some() || is_split(column) {
            continue;
        }
        let name = column.name.trim().to_lowercase();
        let mut score = 0;
        if NAMES.contains(&name.as_str()) {
            score += 8;
        } else if NAMES.iter().any(|word| word.len() > 3 && name.contains(word)) {
            score += 5;
        }
        if position == last {
            score += 4;
        }
        if matches!(column.kind, ColumnType::Boolean | ColumnType::String) && column.distinct <= MAX_NUMBER_CLASSES {
            score += 2;
        }
        if column.nulls > 0 {
            score -= 1;
        }
        scored.push((score, position));
    }
    scored.sort_by_key(|(score, position)| (-score, *position));
    scored
        .into_iter()
        .map(|(_, position)| profile.columns[position].name.clone())
        .collect()
}
