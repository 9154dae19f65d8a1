use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::error::{DataError, Result};
use crate::frame::Cached;
use crate::query::{Output, answer_source, read_rows};
use crate::{Flow, detect};

const PEOPLE: &str = "\
name,age,city,born,price
Ada,36,Rome,10.12.1815,1.5
Bob,,Paris,02.01.1990,2.5
Cyd,41,Rome,,x
Dan,29,,29.02.2001,4
Dan,29,,29.02.2001,4
";

/// The rows that steps leave of the people, as JSON.
fn after(steps: Value) -> Result<Vec<Vec<Value>>> {
    let folder = tempfile::tempdir().unwrap();
    let cached = |path: &Path| -> Result<Cached> {
        Ok(Cached {
            source: detect(path)?.source,
            cache: folder.path().join("cache").join(path.file_name().unwrap()),
        })
    };
    let path = folder.path().join("people.csv");
    std::fs::write(&path, PEOPLE).unwrap();
    std::fs::write(
        folder.path().join("cities.csv"),
        "town,country\nRome,Italy\nOslo,Norway\n",
    )
    .unwrap();
    let steps: Vec<StepEntry> = serde_json::from_value(steps).unwrap();
    let find = |other: &Path| cached(&folder.path().join(other));
    let out = folder.path().join("out.arrow");
    let table = cached(&path)?;
    let answer = prepare(&table, &steps, &find, &out, &Output::scratch(), &mut |_| Flow::Continue)?;
    let schema = schema_after(&table, &steps, &find, &mut |_| Flow::Continue)?;
    assert_eq!(schema, answer.schema, "the columns are known before");
    Ok(read_rows(&answer_source(&out), u64::MAX)?.rows)
}

fn rows(steps: Value) -> Value {
    json!(after(steps).unwrap())
}

#[test]
fn rows_are_filtered_and_columns_chosen_and_renamed() {
    let steps = json!([
        {"step": "filter", "condition": "between", "column": "age", "low": {"value": 30, "inclusive": true}},
        {"step": "filter", "condition": "is", "column": "city", "values": ["Rome", "Oslo"], "enabled": true},
        {"step": "filter", "condition": "missing", "column": "name", "enabled": false},
        {"step": "select", "columns": ["age", "name", "city"]},
        {"step": "drop", "columns": ["city"]},
        {"step": "rename", "from": "name", "to": "First name"},
        {"step": "sort", "by": [{"column": "age", "descending": true}]},
    ]);
    assert_eq!(rows(steps), json!([[41, "Cyd"], [36, "Ada"]]));
}

#[test]
fn what_cannot_be_of_a_type_is_missing() {
    let steps = json!([
        {"step": "cast", "column": "price", "to": "integer"},
        {"step": "select", "columns": ["price"]},
    ]);
    assert_eq!(rows(steps), json!([[null], [null], [null], [4], [4]]));
    let steps = json!([{"step": "cast", "column": "price", "to": "float"}, {"step": "select", "columns": ["price"]}]);
    assert_eq!(rows(steps), json!([[1.5], [2.5], [null], [4.0], [4.0]]));
}

#[test]
fn missing_values_are_filled_or_their_rows_dropped() {
    let fill = |with: Value| {
        rows(json!([{"step": "fill", "column": "age", "with": with}, {"step": "select", "columns": ["age"]}]))
    };
    assert_eq!(fill(json!({"value": "7"})), json!([[36], [7], [41], [29], [29]]));
    assert_eq!(fill(json!("previous")), json!([[36], [36], [41], [29], [29]]));
    assert_eq!(fill(json!("next")), json!([[36], [41], [41], [29], [29]]));
    assert_eq!(fill(json!("most_frequent")), json!([[36], [29], [41], [29], [29]]));
    let steps = json!([{"step": "drop_missing", "columns": ["city", "age"]}, {"step": "select", "columns": ["name"]}]);
    assert_eq!(rows(steps), json!([["Ada"], ["Cyd"]]));
}

