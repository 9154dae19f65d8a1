//! How the columns of numbers go together, each with each.

use serde::{Deserialize, Serialize};

use super::pairs::pearson;
use super::sample::Sample;
use crate::profile::Profile;

/// How many columns are compared with each other.
const MOST_COLUMNS: usize = 100;
/// In how many rows they are compared.
const MOST_ROWS: usize = 8000;

/// The correlations (Pearson) of columns of numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Correlations {
    /// Names of the columns in the order of the file, at most a hundred.
    pub columns: Vec<String>,
    /// For each column those with the columns before it, from −1 to 1; nothing where one of
    /// them does not vary or too few rows have both.
    pub below: Vec<Vec<Option<f64>>>,
    /// How many rows were looked at, when they were not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_rows: Option<u64>,
    /// How many columns of numbers there are besides.
    #[serde(default)]
    pub others: u64,
}

impl Correlations {
    /// Those of the columns of numbers that have more than two values; nothing when there are
    /// not two of them.
    pub(super) fn of(profile: &Profile, sample: &Sample) -> Option<Self> {
        let numeric = profile.columns.iter().enumerate();
        let numeric = numeric.filter(|(_, column)| column.kind.is_number() && column.distinct > 2);
        let numeric: Vec<usize> = numeric.map(|(position, _)| position).collect();
        let taken = numeric.iter().take(MOST_COLUMNS);
        let columns: Vec<(usize, Vec<f64>)> = taken
            .filter_map(|&position| Some((position, thinned(sample.numbers(position)?))))
            .collect();
        if columns.len() < 2 {
            return None;
        }
        let with_those_before =
            |(at, (_, x)): (usize, &(usize, Vec<f64>))| columns[..at].iter().map(|(_, y)| pearson(x, y)).collect();
        let rows = columns[0].1.len() as u64;
        Some(Self {
            below: columns.iter().enumerate().map(with_those_before).collect(),
            others: (numeric.len() - columns.len()) as u64,
            columns: columns
                .iter()
                .map(|(at, _)| profile.columns[*at].name.clone())
                .collect(),
            sampled_rows: (rows < profile.rows).then_some(rows),
        })
    }

    /// The correlation of two columns by their places in [`Correlations::columns`]; one with itself is 1.
    pub fn between(&self, first: usize, second: usize) -> Option<f64> {
        if first == second {
            return Some(1.0);
        }
        let (low, high) = (first.min(second), first.max(second));
        self.below.get(high)?.get(low).copied().flatten()
    }

    /// All pairs, the strongest first; among equals in the order of the file.
    pub fn strongest(&self) -> Vec<(usize, usize, f64)> {
        let rows = self.below.iter().enumerate();
        let mut pairs: Vec<(usize, usize, f64)> = rows
            .flat_map(|(second, row)| {
                let pairs = row.iter().enumerate();
                pairs.filter_map(move |(first, r)| Some((first, second, (*r)?)))
            })
            .collect();
        pairs.sort_by(|a, b| {
            b.2.abs()
                .total_cmp(&a.2.abs())
                .then_with(|| (a.0, a.1).cmp(&(b.0, b.1)))
        });
        pairs
    }
}

/// Values from all over, so many that all pairs are compared quickly.
fn thinned(values: Vec<f64>) -> Vec<f64> {
    let step = values.len().div_ceil(MOST_ROWS).max(1);
    if step == 1 {
        values
    } else {
        values.into_iter().step_by(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_from_either_side_and_ranked() {
        let correlations = Correlations {
            columns: ["a", "b", "c"].map(str::to_owned).to_vec(),
            below: vec![vec![], vec![Some(0.5)], vec![None, Some(-0.9)]],
            ..Correlations::default()
        };
        assert_eq!(correlations.between(1, 0), Some(0.5));
        assert_eq!(correlations.between(0, 1), Some(0.5));
        assert_eq!(correlations.between(2, 2), Some(1.0));
        assert_eq!(correlations.between(0, 2), None);
        assert_eq!(correlations.strongest(), [(1, 2, -0.9), (0, 1, 0.5)]);
    }
}
