//! Where the rows of a JSON document stand, and the document as one row a line.
//!
//! The rows are the elements of the list that is the document, or of the first list of objects
//! that its objects hold, however deep; else the document is one row, and so is each that
//! follows it.

use std::io::{BufRead, Read};

/// Before the rows of a document at most so much else may stand.
const MOST_BEFORE: u64 = 64 << 20;

/// Where the rows of a document stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// In a list whose first element comes at this byte; the keys that lead to it.
    List { offset: u64, path: Vec<String> },
    /// Each value is one, from the first byte on.
    Values,
}

/// Whether the start of a text seems to be that of a JSON document, and not of JSON Lines.
/// `is_named` says that its name is that of a document.
pub(crate) fn looks_like_document(head: &[u8], is_whole: bool, is_named: bool) -> bool {
    let head = head.trim_ascii_start();
    let mut signs = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (signs.next(), signs.next()) {
        (Some(b'['), Some(second)) => {
            // A table may have a column whose name is in brackets.
            let third = signs.next();
            is_named || (second == b'{' && matches!(third, Some(b'"' | b'}')))
        }
        (Some(b'{'), Some(b'"' | b'}')) => {
            let lines: Vec<&[u8]> = head
                .split(|byte| *byte == b'\n')
                .map(<[u8]>::trim_ascii)
                .filter(|line| !line.is_empty())
                .take(2)
                .collect();
            let is_object = |line: &[u8]| {
                serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() && line.first() == Some(&b'{')
            };
            match lines.as_slice() {
                // One line that is an object: a document only if it holds a list of others.
                [only] if is_whole && is_object(only) => {
                    is_named && matches!(Rows::find(&mut &head[..]), Ok(Rows::List { .. }))
                }
                // A line that does not end within the head.
                [_] => is_named,
                [first, ..] => !is_object(first) && (is_named || is_start(head, is_whole)),
                [] => false,
            }
        }
        _ => false,
    }
}

/// Whether a text is JSON as far as it goes.
fn is_start(head: &[u8], is_whole: bool) -> bool {
    match serde_json::from_slice::<serde::de::IgnoredAny>(head) {
        Ok(_) => true,
        Err(error) => error.is_eof() && !is_whole,
    }
}

impl Rows {
    /// Finds them.
    ///
    /// # Errors
    /// When it cannot be read, or is no JSON.
    pub(crate) fn find(input: &mut impl BufRead) -> std::io::Result<Self> {
        let mut scan = Scan::new(input);
        scan.skip_mark()?;
        match scan.peek_sign()? {
            None => Err(damaged("it is empty")),
            Some(b'[') => {
                scan.take()?;
                Ok(Self::List {
                    offset: scan.at,
                    path: vec![],
                })
            }
            Some(b'{') => {
                let mut path = vec![];
                let Some(offset) = scan.list_of_objects(&mut path)? else {
                    return Ok(Self::Values);
                };
                Ok(Self::List { offset, path })
            }
            Some(_) => Err(damaged("it begins neither with '{' nor with '['")),
        }
    }

    /// The document as one row a line.
    pub(super) fn lines<R: BufRead>(&self, mut document: R) -> std::io::Result<Lines<R>> {
        if let Self::List { offset, .. } = self {
            std::io::copy(&mut (&mut document).take(*offset), &mut std::io::sink())?;
        }
        Ok(Lines {
            document,
            is_list: matches!(self, Self::List { .. }),
            state: State::Between,
            out: vec![],
            at: 0,
        })
    }
}

fn damaged(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned())
}

fn cut_off(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::UnexpectedEof, what.to_owned())
}

/// Reads a document byte by byte.
struct Scan<'r, R> {
    input: &'r mut R,
    /// How many bytes were taken.
    at: u64,
}

impl<'r, R: BufRead> Scan<'r, R> {
    fn new(input: &'r mut R) -> Self {
        Self { input, at: 0 }
    }

