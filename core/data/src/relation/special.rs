//! The tails of the distributions that tests compare with: Student's t, F and chi-squared.
//!
//! By the incomplete beta and gamma functions, as continued fractions (Lentz) and a series;
//! see Press et al., Numerical Recipes, chapter 6. The gamma function is Lanczos' (g = 7).

/// How close to its limit a series or fraction is taken.
const EPSILON: f64 = 1e-15;
/// Stands for zero where it would be divided by.
const TINY: f64 = 1e-300;
/// Fractions end far earlier: after about the root of their largest parameter.
const MOST_TERMS: u32 = 100_000;

/// How likely a correlation at least this far from zero is among `rows` pairs that have none.
pub(super) fn correlation_tail(r: f64, rows: f64) -> f64 {
    // With t² = r² (n − 2) / (1 − r²) the argument n − 2 over n − 2 + t² is 1 − r².
    incomplete_beta((1.0 - r * r).max(0.0), (rows - 2.0) / 2.0, 0.5)
}

/// How likely a value of F at least as large is, with these degrees of freedom.
pub(super) fn f_tail(f: f64, between: f64, within: f64) -> f64 {
    incomplete_beta(within / (within + between * f), within / 2.0, between / 2.0)
}

/// How likely a chi-squared at least as large is, with these degrees of freedom.
pub(super) fn chi_squared_tail(statistic: f64, freedom: f64) -> f64 {
    upper_gamma(freedom / 2.0, statistic / 2.0)
}

/// The logarithm of the gamma function, for positive numbers.
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Euler's reflection.
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let series = COEFFICIENTS
        .iter()
        .enumerate()
        .fold(0.999_999_999_999_809_9, |sum, (at, part)| {
            sum + part / (x + at as f64 + 1.0)
        });
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

/// The regularised incomplete beta function I of x.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction comes to its limit quickly on this side of the mean, its mirror on the other.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        (1.0 - front * beta_fraction(1.0 - x, b, a) / b).max(0.0)
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..MOST_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < EPSILON {
            break;
        }
    }
    fraction
}

/// The regularised upper incomplete gamma function Q.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..MOST_TERMS {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * EPSILON {
                break;
            }
        }
        return (1.0 - front * sum).max(0.0);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for term in 1..MOST_TERMS {
        let n = f64::from(term);
        let part = -n * (n - a);
        b += 2.0;
        d = 1.0 / away_from_zero(part * d + b);
        c = away_from_zero(b + part / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < EPSILON {
            break;
        }
    }
    front * fraction
}

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, expected: f64) {
        assert!(
            ((found - expected) / expected).abs() < 1e-9,
            "{found:e}, expected {expected:e}"
        );
    }

    #[test]
    fn tails_are_those_of_scipy() {
        // scipy.stats: f.sf, chi2.sf and 2 * t.sf of r * sqrt((n - 2) / (1 - r * r)).
        near(f_tail(3.5, 2.0, 27.0), 0.044_508_753_946_400_24);
        near(f_tail(120.0, 5.0, 39_994.0), 1.835_921_767_814_220_3e-126);
        near(f_tail(0.1, 4.0, 10.0), 0.979_990_011_905_380_9);
        near(chi_squared_tail(3.841_458_820_694_124, 1.0), 0.05);
        near(chi_squared_tail(250.0, 60.0), 4.901_747_961_563_307e-25);
        near(chi_squared_tail(2.0, 12.0), 0.999_405_815_182_418_3);
        near(correlation_tail(0.3, 30.0), 0.107_245_948_057_954_36);
        near(correlation_tail(-0.05, 40_000.0), 1.435_137_279_677_121_7e-23);
        assert_eq!(correlation_tail(1.0, 30.0), 0.0);
    }
}
