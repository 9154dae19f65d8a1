//! Is every kind of bad or unusual input met with words a person can act on, and nothing lost?

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use std::fmt::Write as _;

use aloft_tests::program::sample;
use aloft_tests::terminal::{Terminal, digits_recipe, wait_until};
use serde_json::{Value, json};

fn column<'a>(profile: &'a Value, name: &str) -> &'a Value {
    let columns = profile["columns"].as_array().unwrap();
    columns
        .iter()
        .find(|column| column["name"] == name)
        .unwrap_or_else(|| panic!("no '{name}' in {profile}"))
}

fn warns(profile: &Value, words: &[&str]) {
    let warnings = profile["warnings"].as_array().unwrap();
    let found = warnings
        .iter()
        .any(|warning| words.iter().all(|word| warning.as_str().unwrap().contains(word)));
    assert!(found, "no warning with {words:?} in {warnings:?}");
}

/// A table whose label follows from its numbers.
fn table(rows: usize) -> String {
    let mut text = String::from("x,y,label\n");
    for row in 0..rows {
        let (x, y) = ((row * 37) % 101, (row * 53) % 89);
        writeln!(text, "{x},{y},{}", if x > y { "over" } else { "under" }).unwrap();
    }
    text
}

fn profile(terminal: &Terminal, name: &str, content: impl AsRef<[u8]>) -> Value {
    let path = terminal.file(name, content).unwrap();
    terminal.answer(&["profile", &path]).unwrap()
}

fn train(terminal: &Terminal, path: &str, target: &str) -> Value {
    terminal
        .answer(&["train", path, "--target", target, "--epochs", "5"])
        .unwrap()
}

#[test]
fn one_bad_value_among_numbers_is_named_with_its_row() {
    let terminal = Terminal::open().unwrap();
    let mut text = String::from("n,k\n");
    for row in 0..500 {
        let number = if row == 16 {
            "abc".to_owned()
        } else {
            (row % 40).to_string()
        };
        writeln!(text, "{number},{}", row % 7).unwrap();
    }
    let found = profile(&terminal, "bad.csv", &text);
    assert_eq!(
        (&found["rows"], &column(&found, "n")["type"]),
        (&json!(500), &json!("string"))
    );
    warns(&found, &["'n'", "1 of 500", "row 17", "'abc'"]);
    let path = terminal.file("bad.csv", &text).unwrap();
    assert_eq!(train(&terminal, &path, "k")["state"], "done");
}

#[test]
fn ragged_rows_are_counted_with_their_first_line() {
    let terminal = Terminal::open().unwrap();
    let found = profile(&terminal, "ragged.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n13\n");
    assert_eq!(found["rows"], 5);
    assert_eq!(column(&found, "c")["nulls"], 2);
    assert_eq!(column(&found, "b")["nulls"], 1);
    warns(&found, &["2 rows have fewer", "line 3"]);
    warns(&found, &["1 row has more", "line 4"]);
}

