//! Is the registry whole when a process is killed while it registers or moves an alias, and on a full disk?
//!
//! Kills ten times; 200 times with `ALOFT_SOAK`.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]
#![expect(clippy::print_stdout, reason = "how often it killed is what a soak is read for")]

use std::time::{Duration, Instant};

use aloft_base::random::Generator;
use aloft_base::{Workspace, audit, registry};
use aloft_tests::program::sample;
use aloft_tests::serving::register;
use aloft_tests::small_disk::SmallDisk;
use aloft_tests::terminal::Terminal;

fn kills() -> usize {
    if std::env::var_os("ALOFT_SOAK").is_some() {
        200
    } else {
        10
    }
}

/// Everything that must hold whatever was killed.
fn assert_whole(workspace: &Workspace) {
    let chain = audit::verify(workspace).unwrap();
    assert!(matches!(chain, audit::Chain::Whole { .. }), "{chain:?}");
    for model in registry::models(workspace).unwrap() {
        let versions = registry::versions(workspace, &model.name).unwrap();
        let mut numbers: Vec<u32> = versions.iter().map(|version| version.number).collect();
        numbers.reverse();
        let expected: Vec<u32> = (1..=versions.len() as u32).collect();
        assert_eq!(numbers, expected, "a number is missing or twice");
        for version in &versions {
            let digest = aloft_train::verify(&workspace.version_folder(&version.id)).unwrap();
            assert_eq!(digest, version.digest, "version {} is not whole", version.number);
        }
        for (alias, number) in &model.aliases {
            let last = registry::history(workspace, &model.name, Some(alias)).unwrap();
            assert_eq!(last[0].number, Some(*number), "{alias} and its history differ");
        }
        let champions = versions
            .iter()
            .filter(|version| version.aliases.iter().any(|alias| alias == "champion"))
            .count();
        assert!(champions <= 1, "{champions} champions");
    }
}

#[test]
fn a_killed_register_or_alias_move_leaves_all_or_nothing() {
    let terminal = Terminal::open().unwrap();
    let first = register(
        &terminal,
        "penguins.csv",
        "species",
        "penguins",
        &["--alias", "champion"],
    )
    .unwrap();
    assert_eq!(first["version"], 1);
    let run = terminal.newest_run().unwrap()["run"].as_str().unwrap().to_owned();
    let workspace = Workspace::open(terminal.workspace()).unwrap();
    let began = Instant::now();
    terminal
        .answer(&["models", "register", &run, "--name", "penguins", "--alias", "champion"])
        .unwrap();
    let took = began.elapsed();
    let mut random = Generator::new(20_261_124);
    let (mut killed, mut ended) = (0, 0);
    while killed < kills() {
        let versions = registry::versions(&workspace, "penguins").unwrap().len();
        let number = (random.below(versions as u64) + 1).to_string();
        let arguments = if random.below(3) == 0 {
            vec!["models", "alias", "penguins", "champion", &number]
        } else {
            vec!["models", "register", &run, "--name", "penguins", "--alias", "champion"]
        };
        let mut running = terminal.start(&arguments).unwrap();
        let until = Instant::now() + took.mul_f64(random.uniform() * 1.1);
        while Instant::now() < until && !running.is_over().unwrap() {
            std::thread::sleep(Duration::from_micros(200));
        }
        if running.is_over().unwrap() {
            ended += 1;
        } else {
            running.kill().unwrap();
            killed += 1;
        }
        assert_whole(&workspace);
        assert!(ended < 20 * kills(), "it is never killed in time");
    }
    println!(
        "killed {killed} times, ended {ended} times, {} versions",
        registry::versions(&workspace, "penguins").unwrap().len()
    );
    // And it goes on as if nothing had happened.
    terminal
        .answer(&["models", "register", &run, "--name", "penguins"])
        .unwrap();
    assert_whole(&workspace);
}

#[test]
fn a_full_disk_while_registering_is_said_and_leaves_nothing_half() {
    let disk = SmallDisk::mount(24 << 20).unwrap();
    let data = sample("penguins.csv");
    let data = data.to_string_lossy();
    let trained = disk
        .run(&["train", &*data, "--target", "species", "--epochs", "5"])
        .unwrap()
        .answer()
        .unwrap();
    let run = trained["run"].as_str().unwrap();
    let arguments = ["models", "register", run, "--name", "penguins"];
    disk.fill().unwrap();
    disk.run(&arguments).unwrap().refused(1, "no_space").unwrap();
    disk.free().unwrap();
    let models = disk.run(&["models", "list"]).unwrap().answer().unwrap();
    assert_eq!(models["models"].as_array().map(Vec::len), Some(0));
    let registered = disk.run(&arguments).unwrap().answer().unwrap();
    assert_eq!(registered["version"], 1);
    let shown = disk.run(&["models", "show", "penguins:1"]).unwrap().answer().unwrap();
    assert_eq!(shown["verified"], true);
}
