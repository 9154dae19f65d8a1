//! Mean, deviation, skewness and kurtosis of values that come in batches: the sums of a batch
//! around its own mean, joined to those before (Pébay 2008, "Formulas for robust, one-pass
//! parallel computation of covariances and arbitrary-order statistical moments").

/// The sums of all values so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    count: f64,
    /// The sum and what was lost in it (Neumaier 1974).
    sum: [f64; 2],
    mean: f64,
    /// Sums of the second, third and fourth power of the distance to the mean.
    second: f64,
    third: f64,
    fourth: f64,
}

/// So many sums go side by side: quicker, and each loses less.
const LANES: usize = 8;

impl Moments {
    /// Adds a batch of finite values.
    pub(crate) fn add(&mut self, values: &[f64]) {
        if values.is_empty() {
            return;
        }
        let count = values.len() as f64;
        let sum = lanes(values, |value| [value])[0];
        let centre = sum / count;
        let [first, second, third, fourth] = lanes(values, |value| {
            let distance = value - centre;
            let square = distance * distance;
            [distance, square, square * distance, square * square]
        });
        // The centre is rounded, so the distances do not quite add up to nothing.
        let shift = first / count;
        let later = Self {
            count,
            sum: [sum, 0.0],
            mean: centre + shift,
            second: second - first * shift,
            third: third - 3.0 * shift * second + 2.0 * shift * shift * first,
            fourth: fourth - 4.0 * shift * third + 6.0 * shift * shift * second - 3.0 * shift.powi(3) * first,
        };
        self.merge(&later);
    }

    /// Adds what was summed up of other values.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        let (own, others) = (self.count, other.count);
        let count = own + others;
        let delta = other.mean - self.mean;
        let step = delta / count;
        let cross = delta * step * own * others;
        self.fourth += other.fourth
            + cross * step * step * (own * own - own * others + others * others)
            + 6.0 * step * step * (own * own * other.second + others * others * self.second)
            + 4.0 * step * (own * other.third - others * self.third);
        self.third +=
            other.third + cross * step * (own - others) + 3.0 * step * (own * other.second - others * self.second);
        self.second += other.second + cross;
        self.mean += step * others;
        self.count = count;
        for part in other.sum {
            self.lose_less(part);
        }
    }

    fn lose_less(&mut self, value: f64) {
        let [sum, lost] = &mut self.sum;
        let next = *sum + value;
        *lost += if sum.abs() >= value.abs() {
            (*sum - next) + value
        } else {
            (value - next) + *sum
        };
        *sum = next;
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        finite((self.sum[0] + self.sum[1]) / self.count)
    }

    /// The sample standard deviation (divided by n − 1).
    pub(crate) fn std(&self) -> Option<f64> {
        if self.count < 2.0 {
            return None;
        }
        finite((self.second.max(0.0) / (self.count - 1.0)).sqrt())
    }

    /// The sample skewness G₁, as pandas has it; 0 when all values are the same.
    pub(crate) fn skew(&self) -> Option<f64> {
        let n = self.count;
        if n < 3.0 {
            return None;
        }
        if self.second == 0.0 {
            return Some(0.0);
        }
        finite(n * (n - 1.0).sqrt() / (n - 2.0) * self.third / self.second.powf(1.5))
    }

    /// The sample excess kurtosis G₂, as pandas has it; 0 when all values are the same.
    pub(crate) fn kurtosis(&self) -> Option<f64> {
        let n = self.count;
        if n < 4.0 {
            return None;
        }
        if self.second == 0.0 {
            return Some(0.0);
        }
        let ratio = n * (n + 1.0) * (n - 1.0) * self.fourth / (self.second * self.second);
        finite((ratio - 3.0 * (n - 1.0).powi(2)) / ((n - 2.0) * (n - 3.0)))
    }
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

/// Sums of what `terms` makes of each value.
fn lanes<const N: usize>(values: &[f64], terms: impl Fn(f64) -> [f64; N]) -> [f64; N] {
    let mut sums = [[0.0; LANES]; N];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in chunk.iter().enumerate() {
            for (sum, term) in sums.iter_mut().zip(terms(*value)) {
                sum[lane] += term;
            }
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        for (sum, term) in sums.iter_mut().zip(terms(*value)) {
            sum[lane] += term;
        }
    }
    sums.map(|sum| {
        let [a, b, c, d, e, f, g, h] = sum;
        ((a + b) + (c + d)) + ((e + f) + (g + h))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64, tolerance: f64) {
        let found = found.unwrap();
        assert!(
            (found - expected).abs() <= tolerance * expected.abs(),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn figures_are_those_of_pandas_however_the_values_are_cut() {
        // mean, std, skew and kurt of pandas.Series(i * i % 97 for i in range(1000)).
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 97)).collect();
        for size in [1, 7, 64, 1000] {
            let mut moments = Moments::default();
            values.chunks(size).for_each(|chunk| moments.add(chunk));
            near(moments.mean(), 47.84, 1e-14);
            near(moments.std(), 30.373_194_282_638_94, 1e-12);
            near(moments.skew(), 0.013_488_235_297_828_508, 1e-9);
            near(moments.kurtosis(), -1.286_877_494_399_645_7, 1e-12);
        }
    }

    #[test]
    fn large_values_close_together_lose_nothing() {
        let mut moments = Moments::default();
        moments.add(&[1e15, 1e15]);
        moments.add(&[1_000_000_000_000_001.0]);
        near(moments.std(), (1.0_f64 / 3.0).sqrt(), 1e-12);
        let mut one = Moments::default();
        one.add(&[3.0]);
        assert_eq!((one.mean(), one.std(), one.skew()), (Some(3.0), None, None));
        one.add(&[3.0; 9]);
        assert_eq!(
            (one.std(), one.skew(), one.kurtosis()),
            (Some(0.0), Some(0.0), Some(0.0))
        );
    }
}
