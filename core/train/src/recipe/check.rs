//! Whether the values of a recipe are allowed and fit together.

use std::collections::HashSet;
use std::fmt::Display;

use aloft_base::text::thousands;
use aloft_data::{SplitMethod, Stages};

use super::{ModelSpec, Optimizer, Recipe, RecipeError, VERSION};

/// TOML has no larger whole numbers.
const MAX_SEED: u64 = i64::MAX as u64;
const MAX_LAYERS: usize = 16;
const MAX_UNITS: usize = 65_536;

/// Fails for the first value that is not allowed.
pub(super) fn check(recipe: &Recipe) -> Result<(), RecipeError> {
    if recipe.version > VERSION {
        return Err(RecipeError::Newer {
            found: recipe.version,
            known: VERSION,
        });
    }
    allow(recipe.version == VERSION, "version", recipe.version, "1")?;
    let path = &recipe.data.path;
    allow(
        !path.as_os_str().is_empty(),
        "data.path",
        text(""),
        "the path of a file",
    )?;
    if let Some(connection) = &recipe.data.connection {
        allow(
            path.to_str().is_some_and(aloft_data::is_url),
            "data.connection",
            text(connection),
            "a connection for a data.path such as \"s3://bucket/key\", or no such key for a path",
        )?;
    }
    Stages::of(&recipe.data.steps).map_err(|refusal| RecipeError::Step {
        number: refusal.number,
        words: refusal.words,
        why: refusal.why,
        help: refusal.hint,
        line: None,
    })?;
    columns(recipe)?;
    split(recipe)?;
    let most = recipe.prepare.max_categories;
    allow(
        (1..=10_000).contains(&most),
        "prepare.max_categories",
        most,
        "a whole number from 1 to 10,000",
    )?;
    model(&recipe.model)?;
    training(recipe)?;
    let run = &recipe.run;
    allow(
        crate::device::is_device_name(&run.device),
        "run.device",
        text(&run.device),
        "\"cpu\", \"cuda:0\" (or another number), \"metal\"",
    )?;
    let threads = run.threads.unwrap_or(1);
    allow(
        (1..=1024).contains(&threads),
        "run.threads",
        threads,
        "a whole number from 1 to 1,024, or no such key for one per core",
    )
}

fn columns(recipe: &Recipe) -> Result<(), RecipeError> {
    let target = &recipe.target.column;
    allow(
        !target.is_empty(),
        "target.column",
        text(target),
        "the name of a column",
    )?;
    let include = &recipe.features.include;
    let key = "features.include";
    allow(!include.is_empty(), key, "[]", "at least one column")?;
    let mut seen = HashSet::new();
    for column in include {
        allow(column != target, key, text(column), "columns other than the target")?;
        // When a row is from may say something; which group it is of is what must not be learned.
        let is_split = recipe.split.column.as_ref() == Some(column) && recipe.split.method != SplitMethod::TimeOrdered;
        allow(!is_split, key, text(column), "columns other than the one of the split")?;
        allow(seen.insert(column), key, text(column), "each column once")?;
    }
    Ok(())
}

fn split(recipe: &Recipe) -> Result<(), RecipeError> {
    let spec = &recipe.split;
    let share = |value: f64| (0.0..1.0).contains(&value);
    allow(
        share(spec.valid),
        "split.valid",
        spec.valid,
        "a share from 0 to below 1",
    )?;
    allow(share(spec.test), "split.test", spec.test, "a share from 0 to below 1")?;
    allow(
        spec.valid + spec.test < 1.0,
        "split.test",
        spec.test,
        "valid and test together below 1, so that rows are left to train on",
    )?;
    seed("split.seed", spec.seed)?;
    let missing = |key: &str| {
        Err(RecipeError::MissingKey {
            key: key.to_owned(),
            line: None,
        })
    };
    match (&spec.column, spec.method.needs_column()) {
        (None, true) => return missing("split.column"),
        (None, false) => {}
        (Some(column), true) => {
            allow(!column.is_empty(), "split.column", text(column), "the name of a column")?;
            let other = *column != recipe.target.column;
            allow(other, "split.column", text(column), "a column other than the target")?;
        }
        (Some(column), false) => allow(
            false,
            "split.column",
            text(column),
            "no such key, unless split.method is \"column\", \"grouped\" or \"time_ordered\"",
        )?,
    }
    if spec.method == SplitMethod::KFold {
        return folds(recipe);
    }
    for (key, value) in [("split.folds", spec.folds), ("split.fold", spec.fold)] {
        if let Some(value) = value {
            allow(false, key, value, "no such key, unless split.method is \"k_fold\"")?;
        }
    }
    allow(
        spec.method != SplitMethod::Stratified || recipe.target.task.is_classification(),
        "split.method",
        text("stratified"),
        "another method, such as \"random\", for regression, which has no classes",
    )
}

