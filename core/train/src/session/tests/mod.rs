//! Whole sessions on small tables.

mod outcome;
mod refusal;
mod resume;
mod steps;

use std::fmt::Write;
use std::path::PathBuf;

use aloft_base::random::Generator;
use aloft_base::{ErrorKind, Explain};
use aloft_data::{Format, OutputValues, PrepareSpec, Scale, Source, SplitMethod, SplitSpec, Task};

use super::*;
use crate::outcome::LeftOut;
use crate::recipe::{Activation, DataSection, FeaturesSection, ModelSpec, Optimizer, Schedule, TargetSection, VERSION};

/// Keeps what it is told, and answers what a test wants.
#[derive(Default)]
struct Recorder {
    points: Vec<(String, u64, f64)>,
    progress: Vec<Progress>,
    notes: Vec<String>,
    paused: Vec<bool>,
    resumed: Vec<u64>,
    fingerprint: String,
    asked: usize,
    answer: Option<fn(usize) -> Control>,
}

impl Recorder {
    fn answering(answer: fn(usize) -> Control) -> Self {
        Self {
            answer: Some(answer),
            ..Self::default()
        }
    }

    fn series(&self, name: &str) -> Vec<(u64, f64)> {
        let of = self.points.iter().filter(|(series, ..)| series == name);
        of.map(|(_, step, value)| (*step, *value)).collect()
    }
}

impl Observer for Recorder {
    fn control(&mut self) -> Control {
        self.asked += 1;
        self.answer.map_or(Control::Continue, |answer| answer(self.asked))
    }
    fn points(&mut self, points: &[Point<'_>]) -> aloft_base::Result<()> {
        self.points.extend(
            points
                .iter()
                .map(|point| (point.series.to_owned(), point.step, point.value)),
        );
        Ok(())
    }
    fn progress(&mut self, progress: &Progress) {
        self.progress.push(progress.clone());
    }
    fn paused(&mut self, paused: bool) {
        self.paused.push(paused);
    }
    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
    fn resumed(&mut self, step: u64) {
        self.resumed.push(step);
    }
    fn fingerprint(&mut self, fingerprint: &str) {
        fingerprint.clone_into(&mut self.fingerprint);
    }
}

/// A folder of one test.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// With a table of three kinds of plant: two numbers that tell them apart, one category
    /// that helps, gaps, and a number that depends on them.
    fn new(rows: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut generator = Generator::new(11);
        let mut text = String::from("length,width,soil,height,kind\n");
        for row in 0..rows {
            let kind = row % 3;
            let length = 2.0 * kind as f64 + generator.normal();
            let width = if kind == 1 { 3.0 } else { 0.0 } + generator.normal();
            let soil = ["clay", "sand", "peat"][if generator.uniform() < 0.6 { kind } else { 0 }];
            let height = 100.0 + 5.0 * length - 3.0 * width + 0.5 * generator.normal();
            let gap = if row % 17 == 5 {
                String::new()
            } else {
                format!("{width:.4}")
            };
            let name = ["iris", "lily", "rose"][kind];
            writeln!(text, "{length:.4},{gap},{soil},{height:.4},{name}").unwrap();
        }
        std::fs::write(folder.path().join("plants.csv"), text).unwrap();
        Self { folder }
    }

    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plants.csv"), text).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self) -> Source {
        Source {
            path: self.path("plants.csv"),
            format: Format::Csv,
            csv: None,
            remote: None,
        }
    }

    fn recipe(&self) -> Recipe {
        Recipe {
            version: VERSION,
            data: DataSection::from(self.source()),
            target: TargetSection {
                column: "kind".into(),
                task: Task::MultiClass,
            },
            features: FeaturesSection {
                include: ["length", "width", "soil"].map(str::to_owned).to_vec(),
                left_out: vec![],
            },
            split: SplitSpec {
                method: SplitMethod::Stratified,
                valid: 0.2,
                test: 0.2,
                seed: 1,
                ..SplitSpec::default()
            },
            prepare: PrepareSpec::default(),
            model: ModelSpec::Linear { l2: 1.0 },
            training: TrainingSpec {
                epochs: 10,
                batch_size: 16,
                learning_rate: 0.02,
                seed: 5,
                ..TrainingSpec::default()
            },
            run: RunSection::default(),
        }
    }

    fn train(&self, recipe: &Recipe, run: &str, observer: &mut Recorder, start: Start) -> Result<Outcome> {
        train(recipe, &self.path(run), &self.path("cache"), observer, start)
    }

    /// The rows of a recipe, as a run has them.
    fn rows(&self, recipe: &Recipe) -> aloft_data::RecipeRows {
        let data = Cached {
            source: self.source(),
            cache: self.path("cache"),
        };
        let place = rows::Place::of(self.folder.path());
        place.load(recipe, &data, 0, &mut Recorder::default()).unwrap()
    }

    fn fails(&self, recipe: &Recipe) -> TrainError {
        self.train(recipe, "run", &mut Recorder::default(), Start::Fresh)
            .unwrap_err()
    }

    fn weights(&self, run: &str) -> Vec<u8> {
        std::fs::read(self.path(run).join("model/model.safetensors")).unwrap()
    }
}
