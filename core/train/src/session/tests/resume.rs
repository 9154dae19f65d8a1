//! A run that was dropped, stopped or paused goes on as if nothing had happened.

use super::*;

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
        let load = |saved: Option<&crate::checkpoint::Origin>| {
            Material::of(&recipe, place.rows(&recipe), saved, &device).unwrap()
        };
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
            store
                .save(&first.checkpoint(&NAMES().data, &NAMES().recipe, 1.5).unwrap())
                .unwrap();
            // What came after the checkpoint is lost with the process.
            advance(&mut first, 4);
            drop(first);
            let (saved, told) = Store::open(&run)
                .unwrap()
                .load()
                .unwrap()
                .expect("a checkpoint was saved");
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
        let straight = place
            .train(&recipe, "straight", &mut Recorder::default(), Start::Fresh)
            .unwrap();
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
    place
        .train(&recipe, "straight", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let mut observer = Recorder::answering(|asked| {
        if (2..5).contains(&asked) {
            Control::Pause
        } else {
            Control::Continue
        }
    });
    place.train(&recipe, "paused", &mut observer, Start::Fresh).unwrap();
    assert_eq!(observer.paused, [true, false]);
    assert_eq!(place.weights("straight"), place.weights("paused"));
    // A stop during a pause keeps the checkpoint of the pause.
    let mut observer = Recorder::answering(|asked| [Control::Pause, Control::Stop][usize::from(asked > 3)]);
    let error = place.train(&recipe, "ended", &mut observer, Start::Fresh).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    place
        .train(&recipe, "ended", &mut Recorder::default(), Start::Resume)
        .unwrap();
    assert_eq!(place.weights("straight"), place.weights("ended"));
}

#[test]
fn a_damaged_newest_checkpoint_falls_back_to_the_one_before() {
    let place = Place::new(150);
    let recipe = place.recipe();
    place
        .train(&recipe, "straight", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let device = candle_core::Device::Cpu;
    let material = Material::of(&recipe, place.rows(&recipe), None, &device).unwrap();
    let mut trainer = Trainer::new(&recipe, &material, &device).unwrap();
    let names = Names {
        data: aloft_data::fingerprint(&place.path("plants.csv")).unwrap(),
        recipe: name_of(&recipe),
    };
    let mut store = Store::open(&place.path("run")).unwrap();
    for _ in 0..3 {
        advance(&mut trainer, 7);
        store
            .save(&trainer.checkpoint(&names.data, &names.recipe, 0.0).unwrap())
            .unwrap();
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
    let error = place
        .train(&recipe, "run", &mut Recorder::default(), Start::Resume)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_resume_with_other_data_or_another_recipe_is_refused() {
    let place = Place::new(150);
    let recipe = place.recipe();
    place
        .train(&recipe, "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let mut other = recipe.clone();
    other.training.learning_rate = 0.5;
    let error = place
        .train(&other, "run", &mut Recorder::default(), Start::Resume)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "The run cannot be resumed: its recipe has changed since it began"
    );
    // What does not touch the numbers may change.
    other = recipe.clone();
    other.training.checkpoint_secs = 3.0;
    other.features.left_out.push(LeftOut {
        column: "height".into(),
        why: "told".into(),
    });
    place
        .train(&other, "run", &mut Recorder::default(), Start::Resume)
        .unwrap();
    let path = place.path("plants.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}1,2,clay,3,rose\n")).unwrap();
    let error = place
        .train(&recipe, "run", &mut Recorder::default(), Start::Resume)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("data has changed"), "{error}");
}

#[test]
fn a_resume_without_a_checkpoint_starts_at_the_beginning() {
    let place = Place::new(90);
    let mut observer = Recorder::default();
    // What a process left that was killed while it wrote its first one.
    let part = place.path("run/checkpoint/a.ckpt.123.part");
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    std::fs::write(&part, b"half").unwrap();
    place
        .train(&place.recipe(), "run", &mut observer, Start::Resume)
        .unwrap();
    assert!(!part.exists());
    assert_eq!(observer.resumed, [0]);
    assert!(observer.notes[0].contains("no checkpoint"), "{:?}", observer.notes);
}
