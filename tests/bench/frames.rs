//! What does the code of a frame cost: logic, drawing into egui, and egui's triangles, without a rasterizer?
//!
//! The application runs as it does in its window (the same calls that eframe makes, on a real workspace, its workers
//! reading beside it); only the pixels are missing.

use std::path::Path;
use std::time::{Duration, Instant};

use aloft_base::metrics::{Point, Writer};
use aloft_base::{Workspace, dataset, run};
use aloft_tests::program;
use aloft_tests::stage::settings;
use aloft_workbench::route::Route;
use aloft_workbench::settings::ThemeChoice;
use aloft_workbench::{App, Options};
use anyhow::{Context as _, Result, bail, ensure};
use egui::epaint::Primitive;
use egui::{Event, Key, Modifiers, MouseWheelUnit, RawInput, Rect, TouchPhase, Vec2, pos2, vec2};

use crate::data::{large_csv, large_rows, row_name};
use crate::figures::{Figures, Peer, Samples, Statistic};

const FRAMES: usize = 400;
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
    let mut curves = curves(folder.path())?;
    add(
        "frame, p99: run of 100,000 steps, pointer moving",
        curves.frames(wander)?,
    )?;
    add("frame, p99: run of 100,000 steps, zooming", curves.frames(zoom)?)
}

/// The application without a window.
struct Screen {
    context: egui::Context,
    app: App,
    time: f64,
}

/// One frame.
struct Frame {
    spent: Duration,
    vertices: usize,
    /// What can be read, while the screen is read.
    labels: Vec<String>,
}

impl Screen {
    fn open(workspace: &Path, route: Route) -> Result<Self> {
        let context = egui::Context::default();
        // Until the page is there; what is on it is known by its labels.
        context.enable_accesskit();
        let settings = aloft_workbench::settings::Settings {
            route,
            ..settings(ThemeChoice::Dark)
        };
        let options = Options {
            workspace: workspace.to_owned(),
            settings,
            ..Options::default()
        };
        let app = App::new(&context, options)?;
        Ok(Self {
            context,
            app,
            time: 0.0,
        })
    }

    fn frame(&mut self, events: Vec<Event>) -> Frame {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1920.0, 1080.0))),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let (context, app) = (&self.context, &mut self.app);
        let began = Instant::now();
        let mut output = context.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone(), None);
            app.ui(ui, None);
        });
        let triangles = context.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let spent = began.elapsed();
        let vertices = triangles.iter().map(|part| match &part.primitive {
            Primitive::Mesh(mesh) => mesh.vertices.len(),
            Primitive::Callback(_) => 0,
        });
        let vertices = vertices.sum();
        let update = output.platform_output.accesskit_update.take();
        let nodes = update.into_iter().flat_map(|update| update.nodes);
        let labels = nodes
            .filter_map(|(_, node)| Some(node.label().or_else(|| node.value())?.to_owned()))
            .collect();
        output.drop_without_applying_deltas();
        Frame {
            spent,
            vertices,
            labels,
        }
    }

    /// Frames until something that contains `words` is shown, and then until nothing more comes.
    fn settle(&mut self, words: &str) -> Result<()> {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            let frame = self.frame(Vec::new());
            if frame.labels.iter().any(|label| label.contains(words)) {
                break;
            }
            if Instant::now() > until {
                bail!("{words:?} is not shown; there is: {}", frame.labels.join(" | "));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        for _ in 0..100 {
            self.frame(Vec::new());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.context.disable_accesskit();
        Ok(())
    }

    /// Milliseconds of each frame; the events of frame `n` come from `events(n)`.
    fn frames(&mut self, events: impl Fn(usize) -> Vec<Event>) -> Result<Vec<f64>> {
        let mut spent = Vec::with_capacity(FRAMES);
        for number in 0..FRAMES {
            let frame = self.frame(events(number));
            // A page that is not there would be quick to draw.
            ensure!(
                frame.vertices > 2_000,
                "frame {number} has only {} corners",
                frame.vertices
            );
            spent.push(frame.spent.as_secs_f64() * 1000.0);
            // The next frame comes with the screen, not at once; workers get their time.
            std::thread::sleep(Duration::from_millis(8));
        }
        Ok(spent)
    }
}

fn wheel(points: f32, modifiers: Modifiers) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: TouchPhase::Move,
        modifiers,
        source: egui::MouseWheelSource::Wheel,
    }
}

fn press(key: Key, modifiers: Modifiers) -> [Event; 2] {
    [true, false].map(|pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    })
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
