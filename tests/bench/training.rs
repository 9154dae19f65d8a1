//! What does training cost: the digits through the same network, beside scikit-learn?

use std::path::{Path, PathBuf};
use std::time::Instant;

use aloft_base::Workspace;
use aloft_tests::program;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::figures::{Figures, Peer, Samples, cores};
use crate::{SAMPLES, peer};

/// A network and how it is trained, the same on both sides: Adam, learning rate 0.001, rectifiers, no penalty.
struct Shape {
    name: &'static str,
    hidden: &'static [usize],
    batch: usize,
    epochs: usize,
}

const SHAPES: [Shape; 2] = [
    Shape {
        name: "digits, 100 units, batch 64, 50 epochs",
        hidden: &[100],
        batch: 64,
        epochs: 50,
    },
    Shape {
        name: "digits, 512-256 units, batch 200, 20 epochs",
        hidden: &[512, 256],
        batch: 200,
        epochs: 20,
    },
];

/// Of both; less would mean that one of them did not learn.
const LEAST_ACCURACY: f64 = 0.93;

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (file, features) = write_parts(folder.path())?;
    for shape in &SHAPES {
        let path = folder.path().join("recipe.toml");
        std::fs::write(&path, recipe(&file, &features, shape)?)?;
        let (mut alone, mut whole) = (Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            let workspace = tempfile::tempdir()?;
            let began = Instant::now();
            let answer = program::answer(workspace.path(), &["run", &path.to_string_lossy()])?;
            whole.push(began.elapsed().as_secs_f64());
            let run = answer["run"].as_str().context("the answer names no run")?;
            let result = Workspace::open(workspace.path())?.run_folder(run).join("result.json");
            let result: Value = serde_json::from_slice(&std::fs::read(&result)?)?;
            ensure!(result["epochs"] == shape.epochs, "trained {} epochs", result["epochs"]);
            alone.push(result["duration_secs"].as_f64().context("the result has no duration")?);
            check(answer["metrics"]["test"]["accuracy"].as_f64(), "aloft")?;
        }
        let mut arguments = vec![
            file.to_string_lossy().into_owned(),
            shape.epochs.to_string(),
            shape.batch.to_string(),
        ];
        arguments.extend(shape.hidden.iter().map(ToString::to_string));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let fits = peer::ask("mlp", SAMPLES, &arguments)?;
        check(fits.score, &fits.name)?;
        let mut scripts = Vec::new();
        for _ in 0..SAMPLES {
            scripts.push(peer::ask("mlp", 1, &arguments)?.process_secs);
        }
        let script = Peer::Tool(
            format!("{}, script that reads, fits, scores", fits.name),
            Samples::on_all_cores(scripts),
        );
        let fit = Peer::Tool(format!("{}.fit", fits.name), fits.inside);
        figures.add(
            &format!("train {}: loop", shape.name),
            "s",
            &Samples::on_all_cores(alone),
            &fit,
        )?;
        figures.add(
            &format!("train {}: process", shape.name),
            "s",
            &Samples::on_all_cores(whole),
            &script,
        )?;
    }
    Ok(())
}

fn check(accuracy: Option<f64>, of: &str) -> Result<()> {
    let accuracy = accuracy.with_context(|| format!("{of} tells no accuracy"))?;
    ensure!(accuracy >= LEAST_ACCURACY, "{of} reaches only {accuracy}");
    Ok(())
}

/// The digits with a column that leaves every fifth row for the test. Answers the names of the features, too.
fn write_parts(folder: &Path) -> Result<(PathBuf, Vec<String>)> {
    let text = std::fs::read_to_string(program::sample("digits.csv"))?;
    let mut lines = text.lines();
    let header = lines.next().context("the digits have no header")?;
    let mut parts = format!("{header},part\n");
    for (row, line) in lines.enumerate() {
        parts.push_str(line);
        parts.push_str(if row % 5 == 0 { ",test\n" } else { ",train\n" });
    }
    let path = folder.join("digits.csv");
    std::fs::write(&path, parts)?;
    let features = header
        .split(',')
        .filter(|name| *name != "digit")
        .map(str::to_owned)
        .collect();
    Ok((path, features))
}

fn recipe(file: &Path, features: &[String], shape: &Shape) -> Result<String> {
    let Shape {
        hidden, batch, epochs, ..
    } = shape;
    let (path, features) = (serde_json::to_string(file)?, serde_json::to_string(features)?);
    Ok(format!(
        r#"version = 1
[data]
path = {path}
[target]
column = "digit"
task = "multi_class"
[features]
include = {features}
[split]
method = "column"
column = "part"
[model]
kind = "mlp"
hidden = {hidden:?}
activation = "relu"
dropout = 0.0
[training]
epochs = {epochs}
batch_size = {batch}
learning_rate = 0.001
weight_decay = 0.0
schedule = "constant"
seed = 1
[training.optimizer]
kind = "adamw"
[run]
device = "cpu"
threads = {threads}
"#,
        threads = cores()
    ))
}