#[test]
fn duplicates_go() {
    let names =
        |keep: &str| rows(json!([{"step": "deduplicate", "keep": keep}, {"step": "select", "columns": ["name"]}]));
    assert_eq!(names("first"), json!([["Ada"], ["Bob"], ["Cyd"], ["Dan"]]));
    assert_eq!(names("none"), json!([["Ada"], ["Bob"], ["Cyd"]]));
    let steps =
        json!([{"step": "deduplicate", "columns": ["city"], "keep": "last"}, {"step": "select", "columns": ["name"]}]);
    assert_eq!(rows(steps), json!([["Bob"], ["Cyd"], ["Dan"]]));
}

#[test]
fn new_columns_are_derived_read_and_split() {
    let steps = json!([
        {"step": "derive", "name": "next", "expression": "age + 1"},
        {"step": "parse_dates", "column": "born", "format": "%d.%m.%Y"},
        {"step": "split_text", "column": "name", "separator": "d", "into": ["head", "tail"]},
        {"step": "select", "columns": ["next", "born", "head", "tail"]},
    ]);
    let found = rows(steps);
    assert_eq!(found[0], json!([37, "1815-12-10", "A", "a"]));
    assert_eq!(found[2], json!([42, null, "Cy", ""]));
    // There was no 29 February in 2001.
    assert_eq!(found[3], json!([30, null, "Dan", null]));
}

#[test]
fn numbers_are_binned_and_clipped() {
    let bins = |by: Value| {
        rows(json!([{"step": "bin", "column": "age", "into": "bin", "by": by}, {"step": "select", "columns": ["bin"]}]))
    };
    assert_eq!(bins(json!({"edges": [30, 41]})), json!([[1], [null], [2], [0], [0]]));
    assert_eq!(bins(json!({"width": 3})), json!([[1], [null], [2], [0], [0]]));
    assert_eq!(bins(json!({"quantiles": 2})), json!([[1], [null], [1], [0], [0]]));
    let clip =
        |to: Value| rows(json!([{"step": "clip", "column": "age", "to": to}, {"step": "select", "columns": ["age"]}]));
    assert_eq!(
        clip(json!({"values": {"low": 30.0, "high": 40.0}})),
        json!([[36], [null], [40], [30], [30]])
    );
}

#[test]
fn tables_are_joined_grouped_and_turned() {
    let steps = json!([
        {"step": "join", "table": "cities.csv", "on": [{"left": "city", "right": "town"}]},
        {"step": "select", "columns": ["name", "country"]},
    ]);
    let joined = rows(steps);
    assert_eq!(
        joined,
        json!([
            ["Ada", "Italy"],
            ["Bob", null],
            ["Cyd", "Italy"],
            ["Dan", null],
            ["Dan", null]
        ])
    );
    let steps = json!([{"step": "group", "by": ["city"], "aggregates": [
        {"column": "age", "function": "mean", "name": "mean"},
        {"column": "", "function": "count", "name": "rows"},
        {"column": "name", "function": "distinct", "name": "names"},
    ]}]);
    assert_eq!(
        rows(steps),
        json!([["Rome", 38.5, 2, 2], ["Paris", null, 1, 1], [null, 29.0, 2, 1]])
    );
    let steps = json!([
        {"step": "drop_missing", "columns": ["city"]},
        {"step": "pivot", "on": "city", "index": ["name"], "values": "age", "function": "max"},
    ]);
    assert_eq!(
        rows(steps),
        json!([["Ada", 36, null], ["Bob", null, null], ["Cyd", 41, null]])
    );
    let steps = json!([
        {"step": "unpivot", "columns": ["city", "born"], "index": ["name"], "names": "what", "values": "value"},
        {"step": "filter", "condition": "is", "column": "name", "values": ["Ada"]},
    ]);
    assert_eq!(
        rows(steps),
        json!([["Ada", "city", "Rome"], ["Ada", "born", "10.12.1815"]])
    );
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let sample = |seed: u64| {
        rows(json!([{"step": "sample", "rows": {"count": 3}, "seed": seed}, {"step": "select", "columns": ["name"]}]))
    };
    assert_eq!(sample(1), sample(1));
    assert_eq!(sample(1).as_array().unwrap().len(), 3);
    assert!(
        (2..20).any(|seed| sample(seed) != sample(1)),
        "another seed, another sample"
    );
    let share = rows(json!([{"step": "sample", "rows": {"share": 0.4}}]));
    assert_eq!(share.as_array().unwrap().len(), 2);
    let steps = json!([
        {"step": "drop_missing", "columns": ["city"]},
        {"step": "balance", "column": "city"},
        {"step": "select", "columns": ["city"]},
        {"step": "sort", "by": [{"column": "city"}]},
    ]);
    assert_eq!(rows(steps), json!([["Paris"], ["Rome"]]));
}

