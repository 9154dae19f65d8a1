//! A reader of JSON that walks a text once and keeps nothing of it.
//!
//! Requests go straight from their text into a model's rows. A reader of our own says at which
//! row and column it was when something is wrong, never tells a value in an error, reads each
//! number as exactly as a file's is read, and makes no tree that a request could make large.

use std::borrow::Cow;

use aloft_data::{FeatureKind, RowValue};

use super::failure::Failure;

/// Nothing that a model reads is nested deeper.
const DEPTH: u32 = 64;

/// A value that holds no others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Boolean(bool),
    /// With its digits as they stand.
    Number(f64, &'a str),
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    /// The value as a column of this kind reads it. A category is known by its text, and a
    /// whole number may have more digits than a float holds.
    #[inline]
    pub(super) fn plain(&self, kind: FeatureKind) -> RowValue<'_> {
        match self {
            Self::Null => RowValue::Missing,
            Self::Boolean(value) => RowValue::Boolean(*value),
            Self::Number(_, digits) if kind == FeatureKind::Category && is_whole(digits) => RowValue::Text(digits),
            Self::Number(number, _) => RowValue::Number(*number),
            Self::Text(text) => RowValue::Text(text),
        }
    }
}

/// Whether digits are those of a 64-bit whole number, and so stand in a file as they stand here.
fn is_whole(digits: &str) -> bool {
    digits != "-0" && (digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok())
}

/// What a value is, seen from its first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    List,
    Object,
}

