//! Whole sessions on small tables: what comes out, and that a run that was dropped goes on
//! as if nothing had happened.

use std::path::PathBuf;

use aloft_base::random::Generator;
use aloft_base::{ErrorKind, Explain};
use aloft_data::{Format, OutputValues, PrepareSpec, Scale, Source, SplitMethod, SplitSpec, Task};

use super::*;
use crate::outcome::LeftOut;
use crate::recipe::{
    Activation, DataSection, FeaturesSection, ModelSpec, Optimizer, Schedule, TargetSection, VERSION,
};

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
        self.points.extend(points.iter().map(|point| (point.series.to_owned(), point.step, point.value)));
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
            let gap = if row % 17 == 5 { String::new() } else { format!("{width:.4}") };
            text.push_str(&format!("{length:.4},{gap},{soil},{height:.4},{}\n", ["iris", "lily", "rose"][kind]));
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
                column: None,
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

    fn fails(&self, recipe: &Recipe) -> TrainError {
        self.train(recipe, "run", &mut Recorder::default(), Start::Fresh).unwrap_err()
    }

    fn weights(&self, run: &str) -> Vec<u8> {
        std::fs::read(self.path(run).join("model/model.safetensors")).unwrap()
    }
}

/// A recipe with everything that has a state: dropout, shuffling, warm-up, cosine, early stopping.
fn stateful(place: &Place, optimizer: Optimizer) -> Recipe {
    let mut recipe = place.recipe();
    recipe.model = ModelSpec::Mlp {
        hidden: vec![16, 8],
        dropout: 0.2,
        activation: Activation::Gelu,
    };
    recipe.training.schedule = Schedule::Cosine;
    recipe.training.warmup_steps = Some(10);
    recipe.training.early_stopping = Some(8);
    recipe.training.clip_norm = Some(2.0);
    recipe.training.weight_decay = 0.01;
    recipe.training.optimizer = optimizer;
    recipe
}

const NAMES: fn() -> Names = || Names {
    data: "data".into(),
    recipe: "recipe".into(),
};

fn advance(trainer: &mut Trainer<'_>, steps: usize) {
    for _ in 0..steps {
        if trainer.is_finished() {
            return;
        }
        trainer.step().unwrap();
        if trainer.is_epoch_done() {
            trainer.end_epoch().unwrap();
        }
    }
}

/// Everything a run holds at its end, bit for bit.
fn end_state(trainer: &Trainer<'_>) -> (Vec<u32>, Vec<Vec<u32>>, u64) {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
    let all = trainer.checkpoint("", "", 0.0).unwrap();
    let moments = all.moments.values().map(|values| bits(values)).collect();
    (bits(&all.weights), moments, all.position.step)
}

#[test]
fn a_run_dropped_at_any_step_ends_with_the_same_bits() {
    let place = Place::new(150);
    let device = candle_core::Device::Cpu;
    for optimizer in [Optimizer::AdamW {}, Optimizer::Sgd { momentum: 0.9 }] {
        let recipe = stateful(&place, optimizer);
        let load = |saved: Option<&crate::checkpoint::Origin>| Material::load(&recipe, &place.source(), &place.path("cache"), saved, &device).unwrap();
        let material = load(None);
        let mut straight = Trainer::new(&recipe, &material, &device).unwrap();
        advance(&mut straight, usize::MAX);
        let expected = end_state(&straight);
        assert!(expected.2 > 50, "ran {} steps", expected.2);
        // Six steps an epoch: in its middle, at its end, before the first step of all.
        for saved_at in [0, 1, 6, 25, 27, 35] {
            let run = place.path(&format!("run-{saved_at}"));
            let mut store = Store::open(&run).unwrap();
            store.clear().unwrap();
            let mut first = Trainer::new(&recipe, &material, &device).unwrap();
            advance(&mut first, saved_at);
            store.save(&first.checkpoint(&NAMES().data, &NAMES().recipe, 1.5).unwrap()).unwrap();
            // What came after the checkpoint is lost with the process.
            advance(&mut first, 4);
            drop(first);
            let (saved, told) = Store::open(&run).unwrap().load().unwrap().expect("a checkpoint was saved");
            assert!(told.is_empty());
            assert_eq!(saved.position.duration_secs, 1.5);
            let again = load(Some(&saved.origin));
            let mut second = Trainer::new(&recipe, &again, &device).unwrap();
            second.restore(&saved).unwrap();
            assert_eq!(second.position().step, saved_at as u64);
            advance(&mut second, usize::MAX);
            assert_eq!(end_state(&second), expected, "{optimizer:?} saved at step {saved_at}");
        }
    }
}

