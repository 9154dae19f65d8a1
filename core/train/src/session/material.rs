//! The rows of a run: loaded, split, prepared and on the device.

use aloft_data::{FittedSteps, Matrix, Preparation, RecipeRows, Split, SplitMethod, Table, TargetColumn, TargetValues};
use candle_core::{Device, Tensor};

use crate::checkpoint::Origin;
use crate::error::{Result, TrainError};
use crate::folder::matrix_warnings;
use crate::loss::{Loss, TargetScale};
use crate::recipe::Recipe;
use aloft_base::text::thousands;

/// Everything a recipe says about data, as training needs it.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) table: Table,
    pub(super) target: TargetColumn,
    pub(super) preparation: Preparation,
    /// What is done to a raw row before it is prepared.
    pub(super) steps: FittedSteps,
    pub(super) loss: Loss,
    pub(super) scale: TargetScale,
    pub(super) train: Part,
    pub(super) valid: Part,
    pub(super) test: Part,
    /// Rows in no part.
    pub(super) left_out: u64,
    pub(super) warnings: Vec<String>,
}

/// One part of the rows.
#[derive(Debug)]
pub(super) struct Part {
    /// Rows of the table.
    pub(super) rows: Vec<u32>,
    /// As the table has them.
    pub(super) values: TargetValues,
    /// Prepared features, shape `[rows, width]`.
    pub(super) inputs: Tensor,
    /// Targets as the loss takes them, shape `[rows, 1]`.
    pub(super) targets: Tensor,
}

impl Material {
    /// Prepares the rows of a recipe. A resumed run takes the preparation it began with.
    pub(super) fn of(recipe: &Recipe, rows: RecipeRows, saved: Option<&Origin>, device: &Device) -> Result<Self> {
        let RecipeRows {
            table,
            target,
            split,
            dropped,
            steps,
            ..
        } = rows;
        check(recipe, &target, &split)?;
        let preparation = prepare(recipe, &table, &split, saved)?;
        if preparation.width() == 0 {
            return Err(TrainError::Unfit {
                what: "The features leave no number to learn from after the preparation".into(),
                hint: "Choose features that have values in the training part.".into(),
            });
        }
        let loss = Loss::of(target.task(), target.classes().len());
        let scale = scale_of(&target, &split)?;
        let mut warnings = preparation.warnings().to_vec();
        if split.left_out > 0 {
            let rows = thousands(u64::from(split.left_out));
            warnings.push(format!(
                "{rows} rows are left out, since '{}'{} is missing there",
                target.column(),
                recipe
                    .split
                    .column
                    .as_ref()
                    .map_or_else(String::new, |column| format!(" or '{column}'"))
            ));
        }
        if dropped > 0 {
            let rows = thousands(dropped);
            warnings.push(format!("{rows} rows are left out by steps that come after the split"));
        }
        if let Some(last) = steps.before().last() {
            warnings.push(format!(
                "Rows that are predicted must have been brought through '{last}' first, which cannot be done to one \
                 row alone"
            ));
        }
        warnings.extend(unseen_classes(&target, &split));
        warnings.extend(untested_classes(&target, &split));
        let mut part = |rows: Vec<u32>, name: &str| -> Result<Part> {
            let matrix = preparation.transform(&table, &rows)?;
            warnings.extend(matrix_warnings(matrix.unknown, matrix.infinite, name));
            let values = target.values(&rows);
            let Matrix {
                values: inputs, width, ..
            } = matrix;
            let on_device = || {
                let inputs = Tensor::from_vec(inputs, (rows.len(), width), device)?;
                Ok((inputs, loss.targets(&values, scale, device)?))
            };
            let (inputs, targets) = on_device().map_err(TrainError::compute("load the rows"))?;
            Ok(Part {
                rows,
                values,
                inputs,
                targets,
            })
        };
        let Split {
            train,
            valid,
            test,
            left_out,
        } = split;
        Ok(Self {
            train: part(train, "the training part")?,
            valid: part(valid, "the validation part")?,
            test: part(test, "the test part")?,
            left_out: u64::from(left_out) + dropped,
            table,
            preparation,
            steps,
            loss,
            scale,
            warnings,
            target,
        })
    }
}