/// The keys of a k-fold split.
fn folds(recipe: &Recipe) -> Result<(), RecipeError> {
    let spec = &recipe.split;
    let missing = |key: &str| RecipeError::MissingKey {
        key: key.to_owned(),
        line: None,
    };
    let folds = spec.folds.ok_or_else(|| missing("split.folds"))?;
    allow(
        (2..=1000).contains(&folds),
        "split.folds",
        folds,
        "a whole number from 2 to 1,000",
    )?;
    let fold = spec.fold.ok_or_else(|| missing("split.fold"))?;
    let allowed = format!("a whole number from 1 to {folds}");
    allow((1..=folds).contains(&fold), "split.fold", fold, &allowed)?;
    allow(
        spec.test == 0.0,
        "split.test",
        spec.test,
        "no such key, since the fold is the test part",
    )?;
    allow(
        spec.valid + spec.test_share() < 1.0,
        "split.valid",
        spec.valid,
        "a share that leaves rows to train on beside the fold",
    )
}

fn model(model: &ModelSpec) -> Result<(), RecipeError> {
    match model {
        ModelSpec::Linear { l2 } => not_negative("model.l2", *l2),
        ModelSpec::Mlp { hidden, dropout, .. } => {
            let written = format!("{hidden:?}");
            let allowed = format!(
                "1 to {MAX_LAYERS} hidden layers of 1 to {} units",
                thousands(MAX_UNITS as u64)
            );
            let fits =
                (1..=MAX_LAYERS).contains(&hidden.len()) && hidden.iter().all(|units| (1..=MAX_UNITS).contains(units));
            allow(fits, "model.hidden", written, &allowed)?;
            let fits = (0.0..1.0).contains(dropout);
            allow(fits, "model.dropout", *dropout, "a share from 0 to below 1")
        }
    }
}

fn training(recipe: &Recipe) -> Result<(), RecipeError> {
    let training = &recipe.training;
    let whole = |key: &str, value: u32, most: u32| {
        let allowed = format!("a whole number from 1 to {}", thousands(u64::from(most)));
        allow((1..=most).contains(&value), key, value, &allowed)
    };
    whole("training.epochs", training.epochs, 1_000_000)?;
    whole("training.batch_size", training.batch_size, 1_000_000)?;
    let rate = training.learning_rate;
    let fits = rate > 0.0 && rate <= 100.0;
    allow(fits, "training.learning_rate", rate, "a number above 0, at most 100")?;
    not_negative("training.weight_decay", training.weight_decay)?;
    whole("training.warmup_steps", training.warmup_steps.unwrap_or(1), u32::MAX)?;
    if let Some(patience) = training.early_stopping {
        whole("training.early_stopping", patience, 1_000_000)?;
        allow(
            recipe.split.method == SplitMethod::Column || recipe.split.valid > 0.0,
            "training.early_stopping",
            patience,
            "no such key while split.valid is 0, since it needs a validation part",
        )?;
    }
    if let Some(norm) = training.clip_norm {
        let fits = norm > 0.0 && norm.is_finite();
        allow(fits, "training.clip_norm", norm, "a number above 0")?;
    }
    seed("training.seed", training.seed)?;
    not_negative("training.checkpoint_secs", training.checkpoint_secs)?;
    match training.optimizer {
        Optimizer::Sgd { momentum } => allow(
            (0.0..1.0).contains(&momentum),
            "training.optimizer.momentum",
            momentum,
            "a number from 0 to below 1",
        ),
        Optimizer::AdamW {} => Ok(()),
    }
}

fn seed(key: &str, value: u64) -> Result<(), RecipeError> {
    allow(
        value <= MAX_SEED,
        key,
        value,
        "a whole number from 0 to 9,223,372,036,854,775,807",
    )
}

fn not_negative(key: &str, value: f64) -> Result<(), RecipeError> {
    allow(value >= 0.0 && value.is_finite(), key, value, "a number from 0")
}

fn allow(fits: bool, key: &str, value: impl Display, allowed: &str) -> Result<(), RecipeError> {
    if fits {
        return Ok(());
    }
    Err(RecipeError::Value {
        key: key.to_owned(),
        value: value.to_string(),
        allowed: allowed.to_owned(),
        line: None,
    })
}

fn text(value: &str) -> String {
    format!("\"{value}\"")
}
