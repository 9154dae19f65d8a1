//! A first recipe for a table and a target, with the reason for each choice.

use aloft_data::{
    ColumnProfile, ColumnType, DataError, PrepareSpec, Profile, Scalar, Source, SplitMethod, SplitSpec, Task,
};

use crate::error::{Result, TrainError};
use crate::outcome::LeftOut;
use crate::recipe::check::number;
use crate::recipe::{
    Activation, FeaturesSection, ModelKind, ModelSpec, Optimizer, Recipe, RunSection, Schedule, TargetSection,
    TrainingSpec, VERSION,
};

/// From so many different whole numbers on, they are taken as a quantity and not as classes.
const MAX_NUMBER_CLASSES: u64 = 20;
/// A text with more different values is no set of classes.
const MAX_CLASSES: u64 = 1000;
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
    let split_column = profile.columns.iter().find(|other| other.name != target && is_split(other));
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
        format!(
            "{} is quick, easy to read and hard to overfit; try the neural network next",
            ModelKind::Linear.label(task)
        ),
    );
    because(
        "training",
        format!(
            "About {} steps are enough for a linear model to settle on {} rows",
            number(u64::from(training.epochs) * train_rows(profile.rows, &split).div_ceil(u64::from(training.batch_size))),
            number(profile.rows)
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

fn task_of(column: &ColumnProfile, rows: u64) -> Result<(Task, String)> {
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
                number(distinct),
                number(rows)
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
            format!("'{name}' is a number with {} different values", number(distinct)),
        )),
        kind => unfit(
            format!("The target '{name}' holds {kind} values, which cannot be predicted"),
            "Choose a column of numbers, texts or true/false.",
        ),
    }
}

fn split_of(task: Task, target: &ColumnProfile, rows: u64, column: Option<&ColumnProfile>) -> (SplitSpec, String) {
    let share = if rows >= LARGE { 0.1 } else { 0.2 };
    let mut spec = SplitSpec {
        method: SplitMethod::Random,
        valid: share,
        test: share,
        seed: 0,
        column: None,
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

/// A column that says in words which part a row is in.
fn is_split(column: &ColumnProfile) -> bool {
    const WORDS: [&str; 5] = ["train", "valid", "validation", "val", "test"];
    column.kind == ColumnType::String
        && (2..=4).contains(&column.distinct)
        && column.top.iter().any(|value| value.value == "train")
        && column.top.iter().all(|value| WORDS.contains(&value.value.as_str()))
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

/// Why a column says nothing about any target, if so.
fn unfit_feature(column: &ColumnProfile, rows: u64) -> Option<String> {
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

fn is_id_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let parts: Vec<&str> = name.split(|letter: char| !letter.is_alphanumeric()).collect();
    let words = ["id", "uid", "uuid", "guid", "index", "rownum", "rowid", "key"];
    parts.iter().any(|part| words.contains(part)) || (name.ends_with("id") && name.len() <= 12) || name == "unnamed: 0"
}

/// Columns that may be targets, most plausible first.
pub fn candidates(profile: &Profile) -> Vec<String> {
    const NAMES: [&str; 17] = [
        "target", "label", "class", "y", "outcome", "species", "quality", "digit", "diagnosis", "survived", "churn",
        "category", "price", "income", "result", "score", "default",
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

/// How many rows train.
fn train_rows(rows: u64, split: &SplitSpec) -> u64 {
    ((rows as f64 * (1.0 - split.valid - split.test)).round() as u64).max(1)
}

/// The model and settings that are good for so many rows.
pub(crate) fn defaults(kind: ModelKind, task: Task, rows: u64, split: &SplitSpec) -> (ModelSpec, TrainingSpec) {
    let rows = train_rows(rows, split);
    // Steps matter, not epochs: few rows need many passes, many rows few.
    let epochs = |steps: u64, batch: u32, least: u64, most: u64| {
        let steps_an_epoch = rows.div_ceil(u64::from(batch));
        steps.div_ceil(steps_an_epoch).clamp(least, most) as u32
    };
    match kind {
        ModelKind::Linear => {
            let batch_size = if rows >= LARGE { 1024 } else { 128 };
            let training = TrainingSpec {
                epochs: epochs(1200, batch_size, 10, 200),
                batch_size,
                learning_rate: 0.03,
                schedule: Schedule::Cosine,
                ..TrainingSpec::default()
            };
            (ModelSpec::Linear { l2: 1.0 }, training)
        }
        ModelKind::Mlp => {
            let batch_size = match rows {
                0..2000 => 32,
                2000..20_000 => 64,
                20_000..LARGE => 256,
                _ => 1024,
            };
            let training = TrainingSpec {
                epochs: epochs(4000, batch_size, 10, 100),
                batch_size,
                learning_rate: 0.002,
                weight_decay: 0.01,
                schedule: Schedule::Cosine,
                clip_norm: (task == Task::Regression).then_some(5.0),
                optimizer: Optimizer::AdamW {},
                ..TrainingSpec::default()
            };
            let model = ModelSpec::Mlp {
                hidden: vec![128, 64],
                dropout: 0.1,
                activation: Activation::Relu,
            };
            (model, training)
        }
    }
}
