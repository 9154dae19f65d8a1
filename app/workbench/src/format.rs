//! Numbers, sizes and times as a person reads them.

pub use aloft_base::text::thousands as count;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A count with its noun: `1 row`, `12,430 rows`.
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A size in decimal units: `512 B`, `3.2 GB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

/// A duration: `41 ms`, `2.3 s`, `48 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".to_owned();
    }
    if secs < 0.9995 {
        return format!("{:.0} ms", secs * 1000.0);
    }
    if secs < 9.95 {
        return format!("{secs:.1} s");
    }
    let whole = secs.round() as u64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// How long ago something was: `just now`, `3 min ago`, `2 h ago`, `yesterday`, `5 d ago`, then the date.
pub fn ago(now_ms: i64, then_ms: i64) -> String {
    let secs = (now_ms - then_ms).max(0) / 1000;
    match secs {
        0..45 => "just now".to_owned(),
        45..3570 => format!("{} min ago", (secs + 30) / 60),
        3570..86_400 => format!("{} h ago", (secs + 1800) / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..1_209_600 => format!("{} d ago", secs / 86_400),
        _ => local(then_ms, "%-d %b %Y"),
    }
}

/// A time of the clock on the wall, for a tooltip: `3 May 2026, 09:12:30`.
pub fn absolute(time_ms: i64) -> String {
    local(time_ms, "%-d %b %Y, %H:%M:%S")
}

/// A time of the day: `09:12:30`.
pub fn clock(time_ms: i64) -> String {
    local(time_ms, "%H:%M:%S")
}

fn local(time_ms: i64, format: &str) -> String {
    Timestamp::from_millisecond(time_ms).map_or_else(
        |_| String::new(),
        |time| time.to_zoned(TimeZone::system()).strftime(format).to_string(),
    )
}

/// A measured value with about four significant digits: `0.9731`, `12.05`, `1,204`, `3.1e-7`.
pub fn value(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "∞".to_owned()
        } else {
            "−∞".to_owned()
        };
    }
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e9).contains(&size) {
        format!("{size:.2e}")
    } else if size < 1.0 {
        format!("{size:.4}")
    } else if size < 1000.0 {
        let decimals = if size < 10.0 {
            3
        } else if size < 100.0 {
            2
        } else {
            1
        };
        format!("{size:.decimals$}")
    } else {
        count(size.round() as u64)
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A figure that changes often, in few digits: `0.42`, `1.9`, `38`, `1,204`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "–".to_owned();
    }
    if size == 0.0 {
        "0".to_owned()
    } else if size < 1.0 {
        format!("{value:.2}")
    } else if size < 10.0 {
        format!("{value:.1}")
    } else {
        count(size.round() as u64)
    }
}

/// A share as a percentage: `97.3 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(5_000_000), "5,000,000");
        assert_eq!(plural(1, "row", "rows"), "1 row");
        assert_eq!(plural(12_430, "row", "rows"), "12,430 rows");
    }

    #[test]
    fn sizes_and_durations_have_units() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(3_200_000_000), "3.2 GB");
        assert_eq!(bytes(999_900), "1.0 MB");
        assert_eq!(duration(0.041), "41 ms");
        assert_eq!(duration(2.345), "2.3 s");
        assert_eq!(duration(252.0), "4 min 12 s");
        assert_eq!(duration(7500.0), "2 h 5 min");
    }

    #[test]
    fn values_keep_four_digits() {
        assert_eq!(value(0.973_14), "0.9731");
        assert_eq!(value(-12.049), "−12.05");
        assert_eq!(value(1204.4), "1,204");
        assert_eq!(value(3.1e-7), "3.10e-7");
        assert_eq!(value(f64::NAN), "NaN");
    }

    #[test]
    fn ages_are_told_in_the_unit_that_matters() {
        assert_eq!(ago(10_000, 0), "just now");
        assert_eq!(ago(180_000, 0), "3 min ago");
        assert_eq!(ago(2 * 3_600_000, 0), "2 h ago");
        assert_eq!(ago(90_000_000, 0), "yesterday");
    }
}
