//! How is the whole window drawn and used inside a test, with neither a display nor a GPU?
//!
//! The application itself runs in `egui_kittest`'s harness on a real workspace: its workers, its
//! child processes and its pages are the ones a person gets; only the frame around it is missing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use aloft_workbench::settings::{Settings, ThemeChoice};
use aloft_workbench::{App, Command, Options};
use anyhow::{Context as _, Result, bail};
use egui::epaint::ClippedPrimitive;
use egui::{Event, Modifiers, PointerButton, Pos2, UiBuilder, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, TestRenderer};
use image::RgbaImage;

use crate::rasterizer::Rasterizer;

/// How long a page may stay as it is to count as at rest.
const QUIET: Duration = Duration::from_millis(90);

/// The application on a stage of its own.
pub struct Stage {
    harness: Harness<'static, Slot>,
    rasterizer: Rc<RefCell<Rasterizer>>,
}

/// The application is made in the first frame, since it needs the harness's context.
struct Slot {
    options: Option<Options>,
    app: Option<App>,
    failure: Option<std::io::Error>,
}

/// Hands textures on to the rasterizer that the stage draws with.
struct Textures(Rc<RefCell<Rasterizer>>);

impl TestRenderer for Textures {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.0.borrow_mut().apply(delta);
    }
}

impl Stage {
    /// Opens the application of `size` points.
    pub fn open(options: Options, size: [f32; 2]) -> Result<Self> {
        let rasterizer = Rc::new(RefCell::new(Rasterizer::new()));
        let slot = Slot {
            options: Some(options),
            app: None,
            failure: None,
        };
        let harness = Harness::builder()
            .with_size(Vec2::from(size))
            .with_step_dt(0.1)
            .renderer(Textures(Rc::clone(&rasterizer)))
            .build_ui_state(frame, slot);
        let mut stage = Self { harness, rasterizer };
        if let Some(failure) = stage.harness.state_mut().failure.take() {
            return Err(failure).context("the application does not start");
        }
        Ok(stage)
    }

    /// Draws a box where a script has no font here. The real window takes the fonts of the system; words of
    /// our own must be drawable without them, so this is for data only.
    pub fn allow_any_script(&mut self) {
        self.harness
            .ctx
            .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    }

    pub fn app(&mut self) -> Result<&mut App> {
        self.harness
            .state_mut()
            .app
            .as_mut()
            .context("the application is not there")
    }

    pub fn send(&mut self, command: impl Into<Command>) -> Result<()> {
        self.app()?.send(command);
        Ok(())
    }

    /// One frame.
    pub fn step(&mut self) {
        self.harness.step();
    }