#[test]
fn files_that_are_no_tables_are_refused_by_what_they_are() {
    let terminal = Terminal::open().unwrap();
    let cases: [(&str, &[u8], &str); 4] = [
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01", "PNG"),
        ("book.csv", b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0", "Excel"),
        (
            "noise.csv",
            b"\x00\x01\x02\x9f\xff\x00\x00\x03\x88\x00\x00\x10\x00\x00",
            "binary",
        ),
        ("empty.csv", b"", "empty"),
    ];
    for (name, content, word) in cases {
        let path = terminal.file(name, content).unwrap();
        for arguments in [&["profile", &path][..], &["train", &path, "--target", "y"][..]] {
            let error = terminal.refused(arguments, 2, "invalid").unwrap();
            assert!(error["message"].as_str().unwrap().contains(word), "{name}: {error}");
            assert!(!error["hint"].as_str().unwrap().is_empty(), "{name}: {error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), content, "{name} was touched");
    }
    assert_eq!(terminal.answer(&["runs", "list"]).unwrap(), json!({ "runs": [] }));
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    let terminal = Terminal::open().unwrap();
    let found = profile(&terminal, "header.csv", "a,b,c\n");
    assert_eq!(
        (&found["rows"], found["columns"].as_array().unwrap().len()),
        (&json!(0), 3)
    );
    let path = terminal.folder().join("header.csv").to_string_lossy().into_owned();
    terminal
        .refused(&["train", &path, "--target", "a"], 2, "invalid")
        .unwrap();
}

#[test]
fn names_that_are_twice_are_told_apart() {
    let terminal = Terminal::open().unwrap();
    let found = profile(&terminal, "twice.csv", "a,a,b\n1,2,x\n3,4,y\n");
    let names: Vec<&Value> = found["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["name"])
        .collect();
    assert_eq!(names, ["a", "a_2", "b"]);
    warns(&found, &["a_2"]);
    assert_eq!(column(&found, "a_2")["max"], 4);
}

#[test]
fn three_thousand_columns_are_profiled_and_trained_on() {
    let terminal = Terminal::open().unwrap();
    let mut text = (0..3000)
        .map(|column| format!("c{column}"))
        .collect::<Vec<_>>()
        .join(",");
    text.push_str(",label\n");
    for row in 0..60_usize {
        for column in 0..3000 {
            write!(text, "{},", (row * 31 + column * 17) % 97).unwrap();
        }
        text.push_str(if row % 2 == 0 { "even\n" } else { "odd\n" });
    }
    let path = terminal.file("wide.csv", text).unwrap();
    let found = terminal.answer(&["profile", &path]).unwrap();
    assert_eq!(
        (&found["rows"], found["columns"].as_array().unwrap().len()),
        (&json!(60), 3001)
    );
    assert_eq!(found["columns"][2999]["name"], "c2999");
    let answer = terminal
        .answer(&["train", &path, "--target", "label", "--epochs", "2"])
        .unwrap();
    let shown = terminal
        .answer(&["runs", "show", answer["run"].as_str().unwrap()])
        .unwrap();
    assert!(shown["result"]["features"].as_array().unwrap().len() > 2900);
}

#[test]
fn every_encoding_gives_the_same_table() {
    let terminal = Terminal::open().unwrap();
    let text = "stadt,größe\nKöln,1.5\nMünchen,2.5\nZürich,3.5\n";
    let wide = |to_bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(to_bytes))
            .collect::<Vec<u8>>()
    };
    let latin: Vec<u8> = text
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect();
    let cases: [(&str, Vec<u8>, Option<&str>); 5] = [
        ("utf8.csv", text.as_bytes().to_vec(), None),
        (
            "bom.csv",
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Some("byte order mark"),
        ),
        ("utf16le.csv", wide(u16::to_le_bytes, [0xff, 0xfe]), Some("UTF-16")),
        ("utf16be.csv", wide(u16::to_be_bytes, [0xfe, 0xff]), Some("UTF-16")),
        ("latin1.csv", latin, Some("Windows-1252")),
    ];
    for (name, content, note) in cases {
        let found = profile(&terminal, name, content);
        assert_eq!(found["rows"], 3, "{name}");
        let towns = column(&found, "stadt");
        assert_eq!(
            (&towns["distinct"], &towns["min"]),
            (&json!(3), &json!("Köln")),
            "{name}"
        );
        assert_eq!(column(&found, "größe")["mean"], 2.5, "{name}");
        if let Some(note) = note {
            warns(&found, &[note]);
        }
    }
}

#[test]
fn text_that_turns_out_not_to_be_utf8_late_in_the_file_is_read_and_told() {
    let terminal = Terminal::open().unwrap();
    let mut content = b"name,n\n".to_vec();
    for row in 0..200_000 {
        content.extend_from_slice(format!("plain words {row},{row}\n").as_bytes());
    }
    content.extend_from_slice(b"caf\xe9,7\n");
    let found = profile(&terminal, "late.csv", content);
    assert_eq!(found["rows"], 200_001);
    warns(&found, &["not UTF-8", "200,002"]);
}

#[test]
fn semicolons_and_decimal_commas_are_detected_and_trained_on() {
    let terminal = Terminal::open().unwrap();
    let mut text = String::from("x;y;ziel\n");
    for row in 0..120 {
        let x = f64::from(row) / 8.0;
        text.push_str(&format!("{x:.3};{};{:.3}\n", row % 5, 2.0 * x + 1.0).replace('.', ","));
    }
    let found = profile(&terminal, "comma.csv", &text);
    assert_eq!(column(&found, "x")["type"], "float");
    assert_eq!(column(&found, "x")["max"], 14.875);
    warns(&found, &["';'", "comma"]);
    let path = terminal.file("comma.csv", &text).unwrap();
    let answer = terminal.answer(&["train", &path, "--target", "ziel"]).unwrap();
    assert!(
        answer["metrics"]["test"]["r2"].as_f64().unwrap() > 0.99,
        "{}",
        answer["metrics"]
    );
    let predicted = terminal
        .answer(&["predict", answer["run"].as_str().unwrap(), &path])
        .unwrap();
    assert_eq!(predicted["rows"], 120);
}

#[test]
fn infinities_are_counted_and_do_not_reach_the_model() {
    let terminal = Terminal::open().unwrap();
    let text = table(200)
        .replacen("37,53,", "inf,53,", 1)
        .replacen("74,17,", "-inf,17,", 1);
    let found = profile(&terminal, "inf.csv", &text);
    let x = column(&found, "x");
    assert_eq!(
        (&x["type"], &x["infinite"], &x["nulls"]),
        (&json!("float"), &json!(2), &json!(0))
    );
    assert!(x["max"].as_f64().unwrap() <= 100.0 && x["mean"].is_f64());
    warns(&found, &["'x'", "2 ", "infinite"]);
    let path = terminal.file("inf.csv", &text).unwrap();
    let answer = train(&terminal, &path, "label");
    assert!(answer["metrics"]["test"]["log_loss"].is_f64(), "{answer}");
}

#[test]
fn a_target_that_teaches_nothing_is_refused_before_there_is_a_run() {
    let terminal = Terminal::open().unwrap();
    let mut text = String::from("x,same,none\n");
    for row in 0..50 {
        writeln!(text, "{row},yes,").unwrap();
    }
    let path = terminal.file("flat.csv", text).unwrap();
    for (target, word) in [("same", "one value"), ("none", "no values")] {
        let error = terminal
            .refused(&["train", &path, "--target", target], 2, "invalid")
            .unwrap();
        assert!(error["message"].as_str().unwrap().contains(word), "{error}");
    }
    assert_eq!(terminal.answer(&["runs", "list"]).unwrap(), json!({ "runs": [] }));
    // A recipe by hand may name it all the same; then the run says why it fails.
    let recipe = format!(
        "version = 1\n[data]\npath = {path:?}\n[target]\ncolumn = \"same\"\ntask = \"binary\"\n[features]\ninclude = [\"x\"]\n[split]\nmethod = \"random\"\nvalid = 0.2\ntest = 0.2\nseed = 1\n[model]\nkind = \"linear\"\n"
    );
    let recipe = terminal.file("recipe.toml", recipe).unwrap();
    terminal.refused(&["run", &recipe], 2, "invalid").unwrap();
}

#[test]
fn a_feature_without_values_and_ids_and_constants_are_left_out_with_a_word() {
    let terminal = Terminal::open().unwrap();
    let rows: Vec<String> = table(200)
        .lines()
        .skip(1)
        .enumerate()
        .map(|(at, line)| format!("{at},,7,{line}\n"))
        .collect();
    let path = terminal
        .file("odd.csv", format!("id,void,same,x,y,label\n{}", rows.concat()))
        .unwrap();
    let said = terminal
        .json(&["train", &path, "--target", "label", "--epochs", "20"])
        .unwrap();
    let answer = said.answer().unwrap();
    let shown = terminal
        .answer(&["runs", "show", answer["run"].as_str().unwrap()])
        .unwrap();
    assert_eq!(shown["result"]["features"], json!(["x", "y"]));
    let left: Vec<&Value> = shown["result"]["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| &left["column"])
        .collect();
    assert_eq!(left, ["id", "void", "same"]);
    for word in ["'id'", "'void'", "'same'", "every value is missing"] {
        assert!(said.stderr.contains(word), "{word} is not in {}", said.stderr);
    }
}

#[test]
fn a_missing_file_and_a_folder_are_told_apart() {
    let terminal = Terminal::open().unwrap();
    terminal.refused(&["profile", "gone.csv"], 2, "not_found").unwrap();
    let folder = terminal.folder().to_string_lossy().into_owned();
    let error = terminal.refused(&["profile", &folder], 2, "invalid").unwrap();
    assert!(error["message"].as_str().unwrap().contains("folder"), "{error}");
    terminal.refused(&["run", &folder], 2, "invalid").unwrap();
    terminal.refused(&["run", "gone.toml"], 2, "not_found").unwrap();
}

#[test]
fn data_that_vanishes_or_changes_between_two_sessions_is_noticed() {
    let terminal = Terminal::open().unwrap();
    let data = terminal
        .file("digits.csv", std::fs::read(sample("digits.csv")).unwrap())
        .unwrap();
    let recipe = digits_recipe(150).unwrap();
    let line = recipe.lines().find(|line| line.starts_with("path = ")).unwrap();
    let path = terminal
        .file("recipe.toml", recipe.replace(line, &format!("path = {data:?}")))
        .unwrap();
    let mut running = terminal.start(&["run", &path]).unwrap();
    wait_until("it trains", || {
        let Ok(runs) = std::fs::read_dir(terminal.workspace().join("runs")) else {
            return Ok(false);
        };
        Ok(runs.flatten().any(|run| run.path().join("checkpoint/a.ckpt").is_file()) || running.is_over()?)
    })
    .unwrap();
    running.kill().unwrap();
    let run = terminal.newest_run().unwrap()["run"].as_str().unwrap().to_owned();

    let original = std::fs::read(&data).unwrap();
    std::fs::remove_file(&data).unwrap();
    terminal.refused(&["resume", &run], 2, "not_found").unwrap();
    let changed = String::from_utf8(original.clone()).unwrap().replacen(",0\n", ",1\n", 1);
    std::fs::write(&data, changed).unwrap();
    let error = terminal.refused(&["resume", &run], 1, "conflict").unwrap();
    assert!(
        error["message"].as_str().unwrap().contains("data has changed"),
        "{error}"
    );
    // Nothing was spoiled meanwhile: with the file as it was, the run goes on.
    std::fs::write(&data, original).unwrap();
    assert_eq!(terminal.answer(&["resume", &run]).unwrap()["state"], "done");
}

#[test]
fn a_damaged_database_is_named_and_not_touched() {
    let terminal = Terminal::open().unwrap();
    let path = terminal.workspace().join("aloft.db");
    let answer = train(&terminal, &sample("penguins.csv").to_string_lossy(), "species");
    let mut damaged = std::fs::read(&path).unwrap();
    damaged[..4096].fill(0x5a);
    std::fs::write(&path, &damaged).unwrap();
    for arguments in [
        &["runs", "list"][..],
        &["jobs"][..],
        &["resume", answer["run"].as_str().unwrap()][..],
    ] {
        let error = terminal.refused(arguments, 1, "corrupt").unwrap();
        assert!(error["message"].as_str().unwrap().contains("aloft.db"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("backup"), "{error}");
    }
    assert!(std::fs::read(&path).unwrap() == damaged, "the damaged file was changed");
    assert!(
        terminal.weights(answer["run"].as_str().unwrap()).is_ok(),
        "the model is a file of its own"
    );
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let terminal = Terminal::open().unwrap();
    terminal.answer(&["runs", "list"]).unwrap();
    let path = terminal.workspace().join("aloft.db");
    let mut newer = std::fs::read(&path).unwrap();
    // The user version, four bytes big endian at offset 60 of the file format of SQLite.
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    std::fs::write(&path, &newer).unwrap();
    for name in ["aloft.db-wal", "aloft.db-shm"] {
        assert!(
            !terminal.workspace().join(name).exists(),
            "{name} was left by a process that ended well"
        );
    }
    let error = terminal.refused(&["runs", "list"], 2, "unsupported").unwrap();
    assert!(error["message"].as_str().unwrap().contains("newer Aloft"), "{error}");
    assert!(std::fs::read(&path).unwrap() == newer, "the newer file was changed");
}

#[test]
fn a_workspace_that_cannot_be_is_refused_in_words() {
    let terminal = Terminal::open().unwrap();
    let file = terminal.file("file", "not a folder").unwrap();
    let inside = format!("{file}/workspace");
    let said = terminal.json(&["runs", "list", "--workspace", &inside]).unwrap();
    let error = said.object().unwrap()["error"].clone();
    assert!(said.code == Some(2) || said.code == Some(1), "{said:?}");
    assert!(error["message"].as_str().unwrap().contains(&file), "{error}");
    // In /proc nobody can create anything, root included.
    let said = terminal.json(&["runs", "list", "--workspace", "/proc/aloft"]).unwrap();
    assert!(said.code == Some(2) || said.code == Some(1), "{said:?}");
    assert!(
        said.object().unwrap()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("/proc/aloft"),
        "{said:?}"
    );
}
