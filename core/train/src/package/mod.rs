//! A model as a thing to keep and to hand on: one folder that holds everything needed to
//! use it, with or without Aloft, and says of each file what it must contain.
//!
//! Beside what a run leaves (`model.safetensors`, `preparation.json`, `signature.json`,
//! `recipe.toml`, and `steps.json` when the recipe has steps) a package has `example.json` (rows and the answers expected for them),
//! `MODEL_CARD.md` (what a person should know), `facts.json` (the same for programs), `predict.py` (the model in Python with
//! numpy alone) and `manifest.json` (the BLAKE3 hash of every other file). The hash of the
//! manifest is the digest that names the package.

mod archive;
mod card;
mod example;
mod manifest;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use archive::{export, import};
pub use example::{Example, check_example, example};
pub(crate) use manifest::is_package;
pub use manifest::verify;

use crate::error::{Result, TrainError};
use crate::folder::{PREPARATION, RECIPE, SIGNATURE, STEPS, WEIGHTS};
use crate::outcome::{Metrics, PartRows};
use crate::predictor::{ModelSignature, Predictor};
use crate::recipe::{Activation, ModelSpec};

const EXAMPLE: &str = "example.json";
const CARD: &str = "MODEL_CARD.md";
const SCRIPT: &str = "predict.py";
const FACTS: &str = "facts.json";

/// What is known about a model beside its own files. All of it goes into the model card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackageFacts {
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// The run it comes from.
    pub run: String,
    /// When it was trained, as text.
    pub trained: String,
    /// Names the content of the data it was trained on.
    pub fingerprint: String,
    pub rows: PartRows,
    pub metrics: Metrics,
    /// What training warned of; they are limits of the model.
    pub warnings: Vec<String>,
    /// What it was made with, for example `("Aloft", "0.1.0")`.
    pub environment: Vec<(String, String)>,
    /// The cache folder of the training data, if the example is to be taken from it.
    #[serde(skip)]
    pub cache: Option<PathBuf>,
}

/// A package that was made, or taken in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PackageSummary {
    /// Names its content: the hash of the manifest, in hexadecimal.
    pub digest: String,
    /// Of all its files.
    pub bytes: u64,
    pub signature: ModelSignature,
    pub example: Example,
}

/// Makes a package of a run's model in a new folder, which is whole or not there.
///
/// # Errors
/// When there is no model, the destination is already there, or it cannot be written.
pub fn package(model_folder: &Path, destination: &Path, facts: &PackageFacts) -> Result<PackageSummary> {
    refuse_existing(destination)?;
    let predictor = Predictor::load(model_folder)?;
    let example = Example::of(&predictor, facts.cache.as_deref())?;
    let example_json = to_json("the example", &example)?;
    let card = card::of(&predictor, facts);
    let script = script(&predictor);
    let part = fresh_part(destination)?;
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        (EXAMPLE, example_json),
        (CARD, card.into_bytes()),
        (SCRIPT, script.into_bytes()),
        (FACTS, to_json("the facts", facts)?),
    ];
    let steps = (!predictor.steps().is_empty()).then_some(STEPS);
    for name in [WEIGHTS, PREPARATION, SIGNATURE, RECIPE].into_iter().chain(steps) {
        files.push((name, aloft_base::fs::read(&model_folder.join(name))?));
    }
    for (name, content) in &files {
        aloft_base::fs::write_atomic(&part.0.join(name), content)?;
    }
    manifest::write(&part.0, &files)?;
    settle(&part, destination)
}

/// What a package says about itself, as it was given to [`package`].
///
/// # Errors
/// When it is not there or cannot be read.
pub fn package_facts(folder: &Path) -> Result<PackageFacts> {
    let text = aloft_base::fs::read_text(&folder.join(FACTS))?;
    serde_json::from_str(&text).map_err(|error| TrainError::package(folder, format!("{FACTS}: {error}")))
}

/// Checks a finished part in every way, and moves it to its place.
fn settle(part: &Part, destination: &Path) -> Result<PackageSummary> {
    let summary = summary(&part.0)?;
    refuse_existing(destination)?;
    std::fs::rename(&part.0, destination).map_err(aloft_base::Error::io("write", destination))?;
    if cfg!(unix) {
        let parent = parent(destination);
        let synced = File::open(parent).and_then(|folder| folder.sync_all());
        synced.map_err(aloft_base::Error::io("write", parent))?;
    }
    Ok(summary)
}

/// What a folder holds, once all of it was checked: its hashes, that it loads, and that it
/// answers its example as expected.
fn summary(folder: &Path) -> Result<PackageSummary> {
    let digest = verify(folder)?;
    let predictor = Predictor::of(crate::folder::Saved::read(folder)?);
    let example = example(folder)?;
    check_example(&predictor, &example).map_err(|what| TrainError::package(folder, what))?;
    Ok(PackageSummary {
        digest,
        bytes: manifest::bytes(folder)?,
        signature: predictor.signature().clone(),
        example,
    })
}

/// A folder that is removed again unless it was moved to its place.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It is moved away when all went well; else what is left of it is no news.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// An empty folder beside the destination.
fn fresh_part(destination: &Path) -> Result<Part> {
    let mut name = destination.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = Part(parent(destination).join(name));
    match std::fs::remove_dir_all(&part.0) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(aloft_base::Error::io("replace", &part.0)(error).into());
        }
        _ => aloft_base::fs::create_folder(&part.0)?,
    }
    Ok(part)
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

fn refuse_existing(destination: &Path) -> Result<()> {
    if destination.exists() {
        return Err(TrainError::PackageExists {
            path: destination.to_owned(),
        });
    }
    Ok(())
}

/// The program that predicts with numpy alone.
fn script(predictor: &Predictor) -> String {
    let activation = match &predictor.recipe().model {
        ModelSpec::Mlp {
            activation: Activation::Gelu,
            ..
        } => "gelu",
        ModelSpec::Mlp {
            activation: Activation::Tanh,
            ..
        } => "tanh",
        _ => "relu",
    };
    include_str!("predict.py").replace("@ACTIVATION@", activation)
}

fn to_json(what: &'static str, value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(value).map_err(|source| TrainError::Json { what, source })
}
