//! Numbers, sizes and times in the words of people.

pub(crate) use aloft_base::text::thousands as count;
use aloft_base::time::to_rfc3339;

/// A number in five significant digits, without zeros at its end.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(value.abs() as u64));
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-5..=9).contains(&magnitude) {
        return format!("{value:.4e}");
    }
    let decimals = usize::try_from(4 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A length of time.
pub(crate) fn duration(secs: f64) -> String {
    let whole = secs.round() as u64;
    match whole {
        _ if secs < 1.0 => format!("{:.0} ms", secs * 1e3),
        0..10 => format!("{secs:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// A moment in the time zone of this machine, to the second.
pub(crate) fn moment(time_ms: i64) -> String {
    let zoned = jiff::Timestamp::from_millisecond(time_ms).map(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map_or_else(
        |_| to_rfc3339(time_ms),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Bytes in decimal units, as disks and memory are sold.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Sentences, each on a line of its own behind a dot.
pub(crate) fn bullets(sentences: &[String]) -> String {
    sentences.iter().flat_map(|sentence| ["• ", sentence, "\n"]).collect()
}

/// A text of at most so many characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let one_line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if one_line.chars().count() <= most {
        return one_line;
    }
    one_line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            (1_234_567.0, "1,234,567"),
            (-2.5, "-2.5"),
            (0.123_456, "0.12346"),
            (43.921_93, "43.922"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(4_201.754_385), "4201.8");
        assert_eq!(number(1.5e-9), "1.5000e-9");
        assert_eq!(count(1_000), "1,000");
    }

    #[test]
    fn times_and_sizes_take_the_unit_that_fits() {
        assert_eq!(duration(0.073), "73 ms");
        assert_eq!(duration(2.34), "2.3 s");
        assert_eq!(duration(75.0), "1 min 15 s");
        assert_eq!(duration(7_380.0), "2 h 03 min");
        assert_eq!(bytes(2_500_000), "2 MB");
    }

    #[test]
    fn long_text_and_line_ends_do_not_break_a_table() {
        assert_eq!(shortened("a\nb", 10), "a b");
        assert_eq!(shortened("abcdef", 4), "abc…");
    }
}