impl Part {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Learns the preparation, or takes the one a resumed run began with.
///
/// JSON may round the last bit of a number, and a resumed run must see the very same
/// numbers. So what is learned anew from the same rows is taken if it is saved as the same.
fn prepare(recipe: &Recipe, table: &Table, split: &Split, saved: Option<&Origin>) -> Result<Preparation> {
    let fitted = Preparation::fit(table, &split.train, &recipe.features.include, &recipe.prepare)?;
    match saved {
        Some(origin) if Preparation::from_json(&fitted.to_json()?)? != origin.preparation => {
            Ok(origin.preparation.clone())
        }
        _ => Ok(fitted),
    }
}

/// Whether the parts allow training as the recipe says.
fn check(recipe: &Recipe, target: &TargetColumn, split: &Split) -> Result<()> {
    let unfit = |what: String, hint: &str| {
        Err(TrainError::Unfit {
            what,
            hint: hint.to_owned(),
        })
    };
    let spec = &recipe.split;
    if split.train.is_empty() {
        return unfit(
            "The training part has no rows".into(),
            "Use a file with more rows, or smaller shares for split.valid and split.test.",
        );
    }
    let by_column = spec.method == SplitMethod::Column;
    let wants_valid = spec.valid > 0.0 || recipe.training.early_stopping.is_some();
    for (rows, name, wanted) in [
        (split.valid.len(), "validation", wants_valid),
        (split.test.len(), "test", spec.test > 0.0 && !by_column),
    ] {
        if rows == 0 && wanted {
            return unfit(
                format!("The {name} part has no rows"),
                "Use a file with more rows, give that part a larger share, or do without it.",
            );
        }
    }
    let classes = target.classes();
    if let TargetValues::Classes(values) = target.values(&split.train) {
        if values.len() < classes.len() {
            return unfit(
                format!(
                    "The training part has {} rows, fewer than the {} classes of '{}'",
                    thousands(values.len() as u64),
                    thousands(classes.len() as u64),
                    target.column()
                ),
                "Use a file with more rows, or a target with fewer classes.",
            );
        }
        if let Some(first) = values.first()
            && values.iter().all(|value| value == first)
        {
            return unfit(
                format!(
                    "The training part has only the class '{}' of '{}', so there is nothing to learn",
                    classes[*first as usize],
                    target.column()
                ),
                "Split by chance within each class (split.method = \"stratified\"), or use more rows.",
            );
        }
    }
    Ok(())
}

fn scale_of(target: &TargetColumn, split: &Split) -> Result<TargetScale> {
    let TargetValues::Numbers(numbers) = target.values(&split.train) else {
        return Ok(TargetScale::NONE);
    };
    TargetScale::of(&numbers).ok_or_else(|| TrainError::Unfit {
        what: format!(
            "The target '{}' has the same value in every row of the training part",
            target.column()
        ),
        hint: "Use more rows, another seed for the split, or another target.".into(),
    })
}

/// Says which classes the training part does not have: no model can learn them.
fn unseen_classes(target: &TargetColumn, split: &Split) -> Option<String> {
    let train = rows_by_class(target, &split.train)?;
    let names = quoted(target, |class| train[class] == 0)?;
    Some(format!(
        "The training part has no row of {names}, so the model never predicts that"
    ))
}

/// Says which classes have too few rows to be in every part.
fn untested_classes(target: &TargetColumn, split: &Split) -> Option<String> {
    if split.test.is_empty() {
        return None;
    }
    let (train, test) = (
        rows_by_class(target, &split.train)?,
        rows_by_class(target, &split.test)?,
    );
    let names = quoted(target, |class| train[class] > 0 && test[class] == 0)?;
    Some(format!(
        "The test part has no row of {names}, which has too few rows to be in every part, so the metrics say nothing about it"
    ))
}

/// How many of some rows each class has.
fn rows_by_class(target: &TargetColumn, rows: &[u32]) -> Option<Vec<u64>> {
    let TargetValues::Classes(values) = target.values(rows) else {
        return None;
    };
    let mut counts = vec![0; target.classes().len()];
    for value in values {
        counts[value as usize] += 1;
    }
    Some(counts)
}

/// The names of the classes that are meant, if there are any.
fn quoted(target: &TargetColumn, is_meant: impl Fn(usize) -> bool) -> Option<String> {
    let classes = target
        .classes()
        .iter()
        .enumerate()
        .filter(|(class, _)| is_meant(*class));
    let names: Vec<String> = classes.map(|(_, name)| format!("'{name}'")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