/// A place in a JSON text.
#[derive(Debug)]
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Json<'a> {
    /// Reads a body, which must be UTF-8.
    pub(super) fn new(body: &'a [u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(body).map_err(|error| {
            Failure::malformed(format!("The body is not UTF-8 from byte {} on", error.valid_up_to()))
        })?;
        // RFC 8259 lets a reader pass over a mark of the byte order.
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Ok(Self { text, at, depth: 0 })
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        self.space();
        if self.at < self.text.len() {
            return Err(self.refuse("something follows the end of the JSON value"));
        }
        Ok(())
    }

    /// What comes next.
    pub(super) fn shape(&mut self) -> Result<Shape, Failure> {
        Ok(match self.peek()? {
            b'[' => Shape::List,
            b'{' => Shape::Object,
            _ => Shape::Scalar,
        })
    }

    /// Reads an object; `entry` is called after each key and must read its value.
    pub(super) fn object(
        &mut self,
        mut entry: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.open(b'{', "an object")?;
        if self.peek()? == b'}' {
            return self.close();
        }
        loop {
            if self.peek()? != b'"' {
                return Err(self.refuse("a key in quotes is missing"));
            }
            let key = self.string()?;
            if self.peek()? != b':' {
                return Err(self.refuse("a colon is missing after a key"));
            }
            self.at += 1;
            entry(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => return self.close(),
                _ => return Err(self.refuse("a comma or a closing brace is missing")),
            }
        }
    }

    /// Reads a list; `item` is called before each item and must read it.
    pub(super) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Failure>) -> Result<(), Failure> {
        self.open(b'[', "a list")?;
        if self.peek()? == b']' {
            return self.close();
        }
        loop {
            item(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => return self.close(),
                _ => return Err(self.refuse("a comma or a closing bracket is missing")),
            }
        }
    }

    /// Reads a value that holds no others.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Failure> {
        match self.peek()? {
            b'"' => self.string().map(Scalar::Text),
            b'-' | b'0'..=b'9' => self.number().map(|(number, digits)| Scalar::Number(number, digits)),
            b't' => self.word("true").map(|()| Scalar::Boolean(true)),
            b'f' => self.word("false").map(|()| Scalar::Boolean(false)),
            b'n' => self.word("null").map(|()| Scalar::Null),
            b'[' | b'{' => Err(self.refuse("a single value is expected, not a list or an object")),
            _ => Err(self.refuse("this is no JSON value")),
        }
    }

    /// Reads a text.
    pub(super) fn text(&mut self, what: &str) -> Result<Cow<'a, str>, Failure> {
        if self.peek()? != b'"' {
            return Err(self.refuse(&format!("{what} must be a text")));
        }
        self.string()
    }

    /// Passes over a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Failure> {
        match self.shape()? {
            Shape::Scalar => self.scalar().map(drop),
            Shape::List => self.list(Self::skip),
            Shape::Object => self.object(|json, _| json.skip()),
        }
    }

    /// A failure at this place.
    pub(super) fn refuse(&self, why: &str) -> Failure {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let mut lines = before.split(|byte| *byte == b'\n').rev();
        let column = 1 + lines.next().map_or(0, <[u8]>::len);
        let line = 1 + lines.count();
        Failure::malformed(format!(
            "The body cannot be read as JSON: at line {line}, column {column}, {why}"
        ))
    }

    #[inline]
    fn space(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&mut self) -> Result<u8, Failure> {
        self.space();
        match self.text.as_bytes().get(self.at) {
            Some(byte) => Ok(*byte),
            None => Err(self.refuse("it ends too early")),
        }
    }

    fn open(&mut self, bracket: u8, what: &str) -> Result<(), Failure> {
        if self.peek()? != bracket {
            return Err(self.refuse(&format!("{what} is expected")));
        }
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.refuse("it is nested too deeply"));
        }
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "ends the readers of lists and objects")]
    fn close(&mut self) -> Result<(), Failure> {
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Failure> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.refuse("this is no JSON value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(f64, &'a str), Failure> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut at = start + usize::from(bytes[start] == b'-');
        let whole = digits(at);
        if whole == 0 || whole > 1 && bytes[at] == b'0' {
            return Err(self.refuse("this is no JSON number"));
        }
        at += whole;
        if bytes.get(at) == Some(&b'.') {
            let part = digits(at + 1);
            if part == 0 {
                return Err(self.refuse("this is no JSON number"));
            }
            at += 1 + part;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            let part = digits(at);
            if part == 0 {
                return Err(self.refuse("this is no JSON number"));
            }
            at += part;
        }
        let digits = &self.text[start..at];
        let number: f64 = digits
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| self.refuse("a number is too large"))?;
        self.at = at;
        Ok((number, digits))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Failure> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Cow::Borrowed(&self.text[start..at]));
                }
                Some(b'\\') => break,
                Some(byte) if *byte >= 0x20 => at += 1,
                Some(_) => return Err(self.refuse("a text has a control character in it")),
                None => return Err(self.refuse("a text does not end")),
            }
        }
        self.escaped(start, at)
    }

    /// A text with backslashes in it, the first of which is at `at`.
    #[cold]
    fn escaped(&mut self, start: usize, mut at: usize) -> Result<Cow<'a, str>, Failure> {
        let bytes = self.text.as_bytes();
        let mut plain = start;
        let mut text = String::new();
        loop {
            match bytes.get(at) {
                Some(b'"') => {
                    text.push_str(&self.text[plain..at]);
                    self.at = at + 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => {
                    text.push_str(&self.text[plain..at]);
                    let (letter, length) = match bytes.get(at + 1) {
                        Some(b'"') => ('"', 2),
                        Some(b'\\') => ('\\', 2),
                        Some(b'/') => ('/', 2),
                        Some(b'b') => ('\u{8}', 2),
                        Some(b'f') => ('\u{c}', 2),
                        Some(b'n') => ('\n', 2),
                        Some(b'r') => ('\r', 2),
                        Some(b't') => ('\t', 2),
                        Some(b'u') => {
                            let letter = unicode(&bytes[at + 2..]);
                            letter.ok_or_else(|| self.refuse("a text has a wrong \\u escape in it"))?
                        }
                        _ => return Err(self.refuse("a text has a wrong escape in it")),
                    };
                    text.push(letter);
                    at += length;
                    plain = at;
                }
                Some(byte) if *byte >= 0x20 => at += 1,
                Some(_) => return Err(self.refuse("a text has a control character in it")),
                None => return Err(self.refuse("a text does not end")),
            }
        }
    }
}

/// The letter of the four digits after `\u`, or of a pair of surrogates, and the length of the whole escape.
fn unicode(rest: &[u8]) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = rest.get(from..from + 4)?;
        let text = std::str::from_utf8(digits).ok()?;
        // Sign characters are no digits.
        let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
        is_hex.then(|| u32::from_str_radix(text, 16).ok()).flatten()
    };
    let first = unit(0)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, 6));
    }
    if rest.get(4..6) != Some(br"\u") {
        return None;
    }
    let second = unit(6)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    Some((char::from_u32(code)?, 12))
}

#[cfg(test)]
mod tests {
    use aloft_base::random::Generator;
    use serde_json::Value;

    use super::*;

