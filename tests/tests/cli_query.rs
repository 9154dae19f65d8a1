//! Do questions, preparations and exports at the command line give what they should?
//!
//! The steps are held to what they say in Python: the program that `aloft prepare --python`
//! writes is run by the real polars, and must leave the same rows.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use std::path::Path;
use std::process::Command;

use aloft_rigs::python_program;
use aloft_tests::program::sample;
use aloft_tests::terminal::Terminal;
use serde_json::{Value, json};

fn penguins() -> String {
    sample("penguins.csv").to_string_lossy().into_owned()
}

#[test]
fn a_question_is_answered_with_columns_and_rows() {
    let terminal = Terminal::open().unwrap();
    let sql = "select species, count(*) as n, max(body_mass_g) as heaviest from penguins group by species order by n";
    let answer = terminal.answer(&["query", sql, &penguins()]).unwrap();
    assert_eq!(
        answer,
        json!({
            "columns": ["species", "n", "heaviest"],
            "rows": [["Chinstrap", 68, 4800], ["Gentoo", 124, 6300], ["Adelie", 152, 4775]],
        })
    );
    let words = terminal.run(&["query", sql, &penguins()]).unwrap();
    assert!(
        words.stdout.contains("Chinstrap") && words.stdout.contains("3 rows"),
        "{words:?}"
    );
    let plan = terminal.answer(&["query", sql, &penguins(), "--plan"]).unwrap();
    assert!(plan["plan"].as_str().unwrap().contains("AGGREGATE"), "{plan}");
}

#[test]
fn an_answer_goes_into_a_file_of_any_format_and_is_read_again() {
    let terminal = Terminal::open().unwrap();
    for ending in ["csv", "tsv", "parquet", "arrow", "jsonl"] {
        let out = terminal.folder().join(format!("heavy.{ending}"));
        let out = out.to_string_lossy().into_owned();
        let sql = "select species, year, body_mass_g as mass from penguins where body_mass_g > 5900 order by mass";
        let written = terminal.answer(&["query", sql, &penguins(), "--out", &out]).unwrap();
        assert_eq!(
            (&written["rows"], &written["out"]),
            (&json!(6), &json!(out)),
            "{ending}"
        );
        let again = terminal
            .answer(&["query", "select max(mass) as m from heavy", &out])
            .unwrap();
        assert_eq!(again["rows"], json!([[6300]]), "{ending}");
    }
}

#[test]
fn a_partitioned_export_is_read_as_one_table() {
    let terminal = Terminal::open().unwrap();
    let folder = terminal.folder().join("by-species");
    let out = folder.to_string_lossy().into_owned();
    let export = ["export", &penguins(), &out, "--partition-by", "species,year"];
    assert_eq!(terminal.answer(&export).unwrap()["rows"], 344);
    assert!(folder.join("species=Gentoo/year=2008").is_dir());
    let sql =
        "select species, year, count(*) as n from \"by-species\" where year = 2008 group by species, year order by n";
    let answer = terminal.answer(&["query", sql, &out]).unwrap();
    assert_eq!(
        answer["rows"],
        json!([["Chinstrap", 2008, 18], ["Gentoo", 2008, 46], ["Adelie", 2008, 50]])
    );
    let error = terminal.refused(&export, 2, "invalid").unwrap();
    assert!(error["message"].as_str().unwrap().contains("already"), "{error}");
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let terminal = Terminal::open().unwrap();
    let error = terminal
        .refused(&["query", "select x from penguins", &penguins()], 2, "invalid")
        .unwrap();
    assert!(
        error["message"].as_str().unwrap().contains("species"),
        "it names the columns there are: {error}"
    );
    let steps = terminal
        .file("steps.toml", "[[steps]]\nstep = \"cats\"\ncolumn = \"year\"\n")
        .unwrap();
    let error = terminal
        .refused(&["prepare", &penguins(), "--steps", &steps], 2, "invalid")
        .unwrap();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("steps.toml") && message.contains("cats"), "{message}");
    let wanted = ["query", "select 1", &penguins(), "--out", "answer.xlsx"];
    let error = terminal.refused(&wanted, 2, "invalid").unwrap();
    assert!(error["message"].as_str().unwrap().contains(".parquet"), "{error}");
}

