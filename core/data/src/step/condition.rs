//! Conditions on a row: what a filter keeps. Each is one SQL expression, which is what a
//! person sees and what polars gets, so the two cannot differ.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::profile::{Histogram, SHAPE_CHARS};
use crate::query::quoted;
use crate::schema::{Column, ColumnType};
use crate::temporal;

/// What must hold for a row to be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "condition", rename_all = "snake_case")]
pub enum Condition {
    /// The value is one of these, given as texts.
    Is {
        column: String,
        values: Vec<Literal>,
    },
    /// The value is none of these; a missing one is kept.
    IsNot {
        column: String,
        values: Vec<Literal>,
    },
    /// Within two bounds, of which each may be absent.
    Between {
        column: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        low: Option<Bound>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        high: Option<Bound>,
    },
    /// The text holds this one, whatever its case.
    Contains {
        column: String,
        text: String,
    },
    Missing {
        column: String,
    },
    NotMissing {
        column: String,
    },
    /// An expression in SQL.
    Sql {
        expression: String,
    },
}

/// A value as it is written in a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Literal {
    fn sql(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => crate::number::to_text(*value),
            Self::Text(text) => text_in_sql(text),
        }
    }
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    pub value: Literal,
    /// Whether the value itself is within.
    pub inclusive: bool,
    /// `date` or `datetime` when the value is a text of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cast: Option<String>,
}

impl Condition {
    /// The condition as an expression in SQL.
    #[must_use]
    pub fn sql(&self) -> String {
        match self {
            Self::Is { column, values } => match values.as_slice() {
                [one] => format!("{} = {}", quoted(column), one.sql()),
                _ => format!("{} IN ({})", quoted(column), list(values)),
            },
            Self::IsNot { column, values } => {
                let name = quoted(column);
                format!("({name} IS NULL OR {name} NOT IN ({}))", list(values))
            }
            Self::Between { column, low, high } => {
                let name = quoted(column);
                let side = |bound: &Bound, sign: &str| {
                    let equal = if bound.inclusive { "=" } else { "" };
                    let value = bound.value.sql();
                    let value = match &bound.cast {
                        Some(kind) => format!("CAST({value} AS {})", if kind == "date" { "DATE" } else { "TIMESTAMP" }),
                        None => value,
                    };
                    format!("{name} {sign}{equal} {value}")
                };
                let sides = [
                    low.as_ref().map(|bound| side(bound, ">")),
                    high.as_ref().map(|bound| side(bound, "<")),
                ];
                let sides: Vec<String> = sides.into_iter().flatten().collect();
                if sides.is_empty() {
                    format!("{name} IS NOT NULL")
                } else {
                    sides.join(" AND ")
                }
            }
            Self::Contains { column, text } => {
                format!(
                    "STRPOS(LOWER(CAST({} AS VARCHAR)), {}) > 0",
                    quoted(column),
                    text_in_sql(&text.to_lowercase())
                )
            }
            Self::Missing { column } => format!("{} IS NULL", quoted(column)),
            Self::NotMissing { column } => format!("{} IS NOT NULL", quoted(column)),
            Self::Sql { expression } => expression.clone(),
        }
    }

    /// The column it is about, if it is about one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Is { column, .. }
            | Self::IsNot { column, .. }
            | Self::Between { column, .. }
            | Self::Contains { column, .. }
            | Self::Missing { column }
            | Self::NotMissing { column } => Some(column),
            Self::Sql { .. } => None,
        }
    }
}

impl Condition {
    /// Values that fall into some bins of a column's histogram, or `None` for types whose
    /// bins cannot be said in SQL.
    #[must_use]
    pub fn of_bins(column: &Column, histogram: &Histogram, bins: RangeInclusive<usize>) -> Option<Self> {
        let (first, last) = (*bins.start(), *bins.end());
        let (low, high) = (*histogram.edges.get(first)?, *histogram.edges.get(last + 1)?);
        let bound = |edge: f64, inclusive: bool| {
            let (value, cast) = match column.kind {
                ColumnType::Integer | ColumnType::Float => (Literal::Float(edge), None),
                ColumnType::Date => {
                    // A day belongs to the bin that its first second is in.
                    let day = (edge / 86_400.0).ceil() as i64;
                    (Literal::Text(temporal::date_text(day)), Some("date"))
                }
                ColumnType::Datetime => {
                    let micros = (edge * 1e6).round() as i64;
                    (
                        Literal::Text(temporal::datetime_text(micros, 1_000_000)),
                        Some("datetime"),
                    )
                }
                _ => return None,
            };
            Some(Bound {
                value,
                inclusive,
                cast: cast.map(str::to_owned),
            })
        };
        let is_last = last + 2 == histogram.edges.len();
        Some(Self::Between {
            column: column.name.clone(),
            low: Some(bound(low, true)?),
            high: Some(bound(
                high,
                is_last || (column.kind == ColumnType::Date && high % 86_400.0 != 0.0),
            )?),
        })
    }

    /// Rows where a column holds this value, as a profile or the grid writes it.
    #[must_use]
    pub fn of_value(column: &Column, text: &str) -> Self {
        let name = &column.name;
        let literal = match column.kind {
            ColumnType::Integer => text.parse().ok().map(Literal::Integer),
            ColumnType::Float => text.parse().ok().map(Literal::Float),
            ColumnType::Boolean => text.parse().ok().map(Literal::Boolean),
            ColumnType::String => Some(Literal::Text(text.to_owned())),
            _ => None,
        };
        literal.map_or_else(
            || Self::Sql {
                expression: format!("CAST({} AS VARCHAR) = {}", quoted(name), text_in_sql(text)),
            },
            |literal| Self::Is {
                column: name.clone(),
                values: vec![literal],
            },
        )
    }
}

