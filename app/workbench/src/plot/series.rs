//! The points of a run's series as they were read, and what an epoch is in steps.

use aloft_base::metrics::Curve;

/// One point, or a stretch of them when the curve is coarse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub step: i64,
    pub time_ms: i64,
    /// The value, or the mean of the finite ones; NaN when there are none.
    pub value: f64,
    pub min: f64,
    pub max: f64,
    /// How many of its values are NaN or infinite.
    pub bad: u64,
}

/// A series by its name, `train/loss`.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub samples: Vec<Sample>,
    /// How many raw points a sample stands for.
    pub points_each: usize,
}

impl Series {
    pub fn new(name: impl Into<String>, curve: &Curve) -> Self {
        let samples = curve
            .parts
            .iter()
            .map(|part| Sample {
                step: part.step_max,
                time_ms: part.time_max_ms,
                value: if part.finite() > 0 { part.mean() } else { f64::NAN },
                min: part.min,
                max: part.max,
                bad: part.count - part.finite(),
            })
            .collect();
        Self {
            name: name.into(),
            samples,
            points_each: curve.points_each.max(1),
        }
    }

    /// What is measured: `loss` of `train/loss`.
    pub fn metric(&self) -> &str {
        self.name
            .split_once('/')
            .map_or(self.name.as_str(), |(_, metric)| metric)
    }

    /// On which part of the data: `train` of `train/loss`; the whole name where there is none.
    pub fn part(&self) -> &str {
        match self.name.split_once('/') {
            Some(("valid", _)) => "validation",
            Some((part, _)) => part,
            None => &self.name,
        }
    }

    /// The last finite value.
    pub fn last(&self) -> Option<f64> {
        self.samples
            .iter()
            .rev()
            .map(|sample| sample.value)
            .find(|value| value.is_finite())
    }
}

/// Which step ends which epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Epochs(Vec<(i64, f64)>);

impl Epochs {
    /// From the series `epoch`: one sample at the end of each.
    pub fn new(series: &Series) -> Self {
        Self(
            series
                .samples
                .iter()
                .filter(|sample| sample.value.is_finite())
                .map(|s| (s.step, s.value))
                .collect(),
        )
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The epoch at a step, with its fraction; beyond the last end at the pace of the last epoch.
    pub fn at(&self, step: i64) -> Option<f64> {
        let next = self.0.partition_point(|(end, _)| *end < step);
        let before = if next == 0 { (0, 0.0) } else { self.0[next - 1] };
        let Some(after) = self.0.get(next).copied() else {
            let previous = if self.0.len() >= 2 {
                self.0[self.0.len() - 2]
            } else {
                (0, 0.0)
            };
            let pace = (before.0 - previous.0).max(1) as f64 / (before.1 - previous.1).max(1e-9);
            return (!self.is_empty()).then(|| before.1 + (step - before.0) as f64 / pace);
        };
        let share = (step - before.0) as f64 / (after.0 - before.0).max(1) as f64;
        Some(before.1 + share * (after.1 - before.1))
    }

    /// The step at an epoch; the inverse of [`Epochs::at`].
    pub fn step_at(&self, epoch: f64) -> Option<i64> {
        let (last_step, last_epoch) = *self.0.last()?;
        let per_epoch = last_step as f64 / last_epoch.max(1e-9);
        Some((epoch * per_epoch).round() as i64)
    }
}

#[cfg(test)]
mod tests {
    use aloft_base::metrics::{Point, Summary};

    use super::*;

    fn series(points: &[(i64, f64)]) -> Series {
        let parts = points.iter().map(|(step, value)| {
            Summary::of_point(Point {
                step: *step,
                time_ms: *step,
                value: *value,
            })
        });
        Series::new(
            "train/loss",
            &Curve {
                parts: parts.collect(),
                points_each: 1,
            },
        )
    }

    #[test]
    fn names_are_taken_apart() {
        let loss = series(&[(1, 2.0)]);
        assert_eq!((loss.part(), loss.metric()), ("train", "loss"));
        let valid = Series {
            name: "valid/balanced_accuracy".into(),
            ..loss.clone()
        };
        assert_eq!((valid.part(), valid.metric()), ("validation", "balanced_accuracy"));
        let rate = Series {
            name: "learning_rate".into(),
            ..loss
        };
        assert_eq!((rate.part(), rate.metric()), ("learning_rate", "learning_rate"));
    }

    #[test]
    fn a_step_is_a_fraction_of_an_epoch() {
        let epochs = Epochs::new(&series(&[(10, 1.0), (20, 2.0), (30, 3.0)]));
        assert_eq!(epochs.at(5), Some(0.5));
        assert_eq!(epochs.at(20), Some(2.0));
        assert_eq!(epochs.at(25), Some(2.5));
        assert_eq!(epochs.at(35), Some(3.5));
        assert_eq!(epochs.step_at(2.5), Some(25));
        assert_eq!(Epochs::default().at(7), None);
    }

    #[test]
    fn values_that_are_not_finite_are_counted_and_have_no_value() {
        let series = series(&[(1, 1.0), (2, f64::NAN), (3, f64::INFINITY), (4, 0.5)]);
        assert!(series.samples[1].value.is_nan() && series.samples[2].value.is_nan());
        assert_eq!(series.samples.iter().map(|sample| sample.bad).sum::<u64>(), 2);
        assert_eq!(series.last(), Some(0.5));
    }
}
