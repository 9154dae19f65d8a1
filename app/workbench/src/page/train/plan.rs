//! What a recipe will do, worked out from the profile before anything starts.

use aloft_data::{ColumnProfile, ColumnType, Profile, SplitMethod, Task};
use aloft_train::{ModelSpec, Recipe};

/// What training will come to. Sizes are estimates: the preparation is fitted on the training part.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Rows with a target.
    pub(super) rows: u64,
    /// Rows without a target, which no part gets.
    pub(super) without_target: u64,
    /// Rows of training, validation and test part; `None` when a column says which.
    pub(super) parts: Option<[u64; 3]>,
    /// Columns the model learns from.
    pub(super) features: u64,
    /// Numbers these become.
    pub(super) inputs: u64,
    /// Numbers the model learns.
    pub(super) parameters: u64,
    pub(super) steps_per_epoch: u64,
    pub(super) steps: u64,
    /// What speaks against starting; training would fail or teach nothing.
    pub(super) problems: Vec<String>,
}

impl Plan {
    pub(super) fn of(recipe: &Recipe, profile: &Profile) -> Self {
        let mut problems = Vec::new();
        let column = |name: &str| profile.columns.iter().find(|column| column.name == name);
        let target = column(&recipe.target.column);
        if target.is_none() {
            problems.push(format!("The data has no column '{}' to predict.", recipe.target.column));
        }
        let without_target = target.map_or(0, |target| target.nulls);
        let rows = profile.rows.saturating_sub(without_target);
        let mut inputs = 0;
        let mut absent = Vec::new();
        for name in &recipe.features.include {
            match column(name) {
                Some(column) => inputs += inputs_of(column, recipe),
                None => absent.push(name.as_str()),
            }
        }
        if let Some(first) = absent.first() {
            let more = if absent.len() > 1 {
                format!(" and {} more features", absent.len() - 1)
            } else {
                String::new()
            };
            problems.push(format!("The data has no column '{first}'{more}."));
        }
        let share = |share: f64| (rows as f64 * share).round() as u64;
        let parts = (recipe.split.method != SplitMethod::Column).then(|| {
            let (valid, test) = (share(recipe.split.valid), share(recipe.split.test_share()));
            [rows.saturating_sub(valid + test), valid, test]
        });
        let train = parts.map_or(rows, |parts| parts[0]);
        if train == 0 {
            problems.push("No row is left to train on.".to_owned());
        }
        let steps_per_epoch = train.div_ceil(u64::from(recipe.training.batch_size.max(1)));
        Self {
            rows,
            without_target,
            parts,
            features: recipe.features.include.len() as u64,
            inputs,
            parameters: parameters(&recipe.model, inputs, outputs(recipe.target.task, target)),
            steps_per_epoch,
            steps: steps_per_epoch * u64::from(recipe.training.epochs),
            problems,
        }
    }
}

/// How many numbers a column becomes.
fn inputs_of(column: &ColumnProfile, recipe: &Recipe) -> u64 {
    let parts = recipe.prepare.date_parts;
    let values = match column.kind {
        ColumnType::String => column.distinct.min(u64::from(recipe.prepare.max_categories)),
        ColumnType::Date if parts => 4,
        ColumnType::Datetime if parts => 6,
        ColumnType::Time if parts => 3,
        _ => 1,
    };
    // A category that is missing is all zeros; a number that is missing has an input that says so.
    values + u64::from(column.nulls > 0 && column.kind != ColumnType::String)
}

fn outputs(task: Task, target: Option<&ColumnProfile>) -> u64 {
    match task {
        Task::Regression | Task::Binary => 1,
        Task::MultiClass => target.map_or(2, |target| target.distinct),
    }
}

fn parameters(model: &ModelSpec, inputs: u64, outputs: u64) -> u64 {
    let hidden: &[usize] = match model {
        ModelSpec::Linear { .. } => &[],
        ModelSpec::Mlp { hidden, .. } => hidden,
    };
    let mut from = inputs;
    let mut sum = 0_u64;
    for to in hidden.iter().map(|units| *units as u64).chain([outputs]) {
        sum = sum.saturating_add(from.saturating_mul(to)).saturating_add(to);
        from = to;
    }
    sum
}

/// The tasks a column can be the target of; for the others, why not.
pub(super) fn why_not(task: Task, target: &ColumnProfile) -> Option<String> {
    let distinct = crate::format::count(target.distinct);
    match task {
        Task::Regression if !target.kind.is_number() => Some(format!(
            "'{}' holds {} values; regression needs numbers",
            target.name, target.kind
        )),
        Task::Binary if target.distinct != 2 => Some(format!(
            "'{}' has {distinct} different values; binary needs exactly two",
            target.name
        )),
        Task::MultiClass if target.distinct < 3 => Some(format!(
            "'{}' has {distinct} different values; use binary for two",
            target.name
        )),
        Task::MultiClass if target.distinct > 1000 => Some(format!(
            "'{}' has {distinct} different values, too many to be classes",
            target.name
        )),
        _ => None,
    }
}
