//! What a step does, as a person reads it in the list of steps.

use super::{Binning, Filling, Function, JoinHow, Keep, Limits, SampleSize, Step};
use crate::number::to_text;

impl Step {
    /// The step in a few words: `Keep rows where age >= 18`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Filter(condition) => format!("Keep rows where {}", condition.sql()),
            Self::Select { columns } => format!("Keep {}", some(columns)),
            Self::Drop { columns } => format!("Drop {}", some(columns)),
            Self::Rename { from, to } => format!("Rename {from} to {to}"),
            Self::Cast { column, to } => format!("Make {column} {to}"),
            Self::Fill { column, with } => {
                let with = match with {
                    Filling::Value(text) => format!("‘{text}’"),
                    Filling::Mean => "its mean".to_owned(),
                    Filling::Median => "its median".to_owned(),
                    Filling::MostFrequent => "its most frequent value".to_owned(),
                    Filling::Previous => "the value before".to_owned(),
                    Filling::Next => "the next value".to_owned(),
                };
                format!("Fill missing {column} with {with}")
            }
            Self::DropMissing { columns } if columns.is_empty() => "Drop rows with anything missing".to_owned(),
            Self::DropMissing { columns } => format!("Drop rows where {} is missing", some(columns)),
            Self::Deduplicate { columns, keep } => {
                let which = if columns.is_empty() {
                    "whole rows".to_owned()
                } else {
                    some(columns)
                };
                let keep = match keep {
                    Keep::First => "keep the first",
                    Keep::Last => "keep the last",
                    Keep::None => "keep none",
                };
                format!("Remove duplicates of {which}, {keep}")
            }
            Self::Derive { name, expression } => format!("{name} = {expression}"),
            Self::ParseDates { column, format, time } => {
                let what = if *time { "times" } else { "dates" };
                match format {
                    Some(format) => format!("Read {column} as {what} ({format})"),
                    None => format!("Read {column} as {what}"),
                }
            }
            Self::SplitText {
                column,
                separator,
                into,
            } => format!("Split {column} at ‘{separator}’ into {}", some(into)),
            Self::Unfold { column, fields } if fields.is_empty() => format!("Unfold {column} into columns"),
            Self::Unfold { column, fields } => {
                let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
                format!("Unfold {} of {column} into columns", some(&names))
            }
            Self::Explode { column, .. } => format!("Unfold {column} into rows"),
            Self::Bin { column, into, by } => {
                let by = match by {
                    Binning::Edges(edges) => format!("{} bins", edges.len() + 1),
                    Binning::Width(bins) => format!("{bins} bins of equal width"),
                    Binning::Quantiles(bins) => format!("{bins} bins of equal size"),
                };
                format!("{into} = {column} in {by}")
            }
            Self::Clip { column, to } => match to {
                Limits::Values { low, high } => format!("Clip {column} to {} … {}", to_text(*low), to_text(*high)),
                Limits::Quantiles { low, high } => {
                    format!("Clip {column} to its quantiles {} … {}", to_text(*low), to_text(*high))
                }
            },
            Self::Join { table, on, how } => {
                let keys: Vec<String> = on.iter().map(|key| key.left.clone()).collect();
                let how = match how {
                    JoinHow::Left => "Join",
                    JoinHow::Inner => "Keep rows that match and join",
                    JoinHow::Full => "Join all rows of",
                    JoinHow::Semi => "Keep rows that are in",
                    JoinHow::Anti => "Drop rows that are in",
                };
                let name = table.file_name().unwrap_or(table.as_os_str()).to_string_lossy();
                format!("{how} {name} on {}", some(&keys))
            }
            Self::Group { by, aggregates } => {
                let names: Vec<String> = aggregates.iter().map(|wanted| wanted.name.clone()).collect();
                format!("{} for each {}", some(&names), some(by))
            }
            Self::Pivot {
                on, values, function, ..
            } => format!("{} of {values} for each {on}", function.words()),
            Self::Unpivot { columns, .. } => format!("Turn {} into rows", some(columns)),
            Self::Sort { by } => {
                let keys: Vec<String> = by
                    .iter()
                    .map(|key| {
                        if key.descending {
                            format!("{} ↓", key.column)
                        } else {
                            format!("{} ↑", key.column)
                        }
                    })
                    .collect();
                format!("Sort by {}", some(&keys))
            }
            Self::Sample { rows, .. } => match rows {
                SampleSize::Count(count) => format!("Sample {} rows", aloft_base::text::thousands(*count)),
                SampleSize::Share(share) => format!("Sample {} % of the rows", to_text(share * 100.0)),
            },
            Self::Balance { column, .. } => format!("Balance the classes of {column}"),
        }
    }
}

impl Function {
    /// The function as a person reads it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Min => "smallest",
            Self::Max => "largest",
            Self::Std => "standard deviation",
            Self::Distinct => "number of values",
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

/// Names, the first three of them.
fn some(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}