    /// Frames until nothing has asked for another one for a moment, or the patience ends:
    /// a page that shows something running never rests.
    pub fn rest(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut last_asked = Instant::now();
        while Instant::now() < until && last_asked.elapsed() < QUIET {
            if self.harness.ctx.has_requested_repaint() {
                last_asked = Instant::now();
            }
            self.step();
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Frames until a label that contains `words` is shown.
    pub fn wait_for(&mut self, words: &str, patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        while !self.shows(words) {
            if Instant::now() > until {
                bail!("{words:?} is not shown; there is: {}", self.labels().join(" | "));
            }
            self.step();
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Whether a label or a value contains `words` now.
    pub fn shows(&self, words: &str) -> bool {
        self.labels().iter().any(|label| label.contains(words))
    }

    /// Everything that can be read, in the order of the tree.
    pub fn labels(&self) -> Vec<String> {
        let root = self.harness.root();
        let nodes = root.accesskit_node();
        let mut labels = Vec::new();
        collect(&nodes, &mut labels);
        labels
    }

    /// Clicks on the first thing of exactly this name.
    pub fn click(&mut self, name: &str) -> Result<()> {
        let place = self
            .place_of(name)
            .with_context(|| format!("there is no {name:?} to click; there is: {}", self.labels().join(" | ")))?;
        self.click_at(place);
        Ok(())
    }

    /// Clicks on the topmost thing of exactly this name: a tab, where words below it say the same.
    pub fn click_tab(&mut self, name: &str) -> Result<()> {
        let places = self.harness.query_all_by_label(name).map(|node| node.rect().center());
        let topmost = places.min_by(|a, b| a.y.total_cmp(&b.y));
        self.click_at(topmost.with_context(|| format!("there is no tab {name:?}"))?);
        Ok(())
    }

    /// Files are held over the window, as while dragging.
    pub fn hover_files(&mut self, files: Vec<egui::HoveredFile>) {
        self.harness.input_mut().hovered_files = files;
        self.step();
    }

    /// The middle of the first thing of exactly this name, in points.
    pub fn place_of(&self, name: &str) -> Option<Pos2> {
        self.harness
            .query_all_by_label(name)
            .next()
            .map(|node| node.rect().center())
    }

    pub fn click_at(&mut self, place: Pos2) {
        self.hover(place);
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            self.event(Event::PointerButton {
                pos: place,
                button,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
    }

    /// Moves the pointer; tooltips and hover values appear after a few frames.
    pub fn hover(&mut self, place: Pos2) {
        self.event(Event::PointerMoved(place));
    }

    /// Gives the application one event, in a frame of its own.
    pub fn event(&mut self, event: Event) {
        self.queue(event);
        self.step();
    }

    /// Gives the application one event in the next frame.
    pub fn queue(&mut self, event: Event) {
        self.harness.input_mut().events.push(event);
    }

    pub fn press_key(&mut self, modifiers: Modifiers, key: egui::Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.step();
    }

    pub fn resize(&mut self, size: [f32; 2], pixels_per_point: f32) {
        self.harness.set_size(Vec2::from(size));
        self.harness.set_pixels_per_point(pixels_per_point);
        self.step();
    }

    pub fn show_theme(&mut self, theme: ThemeChoice) -> Result<()> {
        if self.app()?.settings().theme != theme {
            self.send(aloft_workbench::command::ViewCommand::Theme(theme))?;
        }
        self.harness.run_steps(3);
        Ok(())
    }

    /// The triangles of the last frame.
    pub fn primitives(&self) -> Vec<ClippedPrimitive> {
        let output = self.harness.output();
        self.harness
            .ctx
            .tessellate(output.shapes.clone(), output.pixels_per_point)
    }

    /// Draws the last frame.
    pub fn image(&self) -> RgbaImage {
        let scale = self.harness.output().pixels_per_point;
        let size = self.harness.ctx.content_rect().size() * scale;
        let pixels = [size.x.round() as u32, size.y.round() as u32];
        let background = self.harness.ctx.global_style().visuals.panel_fill;
        let opaque = [background.r(), background.g(), background.b(), 255];
        self.rasterizer.borrow().draw(&self.primitives(), pixels, scale, opaque)
    }
}

fn collect(node: &egui_kittest::kittest::AccessKitNode<'_>, labels: &mut Vec<String>) {
    labels.extend(node.label().filter(|label| !label.is_empty()));
    labels.extend(node.value().filter(|value| !value.is_empty()));
    for child in node.children() {
        collect(&child, labels);
    }
}

/// The settings of a stage: no motion, and nothing remembered.
pub fn settings(theme: ThemeChoice) -> Settings {
    Settings {
        theme,
        reduced_motion: true,
        ..Settings::default()
    }
}

/// What eframe does in a frame.
fn frame(ui: &mut egui::Ui, slot: &mut Slot) {
    if let Some(options) = slot.options.take() {
        match App::new(ui.ctx(), options) {
            Ok(app) => slot.app = Some(app),
            Err(error) => slot.failure = Some(error),
        }
    }
    if let Some(app) = &mut slot.app {
        let context = ui.ctx().clone();
        app.logic(&context, None);
        // The harness leaves a margin; the real window does not.
        let whole = context.content_rect();
        let mut ui = ui.new_child(UiBuilder::new().max_rect(whole));
        ui.set_clip_rect(whole);
        app.ui(&mut ui, None);
    }
}
