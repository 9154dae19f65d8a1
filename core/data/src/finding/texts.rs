//! Columns of text that hold numbers.

use super::sample::Sample;
use super::{Evidence, Finding, FindingKind, Fix, Severity, percent};
use crate::number::{self, Fit};
use crate::profile::Profile;
use crate::schema::ColumnType;

/// How many values are shown.
const SHOWN: usize = 5;
/// Fewer texts say nothing.
const FEW: usize = 20;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Number,
    /// A number as people write it: with separators, a unit of money, a percent sign.
    Written,
    Word,
}

pub(super) fn find(profile: &Profile, sample: &Sample) -> Vec<Finding> {
    let columns = profile.columns.iter().enumerate();
    let texts = columns.filter(|(_, column)| column.kind == ColumnType::String && column.distinct > 0);
    texts
        .filter_map(|(position, column)| of_column(&column.name, position, sample))
        .collect()
}

fn of_column(name: &str, position: usize, sample: &Sample) -> Option<Finding> {
    let texts = sample.texts(position);
    let known: Vec<(u64, &str, Reads)> = sample
        .rows
        .iter()
        .zip(&texts)
        .filter_map(|(row, text)| {
            let text = text.as_deref()?.trim();
            (!text.is_empty()).then(|| (*row, text, reads(text)))
        })
        .collect();
    let words: Vec<&(u64, &str, Reads)> = known.iter().filter(|(_, _, reads)| *reads == Reads::Word).collect();
    let numbers = known.len() - words.len();
    let share = numbers as f64 / known.len().max(1) as f64;
    if known.len() < FEW || share < 0.05 {
        return None;
    }
    // Digits that begin with a zero, or all of one length, are codes: text is right for them.
    let is_code = known
        .iter()
        .all(|(_, text, reads)| *reads != Reads::Number || is_code(text));
    let is_written = known.iter().any(|(_, _, reads)| *reads == Reads::Written);
    if is_code && !is_written {
        return None;
    }
    let show = |(row, text, _): &(u64, &str, Reads)| Evidence {
        value: Some(text.chars().take(60).collect()),
        ..Evidence::row(*row)
    };
    let fix = Some(Fix::Cast {
        column: name.to_owned(),
        to: ColumnType::Float,
    });
    let base = Finding {
        kind: FindingKind::NumbersAsText,
        severity: Severity::Warning,
        columns: vec![name.to_owned()],
        message: String::new(),
        evidence: words.iter().take(SHOWN).map(|word| show(word)).collect(),
        sampled_rows: sample.sampled,
        advice: "Read it as numbers; what is none becomes missing.".to_owned(),
        fix,
    };
    if share >= 0.95 {
        let message = if words.is_empty() {
            format!("The column '{name}' holds numbers, written in a way that makes them text.")
        } else {
            format!(
                "The column '{name}' is text, yet {} of its values are numbers.",
                percent(share)
            )
        };
        let written = known.iter().filter(|(_, _, reads)| *reads == Reads::Written);
        let evidence = base
            .evidence
            .iter()
            .cloned()
            .chain(written.map(show))
            .take(SHOWN)
            .collect();
        return Some(Finding {
            message,
            evidence,
            ..base
        });
    }
    let first_number = known.iter().find(|(_, _, reads)| *reads != Reads::Word).map(show);
    Some(Finding {
        kind: FindingKind::MixedTypes,
        message: format!(
            "The column '{name}' holds numbers in {} of its values and words in the others.",
            percent(share)
        ),
        evidence: first_number.into_iter().chain(base.evidence).take(SHOWN).collect(),
        advice: "Split it into a column of numbers and one of words, or keep the numbers only.".to_owned(),
        ..base
    })
}

/// Digits that stand for themselves and not for a quantity.
fn is_code(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit()) && (text.starts_with('0') || text.len() > 15)
}

fn reads(text: &str) -> Reads {
    if number::fits(text.as_bytes(), false) != Fit::No {
        return Reads::Number;
    }
    let bare = text.trim_matches(|letter: char| "$€£¥%".contains(letter) || letter.is_whitespace());
    let bare = bare
        .strip_prefix('(')
        .and_then(|inside| inside.strip_suffix(')'))
        .unwrap_or(bare);
    let digits: String = bare
        .chars()
        .filter(|letter| !matches!(letter, ',' | '\'' | ' ' | '\u{a0}'))
        .collect();
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && number::fits(digits.as_bytes(), false) != Fit::No && are_groups(bare) {
        return Reads::Written;
    }
    Reads::Word
}

/// Whether separators stand only before three digits, or there are none; a decimal comma is one too.
fn are_groups(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or(text);
    let mut groups = whole.split([',', '\'', ' ', '\u{a0}']);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let is_decimal = matches!(rest[..], [only] if only.len() != 3 && whole.len() == text.len() && text.contains(','));
    !first.is_empty() && (is_decimal || rest.iter().all(|group| group.len() == 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_words_however_people_write_them() {
        for text in ["12", "-1.5e3", "+.5"] {
            assert_eq!(reads(text), Reads::Number, "{text}");
        }
        for text in ["1,234", "$12.50", "12 %", "€ 1'234'567.80", "3,14", "(1,200)", "1 234"] {
            assert_eq!(reads(text), Reads::Written, "{text}");
        }
        for text in ["abc", "12 Main St", "1,2,3", "2024-01-01", "$", "", "v1.2", "1,23,4"] {
            assert_eq!(reads(text), Reads::Word, "{text}");
        }
    }
}
