//! `aloft runs`, and how a run is told.

use aloft_base::Report;
use aloft_base::metrics::{Point, Reader};
use aloft_base::run::{self, Run};
use aloft_base::time::to_rfc3339;
use aloft_base::{ErrorKind, job};
use aloft_train::Outcome;
use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::RunsVerb;
use crate::context::Context;
use crate::failure::refuse;
use crate::table::{Align, Table, pairs};
use crate::text::{bullets, count, duration, moment, number};

/// Classes beyond which a confusion matrix is not printed.
const CLASSES: usize = 12;

pub(super) fn perform(context: &mut Context<'_>, verb: &RunsVerb) -> Result<u8> {
    match verb {
        RunsVerb::List => list(context),
        RunsVerb::Show { run } => show(context, run),
        RunsVerb::Metrics { run, name: Some(name) } => points(context, run, name),
        RunsVerb::Metrics { run, name: None } => names(context, run),
    }?;
    Ok(0)
}

/// Prints what came of a run: `{"run", "state", "metrics", "recipe"}`, and why it stopped if it did.
pub(super) fn print(context: &mut Context<'_>, id: &str, stopped: Option<&Report>) -> Result<()> {
    let run = run::get(&context.workspace, id)?;
    let mut object = json!({
        "run": run.id,
        "state": run.state,
        "metrics": metrics(&run),
        "recipe": run.recipe,
    });
    if let Some(report) = stopped {
        object["error"] = serde_json::to_value(report)?;
    }
    let model = context.workspace.run_folder(id).join("model");
    context.output.answer(&object, || {
        let why = stopped.map_or_else(String::new, |report| format!("{report}\n"));
        let result = outcome(&run).map_or_else(String::new, |outcome| {
            format!("\n{}\nModel: {}\n", scores(&outcome), model.display())
        });
        format!("Run {} ({}) is {}\n{why}{result}", run.id, run.name, run.state.as_str())
    })
}

fn list(context: &mut Context<'_>) -> Result<()> {
    let runs = context.runs()?;
    let objects: Vec<Value> = runs.iter().map(summary).collect();
    context.output.answer(&json!({ "runs": objects }), || {
        let mut table = Table::new(&[
            ("Run", Align::Left),
            ("Name", Align::Left),
            ("State", Align::Left),
            ("Started", Align::Left),
            ("Model", Align::Left),
            ("Test", Align::Left),
        ]);
        for run in &runs {
            table.row([
                run.id.clone(),
                run.name.clone(),
                run.state.as_str().to_owned(),
                moment(run.started_ms.unwrap_or(run.created_ms)),
                run.model.clone(),
                headline(run),
            ]);
        }
        if table.is_empty() {
            return "No runs yet. Start one with: aloft train FILE --target COL\n".to_owned();
        }
        table.to_string()
    })
}

/// The score that tells most, on the test part.
fn headline(run: &Run) -> String {
    let Some(outcome) = outcome(run) else {
        return String::new();
    };
    let score = ["accuracy", "r2"]
        .iter()
        .find_map(|name| Some((name, outcome.metrics.test.get(*name)?)));
    score.map_or_else(String::new, |(name, value)| format!("{name} {value:.4}"))
}

fn summary(run: &Run) -> Value {
    json!({
        "run": run.id,
        "name": run.name,
        "state": run.state,
        "started": to_rfc3339(run.started_ms.unwrap_or(run.created_ms)),
        "ended": run.ended_ms.map(to_rfc3339),
        "dataset": run.dataset,
        "target": run.target,
        "task": run.task,
        "model": run.model,
        "metrics": metrics(run),
    })
}

/// The metrics of a run's outcome; null while there is none.
fn metrics(run: &Run) -> Value {
    run.result
        .as_ref()
        .map_or(Value::Null, |result| result["metrics"].clone())
}

fn outcome(run: &Run) -> Option<Outcome> {
    serde_json::from_value(run.result.clone()?).ok()
}

fn show(context: &mut Context<'_>, wanted: &str) -> Result<()> {
    let run = context.run(wanted)?;
    let folder = context.workspace.run_folder(&run.id);
    let mut object = summary(&run);
    object["fingerprint"] = json!(run.fingerprint);
    object["recipe"] = json!(run.recipe);
    object["folder"] = json!(folder);
    object["progress"] = json!(run.progress);
    object["error"] = json!(run.error);
    object["result"] = json!(run.result);
    if run.error.is_none()
        && let Some(object) = object.as_object_mut()
    {
        object.remove("error");
    }
    context.output.answer(&object, || {
        let mut lines = vec![
            ("Run", run.id.clone()),
            ("Name", run.name.clone()),
            ("State", run.state.as_str().to_owned()),
            ("Started", moment(run.started_ms.unwrap_or(run.created_ms))),
            ("Data", run.dataset.clone()),
            ("Target", format!("{} ({})", run.target, run.task)),
            ("Model", run.model.clone()),
            ("Folder", folder.display().to_string()),
        ];
        if let Some(report) = &run.error {
            lines.push(("Error", report.to_string()));
        }
        let result = outcome(&run).map_or_else(String::new, |outcome| {
            format!("\n{}{}", scores(&outcome), confusion(&outcome))
        });
        format!("{}{result}\n{}", pairs(&lines), run.recipe)
    })
}

