//! `aloft models compare`: two versions on the same rows.

use std::path::Path;

use aloft_base::registry::Version;
use aloft_train::{CompareRows, Comparison, Predictor, Recipe};
use anyhow::Result;
use serde_json::json;

use super::{object, version};
use crate::context::{Context, detect};
use crate::table::{Align, Table};
use crate::text::{count, number};

pub(super) fn perform(context: &mut Context<'_>, first: &str, second: &str, file: Option<&Path>) -> Result<()> {
    let (a, b) = (version(context, first)?, version(context, second)?);
    let (first, second) = (load(context, &a)?, load(context, &b)?);
    let comparison = if let Some(file) = file {
        let source = detect(file)?;
        let cache = context.workspace.dataset_cache(&source.key()?);
        aloft_train::compare(&first, &second, CompareRows::File(&source), &cache)?
    } else {
        let text = aloft_base::fs::read_text(&context.workspace.version_folder(&b.id).join("recipe.toml"))?;
        let recipe = Recipe::parse(&text)?;
        let cache = context.workspace.dataset_cache(&recipe.data.source()?.key()?);
        aloft_train::compare(&first, &second, CompareRows::TestPart(&recipe), &cache)?
    };
    let answer = json!({
        "a": object(context, &a),
        "b": object(context, &b),
        "comparison": comparison,
    });
    context.output.answer(&answer, || in_words(&a, &b, &comparison))
}

fn load(context: &Context<'_>, version: &Version) -> Result<Predictor> {
    Ok(Predictor::load(&context.workspace.version_folder(&version.id))?)
}

fn in_words(a: &Version, b: &Version, comparison: &Comparison) -> String {
    let name = |version: &Version| format!("{}:{}", version.model, version.number);
    let (first, second) = (name(a), name(b));
    let mut table = Table::new(&[("Metric", Align::Left), (&first, Align::Right), (&second, Align::Right)]);
    for (metric, value) in &comparison.a {
        let other = comparison
            .b
            .get(metric)
            .map_or_else(String::new, |value| number(*value));
        table.row([metric.clone(), number(*value), other]);
    }
    format!(
        "On {} rows they agree in {:.1} %\n\n{table}\n{}\n",
        count(comparison.rows),
        comparison.agreement * 100.0,
        comparison.sentence
    )
}