#[test]
fn stopped_at_an_arbitrary_moment_and_resumed_it_writes_the_same_model() {
    let place = Place::new(3000);
    for optimizer in [Optimizer::AdamW {}, Optimizer::Sgd { momentum: 0.5 }] {
        let mut recipe = stateful(&place, optimizer);
        recipe.training.early_stopping = None;
        let straight = place.train(&recipe, "straight", &mut Recorder::default(), Start::Fresh).unwrap();
        assert_eq!((straight.epochs, straight.best_epoch), (10, 10));
        let mut stopper = Recorder::answering(|asked| if asked < 3 { Control::Continue } else { Control::Stop });
        let error = place.train(&recipe, "parts", &mut stopper, Start::Fresh).unwrap_err();
        let TrainError::Stopped { step } = error else {
            panic!("{error}")
        };
        assert!(step > 0 && step < straight.steps, "stopped at step {step}");
        assert_eq!(stopper.series("train/loss").len() as u64, step);
        let mut second = Recorder::default();
        let resumed = place.train(&recipe, "parts", &mut second, Start::Resume).unwrap();
        assert_eq!(second.resumed, [step]);
        assert_eq!(second.series("train/loss").first().unwrap().0, step + 1);
        assert_eq!(place.weights("straight"), place.weights("parts"));
        assert_eq!(straight.metrics, resumed.metrics);
        assert_eq!(straight.worst, resumed.worst);
    }
}

#[test]
fn a_pause_waits_and_changes_nothing() {
    let place = Place::new(1200);
    let recipe = place.recipe();
    place.train(&recipe, "straight", &mut Recorder::default(), Start::Fresh).unwrap();
    let mut observer = Recorder::answering(|asked| if (2..5).contains(&asked) { Control::Pause } else { Control::Continue });
    place.train(&recipe, "paused", &mut observer, Start::Fresh).unwrap();
    assert_eq!(observer.paused, [true, false]);
    assert_eq!(place.weights("straight"), place.weights("paused"));
    // A stop during a pause keeps the checkpoint of the pause.
    let mut observer = Recorder::answering(|asked| [Control::Pause, Control::Stop][usize::from(asked > 3)]);
    let error = place.train(&recipe, "ended", &mut observer, Start::Fresh).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    place.train(&recipe, "ended", &mut Recorder::default(), Start::Resume).unwrap();
    assert_eq!(place.weights("straight"), place.weights("ended"));
}

