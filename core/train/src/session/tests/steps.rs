//! Recipes with steps: what they learn, that they are the same again, and what they do to rows
//! that are predicted.

use aloft_data::{FittedSteps, StepEntry};

use super::*;

fn with_steps(place: &Place) -> Recipe {
    let steps = serde_json::json!([
        {"step": "filter", "condition": "sql", "expression": "length > -1.5"},
        {"step": "rename", "from": "soil", "to": "ground"},
        {"step": "fill", "column": "width", "with": "mean"},
        {"step": "derive", "name": "area", "expression": "length * width"},
    ]);
    let mut recipe = place.recipe();
    recipe.data.steps = serde_json::from_value::<Vec<StepEntry>>(steps).unwrap();
    recipe.features.include = ["length", "width", "ground", "area"].map(str::to_owned).to_vec();
    recipe
}

/// The mean width of the training rows, found without the code under test.
fn mean_width(place: &Place, rows: &aloft_data::RecipeRows) -> (f64, f64) {
    let text = std::fs::read_to_string(place.path("plants.csv")).unwrap();
    let kept = text.lines().skip(1).filter(|line| {
        let length: f64 = line.split(',').next().unwrap().parse().unwrap();
        length > -1.5
    });
    let widths: Vec<Option<f64>> = kept.map(|line| line.split(',').nth(1).unwrap().parse().ok()).collect();
    let mean = |rows: &mut dyn Iterator<Item = usize>| {
        let present: Vec<f64> = rows.filter_map(|row| widths[row]).collect();
        present.iter().sum::<f64>() / present.len() as f64
    };
    (
        mean(&mut rows.split.train.iter().map(|row| *row as usize)),
        mean(&mut (0..widths.len())),
    )
}

#[test]
fn a_mean_is_that_of_the_training_rows_and_is_saved_with_the_model() {
    let place = Place::new(150);
    let recipe = with_steps(&place);
    let rows = place.rows(&recipe);
    let (of_training, of_all) = mean_width(&place, &rows);
    assert!(
        (of_training - of_all).abs() > 1e-3,
        "the two are too near to tell apart"
    );
    place
        .train(&recipe, "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let json = std::fs::read_to_string(place.path("run/model/steps.json")).unwrap();
    let steps = FittedSteps::from_json(&json).unwrap();
    let words = steps.words().join("; ");
    let filled = words.split('‘').nth(1).unwrap().split('’').next().unwrap();
    assert!((filled.parse::<f64>().unwrap() - of_training).abs() < 1e-9, "{words}");
    for gone in ["run/rows.arrow", "run/steps.json", "run/joined"] {
        assert!(!place.path(gone).exists(), "{gone} is of no use any more");
    }
    // The same recipe is the same run.
    place
        .train(&recipe, "again", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    assert_eq!(place.weights("run"), place.weights("again"));
    // Raw rows are predicted, none left out.
    let said = crate::predict(&place.path("run/model"), &place.source(), &place.path("cache")).unwrap();
    assert_eq!(said.rows, 150);
    let predictor = crate::Predictor::load(&place.path("run/model")).unwrap();
    assert_eq!(predictor.signature().steps.len(), 3);
    let out = place.path("out.csv");
    let summary = crate::predict_file(&predictor, &place.source(), &place.path("cache"), &out, &mut |_| {
        aloft_data::Flow::Continue
    })
    .unwrap();
    assert_eq!(summary.rows, 150);
    let written = std::fs::read_to_string(out).unwrap();
    let raw = std::fs::read_to_string(place.path("plants.csv")).unwrap();
    let OutputValues::Classes { names, positions } = &said.columns[0].values else {
        panic!("{:?}", said.columns[0])
    };
    for ((line, raw), class) in written.lines().zip(raw.lines()).skip(1).zip(positions) {
        let expected = format!("{raw},{},", names[*class as usize]);
        assert!(line.starts_with(&expected), "'{line}' does not begin with '{expected}'");
    }
}

#[test]
fn a_stopped_run_with_steps_goes_on_to_the_same_bits() {
    let place = Place::new(150);
    let mut recipe = with_steps(&place);
    // Enough for a quick machine to be asked so often.
    recipe.training.epochs = 2000;
    place
        .train(&recipe, "straight", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let stop = |asked: usize| if asked > 25 { Control::Stop } else { Control::Continue };
    let stopped = place
        .train(&recipe, "run", &mut Recorder::answering(stop), Start::Fresh)
        .unwrap_err();
    assert!(matches!(stopped, TrainError::Stopped { .. }), "{stopped}");
    // It may have been stopped while the rows were made; else they are kept.
    if let TrainError::Stopped { step: 1.. } = stopped {
        assert!(place.path("run/rows.arrow").is_file() && place.path("run/steps.json").is_file());
    }
    place
        .train(&recipe, "run", &mut Recorder::default(), Start::Resume)
        .unwrap();
    assert_eq!(place.weights("straight"), place.weights("run"));
}

#[test]
fn a_package_of_a_model_with_steps_is_whole_and_answers_its_example() {
    let place = Place::new(150);
    place
        .train(&with_steps(&place), "run", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let facts = crate::PackageFacts {
        cache: Some(place.path("cache")),
        ..crate::PackageFacts::default()
    };
    let folder = place.path("package");
    let summary = crate::package(&place.path("run/model"), &folder, &facts).unwrap();
    assert!(folder.join("steps.json").is_file());
    assert!(
        summary.example.rows.iter().all(|row| row["area"].is_number()),
        "{:?}",
        summary.example.rows
    );
    let card = std::fs::read_to_string(folder.join("MODEL_CARD.md")).unwrap();
    assert!(
        card.contains("- Rename soil to ground") && card.contains("- area = length * width"),
        "{card}"
    );
    let predictor = crate::Predictor::load(&folder).unwrap();
    // Both do the steps to a raw file by themselves.
    let plain = place.recipe();
    place
        .train(&plain, "plain", &mut Recorder::default(), Start::Fresh)
        .unwrap();
    let other = crate::Predictor::load(&place.path("plain/model")).unwrap();
    let source = place.source();
    let on = crate::CompareRows::File(&source);
    let said = crate::compare(&other, &predictor, on, &place.path("cache")).unwrap();
    assert_eq!(said.rows, 150);
    let error = crate::compare(
        &other,
        &predictor,
        crate::CompareRows::TestPart(predictor.recipe()),
        &place.path("cache"),
    );
    assert!(error.unwrap_err().to_string().contains("makes other rows"));
}
