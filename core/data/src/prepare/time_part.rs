//! Days and times as the numbers that matter in them.

use polars::prelude::{DataType, Series};
use serde::{Deserialize, Serialize};

use crate::columnar::per_second;
use crate::error::{DataError, Result};
use crate::schema::ColumnType;
use crate::temporal;

/// One number in a day or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TimePart {
    Year,
    Month,
    Day,
    /// Monday is 0.
    Weekday,
    Hour,
    Minute,
    Second,
    /// All of it, in seconds.
    Seconds,
}

impl TimePart {
    /// The parts of a type.
    pub(super) fn of(kind: ColumnType, date_parts: bool) -> &'static [Self] {
        match kind {
            ColumnType::Date if date_parts => &[Self::Year, Self::Month, Self::Day, Self::Weekday],
            ColumnType::Datetime if date_parts => &[
                Self::Year,
                Self::Month,
                Self::Day,
                Self::Weekday,
                Self::Hour,
                Self::Minute,
            ],
            ColumnType::Time if date_parts => &[Self::Hour, Self::Minute, Self::Second],
            _ => &[Self::Seconds],
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Seconds => "seconds",
        }
    }

    /// This part of an instant.
    pub(super) fn value(self, instant: Instant) -> f64 {
        let (year, month, day) = temporal::year_month_day(instant.day);
        let whole = instant.second as i64;
        let value = match self {
            Self::Year => year,
            Self::Month => month,
            Self::Day => day,
            Self::Weekday => temporal::weekday(instant.day),
            Self::Hour => whole / 3600,
            Self::Minute => whole / 60 % 60,
            Self::Second => whole % 60,
            Self::Seconds => return instant.day as f64 * 86_400.0 + instant.second,
        };
        value as f64
    }
}

/// A day and a time in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Instant {
    /// Since 1970; 0 for a time of day.
    day: i64,
    /// Since midnight.
    second: f64,
}

impl Instant {
    /// The instant of a day, or of a time since 1970 or since midnight, counted in units
    /// of which a day has `per_day`.
    pub(crate) fn new(time: i64, per_day: i64) -> Self {
        Self {
            day: time.div_euclid(per_day),
            second: time.rem_euclid(per_day) as f64 / per_day as f64 * 86_400.0,
        }
    }
}

/// The instants of some rows; `None` is missing.
pub(super) fn instants(series: &Series, rows: &[u32]) -> Result<Vec<Option<Instant>>> {
    let action = DataError::frame("read a column of times");
    let physical = series.to_physical_repr().cast(&DataType::Int64);
    let physical = match physical.and_then(|physical| physical.i64().cloned()) {
        Ok(physical) => physical,
        Err(error) => return Err(action(error)),
    };
    let per_day = match series.dtype() {
        DataType::Date => 1,
        DataType::Datetime(unit, _) | DataType::Duration(unit) => per_second(*unit) * 86_400,
        _ => temporal::NANOS_PER_DAY,
    };
    Ok(rows
        .iter()
        .map(|row| physical.get(*row as usize).map(|time| Instant::new(time, per_day)))
        .collect())
}
