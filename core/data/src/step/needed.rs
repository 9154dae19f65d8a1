//! What of a list of steps makes some columns, and what it makes them of.

use std::collections::BTreeSet;

use polars::prelude::{Expr, PolarsError, PolarsResult};
use polars::sql::sql_expr;

use super::Step;

/// Steps without those that matter to none of the columns that are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Needed {
    pub(crate) steps: Vec<Step>,
    /// The columns that they are made of.
    pub(crate) columns: BTreeSet<String>,
}

/// The steps that make `wanted`, of steps that each leave a row the row it was or leave it
/// out. Those that leave rows out are kept only with `choosing`.
///
/// Columns that matter to nobody may be there or not: where one could be in the way of a
/// new name, the steps say which columns stay.
///
/// # Errors
/// When an expression is not understood, or names columns by a pattern.
pub(crate) fn needed(steps: &[Step], wanted: impl IntoIterator<Item = String>, choosing: bool) -> PolarsResult<Needed> {
    let mut columns: BTreeSet<String> = wanted.into_iter().collect();
    let mut kept = Vec::new();
    for step in steps.iter().rev() {
        match step {
            Step::Cast { column, .. }
            | Step::Fill { column, .. }
            | Step::ParseDates { column, .. }
            | Step::Clip { column, .. } => {
                if !columns.contains(column) {
                    continue;
                }
            }
            Step::Rename { from, to } => {
                if !columns.remove(to) {
                    continue;
                }
                columns.insert(from.clone());
                kept.push(step.clone());
                kept.push(Step::Select {
                    columns: columns.iter().cloned().collect(),
                });
                continue;
            }
            Step::Derive { name, expression } => {
                if !columns.remove(name) {
                    continue;
                }
                columns.extend(columns_of(expression)?);
            }
            Step::SplitText { column, into, .. } => {
                let before = columns.len();
                columns.retain(|name| !into.contains(name));
                if columns.len() == before {
                    continue;
                }
                columns.insert(column.clone());
            }
            Step::Bin { column, into, .. } => {
                if !columns.remove(into) {
                    continue;
                }
                columns.insert(column.clone());
            }
            Step::Filter(condition) if choosing => columns.extend(columns_of(&condition.sql())?),
            Step::DropMissing { columns: looked_at } if choosing => columns.extend(looked_at.iter().cloned()),
            // Which columns are there is decided by what is needed.
            _ => continue,
        }
        kept.push(step.clone());
    }
    kept.reverse();
    Ok(Needed { steps: kept, columns })
}

/// The columns that an expression in SQL names.
fn columns_of(expression: &str) -> PolarsResult<Vec<String>> {
    let parsed = sql_expr(expression)?;
    let mut names = Vec::new();
    for part in &parsed {
        match part {
            Expr::Column(name) => names.push(name.to_string()),
            Expr::Selector(_) => {
                let what = format!("'{expression}' names columns by a pattern; name each of them");
                return Err(PolarsError::ComputeError(what.into()));
            }
            _ => {}
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Filling;

    fn steps(json: serde_json::Value) -> Vec<Step> {
        serde_json::from_value(json).unwrap()
    }

    fn names(columns: &BTreeSet<String>) -> Vec<&str> {
        columns.iter().map(String::as_str).collect()
    }

    #[test]
    fn only_what_makes_the_wanted_columns_is_done() {
        let all = steps(serde_json::json!([
            {"step": "fill", "column": "age", "with": {"value": "3"}},
            {"step": "fill", "column": "other", "with": {"value": "3"}},
            {"step": "filter", "condition": "sql", "expression": "price > 2 AND Lower(\"Town\") = 'rome'"},
            {"step": "derive", "name": "ratio", "expression": "age / price"},
            {"step": "drop", "columns": ["age"]},
            {"step": "select", "columns": ["ratio", "y"]},
        ]));
        let found = needed(&all, ["ratio".to_owned()], false).unwrap();
        assert_eq!(names(&found.columns), ["age", "price"]);
        assert_eq!(found.steps, [all[0].clone(), all[3].clone()]);
        let found = needed(&all, ["ratio".to_owned()], true).unwrap();
        assert_eq!(names(&found.columns), ["Town", "age", "price"]);
        assert_eq!(found.steps, [all[0].clone(), all[2].clone(), all[3].clone()]);
    }

    #[test]
    fn a_name_that_is_free_again_is_given_without_a_clash() {
        let all = steps(serde_json::json!([
            {"step": "derive", "name": "x", "expression": "a + 1"},
            {"step": "drop", "columns": ["a"]},
            {"step": "rename", "from": "b", "to": "a"},
        ]));
        let found = needed(&all, ["a".to_owned(), "x".to_owned()], false).unwrap();
        assert_eq!(names(&found.columns), ["a", "b"]);
        let keeps = Step::Select {
            columns: vec!["b".into(), "x".into()],
        };
        assert_eq!(found.steps, [all[0].clone(), keeps, all[2].clone()]);
    }

    #[test]
    fn a_pattern_of_columns_is_refused() {
        let all = [Step::Derive {
            name: "x".into(),
            expression: "COALESCE(*)".into(),
        }];
        let fill = Step::Fill {
            column: "x".into(),
            with: Filling::Mean,
        };
        assert!(needed(&all, ["x".to_owned()], false).is_err());
        let found = needed(std::slice::from_ref(&fill), ["x".to_owned()], false).unwrap();
        assert_eq!((found.steps, names(&found.columns)), (vec![fill], vec!["x"]));
    }
}
