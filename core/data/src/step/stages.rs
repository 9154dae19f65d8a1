//! Which steps of a recipe are done before the split, and which after it.
//!
//! A step that learns may see the training rows alone, so the split comes before the first
//! of them. From there on each row must stay in its part: only steps that look at one row at
//! a time may follow.

use polars::prelude::{AggExpr, Expr};
use polars::sql::sql_expr;

use super::{Filling, JoinHow, Step, StepEntry, enabled};

/// The steps of a recipe in the order in which a run does them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages {
    /// Done to all rows, before they are split. None of them learns.
    pub before: Vec<Step>,
    /// Done to the rows of each part. Those that learn do so from the training rows.
    pub after: Vec<Step>,
}

/// Why a step cannot be part of a recipe where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {number} ({words}) {why}")]
pub struct StepRefusal {
    /// Of the steps that are done, from 1.
    pub number: usize,
    /// What the step does.
    pub words: String,
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

impl Stages {
    /// Divides steps; those that are switched off are left out.
    ///
    /// # Errors
    /// For the first step that would mix rows of several parts, or takes something of all
    /// rows in a way that cannot be learned from the training rows alone.
    pub fn of(steps: &[StepEntry]) -> Result<Self, StepRefusal> {
        let mut stages = Self::default();
        let mut learner: Option<(usize, String)> = None;
        for (step, number) in enabled(steps).zip(1..) {
            let refuse = |why: String, hint: String| StepRefusal {
                number,
                words: step.words(),
                why,
                hint,
            };
            if let Step::Pivot { columns, .. } = step
                && columns.is_empty()
            {
                return Err(refuse(
                    "learns its columns from all rows, and makes other rows of them".to_owned(),
                    "Name the columns that it makes, so that it has nothing to learn.".to_owned(),
                ));
            }
            if step.measures_rows() {
                return Err(refuse(
                    "takes something of all rows, those of the test part too".to_owned(),
                    "Use a step that learns, such as filling or binning, or train on an export of these rows."
                        .to_owned(),
                ));
            }
            if let Some((first, words)) = &learner
                && !step.looks_at_one_row()
            {
                return Err(refuse(
                    format!(
                        "looks at several rows at once, and comes after step {first} ({words}), which learns: the rows \
                         are split by then, and those of different parts would mix"
                    ),
                    format!("Move it before step {first}."),
                ));
            }
            if step.learns() && learner.is_none() {
                learner = Some((number, step.words()));
            }
            if learner.is_some() {
                stages.after.push(step.clone());
            } else {
                stages.before.push(step.clone());
            }
        }
        Ok(stages)
    }

    /// Whether nothing is done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// The files that steps join.
    pub fn joined(&self) -> impl Iterator<Item = &std::path::Path> {
        self.before.iter().filter_map(|step| match step {
            Step::Join { table, .. } => Some(table.as_path()),
            _ => None,
        })
    }
}

impl Step {
    /// Whether what becomes of a row depends on this row alone, once the step has learned.
    #[must_use]
    pub fn looks_at_one_row(&self) -> bool {
        match self {
            Self::Filter(_) | Self::DropMissing { .. } => true,
            Self::Fill { with, .. } => !matches!(with, Filling::Previous | Filling::Next),
            _ => self.keeps_rows(),
        }
    }

    /// Whether the step leaves rows out, moves or repeats them, and does nothing else. Such a
    /// step is for training: a row that is to be predicted is not left out.
    #[must_use]
    pub(crate) fn only_chooses_rows(&self) -> bool {
        match self {
            Self::Join { how, .. } => matches!(how, JoinHow::Semi | JoinHow::Anti),
            Self::Filter(_)
            | Self::DropMissing { .. }
            | Self::Deduplicate { .. }
            | Self::Sort { .. }
            | Self::Sample { .. }
            | Self::Balance { .. } => true,
            _ => false,
        }
    }

    /// Whether an expression of the step takes a sum, a rank or the like of all rows.
    fn measures_rows(&self) -> bool {
        let text = match self {
            Self::Derive { expression, .. } => expression.clone(),
            Self::Filter(condition) => condition.sql(),
            _ => return false,
        };
        // What is no expression is said when the step is done, with its number.
        sql_expr(&text).is_ok_and(|expression| (&expression).into_iter().any(gathers))
    }
}

/// Whether an expression makes one value, or other rows, of the rows of a column.
fn gathers(expression: &Expr) -> bool {
    match expression {
        Expr::Len | Expr::Over { .. } => true,
        // A list of constants is gathered too.
        Expr::Agg(AggExpr::Implode { .. }) => false,
        Expr::Agg(_)
        | Expr::Sort { .. }
        | Expr::SortBy { .. }
        | Expr::Gather { .. }
        | Expr::Slice { .. }
        | Expr::Explode { .. }
        | Expr::Filter { .. } => expression
            .into_iter()
            .any(|part| matches!(part, Expr::Column(_) | Expr::Selector(_))),
        _ => false,
    }
}
