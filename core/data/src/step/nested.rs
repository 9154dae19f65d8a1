//! Objects and lists in the cells of a column: their fields become columns, their elements rows.
//!
//! They are nested values of Parquet and Arrow, or JSON in the text of a cell.

use polars::prelude::{
    Column as PolarsColumn, DataType, ExplodeOptions, Expr, Field, IntoSeries as _, LazyFrame, ListBuilderTrait as _,
    ListStringChunkedBuilder, NULL, PolarsError, PolarsResult, Series, StringChunked, StringChunkedBuilder,
    StructChunked, by_name, col, lit, when,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::columnar;
use crate::schema::ColumnType;
use crate::table;

/// A field of the objects in a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfoldField {
    pub name: String,
    /// What its values become; those that cannot be are missing then.
    pub kind: ColumnType,
}

/// So many cells are looked at to learn which fields there are.
const LEARNED_FROM: u32 = 10_000;
/// More fields than that are data, and no names.
const MOST_FIELDS: usize = 10_000;

/// Finds the fields of the objects in a column, in the order in which they come.
pub(super) fn fields(frame: &LazyFrame, column: &str) -> PolarsResult<Vec<UnfoldField>> {
    if let DataType::Struct(fields) = kind_of(frame, column)? {
        let known = fields.iter().map(|field| UnfoldField {
            name: field.name().to_string(),
            kind: columnar::kind_of(field.dtype()),
        });
        return Ok(known.collect());
    }
    let mut found: Vec<(String, Guess)> = vec![];
    each_value(frame, column, |value| {
        if let Value::Object(object) = value {
            for (name, value) in object {
                let known = found.iter().position(|(known, _)| *known == name);
                let at = match known {
                    Some(at) => at,
                    None if found.len() < MOST_FIELDS => {
                        found.push((name, Guess::default()));
                        found.len() - 1
                    }
                    None => continue,
                };
                found[at].1.add(&value);
            }
        }
    })?;
    if found.is_empty() {
        return refuse(format!("'{column}' holds no objects with fields"));
    }
    let fields = found.into_iter().map(|(name, guess)| UnfoldField {
        name,
        kind: guess.kind(),
    });
    Ok(fields.collect())
}

/// Finds the type of the elements of the lists in a column.
pub(super) fn elements(frame: &LazyFrame, column: &str) -> PolarsResult<ColumnType> {
    if let DataType::List(inner) | DataType::Array(inner, _) = kind_of(frame, column)? {
        return Ok(columnar::kind_of(&inner));
    }
    let mut guess = Guess::default();
    let mut lists = 0_u32;
    each_value(frame, column, |value| {
        if let Value::Array(elements) = value {
            lists += 1;
            for element in &elements {
                guess.add(element);
            }
        }
    })?;
    if lists == 0 {
        return refuse(format!("'{column}' holds no lists"));
    }
    Ok(guess.kind())
}

/// The fields of a column's objects as columns in its place, each named `column.field`.
pub(super) fn unfold(mut frame: LazyFrame, column: &str, fields: &[UnfoldField]) -> PolarsResult<LazyFrame> {
    let kind = kind_of(&frame, column)?;
    let objects = match &kind {
        DataType::Struct(_) => col(column),
        _ => decoded(column, fields),
    };
    let mut columns: Vec<Expr> = vec![];
    for name in frame.collect_schema()?.iter_names() {
        if name != column {
            columns.push(col(name.clone()));
            continue;
        }
        for field in fields {
            let values = objects.clone().struct_().field_by_name(&field.name);
            // What is nested in an object is what it is.
            let values = match (&kind, field.kind) {
                (DataType::Struct(_), _) | (_, ColumnType::String) => values,
                (_, wanted) => of_text(values, wanted),
            };
            columns.push(values.alias(format!("{column}.{}", field.name)));
        }
    }
    Ok(frame.select(columns))
}

/// A row for each element of a column's lists. Where there is none the row stays, and nothing is in it.
pub(super) fn explode(frame: LazyFrame, column: &str, to: ColumnType) -> PolarsResult<LazyFrame> {
    let options = ExplodeOptions {
        empty_as_null: true,
        keep_nulls: true,
    };
    let frame = match kind_of(&frame, column)? {
        DataType::List(_) | DataType::Array(..) => frame,
        _ => {
            let kind = DataType::List(Box::new(DataType::String));
            let lists = col(column).cast(DataType::String).map(
                |cells| lists(&cells),
                move |_, field| Ok(Field::new(field.name().clone(), kind.clone())),
            );
            frame.with_column(lists)
        }
    };
    let is_text = !matches!(kind_of(&frame, column)?, DataType::List(inner) if *inner != DataType::String);
    let frame = frame.explode(by_name([column], true, false), options);
    Ok(match to {
        ColumnType::Integer | ColumnType::Float | ColumnType::Boolean if is_text => {
            frame.with_column(of_text(col(column), to).alias(column))
        }
        _ => frame,
    })
}

