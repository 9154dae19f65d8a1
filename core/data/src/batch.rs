//! The typed values of a file, some rows of some columns at a time.

use std::path::{Path, PathBuf};

use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, DataType, Float64Type, Int32Type, Int64Type, IntoSeries, PlSmallStr,
    PrimitiveChunkedBuilder, Series, StringChunkedBuilder, TimeUnit,
};

use crate::columnar;
use crate::encoding;
use crate::error::{DataError, Result};
use crate::index::IndexProgress;
use crate::infer::{TextType, boolean};
use crate::number;
use crate::parallel::in_order;
use crate::records::{Block, Blocks};
use crate::schema::{ColumnType, Schema};
use crate::source::{Encoding, Source};
use crate::survey::{Survey, survey};
use crate::temporal;
use crate::text::TextFile;
use crate::values::Value;

/// A file whose rows and types are decided.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) source: Source,
    pub(crate) survey: Survey,
    pub(crate) schema: Schema,
    pub(crate) text: Option<TextFile>,
    pub(crate) cache: PathBuf,
}

/// The values of some columns for some rows that follow each other.
pub(crate) struct Batch {
    pub(crate) columns: Vec<Series>,
    /// How much of the file has been read with it, from 0 to 1.
    pub(crate) fraction: f64,
}

impl Opened {
    /// Opens a file, and surveys it unless that was done before.
    pub(crate) fn new(source: &Source, cache: &Path, on: &mut dyn FnMut(IndexProgress) -> Result<()>) -> Result<Self> {
        Self::of_survey(source, cache, survey(source, cache, on)?)
    }

    /// Opens a file that was surveyed just now.
    pub(crate) fn of_survey(source: &Source, cache: &Path, survey: Survey) -> Result<Self> {
        let text = if source.format.is_text() {
            let mut file = TextFile::open(source, cache)?;
            if !file.is_whole() {
                // The survey was kept, the copy was not.
                TextFile::make_copy(source, cache, &mut |_| Ok(()))?;
                file = TextFile::open(source, cache)?;
            }
            // Of JSON Lines the head shows only some keys.
            file.names = survey.columns.iter().map(|column| column.name.clone()).collect();
            Some(file)
        } else {
            None
        };
        Ok(Self {
            source: source.clone(),
            schema: survey.schema(),
            survey,
            text,
            cache: cache.to_owned(),
        })
    }

    /// The position of a column.
    pub(crate) fn position(&self, name: &str) -> Result<usize> {
        self.schema
            .iter()
            .position(|column| column.name == name)
            .ok_or_else(|| DataError::NoColumn {
                name: name.to_owned(),
                known: self.schema.iter().map(|column| column.name.clone()).collect(),
            })
    }

    /// Reads columns, which are in ascending order, from the first row to the last.
    pub(crate) fn batches(&self, columns: &[usize], each: &mut dyn FnMut(Batch) -> Result<()>) -> Result<()> {
        let types: Vec<TextType> = columns
            .iter()
            .map(|column| self.survey.columns[*column].text_type)
            .collect();
        match &self.text {
            Some(file) => text_batches(file, columns, &types, each),
            None => self.columnar_batches(columns, each),
        }
    }

    /// Whether numbers as written have a decimal comma.
    pub(crate) fn decimal_comma(&self) -> bool {
        self.text.as_ref().is_some_and(|file| file.decimal_comma)
    }

    fn columnar_batches(&self, columns: &[usize], each: &mut dyn FnMut(Batch) -> Result<()>) -> Result<()> {
        let names: Vec<&str> = columns
            .iter()
            .map(|column| self.schema[*column].name.as_str())
            .collect();
        let step = (8_000_000 / columns.len().max(1) as u64).clamp(65_536, 1 << 20);
        let rows = self.survey.rows;
        let mut first = 0;
        while first < rows {
            let end = (first + step).min(rows);
            let columns = columnar::read(&self.source, &names, first..end)?;
            let fraction = end as f64 / rows as f64;
            each(Batch { columns, fraction })?;
            first = end;
        }
        Ok(())
    }
}

fn text_batches(
    file: &TextFile,
    columns: &[usize],
    types: &[TextType],
    each: &mut dyn FnMut(Batch) -> Result<()>,
) -> Result<()> {
    let mut blocks = Blocks::new(file)?;
    let end = file.bytes.max(1) as f64;
    in_order(
        || blocks.next(),
        |block| {
            let series = parse(file, &block, columns, types)?;
            Ok((block.end(), series))
        },
        |(read, columns)| {
            each(Batch {
                columns,
                fraction: (read as f64 / end).min(1.0),
            })
        },
    )?;
    file.verify()
}

