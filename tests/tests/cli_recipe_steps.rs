//! Are the steps of a recipe done when it is run, learned from the training rows alone, and done
//! again to raw rows that are predicted?

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use std::fmt::Write;
use std::process::Command;

use aloft_rigs::python_program;
use aloft_tests::terminal::Terminal;
use serde_json::{Value, json};

/// Houses in the order in which they were sold: the later ones are much larger, some have no
/// size, one in ten has a duplicate.
fn houses(test_scale: f64) -> String {
    let mut text = String::from("day,agent_id,Town,size,price\n");
    for row in 0..400_u32 {
        let scale = if row >= 320 { test_scale } else { 1.0 };
        let size = f64::from(50 + row * 37 % 90) * scale;
        let size = if row % 7 == 3 { String::new() } else { format!("{size}") };
        let town = ["Rome", "Oslo", "Bern"][row as usize % 3];
        let price = 100 + row * 37 % 90 * 3 + row % 3 * 20;
        writeln!(text, "{},a{},{town},{size},{price}", row + 1, row % 40).unwrap();
    }
    text
}

const RECIPE: &str = r#"version = 1

[data]
path = "houses.csv"

[[data.steps]]
step = "filter"
condition = "sql"
expression = "price > 105"

[[data.steps]]
step = "rename"
from = "Town"
to = "town"

[[data.steps]]
step = "fill"
column = "size"
with = "mean"

[[data.steps]]
step = "clip"
column = "size"
to = { quantiles = { low = 0.05, high = 0.95 } }

[[data.steps]]
step = "derive"
name = "root"
expression = "SQRT(size)"

[target]
column = "price"
task = "regression"

[features]
include = ["town", "size", "root"]

[split]
method = "time_ordered"
column = "day"
valid = 0.1
test = 0.2

[model]
kind = "linear"
l2 = 1.0

[training]
epochs = 5
"#;

/// The mean and the limits that polars finds in the training rows, and the mean of all rows.
const TRUTH: &str = r#"
import json, sys
import polars as pl
table = pl.read_csv(sys.argv[1]).filter(pl.col("price") > 105).sort("day")
rows = table.height
train = table.head(rows - round(rows * 0.2) - round(rows * 0.1))
mean = train["size"].mean()
size = train["size"].fill_null(mean)
limits = [size.quantile(share, "linear") for share in (0.05, 0.95)]
print(json.dumps({"train": train.height, "mean": mean, "limits": limits, "of_all": table["size"].mean()}))
"#;

