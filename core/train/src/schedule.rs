//! The learning rate of each step.

use crate::recipe::{Schedule, TrainingSpec};

/// The learning rate of a step, from 0, of so many.
pub(crate) fn learning_rate(training: &TrainingSpec, step: u64, steps: u64) -> f64 {
    let warmup = u64::from(training.warmup_steps.unwrap_or(0));
    let peak = training.learning_rate;
    if step < warmup {
        return peak * (step + 1) as f64 / warmup as f64;
    }
    match training.schedule {
        Schedule::Constant => peak,
        Schedule::Cosine => {
            let part = (step - warmup) as f64 / steps.saturating_sub(warmup).max(1) as f64;
            peak * 0.5 * (1.0 + (std::f64::consts::PI * part.min(1.0)).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(schedule: Schedule, warmup_steps: Option<u32>) -> TrainingSpec {
        TrainingSpec {
            learning_rate: 0.2,
            schedule,
            warmup_steps,
            ..TrainingSpec::default()
        }
    }

    #[test]
    fn warms_up_in_a_line_and_falls_by_a_cosine() {
        let cosine = training(Schedule::Cosine, Some(4));
        let rates: Vec<f64> = (0..5).map(|step| learning_rate(&cosine, step, 104)).collect();
        for (rate, expected) in rates.iter().zip([0.05, 0.1, 0.15, 0.2, 0.2]) {
            assert!((rate - expected).abs() < 1e-12, "{rate}");
        }
        assert!((learning_rate(&cosine, 54, 104) - 0.1).abs() < 1e-12);
        assert!((learning_rate(&cosine, 103, 104)) < 1e-4);
        assert_eq!(learning_rate(&cosine, 200, 104), 0.0);
    }

    #[test]
    fn stays_constant_when_asked_to() {
        let constant = training(Schedule::Constant, None);
        assert!((0..9).all(|step| learning_rate(&constant, step, 9) == 0.2));
    }

    #[test]
    fn a_warm_up_longer_than_the_run_only_rises() {
        let cosine = training(Schedule::Cosine, Some(100));
        assert!(learning_rate(&cosine, 8, 10) < learning_rate(&cosine, 9, 10));
    }
}