#[test]
fn a_damaged_newest_checkpoint_falls_back_to_the_one_before() {
    let place = Place::new(150);
    let recipe = place.recipe();
    place.train(&recipe, "straight", &mut Recorder::default(), Start::Fresh).unwrap();
    let device = candle_core::Device::Cpu;
    let material = Material::load(&recipe, &place.source(), &place.path("cache"), None, &device).unwrap();
    let mut trainer = Trainer::new(&recipe, &material, &device).unwrap();
    let names = Names {
        data: aloft_data::fingerprint(&place.path("plants.csv")).unwrap(),
        recipe: name_of(&recipe),
    };
    let mut store = Store::open(&place.path("run")).unwrap();
    for _ in 0..3 {
        advance(&mut trainer, 7);
        store.save(&trainer.checkpoint(&names.data, &names.recipe, 0.0).unwrap()).unwrap();
    }
    // The third went over the first.
    let newest = place.path("run/checkpoint/a.ckpt");
    let mut bytes = std::fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&newest, bytes).unwrap();
    let mut observer = Recorder::default();
    place.train(&recipe, "run", &mut observer, Start::Resume).unwrap();
    assert_eq!(observer.resumed, [14]);
    assert!(observer.notes[0].contains("a.ckpt is damaged"), "{:?}", observer.notes);
    assert_eq!(place.weights("straight"), place.weights("run"));

    for name in ["a", "b"] {
        std::fs::write(place.path("run/checkpoint").join(format!("{name}.ckpt")), b"ALOFTCKP").unwrap();
    }
    let error = place.train(&recipe, "run", &mut Recorder::default(), Start::Resume).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_resume_with_other_data_or_another_recipe_is_refused() {
    let place = Place::new(150);
    let recipe = place.recipe();
    place.train(&recipe, "run", &mut Recorder::default(), Start::Fresh).unwrap();
    let mut other = recipe.clone();
    other.training.learning_rate = 0.5;
    let error = place.train(&other, "run", &mut Recorder::default(), Start::Resume).unwrap_err();
    assert_eq!(error.to_string(), "The run cannot be resumed: its recipe has changed since it began");
    // What does not touch the numbers may change.
    other = recipe.clone();
    other.training.checkpoint_secs = 3.0;
    other.features.left_out.push(LeftOut {
        column: "height".into(),
        why: "told".into(),
    });
    place.train(&other, "run", &mut Recorder::default(), Start::Resume).unwrap();
    let path = place.path("plants.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}1,2,clay,3,rose\n")).unwrap();
    let error = place.train(&recipe, "run", &mut Recorder::default(), Start::Resume).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("data has changed"), "{error}");
}

#[test]
fn a_resume_without_a_checkpoint_starts_at_the_beginning() {
    let place = Place::new(90);
    let mut observer = Recorder::default();
    place.train(&place.recipe(), "run", &mut observer, Start::Resume).unwrap();
    assert_eq!(observer.resumed, [0]);
    assert!(observer.notes[0].contains("no checkpoint"), "{:?}", observer.notes);
}

#[test]
fn a_classification_tells_everything_about_itself() {
    let place = Place::new(600);
    let mut observer = Recorder::default();
    let outcome = place.train(&place.recipe(), "run", &mut observer, Start::Fresh).unwrap();
    assert_eq!((outcome.rows.train, outcome.rows.valid, outcome.rows.test), (360, 120, 120));
    let test = &outcome.metrics.test;
    let baseline = &outcome.metrics.baseline;
    assert!(test["accuracy"] > 0.85, "{test:?}");
    assert!((baseline["accuracy"] - 1.0 / 3.0).abs() < 1e-9, "{baseline:?}");
    assert!((baseline["log_loss"] - 3.0_f64.ln()).abs() < 1e-9, "{baseline:?}");
    let confusion = outcome.confusion.as_ref().unwrap();
    assert_eq!(confusion.labels, ["iris", "lily", "rose"]);
    let total: u64 = confusion.counts.iter().flatten().sum();
    let hits: u64 = (0..3).map(|class| confusion.counts[class][class]).sum();
    assert_eq!(total, 120);
    assert!((hits as f64 / 120.0 - test["accuracy"]).abs() < 1e-12);
    assert_eq!(outcome.worst.len(), 20);
    assert!(outcome.worst.windows(2).all(|pair| pair[0].loss >= pair[1].loss));
    let worst = &outcome.worst[0];
    let text = std::fs::read_to_string(place.path("plants.csv")).unwrap();
    let line: Vec<&str> = text.lines().nth(worst.row as usize + 1).unwrap().split(',').collect();
    assert_eq!(line[4], worst.actual);
    assert!(worst.values.contains(&("soil".into(), line[2].into())), "{worst:?}");
    // Four numbers for three features (three soils), one of them with a flag for its gaps.
    assert_eq!(outcome.parameters, 6 * 3 + 3);
    assert_eq!(outcome.fingerprint, observer.fingerprint);

    let steps = 360_usize.div_ceil(16) as u64 * 10;
    assert_eq!(outcome.steps, steps);
    let losses = observer.series("train/loss");
    assert_eq!(losses.iter().map(|(step, _)| *step).collect::<Vec<_>>(), (1..=steps).collect::<Vec<_>>());
    assert!(losses[0].1 > 1.0 && losses[losses.len() - 1].1 < 0.8);
    for name in ["valid/loss", "valid/accuracy", "train/accuracy", "epoch"] {
        assert_eq!(observer.series(name).len(), 10, "{name}");
    }
    assert_eq!(observer.series("epoch")[9], (steps, 10.0));
    assert_eq!(observer.series("learning_rate").len() as u64, steps);
    let last = observer.progress.last().unwrap();
    assert_eq!((last.epoch, last.epochs, last.step, last.steps), (10, 10, steps, steps));
    let saved = std::fs::read(place.path("run/result.json")).unwrap();
    let saved: Outcome = serde_json::from_slice(&saved).unwrap();
    assert_eq!(saved.steps, outcome.steps);
    assert_eq!(saved.confusion, outcome.confusion);
    let recipe = std::fs::read_to_string(place.path("run/recipe.toml")).unwrap();
    assert_eq!(Recipe::parse(&recipe).unwrap(), place.recipe());
}

