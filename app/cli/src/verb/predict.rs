//! `aloft predict MODEL FILE`

use std::path::{Path, PathBuf};

use aloft_base::{job, registry};
use aloft_data::{Flow, OutputColumn, OutputValues};
use aloft_train::{Predictions, Predictor, predict_file};
use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::context::{Context, absolute, detect};
use crate::text::{bullets, count};
use crate::work::{self, Order};

pub(super) fn perform(context: &mut Context<'_>, wanted: &str, file: &Path, out: Option<&Path>) -> Result<u8> {
    let order = order(context, wanted, file, out)?;
    if let Some(out) = out {
        return into_file(context, &order, out);
    }
    let source = detect(file)?;
    let cache = context.workspace.dataset_cache(&source.key()?);
    let folder = order.folder(context)?;
    if context.output.is_json() {
        let predictions = aloft_train::predict(&folder, &source, &cache)?;
        let object = json!({
            "run": order.run,
            "model": order.reference,
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
    let predictor = Predictor::load(&folder)?;
    let written = Temporary(cache.join(format!("predictions.{}.csv", std::process::id())));
    let stop = context.stop.clone();
    let summary = predict_file(&predictor, &source, &cache, &written.0, &mut |_| {
        if stop.is_asked() { Flow::Stop } else { Flow::Continue }
    })?;
    for warning in summary.warnings.iter().chain(&summary.skipped) {
        context.output.note(warning);
    }
    context.output.answer_file(&written.0)?;
    Ok(0)
}

/// What is asked for: a registered model if there is one of this name, else a run.
fn order(context: &Context<'_>, wanted: &str, file: &Path, out: Option<&Path>) -> Result<Order> {
    let mut order = Order {
        reference: None,
        run: None,
        file: absolute(file),
        out: out.map(absolute).unwrap_or_default(),
    };
    let name = wanted.split(['@', ':']).next().unwrap_or(wanted);
    let is_model = registry::models(&context.workspace)?
        .iter()
        .any(|model| model.name == name);
    if is_model || name != wanted {
        let (model, selector) = registry::parse_reference(wanted)?;
        registry::resolve(&context.workspace, &model, &selector)?;
        order.reference = Some(wanted.to_owned());
    } else {
        order.run = Some(context.run(wanted)?.id);
    }
    Ok(order)
}

/// As a job, which others see and can stop, since a file may be large.
fn into_file(context: &mut Context<'_>, order: &Order, out: &Path) -> Result<u8> {
    let subject = order
        .reference
        .as_deref()
        .map_or("", |reference| reference.split(['@', ':']).next().unwrap_or(reference));
    let job = job::create(
        &context.workspace,
        job::Kind::Predict,
        subject,
        &serde_json::to_value(order)?,
    )?;
    let summary = work::predict(context, &job)?;
    let object = json!({
        "run": order.run,
        "model": order.reference,
        "target": summary.target,
        "task": summary.task,
        "rows": summary.rows,
        "columns": summary.columns,
        "out": order.out,
        "warnings": summary.warnings,
        "skipped": summary.skipped,
    });
    context.output.answer(&object, || {
        let (target, rows) = (&summary.target, count(summary.rows));
        let notes = [&summary.warnings[..], &summary.skipped].concat();
        format!(
            "Predicted '{target}' for {rows} rows: {}\n{}",
            out.display(),
            bullets(&notes)
        )
    })?;
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
