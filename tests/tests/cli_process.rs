//! How does the command line behave as a process: pipes, signals, a terminal, a cap on memory?

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use aloft_tests::program::sample;
use aloft_tests::terminal::{Terminal, digits_recipe, wait_until};
use serde_json::json;

fn penguins() -> String {
    sample("penguins.csv").to_string_lossy().into_owned()
}

#[test]
fn a_reader_that_goes_away_breaks_nothing() {
    let terminal = Terminal::open().unwrap();
    let id = terminal
        .answer(&["train", &penguins(), "--target", "species", "--epochs", "5"])
        .unwrap()["run"]
        .as_str()
        .unwrap()
        .to_owned();
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
    let output = terminal
        .command(&["runs", "list", "--json"])
        .unwrap()
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_first_signal_saves_and_stops_and_the_run_goes_on_from_there() {
    for name in ["INT", "TERM"] {
        let terminal = Terminal::open().unwrap();
        let recipe = terminal.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
        let mut running = terminal.start(&["run", &recipe]).unwrap();
        wait_until("it trains", || Ok(running.is_over()? || has_checkpoint(&terminal))).unwrap();
        assert!(running.signal(name));
        let said = running.said().unwrap();
        assert_eq!(said.code, Some(130), "{said:?}");
        let object = said.object().unwrap();
        assert_eq!(
            (&object["state"], &object["error"]["kind"]),
            (&json!("stopped"), &json!("stopped")),
            "{object}"
        );
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
        assert!(
            first
                .iter()
                .enumerate()
                .all(|(position, (step, _))| *step == position as i64 + 1)
        );
        // The second signal does not wait for anything.
        assert!(running.signal(name));
        running.signal(name);
        assert_eq!(running.said().unwrap().code, Some(130));
    }
}

fn has_checkpoint(terminal: &Terminal) -> bool {
    let Ok(runs) = std::fs::read_dir(terminal.workspace().join("runs")) else {
        return false;
    };
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

    let job = terminal.answer(&["jobs"]).unwrap()["jobs"][0]["job"]
        .as_str()
        .unwrap()
        .to_owned();
    wait_until("it trains", || Ok(has_checkpoint(&terminal))).unwrap();
    terminal.answer(&["job", "pause", &job]).unwrap();
    wait_until("it is paused", || state("paused")).unwrap();
    let steps = terminal.points(&id, "train/loss").unwrap().len();
    assert_eq!(
        terminal.points(&id, "train/loss").unwrap().len(),
        steps,
        "a paused run makes no steps"
    );
    // Resuming a paused run lets its own process go on.
    terminal.answer(&["resume", &id]).unwrap();
    wait_until("it goes on", || {
        Ok(state("running")? && terminal.points(&id, "train/loss")?.len() > steps)
    })
    .unwrap();
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
    assert!(
        shown.contains("░") && shown.contains("epoch") && shown.contains("\r\x1b[K"),
        "{shown:?}"
    );
    assert!(
        shown.trim_end().lines().last().unwrap().contains("Model: "),
        "the bar is gone at the end: {shown:?}"
    );
}

#[test]
fn the_run_is_named_before_it_trains_so_that_it_can_be_found_again() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
    let mut command = terminal.command(&["run", &recipe, "--json"]).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let run = terminal.newest_run().unwrap();
    assert!(line.contains(run["run"].as_str().unwrap()), "{line}");
}

#[test]
fn too_much_memory_ends_the_work_with_a_reason_and_not_the_machine() {
    let terminal = Terminal::open().unwrap();
    // Four million numbers need more than the limit allows.
    let mut text = String::from("a,b,c,d,e,f,g,h,i,j,y\n");
    for row in 0..400_000_u32 {
        let cell = row.wrapping_mul(2_654_435_761);
        for divisor in [1, 3, 5, 7, 11, 13, 17, 19, 23, 29] {
            write!(text, "{},", cell / divisor).unwrap();
        }
        writeln!(text, "{}", row % 2).unwrap();
    }
    let file = terminal.file("wide.csv", text).unwrap();
    let arguments = [
        "train",
        &file,
        "--target",
        "y",
        "--epochs",
        "1",
        "--memory-limit",
        "64MB",
    ];
    let error = terminal.refused(&arguments, 1, "unavailable").unwrap();
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("limit of 64 MB") || message.contains("out of memory"),
        "{error}"
    );
    let jobs = terminal.answer(&["jobs"]).unwrap();
    let state = &jobs["jobs"][0]["state"];
    assert!(*state == "interrupted" || *state == "failed", "{jobs}");
    // With enough of it the same work is done, under the limit as well.
    let answer = terminal.answer(&[
        "train",
        &penguins(),
        "--target",
        "species",
        "--epochs",
        "2",
        "--memory-limit",
        "4GB",
    ]);
    assert_eq!(answer.unwrap()["state"], "done");
}
