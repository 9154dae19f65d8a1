//! What a model said about some rows.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a model said about some rows, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    pub rows: usize,
    /// Classification: the position of each row's most probable class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicted: Vec<u32>,
    /// Classification: `probabilities[row * classes + class]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probabilities: Vec<f32>,
    /// Regression: in the target's own unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<f32>,
}

impl Answers {
    /// How many classes there are; 0 for regression.
    pub fn classes(&self) -> usize {
        self.probabilities.len() / self.rows.max(1)
    }

    /// The probability of each class in a row; empty for regression.
    pub fn probabilities_of(&self, row: usize) -> &[f32] {
        let classes = self.classes();
        &self.probabilities[row * classes..(row + 1) * classes]
    }

    /// The first row whose answer is no finite number: its values were so large that the
    /// model's sums left the range of 32-bit floats. Such an answer means nothing.
    pub fn first_without_a_number(&self) -> Option<usize> {
        let odd = |values: &[f32], width: usize| {
            let position = values.iter().position(|value| !value.is_finite());
            position.map(|position| position / width.max(1))
        };
        odd(&self.probabilities, self.classes()).or_else(|| odd(&self.numbers, 1))
    }

    /// The answers for some of the rows.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let classes = self.classes();
        let part = |values: &[f32], width: usize| {
            let (start, end) = (rows.start * width, rows.end * width);
            values.get(start..end).unwrap_or_default().to_vec()
        };
        Self {
            rows: rows.len(),
            predicted: self.predicted.get(rows.clone()).unwrap_or_default().to_vec(),
            probabilities: part(&self.probabilities, classes),
            numbers: part(&self.numbers, 1),
        }
    }
}
