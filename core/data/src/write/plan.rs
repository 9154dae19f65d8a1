//! How the records of a text file become rows of a model, without a table between.

use std::borrow::Cow;
use std::sync::Arc;

use crate::batch::Opened;
use crate::encoding;
use crate::error::Result;
use crate::fields::Dialect;
use crate::infer::{TextType, boolean};
use crate::number::{self, Fit};
use crate::prepare::{FeatureKind, Instant, Plain, RowBatch, RowEncoder};
use crate::records::Block;
use crate::schema::{ColumnType, Schema};
use crate::source::Encoding;
use crate::temporal;
use crate::text::{Syntax, TextFile};
use crate::values::{RecordReader, Shapely, Value};

use super::csv::push_field;

/// Which column of a file is which feature, and how its texts are read.
pub(super) struct Plan<'o> {
    features: Vec<Column>,
    schema: &'o Schema,
    decimal_comma: bool,
    encoding: Encoding,
    /// Whether the file is written as the output is, so that its records may be copied.
    is_plain: bool,
}

struct Column {
    feature: usize,
    position: usize,
    text_type: TextType,
    /// Whether values of this type are what the model learned.
    suits: bool,
    is_category: bool,
}

impl<'o> Plan<'o> {
    /// `reads` says whether the features are columns of the file; else it is only copied.
    pub(super) fn new(opened: &'o Opened, encoder: &RowEncoder, reads: bool) -> Result<Self> {
        let column = |(feature, info): (usize, crate::FeatureInfo)| {
            let position = opened.position(&info.name)?;
            let text_type = opened.survey.columns[position].text_type;
            Ok(Column {
                feature,
                position,
                text_type,
                suits: encoder.suits(feature, text_type.kind),
                is_category: info.kind == FeatureKind::Category,
            })
        };
        let features = if reads { encoder.features() } else { Vec::new() };
        let features = features.into_iter().enumerate();
        let mut features = features.map(column).collect::<Result<Vec<Column>>>()?;
        features.retain(|column| encoder.is_used(column.feature));
        let plain = Dialect {
            delimiter: b',',
            quote: b'"',
        };
        let text = opened.text.as_ref();
        let encoding = text.map_or(Encoding::Utf8, |file| file.encoding);
        Ok(Self {
            features,
            schema: &opened.schema,
            decimal_comma: opened.decimal_comma(),
            encoding,
            is_plain: text.is_some_and(|file| file.syntax == Syntax::Csv(plain) && !file.decimal_comma)
                && matches!(encoding, Encoding::Utf8 | Encoding::Utf8Bom),
        })
    }

    /// The rows of a block, prepared, and which of its records are already as they are to be written.
    pub(super) fn read(
        &self,
        file: &TextFile,
        block: &Block,
        encoder: &Arc<RowEncoder>,
    ) -> Result<(RowBatch, Vec<bool>)> {
        let mut rows = RowBatch::new(Arc::clone(encoder));
        rows.reserve(block.records.len());
        let mut as_they_are = Vec::with_capacity(block.records.len());
        let mut reader = file.records();
        let columns = self.schema.len();
        for record in block.iter() {
            let shape = reader.split(record, columns);
            as_they_are.push(
                self.is_plain
                    && shape == Shapely::Whole
                    && reader.fields() == columns
                    && std::str::from_utf8(record).is_ok(),
            );
            rows.begin_row();
            for column in &self.features {
                self.put(column, &reader.value(record, column.position), encoder, &mut rows)?;
            }
            rows.end_row();
        }
        Ok((rows, as_they_are))
    }

    /// Puts one value into a row, as the table of the same file would have it.
    fn put(&self, column: &Column, value: &Value<'_>, encoder: &RowEncoder, rows: &mut RowBatch) -> Result<()> {
        let kind = column.text_type.kind;
        let is_text = !(kind.is_number() || kind.is_temporal() || kind == ColumnType::Boolean);
        let text: &[u8] = match value {
            Value::Missing => return Ok(()),
            Value::MissingWord(_) if !is_text => return Ok(()),
            Value::Bare(text) => text,
            Value::MissingWord(text) | Value::Quoted(text) => text,
        };
        if !column.suits {
            return Err(encoder.wrong_type(column.feature, kind));
        }
        if is_text {
            let text: Cow<'_, str> = encoding::decode(text, self.encoding);
            rows.put(column.feature, Plain::Text(&text));
            return Ok(());
        }
        let text = text.trim_ascii();
        if column.is_category {
            if let Some(text) = self.category(text, column.text_type) {
                rows.put(column.feature, Plain::Text(&text));
            }
        } else if let Some(plain) = self.plain(text, column.text_type) {
            rows.put(column.feature, plain);
        }
        Ok(())
    }

    fn plain(&self, text: &[u8], TextType { kind, order }: TextType) -> Option<Plain<'static>> {
        Some(match kind {
            ColumnType::Integer => Plain::Number(number::integer(text)? as f64),
            ColumnType::Float => Plain::Number(number::float(text, self.decimal_comma)?),
            ColumnType::Boolean => Plain::Number(f64::from(u8::from(boolean(text)?))),
            ColumnType::Date => Plain::Instant(Instant::new(i64::from(temporal::date(text, order)?), 1)),
            ColumnType::Datetime => {
                let micros = temporal::datetime(text, order)?;
                Plain::Instant(Instant::new(micros, temporal::MICROS_PER_DAY))
            }
            ColumnType::Time => Plain::Instant(Instant::new(temporal::time(text)?, temporal::NANOS_PER_DAY)),
            _ => return None,
        })
    }

    /// The text that a value of another type than text has as a category.
    fn category(&self, text: &[u8], TextType { kind, order }: TextType) -> Option<String> {
        Some(match kind {
            ColumnType::Integer => number::integer(text)?.to_string(),
            ColumnType::Float => number::to_text(number::float(text, self.decimal_comma)?),
            ColumnType::Boolean => boolean(text)?.to_string(),
            ColumnType::Date => temporal::date_text(i64::from(temporal::date(text, order)?)),
            ColumnType::Datetime => temporal::datetime_text(temporal::datetime(text, order)?, 1_000_000),
            ColumnType::Time => temporal::time_text(temporal::time(text)?),
            _ => return None,
        })
    }

    /// Writes a record value by value.
    pub(super) fn write(&self, reader: &mut RecordReader<'_>, record: &[u8], bytes: &mut Vec<u8>) {
        reader.split(record, self.schema.len());
        for (position, column) in self.schema.iter().enumerate() {
            if position > 0 {
                bytes.push(b',');
            }
            let text = reader.as_written(record, position);
            let text = encoding::decode(&text, self.encoding);
            let comma = self.decimal_comma && column.kind == ColumnType::Float;
            if comma && number::fits(text.trim().as_bytes(), true) == Fit::Float {
                push_field(bytes, text.replace(',', ".").as_bytes());
            } else {
                push_field(bytes, text.as_bytes());
            }
        }
    }
}
