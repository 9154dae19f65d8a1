//! Targets and splits.

use std::fmt::Write;

use super::files::Files;
use crate::{DataError, Split, SplitMethod, SplitSpec, Table, TargetColumn, TargetEncoder, TargetValues, Task, split};

/// 100 rows: class `a` 60 times, `b` 30, `c` 10; every tenth target missing from `m`.
fn table() -> Table {
    let mut csv = String::from("class,m,n,constant,part,x\n");
    for row in 0..100 {
        let class = if row % 10 < 6 {
            "a"
        } else if row % 10 < 9 {
            "b"
        } else {
            "c"
        };
        let missing = if row % 10 == 0 { "" } else { "yes" };
        let part = ["train", "Valid", "test", "val"][row % 4];
        writeln!(
            csv,
            "{class},{missing},{},7,{part},{}",
            row % 3,
            f64::from(row as u32) / 2.0
        )
        .unwrap();
    }
    Files::new().csv_table(&csv)
}

fn spec(method: SplitMethod, valid: f64, test: f64) -> SplitSpec {
    SplitSpec {
        method,
        valid,
        test,
        seed: 3,
        ..SplitSpec::default()
    }
}

fn everything(split: &Split) -> Vec<u32> {
    let mut rows = [split.train.clone(), split.valid.clone(), split.test.clone()].concat();
    rows.sort_unstable();
    rows
}

#[test]
fn a_random_split_has_its_shares_and_its_seed() {
    let table = table();
    let target = TargetColumn::fit(&table, "x", Task::Regression).unwrap();
    let parts = split(&spec(SplitMethod::Random, 0.2, 0.1), &table, &target).unwrap();
    assert_eq!((parts.train.len(), parts.valid.len(), parts.test.len()), (70, 20, 10));
    assert_eq!(everything(&parts), (0..100).collect::<Vec<_>>());
    assert!(parts.test.is_sorted() && parts.test != (0..10).collect::<Vec<_>>());
    assert_eq!(
        split(&spec(SplitMethod::Random, 0.2, 0.1), &table, &target).unwrap(),
        parts
    );
    let other = SplitSpec {
        seed: 4,
        ..spec(SplitMethod::Random, 0.2, 0.1)
    };
    assert_ne!(split(&other, &table, &target).unwrap(), parts);
    let all = split(&spec(SplitMethod::Random, 0.0, 0.0), &table, &target).unwrap();
    assert_eq!((all.train.len(), all.valid.len(), all.test.len()), (100, 0, 0));
}

#[test]
fn a_stratified_split_keeps_the_shares_of_every_class() {
    let table = table();
    let target = TargetColumn::fit(&table, "class", Task::MultiClass).unwrap();
    let parts = split(&spec(SplitMethod::Stratified, 0.2, 0.2), &table, &target).unwrap();
    assert_eq!(everything(&parts), (0..100).collect::<Vec<_>>());
    for (part, counts) in [
        (&parts.train, [36, 18, 6]),
        (&parts.valid, [12, 6, 2]),
        (&parts.test, [12, 6, 2]),
    ] {
        let TargetValues::Classes(codes) = target.values(part) else {
            panic!("classes were asked for")
        };
        let found = [0, 1, 2].map(|class| codes.iter().filter(|code| **code == class).count());
        assert_eq!(found, counts);
    }
}

#[test]
fn a_rare_class_trains_before_it_is_tested() {
    let files = Files::new();
    let table = files.csv_table("y\na\na\na\na\na\na\na\na\nrare\n");
    let target = TargetColumn::fit(&table, "y", Task::Binary).unwrap();
    for seed in 0..20 {
        let spec = SplitSpec {
            seed,
            ..spec(SplitMethod::Stratified, 0.3, 0.3)
        };
        let parts = split(&spec, &table, &target).unwrap();
        assert!(parts.train.contains(&8), "{parts:?}");
    }
}

