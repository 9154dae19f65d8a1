//! How the numbers of a column are written in the grid. What is copied stays as it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// As they stand in the file.
    #[default]
    Plain,
    /// `1,234,567.5`
    Thousands,
    /// `3.14`
    TwoDecimals,
    /// `1.235e6`
    Scientific,
    /// `12.5 %`
    Percent,
}

impl NumberFormat {
    /// All of them with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Plain, "As it is"),
        (Self::Thousands, "1,234.5"),
        (Self::TwoDecimals, "0.00"),
        (Self::Scientific, "1.2e3"),
        (Self::Percent, "12 %"),
    ];

    /// A number, as it stands in the file, in this form; one that cannot be read stays as it is.
    pub fn write(self, text: &str) -> Cow<'_, str> {
        let written = match self {
            Self::Plain => None,
            Self::Thousands => grouped(text),
            Self::TwoDecimals => read(text).map(|value| format!("{value:.2}")),
            Self::Scientific => read(text).map(|value| format!("{value:.3e}")),
            Self::Percent => read(text).map(|value| {
                let percent = format!("{:.2}", value * 100.0);
                format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
            }),
        };
        written.map_or(Cow::Borrowed(text), Cow::Owned)
    }
}

/// A comma can only be a decimal one: numbers have no separators in files.
fn read(text: &str) -> Option<f64> {
    let value: f64 = if text.contains(',') {
        text.replacen(',', ".", 1).parse().ok()?
    } else {
        text.parse().ok()?
    };
    value.is_finite().then_some(value)
}

/// By its digits and not by its value, so that a number of any length stays exact.
fn grouped(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = rest.find(['.', ',']).map_or((rest, ""), |at| rest.split_at(at));
    if whole.is_empty()
        || !rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    {
        return None;
    }
    let mut written = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    if let Some(decimals) = part.get(1..) {
        written.push('.');
        written.push_str(decimals);
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_asked() {
        for (format, text, written) in [
            (NumberFormat::Plain, "1234.50", "1234.50"),
            (NumberFormat::Thousands, "1234567.5", "1,234,567.5"),
            (NumberFormat::Thousands, "-123", "-123"),
            (
                NumberFormat::Thousands,
                "123456789012345678901234567890",
                "123,456,789,012,345,678,901,234,567,890",
            ),
            (NumberFormat::Thousands, "1e-300", "1e-300"),
            (NumberFormat::Thousands, "1234,5", "1,234.5"),
            (NumberFormat::TwoDecimals, "3,14159", "3.14"),
            (NumberFormat::Scientific, "1234567", "1.235e6"),
            (NumberFormat::Percent, "0.125", "12.5 %"),
            (NumberFormat::Percent, "2", "200 %"),
            (NumberFormat::Percent, "inf", "inf"),
        ] {
            assert_eq!(format.write(text), written, "{format:?} {text}");
        }
    }
}