#[test]
fn a_regression_is_measured_in_its_own_unit_and_predicts_the_same() {
    let place = Place::new(600);
    let mut recipe = place.recipe();
    recipe.set_task(Task::Regression);
    recipe.target.column = "height".into();
    recipe.features.left_out = vec![LeftOut {
        column: "kind".into(),
        why: "a test says so".into(),
    }];
    let outcome = place.train(&recipe, "run", &mut Recorder::default(), Start::Fresh).unwrap();
    let test = &outcome.metrics.test;
    assert!(test["r2"] > 0.9, "{test:?}");
    assert!(test["rmse"] < 3.0 && outcome.metrics.baseline["rmse"] > 8.0, "{test:?}");
    assert!(outcome.metrics.baseline["r2"] <= 0.0);
    assert_eq!(outcome.left_out, recipe.features.left_out);
    assert!(outcome.confusion.is_none());
    let residuals = outcome.residuals.unwrap();
    assert_eq!(residuals.len(), 120);

    let said = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap();
    assert_eq!((said.rows, said.target.as_str(), said.columns.len()), (600, "height", 1));
    let OutputValues::Numbers(numbers) = &said.columns[0].values else {
        panic!("{:?}", said.columns[0])
    };
    for worst in &outcome.worst {
        let found = f64::from(numbers[worst.row as usize]);
        let expected: f64 = worst.predicted.parse().unwrap();
        assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
    }
}

#[test]
fn two_classes_are_learned_and_predicted_by_probability() {
    let place = Place::new(600);
    let path = place.path("plants.csv");
    let text = std::fs::read_to_string(&path).unwrap().replace("lily", "iris");
    std::fs::write(&path, text).unwrap();
    let mut recipe = place.recipe();
    recipe.set_task(Task::Binary);
    let outcome = place.train(&recipe, "run", &mut Recorder::default(), Start::Fresh).unwrap();
    assert!(outcome.metrics.test["auc"] > 0.9, "{:?}", outcome.metrics.test);
    assert!((outcome.metrics.baseline["auc"] - 0.5).abs() < 1e-12);
    let said = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap();
    let names: Vec<&str> = said.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["prediction", "probability_iris", "probability_rose"]);
    let (OutputValues::Classes { positions, .. }, OutputValues::Numbers(rose)) =
        (&said.columns[0].values, &said.columns[2].values)
    else {
        panic!("{:?}", said.columns)
    };
    for (position, probability) in positions.iter().zip(rose) {
        assert_eq!(*position == 1, *probability > 0.5);
    }
}

#[test]
fn early_stopping_takes_the_best_epoch() {
    let place = Place::new(120);
    let mut recipe = place.recipe();
    recipe.model = ModelSpec::Mlp {
        hidden: vec![64],
        dropout: 0.0,
        activation: Activation::Tanh,
    };
    recipe.training.learning_rate = 0.05;
    recipe.training.epochs = 200;
    recipe.training.early_stopping = Some(5);
    let mut observer = Recorder::default();
    let outcome = place.train(&recipe, "run", &mut observer, Start::Fresh).unwrap();
    let losses = observer.series("valid/loss");
    assert!(outcome.epochs < 200, "{} epochs", outcome.epochs);
    assert_eq!(losses.len(), outcome.epochs as usize);
    assert_eq!(outcome.epochs, outcome.best_epoch + 5);
    let best = losses[outcome.best_epoch as usize - 1].1;
    assert!(losses.iter().all(|(_, loss)| *loss >= best));
    let valid = outcome.metrics.valid["log_loss"];
    assert!((valid - best).abs() < 1e-5, "the saved weights have the loss {valid}, not {best}");
}

