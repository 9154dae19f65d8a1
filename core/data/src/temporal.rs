//! Days and times in text: read in the usual forms, written in ISO 8601.

use serde::{Deserialize, Serialize};

/// In which order a date names year, month and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `2026-05-31` or `2026/05/31`.
    YearMonthDay,
    /// `31.05.2026`, `31/05/2026` or `31-05-2026`.
    DayMonthYear,
    /// `05/31/2026`, `05.31.2026` or `05-31-2026`.
    MonthDayYear,
}

impl DateOrder {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::YearMonthDay, Self::DayMonthYear, Self::MonthDayYear];

    /// The order as a person reads it, with an example.
    pub fn label(self) -> &'static str {
        match self {
            Self::YearMonthDay => "Year first, 2026-05-31",
            Self::DayMonthYear => "Day first, 31.05.2026",
            Self::MonthDayYear => "Month first, 05/31/2026",
        }
    }
}

pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;
pub(crate) const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// Reads a date as days since 1970.
pub(crate) fn date(text: &[u8], order: DateOrder) -> Option<i32> {
    let (day, rest) = leading_date(text, order)?;
    rest.is_empty().then_some(day)
}

/// Reads a date, or a date and a time of day with an optional offset, as microseconds since 1970 UTC.
pub(crate) fn datetime(text: &[u8], order: DateOrder) -> Option<i64> {
    let (day, rest) = leading_date(text, order)?;
    let midnight = i64::from(day) * MICROS_PER_DAY;
    let clock = match rest {
        [] => return Some(midnight),
        [b'T' | b't' | b' ', clock @ ..] => clock,
        _ => return None,
    };
    let (nanos, rest) = leading_time(clock)?;
    let offset_minutes = offset(rest)?;
    Some(midnight + nanos / 1000 - offset_minutes * 60_000_000)
}

/// Reads a time of day as nanoseconds since midnight.
pub(crate) fn time(text: &[u8]) -> Option<i64> {
    let (nanos, rest) = leading_time(text)?;
    rest.is_empty().then_some(nanos)
}

