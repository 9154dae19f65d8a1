//! Runs that cannot work say why and what to do.

use super::*;

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
    let text = "0,0,clay,1,iris
1,1,clay,1,rose
2,2,clay,1,iris
3,3,clay,1,rose
";
    let place = Place::with(&format!("length,width,soil,height,kind\n{text}"));
    let mut recipe = place.recipe();
    recipe.split.method = SplitMethod::Random;
    (recipe.split.valid, recipe.split.test) = (0.05, 0.3);
    let error = place.fails(&recipe);
    assert!(
        error.kind().is_bad_input() && error.to_string().contains("validation"),
        "{error}"
    );
    // Without a wish for parts, there is nothing to refuse.
    (recipe.split.valid, recipe.split.test) = (0.0, 0.0);
    let outcome = place
        .train(&recipe, "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    assert!(outcome.metrics.test.is_empty() && outcome.metrics.valid.is_empty());
    assert!(
        outcome.warnings.iter().any(|warning| warning.contains("no test part")),
        "{:?}",
        outcome.warnings
    );
}

#[test]
fn a_run_without_a_model_cannot_predict() {
    let place = Place::new(60);
    let error = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    place
        .train(&place.recipe(), "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    std::fs::write(place.path("run/model/model.safetensors"), b"nonsense").unwrap();
    let error = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_class_with_too_few_rows_for_every_part_is_told() {
    let place = Place::new(120);
    let path = place.path("plants.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}1.0,2.0,clay,99.0,tulip\n")).unwrap();
    let outcome = place
        .train(&place.recipe(), "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    assert!(
        outcome.warnings.iter().any(|warning| warning.contains("'tulip'")),
        "{:?}",
        outcome.warnings
    );
    assert_eq!(outcome.confusion.unwrap().labels.len(), 4);
}
