//! Values that are not what they seem: gaps that are written as a value, and one word in
//! several spellings.

use std::collections::BTreeMap;

use super::sample::Sample;
use super::{Evidence, Finding, FindingKind, Fix, Severity};
use crate::profile::{ColumnProfile, Profile, Scalar};
use crate::schema::ColumnType;

/// Numbers that people write where they have none.
const NUMBERS: [f64; 13] = [
    -9.0,
    -99.0,
    -999.0,
    -9999.0,
    -99999.0,
    -1.0,
    99.0,
    999.0,
    9999.0,
    99999.0,
    999_999.0,
    9_999_999.0,
    99_999_999.0,
];
/// Texts that people write where they have none, in small letters.
const WORDS: [&str; 20] = [
    "?",
    "-",
    "--",
    ".",
    "n/a",
    "na",
    "#n/a",
    "none",
    "null",
    "nil",
    "nan",
    "unknown",
    "missing",
    "undefined",
    "not available",
    "not applicable",
    "tbd",
    "n.a.",
    "unspecified",
    "\\n",
];
/// Fewer rows say nothing.
const FEW: usize = 50;
/// How many standard deviations of the others such a number lies away from the nearest of them.
const FAR: f64 = 3.0;
/// Of a column with more different texts the spellings are not compared.
const MOST_SPELLINGS: usize = 2000;
/// How many spellings are shown.
const SHOWN: usize = 6;

pub(super) fn find(profile: &Profile, sample: &Sample) -> Vec<Finding> {
    let mut found = vec![];
    for (position, column) in profile.columns.iter().enumerate() {
        if column.kind.is_number() {
            found.extend(number(column, position, sample));
        } else if column.kind == ColumnType::String && column.distinct > 1 {
            let texts = sample.texts(position);
            let counts = counted(&texts);
            found.extend(word(column, &counts, sample));
            found.extend(spellings(column, &counts, sample));
        }
    }
    found
}

/// How often each text stands there; nothing when they are too many to be words of a list.
fn counted(texts: &[Option<String>]) -> Vec<(&str, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for text in texts.iter().flatten() {
        *counts.entry(text).or_default() += 1;
        if counts.len() > MOST_SPELLINGS {
            return vec![];
        }
    }
    counts.into_iter().collect()
}

/// A number that stands for a gap: it is frequent, at one end, and far from all others.
fn number(column: &ColumnProfile, position: usize, sample: &Sample) -> Option<Finding> {
    if column.distinct < 5 {
        return None;
    }
    let end = |end: &Option<Scalar>| match end {
        Some(Scalar::Integer(value)) => Some(*value as f64),
        Some(Scalar::Float(value)) => Some(*value),
        _ => None,
    };
    let ends = [end(&column.min), end(&column.max)];
    let candidate = ends.into_iter().flatten().find(|end| NUMBERS.contains(end))?;
    let text = crate::number::to_text(candidate);
    let is_same = |value: &str| value.parse::<f64>().is_ok_and(|value| value == candidate);
    let count = column.top.iter().find(|top| is_same(&top.value))?.count;
    let values = sample.numbers(position)?;
    let others: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite() && *value != candidate)
        .collect();
    if count < 3 || others.len() < FEW {
        return None;
    }
    let mean = others.iter().sum::<f64>() / others.len() as f64;
    let spread = (others.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / others.len() as f64).sqrt();
    let nearest = others
        .iter()
        .map(|value| (value - candidate).abs())
        .fold(f64::INFINITY, f64::min);
    // Minus one is near to counts that begin with nought, and yet the only one below it.
    let is_flag = candidate == -1.0 && others.iter().all(|value| *value >= 0.0 && value.fract() == 0.0) && spread > 5.0;
    if nearest <= FAR * spread && !is_flag {
        return None;
    }
    let rows = sample
        .rows
        .iter()
        .zip(&values)
        .filter(|(_, value)| **value == candidate);
    let evidence =
        std::iter::once(Evidence::value(&text, count)).chain(rows.take(3).map(|(row, _)| Evidence::row(*row)));
    let value = if column.kind == ColumnType::Integer {
        Scalar::Integer(candidate as i64)
    } else {
        Scalar::Float(candidate)
    };
    Some(Finding {
        kind: FindingKind::DisguisedMissing,
        severity: Severity::Warning,
        columns: vec![column.name.clone()],
        message: format!(
            "The value {text} of '{}' seems to stand for a missing one.",
            column.name
        ),
        evidence: evidence.collect(),
        sampled_rows: sample.sampled,
        advice: "Make it missing: as a number it pulls the mean and the scale with it.".to_owned(),
        fix: Some(Fix::MakeMissing {
            column: column.name.clone(),
            value,
        }),
    })
}

/// A word that stands for a gap.
fn word(column: &ColumnProfile, counts: &[(&str, u64)], sample: &Sample) -> Option<Finding> {
    let is_gap = |text: &str| WORDS.contains(&text.trim().to_lowercase().as_str());
    let (text, count) = counts
        .iter()
        .filter(|(text, _)| is_gap(text))
        .max_by_key(|(_, count)| *count)?;
    Some(Finding {
        kind: FindingKind::DisguisedMissing,
        severity: Severity::Note,
        columns: vec![column.name.clone()],
        message: format!(
            "The text '{text}' of '{}' seems to stand for a missing value.",
            column.name
        ),
        evidence: vec![Evidence::value(text, *count)],
        sampled_rows: sample.sampled,
        advice: "Make it missing, unless it is a kind of its own.".to_owned(),
        fix: Some(Fix::MakeMissing {
            column: column.name.clone(),
            value: Scalar::Text((*text).to_owned()),
        }),
    })
}

/// Texts that differ only in capitals and spaces.
fn spellings(column: &ColumnProfile, counts: &[(&str, u64)], sample: &Sample) -> Option<Finding> {
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    // Where nearly every text is another one they are names or prose.
    if (total as usize) < FEW || counts.len() as u64 > total / 5 {
        return None;
    }
    let mut groups: BTreeMap<String, Vec<(&str, u64)>> = BTreeMap::new();
    for (text, count) in counts {
        groups
            .entry(text.trim().to_lowercase())
            .or_default()
            .push((text, *count));
    }
    groups.retain(|_, spellings| spellings.len() > 1);
    let first = groups
        .values()
        .max_by_key(|spellings| spellings.iter().map(|(_, count)| count).sum::<u64>())?;
    let shown: Vec<String> = first.iter().take(3).map(|(text, _)| format!("'{text}'")).collect();
    let more = match groups.len() - 1 {
        0 => String::new(),
        1 => ", and one more word is".to_owned(),
        more => format!(", and {more} more words are"),
    };
    Some(Finding {
        kind: FindingKind::Spellings,
        severity: Severity::Warning,
        columns: vec![column.name.clone()],
        message: format!(
            "In '{}' the same word is written in several ways: {}{more}.",
            column.name,
            shown.join(", ")
        ),
        evidence: groups
            .values()
            .flatten()
            .take(SHOWN)
            .map(|(text, count)| Evidence::value(text, *count))
            .collect(),
        sampled_rows: sample.sampled,
        advice: "Write them alike, so that they are one class and not several.".to_owned(),
        fix: Some(Fix::Normalise {
            column: column.name.clone(),
        }),
    })
}