#[test]
fn the_step_that_cannot_be_done_is_named_with_what_to_do() {
    let failed = |steps: Value| match after(steps) {
        Err(DataError::Query { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let what =
        failed(json!([{"step": "drop", "columns": ["born"]}, {"step": "derive", "name": "x", "expression": "born"}]));
    assert!(
        what.starts_with("Step 2 (x = born) cannot be done: ") && what.contains("born"),
        "{what}"
    );
    let what = failed(json!([{"step": "filter", "condition": "sql", "expression": "age >"}]));
    assert!(
        what.starts_with("Step 1 (Keep rows where age >) cannot be done: "),
        "{what}"
    );
    let what = failed(json!([{"step": "fill", "column": "age", "with": {"value": "many"}}]));
    assert!(what.contains("many"), "{what}");
}

#[test]
fn only_steps_that_look_at_the_rows_learn() {
    let learns = |step: Value| serde_json::from_value::<Step>(step).unwrap().learns();
    assert!(learns(json!({"step": "fill", "column": "a", "with": "mean"})));
    assert!(!learns(json!({"step": "fill", "column": "a", "with": {"value": "0"}})));
    assert!(learns(
        json!({"step": "clip", "column": "a", "to": {"quantiles": {"low": 0.1, "high": 0.9}}})
    ));
    assert!(learns(
        json!({"step": "bin", "column": "a", "into": "b", "by": {"quantiles": 4}})
    ));
    assert!(!learns(
        json!({"step": "bin", "column": "a", "into": "b", "by": {"edges": [1.0]}})
    ));
}

#[test]
fn a_step_is_written_as_it_is_read() {
    let step = Step::Fill {
        column: "age".into(),
        with: Filling::Value("7".into()),
    };
    let entry = StepEntry { step, enabled: false };
    let json = serde_json::to_value(&entry).unwrap();
    assert_eq!(
        json,
        json!({"step": "fill", "column": "age", "with": {"value": "7"}, "enabled": false})
    );
    assert_eq!(serde_json::from_value::<StepEntry>(json).unwrap(), entry);
}

#[test]
fn what_a_finding_advises_can_be_done() {
    let after_fix = |fix: Fix, column: &str| {
        let fixed = serde_json::to_value(Step::from(fix)).unwrap();
        rows(json!([fixed, {"step": "select", "columns": [column]}]))
    };
    let missing = |column: &str, value: Scalar| Fix::MakeMissing {
        column: column.to_owned(),
        value,
    };
    let ages = after_fix(missing("age", Scalar::Integer(29)), "age");
    assert_eq!(ages, json!([[36], [null], [41], [null], [null]]));
    let cities = after_fix(missing("city", Scalar::Text("Rome".to_owned())), "city");
    assert_eq!(cities, json!([[null], ["Paris"], [null], [null], [null]]));
    let quoted = after_fix(missing("city", Scalar::Text("it's".to_owned())), "city");
    assert_eq!(quoted, json!([["Rome"], ["Paris"], ["Rome"], [null], [null]]));
    let column = "city".to_owned();
    let cities = after_fix(Fix::Normalise { column }, "city");
    assert_eq!(cities, json!([["rome"], ["paris"], ["rome"], [null], [null]]));
}

/// The rows that steps leave of a file, and the names and types of its columns.
fn of_file(name: &str, content: &[u8], steps: Value) -> Result<(Vec<String>, Value)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    let table = Cached {
        source: detect(&path)?.source,
        cache: folder.path().join("cache"),
    };
    let steps: Vec<StepEntry> = serde_json::from_value(steps).unwrap();
    let out = folder.path().join("out.arrow");
    let find = |_: &Path| Ok(table.clone());
    let answer = prepare(&table, &steps, &find, &out, &Output::scratch(), &mut |_| Flow::Continue)?;
    let columns = answer
        .schema
        .iter()
        .map(|column| format!("{} {}", column.name, column.kind.label()));
    let columns = columns.collect();
    Ok((columns, json!(read_rows(&answer_source(&out), u64::MAX)?.rows)))
}

const NESTED: &[u8] = br#"{"id":1,"p":{"q":1,"r":"x","s":{"t":true}},"l":[1,2]}
{"id":2,"p":{"q":2.5,"r":null},"l":[]}
{"id":3,"p":null,"l":[3]}
{"id":4,"p":{"u":7}}
"#;

#[test]
fn objects_in_text_unfold_into_columns_of_their_types() {
    let steps = json!([{"step": "unfold", "column": "p"}, {"step": "unfold", "column": "p.s"}, {"step": "drop", "columns": ["l"]}]);
    let (columns, rows) = of_file("a.jsonl", NESTED, steps).unwrap();
    assert_eq!(
        columns,
        ["id integer", "p.q float", "p.r string", "p.s.t boolean", "p.u integer"]
    );
    assert_eq!(
        rows,
        json!([
            [1, 1.0, "x", true, null],
            [2, 2.5, null, null, null],
            [3, null, null, null, null],
            [4, null, null, null, 7]
        ])
    );
    let wanted = json!([{"step": "unfold", "column": "p", "fields": [{"name": "q", "kind": "integer"}]}, {"step": "select", "columns": ["p.q"]}]);
    assert_eq!(
        of_file("a.jsonl", NESTED, wanted).unwrap().1,
        json!([[1], [null], [null], [null]])
    );
    let error = of_file("a.jsonl", NESTED, json!([{"step": "unfold", "column": "id"}]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("holds no objects"), "{error}");
}

#[test]
fn lists_unfold_into_rows() {
    let steps = json!([{"step": "drop", "columns": ["p"]}, {"step": "explode", "column": "l"}]);
    let (columns, rows) = of_file("a.jsonl", NESTED, steps).unwrap();
    assert_eq!(columns, ["id integer", "l integer"]);
    assert_eq!(rows, json!([[1, 1], [1, 2], [2, null], [3, 3], [4, null]]));
    let error = of_file("a.jsonl", NESTED, json!([{"step": "explode", "column": "id"}]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("holds no lists"), "{error}");
}

#[test]
fn nested_columns_of_parquet_unfold_as_they_are() {
    use polars::prelude::{IntoLazy as _, ParquetWriter, df};
    let mut frame = df!("id" => [1_i64, 2], "a" => [10_i64, 20], "b" => ["x", "y"]).unwrap();
    let packed = polars::prelude::as_struct(vec![polars::prelude::col("a"), polars::prelude::col("b")]).alias("s");
    let listed = polars::prelude::concat_list(vec![polars::prelude::col("a"), polars::prelude::col("id")])
        .unwrap()
        .alias("l");
    frame = frame
        .lazy()
        .select([polars::prelude::col("id"), packed, listed])
        .collect()
        .unwrap();
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    let steps = json!([{"step": "unfold", "column": "s"}, {"step": "explode", "column": "l"}]);
    let (columns, rows) = of_file("a.parquet", &bytes, steps).unwrap();
    assert_eq!(columns, ["id integer", "s.a integer", "s.b string", "l integer"]);
    assert_eq!(
        rows,
        json!([[1, 10, "x", 10], [1, 10, "x", 1], [2, 20, "y", 20], [2, 20, "y", 2]])
    );
}