#[test]
fn a_column_divides_the_rows() {
    let table = table();
    let target = TargetColumn::fit(&table, "class", Task::MultiClass).unwrap();
    let by = |column: &str| SplitSpec {
        column: Some(column.to_owned()),
        ..spec(SplitMethod::Column, 0.0, 0.0)
    };
    let parts = split(&by("part"), &table, &target).unwrap();
    assert_eq!((parts.train.len(), parts.valid.len(), parts.test.len()), (25, 50, 25));
    let error = split(&by("class"), &table, &target).unwrap_err();
    assert!(error.to_string().contains("holds 'a' in row 1"), "{error}");
    assert!(matches!(
        split(&by("none"), &table, &target),
        Err(DataError::NoColumn { .. })
    ));
    assert!(split(&spec(SplitMethod::Column, 0.0, 0.0), &table, &target).is_err());
}

#[test]
fn rows_without_a_target_are_left_out_and_counted() {
    let files = Files::new();
    let table = files.csv_table("y,x\n1,0\n,0\ninf,0\n2,0\nNaN,0\n3,0\n");
    let target = TargetColumn::fit(&table, "y", Task::Regression).unwrap();
    assert_eq!(target.missing_rows(), [1, 2, 4]);
    let parts = split(&spec(SplitMethod::Random, 0.0, 0.0), &table, &target).unwrap();
    assert_eq!((parts.train, parts.left_out), (vec![0, 3, 5], 3));
    assert_eq!(target.values(&[5, 0]), TargetValues::Numbers(vec![3.0, 1.0]));
}

#[test]
fn impossible_shares_and_methods_are_refused() {
    let table = table();
    let numbers = TargetColumn::fit(&table, "x", Task::Regression).unwrap();
    for (valid, test) in [(0.5, 0.5), (-0.1, 0.1), (1.0, 0.0), (f64::NAN, 0.0)] {
        let error = split(&spec(SplitMethod::Random, valid, test), &table, &numbers).unwrap_err();
        assert!(matches!(error, DataError::Split { .. }), "{error}");
    }
    let error = split(&spec(SplitMethod::Stratified, 0.1, 0.1), &table, &numbers).unwrap_err();
    assert!(error.to_string().contains("needs classes"), "{error}");
}

#[test]
fn classes_are_in_order_and_missing_ones_none() {
    let files = Files::new();
    let table = files.csv_table("n,s,b,one\n10,b,true,x\n9,a,false,x\n,NA,,\n10,c,true,x\n");
    let fit = |column, task| TargetColumn::fit(&table, column, task);
    let numbers = fit("n", Task::Binary).unwrap();
    assert_eq!(
        (numbers.classes(), numbers.missing_rows()),
        (&["9".to_owned(), "10".to_owned()][..], &[2][..])
    );
    assert_eq!(numbers.values(&[0, 1, 3]), TargetValues::Classes(vec![1, 0, 1]));
    assert_eq!(fit("s", Task::MultiClass).unwrap().classes(), ["a", "b", "c"]);
    assert_eq!(fit("b", Task::Binary).unwrap().classes(), ["false", "true"]);
    let one = fit("one", Task::Binary).unwrap_err();
    assert_eq!(
        one.to_string(),
        "The target 'one' has only one class, 'x': there is nothing to learn"
    );
    assert!(
        fit("s", Task::Binary)
            .unwrap_err()
            .to_string()
            .contains("has 3 classes")
    );
    assert!(matches!(fit("s", Task::Regression), Err(DataError::WrongType { .. })));
    assert!(matches!(fit("sss", Task::Binary), Err(DataError::NoColumn { .. })));
}

#[test]
fn a_target_with_nothing_to_learn_is_refused() {
    let table = table();
    let error = TargetColumn::fit(&table, "constant", Task::Regression).unwrap_err();
    assert!(error.to_string().contains("only one value, 7"), "{error}");
    let empty = Files::new().csv_table("a,b\n,1\n,2\n");
    for task in [Task::Regression, Task::Binary, Task::MultiClass] {
        let error = TargetColumn::fit(&empty, "a", task).unwrap_err();
        assert!(error.to_string().contains("has no values"), "{error}");
    }
}

