//! Bytes to characters.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::source::Encoding;

/// The characters of a cell.
///
/// A cell that is not valid UTF-8 is read as Windows-1252, in which every byte means
/// something: nothing is lost, and a file whose first foreign letter comes late still reads well.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    if encoding == Encoding::Windows1252 && !bytes.is_ascii() {
        return WINDOWS_1252.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// As [`decode`], for bytes that are owned or not.
pub(crate) fn decode_cow(bytes: Cow<'_, [u8]>, encoding: Encoding) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => decode(bytes, encoding),
        Cow::Owned(bytes) => Cow::Owned(decode(&bytes, encoding).into_owned()),
    }
}

/// Which encoding the start of a text file has, or `None` when it is no text.
/// `whole` says that the file has no more bytes than these.
pub(crate) fn detect(head: &[u8], whole: bool) -> Option<Encoding> {
    match head {
        [0xef, 0xbb, 0xbf, ..] => return Some(Encoding::Utf8Bom),
        [0xff, 0xfe, ..] => return Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Encoding::Utf16Be),
        _ => {}
    }
    if head.contains(&0) {
        return utf16_without_mark(head);
    }
    let control = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c))
        .count();
    if control * 100 > head.len() {
        return None;
    }
    match std::str::from_utf8(head) {
        Ok(_) => Some(Encoding::Utf8),
        // The cut at the end of the head may have gone through a character.
        Err(error) if error.error_len().is_none() && !whole => Some(Encoding::Utf8),
        Err(_) => Some(Encoding::Windows1252),
    }
}

/// Latin text in UTF-16 has a zero in nearly every second byte.
fn utf16_without_mark(head: &[u8]) -> Option<Encoding> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half > 0 && odd * 10 > half * 7 && even * 10 < half {
        Some(Encoding::Utf16Le)
    } else if half > 0 && even * 10 > half * 7 && odd * 10 < half {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// The start of a UTF-16 text as UTF-8, up to the last whole character.
pub(crate) fn utf16_head(head: &[u8], encoding: Encoding) -> Vec<u8> {
    let encoding = if encoding == Encoding::Utf16Be {
        UTF_16BE
    } else {
        UTF_16LE
    };
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(head.len()).unwrap_or(head.len() * 3));
    // Not the last piece: what is incomplete at the end is left out.
    let (_, _, _) = decoder.decode_to_string(head, &mut text, false);
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        let cases: [(&[u8], Option<Encoding>); 8] = [
            (b"a,b\n1,2\n", Some(Encoding::Utf8)),
            ("é,ü\n".as_bytes(), Some(Encoding::Utf8)),
            (b"\xef\xbb\xbfa,b\n", Some(Encoding::Utf8Bom)),
            (b"caf\xe9,b\n", Some(Encoding::Windows1252)),
            (b"\xff\xfea\0", Some(Encoding::Utf16Le)),
            (b"\xfe\xff\0a", Some(Encoding::Utf16Be)),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0>\0", None),
            (b"\x01\x02\x03abc", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(detect(bytes, true), expected, "{bytes:?}");
        }
        assert_eq!(detect(&utf16("a,b\n1,2\n", false), true), Some(Encoding::Utf16Le));
        assert_eq!(detect(&utf16("a,b\n1,2\n", true), true), Some(Encoding::Utf16Be));
        let cut = &"name,é".as_bytes()[..6];
        assert_eq!(detect(cut, false), Some(Encoding::Utf8));
        assert_eq!(detect(cut, true), Some(Encoding::Windows1252));
    }

    #[test]
    fn a_cell_that_is_not_utf8_is_read_as_windows_1252() {
        assert_eq!(decode(b"caf\xe9 \x80", Encoding::Utf8), "café €");
        assert_eq!(decode("café".as_bytes(), Encoding::Utf8), "café");
        assert_eq!(decode("é".as_bytes(), Encoding::Windows1252), "Ã©");
    }
}
