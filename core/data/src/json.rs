//! Where the fields of one line of JSON Lines stand.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::{memchr, memchr2};
use serde::de::IgnoredAny;

use crate::fields::{Found, Shape, Span, last_line, without_cr};

/// The columns of a JSON Lines file: the keys of its objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Keys {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut keys = Self::default();
        for name in names {
            keys.add(&name);
        }
        keys
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The position of a key; it is added when it is new.
    pub(crate) fn add(&mut self, name: &str) -> usize {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// The position of a key that is likely to stand at `guess`, as objects tend to look alike.
    fn position(&self, name: &str, guess: usize) -> Option<usize> {
        match self.names.get(guess) {
            Some(known) if known == name => Some(guess),
            _ => self.positions.get(name).copied(),
        }
    }
}

/// Finds the first line at or after `from` that is not blank.
pub(crate) fn find(bytes: &[u8], from: usize, at_end: bool) -> Found {
    let mut start = from;
    loop {
        let rest = bytes.get(start..).unwrap_or_default();
        let found = match memchr(b'\n', rest) {
            Some(at) => Found::Record {
                start,
                end: without_cr(bytes, start, start + at),
                next: start + at + 1,
            },
            None => last_line(bytes, start, at_end),
        };
        match found {
            Found::Record {
                start: first,
                end,
                next,
            } if bytes[first..end].trim_ascii().is_empty() => start = next,
            other => return other,
        }
    }
}

/// Finds the value of each key. `keys` grows when `learn` is set, else other keys are skipped.
/// Answers `None` when the line is not one JSON object.
pub(crate) fn split(line: &[u8], keys: &mut Keys, learn: bool, fields: &mut Vec<Span>) -> Option<()> {
    fields.clear();
    fields.resize(keys.names.len(), Span::ABSENT);
    let mut cursor = Cursor { line, at: 0 };
    cursor.expect(b'{')?;
    if cursor.peek()? == b'}' {
        cursor.at += 1;
        return cursor.finish();
    }
    let mut guess = 0;
    loop {
        cursor.expect(b'"')?;
        let key = cursor.string()?;
        let text = text(line, key);
        let name = std::str::from_utf8(&text).ok()?;
        let position = match keys.position(name, guess) {
            Some(position) => Some(position),
            None if learn => {
                fields.push(Span::ABSENT);
                Some(keys.add(name))
            }
            None => None,
        };
        cursor.expect(b':')?;
        let value = cursor.value()?;
        if let Some(position) = position {
            fields[position] = value;
            guess = position + 1;
        }
        match cursor.next()? {
            b',' => {}
            b'}' => return cursor.finish(),
            _ => return None,
        }
    }
}

