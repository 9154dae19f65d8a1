//! `aloft predict RUN FILE`

use std::path::{Path, PathBuf};

use aloft_data::{Flow, OutputColumn, OutputValues};
use aloft_train::{PredictSummary, Predictions, Predictor, predict_file};
use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::context::{Context, detect};
use crate::text::{bullets, count};

pub(super) fn perform(context: &mut Context<'_>, wanted: &str, file: &Path, out: Option<&Path>) -> Result<u8> {
    let run = context.run(wanted)?;
    let source = detect(file)?;
    let cache = context.workspace.dataset_cache(&source.key()?);
    let model = context.workspace.run_folder(&run.id).join("model");
    if out.is_none() && context.output.is_json() {
        let predictions = aloft_train::predict(&model, &source, &cache)?;
        let object = json!({
            "run": run.id,
            "target": predictions.target,
            "task": predictions.task,
            "rows": predictions.rows,
            "columns": predictions.columns.iter().map(|column| &column.name).collect::<Vec<_>>(),
            "out": null,
            "warnings": predictions.warnings,
            "predictions": rows(&predictions),
        });
        context.output.answer(&object, String::new)?;
        return Ok(0);
    }
    let predictor = Predictor::load(&model)?;
    let write = |out: &Path| predict_file(&predictor, &source, &cache, out, &mut |_| Flow::Continue);
    let Some(out) = out else {
        let written = Temporary(cache.join(format!("predictions.{}.csv", std::process::id())));
        let summary = write(&written.0)?;
        for warning in summary.warnings.iter().chain(&summary.skipped) {
            context.output.note(warning);
        }
        context.output.answer_file(&written.0)?;
        return Ok(0);
    };
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let summary = write(&out)?;
    let object = json!({
        "run": run.id,
        "target": summary.target,
        "task": summary.task,
        "rows": summary.rows,
        "columns": summary.columns,
        "out": out,
        "warnings": summary.warnings,
        "skipped": summary.skipped,
    });
    context.output.answer(&object, || told(&summary, &out))?;
    Ok(0)
}

/// A file that is removed when it is no longer needed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It lies in the cache, where nothing is missed or in the way.
        drop(std::fs::remove_file(&self.0));
    }
}

fn told(summary: &PredictSummary, out: &Path) -> String {
    let rows = count(summary.rows);
    let warnings = bullets(&[summary.warnings.as_slice(), &summary.skipped].concat());
    format!(
        "Predicted '{}' for {rows} rows: {}\n{warnings}",
        summary.target,
        out.display()
    )
}

/// One object for each row.
fn rows(predictions: &Predictions) -> Value {
    let row = |row: usize| {
        let cells = predictions
            .columns
            .iter()
            .map(|column| (column.name.clone(), value(column, row)));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    (0..predictions.rows as usize).map(row).collect()
}

fn value(column: &OutputColumn, row: usize) -> Value {
    match &column.values {
        OutputValues::Text(texts) => json!(texts.get(row)),
        OutputValues::Classes { names, positions } => {
            json!(positions.get(row).and_then(|position| names.get(*position as usize)))
        }
        // Through its own text, so that 0.1 does not become 0.10000000149011612.
        OutputValues::Numbers(numbers) => {
            let number = numbers
                .get(row)
                .and_then(|number| number.to_string().parse::<f64>().ok());
            json!(number)
        }
    }
}
