//! How good predictions are.

mod classification;
mod regression;

pub(crate) use classification::{Probabilities, confusion, share_of_hits};
pub(crate) use regression::{deviations, residuals};

use crate::outcome::Scores;

/// Adds a metric if it has a value.
fn add(scores: &mut Scores, name: &str, value: f64) {
    if value.is_finite() {
        scores.insert(name.to_owned(), value);
    }
}