/// The scores of each part beside the baseline, and what it took.
fn scores(outcome: &Outcome) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("Metric", Align::Left),
        ("Train", right),
        ("Valid", right),
        ("Test", right),
        ("Baseline", right),
    ]);
    let parts = &outcome.metrics;
    let names: std::collections::BTreeSet<&String> = parts.train.keys().chain(parts.test.keys()).collect();
    for name in names {
        let cell = |scores: &aloft_train::Scores| scores.get(name).map_or_else(String::new, |value| score(*value));
        table.row([
            name.clone(),
            cell(&parts.train),
            cell(&parts.valid),
            cell(&parts.test),
            cell(&parts.baseline),
        ]);
    }
    let rows = &outcome.rows;
    table.row([
        "rows".to_owned(),
        count(rows.train),
        count(rows.valid),
        count(rows.test),
        String::new(),
    ]);
    format!(
        "{table}\n{} epochs ({} steps) in {}; {} parameters; the model is that of epoch {}\n{}",
        count(u64::from(outcome.epochs)),
        count(outcome.steps),
        duration(outcome.duration_secs),
        count(outcome.parameters),
        count(u64::from(outcome.best_epoch)),
        bullets(&outcome.warnings),
    )
}

/// A score: most lie between 0 and 1, and are compared by their decimals.
fn score(value: f64) -> String {
    if value.abs() < 10.0 {
        format!("{value:.4}")
    } else {
        number(value)
    }
}

fn confusion(outcome: &Outcome) -> String {
    let Some(confusion) = outcome
        .confusion
        .as_ref()
        .filter(|confusion| confusion.labels.len() <= CLASSES)
    else {
        return String::new();
    };
    let mut header = vec![("Actual \\ predicted", Align::Left)];
    header.extend(confusion.labels.iter().map(|label| (label.as_str(), Align::Right)));
    let mut table = Table::new(&header);
    for (label, counts) in confusion.labels.iter().zip(&confusion.counts) {
        table.row(
            [label.clone()]
                .into_iter()
                .chain(counts.iter().map(|cell| count(*cell))),
        );
    }
    format!("\n{table}")
}

fn points(context: &mut Context<'_>, wanted: &str, name: &str) -> Result<()> {
    let run = context.run(wanted)?;
    let reader = Reader::open(&context.workspace)?;
    let points = reader.points(&run.id, name)?;
    let known = reader.series(&run.id)?;
    if points.is_empty() && !known.iter().any(|series| series == name) {
        let hint = if known.is_empty() {
            "It has no metrics yet.".to_owned()
        } else {
            format!("There are: {}", known.join(", "))
        };
        let message = format!("The run '{}' has no metric '{name}'", run.id);
        return refuse(Report::new(ErrorKind::NotFound, message, hint));
    }
    let list: Vec<Value> = points.iter().map(triple).collect();
    context.output.answer(&json!({ "points": list }), || {
        let mut table = Table::new(&[("Step", Align::Right), ("Time", Align::Left), (name, Align::Right)]);
        for point in &points {
            table.row([
                count(point.step.unsigned_abs()),
                moment(point.time_ms),
                number(point.value),
            ]);
        }
        table.to_string()
    })
}

/// Step, seconds since 1970, and value; JSON has no NaN and no infinity, so those are words.
fn triple(point: &Point) -> Value {
    let value = if point.value.is_finite() {
        json!(point.value)
    } else {
        json!(point.value.to_string())
    };
    json!([point.step, point.time_ms as f64 / 1000.0, value])
}

fn names(context: &mut Context<'_>, wanted: &str) -> Result<()> {
    let run = context.run(wanted)?;
    let names = Reader::open(&context.workspace)?.series(&run.id)?;
    context.output.answer(&json!({ "metrics": names }), || {
        if names.is_empty() {
            let state = run
                .job
                .as_deref()
                .and_then(|id| job::get(&context.workspace, id).ok())
                .map(|job| job.state);
            let state = state.map_or("not started", job::State::as_str);
            return format!("No metrics: the run is {state}\n");
        }
        names.join("\n")
    })
}
