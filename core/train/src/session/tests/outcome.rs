//! What comes out of a run, and what its model says about rows.

use super::*;

#[test]
fn a_classification_tells_everything_about_itself() {
    let place = Place::new(600);
    let mut observer = Recorder::default();
    let outcome = place
        .train(&place.recipe(), "run", &mut observer, Start::Fresh)
        .unwrap();
    assert_eq!(
        (outcome.rows.train, outcome.rows.valid, outcome.rows.test),
        (360, 120, 120)
    );
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
    assert_eq!(
        losses.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        (1..=steps).collect::<Vec<_>>()
    );
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
    let outcome = place
        .train(&recipe, "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let test = &outcome.metrics.test;
    assert!(test["r2"] > 0.9, "{test:?}");
    assert!(test["rmse"] < 3.0 && outcome.metrics.baseline["rmse"] > 8.0, "{test:?}");
    assert!(outcome.metrics.baseline["r2"] <= 0.0);
    assert_eq!(outcome.left_out, recipe.features.left_out);
    assert!(outcome.confusion.is_none());
    let residuals = outcome.residuals.unwrap();
    assert_eq!(residuals.len(), 120);

    let said = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap();
    assert_eq!(
        (said.rows, said.target.as_str(), said.columns.len()),
        (600, "height", 1)
    );
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
    let outcome = place
        .train(&recipe, "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
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
    assert!(
        (valid - best).abs() < 1e-5,
        "the saved weights have the loss {valid}, not {best}"
    );
}
