//! What columns have to do with a target: the figures are those of scipy and scikit-learn.

use std::fmt::Write;

use super::files::{Files, sample};
use crate::{Relation, Relations, Strength, Test, detect, relate};

fn penguins(target: &str) -> Relations {
    let files = Files::new();
    let source = detect(&sample("penguins.csv")).unwrap().source;
    relate(&source, &files.cache(&source), target).unwrap()
}

fn of<'a>(relations: &'a Relations, column: &str) -> &'a Relation {
    let mut found = relations.columns.iter().filter(|relation| relation.column == column);
    found
        .next()
        .unwrap_or_else(|| panic!("'{column}' is not compared: {:?}", relations.left_out))
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!(
        ((found - expected) / expected).abs() < 1e-9,
        "{found:e}, expected {expected:e}"
    );
}

#[test]
fn numbers_are_correlated_with_numbers() {
    let relations = penguins("body_mass_g");
    assert!(!relations.target_is_class && !relations.is_sample);
    let flipper = of(&relations, "flipper_length_mm");
    let Test::Correlation(test) = flipper.test else {
        panic!("{flipper:?}")
    };
    near(test.pearson, 0.871_201_767_306_011_2);
    near(test.pearson_p, 4.370_680_963_000_472_4e-107);
    near(test.spearman, 0.839_974_123_031_299_8);
    near(test.spearman_p, 2.763_218_997_180_099_4e-92);
    assert_eq!((flipper.rows, flipper.strength), (342, Strength::Strong));
}

#[test]
fn numbers_in_classes_are_analysed_by_their_variance() {
    let relations = penguins("species");
    assert!(relations.target_is_class);
    let bill = of(&relations, "bill_length_mm");
    let Test::Anova(test) = bill.test else {
        panic!("{bill:?}")
    };
    near(test.f.unwrap(), 410.600_255_040_507_7);
    near(test.p, 2.694_613_738_889_549_5e-91);
    assert_eq!(test.degrees, [2, 339]);
    near(bill.mutual_information, 0.572_665_337_490_152_5);
}

#[test]
fn classes_and_classes_are_tested_for_independence() {
    let relations = penguins("species");
    let island = of(&relations, "island");
    let Test::ChiSquared(test) = island.test else {
        panic!("{island:?}")
    };
    near(test.statistic, 299.550_327_431_481_95);
    near(test.p, 1.354_573_829_719_251_7e-63);
    near(test.cramers_v, 0.659_843_100_879_532_5);
    assert_eq!(test.degrees, 4);
    near(island.mutual_information, 0.520_157_171_123_880_6);
}

#[test]
fn what_is_not_to_be_trusted_is_said() {
    let files = Files::new();
    let mut csv = String::from("rare,bent,goal,same,id\n");
    for row in 0..40_i64 {
        let rare = ["a", "b", "c", "d"][(row % 4) as usize];
        let rare = if row < 2 { "odd" } else { rare };
        let goal = if row % 2 == 0 { "yes" } else { "no" };
        writeln!(
            csv,
            "{rare},{},{goal},1,{}",
            row * row * row * row,
            "z".repeat(row as usize + 1)
        )
        .unwrap();
    }
    let source = files.source("f.csv", &csv);
    let relations = relate(&source, &files.cache(&source), "goal").unwrap();
    let rare = of(&relations, "rare");
    assert!(
        rare.cautions[0].contains("p is not to be trusted"),
        "{:?}",
        rare.cautions
    );
    let same = relations.left_out.iter().find(|left| left.column == "same").unwrap();
    assert_eq!(same.why, "does not vary where both are known");

    let relations = relate(&source, &files.cache(&source), "nothing").unwrap_err();
    assert!(relations.to_string().contains("nothing"), "{relations}");
}
