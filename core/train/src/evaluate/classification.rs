//! Metrics of classes and their probabilities, as scikit-learn defines them.

use super::add;
use crate::outcome::{Confusion, Scores};

/// Probabilities smaller than this count as this in the logarithmic loss.
const SMALLEST: f64 = 1e-15;

/// The probability of each class for each row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Probabilities {
    classes: usize,
    /// `values[row * classes + class]`
    values: Vec<f64>,
}

impl Probabilities {
    /// From the outputs of a model, row by row: one a class, or one alone for the second of two.
    pub(crate) fn of_outputs(outputs: &[f32], width: usize) -> Self {
        if width == 1 {
            let both = |output: &f32| {
                let positive = 1.0 / (1.0 + (-f64::from(*output)).exp());
                [1.0 - positive, positive]
            };
            let values = outputs.iter().flat_map(both).collect();
            return Self { classes: 2, values };
        }
        let mut values = Vec::with_capacity(outputs.len());
        for row in outputs.chunks_exact(width) {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let start = values.len();
            values.extend(row.iter().map(|output| f64::from(output - largest).exp()));
            let sum: f64 = values[start..].iter().sum();
            for value in &mut values[start..] {
                *value /= sum;
            }
        }
        Self { classes: width, values }
    }

    /// From probabilities, row by row.
    pub(crate) fn of_values(values: Vec<f64>, classes: usize) -> Self {
        Self { classes, values }
    }

    /// The same probabilities, those of the classes' shares, in every row.
    pub(crate) fn constant(shares: &[f64], rows: usize) -> Self {
        Self {
            classes: shares.len(),
            values: shares.repeat(rows),
        }
    }

    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.classes)
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.classes..(row + 1) * self.classes]
    }

    /// The probabilities of one class.
    pub(crate) fn class(&self, class: usize) -> Vec<f64> {
        self.rows().map(|row| row[class]).collect()
    }

    /// The most probable class of each row; of equals the first.
    pub(crate) fn predicted(&self) -> Vec<u32> {
        let best = |row: &[f64]| {
            let start = (0, f64::NEG_INFINITY);
            let larger = |best: (usize, f64), (class, value): (usize, &f64)| {
                if *value > best.1 { (class, *value) } else { best }
            };
            row.iter().enumerate().fold(start, larger).0 as u32
        };
        self.rows().map(best).collect()
    }

    /// The cross-entropy of a row.
    pub(crate) fn loss(&self, row: usize, actual: u32) -> f64 {
        -self.row(row)[actual as usize].clamp(SMALLEST, 1.0).ln()
    }

    /// All metrics; none without rows.
    pub(crate) fn scores(&self, actual: &[u32]) -> Scores {
        let mut scores = Scores::new();
        if actual.is_empty() {
            return scores;
        }
        let rows = actual.len() as f64;
        let predicted = self.predicted();
        let counts = count(actual, &predicted, self.classes);
        let hits: u64 = (0..self.classes).map(|class| counts[class][class]).sum();
        add(&mut scores, "accuracy", hits as f64 / rows);
        let losses: f64 = actual
            .iter()
            .enumerate()
            .map(|(row, class)| self.loss(row, *class))
            .sum();
        add(&mut scores, "log_loss", losses / rows);
        add(&mut scores, "f1", f1(&counts));
        add(&mut scores, "balanced_accuracy", balanced_accuracy(&counts));
        if self.classes == 2 {
            add(&mut scores, "auc", auc(&self.class(1), actual));
        }
        scores
    }
}

/// The accuracy of a model's outputs, row by row as in [`Probabilities::of_outputs`],
/// without the cost of their probabilities.
pub(crate) fn share_of_hits(outputs: &[f32], width: usize, actual: &[u32]) -> f64 {
    let hit = |(row, actual): (&[f32], &u32)| match row {
        [positive] => u32::from(*positive > 0.0) == *actual,
        // Hit when no other output is larger, and none before it is as large.
        row => {
            let (before, rest) = row.split_at(*actual as usize);
            before.iter().all(|other| *other < rest[0]) && rest.iter().all(|other| *other <= rest[0])
        }
    };
    let hits = outputs
        .chunks_exact(width)
        .zip(actual)
        .filter(|pair| hit((pair.0, pair.1)))
        .count();
    hits as f64 / actual.len() as f64
}

/// How often each class was taken for each.
pub(crate) fn confusion(labels: &[String], actual: &[u32], predicted: &[u32]) -> Confusion {
    Confusion {
        labels: labels.to_vec(),
        counts: count(actual, predicted, labels.len()),
    }
}

/// `counts[actual][predicted]`
fn count(actual: &[u32], predicted: &[u32], classes: usize) -> Vec<Vec<u64>> {
    let mut counts = vec![vec![0; classes]; classes];
    for (actual, predicted) in actual.iter().zip(predicted) {
        counts[*actual as usize][*predicted as usize] += 1;
    }
    counts
}

