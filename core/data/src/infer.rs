//! Which type the texts of a column have, decided over all of them.

use serde::{Deserialize, Serialize};

use crate::number::{self, Fit};
use crate::schema::ColumnType;
use crate::temporal::{self, DateOrder};
use crate::values::Value;

/// A set of types that every value so far fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fits(u16);

impl Fits {
    const INTEGER: u16 = 1;
    const FLOAT: u16 = 1 << 1;
    const BOOLEAN: u16 = 1 << 2;
    const TIME: u16 = 1 << 3;
    const LIST: u16 = 1 << 4;
    const STRUCT: u16 = 1 << 5;
    /// Three bits each, in the order of [`ORDERS`].
    const DATE: u16 = 1 << 6;
    const DATETIME: u16 = 1 << 9;
    const ALL: Self = Self((1 << 12) - 1);
}

const ORDERS: [DateOrder; 3] = [
    DateOrder::YearMonthDay,
    DateOrder::DayMonthYear,
    DateOrder::MonthDayYear,
];

/// The type of a text column and how its values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TextType {
    pub(crate) kind: ColumnType,
    /// For dates and datetimes.
    pub(crate) order: DateOrder,
}

impl TextType {
    pub(crate) fn new(kind: ColumnType) -> Self {
        Self {
            kind,
            order: DateOrder::YearMonthDay,
        }
    }
}

/// What was seen of a column's values.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    fits: Fits,
    /// Values that decide: neither missing nor a quoted word for missing.
    pub(crate) values: u64,
    pub(crate) numbers: u64,
    large: bool,
    /// The first value that is no number, with its row from 0.
    pub(crate) first_other: Option<(u64, String)>,
    /// Bytes of all values, for planning memory.
    pub(crate) bytes: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            fits: Fits::ALL,
            values: 0,
            numbers: 0,
            large: false,
            first_other: None,
            bytes: 0,
        }
    }
}

impl Tally {
    /// Of a column whose dates are known to be written in an order; others are told from the
    /// year, which stands first in them.
    pub(crate) fn new(order: Option<DateOrder>) -> Self {
        let mut tally = Self::default();
        for (at, other) in ORDERS.into_iter().enumerate() {
            let is_meant = order.is_none_or(|order| order == other) || other == DateOrder::YearMonthDay;
            if !is_meant {
                tally.fits.0 &= !((Fits::DATE | Fits::DATETIME) << at);
            }
        }
        tally
    }

    /// Counts one value. `words` says that bare words may be numbers and booleans in
    /// quotes too, as in CSV where quotes are no sign of text.
    pub(crate) fn add(&mut self, row: u64, value: &Value<'_>, quotes_mean_text: bool, decimal_comma: bool) {
        let (text, quoted) = match value {
            Value::Missing => return,
            Value::MissingWord(text) => {
                self.bytes += text.len() as u64;
                return;
            }
            Value::Bare(text) => (text.trim_ascii(), false),
            Value::Quoted(text) => (text.trim_ascii(), true),
        };
        self.values += 1;
        self.bytes += text.len() as u64;
        if quoted && quotes_mean_text {
            self.note_other(row, text);
            self.fits.0 &= days_and_times(text);
            return;
        }
        match number::fits(text, decimal_comma) {
            Fit::Integer => {
                self.numbers += 1;
                self.fits.0 &= Fits::INTEGER | Fits::FLOAT;
            }
            fit @ (Fit::Large | Fit::Float) => {
                self.numbers += 1;
                self.large |= fit == Fit::Large;
                self.fits.0 &= Fits::FLOAT | if fit == Fit::Large { Fits::INTEGER } else { 0 };
            }
            Fit::No => {
                self.note_other(row, text);
                if self.fits.0 != 0 {
                    self.fits.0 &= of_text(text, !quotes_mean_text);
                }
            }
        }
    }

    /// Counts values that were read as a type, which is all that they still can be: the
    /// type was [decided](Self::decide) over values that are counted too.
    pub(crate) fn add_fitting(&mut self, text_type: TextType, values: u64, bytes: u64) {
        if values == 0 {
            return;
        }
        let order = ORDERS.iter().position(|order| *order == text_type.order).unwrap_or(0);
        self.values += values;
        self.bytes += bytes;
        self.fits.0 &= match text_type.kind {
            ColumnType::Integer => Fits::INTEGER | Fits::FLOAT,
            ColumnType::Float => Fits::FLOAT,
            ColumnType::Boolean => Fits::BOOLEAN,
            ColumnType::Time => Fits::TIME,
            ColumnType::Date => (Fits::DATE | Fits::DATETIME) << order,
            ColumnType::Datetime => Fits::DATETIME << order,
            _ => 0,
        };
        if text_type.kind.is_number() {
            self.numbers += values;
        }
    }

