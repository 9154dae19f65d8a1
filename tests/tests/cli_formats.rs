//! Are compressed files, JSON documents and nested columns tables like any other at the command line?

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

/// Has Python do something in a folder: its own compressors write what is read here.
fn python(folder: &Path, program: &str) {
    let ran = Command::new(python_program("python"))
        .args(["-c", program])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

fn path(terminal: &Terminal, name: &str) -> String {
    terminal.folder().join(name).to_string_lossy().into_owned()
}

#[test]
fn a_compressed_file_is_profiled_queried_and_trained_on_as_the_plain_one() {
    let terminal = Terminal::open().unwrap();
    let penguins = sample("penguins.csv").to_string_lossy().into_owned();
    let plain = terminal.answer(&["profile", &penguins]).unwrap();
    let program = format!(
        "import gzip, zlib; data = open({penguins:?}, 'rb').read()\n\
         open('penguins.csv.gz', 'wb').write(gzip.compress(data))\n\
         open('whole.csv.gz', 'wb').write(gzip.compress(data))\n\
         open('cut.csv.gz', 'wb').write(gzip.compress(data)[:2000])"
    );
    python(terminal.folder(), &program);
    let file = path(&terminal, "penguins.csv.gz");
    let mut packed = terminal.answer(&["profile", &file]).unwrap();
    let notes = packed["warnings"].as_array_mut().unwrap();
    assert!(notes.remove(0).as_str().unwrap().contains("gzip"));
    assert_eq!(packed["columns"], plain["columns"]);
    assert_eq!(packed["warnings"], plain["warnings"]);
    let sql = "select species, count(*) as n from penguins group by species order by n";
    let rows = terminal.answer(&["query", sql, &file]).unwrap();
    assert_eq!(
        rows["rows"],
        json!([["Chinstrap", 68], ["Gentoo", 124], ["Adelie", 152]])
    );
    let run = terminal
        .answer(&["train", &file, "--target", "species", "--epochs", "2"])
        .unwrap();
    assert_eq!(run["state"], "done");

    let error = terminal
        .refused(&["profile", &path(&terminal, "cut.csv.gz")], 1, "corrupt")
        .unwrap();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("cut.csv.gz") && message.contains("gzip"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("incomplete"), "{error}");
}

#[test]
fn the_rows_of_a_json_document_are_found() {
    let terminal = Terminal::open().unwrap();
    let document = json!({
        "type": "FeatureCollection",
        "features": [{"id": 1, "properties": {"name": "a", "height": 2.5}}, {"id": 2, "properties": {"name": "b"}}],
    });
    let file = terminal
        .file("places.json", serde_json::to_string_pretty(&document).unwrap())
        .unwrap();
    let opened = terminal.answer(&["open", &file]).unwrap();
    assert_eq!(opened["dataset"]["source"]["format"], "json");
    let rows = terminal
        .answer(&["query", "select id from places order by id", &file])
        .unwrap();
    assert_eq!(rows["rows"], json!([[1], [2]]));
    let bad = terminal.file("bad.json", "[{\"a\": 1}, {\"a\": ").unwrap();
    let error = terminal.refused(&["profile", &bad], 2, "invalid").unwrap();
    assert!(error["message"].as_str().unwrap().contains("no end"), "{error}");
}

const NESTED: &str = r#"{"id":1,"who":{"name":"Ada","age":36,"home":{"city":"Rome"}},"tags":["x","y"],"ok":true}
{"id":2,"who":{"name":"Bob","age":null},"tags":[],"ok":false}
{"id":3,"who":null,"tags":["z"],"ok":null}
{"id":4,"who":{"age":7,"more":[1,2]}}
"#;

const UNFOLD: &str = r#"
[[steps]]
step = "unfold"
column = "who"

[[steps]]
step = "explode"
column = "tags"

[[steps]]
step = "unfold"
column = "who.home"
"#;

#[test]
fn nested_columns_unfold_here_as_they_do_in_python() {
    let terminal = Terminal::open().unwrap();
    let steps = terminal.file("steps.toml", UNFOLD).unwrap();
    for (name, make) in [
        ("lines.jsonl", ""),
        (
            "nested.parquet",
            "import polars as pl; pl.read_ndjson('lines.jsonl').write_parquet('nested.parquet')",
        ),
    ] {
        terminal.file("lines.jsonl", NESTED).unwrap();
        if !make.is_empty() {
            python(terminal.folder(), make);
        }
        let file = path(&terminal, name);
        let ours = terminal.answer(&["prepare", &file, "--steps", &steps]).unwrap();
        let columns: Vec<&str> = ours["columns"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(
            columns,
            ["id", "who.name", "who.age", "who.home.city", "who.more", "tags", "ok"],
            "{name}"
        );
        assert_eq!(
            ours["rows"][0],
            json!([1, "Ada", 36, "Rome", null, "x", true]),
            "{name}"
        );
        assert_eq!(ours["rows"].as_array().unwrap().len(), 5, "{name}");
        let program = terminal
            .answer(&["prepare", &file, "--steps", &steps, "--python"])
            .unwrap();
        let program = format!(
            "{}\ntable.drop('who.more').write_parquet('theirs.parquet')",
            program["python"].as_str().unwrap()
        );
        python(terminal.folder(), &program);
        let sql = "select * from theirs";
        let theirs = terminal
            .answer(&["query", sql, &path(&terminal, "theirs.parquet")])
            .unwrap();
        let without: Vec<Value> = ours["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let mut row = row.as_array().unwrap().clone();
                row.remove(4);
                Value::from(row)
            })
            .collect();
        assert_eq!(theirs["rows"], Value::from(without), "{name}");
    }
}

#[test]
fn a_question_that_would_take_too_much_memory_ends_with_what_to_do() {
    let terminal = Terminal::open().unwrap();
    let mut text = String::from("id,note\n");
    for row in 0..300_000_u64 {
        let note = row.wrapping_mul(6_364_136_223_846_793_005);
        std::fmt::Write::write_fmt(&mut text, format_args!("{row},a note that is long enough {note}\n")).unwrap();
    }
    let file = terminal.file("notes.csv", text).unwrap();
    let limited = [
        "query",
        "select * from notes order by note",
        &file,
        "--memory-limit",
        "80MB",
    ];
    let error = terminal.refused(&limited, 1, "unavailable").unwrap();
    assert!(error["message"].as_str().unwrap().contains("limit of 80 MB"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("filter the rows"), "{error}");
    let job = &terminal.answer(&["jobs"]).unwrap()["jobs"][0];
    assert_eq!(
        (&job["state"], &job["error"]["kind"]),
        (&json!("failed"), &json!("unavailable"))
    );
    // Under the usual limit, and without one, it is answered.
    for more in [&[][..], &["--memory-limit", "none"][..]] {
        let mut arguments = vec!["query", "select id from notes order by note limit 1", &file];
        arguments.extend(more);
        assert_eq!(
            terminal.answer(&arguments).unwrap()["rows"].as_array().unwrap().len(),
            1
        );
    }
}

#[test]
fn how_a_file_is_read_is_said_once_and_holds_for_every_verb() {
    let terminal = Terminal::open().unwrap();
    let file = terminal
        .file("days.csv", "day,n\n01/02/2024,-\n03/04/2024,5\n")
        .unwrap();
    let opened = terminal.answer(&["open", &file]).unwrap();
    assert!(
        opened["reading"]["dates"].as_str().unwrap().contains("say which"),
        "{opened}"
    );
    let types = || -> Vec<String> {
        let profile = terminal.answer(&["profile", &file]).unwrap();
        let columns = profile["columns"].as_array().unwrap().clone();
        columns
            .iter()
            .map(|column| column["type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(types(), ["string", "string"]);
    let said = r#"{"date_order": "day_month_year", "null_values": ["-"]}"#;
    let opened = terminal.answer(&["open", &file, "--reading", said]).unwrap();
    assert_eq!(opened["dataset"]["source"]["csv"]["delimiter"], ",");
    assert_eq!(types(), ["date", "integer"]);
    let rows = terminal
        .answer(&["query", "select max(day) as d, sum(n) as n from days", &file])
        .unwrap();
    assert_eq!(rows["rows"], json!([["2024-04-03", 5]]));
    terminal.answer(&["open", &file, "--reading", "as-found"]).unwrap();
    assert_eq!(types(), ["string", "string"]);
    let wrong = ["open", &file, "--reading", r#"{"delimeter": ";"}"#];
    let error = terminal.refused(&wrong, 2, "invalid").unwrap();
    assert!(error["message"].as_str().unwrap().contains("delimeter"), "{error}");
}
