//! Does the command line keep its contract: objects, exit codes, and what goes where?

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use aloft_tests::program::sample;
use aloft_tests::terminal::{Said, Terminal, digits_recipe};
use serde_json::{Value, json};

fn penguins() -> String {
    sample("penguins.csv").to_string_lossy().into_owned()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A short run; its answer.
fn train(terminal: &Terminal) -> Value {
    terminal
        .answer(&["train", &penguins(), "--target", "species", "--epochs", "5"])
        .unwrap()
}

#[test]
fn profile_answers_rows_columns_and_warnings() {
    let terminal = Terminal::open().unwrap();
    let answer = terminal.answer(&["profile", &penguins()]).unwrap();
    let all = ["rows", "columns", "warnings", "repeats", "findings", "correlations"];
    assert_eq!(keys(&answer), all);
    assert_eq!(keys(&answer["repeats"]), ["rows", "is_estimate", "examples"]);
    for column in answer["columns"].as_array().unwrap() {
        for key in [
            "name",
            "type",
            "nulls",
            "distinct",
            "min",
            "max",
            "mean",
            "std",
            "quantiles",
            "top",
        ] {
            assert!(column.get(key).is_some(), "{key} is not in {column}");
        }
    }
    assert!(answer["warnings"].as_array().unwrap().iter().all(Value::is_string));
}

#[test]
fn training_answers_run_state_metrics_and_recipe_for_both_kinds_of_task() {
    let terminal = Terminal::open().unwrap();
    let answer = train(&terminal);
    assert_eq!(keys(&answer), ["run", "state", "metrics", "recipe"]);
    assert_eq!(answer["state"], "done");
    assert_eq!(keys(&answer["metrics"]), ["train", "valid", "test", "baseline"]);
    for part in ["train", "valid", "test", "baseline"] {
        for name in ["accuracy", "log_loss", "f1"] {
            assert!(answer["metrics"][part][name].is_f64(), "{part} {name}: {answer}");
        }
    }
    assert!(
        answer["recipe"]
            .as_str()
            .unwrap()
            .contains("[target]\ncolumn = \"species\"")
    );

    let arguments = [
        "train",
        &penguins(),
        "--target",
        "body_mass_g",
        "--model",
        "mlp",
        "--epochs",
        "5",
    ];
    let answer = terminal.answer(&arguments).unwrap();
    for part in ["train", "valid", "test", "baseline"] {
        for name in ["rmse", "mae", "r2"] {
            assert!(answer["metrics"][part][name].is_f64(), "{part} {name}: {answer}");
        }
    }
    assert!(answer["recipe"].as_str().unwrap().contains("kind = \"mlp\""));
}

#[test]
fn runs_are_listed_newest_first_shown_and_measured() {
    let terminal = Terminal::open().unwrap();
    assert_eq!(terminal.answer(&["runs", "list"]).unwrap(), json!({ "runs": [] }));
    let first = train(&terminal);
    let second = train(&terminal);
    let runs = terminal.answer(&["runs", "list"]).unwrap();
    let listed: Vec<&Value> = runs["runs"].as_array().unwrap().iter().map(|run| &run["run"]).collect();
    assert_eq!(listed, [&second["run"], &first["run"]]);
    let newest = &runs["runs"][0];
    assert_eq!((&newest["state"], &newest["model"]), (&json!("done"), &json!("linear")));
    assert_eq!(newest["metrics"], second["metrics"]);
    assert!(newest["dataset"].as_str().unwrap().ends_with("penguins.csv"));
    assert!(newest["started"].as_str().unwrap().ends_with('Z'), "{newest}");

    let id = first["run"].as_str().unwrap();
    let shown = terminal.answer(&["runs", "show", id]).unwrap();
    assert_eq!((&shown["run"], &shown["metrics"]), (&first["run"], &first["metrics"]));
    assert_eq!(shown["result"]["metrics"], first["metrics"]);
    assert_eq!(shown["recipe"], first["recipe"]);

    let names = terminal.answer(&["runs", "metrics", id]).unwrap();
    let names: Vec<&str> = names["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    for name in ["train/loss", "valid/loss", "valid/accuracy", "learning_rate", "epoch"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let began = shown["started"].as_str().unwrap();
    let answer = terminal.answer(&["runs", "metrics", id, "train/loss"]).unwrap();
    let points = answer["points"].as_array().unwrap();
    assert_eq!(points.len() as u64, shown["result"]["steps"].as_u64().unwrap());
    for (position, point) in points.iter().enumerate() {
        let [step, time, value] = &point.as_array().unwrap()[..] else {
            panic!("{point} is no triple")
        };
        assert_eq!(step.as_u64(), Some(position as u64 + 1));
        assert!(
            time.as_f64().unwrap() > 1.7e9 && value.as_f64().unwrap() > 0.0,
            "{point}, begun {began}"
        );
    }
}

#[test]
fn jobs_and_devices_are_listed() {
    let terminal = Terminal::open().unwrap();
    let run = train(&terminal);
    let jobs = terminal.answer(&["jobs"]).unwrap();
    let jobs = jobs["jobs"].as_array().unwrap();
    let seen: Vec<(&Value, &Value)> = jobs.iter().map(|job| (&job["kind"], &job["state"])).collect();
    assert_eq!(
        seen,
        [(&json!("train"), &json!("done")), (&json!("profile"), &json!("done"))]
    );
    assert_eq!(jobs[0]["subject"], run["run"]);

    let devices = terminal.answer(&["devices"]).unwrap();
    let devices = devices["devices"].as_array().unwrap();
    assert_eq!(
        (&devices[0]["id"], &devices[0]["available"]),
        (&json!("cpu"), &json!(true))
    );
    for device in devices {
        assert!(device["why"].as_str().is_some_and(|why| !why.is_empty()), "{device}");
    }
}

#[test]
fn bad_usage_and_bad_input_exit_with_2_and_end_with_the_error() {
    let terminal = Terminal::open().unwrap();
    let file = penguins();
    let recipe = terminal.file("bad.toml", "version = 1\nlearning = 3\n").unwrap();
    let text = terminal.file("text.toml", "this is not TOML").unwrap();
    let cases: [(&[&str], &str); 15] = [
        (&[], "invalid"),
        (&["trian"], "invalid"),
        (&["train", &file], "invalid"),
        (&["train", &file, "--target", "species", "--epochs", "many"], "invalid"),
        (&["train", &file, "--target", "species", "--epochs", "0"], "invalid"),
        (&["train", &file, "--target", "species", "--model", "forest"], "invalid"),
        (
            &["train", &file, "--target", "species", "--device", "toaster"],
            "invalid",
        ),
        (&["train", &file, "--target", "kind"], "invalid"),
        (&["train", "nowhere.csv", "--target", "species"], "not_found"),
        (&["profile", "nowhere.csv"], "not_found"),
        (&["profile", &file, "--memory-limit", "plenty"], "invalid"),
        (&["run", &recipe], "invalid"),
        (&["run", &text], "invalid"),
        (&["resume", "r0"], "not_found"),
        (&["runs", "metrics", "r0", "train/loss"], "not_found"),
    ];
    for (arguments, kind) in cases {
        let said = terminal.json(arguments).unwrap();
        let error = said
            .refused(2, kind)
            .unwrap_or_else(|why| panic!("{arguments:?}: {why}"));
        assert_eq!(keys(&said.object().unwrap()), ["error"], "{arguments:?}");
        assert_eq!(keys(&error), ["kind", "message", "hint"], "{arguments:?}");
        // Without --json people read it, on stderr alone.
        let said = terminal.run(arguments).unwrap();
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.stderr.len() > 20, "{arguments:?}: {}", said.stderr);
    }
    // Nothing that could not begin is left behind as a run.
    assert_eq!(terminal.answer(&["runs", "list"]).unwrap(), json!({ "runs": [] }));
}

#[test]
fn a_wrong_recipe_names_the_key_the_value_the_line_and_what_is_allowed() {
    let terminal = Terminal::open().unwrap();
    let good = digits_recipe(3).unwrap();
    let cases = [
        ("epochs = 3", "epochs = -3", vec!["training.epochs", "-3", "line"]),
        ("kind = \"mlp\"", "kind = \"tree\"", vec!["tree", "line"]),
        (
            "batch_size = 16",
            "batch_sise = 16",
            vec!["training.batch_sise", "batch_size"],
        ),
        ("dropout = 0.1", "dropout = 1.5", vec!["model.dropout", "1.5"]),
    ];
    for (old, new, words) in cases {
        assert!(good.contains(old));
        let path = terminal.file("recipe.toml", good.replace(old, new)).unwrap();
        let error = terminal.refused(&["run", &path], 2, "invalid").unwrap();
        let said = format!("{} {}", error["message"], error["hint"]);
        for word in words {
            assert!(said.contains(word), "{word} is not in: {said}");
        }
    }
}

#[test]
fn a_recipe_can_come_from_another_run_through_a_pipe() {
    let terminal = Terminal::open().unwrap();
    let first = train(&terminal);
    let path = terminal.file("recipe.toml", first["recipe"].as_str().unwrap()).unwrap();
    let mut command = terminal.command(&["run", "-", "--json"]).unwrap();
    command.stdin(std::fs::File::open(path).unwrap());
    let second = Said::of(command.output().unwrap()).unwrap().answer().unwrap();
    assert_eq!(
        (&second["metrics"], &second["recipe"]),
        (&first["metrics"], &first["recipe"])
    );
    assert_ne!(second["run"], first["run"]);
}

#[test]
fn results_go_to_stdout_and_progress_to_stderr_without_a_bar_in_a_pipe() {
    let terminal = Terminal::open().unwrap();
    let said = terminal
        .json(&["train", &penguins(), "--target", "species", "--epochs", "5"])
        .unwrap();
    assert_eq!(said.stdout.lines().count(), 1);
    assert!(said.stderr.contains(said.answer().unwrap()["run"].as_str().unwrap()));
    let people = terminal
        .run(&["train", &penguins(), "--target", "species", "--epochs", "5"])
        .unwrap();
    assert_eq!(people.code, Some(0));
    assert!(
        people.stdout.contains("accuracy") && people.stdout.contains("Baseline"),
        "{}",
        people.stdout
    );
    for text in [&said.stdout, &said.stderr, &people.stdout, &people.stderr] {
        assert!(
            !text.contains('\r') && !text.contains('\x1b') && !text.contains('█'),
            "{text:?}"
        );
    }
}

#[test]
fn every_verb_has_a_table_for_people() {
    let terminal = Terminal::open().unwrap();
    let id = train(&terminal)["run"].as_str().unwrap().to_owned();
    let cases: [(&[&str], &[&str]); 8] = [
        (
            &["profile", &penguins()],
            &["344 rows, 8 columns", "bill_length_mm", "4201.8"],
        ),
        (&["runs", "list"], &[&id, "penguins-linear-1", "done"]),
        (
            &["runs", "show", "penguins-linear-1"],
            &["Actual \\ predicted", "Chinstrap", "species (multi_class)"],
        ),
        (&["runs", "metrics", &id], &["valid/accuracy"]),
        (&["runs", "metrics", &id, "epoch"], &["Step", "epoch"]),
        (&["resume", &id], &["is done", "Baseline"]),
        (&["jobs"], &["profile", "train"]),
        (&["--help"], &["Usage: aloft", "resume", "Exit codes"]),
    ];
    for (arguments, words) in cases {
        let said = terminal.run(arguments).unwrap();
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        for word in words {
            assert!(
                said.stdout.contains(word),
                "{arguments:?}: {word:?} is not in\n{}",
                said.stdout
            );
        }
    }
}
