//! `aloft profile FILE`

use std::path::Path;

use aloft_base::job::{self, Kind};
use aloft_data::{ColumnProfile, Profile};
use anyhow::Result;

use crate::context::Context;
use crate::table::{Align, Table};
use crate::text::{bullets, count, number};
use crate::work;

pub(super) fn perform(context: &mut Context<'_>, file: &Path, connection: Option<&str>) -> Result<u8> {
    let (_, dataset) = context.open_file(file, connection)?;
    let profile = of_dataset(context, &dataset.id)?;
    context
        .output
        .answer(&serde_json::to_value(&profile)?, || in_words(&profile))?;
    Ok(0)
}

/// Profiles a dataset as a job of this process.
pub(super) fn of_dataset(context: &mut Context<'_>, dataset: &str) -> Result<Profile> {
    let job = job::create(&context.workspace, Kind::Profile, dataset, &serde_json::Value::Null)?;
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
    let gap = if profile.warnings.is_empty() { "" } else { "\n" };
    format!(
        "{rows} rows, {columns} columns\n\n{table}{gap}{}",
        bullets(&profile.warnings)
    )
}

fn row(column: &ColumnProfile) -> [String; 8] {
    let scalar = |value: &Option<aloft_data::Scalar>| value.as_ref().map_or_else(String::new, ToString::to_string);
    let top = column.top.first().filter(|top| top.count > 1 || column.distinct == 1);
    [
        column.name.clone(),
        column.kind.label().to_owned(),
        count(column.nulls),
        count(column.distinct),
        scalar(&column.min),
        column.mean.map_or_else(String::new, number),
        scalar(&column.max),
        top.map_or_else(String::new, |top| format!("{} ({})", top.value, count(top.count))),
    ]
}
