//! The application as it runs in its window, without one: its frames, and what can be read in them.

use std::path::Path;
use std::time::{Duration, Instant};

use aloft_tests::stage::settings;
use aloft_workbench::route::Route;
use aloft_workbench::settings::ThemeChoice;
use aloft_workbench::{App, Options};
use anyhow::{Result, bail, ensure};
use egui::epaint::Primitive;
use egui::{Event, Key, Modifiers, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2};

const FRAMES: usize = 400;

/// The application without a window.
pub(crate) struct Screen {
    pub(crate) context: egui::Context,
    pub(crate) app: App,
    time: f64,
}

/// One frame.
pub(crate) struct Frame {
    pub(crate) spent: Duration,
    pub(crate) vertices: usize,
    /// What can be read, while the screen is read.
    pub(crate) labels: Vec<String>,
    /// Where what has a label is.
    places: Vec<(String, Rect)>,
}

impl Screen {
    pub(crate) fn open(workspace: &Path, route: Route) -> Result<Self> {
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

    pub(crate) fn frame(&mut self, events: Vec<Event>) -> Frame {
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
        let nodes: Vec<_> = update.into_iter().flat_map(|update| update.nodes).collect();
        let label = |node: &egui::accesskit::Node| Some(node.label().or_else(|| node.value())?.to_owned());
        let labels = nodes.iter().filter_map(|(_, node)| label(node)).collect();
        let place = |node: &egui::accesskit::Node| {
            let bounds = node.bounds()?;
            let [left, top, right, bottom] = [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|at| at as f32);
            Some((label(node)?, Rect::from_min_max(pos2(left, top), pos2(right, bottom))))
        };
        let places = nodes.iter().filter_map(|(_, node)| place(node)).collect();
        output.drop_without_applying_deltas();
        Frame {
            spent,
            vertices,
            labels,
            places,
        }
    }

    /// Frames until something that contains `words` is shown, and then until nothing more comes.
    pub(crate) fn settle(&mut self, words: &str) -> Result<()> {
        let until = Instant::now() + Duration::from_mins(1);
        self.context.enable_accesskit();
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

    /// Presses what has this label, as soon as it is there.
    pub(crate) fn press(&mut self, label: &str) -> Result<()> {
        let until = Instant::now() + Duration::from_mins(1);
        let place = loop {
            let frame = self.frame(Vec::new());
            // Of several the last one lies on top.
            if let Some((_, place)) = frame.places.iter().rev().find(|(known, _)| known == label) {
                break place.center();
            }
            ensure!(
                Instant::now() < until,
                "{label:?} is not shown; there is: {}",
                frame.labels.join(" | ")
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        self.frame(vec![Event::PointerMoved(place)]);
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
            self.frame(vec![Event::PointerButton {
                pos: place,
                button,
                pressed,
                modifiers,
            }]);
        }
        Ok(())
    }

    /// Frames, as a screen shows them, until their labels are as they should be; seconds until then.
    pub(crate) fn until(&mut self, what: &str, is_there: impl Fn(&[String]) -> bool) -> Result<f64> {
        let began = Instant::now();
        loop {
            let frame = self.frame(Vec::new());
            if is_there(&frame.labels) {
                return Ok(began.elapsed().as_secs_f64());
            }
            ensure!(
                began.elapsed() < Duration::from_mins(2),
                "{what} is not shown; there is: {}",
                frame.labels.join(" | ")
            );
            std::thread::sleep(Duration::from_millis(8));
        }
    }

    /// Frames while a place is listed: seconds until its first row is shown and until all are, and the milliseconds of
    /// each frame.
    pub(crate) fn listed(&mut self, objects: usize) -> Result<(f64, f64, Vec<f64>)> {
        let began = Instant::now();
        let all = format!("{} objects ·", format_count(objects));
        let (mut first, mut spent) = (None, Vec::new());
        loop {
            let frame = self.frame(Vec::new());
            spent.push(frame.spent.as_secs_f64() * 1000.0);
            let now = began.elapsed().as_secs_f64();
            let shows = |words: &str| frame.labels.iter().any(|label| label.starts_with(words));
            if first.is_none() && shows("Object part-") {
                first = Some(now);
            }
            if let Some(first) = first.filter(|_| shows(&all)) {
                return Ok((first, now, spent));
            }
            ensure!(
                now < 120.0,
                "the list does not end; there is: {}",
                frame.labels.join(" | ")
            );
            std::thread::sleep(Duration::from_millis(8));
        }
    }

    /// Milliseconds of each frame; the events of frame `n` come from `events(n)`.
    pub(crate) fn frames(&mut self, events: impl Fn(usize) -> Vec<Event>) -> Result<Vec<f64>> {
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

/// As the window writes numbers: `100,000`.
fn format_count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn wheel(points: f32, modifiers: Modifiers) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: TouchPhase::Move,
        modifiers,
        source: egui::MouseWheelSource::Wheel,
    }
}

pub(crate) fn press(key: Key, modifiers: Modifiers) -> [Event; 2] {
    [true, false].map(|pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    })
}