#[test]
fn a_diverging_run_ends_with_its_step_and_a_hint_and_keeps_its_checkpoint() {
    let place = Place::new(300);
    let mut recipe = place.recipe();
    recipe.set_task(Task::Regression);
    recipe.target.column = "height".into();
    recipe.prepare.scale = Scale::None;
    recipe.training.optimizer = Optimizer::Sgd { momentum: 0.9 };
    recipe.training.learning_rate = 50.0;
    let error = place.fails(&recipe);
    let TrainError::Diverged { step, epoch, .. } = &error else {
        panic!("{error}")
    };
    assert!(*step > 1 && *epoch >= 1, "{error}");
    assert!(error.hint().unwrap().contains("learning rate"));
    // Whatever was saved before is finite.
    if let Some((saved, _)) = Store::open(&place.path("run")).unwrap().load().unwrap() {
        assert!(saved.weights.iter().all(|weight| weight.is_finite()));
    }
    assert!(!place.path("run/model").exists() && !place.path("run/result.json").exists());
}

#[test]
fn data_that_cannot_be_learned_says_why() {
    let header = "length,width,soil,height,kind\n";
    let rows = |count: usize, kind: fn(usize) -> &'static str| {
        let row = |row: usize| format!("{row},1.5,clay,{row},{}\n", kind(row));
        header.to_owned() + &(0..count).map(row).collect::<String>()
    };
    let alternate: fn(usize) -> &'static str = |row| ["iris", "lily", "rose"][row % 3];
    for (text, words) in [
        (header.to_owned(), "no rows"),
        (rows(30, |_| "iris"), "only one class"),
        (rows(30, |_| ""), "no values"),
        (rows(2, alternate), "rows"),
    ] {
        let place = Place::with(&text);
        let error = place.fails(&place.recipe());
        assert!(error.kind().is_bad_input(), "{error}");
        assert!(error.to_string().contains(words), "'{error}' does not say '{words}'");
        assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{error} has no hint");
    }

    let text = rows(30, alternate).replace(",1.5,clay,", ",,,");
    let place = Place::with(&text);
    let mut recipe = place.recipe();
    recipe.features.include = vec!["width".into()];
    let error = place.fails(&recipe);
    assert!(error.to_string().contains("no feature has a value"), "{error}");

    let place = Place::new(60);
    let mut recipe = place.recipe();
    recipe.features.include.push("weight".into());
    let error = place.fails(&recipe);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("weight"), "{error}");
}

#[test]
fn a_part_without_rows_is_refused_when_it_was_asked_for() {
    let text: String = (0..4).map(|row| format!("{row},{row},clay,1,{}\n", ["iris", "rose"][row % 2])).collect();
    let place = Place::with(&format!("length,width,soil,height,kind\n{text}"));
    let mut recipe = place.recipe();
    recipe.split.method = SplitMethod::Random;
    (recipe.split.valid, recipe.split.test) = (0.05, 0.3);
    let error = place.fails(&recipe);
    assert!(error.kind().is_bad_input() && error.to_string().contains("validation"), "{error}");
    // Without a wish for parts, there is nothing to refuse.
    (recipe.split.valid, recipe.split.test) = (0.0, 0.0);
    let outcome = place.train(&recipe, "run", &mut Recorder::default(), Start::Fresh).unwrap();
    assert!(outcome.metrics.test.is_empty() && outcome.metrics.valid.is_empty());
    assert!(outcome.warnings.iter().any(|warning| warning.contains("no test part")), "{:?}", outcome.warnings);
}

#[test]
fn a_run_without_a_model_cannot_predict() {
    let place = Place::new(60);
    let error = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    place.train(&place.recipe(), "run", &mut Recorder::default(), Start::Fresh).unwrap();
    std::fs::write(place.path("run/model/model.safetensors"), b"nonsense").unwrap();
    let error = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}