/// The bytes of a field, escapes resolved.
pub(crate) fn text(line: &[u8], span: Span) -> Cow<'_, [u8]> {
    let bytes = span.of(line);
    if span.shape != Shape::Escaped {
        return Cow::Borrowed(bytes);
    }
    // Checked when the line was split, so this cannot fail.
    let quoted = &line[span.start as usize - 1..=span.end as usize];
    serde_json::from_slice::<String>(quoted).map_or(Cow::Borrowed(bytes), |text| Cow::Owned(text.into_bytes()))
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    /// The next byte that is not white space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        while self.line.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.line.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn finish(mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// The rest of a string whose opening quote was taken.
    fn string(&mut self) -> Option<Span> {
        let start = self.at;
        let mut shape = Shape::Quoted;
        loop {
            let at = self.at + memchr2(b'"', b'\\', &self.line[self.at..])?;
            if self.line[at] == b'"' {
                self.at = at + 1;
                if shape == Shape::Escaped {
                    serde_json::from_slice::<String>(&self.line[start - 1..=at]).ok()?;
                }
                return Some(Span::new(start, at, shape));
            }
            shape = Shape::Escaped;
            self.at = (at + 2).min(self.line.len());
        }
    }

    fn value(&mut self) -> Option<Span> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => {
                self.at += 1;
                self.string()
            }
            b'{' | b'[' => {
                self.nested()?;
                serde_json::from_slice::<IgnoredAny>(&self.line[start..self.at]).ok()?;
                Some(Span::new(start, self.at, Shape::Bare))
            }
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}') || byte.is_ascii_whitespace();
                let length = self.line[start..].iter().position(ends)?;
                self.at = start + length;
                let token = &self.line[start..self.at];
                match token {
                    b"null" => Some(Span::ABSENT),
                    // Python writes the last three.
                    b"true" | b"false" | b"NaN" | b"Infinity" | b"-Infinity" => {
                        Some(Span::new(start, self.at, Shape::Bare))
                    }
                    _ => {
                        let digits = matches!(first, b'-' | b'0'..=b'9');
                        let number = digits && crate::number::fits(token, false) != crate::number::Fit::No;
                        number.then(|| Span::new(start, self.at, Shape::Bare))
                    }
                }
            }
        }
    }

    /// Skips a list or an object; what is inside is checked by the caller.
    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            let byte = *self.line.get(self.at)?;
            self.at += 1;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                b'"' => drop(self.string()?),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Option<Vec<(String, Shape, String)>> {
        let (mut keys, mut spans) = (Keys::default(), vec![]);
        split(line.as_bytes(), &mut keys, true, &mut spans)?;
        assert_eq!(spans.len(), keys.names().len());
        let value = |span: &Span| String::from_utf8(text(line.as_bytes(), *span).into_owned()).unwrap();
        Some(
            keys.names()
                .iter()
                .zip(&spans)
                .map(|(name, span)| (name.clone(), span.shape, value(span)))
                .collect(),
        )
    }

    #[test]
    fn finds_every_kind_of_value_as_it_stands() {
        let line = r#" {"a": 1.50, "b":"x", "c":null,"d" : [1,{"e":"]}\""}], "f":true, "g\"":"é\u00e9\n"} "#;
        let expected = [
            ("a", Shape::Bare, "1.50"),
            ("b", Shape::Quoted, "x"),
            ("c", Shape::Absent, ""),
            ("d", Shape::Bare, r#"[1,{"e":"]}\""}]"#),
            ("f", Shape::Bare, "true"),
            ("g\"", Shape::Escaped, "éé\n"),
        ];
        assert_eq!(
            fields(line).unwrap(),
            expected.map(|(name, shape, text)| (name.to_owned(), shape, text.to_owned()))
        );
        assert_eq!(fields("{}").unwrap(), []);
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        let bad = [
            "",
            "[1]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1} x"#,
            r#"{"a":abc}"#,
            r#"{"a":"x}"#,
        ];
        for line in bad {
            assert_eq!(fields(line), None, "{line}");
        }
        assert_eq!(fields(r#"{"a":[1,}"#), None);
        assert_eq!(fields(r#"{"a":"\x"}"#), None);
    }

    #[test]
    fn known_keys_are_found_in_any_order_and_others_skipped() {
        let mut keys = Keys::new(["a".to_owned(), "b".to_owned()]);
        let mut spans = vec![];
        let line = br#"{"z":0,"b":2,"a":1,"a":3}"#;
        split(line, &mut keys, false, &mut spans).unwrap();
        let values: Vec<&[u8]> = spans.iter().map(|span| span.of(line)).collect();
        assert_eq!(values, [b"3", b"2"]);
        assert_eq!(keys.names(), ["a", "b"]);
    }

    #[test]
    fn blank_lines_are_no_records() {
        let bytes = b"  \r\n{\"a\":1}\r\n\n{}";
        assert_eq!(
            find(bytes, 0, true),
            Found::Record {
                start: 4,
                end: 11,
                next: 13
            }
        );
        assert_eq!(
            find(bytes, 13, true),
            Found::Record {
                start: 14,
                end: 16,
                next: 16
            }
        );
        assert_eq!(find(bytes, 13, false), Found::Unfinished { start: 14 });
        assert_eq!(find(bytes, 16, true), Found::Nothing);
    }
}