/// Texts as values of a type; those that cannot be are missing.
fn of_text(texts: Expr, kind: ColumnType) -> Expr {
    if kind != ColumnType::Boolean {
        return texts.cast(table::data_type(kind));
    }
    let is = |word: &'static str| texts.clone().eq(lit(word));
    when(is("true").or(is("false"))).then(is("true")).otherwise(lit(NULL))
}

fn kind_of(frame: &LazyFrame, column: &str) -> PolarsResult<DataType> {
    frame.clone().collect_schema()?.try_get(column).cloned()
}

fn refuse<T>(what: String) -> PolarsResult<T> {
    Err(PolarsError::ComputeError(what.into()))
}

/// Hands over the JSON in the first cells of a column.
fn each_value(frame: &LazyFrame, column: &str, mut each: impl FnMut(Value)) -> PolarsResult<()> {
    let cells = frame
        .clone()
        .select([col(column).cast(DataType::String)])
        .drop_nulls(None)
        .limit(LEARNED_FROM)
        .collect()?;
    for text in cells.columns()[0].as_materialized_series().str()?.iter().flatten() {
        if let Ok(value) = serde_json::from_str(text) {
            each(value);
        }
    }
    Ok(())
}

/// The objects in the text of a column, with the text of their fields.
fn decoded(column: &str, fields: &[UnfoldField]) -> Expr {
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let inner = names
        .iter()
        .map(|name| Field::new(name.as_str().into(), DataType::String));
    let kind = DataType::Struct(inner.collect());
    col(column).cast(DataType::String).map(
        move |cells| objects(&cells, &names),
        move |_, field| Ok(Field::new(field.name().clone(), kind.clone())),
    )
}

fn objects(cells: &PolarsColumn, names: &[String]) -> PolarsResult<PolarsColumn> {
    let texts = cells.as_materialized_series().str()?;
    let mut columns: Vec<StringChunkedBuilder> = names
        .iter()
        .map(|name| StringChunkedBuilder::new(name.as_str().into(), texts.len()))
        .collect();
    for text in texts.iter() {
        let object = text.and_then(|text| serde_json::from_str::<serde_json::Map<String, Value>>(text).ok());
        for (name, column) in names.iter().zip(&mut columns) {
            column.append_option(object.as_ref().and_then(|object| text_of(object.get(name)?)));
        }
    }
    let columns: Vec<Series> = columns
        .into_iter()
        .map(|column| column.finish().into_series())
        .collect();
    let objects = StructChunked::from_series(cells.name().clone(), cells.len(), columns.iter())?;
    Ok(objects.into_series().into())
}

fn lists(cells: &PolarsColumn) -> PolarsResult<PolarsColumn> {
    let texts = cells.as_materialized_series().str()?;
    let mut lists = ListStringChunkedBuilder::new(cells.name().clone(), texts.len(), texts.len());
    for text in texts.iter() {
        match text.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok()) {
            Some(elements) => {
                let elements: StringChunked = elements.iter().map(text_of).collect();
                lists.append_series(&elements.into_series())?;
            }
            None => lists.append_null(),
        }
    }
    Ok(lists.finish().into_series().into())
}

/// A value as the text of a cell: JSON but for texts themselves.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The type that values suggest.
#[derive(Clone, Copy, Debug, Default)]
struct Guess {
    values: u32,
    integers: u32,
    floats: u32,
    booleans: u32,
}

impl Guess {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => return,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) if number.is_i64() => self.integers += 1,
            Value::Number(_) => self.floats += 1,
            _ => {}
        }
        self.values += 1;
    }

    fn kind(self) -> ColumnType {
        match self {
            Self { values: 0, .. } => ColumnType::String,
            guess if guess.integers == guess.values => ColumnType::Integer,
            guess if guess.integers + guess.floats == guess.values => ColumnType::Float,
            guess if guess.booleans == guess.values => ColumnType::Boolean,
            _ => ColumnType::String,
        }
    }
}
