//! `aloft profile FILE`

mod html;
mod svg;

use std::path::Path;

use aloft_base::job::{self, Kind};
use aloft_data::{ColumnProfile, Finding, Profile, Relation, Relations, Severity, Test};
use anyhow::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::table::{Align, Table};
use crate::text::{bullets, count, number};
use crate::work;

/// What is wanted besides the figures.
pub(super) struct Wanted<'a> {
    /// The column that is to be predicted.
    pub(super) target: Option<&'a str>,
    /// Where the report goes.
    pub(super) html: Option<&'a Path>,
}

pub(super) fn perform(
    context: &mut Context<'_>,
    file: &Path,
    connection: Option<&str>,
    wanted: &Wanted<'_>,
) -> Result<u8> {
    let (_, dataset) = context.open_file(file, connection)?;
    let profile = of_dataset(context, &dataset.id, wanted.target)?;
    if let Some(path) = wanted.html {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let page = html::page(&name, &profile);
        aloft_base::fs::write_atomic(path, page.as_bytes())?;
        context.output.note(&format!("The report is in {}", path.display()));
    }
    context
        .output
        .answer(&serde_json::to_value(&profile)?, || in_words(&profile))?;
    Ok(0)
}

/// Profiles a dataset as a job of this process.
pub(super) fn of_dataset(context: &mut Context<'_>, dataset: &str, target: Option<&str>) -> Result<Profile> {
    let spec = target.map_or(Value::Null, |target| json!({ "target": target }));
    let job = job::create(&context.workspace, Kind::Profile, dataset, &spec)?;
    work::profile(context, &job)
}

fn in_words(profile: &Profile) -> String {
    let mut table = Table::new(&[
        ("Column", Align::Left),
        ("Type", Align::Left),
        ("Missing", Align::Right),
        ("Distinct", Align::Right),
        ("Min", Align::Right),
        ("Mean", Align::Right),
        ("Max", Align::Right),
        ("Most frequent", Align::Left),
    ]);
    for column in &profile.columns {
        table.row(row(column));
    }
    let (rows, columns) = (count(profile.rows), count(profile.columns.len() as u64));
    let mut parts = vec![format!("{rows} rows, {columns} columns\n\n{table}")];
    if !profile.warnings.is_empty() {
        parts.push(bullets(&profile.warnings));
    }
    if !profile.findings.is_empty() {
        let findings: Vec<String> = profile.findings.iter().map(finding).collect();
        parts.push(format!("Findings\n{}", bullets(&findings)));
    }
    if let Some(relations) = &profile.relations {
        parts.push(related(relations));
    }
    if profile.columns.iter().any(|column| column.approximate.is_some()) {
        parts.push("≈ is approximate: there are too many different values to keep.\n".to_owned());
    }
    parts.join("\n")
}

/// What the columns have to do with the target, the strongest first.
fn related(relations: &Relations) -> String {
    let mut table = Table::new(&[
        ("Column", Align::Left),
        ("Test", Align::Left),
        ("Effect", Align::Left),
        ("p", Align::Right),
        ("Told", Align::Right),
        ("Strength", Align::Left),
    ]);
    let mut sorted: Vec<&Relation> = relations.columns.iter().collect();
    sorted.sort_by(|a, b| b.told.total_cmp(&a.told));
    for relation in sorted {
        let effect = match &relation.test {
            Test::Correlation(test) => format!("r = {:.3}, ρ = {:.3}", test.pearson, test.spearman),
            Test::Anova(test) => format!("η² = {:.3}", test.eta_squared),
            Test::ChiSquared(test) => format!("V = {:.3}", test.cramers_v),
        };
        table.row([
            relation.column.clone(),
            relation.test.label().to_owned(),
            effect,
            number(relation.test.p()),
            format!("{:.1} %", relation.told * 100.0),
            relation.strength.label().to_owned(),
        ]);
    }
    let kind = if relations.target_is_class {
        "classes"
    } else {
        "numbers"
    };
    let rows = count(relations.rows);
    format!(
        "Relation to {} (taken for {kind}, in {rows} rows)\n\n{table}",
        relations.target
    )
}

fn finding(finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Note => "Note",
        Severity::Warning => "Warning",
        Severity::Problem => "Problem",
    };
    format!("{word}: {} {}", finding.message, finding.advice)
}

/// How many different values a column has, with a sign when that is approximate.
fn distinct(column: &ColumnProfile) -> String {
    let sign = if column.approximate.is_some_and(|approximate| approximate.distinct) {
        "≈ "
    } else {
        ""
    };
    format!("{sign}{}", count(column.distinct))
}

fn row(column: &ColumnProfile) -> [String; 8] {
    let scalar = |value: &Option<aloft_data::Scalar>| value.as_ref().map_or_else(String::new, ToString::to_string);
    let top = column.top.first().filter(|top| top.count > 1 || column.distinct == 1);
    let sign = if column.approximate.is_some_and(|approximate| approximate.top) {
        "≈ "
    } else {
        ""
    };
    [
        column.name.clone(),
        column.kind.label().to_owned(),
        count(column.nulls),
        distinct(column),
        scalar(&column.min),
        column.mean.map_or_else(String::new, number),
        scalar(&column.max),
        top.map_or_else(String::new, |top| format!("{} ({sign}{})", top.value, count(top.count))),
    ]
}