fn leading_date(text: &[u8], order: DateOrder) -> Option<(i32, &[u8])> {
    let (year, month, day, rest) = match order {
        DateOrder::YearMonthDay => {
            let (year, rest) = digits(text, 4, 4)?;
            let (separator, rest) = separator(rest, b"-/")?;
            let (month, rest) = digits(rest, 1, 2)?;
            let (day, rest) = digits(rest.strip_prefix(&[separator])?, 1, 2)?;
            (year, month, day, rest)
        }
        DateOrder::DayMonthYear | DateOrder::MonthDayYear => {
            let (first, rest) = digits(text, 1, 2)?;
            let (separator, rest) = separator(rest, b"./-")?;
            let (second, rest) = digits(rest, 1, 2)?;
            let (year, rest) = digits(rest.strip_prefix(&[separator])?, 4, 4)?;
            if order == DateOrder::DayMonthYear {
                (year, second, first, rest)
            } else {
                (year, first, second, rest)
            }
        }
    };
    let valid = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    valid.then(|| (days_since_1970(year, month, day), rest))
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`.
fn leading_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, mut rest) = digits(rest.strip_prefix(b":")?, 2, 2)?;
    let (mut second, mut nanos) = (0, 0);
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = digits(after, 2, 2)?;
        if let [b'.' | b',', fraction @ ..] = rest {
            let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if count == 0 {
                return None;
            }
            let digits = fraction[..count].iter().map(|byte| byte - b'0');
            for digit in digits.chain(std::iter::repeat(0)).take(9) {
                nanos = nanos * 10 + i64::from(digit);
            }
            rest = &fraction[count..];
        }
    }
    let valid = hour < 24 && minute < 60 && second < 60;
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    valid.then_some((seconds * 1_000_000_000 + nanos, rest))
}

/// Nothing, `Z`, `+02`, `+0200` or `+02:00`, in minutes.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [] | [b'Z' | b'z'] | [b' ', b'U', b'T', b'C'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes): (&[u8], &[u8]) = match rest {
        [_, _] => (rest, b"0"),
        [_, _, b':', _, _] => (&rest[..2], &rest[3..]),
        [_, _, _, _] => rest.split_at(2),
        _ => return None,
    };
    let ((hours, []), (minutes, [])) = (digits(hours, 2, 2)?, digits(minutes, 1, 2)?) else {
        return None;
    };
    (hours < 24 && minutes < 60).then_some(sign * i64::from(hours * 60 + minutes))
}

fn separator<'a>(text: &'a [u8], allowed: &[u8]) -> Option<(u8, &'a [u8])> {
    let (first, rest) = text.split_first()?;
    allowed.contains(first).then_some((*first, rest))
}

/// Reads from `least` to `most` digits.
fn digits(text: &[u8], least: usize, most: usize) -> Option<(i32, &[u8])> {
    let count = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count < least || text.get(count).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let value = text[..count]
        .iter()
        .fold(0, |value, byte| value * 10 + i32::from(byte - b'0'));
    Some((value, &text[count..]))
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970 of a day in the Gregorian calendar (Howard Hinnant, "chrono-compatible
/// low-level date algorithms").
fn days_since_1970(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a day since 1970 (from the same source).
pub(crate) fn year_month_day(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day of the week, Monday = 0.
pub(crate) fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7)
}

/// A day as `2026-05-31`.
pub(crate) fn date_text(days: i64) -> String {
    let (year, month, day) = year_month_day(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A time since 1970 as `2026-05-31 09:12:30.25`, given in parts of a second.
pub(crate) fn datetime_text(time: i64, per_second: i64) -> String {
    let per_day = per_second * 86_400;
    let clock = time_text(time.rem_euclid(per_day) * (1_000_000_000 / per_second));
    format!("{} {clock}", date_text(time.div_euclid(per_day)))
}

/// Nanoseconds since midnight as `09:12:30.25`.
pub(crate) fn time_text(nanos: i64) -> String {
    let seconds = nanos / 1_000_000_000;
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match nanos % 1_000_000_000 {
        0 => clock,
        fraction => format!("{clock}.{}", format!("{fraction:09}").trim_end_matches('0')),
    }
}

/// A length of time as `1d 02:03:04.5`, given in parts of a second.
pub(crate) fn duration_text(time: i64, per_second: i64) -> String {
    let sign = if time < 0 { "-" } else { "" };
    let per_day = per_second as u64 * 86_400;
    let size = time.unsigned_abs();
    let clock = time_text((size % per_day) as i64 * (1_000_000_000 / per_second));
    match size / per_day {
        0 => format!("{sign}{clock}"),
        days => format!("{sign}{days}d {clock}"),
    }
}

/// Reads a length of time as nanoseconds: ISO 8601 in days and smaller (`P1DT2H3M4.5S`,
/// `-PT90S`, `P2W`) or as [`duration_text`] writes it.
pub(crate) fn duration(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let size = match text {
        [b'P' | b'p', rest @ ..] => iso_duration(rest)?,
        _ => spoken_duration(text)?,
    };
    Some(if negative { -size } else { size })
}

fn iso_duration(text: &[u8]) -> Option<i64> {
    let (mut rest, mut in_clock, mut size, mut any) = (text, false, 0_i64, false);
    while let Some(first) = rest.first() {
        if matches!(first, b'T' | b't') && !in_clock {
            (in_clock, rest) = (true, &rest[1..]);
            continue;
        }
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let whole: i64 = std::str::from_utf8(&rest[..count]).ok()?.parse().ok()?;
        rest = &rest[count..];
        let mut nanos = 0;
        if let [b'.' | b',', fraction @ ..] = rest {
            let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if count == 0 || !matches!(fraction.get(count), Some(b'S' | b's')) {
                return None;
            }
            let digits = fraction[..count].iter().map(|byte| i64::from(byte - b'0'));
            nanos = digits
                .chain(std::iter::repeat(0))
                .take(9)
                .fold(0, |all, digit| all * 10 + digit);
            rest = &fraction[count..];
        }
        let (unit, after) = rest.split_first()?;
        let seconds = match (unit.to_ascii_uppercase(), in_clock) {
            (b'W', false) => 7 * 86_400,
            (b'D', false) => 86_400,
            (b'H', true) => 3600,
            (b'M', true) => 60,
            (b'S', true) => 1,
            // Years and months have no fixed length.
            _ => return None,
        };
        size = whole
            .checked_mul(seconds * 1_000_000_000)?
            .checked_add(nanos)?
            .checked_add(size)?;
        (rest, any) = (after, true);
    }
    any.then_some(size)
}

/// `1d 02:03:04.5` or `02:03:04.5`
fn spoken_duration(text: &[u8]) -> Option<i64> {
    let Some(unit) = text.iter().position(|byte| *byte == b'd') else {
        return time(text);
    };
    let days: i64 = std::str::from_utf8(&text[..unit]).ok()?.parse().ok()?;
    let clock = time(text[unit + 1..].strip_prefix(b" ")?)?;
    days.checked_mul(NANOS_PER_DAY)?.checked_add(clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};

    #[test]
    fn every_day_of_eight_centuries_reads_back() {
        let first = days_since_1970(1600, 1, 1);
        assert_eq!(first, -135_140);
        for day in first..days_since_1970(2400, 1, 1) {
            assert_eq!(date(date_text(i64::from(day)).as_bytes(), YearMonthDay), Some(day));
        }
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(weekday(0), 3, "1970-01-01 was a Thursday");
        assert_eq!(weekday(-4), 6);
    }

    #[test]
    fn dates_are_read_in_each_order_and_only_when_they_exist() {
        let day = date(b"2024-02-29", YearMonthDay);
        assert_eq!(day, Some(19_782));
        for (text, order) in [
            ("2024/2/29", YearMonthDay),
            ("29.02.2024", DayMonthYear),
            ("29/2/2024", DayMonthYear),
            ("02/29/2024", MonthDayYear),
            ("2-29-2024", MonthDayYear),
        ] {
            assert_eq!(date(text.as_bytes(), order), day, "{text}");
        }
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-01/02",
            "24-01-01",
            "2024-01-011",
        ] {
            assert_eq!(date(text.as_bytes(), YearMonthDay), None, "{text}");
        }
        assert_eq!(date(b"13/31/2024", DayMonthYear), None);
    }

    #[test]
    fn datetimes_with_fractions_and_offsets() {
        let noon = datetime(b"2026-11-23 12:00:00", YearMonthDay).unwrap();
        assert_eq!(noon, 1_795_435_200_000_000);
        for text in [
            "2026-11-23T12:00Z",
            "2026-11-23T14:00:00+02:00",
            "2026-11-23 07:30:00.000-0430",
            "2026-11-23 12:00 UTC",
        ] {
            assert_eq!(datetime(text.as_bytes(), YearMonthDay), Some(noon), "{text}");
        }
        assert_eq!(datetime(b"2026-11-23T12:00:00.5", YearMonthDay), Some(noon + 500_000));
        assert_eq!(datetime_text(noon + 500_000, 1_000_000), "2026-11-23 12:00:00.5");
        assert_eq!(datetime_text(-1, 1_000_000), "1969-12-31 23:59:59.999999");
        for text in [
            "2026-11-23T",
            "2026-11-23 24:00",
            "2026-11-23 12:60",
            "2026-11-23x12:00",
            "2026-11-23 12:00+25",
        ] {
            assert_eq!(datetime(text.as_bytes(), YearMonthDay), None, "{text}");
        }
    }

    #[test]
    fn times_and_durations() {
        assert_eq!(time(b"9:05"), Some(32_700_000_000_000));
        assert_eq!(time(b"23:59:59.000000001"), Some(NANOS_PER_DAY - 999_999_999));
        assert_eq!(time_text(NANOS_PER_DAY - 999_999_999), "23:59:59.000000001");
        assert_eq!(time(b"12"), None);
        assert_eq!(time(b"12:5"), None);
        assert_eq!(
            duration_text(-(MICROS_PER_DAY + 1_500_000), 1_000_000),
            "-1d 00:00:01.5"
        );
        assert_eq!(duration_text(61_000, 1000), "00:01:01");
    }

    #[test]
    fn durations_are_read_as_iso_and_as_they_are_written() {
        let day_and_more = Some(NANOS_PER_DAY + 7_384_500_000_000);
        for text in ["P1DT2H3M4.5S", "1d 02:03:04.5", "PT26H3M4.5S", "+P1DT123M4.5S"] {
            assert_eq!(duration(text.as_bytes()), day_and_more, "{text}");
        }
        assert_eq!(duration(b"-PT1.5S"), Some(-1_500_000_000));
        assert_eq!(duration(b"P2W"), Some(14 * NANOS_PER_DAY));
        for text in ["", "P", "PT", "P1Y", "P1M", "PT1.5H", "1", "P1", "1d", "PT1S1"] {
            assert_eq!(duration(text.as_bytes()), None, "{text}");
        }
    }
}
