//! Metrics of numbers, as scikit-learn defines them.

use super::add;
use crate::outcome::Scores;

/// Points of a residual plot are at most so many.
const MOST_RESIDUALS: usize = 2000;

/// All metrics of predictions, in the target's own unit; none without rows.
pub(crate) fn deviations(actual: &[f64], predicted: &[f64]) -> Scores {
    let mut scores = Scores::new();
    if actual.is_empty() {
        return scores;
    }
    let rows = actual.len() as f64;
    let mean = actual.iter().sum::<f64>() / rows;
    let (mut squares, mut absolute, mut spread) = (0.0, 0.0, 0.0);
    for (actual, predicted) in actual.iter().zip(predicted) {
        squares += (actual - predicted).powi(2);
        absolute += (actual - predicted).abs();
        spread += (actual - mean).powi(2);
    }
    add(&mut scores, "rmse", (squares / rows).sqrt());
    add(&mut scores, "mae", absolute / rows);
    add(&mut scores, "r2", 1.0 - squares / spread);
    scores
}

/// `[actual, predicted]` of the rows, or of as many spread evenly over them as a plot can show.
pub(crate) fn residuals(actual: &[f64], predicted: &[f64]) -> Vec<[f64; 2]> {
    let stride = actual.len().div_ceil(MOST_RESIDUALS).max(1);
    let pairs = actual.iter().zip(predicted).step_by(stride);
    pairs.map(|(actual, predicted)| [*actual, *predicted]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_those_of_scikit_learn() {
        let scores = deviations(&[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0]);
        assert!((scores["rmse"] - 0.375_f64.sqrt()).abs() < 1e-12);
        assert!((scores["mae"] - 0.5).abs() < 1e-12);
        assert!((scores["r2"] - 0.948_608_137_044_967_9).abs() < 1e-12);
        let constant = deviations(&[1.0, 1.0], &[1.0, 2.0]);
        assert!(!constant.contains_key("r2"), "a constant has no r2");
    }

    #[test]
    fn many_residuals_are_thinned_evenly() {
        let actual: Vec<f64> = (0..4001).map(f64::from).collect();
        let pairs = residuals(&actual, &actual);
        assert_eq!(pairs.len(), 1334);
        assert_eq!(pairs[1], [3.0, 3.0]);
        assert_eq!(residuals(&actual[..5], &actual[..5]).len(), 5);
    }
}
