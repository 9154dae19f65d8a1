//! The model folder: what a finished run leaves, whole in itself.
//!
//! `model.safetensors` holds the parameters by name, `preparation.json` what was learned
//! about the features, `recipe.toml` how it was trained, and `signature.json` what goes
//! in and what comes out. A recipe with steps leaves `steps.json` too: what is done to the
//! columns of a raw file before the features are prepared.

use std::collections::HashMap;
use std::path::Path;

use aloft_data::{FittedSteps, Preparation, TargetEncoder};
use candle_core::Tensor;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{from_bytes, to_bytes};
use crate::error::{Result, TrainError};
use crate::loss::{Loss, TargetScale};
use crate::model::{self, Network, Parameter};
use crate::recipe::{ModelKind, Recipe};

const VERSION: u32 = 1;
pub(crate) const WEIGHTS: &str = "model.safetensors";
pub(crate) const PREPARATION: &str = "preparation.json";
pub(crate) const RECIPE: &str = "recipe.toml";
pub(crate) const SIGNATURE: &str = "signature.json";
pub(crate) const STEPS: &str = "steps.json";
/// Rows that go through the model at once.
const ROWS_AT_ONCE: usize = 8192;

/// What goes into a model and what comes out of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature {
    version: u32,
    kind: ModelKind,
    /// Columns it reads.
    features: Vec<String>,
    /// Numbers a row has after the preparation.
    inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) target: TargetEncoder,
    /// From the output of a regression to the target's own unit.
    pub(crate) scale: TargetScale,
}

/// What a model folder holds, checked to belong together.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) recipe: Recipe,
    pub(crate) preparation: Preparation,
    pub(crate) steps: FittedSteps,
    pub(crate) signature: Signature,
    pub(crate) parameters: Vec<Parameter>,
    /// The parameters one after the other.
    pub(crate) values: Vec<f32>,
}

/// Writes a model folder, whole or not at all; one that is there is replaced.
pub(crate) fn save(
    folder: &Path,
    recipe: &Recipe,
    network: &Network,
    preparation: &Preparation,
    target: &TargetEncoder,
    scale: TargetScale,
    steps: &FittedSteps,
) -> Result<()> {
    let signature = Signature {
        version: VERSION,
        kind: recipe.model.kind(),
        features: preparation.features(),
        inputs: preparation.width(),
        outputs: Loss::of(target.task, target.classes.len()).outputs(),
        target: target.clone(),
        scale,
    };
    let signature = serde_json::to_vec_pretty(&signature).map_err(|source| TrainError::Json {
        what: "the model's signature",
        source,
    })?;
    let weights = encode(network)?;
    let part = folder.with_extension("part");
    remove(&part)?;
    aloft_base::fs::create_folder(&part)?;
    let preparation = preparation.to_json()?;
    let recipe = recipe.to_toml();
    let files: [(&str, &[u8]); 4] = [
        (WEIGHTS, &weights),
        (PREPARATION, preparation.as_bytes()),
        (RECIPE, recipe.as_bytes()),
        (SIGNATURE, &signature),
    ];
    for (name, content) in files {
        aloft_base::fs::write_atomic(&part.join(name), content)?;
    }
    if !steps.is_empty() {
        aloft_base::fs::write_atomic(&part.join(STEPS), steps.to_json()?.as_bytes())?;
    }
    remove(folder)?;
    std::fs::rename(&part, folder).map_err(aloft_base::Error::io("write", folder))?;
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(aloft_base::Error::io("replace", folder)(error).into())
        }
        _ => Ok(()),
    }
}

fn encode(network: &Network) -> Result<Vec<u8>> {
    let action = "read the parameters";
    let flat: Vec<f32> = network.flat().to_vec1().map_err(TrainError::compute(action))?;
    let parts: Vec<(&str, &[usize], Vec<u8>)> = network
        .parameters()
        .iter()
        .map(|p| {
            let values = &flat[p.start..p.start + p.len()];
            (p.name.as_str(), p.shape.as_slice(), to_bytes(values))
        })
        .collect();
    let views = parts
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    views
        .and_then(|views| safetensors::serialize(views, Some(format)))
        .map_err(|error| TrainError::compute("write the parameters")(candle_core::Error::SafeTensor(error)))
}

impl Saved {
    /// Reads a model folder and checks that its files belong together.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(SIGNATURE);
        if !path.exists() {
            return Err(TrainError::NoModel {
                path: folder.to_owned(),
            });
        }
        let bad = |name: &str, error: &dyn std::fmt::Display| TrainError::model(folder, format!("{name}: {error}"));
        let text = aloft_base::fs::read_text(&path)?;
        let Version { version } = serde_json::from_str(&text).map_err(|error| bad(SIGNATURE, &error))?;
        if version > VERSION {
            return Err(TrainError::Newer {
                what: "model",
                path: folder.to_owned(),
                found: version,
                known: VERSION,
            });
        }
        let signature: Signature = serde_json::from_str(&text).map_err(|error| bad(SIGNATURE, &error))?;
        let recipe = Recipe::parse(&aloft_base::fs::read_text(&folder.join(RECIPE))?)?;
        let preparation = Preparation::from_json(&aloft_base::fs::read_text(&folder.join(PREPARATION))?)?;
        let steps = folder.join(STEPS);
        let steps = if steps.exists() {
            FittedSteps::from_json(&aloft_base::fs::read_text(&steps)?)?
        } else {
            FittedSteps::default()
        };
        if preparation.width() != signature.inputs {
            let text = format!(
                "it makes {} numbers a row, not {}",
                preparation.width(),
                signature.inputs
            );
            return Err(bad(PREPARATION, &text));
        }
        let bytes = aloft_base::fs::read(&folder.join(WEIGHTS))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| bad(WEIGHTS, &error))?;
        let parameters = model::parameters(&recipe.model, signature.inputs, signature.outputs);
        let mut values = Vec::new();
        for parameter in &parameters {
            let view = tensors.tensor(&parameter.name).map_err(|error| bad(WEIGHTS, &error))?;
            if view.shape() != parameter.shape || view.dtype() != Dtype::F32 {
                let found = format!(
                    "{} has the shape {:?}, not {:?}",
                    parameter.name,
                    view.shape(),
                    parameter.shape
                );
                return Err(bad(WEIGHTS, &found));
            }
            values.extend(from_bytes(view.data()));
        }
        Ok(Self {
            recipe,
            preparation,
            steps,
            signature,
            parameters,
            values,
        })
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// The outputs for all rows of an input, row by row.
pub(crate) fn outputs(network: &Network, input: &Tensor) -> candle_core::Result<Vec<f32>> {
    let rows = input.dim(0)?;
    let mut all = Vec::new();
    for first in (0..rows).step_by(ROWS_AT_ONCE) {
        let part = input.narrow(0, first, ROWS_AT_ONCE.min(rows - first))?;
        all.extend(network.forward(&part)?.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(all)
}

/// What is to be told about values a preparation could not take as they are.
pub(crate) fn matrix_warnings(unknown: u64, infinite: u64, part: &str) -> Vec<String> {
    use aloft_base::text::thousands;
    let mut warnings = Vec::new();
    if unknown > 0 {
        warnings.push(format!(
            "{} values of {part} are categories that the training part does not have; they count as none of them",
            thousands(unknown)
        ));
    }
    if infinite > 0 {
        warnings.push(format!(
            "{} values of {part} are infinite; they count as missing",
            thousands(infinite)
        ));
    }
    warnings
}
