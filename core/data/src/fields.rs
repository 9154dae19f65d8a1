//! Where records and fields of CSV begin and end.
//!
//! RFC 4180, read leniently as spreadsheets do: a quote opens a quoted field only at the
//! field's start; inside, two quotes stand for one; text after the closing quote belongs
//! to the field; blank lines are no rows. A quoted field that is not closed within
//! [`QUOTED_LIMIT`] or before the end of the file was not meant as one: its quote is a
//! character, and its record ends with its line. Otherwise one stray quote would swallow
//! the rest of the file.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// How long a quoted field may be, in bytes.
pub(crate) const QUOTED_LIMIT: usize = 16 << 20;

/// The characters that give CSV its structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
}

/// What was found when looking for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The record is `start..end` without its line end; the next one begins at `next` or later.
    Record { start: usize, end: usize, next: usize },
    /// A record begins at `start`, but does not end in these bytes.
    Unfinished { start: usize },
    /// There are no more records in these bytes.
    Nothing,
}

/// Where one field of a record stands, relative to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) shape: Shape,
}

/// How the text of a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The record has no such field, or JSON `null`.
    Absent,
    /// Without quotes.
    Bare,
    /// Between quotes, as it stands.
    Quoted,
    /// Between quotes, with escapes inside.
    Escaped,
    /// CSV: a quoted part and more after it; the span begins at the opening quote.
    Mixed,
}

impl Span {
    pub(crate) const ABSENT: Self = Self {
        start: 0,
        end: 0,
        shape: Shape::Absent,
    };

    pub(crate) fn new(start: usize, end: usize, shape: Shape) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            shape,
        }
    }

    pub(crate) fn of(self, record: &[u8]) -> &[u8] {
        &record[self.start as usize..self.end as usize]
    }
}

impl Dialect {
    /// Finds the first record at or after `from`. With `at_end` no bytes follow these.
    pub(crate) fn find(self, bytes: &[u8], from: usize, at_end: bool) -> Found {
        let mut start = from;
        loop {
            let rest = bytes.get(start..).unwrap_or_default();
            match memchr2(b'\n', self.quote, rest) {
                Some(at) if rest[at] == b'\n' => {
                    let end = without_cr(bytes, start, start + at);
                    if end > start {
                        return Found::Record {
                            start,
                            end,
                            next: start + at + 1,
                        };
                    }
                    start += at + 1;
                }
                Some(at) => return self.find_quoted(bytes, start, start + at, at_end),
                None => return last_line(bytes, start, at_end),
            }
        }
    }

    /// Finds the end of the record at `start`, whose first quote is at `quote`.
    fn find_quoted(self, bytes: &[u8], start: usize, quote: usize, at_end: bool) -> Found {
        let mut quote = quote;
        loop {
            let mut after = quote + 1;
            if quote == start || bytes[quote - 1] == self.delimiter {
                match self.close(bytes, quote, at_end) {
                    Close::At { quote, .. } => after = quote + 1,
                    Close::Unknown => return Found::Unfinished { start },
                    Close::Never => {
                        return match memchr(b'\n', &bytes[quote..]) {
                            Some(at) => line(bytes, start, quote + at),
                            None => last_line(bytes, start, at_end),
                        };
                    }
                }
            }
            match memchr2(b'\n', self.quote, &bytes[after..]) {
                Some(at) if bytes[after + at] == b'\n' => return line(bytes, start, after + at),
                Some(at) => quote = after + at,
                None => return last_line(bytes, start, at_end),
            }
        }
    }

    /// Finds the quote that closes the field opened at `open`.
    fn close(self, bytes: &[u8], open: usize, at_end: bool) -> Close {
        let limit = (open + 1 + QUOTED_LIMIT).min(bytes.len());
        let in_full = at_end || limit < bytes.len();
        let mut from = open + 1;
        let mut escaped = false;
        while let Some(at) = bytes.get(from..limit).and_then(|rest| memchr(self.quote, rest)) {
            let quote = from + at;
            match bytes.get(quote + 1) {
                Some(next) if *next == self.quote => {
                    escaped = true;
                    from = quote + 2;
                }
                None if !at_end => return Close::Unknown,
                _ => return Close::At { quote, escaped },
            }
        }
        if in_full { Close::Never } else { Close::Unknown }
    }

