//! Which rows stand in a file more than once: by a hash of 96 bits of each row, exactly, and
//! of very many rows by those whose hash is one of a part, since equal rows have equal hashes.

use polars::prelude::{PlSeedableRandomStateQuality, Series};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::cells;
use crate::columnar::guard;

/// How many rows are kept; of more, those of half of all hashes, of a quarter, ….
const MOST: usize = 6_000_000;
/// Rows are kept in so many parts by their hash.
const PARTS: usize = 256;
/// How many repeated rows are told.
const TOLD: usize = 5;

/// Rows that stand there more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// How many rows are the same as one before them.
    pub rows: u64,
    /// Whether that is an estimate, from the rows of a part of all hashes.
    #[serde(default)]
    pub is_estimate: bool,
    /// Some of them, each with the row that it repeats; from 0, the first ones first.
    pub examples: Vec<[u64; 2]>,
}

/// Keeps the hashes of rows.
#[derive(Debug)]
pub(crate) struct RepeatFinder {
    parts: Vec<Vec<Row>>,
    kept: usize,
    most: usize,
    /// Only hashes that end in so many zeros are kept.
    zeros: u32,
}

/// The hash of a row and its number, which after four billion no longer goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    hash: u64,
    more: u32,
    number: u32,
}

impl Default for RepeatFinder {
    fn default() -> Self {
        Self {
            parts: vec![vec![]; PARTS],
            kept: 0,
            most: MOST,
            zeros: 0,
        }
    }
}

impl RepeatFinder {
    /// Adds rows that follow each other by their hashes.
    pub(crate) fn add(&mut self, first: u64, hashes: &[u128]) {
        for (number, hash) in (first..).zip(hashes) {
            let more = (hash >> 64) as u32;
            if more.trailing_zeros() < self.zeros {
                continue;
            }
            let row = Row {
                hash: *hash as u64,
                more,
                number: u32::try_from(number).unwrap_or(u32::MAX),
            };
            self.parts[(row.hash >> 56) as usize].push(row);
            self.kept += 1;
            if self.kept > self.most {
                self.keep_fewer();
            }
        }
    }

    fn keep_fewer(&mut self) {
        self.zeros += 1;
        self.kept = 0;
        for part in &mut self.parts {
            part.retain(|row| row.more.trailing_zeros() >= self.zeros);
            self.kept += part.len();
        }
    }

    /// What was found.
    pub(crate) fn finish(self) -> Repeats {
        let (mut rows, mut examples) = (0, vec![]);
        for mut part in self.parts {
            part.sort_unstable();
            for same in part.chunk_by(|a, b| (a.hash, a.more) == (b.hash, b.more)) {
                rows += same.len() as u64 - 1;
                if let [first, second, ..] = same
                    && second.number < u32::MAX
                {
                    examples.push([u64::from(second.number), u64::from(first.number)]);
                }
            }
            examples.sort_unstable();
            examples.truncate(TOLD);
        }
        Repeats {
            rows: rows << self.zeros,
            is_estimate: self.zeros > 0,
            examples,
        }
    }
}

/// The hash of a row as it is written.
pub(crate) fn of_record(record: &[u8]) -> u128 {
    xxh3_128(record)
}

/// Adds the values of a column to the hashes of rows. The order of columns does not matter.
pub(crate) fn add_column(column: usize, series: &Series, hashes: &mut [u128]) {
    let mut own = vec![];
    if guard(|| series.vec_hash(PlSeedableRandomStateQuality::fixed(), &mut own)).is_err() {
        // Lists and structs, by their texts.
        let text = |row| cells::text_at(series, row).map_or(0, |text| xxh3_64(text.as_bytes()));
        own = (0..series.len()).map(text).collect();
    }
    // The number of the column in it, so that rows with values swapped differ.
    let salt = (column as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    for (hash, own) in hashes.iter_mut().zip(own) {
        let mixed = (u128::from(own) ^ salt).wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
        *hash = hash.wrapping_add((mixed ^ (mixed >> 64)).wrapping_mul(0x0fc9_4e3b_f4e9_ab32_8664_58cd_56f5_e605));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(most: usize, rows: &[String]) -> Repeats {
        let mut finder = RepeatFinder {
            most,
            ..RepeatFinder::default()
        };
        let hashes: Vec<u128> = rows.iter().map(|row| of_record(row.as_bytes())).collect();
        for (first, chunk) in hashes.chunks(1000).enumerate() {
            finder.add(first as u64 * 1000, chunk);
        }
        finder.finish()
    }

    #[test]
    fn repeated_rows_are_counted_and_the_first_are_told() {
        let mut rows: Vec<String> = (0..5000).map(|row| format!("{row},x")).collect();
        rows[70] = rows[3].clone();
        rows[4000] = rows[3].clone();
        rows[50] = rows[49].clone();
        let repeats = found(MOST, &rows);
        assert_eq!((repeats.rows, repeats.is_estimate), (3, false));
        assert_eq!(repeats.examples, [[50, 49], [70, 3]]);
        assert_eq!(found(MOST, &rows[..40]), Repeats::default());
    }

    #[test]
    fn of_very_many_rows_the_number_is_estimated() {
        // Every fourth row repeats the one before it.
        let rows: Vec<String> = (0..40_000)
            .map(|row| (row - i32::from(row % 4 == 3)).to_string())
            .collect();
        let repeats = found(8000, &rows);
        assert!(repeats.is_estimate);
        assert!(repeats.rows.abs_diff(10_000) < 1000, "{}", repeats.rows);
    }
}
