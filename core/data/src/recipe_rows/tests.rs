use serde_json::{Value, json};

use super::*;
use crate::SplitMethod;
use crate::detect;

/// A table in a folder of its own, and what is kept of its rows.
struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(csv: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), csv).unwrap();
        std::fs::write(folder.path().join("towns.csv"), "town,land\nRome,I\nOslo,N\n").unwrap();
        Self { folder }
    }

    fn data(&self, name: &str) -> Cached {
        Cached {
            source: detect(&self.folder.path().join(name)).unwrap().source,
            cache: self.folder.path().join("cache").join(name),
        }
    }

    fn load(&self, steps: Value, features: &[&str]) -> Result<RecipeRows> {
        let steps: Vec<StepEntry> = serde_json::from_value(steps).unwrap();
        let features: Vec<String> = features.iter().map(|name| (*name).to_owned()).collect();
        let split = SplitSpec {
            method: SplitMethod::Column,
            column: Some("part".into()),
            ..SplitSpec::default()
        };
        let order = RowsOrder {
            steps: &steps,
            split: &split,
            target: "y",
            task: Task::Regression,
            features: &features,
            beside: &[],
        };
        let place = RowsPlace {
            rows: &self.folder.path().join("rows.arrow"),
            steps: &self.folder.path().join("steps.json"),
        };
        let find = |path: &Path| Ok(self.data(&path.to_string_lossy()));
        order.load(&self.data("t.csv"), &find, place, &mut |_| Flow::Continue)
    }
}

const TABLE: &str = "\
age,town,part,y
10,Rome,train,1
,Rome,train,2
21,Oslo,train,3
1000,Oslo,test,4
,Oslo,test,5
500,,valid,6
";

fn cells(rows: &RecipeRows, column: &str, part: &[u32]) -> Vec<String> {
    let cell = |row: &u32| rows.table.cell(*row as usize, column).unwrap().text().to_owned();
    part.iter().map(cell).collect()
}

#[test]
fn what_a_step_learns_comes_from_the_training_rows_alone() {
    let steps = json!([
        {"step": "fill", "column": "age", "with": "mean"},
        {"step": "bin", "column": "age", "into": "bin", "by": {"width": 2}},
        {"step": "clip", "column": "age", "to": {"quantiles": {"low": 0.0, "high": 1.0}}},
        {"step": "fill", "column": "town", "with": "most_frequent"},
    ]);
    let rig = Rig::new(TABLE);
    let rows = rig.load(steps.clone(), &["age", "bin", "town"]).unwrap();
    // The mean of 10 and 21; that of all rows would be 382.75.
    assert_eq!(cells(&rows, "age", &rows.split.train), ["10", "15.5", "21"]);
    // Outside of what training saw, so at its end; and the gap is filled with the same number.
    assert_eq!(cells(&rows, "age", &rows.split.test), ["21", "15.5"]);
    assert_eq!(cells(&rows, "bin", &rows.split.test), ["1", "1"]);
    assert_eq!(cells(&rows, "bin", &rows.split.train), ["0", "1", "1"]);
    // Of all rows Oslo would be the most frequent.
    assert_eq!(cells(&rows, "town", &rows.split.valid), ["Rome"]);
    assert_eq!(cells(&rows, "y", &rows.split.test), ["4", "5"]);
    assert_eq!(rows.steps.words()[0], "Fill missing age with ‘15.5’");
    // A process that goes on takes what was learned and does not learn again.
    let learned = std::fs::read_to_string(rig.folder.path().join("steps.json")).unwrap();
    std::fs::write(rig.folder.path().join("steps.json"), learned.replace("15.5", "17.25")).unwrap();
    let again = rig.load(steps, &["age"]).unwrap();
    assert_eq!(cells(&again, "age", &again.split.train)[1], "17.25");
}

#[test]
fn a_raw_row_gets_what_training_learned_and_is_not_left_out() {
    let steps = json!([
        {"step": "filter", "condition": "sql", "expression": "y < 6"},
        {"step": "rename", "from": "town", "to": "place"},
        {"step": "fill", "column": "age", "with": "mean"},
        {"step": "derive", "name": "double", "expression": "age * 2"},
        {"step": "drop_missing"},
        {"step": "select", "columns": ["double", "place", "y"]},
    ]);
    let rows = Rig::new(TABLE).load(steps, &["double", "place"]).unwrap();
    assert_eq!(
        (rows.split.train.len(), rows.split.valid.len(), rows.split.test.len()),
        (3, 0, 2)
    );
    let raw = Rig::new("town,age\n,\nRome,5\n");
    let columns = ["double".to_owned(), "place".to_owned()];
    assert_eq!(rows.steps.made_of(&columns).unwrap(), ["age", "town"]);
    let steps = FittedSteps::from_json(&rows.steps.to_json().unwrap()).unwrap();
    assert_eq!(steps, rows.steps);
    let table = steps.load(&raw.data("t.csv"), &columns).unwrap();
    let cell = |row: usize, column: &str| table.cell(row, column).unwrap().text().to_owned();
    assert_eq!((cell(0, "double"), cell(0, "place")), ("31".to_owned(), String::new()));
    assert_eq!(
        (cell(1, "double"), cell(1, "place")),
        ("10".to_owned(), "Rome".to_owned())
    );
    let out = raw.folder.path().join("features.arrow");
    let answer = steps
        .write(&raw.data("t.csv"), &columns, &out, &mut |_| Flow::Continue)
        .unwrap();
    assert_eq!(answer.rows, 2);
    let absent = Rig::new("town\nRome\n");
    for error in [
        steps.load(&absent.data("t.csv"), &columns).unwrap_err(),
        steps
            .write(&absent.data("t.csv"), &columns, &out, &mut |_| Flow::Continue)
            .unwrap_err(),
    ] {
        assert!(
            matches!(&error, DataError::NoColumn { name, .. } if name == "age"),
            "{error}"
        );
    }
}