impl Condition {
    /// Texts of a shape that a profile tells.
    #[must_use]
    pub fn of_shape(column: &str, shape: &str) -> Self {
        let name = quoted(column);
        if shape.is_empty() {
            return Self::Is {
                column: column.to_owned(),
                values: vec![Literal::Text(String::new())],
            };
        }
        let (whole, end) = match shape.strip_suffix('…') {
            // What is told of a long shape is its beginning.
            Some(start) if start.chars().count() == SHAPE_CHARS => (start, ""),
            _ => (shape, "$"),
        };
        let mut pattern = String::from("^");
        for class in whole.chars() {
            match class {
                'A' => pattern.push_str(r"[\p{Uppercase}--\p{N}]+"),
                'a' => pattern.push_str(r"[\p{Alphabetic}--[\p{Uppercase}\p{N}]]+"),
                '9' => pattern.push_str(r"\p{N}+"),
                ' ' => pattern.push_str(r"\s+"),
                // By its number, since any sign may mean something in a pattern.
                other => pattern.extend([r"\x{", &format!("{:X}", u32::from(other)), "}+"]),
            }
        }
        Self::Sql {
            expression: format!("REGEXP_LIKE({name}, {})", text_in_sql(&format!("{pattern}{end}"))),
        }
    }

    /// Numbers below the first of two limits or above the second.
    #[must_use]
    pub fn outside(column: &str, limits: [f64; 2]) -> Self {
        let name = quoted(column);
        let [low, high] = limits.map(crate::number::to_text);
        Self::Sql {
            expression: format!("{name} < {low} OR {name} > {high}"),
        }
    }

    /// Days or times from one on to before another, or to the last.
    #[must_use]
    pub fn since(column: &Column, from: &str, before: Option<&str>) -> Self {
        let cast = if column.kind == ColumnType::Date {
            "date"
        } else {
            "datetime"
        };
        let bound = |text: &str, inclusive| Bound {
            value: Literal::Text(text.to_owned()),
            inclusive,
            cast: Some(cast.to_owned()),
        };
        Self::Between {
            column: column.name.clone(),
            low: Some(bound(from, true)),
            high: before.map(|before| bound(before, false)),
        }
    }
}

/// A condition that is written as SQL.
#[must_use]
pub fn condition_of_sql(expression: &str) -> Condition {
    Condition::Sql {
        expression: expression.trim().to_owned(),
    }
}

fn list(values: &[Literal]) -> String {
    values.iter().map(Literal::sql).collect::<Vec<_>>().join(", ")
}

fn text_in_sql(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_values_of_a_profile_become_conditions() {
        let column = |kind| Column { name: "x".into(), kind };
        let histogram = Histogram {
            edges: vec![0.0, 86_400.0, 172_800.0, 259_200.0],
            counts: vec![1, 2, 3],
        };
        let sql = |kind, bins| Condition::of_bins(&column(kind), &histogram, bins).map(|condition| condition.sql());
        assert_eq!(sql(ColumnType::Integer, 0..=1).unwrap(), "x >= 0 AND x < 172800");
        assert_eq!(sql(ColumnType::Float, 2..=2).unwrap(), "x >= 172800 AND x <= 259200");
        assert_eq!(
            sql(ColumnType::Date, 1..=1).unwrap(),
            "x >= CAST('1970-01-02' AS DATE) AND x < CAST('1970-01-03' AS DATE)"
        );
        assert!(sql(ColumnType::Datetime, 1..=1).unwrap().contains("AS TIMESTAMP"));
        assert_eq!(sql(ColumnType::Time, 1..=1), None);
        let value = |kind, text| Condition::of_value(&column(kind), text).sql();
        assert_eq!(value(ColumnType::Integer, "12"), "x = 12");
        assert_eq!(value(ColumnType::String, "12"), "x = '12'");
        assert_eq!(
            value(ColumnType::Date, "2020-01-02"),
            "CAST(x AS VARCHAR) = '2020-01-02'"
        );
    }

    #[test]
    fn a_shape_is_a_pattern_that_takes_each_sign_as_it_is() {
        assert_eq!(
            Condition::of_shape("c", "A-9").sql(),
            r"REGEXP_LIKE(c, '^[\p{Uppercase}--\p{N}]+\x{2D}+\p{N}+$')"
        );
        assert_eq!(Condition::of_shape("c", "").sql(), "c = ''");
        let long = format!("{}…", "a9".repeat(20));
        assert!(!Condition::of_shape("c", &long).sql().contains('$'));
        assert_eq!(Condition::outside("c", [-1.5, 3.0]).sql(), "c < -1.5 OR c > 3");
    }

    #[test]
    fn conditions_read_as_sql_whatever_the_names_and_values() {
        let is = Condition::Is {
            column: "City name".into(),
            values: vec![Literal::Text("L'Aquila".into())],
        };
        assert_eq!(is.sql(), "\"City name\" = 'L''Aquila'");
        let between = Condition::Between {
            column: "age".into(),
            low: Some(Bound {
                value: Literal::Integer(18),
                inclusive: true,
                cast: None,
            }),
            high: Some(Bound {
                value: Literal::Float(65.5),
                inclusive: false,
                cast: None,
            }),
        };
        assert_eq!(between.sql(), "age >= 18 AND age < 65.5");
        let not = Condition::IsNot {
            column: "age".into(),
            values: vec![Literal::Integer(1), Literal::Integer(2)],
        };
        assert_eq!(not.sql(), "(age IS NULL OR age NOT IN (1, 2))");
        assert_eq!(Condition::Missing { column: "A\"b".into() }.sql(), "\"A\"\"b\" IS NULL");
    }
}