fn truth(table: &str) -> Value {
    let ran = Command::new(python_program("python"))
        .args(["-c", TRUTH, table])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn id(answer: &Value) -> &str {
    answer["run"].as_str().unwrap()
}

/// What a run's model does to raw rows.
fn steps_of(terminal: &Terminal, run: &Value) -> Value {
    let path = terminal.workspace().join("runs").join(id(run)).join("model/steps.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn near(found: &Value, expected: &Value) -> bool {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap();
    (number(found) - number(expected)).abs() < 1e-9 * number(expected).abs()
}

#[test]
fn what_steps_learn_comes_from_the_training_rows_as_polars_finds_it() {
    let terminal = Terminal::open().unwrap();
    let table = terminal.file("houses.csv", houses(20.0)).unwrap();
    let recipe = terminal.file("recipe.toml", RECIPE).unwrap();
    let run = terminal.answer(&["run", &recipe]).unwrap();
    let expected = truth(&table);
    let shown = terminal.answer(&["runs", "show", id(&run)]).unwrap();
    assert_eq!(shown["result"]["rows"]["train"], expected["train"]);
    let steps = steps_of(&terminal, &run);
    let step = |name: &str| {
        let all = steps["steps"].as_array().unwrap();
        all.iter().find(|step| step["step"] == name).unwrap().clone()
    };
    let filled = &step("fill")["with"]["value"];
    assert!(near(filled, &expected["mean"]), "{filled} is not {}", expected["mean"]);
    assert!(!near(filled, &expected["of_all"]), "the test rows would not be noticed");
    let limits = &step("clip")["to"]["values"];
    assert!(near(&limits["low"], &expected["limits"][0]), "{limits} {expected}");
    assert!(near(&limits["high"], &expected["limits"][1]), "{limits} {expected}");

    // Other test rows, the same model to the last bit; and the same again.
    let other = Terminal::open().unwrap();
    other.file("houses.csv", houses(3.0)).unwrap();
    let recipe_there = other.file("recipe.toml", RECIPE).unwrap();
    let run_there = other.answer(&["run", &recipe_there]).unwrap();
    assert_eq!(steps_of(&other, &run_there), steps);
    assert!(terminal.weights(id(&run)).unwrap() == other.weights(id(&run_there)).unwrap());
    let again = terminal.answer(&["run", &recipe]).unwrap();
    assert!(terminal.weights(id(&run)).unwrap() == terminal.weights(id(&again)).unwrap());
    assert_eq!(run["metrics"], again["metrics"]);
}

#[test]
fn raw_rows_are_brought_through_the_steps_before_they_are_predicted() {
    let terminal = Terminal::open().unwrap();
    let table = terminal.file("houses.csv", houses(20.0)).unwrap();
    let recipe = terminal.file("recipe.toml", RECIPE).unwrap();
    let run = terminal.answer(&["run", &recipe]).unwrap();
    let expected = truth(&table);
    let (mean, high) = (&expected["mean"], &expected["limits"][1]);
    // Neither the target nor the day is needed; a gap is the mean, what is too large is cut.
    let raw = format!("Town,size\nRome,\nRome,{mean}\nOslo,99999\nOslo,{high}\nRome,60\n");
    let raw = terminal.file("raw.csv", raw).unwrap();
    let said = terminal.answer(&["predict", id(&run), &raw]).unwrap();
    let prices: Vec<f64> = said["predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["prediction"].as_f64().unwrap())
        .collect();
    assert_eq!(prices.len(), 5);
    let same = |a: f64, b: f64| (a - b).abs() < 1e-4 * a.abs();
    assert!(same(prices[0], prices[1]) && same(prices[2], prices[3]), "{prices:?}");
    assert!(!same(prices[0], prices[4]), "{prices:?}");
    // Into a file: the rows as they are, and the same answers.
    let out = terminal.folder().join("out.csv").to_string_lossy().into_owned();
    terminal.answer(&["predict", id(&run), &raw, "--out", &out]).unwrap();
    let written = std::fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!((lines[0], lines.len()), ("Town,size,prediction", 6));
    assert!(
        lines[1].starts_with("Rome,,") && lines[3].starts_with("Oslo,99999,"),
        "{written}"
    );
    for (line, price) in lines[1..].iter().zip(prices) {
        let said: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
        assert!(same(said, price), "{line} is not {price}");
    }
    let lacking = terminal.file("lacking.csv", "town,size\nRome,60\n").unwrap();
    let error = terminal
        .refused(&["predict", id(&run), &lacking], 2, "invalid")
        .unwrap();
    assert!(error["message"].as_str().unwrap().contains("'Town'"), "{error}");
}

#[test]
fn each_way_to_split_runs_and_a_step_in_the_wrong_place_is_refused() {
    let terminal = Terminal::open().unwrap();
    terminal.file("houses.csv", houses(1.0)).unwrap();
    let by = "method = \"time_ordered\"\ncolumn = \"day\"\nvalid = 0.1\ntest = 0.2\n";
    assert!(RECIPE.contains(by));
    let rows = |split: &str| {
        let recipe = terminal.file("split.toml", RECIPE.replace(by, split)).unwrap();
        let run = terminal.answer(&["run", &recipe]).unwrap();
        let shown = terminal.answer(&["runs", "show", id(&run)]).unwrap();
        shown["result"]["rows"].clone()
    };
    let all = truth(&terminal.file("again.csv", houses(1.0)).unwrap())["train"]
        .as_u64()
        .unwrap();
    let found = rows("method = \"k_fold\"\nfolds = 4\nfold = 2\nvalid = 0.1\n");
    let sum = |rows: &Value| {
        ["train", "valid", "test"]
            .map(|part| rows[part].as_u64().unwrap())
            .iter()
            .sum::<u64>()
    };
    let kept = sum(&found);
    assert!(
        kept > all && found["test"].as_u64().unwrap().abs_diff(kept / 4) <= 1,
        "{found}"
    );
    let found = rows("method = \"grouped\"\ncolumn = \"agent_id\"\nvalid = 0.1\ntest = 0.2\n");
    assert_eq!((sum(&found), found["left_out"].clone()), (kept, json!(0)), "{found}");

    let late = RECIPE.replace("[target]", "[[data.steps]]\nstep = \"deduplicate\"\n\n[target]");
    let late = terminal.file("late.toml", late).unwrap();
    let error = terminal.refused(&["run", &late], 2, "invalid").unwrap();
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("step 6 (Remove duplicates") && message.contains("line"),
        "{error}"
    );
    assert_eq!(error["hint"], "Move it before step 3.");
}
