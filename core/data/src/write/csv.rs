//! Rows as bytes of CSV (RFC 4180, commas, lines that end with a line feed).

use std::io::Write;

use memchr::{memchr, memchr3};

use super::OutputValues;
use crate::schema::Schema;

/// Adds a value, in quotes where it needs them.
pub(super) fn push_field(bytes: &mut Vec<u8>, field: &[u8]) {
    if memchr3(b',', b'"', b'\n', field).is_none() && memchr(b'\r', field).is_none() {
        bytes.extend_from_slice(field);
        return;
    }
    bytes.push(b'"');
    for byte in field {
        if *byte == b'"' {
            bytes.push(b'"');
        }
        bytes.push(*byte);
    }
    bytes.push(b'"');
}

/// Adds the names of the input's columns, then ours; of two equal ones ours is changed.
pub(super) fn push_header(bytes: &mut Vec<u8>, schema: &Schema, ours: &[String]) {
    let mut names: Vec<String> = schema.iter().map(|column| column.name.clone()).collect();
    for ours in ours {
        let mut name = ours.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{ours}_{number}");
            number += 1;
        }
        names.push(name);
    }
    for (position, name) in names.iter().enumerate() {
        if position > 0 {
            bytes.push(b',');
        }
        push_field(bytes, name.as_bytes());
    }
    bytes.push(b'\n');
}

/// Our columns of some rows, ready to be written.
pub(super) struct Columns(Vec<Column>);

enum Column {
    Text(Vec<String>),
    /// The names as they are written.
    Classes {
        names: Vec<Vec<u8>>,
        positions: Vec<u32>,
    },
    Numbers(Vec<f32>),
}

impl Columns {
    pub(super) fn new(values: Vec<OutputValues>) -> Self {
        let column = |values| match values {
            OutputValues::Text(texts) => Column::Text(texts),
            OutputValues::Numbers(numbers) => Column::Numbers(numbers),
            OutputValues::Classes { names, positions } => {
                let quoted = |name: String| {
                    let mut bytes = vec![];
                    push_field(&mut bytes, name.as_bytes());
                    bytes
                };
                Column::Classes {
                    names: names.into_iter().map(quoted).collect(),
                    positions,
                }
            }
        };
        Self(values.into_iter().map(column).collect())
    }

    /// Adds our values of a row, each after a comma, and ends its line.
    pub(super) fn push_row(&self, row: usize, bytes: &mut Vec<u8>) {
        for column in &self.0 {
            bytes.push(b',');
            match column {
                Column::Text(texts) => push_field(bytes, texts[row].as_bytes()),
                Column::Classes { names, positions } => {
                    if let Some(name) = names.get(positions[row] as usize) {
                        bytes.extend_from_slice(name);
                    }
                }
                Column::Numbers(numbers) => push_number(bytes, numbers[row]),
            }
        }
        bytes.push(b'\n');
    }
}

/// Adds the shortest text that reads back as the same number, as every other door writes it.
fn push_number(bytes: &mut Vec<u8>, value: f32) {
    if write!(bytes, "{value}").is_err() {
        debug_assert!(false, "memory takes every byte");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_must_be() {
        let written = |field: &str| {
            let mut bytes = vec![];
            push_field(&mut bytes, field.as_bytes());
            String::from_utf8(bytes).unwrap()
        };
        for field in ["", "plain", " with space ", "a;b", "ä"] {
            assert_eq!(written(field), field);
        }
        for (field, expected) in [
            ("a,b", "\"a,b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("\r", "\"\r\""),
        ] {
            assert_eq!(written(field), expected);
        }
    }
}
