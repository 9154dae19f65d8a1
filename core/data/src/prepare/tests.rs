//! Tests of the whole preparation.

use std::path::PathBuf;

use super::*;
use crate::{Flow, detect, profile};

struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn source(&self, csv: &str) -> Source {
        let path = self.folder.path().join("t.csv");
        std::fs::write(&path, csv).unwrap();
        detect(&path).unwrap().source
    }

    fn table(&self, csv: &str) -> Table {
        Table::load(&self.source(csv), &self.cache(), None).unwrap()
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn column(matrix: &Matrix, column: usize) -> Vec<f32> {
    matrix
        .values
        .iter()
        .skip(column)
        .step_by(matrix.width)
        .copied()
        .collect()
}

const CSV: &str = "n,f,b,s,d,t,k\n\
    1,0.5,true,red,2024-02-29,08:30:15,5\n\
    2,,false,blue,2023-01-01,,5\n\
    3,2.5,,red,,23:00:00,5\n\
    6,inf,true,,2024-12-31,00:00:00,5\n\
    100,9,true,green,2025-01-01,01:00:00,7\n";
const FEATURES: [&str; 7] = ["n", "f", "b", "s", "d", "t", "k"];

fn unscaled() -> PrepareSpec {
    PrepareSpec {
        scale: Scale::None,
        ..PrepareSpec::default()
    }
}

#[test]
fn every_type_becomes_numbers_learned_from_the_training_rows() {
    let table = Rig::new().table(CSV);
    let preparation = Preparation::fit(&table, &[0, 1, 2, 3], &names(&FEATURES), &unscaled()).unwrap();
    assert_eq!(
        preparation.encoded_names(),
        [
            "n",
            "f",
            "f missing",
            "b",
            "b missing",
            "s = blue",
            "s = red",
            "s missing",
            "d year",
            "d month",
            "d day",
            "d weekday",
            "d missing",
            "t hour",
            "t minute",
            "t second",
            "t missing",
            "k",
        ]
    );
    assert_eq!(preparation.width(), 18);
    assert_eq!(preparation.features(), FEATURES);
    let matrix = preparation.transform(&table, &[0, 1, 2, 3, 4]).unwrap();
    assert_eq!((matrix.rows, matrix.width, matrix.values.len()), (5, 18, 90));
    assert_eq!(
        (matrix.infinite, matrix.unknown),
        (1, 1),
        "inf, and green which training never saw"
    );
    assert_eq!(column(&matrix, 0), [1.0, 2.0, 3.0, 6.0, 100.0]);
    assert_eq!(
        column(&matrix, 1),
        [0.5, 1.5, 2.5, 1.5, 9.0],
        "the median of 0.5 and 2.5"
    );
    assert_eq!(column(&matrix, 2), [0.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(column(&matrix, 3), [1.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(column(&matrix, 4), [0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(column(&matrix, 5), [0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(column(&matrix, 6), [1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(column(&matrix, 7), [0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(column(&matrix, 8), [2024.0, 2023.0, 2024.0, 2024.0, 2025.0]);
    assert_eq!(column(&matrix, 9), [2.0, 1.0, 2.0, 12.0, 1.0]);
    assert_eq!(
        column(&matrix, 11),
        [3.0, 6.0, 3.0, 1.0, 2.0],
        "Thursday, Sunday, missing, Tuesday, Wednesday"
    );
    assert_eq!(column(&matrix, 13), [8.0, 8.0, 23.0, 0.0, 1.0]);
    assert_eq!(column(&matrix, 17), [5.0, 5.0, 5.0, 5.0, 7.0]);
    assert!(
        preparation.warnings()[0].contains("'f' has 1 infinite"),
        "{:?}",
        preparation.warnings()
    );
}

#[test]
fn rows_outside_the_training_part_change_nothing() {
    let changed = "n,f,b,s,d,t,k\n\
        1,0.5,true,red,2024-02-29,08:30:15,5\n\
        2,,false,blue,2023-01-01,,5\n\
        3,2.5,,red,,23:00:00,5\n\
        6,inf,true,,2024-12-31,00:00:00,5\n\
        -999999,-inf,false,purple,1901-07-08,23:59:59,-3\n\
        ,,,,,,\n";
    let rows = [0, 1, 2, 3];
    let rig = Rig::new();
    for scale in [Scale::Standard, Scale::MinMax, Scale::None] {
        for impute in [Impute::Median, Impute::Mean, Impute::Zero] {
            let spec = PrepareSpec {
                impute,
                scale,
                ..PrepareSpec::default()
            };
            let first = Preparation::fit(&rig.table(CSV), &rows, &names(&FEATURES), &spec).unwrap();
            let second = Preparation::fit(&rig.table(changed), &rows, &names(&FEATURES), &spec).unwrap();
            assert_eq!(first, second);
            assert_eq!(first.to_json().unwrap(), second.to_json().unwrap());
        }
    }
}

#[test]
fn scaling_is_over_the_filled_training_rows() {
    let table = Rig::new().table("x,c\n1,4\n,4\n3,4\n8,4\n100,9\n");
    let rows = [0, 1, 2, 3];
    let fit = |scale, impute| {
        let spec = PrepareSpec {
            impute,
            scale,
            ..PrepareSpec::default()
        };
        Preparation::fit(&table, &rows, &names(&["x", "c"]), &spec)
            .unwrap()
            .transform(&table, &[0, 1, 2, 3, 4])
            .unwrap()
    };
    let standard = fit(Scale::Standard, Impute::Mean);
    let x = column(&standard, 0);
    // Filled: 1, 4, 3, 8; mean 4, population deviation √6.5.
    let expected = [1.0_f64, 4.0, 3.0, 8.0, 100.0].map(|value| ((value - 4.0) / 6.5_f64.sqrt()) as f32);
    assert_eq!(x, expected);
    assert_eq!(
        column(&standard, 2),
        [0.0, 0.0, 0.0, 0.0, 5.0],
        "a constant is only moved"
    );
    let range = fit(Scale::MinMax, Impute::Median);
    assert_eq!(column(&range, 0)[..4], [0.0, 2.0 / 7.0, 2.0 / 7.0, 1.0]);
    let zero = fit(Scale::None, Impute::Zero);
    assert_eq!(column(&zero, 0), [1.0, 0.0, 3.0, 8.0, 100.0]);
}

#[test]
fn the_most_frequent_categories_are_used_and_the_others_counted() {
    let table = Rig::new().table("s\na\nb\nb\nc\nc\nc\nd\n");
    let spec = PrepareSpec {
        max_categories: 2,
        ..PrepareSpec::default()
    };
    let preparation = Preparation::fit(&table, &[0, 1, 2, 3, 4, 5, 6], &names(&["s"]), &spec).unwrap();
    assert_eq!(preparation.encoded_names(), ["s = b", "s = c"]);
    assert_eq!(
        preparation.warnings(),
        ["The feature 's' has 4 categories in the training part; the 2 most frequent are used."]
    );
    assert_eq!(preparation.transform(&table, &[0, 1, 6]).unwrap().unknown, 2);
}

#[test]
fn a_feature_without_values_is_not_used_and_said_to_be() {
    let table = Rig::new().table("x,empty,late\n1,,\n2,,\n3,,5\n");
    let features = names(&["x", "empty", "late"]);
    let preparation = Preparation::fit(&table, &[0, 1], &features, &PrepareSpec::default()).unwrap();
    assert_eq!(preparation.encoded_names(), ["x"]);
    assert_eq!(preparation.warnings().len(), 2);
    assert_eq!(preparation.transform(&table, &[2]).unwrap().width, 1);
    let nothing = Preparation::fit(&table, &[0, 1], &names(&["empty"]), &PrepareSpec::default()).unwrap_err();
    assert!(nothing.to_string().contains("no feature has a value"), "{nothing}");
}

#[test]
fn dates_as_one_number() {
    let table = Rig::new().table("d,a\n1970-01-02,1970-01-01T00:00:01.5\n1970-01-03,1969-12-31T23:59:59\n");
    let spec = PrepareSpec {
        date_parts: false,
        ..unscaled()
    };
    let preparation = Preparation::fit(&table, &[0, 1], &names(&["d", "a"]), &spec).unwrap();
    assert_eq!(preparation.encoded_names(), ["d seconds", "a seconds"]);
    let matrix = preparation.transform(&table, &[0, 1]).unwrap();
    assert_eq!(matrix.values, [86_400.0, 1.5, 172_800.0, -1.0]);
}

#[test]
fn a_saved_preparation_does_the_same_and_a_newer_one_is_refused() {
    let rig = Rig::new();
    let table = rig.table(CSV);
    let preparation = Preparation::fit(&table, &[0, 1, 2, 3], &names(&FEATURES), &PrepareSpec::default()).unwrap();
    let json = preparation.to_json().unwrap();
    let restored = Preparation::from_json(&json).unwrap();
    assert_eq!(restored, preparation);
    let rows = [0, 1, 2, 3, 4];
    assert_eq!(
        restored.transform(&table, &rows).unwrap(),
        preparation.transform(&table, &rows).unwrap()
    );
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["features"][3]["encoding"]["kind"], "one_hot");
    let newer = json.replacen("\"version\": 1", "\"version\": 99", 1);
    assert!(matches!(
        Preparation::from_json(&newer),
        Err(DataError::NewerPreparation { found: 99, known: 1 })
    ));
    assert!(
        serde_json::from_str::<Preparation>(&newer)
            .unwrap_err()
            .to_string()
            .contains("newer Aloft")
    );
    assert!(matches!(
        Preparation::from_json("{}"),
        Err(DataError::BadPreparation(_))
    ));
}

#[test]
fn another_file_is_prepared_or_its_fault_is_named() {
    let rig = Rig::new();
    let table = rig.table("n,s\n1,a\n3,b\n");
    let preparation = Preparation::fit(&table, &[0, 1], &names(&["n", "s"]), &unscaled()).unwrap();
    let file = |csv: &str| preparation.transform_file(&rig.source(csv), &rig.cache());
    let matrix = file("other,s,n\nx,b,2.5\ny,zzz,\n").unwrap();
    assert_eq!((matrix.values, matrix.unknown), (vec![2.5, 0.0, 1.0, 2.0, 0.0, 0.0], 1));
    assert_eq!(
        file("n,s\n,a\n,b\n").unwrap().values,
        [2.0, 1.0, 0.0, 2.0, 0.0, 1.0],
        "a number column without any"
    );
    let text = file("n,s\nabc,a\n").unwrap_err();
    assert!(matches!(text, DataError::WrongType { .. }), "{text}");
    let gone = file("s\na\n").unwrap_err();
    assert!(matches!(gone, DataError::NoColumn { .. }), "{gone}");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let rig = Rig::new();
    let table = rig.table("n,m\n1,2\n2,3\n");
    let fit = |rows: &[u32], features: &[&str], spec: &PrepareSpec| {
        Preparation::fit(&table, rows, &names(features), spec)
            .unwrap_err()
            .to_string()
    };
    assert!(fit(&[], &["n"], &unscaled()).contains("no training rows"));
    assert!(fit(&[0], &["n", "n"], &unscaled()).contains("named twice"));
    assert!(fit(&[0], &["x"], &unscaled()).contains("no column 'x'"));
    assert!(
        fit(
            &[0],
            &["n"],
            &PrepareSpec {
                max_categories: 0,
                ..unscaled()
            }
        )
        .contains("max_categories")
    );
    let path = rig.folder.path().join("l.jsonl");
    std::fs::write(&path, "{\"l\": [1]}\n{\"l\": [2]}\n").unwrap();
    let nested = Table::load(&detect(&path).unwrap().source, &rig.cache(), None).unwrap();
    let error = Preparation::fit(&nested, &[0, 1], &names(&["l"]), &unscaled()).unwrap_err();
    assert!(matches!(error, DataError::WrongType { .. }), "{error}");
}

#[test]
fn a_specification_has_defaults_and_refuses_typos() {
    let spec: PrepareSpec = serde_json::from_str(r#"{"scale": "min_max"}"#).unwrap();
    assert_eq!(
        spec,
        PrepareSpec {
            scale: Scale::MinMax,
            ..PrepareSpec::default()
        }
    );
    assert!(serde_json::from_str::<PrepareSpec>(r#"{"scael": "none"}"#).is_err());
}

#[test]
fn the_types_follow_the_profile() {
    let rig = Rig::new();
    let source = rig.source("x\n1\n2\nthree\n");
    let profiled = profile(&source, &rig.cache(), &mut |_| Flow::Continue).unwrap();
    let table = Table::load(&source, &rig.cache(), None).unwrap();
    assert_eq!(table.schema()[0].kind, profiled.columns[0].kind);
    let preparation = Preparation::fit(&table, &[0, 1, 2], &names(&["x"]), &unscaled()).unwrap();
    assert_eq!(preparation.encoded_names(), ["x = 1", "x = 2", "x = three"]);
}