    fn value(json: &mut Json<'_>) -> Result<Value, Failure> {
        Ok(match json.shape()? {
            Shape::Scalar => match json.scalar()? {
                Scalar::Null => Value::Null,
                Scalar::Boolean(value) => value.into(),
                Scalar::Number(number, _) => number.into(),
                Scalar::Text(text) => text.into_owned().into(),
            },
            Shape::List => {
                let mut items = vec![];
                json.list(|json| {
                    items.push(value(json)?);
                    Ok(())
                })?;
                items.into()
            }
            Shape::Object => {
                let mut entries = serde_json::Map::new();
                json.object(|json, key| {
                    let value = value(json)?;
                    entries.insert(key.into_owned(), value);
                    Ok(())
                })?;
                entries.into()
            }
        })
    }

    fn read(body: &[u8]) -> Result<Value, Failure> {
        let mut json = Json::new(body)?;
        let value = value(&mut json)?;
        json.end()?;
        Ok(value)
    }

    /// Numbers are compared as floats: ours are nothing else.
    fn same(ours: &Value, theirs: &Value) -> bool {
        match (ours, theirs) {
            (Value::Number(ours), Value::Number(theirs)) => {
                let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
                (ours - theirs).abs() <= ours.abs() * 1e-15
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
            }
            (Value::Object(ours), Value::Object(theirs)) => {
                ours.len() == theirs.len()
                    && ours
                        .iter()
                        .all(|(key, value)| theirs.get(key).is_some_and(|other| same(value, other)))
            }
            _ => ours == theirs,
        }
    }

    /// `serde_json` is the judge of what is JSON and what it means.
    #[test]
    fn reads_what_serde_reads_and_refuses_what_it_refuses() {
        let seeds: [&str; 4] = [
            r#"{"rows": [{"a": 1.5e3, "b": "x\n\u00e4\ud83d\ude00", "c": null}, {"a": -0.25, "b": "", "c": true}]}"#,
            r#"[[1, 2, 30], [], {"k\"ey": [false, 0, -1, 1E+2, 0.001]}, "ünï"]"#,
            r#" { "id" : "7" , "inputs" : [ { "name" : "a" , "shape" : [ 2 ] , "data" : [ 1 , 2 ] } ] } "#,
            r#""\\\/\b\f\r\t""#,
        ];
        let mut generator = Generator::new(5);
        let alphabet: &[u8] = br#"{}[]",:\utrefalsn0123456789.-+eE "#;
        for round in 0..40_000 {
            let mut body = seeds[round % seeds.len()].as_bytes().to_vec();
            for _ in 0..generator.below(3) {
                let at = generator.below(body.len() as u64) as usize;
                let letter = alphabet[generator.below(alphabet.len() as u64) as usize];
                match generator.below(4) {
                    0 => body[at] = letter,
                    1 => body.insert(at, letter),
                    2 => drop(body.remove(at)),
                    _ => body.truncate(at + 1),
                }
            }
            let (ours, theirs) = (read(&body), serde_json::from_slice::<Value>(&body));
            let agree = match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => same(ours, theirs),
                (Err(_), Err(_)) => true,
                _ => false,
            };
            assert!(agree, "{:?}: {ours:?}, {theirs:?}", String::from_utf8_lossy(&body));
        }
    }

    #[test]
    fn what_is_deep_or_huge_or_no_text_is_refused() {
        let deep = "[".repeat(100_000);
        assert!(read(deep.as_bytes()).unwrap_err().message().contains("too deeply"));
        assert!(read(b"1e999").unwrap_err().message().contains("too large"));
        assert!(read(b"\"\xff\"").unwrap_err().message().contains("not UTF-8"));
        for word in ["NaN", "Infinity", "-Infinity", "nul", "", "  ", "01", "1.", ".5", "+1"] {
            assert!(read(word.as_bytes()).is_err(), "{word}");
        }
    }

    #[test]
    fn a_whole_number_is_a_category_with_all_its_digits() {
        let plain = |text: &str, kind| {
            let mut json = Json::new(text.as_bytes()).unwrap();
            format!("{:?}", json.scalar().unwrap().plain(kind))
        };
        let digits = "12345678901234567890";
        assert_eq!(plain(digits, FeatureKind::Category), format!("Text(\"{digits}\")"));
        assert_eq!(plain("7", FeatureKind::Number), "Number(7.0)");
        for float in ["7.0", "-0", "7e1", "123456789012345678901"] {
            assert!(plain(float, FeatureKind::Category).starts_with("Number"), "{float}");
        }
    }

    #[test]
    fn a_number_is_read_exactly() {
        let text = "0.30000000000000004441";
        assert_eq!(
            read(text.as_bytes()).unwrap().as_f64(),
            Some(text.parse::<f64>().unwrap())
        );
        let error = read(b"{\n \"a\": x}").unwrap_err();
        assert!(error.message().contains("line 2, column 7"), "{}", error.message());
    }
}
