use std::fmt::Write;
use std::path::Path;

use super::*;
use crate::error::DataError;
use crate::frame::Cached;
use crate::recipe_rows::{RowsOrder, RowsPlace};
use crate::target::Task;
use crate::{detect, split};

/// The report of a split of a table of CSV.
fn report(text: &str, spec: &SplitSpec, task: Task, suspects: &Suspects) -> SplitReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let header: Vec<String> = text.lines().next().unwrap().split(',').map(str::to_owned).collect();
    let features: Vec<String> = header
        .iter()
        .filter(|name| *name != "y" && spec.column.as_ref() != Some(*name))
        .cloned()
        .collect();
    let order = RowsOrder {
        steps: &[],
        split: spec,
        target: "y",
        task,
        features: &features,
        beside: &[],
    };
    let data = Cached {
        source: detect(&path).unwrap().source,
        cache: folder.path().join("cache"),
    };
    let place = RowsPlace {
        rows: &folder.path().join("rows"),
        steps: &folder.path().join("steps"),
    };
    let find = |path: &Path| Err(DataError::NoFile { path: path.to_owned() });
    let rows = order.load(&data, &find, place, &mut |_| Flow::Continue).unwrap();
    split_report(&rows, spec, suspects, &mut || Flow::Continue).unwrap()
}

fn spec(method: SplitMethod) -> SplitSpec {
    SplitSpec {
        method,
        valid: 0.2,
        test: 0.2,
        seed: 3,
        ..SplitSpec::default()
    }
}

/// People with ten rows each, one a day.
fn people() -> String {
    let mut text = String::from("person_id,day,x,y\n");
    for row in 0..400 {
        let (person, day) = (row % 40, row / 40 + 1);
        writeln!(text, "p{person},2024-03-{day:02},{row},{}", ["a", "b"][row % 2]).unwrap();
    }
    text
}

#[test]
fn sizes_and_shares_are_those_of_the_parts() {
    let suspects = Suspects::default();
    let found = report(&people(), &spec(SplitMethod::Stratified), Task::Binary, &suspects);
    assert_eq!((found.train.rows, found.valid.rows, found.test.rows), (240, 80, 80));
    assert_eq!(found.classes, ["a", "b"]);
    assert_eq!(
        (&found.train.counts, &found.test.counts),
        (&vec![120, 120], &vec![40, 40])
    );
    assert_eq!(found.dangers, []);
    let numbers = people().replace(",a\n", ",1\n").replace(",b\n", ",3\n");
    let found = report(&numbers, &spec(SplitMethod::Random), Task::Regression, &suspects);
    let mean = found.train.mean.unwrap();
    assert!((1.0..3.0).contains(&mean) && found.train.counts.is_empty());
    assert!((found.train.deviation.unwrap().powi(2) - (mean - 1.0) * (3.0 - mean)).abs() < 1e-9);
}

#[test]
fn rows_on_both_sides_are_counted_with_examples() {
    // Rows 10 to 19 again at the end.
    let mut text = String::from("x,z,y\n");
    for row in (0..100).chain(10..20) {
        writeln!(text, "{row},{},{}", row * 7, ["a", "b"][row % 2]).unwrap();
    }
    let spec = spec(SplitMethod::Random);
    let found = report(&text, &spec, Task::Binary, &Suspects::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, &text).unwrap();
    let table = crate::Table::load(&detect(&path).unwrap().source, &folder.path().join("c"), None).unwrap();
    let target = TargetColumn::fit(&table, "y", Task::Binary).unwrap();
    let parts = split(&spec, &table, &target).unwrap();
    let twin = |row: u32| match row {
        10..20 => Some(row + 90),
        100.. => Some(row - 90),
        _ => None,
    };
    let judging = parts.test.iter().chain(&parts.valid);
    let expected = judging
        .filter(|row| twin(**row).is_some_and(|twin| parts.train.contains(&twin)))
        .count();
    assert!(expected > 0, "another seed is needed for this test");
    let DangerKind::SameRows { rows, examples } = &found.dangers[0].kind else {
        panic!("{:?}", found.dangers);
    };
    assert_eq!((*rows, found.dangers[0].level), (expected as u64, DangerLevel::Grave));
    for [row, same] in examples {
        assert_eq!(row.abs_diff(*same), 90);
    }
    assert!(found.dangers[0].advice.contains("Remove duplicates"));
}

#[test]
fn groups_and_times_that_parts_share_are_told_until_the_split_is_by_them() {
    let suspects = Suspects {
        groups: vec!["person_id".into(), "gone".into()],
        times: vec!["day".into()],
    };
    let kinds = |spec: &SplitSpec| -> Vec<String> {
        let found = report(&people(), spec, Task::Binary, &suspects);
        let kind = |danger: SplitDanger| match danger.kind {
            DangerKind::SharedGroups { column, groups, .. } => format!("{column} {groups}"),
            DangerKind::TimeOverlap { column, rows } => format!("{column} {}", rows > 0),
            other => format!("{other:?}"),
        };
        found.dangers.into_iter().map(kind).collect()
    };
    assert_eq!(kinds(&spec(SplitMethod::Random)), ["person_id 40", "day true"]);
    let grouped = SplitSpec {
        column: Some("person_id".into()),
        ..spec(SplitMethod::Grouped)
    };
    assert_eq!(kinds(&grouped), ["day true"]);
    let ordered = SplitSpec {
        column: Some("day".into()),
        ..spec(SplitMethod::TimeOrdered)
    };
    assert_eq!(kinds(&ordered), ["person_id 40"]);
}

#[test]
fn a_class_that_a_part_lacks_and_a_target_that_drifts_are_told() {
    let mut text = String::from("x,t,y\n");
    for row in 0..100 {
        writeln!(text, "{},{row},{}", row * 2, if row < 75 { "old" } else { "new" }).unwrap();
    }
    let ordered = SplitSpec {
        column: Some("t".into()),
        ..spec(SplitMethod::TimeOrdered)
    };
    let found = report(&text, &ordered, Task::Binary, &Suspects::default());
    let words: Vec<&str> = found.dangers.iter().map(|danger| danger.words.as_str()).collect();
    assert_eq!(words[0], "The training part has no row of 'new'.");
    assert!(words.iter().any(|words| words.contains("is small (20)")), "{words:?}");
    assert!(words.iter().any(|words| words.starts_with("'new' is 0 %")), "{words:?}");
}
