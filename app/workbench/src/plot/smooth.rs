//! Exponential smoothing without the bias towards the start.

/// An exponential moving average divided by the weight it has gathered, so that early
/// values are averages too and not pulled towards zero (as in Adam, Kingma and Ba 2015).
#[derive(Clone, Copy, Debug)]
pub struct Smoother {
    weight: f64,
    sum: f64,
    gathered: f64,
}

impl Smoother {
    /// `weight` is how much of the past is kept at each value, from 0 (none) to below 1.
    pub fn new(weight: f64) -> Self {
        Self {
            weight: weight.clamp(0.0, 0.999),
            sum: 0.0,
            gathered: 0.0,
        }
    }

    /// The average after this value. A value that is not finite changes nothing and has none.
    pub fn next(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            return f64::NAN;
        }
        self.sum = self.sum * self.weight + (1.0 - self.weight) * value;
        self.gathered = self.gathered * self.weight + (1.0 - self.weight);
        self.sum / self.gathered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_what_it_is_from_the_first_value_on() {
        let mut smoother = Smoother::new(0.99);
        for _ in 0..5 {
            assert!((smoother.next(3.0) - 3.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_average_is_the_weighted_one() {
        let mut smoother = Smoother::new(0.5);
        assert_eq!(smoother.next(1.0), 1.0);
        // (0.5 · 1 · 0.5 + 0.5 · 4) / (0.25 + 0.5) = 3
        assert_eq!(smoother.next(4.0), 3.0);
        assert!(smoother.next(f64::NAN).is_nan());
        assert!((smoother.next(3.0) - 3.0).abs() < 1e-12, "a gap is skipped");
    }

    #[test]
    fn no_smoothing_changes_nothing() {
        let mut smoother = Smoother::new(0.0);
        assert_eq!([1.5, -2.0, 7.0].map(|value| smoother.next(value)), [1.5, -2.0, 7.0]);
    }
}
