//! Does the command line keep its contract: objects, exit codes, and what goes where?

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use aloft_tests::program::sample;
use aloft_tests::terminal::{Said, Terminal, digits_recipe, wait_until};
use serde_json::{Value, json};

fn penguins() -> String {
    sample("penguins.csv").to_string_lossy().into_owned()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A short run; its answer.
fn train(terminal: &Terminal) -> Value {
    terminal.answer(&["train", &penguins(), "--target", "species", "--epochs", "5"]).unwrap()
}

#[test]
fn profile_answers_rows_columns_and_warnings() {
    let terminal = Terminal::open().unwrap();
    let answer = terminal.answer(&["profile", &penguins()]).unwrap();
    assert_eq!(keys(&answer), ["rows", "columns", "warnings"]);
    for column in answer["columns"].as_array().unwrap() {
        for key in ["name", "type", "nulls", "distinct", "min", "max", "mean", "std", "quantiles", "top"] {
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
    assert!(answer["recipe"].as_str().unwrap().contains("[target]\ncolumn = \"species\""));

    let arguments = ["train", &penguins(), "--target", "body_mass_g", "--model", "mlp", "--epochs", "5"];
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
    let names: Vec<&str> = names["metrics"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in ["train/loss", "valid/loss", "valid/accuracy", "learning_rate", "epoch"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let began = shown["started"].as_str().unwrap();
    let answer = terminal.answer(&["runs", "metrics", id, "train/loss"]).unwrap();
    let points = answer["points"].as_array().unwrap();
    assert_eq!(points.len() as u64, shown["result"]["steps"].as_u64().unwrap());
    for (position, point) in points.iter().enumerate() {
        let [step, time, value] = &point.as_array().unwrap()[..] else { panic!("{point} is no triple") };
        assert_eq!(step.as_u64(), Some(position as u64 + 1));
        assert!(time.as_f64().unwrap() > 1.7e9 && value.as_f64().unwrap() > 0.0, "{point}, begun {began}");
    }
}

#[test]
fn jobs_and_devices_are_listed() {
    let terminal = Terminal::open().unwrap();
    let run = train(&terminal);
    let jobs = terminal.answer(&["jobs"]).unwrap();
    let jobs = jobs["jobs"].as_array().unwrap();
    let seen: Vec<(&Value, &Value)> = jobs.iter().map(|job| (&job["kind"], &job["state"])).collect();
    assert_eq!(seen, [(&json!("train"), &json!("done")), (&json!("profile"), &json!("done"))]);
    assert_eq!(jobs[0]["subject"], run["run"]);

    let devices = terminal.answer(&["devices"]).unwrap();
    let devices = devices["devices"].as_array().unwrap();
    assert_eq!((&devices[0]["id"], &devices[0]["available"]), (&json!("cpu"), &json!(true)));
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
        (&["train", &file, "--target", "species", "--device", "toaster"], "invalid"),
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
        let error = said.refused(2, kind).unwrap_or_else(|why| panic!("{arguments:?}: {why}"));
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
        ("batch_size = 16", "batch_sise = 16", vec!["training.batch_sise", "batch_size"]),
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
    assert_eq!((&second["metrics"], &second["recipe"]), (&first["metrics"], &first["recipe"]));
    assert_ne!(second["run"], first["run"]);
}

#[test]
fn results_go_to_stdout_and_progress_to_stderr_without_a_bar_in_a_pipe() {
    let terminal = Terminal::open().unwrap();
    let said = terminal.json(&["train", &penguins(), "--target", "species", "--epochs", "5"]).unwrap();
    assert_eq!(said.stdout.lines().count(), 1);
    assert!(said.stderr.contains(said.answer().unwrap()["run"].as_str().unwrap()));
    let people = terminal.run(&["train", &penguins(), "--target", "species", "--epochs", "5"]).unwrap();
    assert_eq!(people.code, Some(0));
    assert!(people.stdout.contains("accuracy") && people.stdout.contains("Baseline"), "{}", people.stdout);
    for text in [&said.stdout, &said.stderr, &people.stdout, &people.stderr] {
        assert!(!text.contains('\r') && !text.contains('\x1b') && !text.contains('█'), "{text:?}");
    }
}

#[test]
fn every_verb_has_a_table_for_people() {
    let terminal = Terminal::open().unwrap();
    let id = train(&terminal)["run"].as_str().unwrap().to_owned();
    let cases: [(&[&str], &[&str]); 8] = [
        (&["profile", &penguins()], &["344 rows, 8 columns", "bill_length_mm", "4201.8"]),
        (&["runs", "list"], &[&id, "penguins-linear-1", "done"]),
        (&["runs", "show", "penguins-linear-1"], &["Actual \\ predicted", "Chinstrap", "species (multi_class)"]),
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
            assert!(said.stdout.contains(word), "{arguments:?}: {word:?} is not in\n{}", said.stdout);
        }
    }
}

#[test]
fn a_reader_that_goes_away_breaks_nothing() {
    let terminal = Terminal::open().unwrap();
    let id = train(&terminal)["run"].as_str().unwrap().to_owned();
    let cases: [&[&str]; 4] = [
        &["runs", "metrics", &id, "train/loss"],
        &["predict", &id, &penguins()],
        &["profile", &penguins(), "--json"],
        &["train", &penguins(), "--target", "species", "--epochs", "5", "--json"],
    ];
    for arguments in cases {
        let mut command = terminal.command(arguments).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The reader is gone before the first byte comes.
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
    assert_eq!(terminal.newest_run().unwrap()["state"], "done");
    // A full device is not a reader that went away.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = terminal.command(&["runs", "list", "--json"]).unwrap().stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_first_signal_saves_and_stops_and_the_run_goes_on_from_there() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(400).unwrap()).unwrap();
    for name in ["INT", "TERM"] {
        let mut running = terminal.start(&["run", &recipe]).unwrap();
        wait_until("it trains", || Ok(running.is_over()? || has_checkpoint(&terminal))).unwrap();
        assert!(running.signal(name));
        let said = running.said().unwrap();
        assert_eq!(said.code, Some(130), "{said:?}");
        let object = said.object().unwrap();
        assert_eq!((&object["state"], &object["error"]["kind"]), (&json!("stopped"), &json!("stopped")), "{object}");
        let id = object["run"].as_str().unwrap();
        assert_eq!(terminal.newest_run().unwrap()["state"], "stopped");
        let steps = terminal.points(id, "train/loss").unwrap().len();
        assert!(steps > 0);

        let mut running = terminal.start(&["resume", id]).unwrap();
        wait_until("there are more points", || {
            Ok(running.is_over()? || terminal.points(id, "train/loss")?.len() > steps)
        })
        .unwrap();
        let first = terminal.points(id, "train/loss").unwrap();
        // What the stop saved is not made again, so nothing was taken back.
        assert!(first.iter().enumerate().all(|(position, (step, _))| *step == position as i64 + 1));
        // The second signal does not wait for anything.
        assert!(running.signal(name));
        running.signal(name);
        assert_eq!(running.said().unwrap().code, Some(130));
    }
}

fn has_checkpoint(terminal: &Terminal) -> bool {
    let Ok(runs) = std::fs::read_dir(terminal.workspace().join("runs")) else { return false };
    runs.flatten().any(|run| run.path().join("checkpoint/a.ckpt").is_file())
}

#[test]
fn a_running_run_cannot_be_resumed_and_is_paused_continued_and_stopped_by_its_job() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
    let mut running = terminal.start(&["run", &recipe]).unwrap();
    let state = |wanted: &str| {
        let runs = terminal.answer(&["runs", "list"])?;
        anyhow::Ok(runs["runs"][0]["state"] == wanted)
    };
    wait_until("it runs", || state("running")).unwrap();
    let id = terminal.newest_run().unwrap()["run"].as_str().unwrap().to_owned();
    let error = terminal.refused(&["resume", &id], 1, "conflict").unwrap();
    assert!(error["message"].as_str().unwrap().contains("running"), "{error}");

    let job = terminal.answer(&["jobs"]).unwrap()["jobs"][0]["job"].as_str().unwrap().to_owned();
    wait_until("it trains", || Ok(has_checkpoint(&terminal))).unwrap();
    terminal.answer(&["job", "pause", &job]).unwrap();
    wait_until("it is paused", || state("paused")).unwrap();
    let steps = terminal.points(&id, "train/loss").unwrap().len();
    assert_eq!(terminal.points(&id, "train/loss").unwrap().len(), steps, "a paused run makes no steps");
    // Resuming a paused run lets its own process go on.
    terminal.answer(&["resume", &id]).unwrap();
    wait_until("it goes on", || Ok(state("running")? && terminal.points(&id, "train/loss")?.len() > steps)).unwrap();
    terminal.answer(&["job", "stop", &job]).unwrap();
    wait_until("it has ended", || running.is_over()).unwrap();
    assert_eq!(running.said().unwrap().code, Some(130));
    assert_eq!(terminal.newest_run().unwrap()["state"], "stopped");
    terminal.refused(&["job", "stop", &job], 1, "conflict").unwrap();
}

#[test]
fn progress_is_a_bar_on_a_terminal() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(40).unwrap()).unwrap();
    // script(1) gives the command a terminal of its own.
    let typed = terminal.command(&["run", &recipe]).unwrap();
    let line = std::iter::once(typed.get_program())
        .chain(typed.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ");
    let mut child = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("ALOFT_WORKSPACE", terminal.workspace())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("░") && shown.contains("epoch") && shown.contains("\r\x1b[K"), "{shown:?}");
    assert!(shown.trim_end().lines().last().unwrap().contains("Model: "), "the bar is gone at the end: {shown:?}");
}

#[test]
fn the_run_is_named_before_it_trains_so_that_it_can_be_found_again() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
    let mut command = terminal.command(&["run", &recipe, "--json"]).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let run = terminal.newest_run().unwrap();
    assert!(line.contains(run["run"].as_str().unwrap()), "{line}");
}

#[test]
fn too_much_memory_ends_the_work_with_a_reason_and_not_the_machine() {
    let terminal = Terminal::open().unwrap();
    // Ten million cells need more than the limit allows.
    let mut text = String::from("a,b,c,d,e,f,g,h,i,j,y\n");
    for row in 0..400_000_u32 {
        let cell = row.wrapping_mul(2_654_435_761);
        text.push_str(&format!("{cell},{},{},{},{},{},{},{},{},{},{}\n", cell / 3, cell / 5, cell / 7, cell / 11, cell / 13, cell / 17, cell / 19, cell / 23, cell / 29, row % 2));
    }
    let file = terminal.file("wide.csv", text).unwrap();
    let arguments = ["train", &file, "--target", "y", "--epochs", "1", "--memory-limit", "64MB"];
    let error = terminal.refused(&arguments, 1, "unavailable").unwrap();
    assert!(error["message"].as_str().unwrap().contains("limit of 64 MB"), "{error}");
    let jobs = terminal.answer(&["jobs"]).unwrap();
    assert_eq!(jobs["jobs"][0]["state"], "interrupted");
    // With enough of it the same work is done, under the limit as well.
    let answer = terminal.answer(&["train", &penguins(), "--target", "species", "--epochs", "2", "--memory-limit", "4GB"]);
    assert_eq!(answer.unwrap()["state"], "done");
}
