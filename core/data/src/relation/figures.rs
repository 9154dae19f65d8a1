//! What two columns have to do with each other, as the statistics of the tests.

use std::collections::BTreeMap;

use super::special::{chi_squared_tail, correlation_tail, f_tail};
use super::{Anova, ChiSquared, Correlation};

/// Into how many bins of equally many values a column of numbers is cut for the mutual information.
pub(super) const BINS: usize = 10;

/// Pearson's and Spearman's correlation, of at least three pairs of finite numbers.
pub(super) fn correlation(x: &[f64], y: &[f64]) -> Option<Correlation> {
    let rows = x.len() as f64;
    if x.len() < 3 {
        return None;
    }
    let pearson = product_moment(x, y)?;
    let spearman = product_moment(&ranks(x), &ranks(y))?;
    Some(Correlation {
        pearson,
        pearson_p: correlation_tail(pearson, rows),
        spearman,
        spearman_p: correlation_tail(spearman, rows),
    })
}

fn product_moment(x: &[f64], y: &[f64]) -> Option<f64> {
    let rows = x.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / rows;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let r = xy / (xx.sqrt() * yy.sqrt());
    r.is_finite().then_some(r.clamp(-1.0, 1.0))
}

/// The rank of each value from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let value = values[order[first]];
        let end = first + order[first..].partition_point(|at| values[*at] <= value);
        let end = end.max(first + 1);
        for at in &order[first..end] {
            ranks[*at] = (first + 1 + end) as f64 / 2.0;
        }
        first = end;
    }
    ranks
}

/// The one-way analysis of variance of numbers in groups, and how unlike the groups are.
pub(super) fn anova(values: &[f64], groups: &[usize]) -> Option<(Anova, Spread)> {
    let mut of: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (value, group) in values.iter().zip(groups) {
        let (count, sum) = of.entry(*group).or_default();
        *count += 1.0;
        *sum += value;
    }
    let (rows, kinds) = (values.len() as f64, of.len() as f64);
    if of.len() < 2 || rows <= kinds {
        return None;
    }
    let mean = values.iter().sum::<f64>() / rows;
    let mut inside: BTreeMap<usize, f64> = BTreeMap::new();
    let mut whole = 0.0;
    for (value, group) in values.iter().zip(groups) {
        let (count, sum) = of[group];
        *inside.entry(*group).or_default() += (value - sum / count).powi(2);
        whole += (value - mean).powi(2);
    }
    if whole <= 0.0 {
        return None;
    }
    let within: f64 = inside.values().sum();
    let between: f64 = of
        .values()
        .map(|(count, sum)| count * (sum / count - mean).powi(2))
        .sum();
    let freedom = [kinds - 1.0, rows - kinds];
    let f = (between / freedom[0]) / (within / freedom[1]);
    let variances = inside
        .iter()
        .filter(|(group, _)| of[group].0 > 1.0)
        .map(|(group, sum)| sum / (of[group].0 - 1.0));
    let (least, most) = variances.fold((f64::INFINITY, 0.0_f64), |(least, most), variance| {
        (least.min(variance), most.max(variance))
    });
    let spread = Spread {
        fewest: of.values().map(|(count, _)| *count).fold(f64::INFINITY, f64::min) as u64,
        deviation_ratio: (least.is_finite() && least > 0.0).then(|| (most / least).sqrt()),
    };
    let anova = Anova {
        f: f.is_finite().then_some(f),
        degrees: freedom.map(|degrees| degrees as u64),
        p: if f.is_finite() {
            f_tail(f, freedom[0], freedom[1])
        } else {
            0.0
        },
        eta_squared: (between / whole).clamp(0.0, 1.0),
    };
    Some((anova, spread))
}

/// What an analysis of variance takes for granted.
pub(super) struct Spread {
    /// Rows of the smallest group.
    pub(super) fewest: u64,
    /// The largest deviation within a group over the smallest.
    pub(super) deviation_ratio: Option<f64>,
}

