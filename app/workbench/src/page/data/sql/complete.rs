//! What the word that is typed may become: a table, a column, or a word of SQL.

use aloft_data::quoted;
use egui::text::{CCursor, CCursorRange};
use egui::{Context, Id};

const WORDS: [&str; 34] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "DISTINCT",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "AS",
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "LIKE",
    "IS NULL",
    "IS NOT NULL",
    "CASE WHEN",
    "COUNT(*)",
    "SUM(",
    "AVG(",
    "MIN(",
    "MAX(",
    "MEDIAN(",
    "STDDEV(",
    "CAST(",
    "COALESCE(",
    "ROUND(",
    "OVER (PARTITION BY",
    "DESC",
    "UNION ALL",
];

/// The word before the cursor, which is taken to be at the end.
fn word(sql: &str) -> &str {
    let start = sql
        .char_indices()
        .rev()
        .take_while(|(_, letter)| letter.is_alphanumeric() || *letter == '_' || *letter == '"')
        .last()
        .map_or(sql.len(), |(at, _)| at);
    &sql[start..]
}

/// What the last word of a question may become.
pub(super) fn candidates(tables: &[&str], columns: &[String], sql: &str) -> Vec<String> {
    let typed = word(sql).trim_start_matches('"').to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let names = tables
        .iter()
        .copied()
        .chain(columns.iter().map(String::as_str))
        .map(quoted);
    let all = names.chain(WORDS.iter().map(|word| (*word).to_owned()));
    let fits = |word: &String| {
        let plain = word.trim_start_matches('"').to_lowercase();
        plain.starts_with(&typed) && plain != typed
    };
    all.filter(fits).take(8).collect()
}

/// Puts a word in the place of the last one.
pub(super) fn accept(sql: &mut String, wanted: &str) {
    let keep = sql.len() - word(sql).len();
    sql.truncate(keep);
    sql.push_str(wanted);
    if !wanted.ends_with('(') {
        sql.push(' ');
    }
}

/// Puts the cursor of a field behind its text.
pub(super) fn cursor_to_end(ctx: &Context, id: Id, text: &str) {
    if let Some(mut state) = egui::TextEdit::load_state(ctx, id) {
        let end = CCursor::new(text.chars().count());
        state.cursor.set_char_range(Some(CCursorRange::one(end)));
        state.store(ctx, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_replaced_by_what_it_becomes() {
        let mut sql = "select a from peo".to_owned();
        accept(&mut sql, "people");
        assert_eq!(sql, "select a from people ");
        let mut sql = "select co".to_owned();
        accept(&mut sql, "SUM(");
        assert_eq!(sql, "select SUM(");
        assert_eq!(word("from \"My fi"), "fi");
        assert_eq!(word("a = 1 "), "");
    }
}