    /// Finds the first `limit` fields of a record.
    pub(crate) fn split(self, record: &[u8], limit: usize, fields: &mut Vec<Span>) {
        fields.clear();
        let mut start = 0;
        while fields.len() < limit {
            let (span, after) = self.field(record, start);
            fields.push(span);
            if after >= record.len() {
                return;
            }
            start = after + 1;
        }
    }

    /// How many fields a record has.
    pub(crate) fn count(self, record: &[u8]) -> usize {
        let (mut start, mut count) = (0, 1);
        loop {
            let (_, after) = self.field(record, start);
            if after >= record.len() {
                return count;
            }
            start = after + 1;
            count += 1;
        }
    }

    /// The field at `start` and the position of the delimiter after it.
    fn field(self, record: &[u8], start: usize) -> (Span, usize) {
        let to_delimiter = |from: usize| memchr(self.delimiter, &record[from..]).map_or(record.len(), |at| from + at);
        if record.get(start) == Some(&self.quote)
            && let Close::At { quote, escaped } = self.close(record, start, true)
        {
            let after = to_delimiter(quote + 1);
            let shape = match (after == quote + 1, escaped) {
                (true, false) => Shape::Quoted,
                (true, true) => Shape::Escaped,
                (false, _) => return (Span::new(start, after, Shape::Mixed), after),
            };
            return (Span::new(start + 1, quote, shape), after);
        }
        let after = to_delimiter(start);
        (Span::new(start, after, Shape::Bare), after)
    }

    /// The bytes of a field, quotes and escapes taken away.
    pub(crate) fn text(self, record: &[u8], span: Span) -> Cow<'_, [u8]> {
        let bytes = span.of(record);
        match span.shape {
            Shape::Absent | Shape::Bare | Shape::Quoted => Cow::Borrowed(bytes),
            Shape::Escaped => Cow::Owned(self.unescape(bytes)),
            Shape::Mixed => {
                let Close::At { quote, .. } = self.close(bytes, 0, true) else {
                    return Cow::Borrowed(bytes);
                };
                let mut text = self.unescape(&bytes[1..quote]);
                text.extend_from_slice(&bytes[quote + 1..]);
                Cow::Owned(text)
            }
        }
    }

    fn unescape(self, bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(bytes.len());
        let mut from = 0;
        while let Some(at) = memchr(self.quote, &bytes[from..]) {
            text.extend_from_slice(&bytes[from..=from + at]);
            from = (from + at + 2).min(bytes.len());
        }
        text.extend_from_slice(&bytes[from..]);
        text
    }
}

/// Where a quoted field closes.
enum Close {
    At {
        quote: usize,
        escaped: bool,
    },
    /// More bytes are needed to know.
    Unknown,
    Never,
}

/// The record from `start` to the line feed at `feed`.
fn line(bytes: &[u8], start: usize, feed: usize) -> Found {
    Found::Record {
        start,
        end: without_cr(bytes, start, feed),
        next: feed + 1,
    }
}

/// The record from `start` to the end of the bytes, which has no line feed.
pub(crate) fn last_line(bytes: &[u8], start: usize, at_end: bool) -> Found {
    if start >= bytes.len() {
        return Found::Nothing;
    }
    if !at_end {
        return Found::Unfinished { start };
    }
    match without_cr(bytes, start, bytes.len()) {
        end if end > start => Found::Record {
            start,
            end,
            next: bytes.len(),
        },
        _ => Found::Nothing,
    }
}