/// Of two classes the F1 of the second; of more the mean over the classes that occur or are predicted.
fn f1(counts: &[Vec<u64>]) -> f64 {
    let of = |class: usize| {
        let hits = counts[class][class] as f64;
        let actual: u64 = counts[class].iter().sum();
        let predicted: u64 = counts.iter().map(|row| row[class]).sum();
        (actual + predicted > 0).then(|| 2.0 * hits / (actual + predicted) as f64)
    };
    if counts.len() == 2 {
        return of(1).unwrap_or(0.0);
    }
    mean((0..counts.len()).filter_map(of))
}

/// The mean share of hits over the classes that occur.
fn balanced_accuracy(counts: &[Vec<u64>]) -> f64 {
    mean(counts.iter().enumerate().filter_map(|(class, row)| {
        let actual: u64 = row.iter().sum();
        (actual > 0).then(|| row[class] as f64 / actual as f64)
    }))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// The area under the receiver operating characteristic, by ranks (Mann and Whitney);
/// not a number when one class does not occur.
fn auc(positive: &[f64], actual: &[u32]) -> f64 {
    let mut order: Vec<usize> = (0..positive.len()).collect();
    order.sort_by(|a, b| positive[*a].total_cmp(&positive[*b]));
    let (mut rank_sum, mut positives, mut first) = (0.0, 0.0, 0);
    while first < order.len() {
        let mut next = first;
        while next < order.len() && positive[order[next]] == positive[order[first]] {
            next += 1;
        }
        // Equal probabilities share the mean of their ranks, which start at 1.
        let rank = (first + 1 + next) as f64 / 2.0;
        let hits = order[first..next].iter().filter(|row| actual[**row] == 1).count() as f64;
        rank_sum += rank * hits;
        positives += hits;
        first = next;
    }
    let negatives = positive.len() as f64 - positives;
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    /// Figures of scikit-learn 1.5 for the same rows.
    #[test]
    fn binary_metrics_are_those_of_scikit_learn() {
        let positive = [0.1, 0.4, 0.35, 0.8, 0.65, 0.4];
        let probabilities = Probabilities {
            classes: 2,
            values: positive.iter().flat_map(|p| [1.0 - p, *p]).collect(),
        };
        let scores = probabilities.scores(&[0, 0, 1, 1, 0, 1]);
        close(scores["accuracy"], 0.5);
        close(scores["f1"], 0.4);
        close(scores["balanced_accuracy"], 0.5);
        close(scores["auc"], 11.0 / 18.0);
        let losses = [0.9_f64, 0.6, 0.35, 0.8, 0.35, 0.4].map(f64::ln);
        close(scores["log_loss"], -losses.iter().sum::<f64>() / 6.0);
    }

    #[test]
    fn several_classes_are_averaged_over_those_that_occur() {
        let probabilities = Probabilities {
            classes: 4,
            values: [
                [0.7, 0.1, 0.1, 0.1],
                [0.1, 0.7, 0.1, 0.1],
                [0.7, 0.1, 0.1, 0.1],
                [0.1, 0.1, 0.7, 0.1],
            ]
            .concat(),
        };
        let scores = probabilities.scores(&[0, 1, 1, 2]);
        close(scores["accuracy"], 0.75);
        close(scores["f1"], (2.0 / 3.0 + 2.0 / 3.0 + 1.0) / 3.0);
        close(scores["balanced_accuracy"], (1.0 + 0.5 + 1.0) / 3.0);
        assert!(!scores.contains_key("auc"));
    }

    #[test]
    fn a_metric_without_a_value_is_not_there() {
        let probabilities = Probabilities::constant(&[0.5, 0.5], 3);
        let scores = probabilities.scores(&[1, 1, 1]);
        assert!(!scores.contains_key("auc") && scores.contains_key("accuracy"));
        assert!(probabilities.scores(&[]).is_empty());
    }

    #[test]
    fn outputs_become_probabilities() {
        let two = Probabilities::of_outputs(&[0.0, 3.0_f32.ln()], 1);
        close(two.row(0)[1], 0.5);
        assert!((two.row(1)[1] - 0.75).abs() < 1e-6);
        let three = Probabilities::of_outputs(&[1000.0, 1000.0, -1000.0], 3);
        assert_eq!(three.row(0), [0.5, 0.5, 0.0]);
        assert_eq!(three.predicted(), [0]);
        close(three.loss(0, 2), -SMALLEST.ln());
    }

    #[test]
    fn confusion_counts_actual_by_predicted() {
        let labels = ["a".to_owned(), "b".to_owned()];
        let confusion = confusion(&labels, &[0, 0, 1], &[0, 1, 1]);
        assert_eq!(confusion.counts, [[1, 1], [0, 1]]);
    }
}
