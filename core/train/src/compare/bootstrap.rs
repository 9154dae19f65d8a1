//! Whether the difference between two models may be chance.

use aloft_base::random::Generator;
use aloft_base::text::thousands;
use aloft_data::Task;
use serde::{Deserialize, Serialize};

/// How often the rows are drawn again.
const RESAMPLES: usize = 2000;
/// Fewer rows tell nothing about chance.
const FEWEST_ROWS: usize = 10;

/// Which of two models is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The second is better than the first.
    Better,
    /// The second is worse than the first.
    Worse,
    /// The difference may be chance.
    NoClearDifference,
}

/// What drawing the rows again and again says about a difference (paired bootstrap, Efron
/// and Tibshirani 1993): both models are measured on the same drawn rows each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// `log_loss` or `rmse`: the less, the better.
    pub metric: String,
    /// Of `b` less that of `a`; below 0, `b` is better.
    pub difference: f64,
    /// 95 of 100 resamples lie between.
    pub low: f64,
    pub high: f64,
    pub resamples: u64,
    /// Share of the resamples in which `b` is better; those without a difference count half.
    pub share_better: f64,
}

/// Draws the rows again and again, always the same ones for both.
pub(super) fn bootstrap(a: &[f64], b: &[f64], task: Task) -> Bootstrap {
    // The root comes after the mean.
    let of_mean = |mean: f64| if task == Task::Regression { mean.sqrt() } else { mean };
    let count = a.len();
    let difference_of = |rows: &mut dyn Iterator<Item = usize>| {
        let (mut sum_a, mut sum_b) = (0.0, 0.0);
        for row in rows {
            sum_a += a[row];
            sum_b += b[row];
        }
        of_mean(sum_b / count as f64) - of_mean(sum_a / count as f64)
    };
    let difference = difference_of(&mut (0..count));
    let mut generator = Generator::stream(0, "bootstrap");
    let mut differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| difference_of(&mut (0..count).map(|_| generator.below(count as u64) as usize)))
        .collect();
    differences.sort_by(f64::total_cmp);
    let share = |is: fn(&f64) -> bool| differences.iter().filter(|d| is(d)).count() as f64 / RESAMPLES as f64;
    let share_better = share(|d| *d < 0.0) + share(|d| *d == 0.0) / 2.0;
    Bootstrap {
        metric: if task == Task::Regression { "rmse" } else { "log_loss" }.to_owned(),
        difference,
        low: differences[RESAMPLES / 40],
        high: differences[RESAMPLES - 1 - RESAMPLES / 40],
        resamples: RESAMPLES as u64,
        share_better,
    }
}

pub(super) fn verdict(bootstrap: &Bootstrap, rows: usize) -> Verdict {
    if rows < FEWEST_ROWS {
        Verdict::NoClearDifference
    } else if bootstrap.high < 0.0 {
        Verdict::Better
    } else if bootstrap.low > 0.0 {
        Verdict::Worse
    } else {
        Verdict::NoClearDifference
    }
}

pub(super) fn sentence(verdict: Verdict, bootstrap: &Bootstrap, rows: usize) -> String {
    let Bootstrap {
        difference, low, high, ..
    } = bootstrap;
    let metric = if bootstrap.metric == "rmse" { "RMSE" } else { "log loss" };
    let rows_text = thousands(rows as u64);
    let (size, range) = (
        format!("{:.4}", difference.abs()),
        format!("95 % interval of the difference {low:+.4} to {high:+.4}"),
    );
    match verdict {
        Verdict::Better => {
            format!("The new model is better: on the same {rows_text} rows its {metric} is {size} lower ({range}).")
        }
        Verdict::Worse => {
            format!("The new model is worse: on the same {rows_text} rows its {metric} is {size} higher ({range}).")
        }
        Verdict::NoClearDifference if rows < FEWEST_ROWS => {
            format!("With only {rows_text} rows to compare them on, no difference can be told from chance.")
        }
        Verdict::NoClearDifference if *difference == 0.0 && low == high => {
            format!("There is no difference: both have the same {metric} on the same {rows_text} rows.")
        }
        Verdict::NoClearDifference => {
            let direction = if *difference < 0.0 { "lower" } else { "higher" };
            format!(
                "There is no clear difference: on the same {rows_text} rows the new model's {metric} is {size} \
                 {direction}, which may be chance ({range})."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_chance_is_not_called_better() {
        let mut generator = Generator::new(1);
        let a: Vec<f64> = (0..200).map(|_| generator.uniform()).collect();
        let same: Vec<f64> = (0..200).map(|_| generator.uniform()).collect();
        let less: Vec<f64> = a.iter().map(|loss| loss * 0.8).collect();
        assert_eq!(
            verdict(&bootstrap(&a, &same, Task::Binary), 200),
            Verdict::NoClearDifference
        );
        assert_eq!(verdict(&bootstrap(&a, &less, Task::Binary), 200), Verdict::Better);
        assert_eq!(bootstrap(&a, &less, Task::Binary), bootstrap(&a, &less, Task::Binary));
        assert_eq!(
            verdict(&bootstrap(&a[..5], &less[..5], Task::Binary), 5),
            Verdict::NoClearDifference
        );
    }
}