#[test]
fn a_row_left_out_after_the_split_leaves_the_others_in_their_parts() {
    let steps = json!([
        {"step": "join", "table": "towns.csv", "on": [{"left": "town", "right": "town"}]},
        {"step": "sort", "by": [{"column": "y", "descending": true}]},
        {"step": "fill", "column": "age", "with": "median"},
        {"step": "filter", "condition": "sql", "expression": "age > 12"},
    ]);
    let rig = Rig::new(TABLE);
    let rows = rig.load(steps, &["age", "land"]).unwrap();
    assert_eq!(rows.dropped, 1);
    assert_eq!(cells(&rows, "y", &rows.split.train), ["3", "2"]);
    assert_eq!(cells(&rows, "age", &rows.split.train), ["21", "15.5"]);
    assert_eq!(cells(&rows, "y", &rows.split.test), ["5", "4"]);
    assert_eq!(cells(&rows, "land", &rows.split.test), ["N", "N"]);
    assert_eq!(cells(&rows, "y", &rows.split.valid), ["6"]);
    assert_eq!(rows.steps.before(), ["Join towns.csv on town"]);
    // A raw row has no land until it was joined.
    let error = rows.steps.load(&rig.data("t.csv"), &["land".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("after Join towns.csv on town"), "{error}");
    assert!(rig.folder.path().join("rows.arrow").is_file());
}

#[test]
fn steps_that_would_mix_the_parts_are_refused_with_what_helps() {
    let fill = json!({"step": "fill", "column": "age", "with": "mean"});
    let refused = |steps: Value| match Rig::new(TABLE).load(steps, &["age"]) {
        Err(DataError::Query { what, hint }) => format!("{what} {hint}"),
        other => panic!("{other:?}"),
    };
    for step in [
        json!({"step": "deduplicate"}),
        json!({"step": "balance", "column": "town"}),
        json!({"step": "sort", "by": [{"column": "age"}]}),
        json!({"step": "fill", "column": "town", "with": "previous"}),
        json!({"step": "sample", "rows": {"count": 3}}),
        json!({"step": "group", "by": ["town"], "aggregates": []}),
    ] {
        let words = refused(json!([fill, step]));
        assert!(
            words.contains("step 2 (") && words.contains("Move it before step 1."),
            "{words}"
        );
        let swapped: Vec<StepEntry> = serde_json::from_value(json!([step, fill])).unwrap();
        assert!(Stages::of(&swapped).is_ok());
    }
    for expression in ["age - AVG(age)", "age / SUM(age) OVER (PARTITION BY town)", "COUNT(*)"] {
        let words = refused(json!([{"step": "derive", "name": "age", "expression": expression}]));
        assert!(words.contains("takes something of all rows"), "{words}");
    }
    let plain = json!([{"step": "derive", "name": "age", "expression": "CASE WHEN town IN ('Rome', 'Oslo') THEN age ELSE 0 END"}]);
    assert!(Rig::new(TABLE).load(plain, &["age"]).is_ok());
    let words = refused(json!([{"step": "pivot", "on": "town", "index": ["y"], "values": "age", "function": "max"}]));
    assert!(words.contains("Name the columns"), "{words}");
    // Learned from, or cut by, something that is made too late.
    let late = Rig::new(TABLE).load(
        json!([{"step": "rename", "from": "y", "to": "z"}, fill, {"step": "rename", "from": "z", "to": "y"}]),
        &["age"],
    );
    assert!(
        late.unwrap_err()
            .to_string()
            .contains("comes after the first one that learns")
    );
    let gone = Rig::new(TABLE).load(json!([fill, {"step": "drop", "columns": ["age"]}]), &["age"]);
    assert!(matches!(gone, Err(DataError::NoColumn { .. })));
    let wrong = Rig::new(TABLE).load(
        json!([fill, {"step": "cast", "column": "aeg", "to": "float"}]),
        &["age"],
    );
    assert!(wrong.unwrap_err().to_string().starts_with("Step 2 ("));
    let nothing = Rig::new(TABLE).load(
        json!([{"step": "filter", "condition": "sql", "expression": "y > 9"}]),
        &["age"],
    );
    assert!(nothing.unwrap_err().to_string().contains("leave no rows"));
}

#[test]
fn without_steps_the_file_is_the_table() {
    let rows = Rig::new(TABLE)
        .load(
            json!([{"step": "drop", "columns": ["age"], "enabled": false}]),
            &["age"],
        )
        .unwrap();
    assert!(rows.steps.is_empty());
    assert_eq!(rows.split.train, [0, 1, 2]);
}