    fn peek(&mut self) -> std::io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn take(&mut self) -> std::io::Result<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.input.consume(1);
            self.at += 1;
        }
        Ok(byte)
    }

    /// A byte order mark.
    fn skip_mark(&mut self) -> std::io::Result<()> {
        while matches!(self.peek()?, Some(0xef | 0xbb | 0xbf)) {
            self.take()?;
        }
        Ok(())
    }

    /// The next byte that is no white space, not taken.
    fn peek_sign(&mut self) -> std::io::Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.take()?;
        }
        Ok(None)
    }

    /// The rest of a string whose quote was taken, as it stands.
    fn string(&mut self) -> std::io::Result<Vec<u8>> {
        let mut text = vec![];
        loop {
            match self.take()?.ok_or_else(|| cut_off("a text has no end"))? {
                b'"' => return Ok(text),
                b'\\' => {
                    text.push(b'\\');
                    text.extend(self.take()?);
                }
                byte => text.push(byte),
            }
        }
    }

    /// Looks through the objects that begin here for a list of objects. Answers where its first element is.
    fn list_of_objects(&mut self, path: &mut Vec<String>) -> std::io::Result<Option<u64>> {
        // Lists that are passed by are nested in the objects of `path`.
        let mut depth_in_lists = 0_u32;
        loop {
            if self.at > MOST_BEFORE {
                return Err(damaged("no list of objects is found in its first 64 MiB"));
            }
            let Some(byte) = self.peek_sign()? else {
                return Err(cut_off("an object has no end"));
            };
            self.take()?;
            match byte {
                b'"' => {
                    let key = self.string()?;
                    if depth_in_lists == 0 && self.peek_sign()? == Some(b':') {
                        let name = String::from_utf8_lossy(&key).into_owned();
                        if let Some(last) = path.last_mut() {
                            *last = name;
                        }
                    }
                }
                b'{' if depth_in_lists == 0 => path.push(String::new()),
                b'}' if depth_in_lists == 0 => {
                    path.pop();
                    if path.is_empty() {
                        return Ok(None);
                    }
                }
                b'[' if depth_in_lists == 0 => {
                    if self.peek_sign()? == Some(b'{') {
                        return Ok(Some(self.at));
                    }
                    depth_in_lists = 1;
                }
                b'[' | b'{' => depth_in_lists += 1,
                b']' | b'}' => depth_in_lists = depth_in_lists.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// A document, read as one row a line. Rows that are no object become one with the key `value`.
pub(super) struct Lines<R> {
    document: R,
    is_list: bool,
    state: State,
    /// Lines that are ready, read up to `at`.
    out: Vec<u8>,
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before an element or the end.
    Between,
    Element(Element),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Element {
    depth: u32,
    is_in_text: bool,
    is_escaped: bool,
    /// Whether it is put into an object.
    is_wrapped: bool,
}

impl<R: BufRead> Lines<R> {
    /// Turns what is in the buffer into lines.
    fn turn(&mut self) -> std::io::Result<()> {
        self.out.clear();
        self.at = 0;
        while self.out.is_empty() && self.state != State::Done {
            let chunk = self.document.fill_buf()?;
            if chunk.is_empty() {
                match self.state {
                    State::Element(Element {
                        depth: 0,
                        is_in_text: false,
                        is_wrapped: true,
                        ..
                    }) if !self.is_list => {
                        self.out.extend_from_slice(b"}\n");
                    }
                    State::Element(_) => return Err(cut_off("its last row has no end")),
                    _ if self.is_list => return Err(cut_off("the list of its rows has no end")),
                    _ => {}
                }
                self.state = State::Done;
                return Ok(());
            }
            let (mut state, is_list) = (self.state, self.is_list);
            let mut used = 0;
            for byte in chunk {
                used += 1;
                state = step(state, *byte, is_list, &mut self.out)?;
                if state == State::Done {
                    break;
                }
            }
            self.state = state;
            self.document.consume(used);
        }
        Ok(())
    }
}

/// Takes one byte.
fn step(state: State, byte: u8, is_list: bool, out: &mut Vec<u8>) -> std::io::Result<State> {
    let mut element = match state {
        State::Done => return Ok(State::Done),
        State::Between => match byte {
            b',' | 0xef | 0xbb | 0xbf => return Ok(State::Between),
            space if space.is_ascii_whitespace() => return Ok(State::Between),
            b']' if is_list => return Ok(State::Done),
            b']' | b'}' | b':' => {
                return Err(damaged(&format!(
                    "'{}' stands where a row should begin",
                    char::from(byte)
                )));
            }
            _ => Element {
                depth: 0,
                is_in_text: false,
                is_escaped: false,
                is_wrapped: byte != b'{',
            },
        },
        State::Element(element) => element,
    };
    if state == State::Between && element.is_wrapped {
        out.extend_from_slice(b"{\"value\":");
    }
    if element.is_in_text {
        let ends = byte == b'"' && !element.is_escaped;
        element.is_escaped = byte == b'\\' && !element.is_escaped;
        element.is_in_text = !ends;
        match byte {
            // Not allowed there, and meant all the same.
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ => out.push(byte),
        }
        return Ok(if ends && element.depth == 0 {
            end(element, out)
        } else {
            State::Element(element)
        });
    }
    match byte {
        b'"' => element.is_in_text = true,
        b'{' | b'[' => element.depth += 1,
        b'}' | b']' if element.depth > 0 => {
            element.depth -= 1;
            if element.depth == 0 {
                out.push(byte);
                return Ok(end(element, out));
            }
        }
        // A number or a word ends before what follows it.
        b']' if is_list => {
            end(element, out);
            return Ok(State::Done);
        }
        b',' if element.depth == 0 => return Ok(end(element, out)),
        space if space.is_ascii_whitespace() => {
            return Ok(if element.depth == 0 {
                end(element, out)
            } else {
                State::Element(element)
            });
        }
        _ => {}
    }
    out.push(byte);
    Ok(State::Element(element))
}

fn end(element: Element, out: &mut Vec<u8>) -> State {
    if element.is_wrapped {
        out.push(b'}');
    }
    out.push(b'\n');
    State::Between
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.out.len() {
            self.turn()?;
        }
        let count = into.len().min(self.out.len() - self.at);
        into[..count].copy_from_slice(&self.out[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
