//! Numbers as people read them.

/// A whole number with thousands separators: `12,430`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn every_third_digit_has_a_separator() {
        assert_eq!(
            [0, 999, 1000, 12_430, 5_000_000].map(thousands),
            ["0", "999", "1,000", "12,430", "5,000,000"]
        );
    }
}