const STEPS: &str = r#"
[[steps]]
step = "filter"
condition = "between"
column = "body_mass_g"
low = { value = 3000, inclusive = true }
high = { value = 6000.5, inclusive = false }

[[steps]]
step = "filter"
condition = "contains"
column = "island"
text = "S"

[[steps]]
step = "fill"
column = "sex"
with = "most_frequent"

[[steps]]
step = "fill"
column = "bill_depth_mm"
with = "mean"

[[steps]]
step = "derive"
name = "kg"
expression = "(body_mass_g - 100) / 1000.0"

[[steps]]
step = "bin"
column = "bill_length_mm"
into = "bill"
by = { quantiles = 4 }

[[steps]]
step = "bin"
column = "flipper_length_mm"
into = "flipper"
by = { width = 5 }

[[steps]]
step = "clip"
column = "bill_length_mm"
to = { quantiles = { low = 0.05, high = 0.95 } }

[[steps]]
step = "cast"
column = "year"
to = "string"

[[steps]]
step = "split_text"
column = "year"
separator = "0"
into = ["century", "rest"]

[[steps]]
step = "deduplicate"
columns = ["species", "body_mass_g", "sex"]

[[steps]]
step = "balance"
column = "sex"
seed = 7

[[steps]]
step = "sample"
rows = { share = 0.8 }
seed = 11

[[steps]]
step = "rename"
from = "species"
to = "Which one"

[[steps]]
step = "drop"
columns = ["bill_depth_mm"]

[[steps]]
step = "sort"
by = [{ column = "kg", descending = true }, { column = "bill_length_mm" }, { column = "Which one" }]
"#;

const GROUPS: &str = r#"
[[steps]]
step = "drop_missing"
columns = ["body_mass_g"]

[[steps]]
step = "group"
by = ["species", "sex"]
aggregates = [
    { column = "body_mass_g", function = "mean", name = "mean" },
    { column = "body_mass_g", function = "std", name = "std" },
    { column = "island", function = "distinct", name = "islands" },
    { column = "", function = "count", name = "rows" },
]

[[steps]]
step = "pivot"
on = "sex"
index = ["species"]
values = "mean"
function = "first"
"#;

/// Runs the program that the steps are in Python and writes what it leaves to a file.
fn run_in_python(folder: &Path, program: &str, out: &Path) {
    let path = folder.join("steps.py");
    std::fs::write(
        &path,
        format!("{program}\ntable.write_parquet({:?})\n", out.to_string_lossy()),
    )
    .unwrap();
    let ran = Command::new(python_program("python")).arg(&path).output().unwrap();
    assert!(
        ran.status.success(),
        "{program}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn steps_do_in_python_what_they_do_here() {
    for (name, steps) in [("steps", STEPS), ("groups", GROUPS)] {
        let terminal = Terminal::open().unwrap();
        let file = terminal.file("steps.toml", steps).unwrap();
        let program = terminal
            .answer(&["prepare", &penguins(), "--steps", &file, "--python"])
            .unwrap();
        let theirs = terminal.folder().join("theirs.parquet");
        run_in_python(terminal.folder(), program["python"].as_str().unwrap(), &theirs);
        let ours = terminal.answer(&["prepare", &penguins(), "--steps", &file]).unwrap();
        let theirs = theirs.to_string_lossy().into_owned();
        let theirs = terminal.answer(&["query", "select * from theirs", &theirs]).unwrap();
        assert_eq!(ours["columns"], theirs["columns"], "{name}");
        let (ours, theirs) = (ours["rows"].as_array().unwrap(), theirs["rows"].as_array().unwrap());
        assert_eq!(ours.len(), theirs.len(), "{name}");
        assert!(ours.len() > 2, "{name}: there is something to compare");
        for (row, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            assert!(is_same(ours, theirs), "{name}, row {row}: {ours} and {theirs}");
        }
    }
}

/// Equal but for the last digits of sums that were made in another order.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * a.abs().max(1.0)
        }
        _ => a == b,
    }
}