/// The end of the line `start..end` without a carriage return.
pub(crate) fn without_cr(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\r' {
        end - 1
    } else {
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect {
        delimiter: b',',
        quote: b'"',
    };

    /// Every record of a whole file, as its fields' texts.
    fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
        let (mut at, mut rows, mut fields) = (0, vec![], vec![]);
        while let Found::Record { start, end, next } = COMMA.find(bytes, at, true) {
            let record = &bytes[start..end];
            COMMA.split(record, usize::MAX, &mut fields);
            assert_eq!(fields.len(), COMMA.count(record));
            rows.push(
                fields
                    .iter()
                    .map(|f| String::from_utf8(COMMA.text(record, *f).into_owned()).unwrap())
                    .collect(),
            );
            at = next;
        }
        rows
    }

    #[test]
    fn plain_lines_of_every_kind_of_end() {
        let expected = vec![vec!["a", "b"], vec!["1", ""], vec!["", "2"]];
        assert_eq!(rows(b"a,b\n1,\n,2\n"), expected);
        assert_eq!(rows(b"a,b\r\n1,\r\n,2\r\n"), expected);
        assert_eq!(rows(b"a,b\n1,\n,2"), expected);
        assert_eq!(rows(b"\n\r\na,b\n\n1,\n\r\n,2\r"), expected);
        assert!(rows(b"").is_empty());
        assert!(rows(b"\n\r\n").is_empty());
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        assert_eq!(
            rows(b"\"a,1\",\"b\nc\r\nd\"\nx,y\n"),
            vec![vec!["a,1", "b\nc\r\nd"], vec!["x", "y"]]
        );
        assert_eq!(
            rows(b"\"say \"\"hi\"\"\",\"\"\n\"\"\"\",z"),
            vec![vec!["say \"hi\"", ""], vec!["\"", "z"]]
        );
    }

    #[test]
    fn a_quote_inside_a_bare_field_is_a_character() {
        assert_eq!(
            rows(b"5\" pipe,a\n6\",b\n"),
            vec![vec!["5\" pipe", "a"], vec!["6\"", "b"]]
        );
    }

    #[test]
    fn text_after_the_closing_quote_belongs_to_the_field() {
        assert_eq!(
            rows(b"\"a\"\"b\" c,d\n\"e\"f\"g\",h\n"),
            vec![vec!["a\"b c", "d"], vec!["ef\"g\"", "h"]]
        );
    }

    #[test]
    fn a_quote_that_never_closes_costs_one_line_and_not_the_file() {
        assert_eq!(
            rows(b"a,b\n\"x\ny\",1\nz,\"open\nlast,2\n"),
            vec![
                vec!["a", "b"],
                vec!["x\ny", "1"],
                vec!["z", "\"open"],
                vec!["last", "2"]
            ]
        );
    }

    #[test]
    fn an_unfinished_record_is_said_to_be_so_at_every_cut() {
        let bytes = b"k,\"v\"\"\nw\"\nnext,1\n";
        let first = bytes.iter().rposition(|b| *b == b'n').unwrap();
        let whole = COMMA.find(bytes, 0, true);
        assert_eq!(
            whole,
            Found::Record {
                start: 0,
                end: first - 1,
                next: first
            }
        );
        for cut in 1..first {
            assert_eq!(
                COMMA.find(&bytes[..cut], 0, false),
                Found::Unfinished { start: 0 },
                "cut at {cut}"
            );
        }
        assert_eq!(COMMA.find(&bytes[..first], 0, false), whole);
        assert_eq!(COMMA.find(bytes, bytes.len(), false), Found::Nothing);
    }

    #[test]
    fn a_quoted_field_over_the_limit_is_the_same_however_much_is_read() {
        let mut bytes = b"a,\"".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 10));
        bytes.push(b'\n');
        let line_end = bytes.len() - 1;
        bytes.extend(std::iter::repeat_n(b'y', QUOTED_LIMIT));
        let expected = Found::Record {
            start: 0,
            end: line_end,
            next: line_end + 1,
        };
        let known_at = 3 + QUOTED_LIMIT + 1;
        assert_eq!(
            COMMA.find(&bytes[..known_at - 1], 0, false),
            Found::Unfinished { start: 0 }
        );
        assert_eq!(COMMA.find(&bytes[..known_at], 0, false), expected);
        bytes.extend_from_slice(b"\"\n");
        assert_eq!(COMMA.find(&bytes, 0, true), expected);
    }
}
