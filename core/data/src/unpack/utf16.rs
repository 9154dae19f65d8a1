//! UTF-16 as UTF-8, while it is read.

use std::io::Read;

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

use crate::source::Encoding;

/// Reads UTF-16, with or without a byte order mark, as UTF-8 without one. What is no
/// character becomes the sign for that.
pub(super) struct Utf8Reader<R> {
    input: R,
    decoder: Decoder,
    bytes: Vec<u8>,
    /// Decoded, and read up to `at`.
    text: Vec<u8>,
    at: usize,
    is_at_end: bool,
}

impl<R: Read> Utf8Reader<R> {
    pub(super) fn new(input: R, encoding: Encoding) -> Self {
        let encoding = if encoding == Encoding::Utf16Be {
            UTF_16BE
        } else {
            UTF_16LE
        };
        Self {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            bytes: vec![0; 1 << 18],
            text: vec![],
            at: 0,
            is_at_end: false,
        }
    }

    fn decode(&mut self) -> std::io::Result<()> {
        let count = self.input.read(&mut self.bytes)?;
        self.is_at_end = count == 0;
        let most = self.decoder.max_utf8_buffer_length(count).unwrap_or(count * 3 + 16);
        self.text.resize(most, 0);
        let (result, _, filled, _) = self
            .decoder
            .decode_to_utf8(&self.bytes[..count], &mut self.text, self.is_at_end);
        debug_assert_eq!(result, CoderResult::InputEmpty);
        self.text.truncate(filled);
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.text.len() && !self.is_at_end {
            self.decode()?;
        }
        let count = out.len().min(self.text.len() - self.at);
        out[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