/// The test of independence of two columns of classes, without a correction for continuity.
pub(super) fn chi_squared(a: &[usize], b: &[usize]) -> Option<ChiSquared> {
    let (cells, rows, columns) = table(a, b);
    let total = a.len() as f64;
    if rows.len() < 2 || columns.len() < 2 {
        return None;
    }
    let (mut statistic, mut few, mut smallest) = (0.0, 0_u64, f64::INFINITY);
    for (row, in_row) in &rows {
        for (column, in_column) in &columns {
            let expected = in_row * in_column / total;
            let found = cells.get(&(*row, *column)).copied().unwrap_or_default();
            statistic += (found - expected).powi(2) / expected;
            few += u64::from(expected < 5.0);
            smallest = smallest.min(expected);
        }
    }
    let degrees = (rows.len() - 1) * (columns.len() - 1);
    let least = rows.len().min(columns.len()) - 1;
    Some(ChiSquared {
        statistic,
        degrees: degrees as u64,
        p: chi_squared_tail(statistic, degrees as f64),
        cramers_v: (statistic / total / least as f64).sqrt().min(1.0),
        smallest_expected: smallest,
        few_expected: few as f64 / (rows.len() * columns.len()) as f64,
    })
}

type Counts<K> = BTreeMap<K, f64>;

fn table(a: &[usize], b: &[usize]) -> (Counts<(usize, usize)>, Counts<usize>, Counts<usize>) {
    let (mut cells, mut rows, mut columns) = (Counts::new(), Counts::new(), Counts::new());
    for (a, b) in a.iter().zip(b) {
        *cells.entry((*a, *b)).or_default() += 1.0;
        *rows.entry(*a).or_default() += 1.0;
        *columns.entry(*b).or_default() += 1.0;
    }
    (cells, rows, columns)
}

/// Mutual information in nats, by the counts as they are (the plug-in estimate).
pub(super) struct Information {
    pub(super) nats: f64,
    /// Of what is uncertain about `b`, how much `a` tells.
    pub(super) told: f64,
    /// How much would be measured about where the columns have nothing to do with each other (Miller 1955).
    pub(super) by_chance: f64,
}

pub(super) fn information(a: &[usize], b: &[usize]) -> Information {
    let (cells, rows, columns) = table(a, b);
    let total = a.len().max(1) as f64;
    let nats: f64 = cells
        .iter()
        .map(|((row, column), count)| count / total * (count * total / (rows[row] * columns[column])).ln())
        .sum();
    let entropy: f64 = columns
        .values()
        .map(|count| -count / total * (count / total).ln())
        .sum();
    let freedom = rows.len().saturating_sub(1) * columns.len().saturating_sub(1);
    let nats = nats.max(0.0);
    Information {
        nats,
        told: if entropy > 0.0 { (nats / entropy).min(1.0) } else { 0.0 },
        by_chance: freedom as f64 / (2.0 * total),
    }
}

/// The bin of each number: bins hold about equally many, equal numbers are in the same.
pub(super) fn bins(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..BINS)
        .filter_map(|bin| sorted.get(bin * sorted.len() / BINS).copied())
        .collect();
    edges.dedup();
    values
        .iter()
        .map(|value| edges.partition_point(|edge| edge <= value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn groups_that_do_not_vary_are_told_apart_with_certainty() {
        let (anova, spread) = anova(&[1.0, 1.0, 2.0, 2.0], &[0, 0, 1, 1]).unwrap();
        assert_eq!((anova.f, anova.p, anova.eta_squared), (None, 0.0, 1.0));
        assert_eq!((spread.fewest, spread.deviation_ratio), (2, None));
        assert!(super::anova(&[1.0, 2.0], &[0, 1]).is_none());
    }

    #[test]
    fn what_is_the_same_tells_everything_and_what_is_constant_nothing() {
        let classes = [0, 1, 2, 0, 1, 2];
        let same = information(&classes, &classes);
        assert!((same.told - 1.0).abs() < 1e-12 && (same.nats - 3.0_f64.ln()).abs() < 1e-12);
        assert_eq!(information(&[0; 6], &classes).nats, 0.0);
        assert_eq!(bins(&[5.0; 20]), [1; 20]);
    }
}
