//! What polars says against a query, in words that help.

use polars::prelude::{PolarsError, PolarsResult};

use crate::error::DataError;
use crate::frame::{Cached, reading_error};

/// An error of polars as one of ours.
pub(crate) fn explain(error: &PolarsError, tables: &[(String, Cached)]) -> DataError {
    if let Some(what) = reading_error(error) {
        return DataError::Query {
            what,
            hint: "Correct the file, then ask again.".to_owned(),
        };
    }
    let what = first_sentence(&error.to_string());
    let hint = match innermost(error) {
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => {
            "Check the names of the columns; put a name with spaces or capital letters in double quotes.".to_owned()
        }
        PolarsError::IO { .. } => "Check that the files are whole and the disk has room.".to_owned(),
        PolarsError::SQLInterface(_) | PolarsError::SQLSyntax(_) if !tables.is_empty() => {
            let names: Vec<String> = tables.iter().take(10).map(|(name, _)| quoted(name)).collect();
            let more = if tables.len() > names.len() { ", …" } else { "" };
            format!("The tables are: {}{more}. Write one SELECT.", names.join(", "))
        }
        _ => "Change the question, then ask again.".to_owned(),
    };
    DataError::Query { what, hint }
}

/// Runs polars, some of whose parts panic at what they do not expect.
pub(crate) fn careful<T>(work: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("it does not say why");
        Err(PolarsError::ComputeError(format!("polars gave up: {words}").into()))
    })
}

/// A name as it stands in SQL: in double quotes unless it is a plain word.
#[must_use]
pub fn quoted(name: &str) -> String {
    let is_plain = name
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_');
    if is_plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn innermost(error: &PolarsError) -> &PolarsError {
    match error {
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => innermost(error),
        other => other,
    }
}

/// More of what polars says is not shown.
const MOST_CHARS: usize = 400;

/// What was wrong, without the plan that polars adds to it.
fn first_sentence(text: &str) -> String {
    let end = ["\n\nResolved plan", "\n\nThis error occurred", "\n\nLogicalPlan"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len());
    let sentence = text[..end].trim().replace('\n', " ");
    let mut sentence = sentence.strip_prefix("not found: ").unwrap_or(&sentence).to_owned();
    // The names of hundreds of columns help nobody.
    if let Some((at, _)) = sentence.char_indices().nth(MOST_CHARS) {
        sentence.truncate(at);
        sentence.push('…');
    }
    if let Some(first) = sentence.chars().next() {
        let rest = sentence.split_off(first.len_utf8());
        sentence = first.to_uppercase().chain(rest.chars()).collect();
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_cut_off_and_the_tables_are_named() {
        let error =
            PolarsError::SQLInterface("relation 'peple' was not found\n\nResolved plan until failure: x".into());
        let table = Cached {
            source: super::super::answer_source("a".as_ref()),
            cache: "c".into(),
        };
        let DataError::Query { what, hint } = explain(
            &error,
            &[("people".to_owned(), table.clone()), ("My File".to_owned(), table)],
        ) else {
            panic!("another kind of error");
        };
        assert_eq!(what, "Relation 'peple' was not found");
        assert_eq!(hint, "The tables are: people, \"My File\". Write one SELECT.");
    }

    #[test]
    fn names_are_quoted_only_where_they_must_be() {
        assert_eq!(quoted("age_2"), "age_2");
        assert_eq!(quoted("Age"), "\"Age\"");
        assert_eq!(quoted("2024"), "\"2024\"");
        assert_eq!(quoted("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(quoted(""), "\"\"");
    }
}
