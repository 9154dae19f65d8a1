//! What a test does not see, or takes for granted, said where it matters.

use super::figures::{Information, Spread};
use super::{ChiSquared, Correlation, Relation, Strength};

/// How far Spearman's correlation may be from Pearson's before that is told.
const APART: f64 = 0.1;
/// Deviations that differ more than this are not alike.
const UNLIKE: f64 = 2.0;
/// Smaller groups say little.
const FEW: u64 = 5;
/// From so many rows on a p says nearly nothing.
const MANY: u64 = 5000;

pub(super) fn of_correlation(test: &Correlation) -> Vec<String> {
    let (pearson, spearman) = (test.pearson.abs(), test.spearman.abs());
    if spearman - pearson > APART {
        return vec![
            "The ranks go together more than the values: the relation is bent, or a few values are far out.".into(),
        ];
    }
    if pearson - spearman > APART {
        return vec!["The values go together more than their ranks: a few values that are far out may make it.".into()];
    }
    vec!["It sees what rises or falls throughout; a relation that turns back is not seen.".into()]
}

pub(super) fn of_anova(spread: &Spread) -> Vec<String> {
    let mut cautions = vec![];
    if let Some(ratio) = spread.deviation_ratio.filter(|ratio| *ratio > UNLIKE) {
        cautions.push(format!(
            "It takes for granted that groups spread alike, yet the deviations differ by a factor of {ratio:.1}."
        ));
    }
    if spread.fewest < FEW {
        cautions.push(format!("The smallest group has {} rows.", spread.fewest).replace(" 1 rows", " 1 row"));
    }
    if cautions.is_empty() {
        cautions.push("It compares means; groups with the same mean and another shape look alike.".into());
    }
    cautions
}

pub(super) fn of_chi_squared(test: &ChiSquared) -> Vec<String> {
    if test.few_expected > 0.2 || test.smallest_expected < 1.0 {
        return vec![format!(
            "Fewer than 5 rows are expected in {:.0} % of the cells (at least {:.1}), so p is not to be trusted.",
            test.few_expected * 100.0,
            test.smallest_expected
        )];
    }
    if test.few_expected > 0.0 {
        return vec![format!(
            "Fewer than 5 rows are expected in {:.0} % of the cells: p is rough.",
            test.few_expected * 100.0
        )];
    }
    vec!["It says that classes go together, and not in which way.".into()]
}

pub(super) fn of_information(relation: &mut Relation, information: &Information) {
    if information.nats < 2.0 * information.by_chance {
        relation.cautions.push(format!(
            "About {:.4} nats of mutual information are measured by chance alone.",
            information.by_chance
        ));
    }
}

/// What follows from how many rows and columns were compared.
pub(super) fn of_many(relation: &mut Relation, columns: usize, is_sample: bool) {
    let p = relation.test.p();
    if relation.rows >= MANY && p < 0.01 && relation.strength == Strength::Negligible {
        relation
            .cautions
            .push("In so many rows even an effect that does not matter has a small p.".into());
    }
    // Bonferroni: one of them would come by chance this often.
    if p < 0.05 && p * columns as f64 >= 0.05 {
        relation.cautions.push(format!(
            "Of {columns} columns that are compared, about {:.1} have such a p by chance.",
            p * columns as f64
        ));
    }
    if is_sample {
        relation
            .cautions
            .push("It was measured in a sample of the rows.".into());
    }
}
