//! How texts are written: how long they are, and in which shapes.

use super::figures::top_of;
use crate::count::TextCounter;
use crate::profile::{SHAPE_CHARS, TextFigures};
use crate::sketch::of_bytes;

/// How much is kept to find frequent shapes.
const SHAPE_BYTES: usize = 256 << 10;
/// Of so many texts one is looked at for its shape, once there are too many to keep all.
const EVERY: u64 = 64;

/// Counts lengths and shapes.
#[derive(Debug)]
pub(super) struct Writing {
    count: u64,
    shortest: u64,
    longest: u64,
    characters: u64,
    empty: u64,
    shapes: TextCounter,
    /// How many texts came one by one.
    single: u64,
}

impl Writing {
    pub(super) fn new() -> Self {
        Self {
            count: 0,
            shortest: u64::MAX,
            longest: 0,
            characters: 0,
            empty: 0,
            shapes: TextCounter::new(SHAPE_BYTES),
            single: 0,
        }
    }

    /// Adds a text that stands there `count` times.
    pub(super) fn add_often(&mut self, text: &[u8], count: u64) {
        self.measure(text, count);
        self.add_shape(text, count);
    }

    /// Adds one of many texts, of which only some are looked at for their shape.
    pub(super) fn add(&mut self, text: &[u8]) {
        self.measure(text, 1);
        if self.single.is_multiple_of(EVERY) {
            self.add_shape(text, EVERY);
        }
        self.single += 1;
    }

    fn measure(&mut self, text: &[u8], count: u64) {
        // Bytes that do not go on with a character begin one.
        let length = text.iter().map(|byte| u64::from(byte & 0xc0 != 0x80)).sum();
        self.count += count;
        self.shortest = self.shortest.min(length);
        self.longest = self.longest.max(length);
        self.characters += length * count;
        self.empty += if text.is_empty() { count } else { 0 };
    }

    fn add_shape(&mut self, text: &[u8], count: u64) {
        let shape = shape(&String::from_utf8_lossy(text));
        self.shapes
            .add_or_thin(shape.as_bytes(), of_bytes(shape.as_bytes()), count);
    }

    pub(super) fn finish(&self) -> Option<TextFigures> {
        if self.count == 0 {
            return None;
        }
        let missing = self.shapes.missing();
        let sure = self.shapes.iter().filter(|(_, count)| *count > missing);
        let sure = sure.map(|(shape, count)| (shape, count + missing)).collect();
        Some(TextFigures {
            shortest: self.shortest,
            longest: self.longest,
            mean_length: self.characters as f64 / self.count as f64,
            empty: self.empty,
            shapes: top_of(sure, Ord::cmp, |shape| String::from_utf8_lossy(shape).into_owned()),
            are_shapes_sampled: self.single > 0 || missing > 0,
        })
    }
}

/// The shape of a text.
fn shape(text: &str) -> String {
    let (mut shape, mut last, mut length) = (String::new(), None, 0);
    for letter in text.chars() {
        let class = match letter {
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            '0'..='9' => '9',
            _ if letter.is_whitespace() => ' ',
            _ if letter.is_numeric() => '9',
            _ if letter.is_uppercase() => 'A',
            _ if letter.is_alphabetic() => 'a',
            _ => letter,
        };
        if last != Some(class) {
            if length == SHAPE_CHARS {
                shape.push('…');
                return shape;
            }
            shape.push(class);
            length += 1;
            last = Some(class);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_say_what_follows_what() {
        for (text, expected) in [
            ("Abc12-3", "Aa9-9"),
            ("", ""),
            ("2024-02-29", "9-9-9"),
            ("a.b@c.de", "a.a@a.a"),
            ("Élan  vital\t№ 5", "Aa a № 9"),
            ("数字", "a"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
        assert_eq!(shape(&"a1".repeat(50)).chars().count(), SHAPE_CHARS + 1);
    }

    #[test]
    fn lengths_are_in_characters_and_counted_as_often_as_they_stand_there() {
        let mut writing = Writing::new();
        writing.add_often("né".as_bytes(), 3);
        writing.add_often(b"", 1);
        writing.add_often(b"long1", 4);
        let figures = writing.finish().unwrap();
        assert_eq!((figures.shortest, figures.longest, figures.empty), (0, 5, 1));
        assert_eq!(figures.mean_length, 26.0 / 8.0);
        let shapes: Vec<(&str, u64)> = figures
            .shapes
            .iter()
            .map(|shape| (&shape.value[..], shape.count))
            .collect();
        assert_eq!(shapes, [("a9", 4), ("a", 3), ("", 1)]);
        assert!(!figures.are_shapes_sampled);
    }
}