    fn note_other(&mut self, row: u64, text: &[u8]) {
        if self.first_other.is_none() {
            let text = String::from_utf8_lossy(text);
            let mut short: String = text.chars().take(40).collect();
            if short.len() < text.len() {
                short.push('…');
            }
            self.first_other = Some((row, short));
        }
    }

    /// Adds what was seen in later rows.
    pub(crate) fn merge(&mut self, later: Self) {
        self.fits.0 &= later.fits.0;
        self.values += later.values;
        self.numbers += later.numbers;
        self.large |= later.large;
        self.bytes += later.bytes;
        if self.first_other.is_none() {
            self.first_other = later.first_other;
        }
    }

    /// The type that every value fits, else text.
    pub(crate) fn decide(&self) -> TextType {
        let fits = |bit: u16| self.fits.0 & bit != 0;
        if self.values == 0 {
            return TextType::new(ColumnType::String);
        }
        // Digits beyond 64 bits are codes more often than quantities: as text they stay exact.
        if fits(Fits::INTEGER) {
            return TextType::new(if self.large {
                ColumnType::String
            } else {
                ColumnType::Integer
            });
        }
        let simple = [
            (Fits::FLOAT, ColumnType::Float),
            (Fits::BOOLEAN, ColumnType::Boolean),
            (Fits::TIME, ColumnType::Time),
            (Fits::LIST, ColumnType::List),
            (Fits::STRUCT, ColumnType::Struct),
        ];
        if let Some((_, kind)) = simple.into_iter().find(|(bit, _)| fits(*bit)) {
            return TextType::new(kind);
        }
        for (bits, kind) in [(Fits::DATE, ColumnType::Date), (Fits::DATETIME, ColumnType::Datetime)] {
            if let [order] = self.orders(bits)[..] {
                return TextType { kind, order };
            }
        }
        TextType::new(ColumnType::String)
    }

    /// Whether the values are whole numbers, some of them too large for 64 bits.
    pub(crate) fn is_too_large(&self) -> bool {
        self.values > 0 && self.large && self.fits.0 & Fits::INTEGER != 0
    }

    /// Whether the values are dates in which day and month cannot be told apart.
    pub(crate) fn is_ambiguous_date(&self) -> bool {
        self.values > 0 && (self.orders(Fits::DATE).len() > 1 || self.orders(Fits::DATETIME).len() > 1)
    }

    fn orders(&self, bits: u16) -> Vec<DateOrder> {
        ORDERS
            .into_iter()
            .enumerate()
            .filter(|(at, _)| self.fits.0 & (bits << at) != 0)
            .map(|(_, order)| order)
            .collect()
    }
}

/// The types a text that is no number fits; `words` says whether it may be a boolean.
fn of_text(text: &[u8], words: bool) -> u16 {
    match text.first() {
        Some(b'0'..=b'9') => days_and_times(text),
        Some(b't' | b'T' | b'f' | b'F') if boolean(text).is_some() => Fits::BOOLEAN,
        // Only JSON has lists and objects in cells.
        Some(b'[') if !words => Fits::LIST,
        Some(b'{') if !words => Fits::STRUCT,
        _ => 0,
    }
}

fn days_and_times(text: &[u8]) -> u16 {
    if !text.first().is_some_and(u8::is_ascii_digit) || text.len() > 40 {
        return 0;
    }
    let mut fits = if temporal::time(text).is_some() { Fits::TIME } else { 0 };
    for (at, order) in ORDERS.into_iter().enumerate() {
        if temporal::date(text, order).is_some() {
            fits |= Fits::DATE << at | Fits::DATETIME << at;
        } else if temporal::datetime(text, order).is_some() {
            fits |= Fits::DATETIME << at;
        }
    }
    fits
}

