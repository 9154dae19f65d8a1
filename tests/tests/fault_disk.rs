//! Is anything lost when the disk is full, or allows no writes at all?

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use aloft_tests::program::sample;
use aloft_tests::small_disk::SmallDisk;
use aloft_tests::terminal::{Said, Terminal, digits_recipe, wait_until};
use serde_json::Value;

const MEGABYTE: u64 = 1024 * 1024;

fn newest(disk: &SmallDisk) -> Value {
    disk.run(&["runs", "list"]).unwrap().answer().unwrap()["runs"][0].clone()
}

fn losses(disk: &SmallDisk, run: &str) -> Vec<(i64, u64)> {
    let answer = disk
        .run(&["runs", "metrics", run, "train/loss"])
        .unwrap()
        .answer()
        .unwrap();
    let points = answer["points"].as_array().unwrap().clone();
    points
        .iter()
        .map(|point| (point[0].as_i64().unwrap(), point[2].as_f64().unwrap().to_bits()))
        .collect()
}

#[test]
fn a_run_whose_disk_fills_up_fails_keeps_its_checkpoint_and_goes_on_when_there_is_room() {
    let recipe = digits_recipe(150).unwrap();
    let undisturbed = Terminal::open().unwrap();
    let path = undisturbed.file("recipe.toml", &recipe).unwrap();
    let answer = undisturbed.answer(&["run", &path]).unwrap();
    let expected_weights = undisturbed.weights(answer["run"].as_str().unwrap()).unwrap();
    let expected_losses = undisturbed
        .points(answer["run"].as_str().unwrap(), "train/loss")
        .unwrap();

    let disk = SmallDisk::mount(24 * MEGABYTE).unwrap();
    std::fs::write(disk.outside("recipe.toml"), &recipe).unwrap();
    let mut command = disk.aloft(&["run", &disk.inside("recipe.toml")]).unwrap();
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let checkpoint = || {
        let mut runs = std::fs::read_dir(disk.outside("workspace/runs")).ok()?.flatten();
        Some(runs.next()?.path().join("checkpoint"))
    };
    wait_until("there are checkpoints", || {
        Ok(checkpoint().is_some_and(|folder| folder.join("b.ckpt").is_file()))
    })
    .unwrap();
    disk.fill().unwrap();
    let said = Said::of(child.wait_with_output().unwrap()).unwrap();
    let error = said.refused(1, "no_space").unwrap();
    assert!(error["hint"].as_str().unwrap().contains("aloft resume r"), "{error}");
    // The row says so too: space for that was kept.
    let run = newest(&disk);
    assert_eq!(run["state"], "failed");
    let id = run["run"].as_str().unwrap();
    let shown = disk.run(&["runs", "show", id]).unwrap().answer().unwrap();
    assert_eq!(shown["error"]["kind"], "no_space", "{}", shown["error"]);
    let before = losses(&disk, id);
    assert!(before.len() > 10 && before.iter().enumerate().all(|(at, (step, _))| *step == at as i64 + 1));
    let left: Vec<_> = std::fs::read_dir(checkpoint().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.iter().all(|name| name == "a.ckpt" || name == "b.ckpt"), "{left:?}");

    // While it is still full, trying again changes nothing.
    disk.fill().unwrap();
    let again = disk.run(&["resume", id]).unwrap();
    again.refused(1, "no_space").unwrap();

    disk.free().unwrap();
    let answer = disk.run(&["resume", id]).unwrap().answer().unwrap();
    assert_eq!(answer["state"], "done");
    let weights = std::fs::read(disk.outside(&format!("workspace/runs/{id}/model/model.safetensors"))).unwrap();
    assert!(
        weights == expected_weights,
        "the weights differ from those of a run on a large disk"
    );
    assert!(
        losses(&disk, id) == expected_losses,
        "points are missing, twice or different"
    );
}

#[test]
fn a_full_disk_at_the_start_is_said_and_the_next_try_works() {
    let disk = SmallDisk::mount(16 * MEGABYTE).unwrap();
    disk.run(&["runs", "list"]).unwrap().answer().unwrap();
    disk.fill().unwrap();
    let data = sample("penguins.csv").to_string_lossy().into_owned();
    disk.run(&["train", &data, "--target", "species", "--epochs", "3"])
        .unwrap()
        .refused(1, "no_space")
        .unwrap();
    disk.free().unwrap();
    let answer = disk
        .run(&["train", &data, "--target", "species", "--epochs", "3"])
        .unwrap()
        .answer()
        .unwrap();
    assert_eq!(answer["state"], "done");
}

#[test]
fn predictions_that_do_not_fit_leave_the_earlier_file_as_it_was() {
    let terminal = Terminal::open().unwrap();
    let data = sample("penguins.csv").to_string_lossy().into_owned();
    let answer = terminal
        .answer(&["train", &data, "--target", "species", "--epochs", "3"])
        .unwrap();
    let run = answer["run"].as_str().unwrap();
    let disk = SmallDisk::mount(MEGABYTE).unwrap();
    std::fs::write(disk.outside("out.csv"), "what was here before\n").unwrap();
    disk.fill().unwrap();
    let typed = terminal
        .command(&["predict", run, &data, "--out", &disk.inside("out.csv"), "--json"])
        .unwrap();
    let mut command = disk.command(typed.get_program());
    command
        .args(typed.get_args())
        .arg("--workspace")
        .arg(terminal.workspace());
    Said::of(command.output().unwrap())
        .unwrap()
        .refused(1, "no_space")
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(disk.outside("out.csv")).unwrap(),
        "what was here before\n"
    );
    let names: Vec<_> = std::fs::read_dir(disk.outside(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "a part was left: {names:?}");
}

#[test]
fn a_workspace_on_a_read_only_disk_is_refused_in_words_and_stays_as_it_is() {
    let disk = SmallDisk::mount(16 * MEGABYTE).unwrap();
    let data = sample("penguins.csv").to_string_lossy().into_owned();
    let answer = disk
        .run(&["train", &data, "--target", "species", "--epochs", "3"])
        .unwrap()
        .answer()
        .unwrap();
    let database = std::fs::read(disk.outside("workspace/aloft.db")).unwrap();
    disk.make_read_only().unwrap();
    for arguments in [
        &["train", &data, "--target", "species", "--epochs", "3"][..],
        &["profile", &data][..],
        &["resume", answer["run"].as_str().unwrap()][..],
    ] {
        let said = disk.run(arguments).unwrap();
        // A finished run may still be shown; nothing else can be done.
        if said.code == Some(0) {
            let object = said.object().unwrap();
            assert_eq!((arguments[0], object["state"].as_str()), ("resume", Some("done")));
        } else {
            said.refused(1, "permission_denied").unwrap();
        }
    }
    assert_eq!(std::fs::read(disk.outside("workspace/aloft.db")).unwrap(), database);
    // Where there is no workspace yet, none can be made.
    let mut command = disk.command(aloft_tests::program::aloft().unwrap());
    command.args(["runs", "list", "--json", "--workspace", &disk.inside("new")]);
    Said::of(command.output().unwrap())
        .unwrap()
        .refused(1, "permission_denied")
        .unwrap();
}
