//! Is anything lost when the process that trains is killed, at any moment?
//!
//! Kills ten times, or as often as `ALOFT_KILLS` says; 200 times with `ALOFT_SOAK`.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]
#![expect(clippy::print_stdout, reason = "how often it killed is what a soak is read for")]

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use aloft_base::random::Generator;
use aloft_tests::process;
use aloft_tests::program::sample;
use aloft_tests::terminal::{Terminal, digits_recipe, wait_until};
use serde_json::Value;

const EPOCHS: u32 = 30;
/// Enough that a run does not reach its end before it has two checkpoints.
const MANY_EPOCHS: u32 = 150;
/// Series that depend on nothing but recipe and data. Throughput and memory are left out.
const SERIES: [&str; 6] = [
    "train/loss",
    "learning_rate",
    "epoch",
    "train/accuracy",
    "valid/loss",
    "valid/accuracy",
];

fn kills() -> usize {
    let asked = std::env::var("ALOFT_KILLS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(if std::env::var_os("ALOFT_SOAK").is_some() {
        200
    } else {
        10
    })
}

fn series(terminal: &Terminal, run: &str) -> BTreeMap<&'static str, Vec<(i64, u64)>> {
    SERIES
        .into_iter()
        .map(|name| (name, terminal.points(run, name).unwrap()))
        .collect()
}

fn assert_same(terminal: &Terminal, run: &str, reference: &Reference, what: &str) {
    assert!(
        terminal.weights(run).unwrap() == reference.weights,
        "{what}: the weights differ"
    );
    for (name, points) in series(terminal, run) {
        let expected = &reference.series[name];
        let steps = |points: &[(i64, u64)]| points.iter().map(|(step, _)| *step).collect::<Vec<_>>();
        assert_eq!(
            steps(&points),
            steps(expected),
            "{what}: steps of {name} are missing or twice"
        );
        assert!(points == *expected, "{what}: values of {name} differ");
    }
    let shown = terminal.answer(&["runs", "show", run]).unwrap();
    assert_eq!(shown["metrics"], reference.metrics, "{what}: the scores differ");
}

/// What a run that nobody disturbed comes to.
struct Reference {
    weights: Vec<u8>,
    series: BTreeMap<&'static str, Vec<(i64, u64)>>,
    metrics: Value,
    took: Duration,
}

fn reference(epochs: u32) -> Reference {
    let recipe = digits_recipe(epochs).unwrap();
    let terminal = Terminal::open().unwrap();
    let path = terminal.file("recipe.toml", recipe).unwrap();
    let began = Instant::now();
    let answer = terminal.answer(&["run", &path]).unwrap();
    let took = began.elapsed();
    let run = answer["run"].as_str().unwrap();
    let reference = Reference {
        weights: terminal.weights(run).unwrap(),
        series: series(&terminal, run),
        metrics: answer["metrics"].clone(),
        took,
    };
    let losses = &reference.series["train/loss"];
    assert!(losses.len() > 500 && losses.iter().enumerate().all(|(at, (step, _))| *step == at as i64 + 1));
    assert_eq!(reference.series["epoch"].len(), epochs as usize);
    reference
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened() {
    let recipe = digits_recipe(EPOCHS).unwrap();
    let reference = reference(EPOCHS);
    let mut random = Generator::new(20_260_501);
    let (mut killed, mut finished, mut killed_in_it) = (0, 0, 0);
    let mut terminal = Terminal::open().unwrap();
    let mut path = terminal.file("recipe.toml", &recipe).unwrap();
    let mut run: Option<String> = None;
    while killed < kills() || run.is_some() {
        let mut running = match &run {
            Some(run) => terminal.start(&["resume", run]).unwrap(),
            None => terminal.start(&["run", &path]).unwrap(),
        };
        // Once killed often enough, it is left alone. A run that is always killed early never ends.
        let leave = killed >= kills() || killed_in_it >= 8;
        let moment = reference.took.mul_f64(random.uniform());
        let until = Instant::now() + moment;
        while !running.is_over().unwrap() && (leave || Instant::now() < until) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let ended = running.is_over().unwrap();
        if !ended {
            running.kill().unwrap();
            killed += 1;
            killed_in_it += 1;
            let runs = terminal.answer(&["runs", "list"]).unwrap();
            let Some(newest) = runs["runs"].get(0) else { continue };
            // Before it was written down, or at the very end, there may be no more to interrupt.
            let state = newest["state"].as_str().unwrap();
            assert!(
                ["interrupted", "queued", "done"].contains(&state),
                "after {moment:?} it is {state}"
            );
            if state == "queued" {
                // Written down and not yet taken by its process: given up for good by its age only.
                terminal = Terminal::open().unwrap();
                path = terminal.file("recipe.toml", &recipe).unwrap();
                run = None;
                continue;
            }
            run = Some(newest["run"].as_str().unwrap().to_owned());
            continue;
        }
        let answer = running.said().unwrap().answer().unwrap();
        assert_eq!(answer["state"], "done");
        let run_id = answer["run"].as_str().unwrap().to_owned();
        assert_same(
            &terminal,
            &run_id,
            &reference,
            &format!("run {finished}, {killed_in_it} kills"),
        );
        let folder = terminal.workspace().join("runs").join(&run_id);
        let files: Vec<_> = ["", "checkpoint"]
            .iter()
            .flat_map(|part| std::fs::read_dir(folder.join(part)).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("spare") || name.contains(".part"))
            .collect();
        assert!(files.is_empty(), "left behind: {files:?}");
        finished += 1;
        killed_in_it = 0;
        run = None;
    }
    println!("{killed} kills, {finished} runs that ended as the one that nobody disturbed");
    assert!(finished > 0 && killed >= kills());
}

#[test]
fn a_killed_process_is_seen_as_interrupted_at_once_and_its_earlier_points_are_there() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
    let running = terminal.start(&["run", &recipe]).unwrap();
    wait_until("there are points", || {
        let runs = terminal.answer(&["runs", "list"])?;
        let Some(run) = runs["runs"][0]["run"].as_str() else {
            return Ok(false);
        };
        Ok(terminal
            .points(run, "train/loss")
            .is_ok_and(|points| points.len() > 100))
    })
    .unwrap();
    assert_eq!(terminal.newest_run().unwrap()["state"], "running");
    running.kill().unwrap();
    let run = terminal.newest_run().unwrap();
    assert_eq!(run["state"], "interrupted");
    let jobs = terminal.answer(&["jobs"]).unwrap();
    assert_eq!(
        (&jobs["jobs"][0]["state"], &jobs["jobs"][0]["pid"]),
        (&"interrupted".into(), &Value::Null)
    );
    let points = terminal.points(run["run"].as_str().unwrap(), "train/loss").unwrap();
    assert!(points.len() > 100 && points.iter().enumerate().all(|(at, (step, _))| *step == at as i64 + 1));
}