/// The values of some columns in a block, each as its type.
pub(crate) fn parse(file: &TextFile, block: &Block, columns: &[usize], types: &[TextType]) -> Result<Vec<Series>> {
    let mut builders: Vec<Builder> = types
        .iter()
        .map(|text_type| Builder::new(*text_type, block.records.len(), file))
        .collect();
    let mut reader = file.records();
    let limit = columns.iter().max().map_or(0, |last| last + 1);
    for record in block.iter() {
        reader.split(record, limit);
        for (column, builder) in columns.iter().zip(&mut builders) {
            builder.push(reader.value(record, *column));
        }
    }
    let finished = columns.iter().zip(builders);
    finished
        .map(|(column, builder)| builder.finish(&file.names[*column]))
        .collect()
}

/// Turns texts into a column of one type.
struct Builder {
    text_type: TextType,
    decimal_comma: bool,
    encoding: Encoding,
    values: Values,
}

enum Values {
    Days(PrimitiveChunkedBuilder<Int32Type>),
    Integers(PrimitiveChunkedBuilder<Int64Type>),
    Floats(PrimitiveChunkedBuilder<Float64Type>),
    Booleans(BooleanChunkedBuilder),
    Texts(StringChunkedBuilder),
}

impl Builder {
    fn new(text_type: TextType, rows: usize, file: &TextFile) -> Self {
        let name = || PlSmallStr::EMPTY;
        let values = match text_type.kind {
            ColumnType::Date => Values::Days(PrimitiveChunkedBuilder::new(name(), rows)),
            ColumnType::Integer | ColumnType::Datetime | ColumnType::Time => {
                Values::Integers(PrimitiveChunkedBuilder::new(name(), rows))
            }
            ColumnType::Float => Values::Floats(PrimitiveChunkedBuilder::new(name(), rows)),
            ColumnType::Boolean => Values::Booleans(BooleanChunkedBuilder::new(name(), rows)),
            _ => Values::Texts(StringChunkedBuilder::new(name(), rows)),
        };
        Self {
            text_type,
            decimal_comma: file.decimal_comma,
            encoding: file.encoding,
            values,
        }
    }

    fn push(&mut self, value: Value<'_>) {
        if let Values::Texts(builder) = &mut self.values {
            match value {
                Value::Missing => builder.append_null(),
                Value::Bare(text) => builder.append_value(encoding::decode(text, self.encoding)),
                Value::MissingWord(text) | Value::Quoted(text) => {
                    builder.append_value(encoding::decode_cow(text, self.encoding));
                }
            }
            return;
        }
        let text = match &value {
            Value::Missing | Value::MissingWord(_) => None,
            Value::Bare(text) => Some(text.trim_ascii()),
            Value::Quoted(text) => Some(text.trim_ascii()),
        };
        let order = self.text_type.order;
        match &mut self.values {
            Values::Days(builder) => builder.append_option(text.and_then(|text| temporal::date(text, order))),
            Values::Integers(builder) => builder.append_option(text.and_then(|text| match self.text_type.kind {
                ColumnType::Datetime => temporal::datetime(text, order),
                ColumnType::Time => temporal::time(text),
                _ => number::integer(text),
            })),
            Values::Floats(builder) => {
                builder.append_option(text.and_then(|text| number::float(text, self.decimal_comma)));
            }
            Values::Booleans(builder) => builder.append_option(text.and_then(boolean)),
            Values::Texts(_) => {}
        }
    }

    fn finish(self, name: &str) -> Result<Series> {
        let mut series = match self.values {
            Values::Days(builder) => builder.finish().into_series(),
            Values::Integers(builder) => builder.finish().into_series(),
            Values::Floats(builder) => builder.finish().into_series(),
            Values::Booleans(builder) => builder.finish().into_series(),
            Values::Texts(builder) => builder.finish().into_series(),
        };
        let logical = match self.text_type.kind {
            ColumnType::Date => DataType::Date,
            ColumnType::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
            ColumnType::Time => DataType::Time,
            _ => return Ok(series.rename(name.into()).clone()),
        };
        series.rename(name.into());
        series
            .cast(&logical)
            .map_err(DataError::frame("read the values of a column"))
    }
}
