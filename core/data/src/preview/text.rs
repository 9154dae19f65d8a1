//! Texts, and bytes that are none.

use super::TextPreview;
use crate::encoding;

/// How many lines are shown, and how long they may be.
const LINES: usize = 1000;
const LINE_CHARS: usize = 1000;
/// How many bytes are shown of what is no text.
const BYTES: usize = 512;

/// The lines of a text; nothing when it is none. `whole` says that there are no more bytes.
pub(super) fn preview(head: &[u8], whole: bool) -> Option<TextPreview> {
    if head.is_empty() {
        return None;
    }
    let encoding = encoding::detect(head, whole)?;
    let text = if encoding.is_utf16() {
        String::from_utf8_lossy(&encoding::utf16_head(head, encoding)).into_owned()
    } else {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        encoding::decode(if whole { head } else { whole_characters(head) }, encoding).into_owned()
    };
    let count = text.lines().count();
    // What comes after the last line end may be half a line.
    let shown = if whole || count < 2 { count } else { count - 1 }.min(LINES);
    Some(TextPreview {
        lines: text.lines().take(shown).map(cut).collect(),
        encoding,
        is_whole: whole && count <= LINES,
    })
}

/// Without the character that the end of the head cuts, if it does.
fn whole_characters(head: &[u8]) -> &[u8] {
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        _ => head,
    }
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// The first bytes in hexadecimal, sixteen a line.
pub(super) fn hexadecimal(head: &[u8]) -> Vec<String> {
    let head = &head[..head.len().min(BYTES)];
    let line = |(number, bytes): (usize, &[u8])| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut line = format!("{:08x}  {:<47}  ", number * 16, digits.join(" "));
        line.extend(bytes.iter().map(|byte| {
            let printable = byte.is_ascii_graphic() || *byte == b' ';
            if printable { char::from(*byte) } else { '.' }
        }));
        line
    };
    head.chunks(16).enumerate().map(line).collect()
}
