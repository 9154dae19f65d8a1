//! The figures of one column, gathered batch by batch: exact while there is room for its
//! values, and of known error beyond that.

mod booleans;
mod calendar;
mod figures;
mod moments;
mod numbers;
mod texts;
mod writing;

use polars::prelude::{DataType, PolarsResult, Series};

use crate::cells;
use crate::columnar::per_second;
use crate::error::{DataError, Result};
use crate::number;
use crate::profile::{ColumnProfile, Scalar};
use crate::schema::{Column, ColumnType};
use crate::temporal;
use booleans::Booleans;
use calendar::Days;
use figures::{insert_others, short};
use numbers::Numbers;
use texts::Texts;

/// How much may be kept of all columns together to be exact.
const EXACT_BYTES: usize = 160 << 20;
/// How much may be kept of one column to be exact, however few there are.
const MOST_BYTES: usize = 48 << 20;
/// How much is kept of one column, however many there are.
const LEAST_BYTES: usize = 64 << 10;

/// Values of one column that follow each other, without the missing ones.
#[derive(Debug)]
pub(crate) enum Part<'v> {
    /// Whole numbers, and days and times as the whole numbers they are.
    Integers(&'v [i64]),
    Floats(&'v [f64]),
    /// How many are false and true.
    Booleans([u64; 2]),
    /// Where the texts stand in some bytes.
    Texts(&'v [u8], &'v [(u32, u32)]),
}

/// Gathers the values of a column.
#[derive(Debug)]
pub(crate) struct Accumulator {
    nulls: u64,
    nan: u64,
    infinite: [u64; 2],
    values: Values,
    /// Of days, and of days with a time.
    days: Option<Days>,
    /// How much may be kept.
    room: usize,
}

#[derive(Debug)]
enum Values {
    /// Nothing came yet, so the type is not known.
    None,
    Integers(Numbers<i64>),
    /// From types of more than 64 bits.
    Wide(Numbers<i128>),
    Floats(Numbers<f64>),
    Booleans(Booleans),
    /// Days since 1970.
    Days(Numbers<i64>),
    /// Since 1970, in parts of a second.
    Datetimes(Numbers<i64>, i64),
    /// Nanoseconds since midnight.
    Times(Numbers<i64>),
    /// In parts of a second.
    Durations(Numbers<i64>, i64),
    Texts(Texts),
    Bytes(Texts),
    /// Lists and structs, as their texts.
    Nested(Texts),
}

impl Accumulator {
    /// For one of so many columns, whose type is known when its first values come.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            nulls: 0,
            nan: 0,
            infinite: [0; 2],
            values: Values::None,
            days: None,
            room: (EXACT_BYTES / columns.max(1)).clamp(LEAST_BYTES, MOST_BYTES),
        }
    }

    /// For a column of a text file.
    pub(crate) fn of_text(kind: ColumnType, columns: usize) -> Self {
        let mut new = Self::new(columns);
        let room = new.room;
        new.values = match kind {
            ColumnType::Integer => Values::Integers(Numbers::new(room)),
            ColumnType::Float => Values::Floats(Numbers::new(room)),
            ColumnType::Boolean => Values::Booleans(Booleans::default()),
            ColumnType::Date => Values::Days(Numbers::new(room)),
            ColumnType::Datetime => Values::Datetimes(Numbers::new(room), 1_000_000),
            ColumnType::Time => Values::Times(Numbers::new(room)),
            _ => Values::Texts(Texts::new(room)),
        };
        new.days = new.values.days();
        new
    }

    /// Adds values of a text file, and how many were missing among them.
    pub(crate) fn push(&mut self, part: &Part<'_>, nulls: u64) {
        self.nulls += nulls;
        match (&mut self.values, part) {
            (
                Values::Integers(numbers)
                | Values::Days(numbers)
                | Values::Datetimes(numbers, _)
                | Values::Times(numbers)
                | Values::Durations(numbers, _),
                Part::Integers(values),
            ) => {
                numbers.add(values);
                if let Some(days) = &mut self.days {
                    days.add(values);
                }
            }
            (Values::Floats(_), Part::Floats(values)) => self.push_floats(values),
            (Values::Booleans(booleans), Part::Booleans(counts)) => booleans.add(*counts),
            (Values::Texts(texts), Part::Texts(bytes, places)) => {
                for (start, end) in *places {
                    texts.add(&bytes[*start as usize..*end as usize]);
                }
            }
            // Values of another type than the column's do not come.
            _ => {}
        }
    }

    /// Adds the values of a batch, whose type is one of the [plain](crate::columnar::plain) ones.
    pub(crate) fn push_series(&mut self, series: &Series) -> Result<()> {
        self.nulls += series.null_count() as u64;
        if matches!(self.values, Values::None) {
            self.values = Values::of(series.dtype(), self.room);
            self.days = self.values.days();
        }
        self.add(series)
            .map_err(DataError::frame("read the values of a column"))
    }

    fn add(&mut self, series: &Series) -> PolarsResult<()> {
        match &mut self.values {
            Values::None => {}
            Values::Integers(numbers) => series.i64()?.downcast_iter().for_each(|part| match part.validity() {
                None => numbers.add(part.values()),
                Some(_) => numbers.add(&part.iter().flatten().copied().collect::<Vec<_>>()),
            }),
            Values::Wide(numbers) => numbers.add(&series.i128()?.iter().flatten().collect::<Vec<_>>()),
            Values::Floats(_) => {
                for part in series.f64()?.downcast_iter() {
                    self.push_floats(&part.iter().flatten().copied().collect::<Vec<_>>());
                }
            }
            Values::Booleans(booleans) => {
                let mut counts = [0; 2];
                for value in series.bool()?.iter().flatten() {
                    counts[usize::from(value)] += 1;
                }
                booleans.add(counts);
            }
            Values::Days(numbers) => {
                let days: Vec<i64> = series.date()?.physical().iter().flatten().map(i64::from).collect();
                numbers.add(&days);
                self.days.iter_mut().for_each(|counts| counts.add(&days));
            }
            Values::Datetimes(numbers, _) => {
                let times: Vec<i64> = series.datetime()?.physical().iter().flatten().collect();
                numbers.add(&times);
                self.days.iter_mut().for_each(|counts| counts.add(&times));
            }
            Values::Times(numbers) => numbers.add(&series.time()?.physical().iter().flatten().collect::<Vec<_>>()),
            Values::Durations(numbers, _) => {
                numbers.add(&series.duration()?.physical().iter().flatten().collect::<Vec<_>>());
            }
            Values::Texts(texts) => series
                .str()?
                .iter()
                .flatten()
                .for_each(|text| texts.add(text.as_bytes())),
            Values::Bytes(texts) => series.binary()?.iter().flatten().for_each(|bytes| texts.add(bytes)),
            Values::Nested(texts) => {
                for row in 0..series.len() {
                    if let Some(text) = cells::text_at(series, row) {
                        texts.add(text.as_bytes());
                    }
                }
            }
        }
        Ok(())
    }

    fn push_floats(&mut self, values: &[f64]) {
        let Values::Floats(numbers) = &mut self.values else {
            return;
        };
        let mut finite = Vec::with_capacity(values.len());
        for value in values {
            if value.is_finite() {
                // Zero has one value, whatever its sign.
                finite.push(value + 0.0);
            } else if value.is_nan() {
                self.nan += 1;
            } else {
                self.infinite[usize::from(*value > 0.0)] += 1;
            }
        }
        numbers.add(&finite);
    }

    /// The figures of all that was added.
    pub(crate) fn finish(self, column: &Column) -> ColumnProfile {
        let mut profile = ColumnProfile {
            nulls: self.nulls,
            nan: self.nan,
            infinite: self.infinite.iter().sum(),
            calendar: self.days.as_ref().and_then(Days::finish),
            ..ColumnProfile::new(&column.name, column.kind)
        };
        let text = |bytes: &[u8]| short(&String::from_utf8_lossy(bytes));
        match self.values {
            Values::None => {}
            Values::Integers(numbers) => {
                numbers.finish(&mut profile, true, ToString::to_string, |value| Scalar::Integer(*value));
            }
            Values::Wide(numbers) => numbers.finish(&mut profile, false, ToString::to_string, |value| {
                i64::try_from(*value).map_or_else(|_| Scalar::Float(*value as f64), Scalar::Integer)
            }),
            Values::Floats(numbers) => {
                numbers.finish(
                    &mut profile,
                    false,
                    |value| number::to_text(*value),
                    |value| Scalar::Float(*value),
                );
                let [low, high] = self.infinite;
                insert_others(&mut profile, &[("-inf", low), ("NaN", self.nan), ("inf", high)]);
            }
            Values::Booleans(booleans) => booleans.finish(&mut profile),
            Values::Days(numbers) => numbers.finish_temporal(&mut profile, 86_400.0, temporal::date_text),
            Values::Datetimes(numbers, parts) => {
                let text = |time| temporal::datetime_text(time, parts);
                numbers.finish_temporal(&mut profile, 1.0 / parts as f64, text);
            }
            Values::Times(numbers) => numbers.finish_temporal(&mut profile, 1e-9, temporal::time_text),
            Values::Durations(numbers, parts) => {
                let text = |time| temporal::duration_text(time, parts);
                numbers.finish_temporal(&mut profile, 1.0 / parts as f64, text);
            }
            Values::Texts(texts) => texts.finish(&mut profile, true, text),
            Values::Bytes(texts) => texts.finish(&mut profile, false, |bytes| {
                cells::text(&polars::prelude::AnyValue::Binary(bytes))
            }),
            Values::Nested(texts) => texts.finish(&mut profile, false, text),
        }
        profile
    }
}

impl Values {
    /// What counts the days of these values, when they have any.
    fn days(&self) -> Option<Days> {
        match self {
            Self::Days(_) => Some(Days::new(1)),
            Self::Datetimes(_, parts) => Some(Days::new(parts * 86_400)),
            _ => None,
        }
    }

    fn of(kind: &DataType, room: usize) -> Self {
        match kind {
            DataType::Int64 => Self::Integers(Numbers::new(room)),
            DataType::Int128 => Self::Wide(Numbers::new(room)),
            DataType::Float64 => Self::Floats(Numbers::new(room)),
            DataType::Boolean => Self::Booleans(Booleans::default()),
            DataType::Date => Self::Days(Numbers::new(room)),
            DataType::Datetime(unit, _) => Self::Datetimes(Numbers::new(room), per_second(*unit)),
            DataType::Time => Self::Times(Numbers::new(room)),
            DataType::Duration(unit) => Self::Durations(Numbers::new(room), per_second(*unit)),
            DataType::String => Self::Texts(Texts::new(room)),
            DataType::Binary => Self::Bytes(Texts::new(room)),
            _ => Self::Nested(Texts::new(room)),
        }
    }
}