#[test]
fn a_saved_encoder_applies_to_other_rows() {
    let files = Files::new();
    let table = files.csv_table("y\nb\na\n");
    let fitted = TargetColumn::fit(&table, "y", Task::Binary).unwrap();
    let json = serde_json::to_string(fitted.encoder()).unwrap();
    assert_eq!(
        json,
        r#"{"version":1,"column":"y","task":"binary","classes":["a","b"]}"#
    );
    let encoder: TargetEncoder = serde_json::from_str(&json).unwrap();
    let other = files.csv_table("y\nb\nnew\nb\na\n");
    let applied = TargetColumn::apply(&encoder, &other).unwrap();
    assert_eq!(applied.missing_rows(), [1]);
    assert_eq!(applied.values(&[0, 2, 3]), TargetValues::Classes(vec![1, 1, 0]));
}

#[test]
fn a_specification_is_read_and_its_typos_refused() {
    let spec: SplitSpec = serde_json::from_str(r#"{"method": "stratified", "valid": 0.1, "test": 0.2}"#).unwrap();
    assert_eq!(
        (spec.method, spec.seed, spec.column.clone()),
        (SplitMethod::Stratified, 0, None)
    );
    let typo = serde_json::from_str::<SplitSpec>(r#"{"method": "random", "vaild": 0.1}"#);
    assert!(typo.unwrap_err().to_string().contains("vaild"));
}

#[test]
fn a_table_says_what_it_has() {
    let files = Files::new();
    let source = files.source("t.csv", "a,b,c\n1,x,\n2,,2024-01-01\n");
    let columns = ["c".to_owned(), "a".to_owned()];
    let table = Table::load(&source, &files.cache(&source), Some(&columns)).unwrap();
    assert_eq!(
        table
            .schema()
            .iter()
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>(),
        ["a", "c"]
    );
    let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(table.row_text(1, 5), [text("a", "2"), text("c", "2024-01-01")]);
    assert_eq!(table.row_text(0, 5)[1], text("c", ""));
    assert_eq!(table.row_text(0, 1).len(), 1);
    assert_eq!((table.nulls_in("c").unwrap(), table.nulls_in("a").unwrap()), (1, 0));
    let error = table.nulls_in("b").unwrap_err();
    assert_eq!(error.to_string(), "There is no column 'b'");
}

/// 300 rows of 30 people, in no order of time; the last person has half of the rows.
fn visits() -> Table {
    let mut csv = String::from("person,day,hour,y\n");
    for row in 0..300_u32 {
        let person = if row % 2 == 0 { 29 } else { row / 2 % 29 };
        let day = (row * 5) % 28 + 1;
        let (person, hour) = if row == 11 {
            (String::new(), String::new())
        } else {
            (format!("p{person}"), format!("{}", f64::from(row) / 2.0 - 50.0))
        };
        writeln!(csv, "{person},2024-02-{day:02},{hour},{}", row % 3).unwrap();
    }
    Files::new().csv_table(&csv)
}

fn column_of(table: &Table, column: &str, rows: &[u32]) -> Vec<String> {
    let value = |row: &u32| table.cell(*row as usize, column).unwrap().text().to_owned();
    rows.iter().map(value).collect()
}

#[test]
fn a_grouped_split_has_each_group_in_one_part() {
    let table = visits();
    let target = TargetColumn::fit(&table, "y", Task::MultiClass).unwrap();
    for seed in 0..20 {
        let spec = SplitSpec {
            column: Some("person".into()),
            seed,
            ..spec(SplitMethod::Grouped, 0.2, 0.2)
        };
        let parts = split(&spec, &table, &target).unwrap();
        assert_eq!(parts, split(&spec, &table, &target).unwrap());
        // The row without a person is in no part.
        assert_eq!((everything(&parts).len(), parts.left_out), (299, 1));
        let [train, valid, test] = [&parts.train, &parts.valid, &parts.test].map(|rows| {
            let people: std::collections::BTreeSet<String> = column_of(&table, "person", rows).into_iter().collect();
            people
        });
        assert!(train.is_disjoint(&test) && train.is_disjoint(&valid) && valid.is_disjoint(&test));
        // The person with half of the rows is too large for a fifth of them.
        assert!(train.contains("p29"), "seed {seed}");
        for part in [&parts.valid, &parts.test] {
            assert!((57..=63).contains(&part.len()), "{} rows, seed {seed}", part.len());
        }
    }
    let few = Files::new().csv_table("g,y\na,1\na,2\nb,3\nb,4\n");
    let target = TargetColumn::fit(&few, "y", Task::Regression).unwrap();
    let spec = SplitSpec {
        column: Some("g".into()),
        ..spec(SplitMethod::Grouped, 0.2, 0.2)
    };
    let error = split(&spec, &few, &target).unwrap_err();
    assert!(error.to_string().contains("too few groups"), "{error}");
}

#[test]
fn a_split_by_time_keeps_the_newest_for_the_test() {
    let table = visits();
    let target = TargetColumn::fit(&table, "y", Task::MultiClass).unwrap();
    for (column, left_out) in [("day", 0), ("hour", 1)] {
        let spec = SplitSpec {
            column: Some(column.into()),
            ..spec(SplitMethod::TimeOrdered, 0.2, 0.2)
        };
        let parts = split(&spec, &table, &target).unwrap();
        assert_eq!(
            (everything(&parts).len() as u32, parts.left_out),
            (300 - left_out, left_out)
        );
        let sort_key = |text: String| text.replace("2024-02-", "").parse::<f64>().unwrap();
        let ends = |rows: &[u32]| {
            let mut values: Vec<f64> = column_of(&table, column, rows).into_iter().map(sort_key).collect();
            values.sort_by(f64::total_cmp);
            (values[0], values[values.len() - 1])
        };
        // Rows of one day are all in the same part.
        assert!(ends(&parts.train).1 < ends(&parts.valid).0, "{column}");
        assert!(ends(&parts.valid).1 < ends(&parts.test).0, "{column}");
        assert!((50..=70).contains(&parts.test.len()) && (50..=70).contains(&parts.valid.len()));
    }
    let text = SplitSpec {
        column: Some("person".into()),
        ..spec(SplitMethod::TimeOrdered, 0.2, 0.2)
    };
    let error = split(&text, &table, &target).unwrap_err();
    assert!(error.to_string().contains("no order in time"), "{error}");
    let same = Files::new().csv_table("t,y\n1,1\n1,2\n1,3\n1,4\n");
    let target = TargetColumn::fit(&same, "y", Task::Regression).unwrap();
    let spec = SplitSpec {
        column: Some("t".into()),
        ..spec(SplitMethod::TimeOrdered, 0.0, 0.25)
    };
    let error = split(&spec, &same, &target).unwrap_err();
    assert!(error.to_string().contains("too few different moments"), "{error}");
}

#[test]
fn each_row_tests_in_exactly_one_fold() {
    let table = table();
    for (column, task) in [("class", Task::MultiClass), ("x", Task::Regression)] {
        let target = TargetColumn::fit(&table, column, task).unwrap();
        let mut tested = Vec::new();
        for fold in 1..=7 {
            let spec = SplitSpec {
                folds: Some(7),
                fold: Some(fold),
                ..spec(SplitMethod::KFold, 0.2, 0.0)
            };
            let parts = split(&spec, &table, &target).unwrap();
            assert_eq!(everything(&parts), (0..100).collect::<Vec<u32>>());
            assert!((14..=15).contains(&parts.test.len()), "{}", parts.test.len());
            assert_eq!(parts.valid.len(), 20);
            if task.is_classification() {
                let of_a = column_of(&table, column, &parts.test)
                    .iter()
                    .filter(|class| *class == "a")
                    .count();
                assert!((8..=9).contains(&of_a), "{of_a}");
            }
            tested.extend(parts.test);
        }
        tested.sort_unstable();
        assert_eq!(tested, (0..100).collect::<Vec<u32>>());
    }
    let target = TargetColumn::fit(&table, "x", Task::Regression).unwrap();
    for (folds, fold, valid) in [
        (Some(1), Some(1), 0.0),
        (Some(5), Some(6), 0.0),
        (None, Some(1), 0.0),
        (Some(2), Some(1), 0.5),
    ] {
        let spec = SplitSpec {
            folds,
            fold,
            ..spec(SplitMethod::KFold, valid, 0.0)
        };
        assert!(matches!(split(&spec, &table, &target), Err(DataError::Split { .. })));
    }
}