#[test]
fn the_process_of_a_job_outlives_who_started_it() {
    let terminal = Terminal::open().unwrap();
    let recipe = digits_recipe(EPOCHS).unwrap();
    let reference = reference(EPOCHS);
    // As the window does it: the row first, then a process of its own for the job.
    let workspace = aloft_base::Workspace::open(terminal.workspace()).unwrap();
    let new = aloft_base::run::NewRun {
        name: "digits".into(),
        dataset: sample("digits.csv").to_string_lossy().into_owned(),
        model: "mlp".into(),
        task: "multi_class".into(),
        target: "digit".into(),
        recipe,
    };
    let (run, job) = aloft_base::run::create(&workspace, &new).unwrap();
    let typed = terminal.command(&["job", "run", &job]).unwrap();
    let line = format!(
        "'{}' job run {job} >/dev/null 2>&1 & wait",
        typed.get_program().to_string_lossy()
    );
    let mut window = std::process::Command::new("setsid")
        .args(["sh", "-c", &line])
        .env("ALOFT_WORKSPACE", terminal.workspace())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let state = || aloft_base::job::get(&workspace, &job).unwrap();
    wait_until("the job runs", || Ok(state().state == aloft_base::job::State::Running)).unwrap();
    // The window and its whole process group are gone, as when a session ends.
    let group = format!("-{}", window.id());
    let killed = std::process::Command::new("kill")
        .args(["-KILL", "--", &group])
        .status()
        .unwrap();
    assert!(killed.success());
    window.wait().unwrap();
    assert!(process::is_alive(state().pid.unwrap()), "the job went with its window");
    wait_until("it is done", || Ok(!state().state.is_active())).unwrap();
    assert_eq!(state().state, aloft_base::job::State::Done, "{:?}", state().error);
    assert_same(&terminal, &run, &reference, "the job of the window");
}

#[test]
fn several_processes_write_at_once_and_lose_nothing() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(8).unwrap()).unwrap();
    let penguins = sample("penguins.csv").to_string_lossy().into_owned();
    let mut all: Vec<_> = (0..3).map(|_| terminal.start(&["run", &recipe]).unwrap()).collect();
    all.push(
        terminal
            .start(&["train", &penguins, "--target", "species", "--epochs", "30"])
            .unwrap(),
    );
    all.push(
        terminal
            .start(&["train", &penguins, "--target", "body_mass_g", "--epochs", "30"])
            .unwrap(),
    );
    let mut profiles: Vec<_> = (0..3)
        .map(|_| terminal.start(&["profile", &penguins]).unwrap())
        .collect();
    while !all.iter_mut().all(|running| running.is_over().unwrap()) {
        let runs = terminal.answer(&["runs", "list"]).unwrap();
        for run in runs["runs"].as_array().unwrap() {
            let state = run["state"].as_str().unwrap();
            assert!(["queued", "running", "done"].contains(&state), "{run}");
        }
    }
    let answers: Vec<Value> = all
        .into_iter()
        .map(|running| running.said().unwrap().answer().unwrap())
        .collect();
    for profile in profiles.drain(..) {
        assert_eq!(profile.said().unwrap().answer().unwrap()["rows"], 344);
    }
    let runs = terminal.answer(&["runs", "list"]).unwrap();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 5);
    for answer in &answers {
        assert_eq!(answer["state"], "done");
        let run = answer["run"].as_str().unwrap();
        let losses = terminal.points(run, "train/loss").unwrap();
        let shown = terminal.answer(&["runs", "show", run]).unwrap();
        assert_eq!(losses.len() as u64, shown["result"]["steps"].as_u64().unwrap());
        assert!(losses.iter().enumerate().all(|(at, (step, _))| *step == at as i64 + 1));
    }
    // One recipe and one seed: three processes came to the same.
    assert!(
        answers[..3]
            .iter()
            .all(|answer| answer["metrics"] == answers[0]["metrics"])
    );
}

