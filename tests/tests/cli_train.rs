//! Do training, resuming and predicting from the command line do what they say?

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use aloft_tests::program::sample;
use aloft_tests::terminal::{Terminal, digits_recipe, wait_until};
use serde_json::{Value, json};

fn penguins() -> String {
    sample("penguins.csv").to_string_lossy().into_owned()
}

fn train(terminal: &Terminal, more: &[&str]) -> Value {
    let file = penguins();
    let arguments: Vec<&str> = ["train", &file, "--target", "species"]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    terminal.answer(&arguments).unwrap()
}

fn id(answer: &Value) -> &str {
    answer["run"].as_str().unwrap()
}

#[test]
fn a_linear_model_of_the_penguins_is_far_above_the_baseline() {
    let terminal = Terminal::open().unwrap();
    let answer = train(&terminal, &["--seed", "1"]);
    let test = &answer["metrics"]["test"];
    assert!(test["accuracy"].as_f64().unwrap() > 0.95, "{answer}");
    // Adelie are 152 of 344, which is all that a model without features can know.
    let baseline = answer["metrics"]["baseline"]["accuracy"].as_f64().unwrap();
    assert!((baseline - 0.44).abs() < 0.02, "{baseline}");
    let shown = terminal.answer(&["runs", "show", id(&answer)]).unwrap();
    let rows = &shown["result"]["rows"];
    let all: u64 = ["train", "valid", "test"]
        .iter()
        .map(|part| rows[part].as_u64().unwrap())
        .sum();
    assert_eq!(all, 344);
    let confusion = &shown["result"]["confusion"];
    assert_eq!(confusion["labels"], json!(["Adelie", "Chinstrap", "Gentoo"]));
    let counted: u64 = confusion["counts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(counted, rows["test"].as_u64().unwrap());
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_others() {
    let terminal = Terminal::open().unwrap();
    let options = ["--model", "mlp", "--epochs", "6", "--seed"];
    let with = |seed: &'static str| train(&terminal, &[&options[..], &[seed]].concat());
    let (first, again, other) = (with("5"), with("5"), with("6"));
    assert_eq!(first["metrics"], again["metrics"]);
    let weights = |answer: &Value| terminal.weights(id(answer)).unwrap();
    assert!(weights(&first) == weights(&again), "the weights differ for one seed");
    assert!(weights(&first) != weights(&other), "the seed changes nothing");
    assert_eq!(
        terminal.points(id(&first), "train/loss").unwrap(),
        terminal.points(id(&again), "train/loss").unwrap()
    );
}

#[test]
fn what_is_typed_stands_in_the_recipe() {
    let terminal = Terminal::open().unwrap();
    let answer = train(
        &terminal,
        &["--model", "mlp", "--epochs", "3", "--seed", "11", "--device", "cpu"],
    );
    let recipe = answer["recipe"].as_str().unwrap();
    for line in [
        "kind = \"mlp\"",
        "epochs = 3",
        "seed = 11",
        "device = \"cpu\"",
        "task = \"multi_class\"",
    ] {
        assert!(recipe.contains(line), "{line} is not in\n{recipe}");
    }
}

#[test]
fn every_metric_has_strictly_growing_steps_and_each_step_its_loss() {
    let terminal = Terminal::open().unwrap();
    let answer = train(&terminal, &["--epochs", "7"]);
    let run = id(&answer);
    let names = terminal.answer(&["runs", "metrics", run]).unwrap();
    for name in names["metrics"].as_array().unwrap() {
        let points = terminal.points(run, name.as_str().unwrap()).unwrap();
        assert!(
            points.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "{name}: {points:?}"
        );
    }
    let losses = terminal.points(run, "train/loss").unwrap();
    let epochs = terminal.points(run, "epoch").unwrap();
    assert_eq!(epochs.len(), 7);
    assert_eq!(losses.last().unwrap().0, epochs.last().unwrap().0);
    assert_eq!(losses.len() as i64, losses.last().unwrap().0, "a step without a loss");
}

#[test]
fn resuming_a_finished_run_prints_its_result_and_changes_nothing() {
    let terminal = Terminal::open().unwrap();
    let answer = train(&terminal, &["--epochs", "4"]);
    let weights = terminal.weights(id(&answer)).unwrap();
    assert_eq!(terminal.answer(&["resume", id(&answer)]).unwrap(), answer);
    assert!(terminal.weights(id(&answer)).unwrap() == weights);
    assert_eq!(terminal.answer(&["jobs"]).unwrap()["jobs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_path_in_a_recipe_counts_from_the_recipes_own_folder() {
    let terminal = Terminal::open().unwrap();
    std::fs::create_dir(terminal.folder().join("deep")).unwrap();
    std::fs::copy(sample("digits.csv"), terminal.folder().join("deep/mine.csv")).unwrap();
    let recipe = digits_recipe(1).unwrap();
    let line = recipe.lines().find(|line| line.starts_with("path = ")).unwrap();
    terminal
        .file("deep/recipe.toml", recipe.replace(line, "path = \"mine.csv\""))
        .unwrap();
    let answer = terminal.answer(&["run", "deep/recipe.toml"]).unwrap();
    assert_eq!(answer["state"], "done");
    assert!(
        terminal.newest_run().unwrap()["dataset"]
            .as_str()
            .unwrap()
            .ends_with("deep/mine.csv")
    );
}

#[test]
fn predictions_stand_beside_their_rows() {
    let terminal = Terminal::open().unwrap();
    let answer = train(&terminal, &["--seed", "2"]);
    let run = id(&answer);
    let rows = terminal.answer(&["predict", run, &penguins()]).unwrap();
    let predictions = rows["predictions"].as_array().unwrap();
    assert_eq!(
        (predictions.len(), &rows["rows"], &rows["target"]),
        (344, &json!(344), &json!("species"))
    );
    let probabilities = ["probability_Adelie", "probability_Chinstrap", "probability_Gentoo"];
    for row in predictions {
        let each: Vec<f64> = probabilities.iter().map(|name| row[name].as_f64().unwrap()).collect();
        assert!((each.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{row}");
        let largest = (0..3).max_by(|a, b| each[*a].total_cmp(&each[*b])).unwrap();
        assert_eq!(
            format!("probability_{}", row["prediction"].as_str().unwrap()),
            probabilities[largest]
        );
    }

    let out = terminal.folder().join("out.csv").to_string_lossy().into_owned();
    let told = terminal.answer(&["predict", run, &penguins(), "--out", &out]).unwrap();
    assert_eq!(told["out"], json!(out));
    let written = std::fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 345);
    assert!(
        lines[0].starts_with("species,island,") && lines[0].contains(",prediction,"),
        "{}",
        lines[0]
    );
    // The rows are in their order, and the predictions are the very same.
    let right = lines[1..].iter().zip(predictions).filter(|(line, row)| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[8], row["prediction"].as_str().unwrap(), "{line}");
        cells[0] == cells[8]
    });
    assert!(right.count() > 330);
    // Without --out and --json the table itself is the result.
    assert_eq!(terminal.run(&["predict", run, &penguins()]).unwrap().stdout, written);
}

#[test]
fn predicting_needs_a_model_and_its_columns() {
    let terminal = Terminal::open().unwrap();
    let answer = train(&terminal, &["--epochs", "2"]);
    let other = terminal.file("other.csv", "a,b\n1,2\n").unwrap();
    let error = terminal
        .refused(&["predict", id(&answer), &other], 2, "invalid")
        .unwrap();
    assert_eq!(error["message"], "There is no column 'bill_depth_mm'");
    let own = terminal.file("own.csv", "a,b\n1,2\n").unwrap();
    terminal.refused(&["predict", "r0", &own], 2, "not_found").unwrap();
    let recipe = terminal.file("recipe.toml", digits_recipe(4000).unwrap()).unwrap();
    let running = terminal.start(&["run", &recipe]).unwrap();
    wait_until("it runs", || Ok(terminal.newest_run()?["state"] == "running")).unwrap();
    let unfinished = terminal.newest_run().unwrap();
    running.kill().unwrap();
    terminal
        .refused(&["predict", id(&unfinished), &own], 2, "not_found")
        .unwrap();
    // The output must not be the input.
    let file = terminal
        .file("copy.csv", std::fs::read(sample("penguins.csv")).unwrap())
        .unwrap();
    terminal
        .refused(&["predict", id(&answer), &file, "--out", &file], 2, "invalid")
        .unwrap();
    assert_eq!(
        std::fs::read(&file).unwrap(),
        std::fs::read(sample("penguins.csv")).unwrap()
    );
}

#[test]
fn a_workspace_is_named_by_option_and_by_environment() {
    let terminal = Terminal::open().unwrap();
    train(&terminal, &["--epochs", "1"]);
    let elsewhere = terminal.folder().join("elsewhere").to_string_lossy().into_owned();
    let none = terminal.answer(&["runs", "list", "--workspace", &elsewhere]).unwrap();
    assert_eq!(none, json!({ "runs": [] }));
    assert_eq!(
        terminal.answer(&["runs", "list"]).unwrap()["runs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let first = terminal.answer(&["--workspace", &elsewhere, "runs", "list"]).unwrap();
    assert_eq!(first, json!({ "runs": [] }), "the option may stand anywhere");
}
