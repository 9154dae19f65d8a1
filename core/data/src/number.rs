//! Numbers in text: whether a text is one, which one, and back.

/// Whether a text is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    No,
    /// A whole number in 64 bits.
    Integer,
    /// A whole number beyond 64 bits.
    Large,
    /// With decimals or exponent, infinite or NaN.
    Float,
}

/// Says whether a text without spaces around it is a number, as `f64` is read by Rust:
/// sign, digits, decimals, exponent, or `inf`, `infinity`, `nan` in any case.
pub(crate) fn fits(text: &[u8], decimal_comma: bool) -> Fit {
    let point = if decimal_comma { b',' } else { b'.' };
    let digits = without_sign(text);
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole == digits.len() {
        return match whole {
            0 => Fit::No,
            1..=18 => Fit::Integer,
            _ if integer(text).is_some() => Fit::Integer,
            _ => Fit::Large,
        };
    }
    let mut rest = &digits[whole..];
    let mut decimals = 0;
    if rest[0] == point {
        decimals = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest = &rest[1 + decimals..];
    }
    if whole + decimals == 0 {
        let word = |known: &[u8]| digits.eq_ignore_ascii_case(known);
        return if word(b"inf") || word(b"infinity") || word(b"nan") {
            Fit::Float
        } else {
            Fit::No
        };
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = without_sign(exponent);
        if exponent.is_empty() || !exponent.iter().all(u8::is_ascii_digit) {
            return Fit::No;
        }
        rest = &[];
    }
    if rest.is_empty() { Fit::Float } else { Fit::No }
}

fn without_sign(text: &[u8]) -> &[u8] {
    if let [b'+' | b'-', rest @ ..] = text {
        rest
    } else {
        text
    }
}

/// Reads a whole number.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = (text.first() == Some(&b'-'), without_sign(text));
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Downwards, since the smallest number has no positive twin.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// Reads a number.
pub(crate) fn float(text: &[u8], decimal_comma: bool) -> Option<f64> {
    if let Some(value) = short(text, if decimal_comma { b',' } else { b'.' }) {
        return Some(value);
    }
    if fits(text, decimal_comma) == Fit::No {
        return None;
    }
    if decimal_comma && let Some(comma) = memchr::memchr(b',', text) {
        let mut copy = text.to_vec();
        copy[comma] = b'.';
        return std::str::from_utf8(&copy).ok()?.parse().ok();
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads a number of at most 15 digits without exponent, as most are: its digits and the
/// power of ten are both exact, so that one division rounds as it should (Clinger 1990).
fn short(text: &[u8], point: u8) -> Option<f64> {
    const POWERS: [f64; 16] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ];
    let digits = without_sign(text);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut mantissa, mut decimals, mut count) = (0_u64, None, 0);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + u64::from(digit);
            count += 1;
        } else if *byte == point && decimals.is_none() {
            decimals = Some(count);
        } else {
            return None;
        }
    }
    if count == 0 || count > 15 {
        return None;
    }
    let value = mantissa as f64 / POWERS[count - decimals.unwrap_or(count)];
    Some(if text[0] == b'-' { -value } else { value })
}

/// The shortest text that reads back as the same number.
pub(crate) fn to_text(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-5..1e16).contains(&size) || !value.is_finite() {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_numbers_from_text_as_rust_does() {
        let texts = [
            "1",
            "+1",
            "-1",
            "007",
            "1.",
            ".5",
            "-.5",
            "1e5",
            "1E-5",
            "1.5e+10",
            "inf",
            "-Infinity",
            "NaN",
            "nan",
            "9223372036854775807",
            "-9223372036854775808",
            "",
            "+",
            ".",
            "e5",
            "1e",
            "1e+",
            "1.2.3",
            "abc",
            "1a",
            "0x10",
            "1_000",
            "1,5",
            "--1",
            "- 1",
            "12-05",
            "1e5x",
            "infinit",
        ];
        for text in texts {
            let rust = text.parse::<f64>();
            assert_eq!(fits(text.as_bytes(), false) != Fit::No, rust.is_ok(), "{text}");
            let read = float(text.as_bytes(), false);
            assert_eq!(read.map(f64::to_bits), rust.ok().map(f64::to_bits), "{text}");
            assert_eq!(integer(text.as_bytes()), text.parse::<i64>().ok(), "{text}");
            let whole = fits(text.as_bytes(), false) == Fit::Integer;
            assert_eq!(whole, text.parse::<i64>().is_ok(), "{text}");
        }
    }

    #[test]
    fn short_numbers_are_read_to_the_last_bit() {
        let mut generator = aloft_base::random::Generator::new(3);
        for _ in 0..20_000 {
            let digits = generator.below(1_000_000_000_000_000);
            let text = format!("{digits}");
            let point = generator.below(text.len() as u64 + 1) as usize;
            let text = format!(
                "{}{}.{}",
                if digits.is_multiple_of(2) { "-" } else { "" },
                &text[..point],
                &text[point..]
            );
            let expected: f64 = text.parse().unwrap();
            assert_eq!(
                float(text.as_bytes(), false).unwrap().to_bits(),
                expected.to_bits(),
                "{text}"
            );
        }
    }

    #[test]
    fn whole_numbers_beyond_64_bits_are_told_apart() {
        assert_eq!(fits(b"9223372036854775808", false), Fit::Large);
        assert_eq!(fits(b"-9223372036854775809", false), Fit::Large);
        assert_eq!(fits(b"0000000000000000000000042", false), Fit::Integer);
    }

    #[test]
    fn a_decimal_comma_replaces_the_point() {
        assert_eq!(float(b"3,15", true), Some(3.15));
        assert_eq!(float(b"-,5e1", true), Some(-5.0));
        assert_eq!(float(b"3.15", true), None);
        assert_eq!(float(b"3,15", false), None);
        assert_eq!(fits(b"42", true), Fit::Integer);
    }

    #[test]
    fn texts_of_numbers_are_short_and_exact() {
        for (value, text) in [
            (0.1, "0.1"),
            (1.0, "1"),
            (1e300, "1e300"),
            (-2.5e-7, "-2.5e-7"),
            (1e15, "1000000000000000"),
            (0.0, "0"),
        ] {
            assert_eq!(to_text(value), text);
            assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }
}