#[test]
fn of_two_who_resume_a_run_at_once_one_is_refused() {
    let terminal = Terminal::open().unwrap();
    let recipe = terminal
        .file("recipe.toml", digits_recipe(MANY_EPOCHS).unwrap())
        .unwrap();
    let mut running = terminal.start(&["run", &recipe]).unwrap();
    wait_until("it trains", || {
        let runs = terminal.workspace().join("runs");
        let Ok(runs) = std::fs::read_dir(runs) else {
            return Ok(false);
        };
        Ok(runs.flatten().any(|run| run.path().join("checkpoint/a.ckpt").is_file()) || running.is_over()?)
    })
    .unwrap();
    running.kill().unwrap();
    let run = terminal.newest_run().unwrap()["run"].as_str().unwrap().to_owned();
    let both: Vec<_> = (0..2).map(|_| terminal.start(&["resume", &run]).unwrap()).collect();
    let said: Vec<_> = both.into_iter().map(|running| running.said().unwrap()).collect();
    let done = said
        .iter()
        .filter(|said| said.answer().is_ok_and(|answer| answer["state"] == "done"))
        .count();
    let refused = said.iter().filter(|said| said.refused(1, "conflict").is_ok()).count();
    assert_eq!((done, refused), (1, 1), "{said:?}");
    let losses = terminal.points(&run, "train/loss").unwrap();
    assert!(losses.iter().enumerate().all(|(at, (step, _))| *step == at as i64 + 1));
}

#[test]
fn a_damaged_checkpoint_costs_only_the_time_since_the_one_before() {
    let terminal = Terminal::open().unwrap();
    let recipe = digits_recipe(MANY_EPOCHS).unwrap();
    let reference = reference(MANY_EPOCHS);
    let path = terminal.file("recipe.toml", &recipe).unwrap();
    let mut running = terminal.start(&["run", &path]).unwrap();
    let folder = || {
        let mut runs = std::fs::read_dir(terminal.workspace().join("runs")).ok()?.flatten();
        Some(runs.next()?.path().join("checkpoint"))
    };
    wait_until("there are two checkpoints", || {
        Ok(running.is_over()? || folder().is_some_and(|folder| folder.join("b.ckpt").is_file()))
    })
    .unwrap();
    running.kill().unwrap();
    let folder = folder().unwrap();
    let written = |name: &str| std::fs::metadata(folder.join(name)).unwrap().modified().unwrap();
    let [newest, other] = if written("a.ckpt") > written("b.ckpt") {
        ["a.ckpt", "b.ckpt"]
    } else {
        ["b.ckpt", "a.ckpt"]
    };
    let mut bytes = std::fs::read(folder.join(newest)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(folder.join(newest), &bytes).unwrap();
    let run = terminal.newest_run().unwrap()["run"].as_str().unwrap().to_owned();
    let said = terminal.json(&["resume", &run]).unwrap();
    assert_eq!(said.answer().unwrap()["state"], "done");
    assert!(
        said.stderr.contains("damaged") && said.stderr.contains(newest),
        "{}",
        said.stderr
    );
    assert_same(&terminal, &run, &reference, "after a damaged checkpoint");

    // With both damaged there is nothing to go on from, and that is said.
    let second = Terminal::open().unwrap();
    let path = second.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
    let running = second.start(&["run", &path]).unwrap();
    let folder = || {
        Some(
            std::fs::read_dir(second.workspace().join("runs"))
                .ok()?
                .flatten()
                .next()?
                .path()
                .join("checkpoint"),
        )
    };
    wait_until("there are two checkpoints", || {
        Ok(folder().is_some_and(|folder| folder.join("b.ckpt").is_file()))
    })
    .unwrap();
    running.kill().unwrap();
    for name in [newest, other] {
        std::fs::write(folder().unwrap().join(name), b"ALOFTCKP").unwrap();
    }
    let run = second.newest_run().unwrap()["run"].as_str().unwrap().to_owned();
    second.refused(&["resume", &run], 1, "corrupt").unwrap();
    assert_eq!(second.newest_run().unwrap()["state"], "failed");
}
