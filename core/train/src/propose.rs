//! A first recipe for a table and a target, with the reason for each choice.

mod column;
mod defaults;
#[cfg(test)]
mod tests;

use aloft_data::{ColumnProfile, DataError, PrepareSpec, Profile, Source, SplitMethod, SplitSpec, Task};

use crate::error::{Result, TrainError};
use crate::outcome::LeftOut;
use crate::recipe::{FeaturesSection, ModelKind, Recipe, RunSection, TargetSection, VERSION};
use aloft_base::text::thousands;

pub use column::{candidates, is_id_name, is_split};
use column::{task_of, unfit_feature};
pub(crate) use defaults::defaults;
use defaults::train_rows;

/// Rows from which on a tenth is enough to judge a model.
const LARGE: u64 = 100_000;

/// Why something was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The key of the recipe, for example `target.task`.
    pub key: String,
    pub text: String,
}

/// A recipe that can be trained as it is, and why it is so.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub recipe: Recipe,
    pub reasons: Vec<Reason>,
    /// Columns that are not features, and why.
    pub left_out: Vec<LeftOut>,
}

/// Proposes a recipe for a target: linear model, split, preparation and settings.
/// [`Recipe::choose_model`] takes another model.
///
/// # Errors
/// When the target is not in the table, or cannot be learned: one value only, no values,
/// a type that is neither number nor class, or nothing to predict it from.
pub fn propose(source: &Source, profile: &Profile, target: &str) -> Result<Proposal> {
    let Some(column) = profile.columns.iter().find(|column| column.name == target) else {
        let known = profile.columns.iter().map(|column| column.name.clone()).collect();
        let name = target.to_owned();
        return Err(DataError::NoColumn { name, known }.into());
    };
    let mut reasons = Vec::new();
    let mut because = |key: &str, text: String| reasons.push(Reason { key: key.into(), text });

    let (task, why) = task_of(column, profile.rows)?;
    because("target.task", why);
    let split_column = profile
        .columns
        .iter()
        .find(|other| other.name != target && is_split(other));
    let (split, why) = split_of(task, column, profile.rows, split_column);
    because("split.method", why);
    let (include, left_out) = features(profile, target, split_column);
    if include.is_empty() {
        return Err(TrainError::Unfit {
            what: format!("There is no column to predict '{target}' from"),
            hint: match left_out.first() {
                Some(first) => format!("Column '{}' was left out: {}.", first.column, first.why),
                None => "Choose a file with more columns.".into(),
            },
        });
    }
    because(
        "features.include",
        match left_out.len() {
            0 => format!("All {} other columns", include.len()),
            1 => format!("{} columns; 1 is left out", include.len()),
            more => format!("{} columns; {more} are left out", include.len()),
        },
    );
    let (model, training) = defaults(ModelKind::Linear, task, profile.rows, &split);
    because(
        "model",
        "A linear model is quick, easy to read and hard to overfit; try the neural network next".into(),
    );
    because(
        "training.epochs",
        format!(
            "{} rows train; fewer rows need more passes over them",
            thousands(train_rows(profile.rows, &split))
        ),
    );
    let recipe = Recipe {
        version: VERSION,
        data: source.clone().into(),
        target: TargetSection {
            column: target.into(),
            task,
        },
        features: FeaturesSection {
            include,
            left_out: left_out.clone(),
        },
        split,
        prepare: PrepareSpec::default(),
        model,
        training,
        run: RunSection::default(),
    };
    Ok(Proposal {
        recipe,
        reasons,
        left_out,
    })
}

fn split_of(task: Task, target: &ColumnProfile, rows: u64, column: Option<&ColumnProfile>) -> (SplitSpec, String) {
    let share = if rows >= LARGE { 0.1 } else { 0.2 };
    let mut spec = SplitSpec {
        method: SplitMethod::Random,
        valid: share,
        test: share,
        ..SplitSpec::default()
    };
    if let Some(column) = column {
        spec.method = SplitMethod::Column;
        (spec.valid, spec.test) = (0.0, 0.0);
        spec.column = Some(column.name.clone());
        let why = format!("Column '{}' says which rows train, choose and test", column.name);
        return (spec, why);
    }
    let percent = (share * 100.0).round();
    if !task.is_classification() {
        let why = format!("By chance: {percent} % to choose, {percent} % to test");
        return (spec, why);
    }
    // Of more classes the profile tells only the most frequent ones.
    let rarest = target.top.iter().map(|value| value.count).min().unwrap_or(0);
    if target.distinct <= target.top.len() as u64 && rarest < 3 {
        let why = format!(
            "By chance: the rarest class has {rarest} {}, too few to be in every part",
            if rarest == 1 { "row" } else { "rows" }
        );
        return (spec, why);
    }
    spec.method = SplitMethod::Stratified;
    let why = format!("Each class keeps its share in every part: {percent} % to choose, {percent} % to test");
    (spec, why)
}

fn features(profile: &Profile, target: &str, split: Option<&ColumnProfile>) -> (Vec<String>, Vec<LeftOut>) {
    let (mut include, mut left_out) = (Vec::new(), Vec::new());
    for column in profile.columns.iter().filter(|column| column.name != target) {
        let why = if split.is_some_and(|split| split.name == column.name) {
            Some("it says which part a row is in".to_owned())
        } else {
            unfit_feature(column, profile.rows)
        };
        match why {
            Some(why) => left_out.push(LeftOut {
                column: column.name.clone(),
                why,
            }),
            None => include.push(column.name.clone()),
        }
    }
    (include, left_out)
}