/// Reads `true` or `false`, as written by programs of many kinds.
pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn tally(texts: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for (row, text) in texts.iter().enumerate() {
            tally.add(row as u64, &Value::Bare(text.as_bytes()), false, false);
        }
        tally
    }

    #[test]
    fn the_narrowest_type_that_fits_every_value_wins() {
        let cases: [(&[&str], ColumnType); 14] = [
            (&["1", " 2", "007"], ColumnType::Integer),
            (&["1", "2.5"], ColumnType::Float),
            (&["1", "inf"], ColumnType::Float),
            (&["99999999999999999999", "0.5"], ColumnType::Float),
            (&["1", "99999999999999999999"], ColumnType::String),
            (&["true", "False"], ColumnType::Boolean),
            (&["true", "1"], ColumnType::String),
            (&["2024-01-01", "2024/2/3"], ColumnType::Date),
            (&["2024-01-01", "2024-01-01T10:00"], ColumnType::Datetime),
            (&["10:00", "11:00:01.5"], ColumnType::Time),
            (&["2024-01-01", "x"], ColumnType::String),
            (&["[1]", "[2]"], ColumnType::String),
            (&[], ColumnType::String),
            (&["true", "2024-01-01"], ColumnType::String),
        ];
        for (texts, kind) in cases {
            assert_eq!(tally(texts).decide().kind, kind, "{texts:?}");
        }
    }

    #[test]
    fn an_order_that_is_said_decides_where_the_values_leave_a_choice() {
        let decide = |order, texts: &[&str]| {
            let mut tally = Tally::new(order);
            for (row, text) in texts.iter().enumerate() {
                tally.add(row as u64, &Value::Bare(text.as_bytes()), false, false);
            }
            tally.decide()
        };
        let date = |order| TextType {
            kind: ColumnType::Date,
            order,
        };
        let ambiguous = ["01/02/2024", "03/04/2024"];
        assert_eq!(decide(None, &ambiguous).kind, ColumnType::String);
        for order in [DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
            assert_eq!(decide(Some(order), &ambiguous), date(order));
            assert_eq!(decide(Some(order), &["2024-01-02"]), date(DateOrder::YearMonthDay));
        }
        assert_eq!(
            decide(Some(DateOrder::YearMonthDay), &ambiguous).kind,
            ColumnType::String
        );
        assert_eq!(
            decide(Some(DateOrder::MonthDayYear), &["31/01/2024"]).kind,
            ColumnType::String
        );
    }

    #[test]
    fn day_and_month_are_told_apart_by_the_whole_column_or_not_at_all() {
        let dates = tally(&["01/02/2024", "31/01/2024"]);
        assert_eq!(
            dates.decide(),
            TextType {
                kind: ColumnType::Date,
                order: DateOrder::DayMonthYear
            }
        );
        let dates = tally(&["01/02/2024", "01/31/2024 10:00"]);
        assert_eq!(
            dates.decide(),
            TextType {
                kind: ColumnType::Datetime,
                order: DateOrder::MonthDayYear
            }
        );
        let dates = tally(&["01/02/2024", "03/04/2024"]);
        assert_eq!(dates.decide().kind, ColumnType::String);
        assert!(dates.is_ambiguous_date());
        assert!(!tally(&["x"]).is_ambiguous_date());
    }

    #[test]
    fn values_of_a_decided_type_count_as_if_each_were_looked_at() {
        let columns: [&[&str]; 7] = [
            &["1", "-2"],
            &["1.5", "2", "99999999999999999999"],
            &["true", "False"],
            &["10:00"],
            &["31/01/2024", "01/02/2024"],
            &["2024-01-01 10:00", "2024-01-02"],
            &["2024-01-01"],
        ];
        for texts in columns {
            let mut known = tally(&texts[..1]);
            let decided = known.decide();
            let rest = tally(&texts[1..]);
            known.add_fitting(decided, rest.values, rest.bytes);
            let whole = tally(texts);
            assert_eq!((known.decide(), known.fits), (whole.decide(), whole.fits), "{texts:?}");
            assert_eq!(
                (known.values, known.numbers, known.bytes),
                (whole.values, whole.numbers, whole.bytes)
            );
        }
    }

    #[test]
    fn the_first_value_that_is_no_number_is_kept_through_merges() {
        let mut first = tally(&["1", "2"]);
        let mut later = Tally::default();
        later.add(7, &Value::Bare(b"abc"), false, false);
        later.add(8, &Value::Bare(b"def"), false, false);
        first.merge(later);
        assert_eq!(first.first_other, Some((7, "abc".to_owned())));
        assert_eq!((first.numbers, first.values), (2, 4));
        assert_eq!(first.decide().kind, ColumnType::String);
    }

    #[test]
    fn quotes_mean_text_in_json_and_nothing_in_csv() {
        let value = Value::Quoted(Cow::Borrowed(b"12"));
        let (mut csv, mut json) = (Tally::default(), Tally::default());
        csv.add(0, &value, false, false);
        json.add(0, &value, true, false);
        assert_eq!(csv.decide().kind, ColumnType::Integer);
        assert_eq!(json.decide().kind, ColumnType::String);
        let mut dates = Tally::default();
        dates.add(0, &Value::Quoted(Cow::Borrowed(b"2024-01-01")), true, false);
        assert_eq!(dates.decide().kind, ColumnType::Date);
        let mut lists = Tally::default();
        lists.add(0, &Value::Bare(b"[1,2]"), true, false);
        assert_eq!(lists.decide().kind, ColumnType::List);
    }
}
