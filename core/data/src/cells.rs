//! The text of one value.

use polars::prelude::{AnyValue, Series};

use crate::columnar::per_second;
use crate::number;
use crate::page::Cell;
use crate::temporal;

/// The value of a row as it is shown.
pub(crate) fn cell(series: &Series, row: usize) -> Cell {
    match series.get(row) {
        Err(_) | Ok(AnyValue::Null) => Cell::Null,
        Ok(AnyValue::Float64(value)) if value.is_nan() => Cell::NaN,
        Ok(AnyValue::Float32(value)) if value.is_nan() => Cell::NaN,
        Ok(value) if value.is_primitive_numeric() => Cell::Number(text(&value).into_boxed_str()),
        Ok(value) => Cell::Text(text(&value).into_boxed_str()),
    }
}

/// The bytes of a value, or those of the first field of a struct that holds some.
pub(crate) fn bytes(series: &Series, row: usize) -> Option<Vec<u8>> {
    let of = |value: &AnyValue<'_>| match value {
        AnyValue::Binary(bytes) => Some(bytes.to_vec()),
        AnyValue::BinaryOwned(bytes) => Some(bytes.clone()),
        _ => None,
    };
    let value = series.get(row).ok()?;
    match &value {
        AnyValue::Struct(..) => value._iter_struct_av().find_map(|field| of(&field)),
        AnyValue::StructOwned(parts) => parts.0.iter().find_map(of),
        value => of(value),
    }
}

/// The text of a value, or `None` when it is missing.
pub(crate) fn text_at(series: &Series, row: usize) -> Option<String> {
    match series.get(row) {
        Err(_) | Ok(AnyValue::Null) => None,
        Ok(value) => Some(text(&value)),
    }
}

/// The text of a value; lists and structs as JSON.
pub(crate) fn text(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "null".to_owned(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Boolean(value) => value.to_string(),
        AnyValue::Float64(value) => number::to_text(*value),
        AnyValue::Float32(value) => value.to_string(),
        AnyValue::Date(days) => temporal::date_text(i64::from(*days)),
        AnyValue::Datetime(time, unit, _) | AnyValue::DatetimeOwned(time, unit, _) => {
            temporal::datetime_text(*time, per_second(*unit))
        }
        AnyValue::Time(nanos) => temporal::time_text(*nanos),
        AnyValue::Duration(time, unit) => temporal::duration_text(*time, per_second(*unit)),
        AnyValue::Binary(bytes) => hexadecimal(bytes),
        AnyValue::BinaryOwned(bytes) => hexadecimal(bytes),
        AnyValue::List(items) | AnyValue::Array(items, _) => {
            let items: Vec<String> = items.iter().map(|item| nested(&item)).collect();
            format!("[{}]", items.join(","))
        }
        AnyValue::Struct(..) | AnyValue::StructOwned(_) => structure(value),
        // Whole numbers, decimals and categories.
        other => other.to_string(),
    }
}

fn structure(value: &AnyValue<'_>) -> String {
    let fields = match value {
        AnyValue::Struct(_, _, fields) => *fields,
        AnyValue::StructOwned(parts) => parts.1.as_slice(),
        _ => &[],
    };
    let values: Vec<AnyValue<'_>> = match value {
        AnyValue::Struct(..) => value._iter_struct_av().collect(),
        AnyValue::StructOwned(parts) => parts.0.clone(),
        _ => vec![],
    };
    let fields = fields.iter().zip(&values);
    let fields: Vec<String> = fields
        .map(|(field, value)| format!("{}:{}", quoted(field.name()), nested(value)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A value inside a list or struct: as JSON.
fn nested(value: &AnyValue<'_>) -> String {
    let plain = value.is_primitive_numeric()
        || matches!(
            value,
            AnyValue::Null
                | AnyValue::Boolean(_)
                | AnyValue::List(_)
                | AnyValue::Array(..)
                | AnyValue::Struct(..)
                | AnyValue::StructOwned(_)
        );
    let text = text(value);
    if plain { text } else { quoted(&text) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Bytes as `0x0aff`, at most the first 64.
fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::from("0x");
    for byte in bytes.iter().take(64) {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    if bytes.len() > 64 {
        text.push('…');
    }
    text
}
