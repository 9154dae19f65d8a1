//! Recipes go to TOML and back, and a wrong one says what is wrong where.

use aloft_base::Explain;
use aloft_data::{SplitMethod, Task};

use super::*;

const TEXT: &str = r#"version = 1

[data]
path = "penguins.csv"

[target]
column = "species"
task = "multi_class"

[features]
include = ["island", "bill_length_mm"]

[split]
method = "stratified"
valid = 0.2
test = 0.2
seed = 3

[model]
kind = "mlp"
hidden = [32, 16]
dropout = 0.1
activation = "gelu"

[training]
epochs = 20
learning_rate = 0.01

[training.optimizer]
kind = "sgd"
momentum = 0.8
"#;

fn wrong(from: &str, to: &str) -> RecipeError {
    assert!(TEXT.contains(from), "the text has no {from}");
    Recipe::parse(&TEXT.replacen(from, to, 1)).unwrap_err()
}

fn value(from: &str, to: &str) -> (String, String, String, Option<usize>) {
    match wrong(from, to) {
        RecipeError::Value {
            key,
            value,
            allowed,
            line,
        } => (key, value, allowed, line),
        other => panic!("{other:?}"),
    }
}

#[test]
fn goes_to_toml_and_back() {
    let mut recipe = Recipe::parse(TEXT).unwrap();
    assert_eq!(recipe.training.optimizer, Optimizer::Sgd { momentum: 0.8 });
    assert_eq!(recipe.training.batch_size, 64);
    assert_eq!(Recipe::parse(&recipe.to_toml()).unwrap(), recipe);
    recipe.model = ModelSpec::Linear { l2: 0.5 };
    recipe.training.early_stopping = Some(5);
    recipe.training.clip_norm = Some(1.0);
    recipe.run.threads = Some(2);
    recipe.features.left_out.push(LeftOut {
        column: "a \"quoted\" name".into(),
        why: "it numbers the rows".into(),
    });
    assert_eq!(Recipe::parse(&recipe.to_toml()).unwrap(), recipe);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_is_allowed() {
    let error = wrong("epochs = 20", "epoch = 20");
    assert_eq!((error.key(), error.line()), (Some("training.epoch"), Some(26)));
    assert!(error.hint().unwrap().contains("epochs"), "{:?}", error.hint());
    let error = wrong("dropout = 0.1", "drop_out = 0.1");
    assert_eq!((error.key(), error.line()), (Some("model.drop_out"), Some(22)));
    let error = wrong("version = 1\n", "version = 1\nextra = true\n");
    assert_eq!((error.key(), error.line()), (Some("extra"), Some(2)));
    assert!(matches!(error, RecipeError::UnknownKey { .. }));
    let error = wrong("momentum = 0.8", "nesterov = true");
    assert_eq!(error.key(), Some("training.optimizer.nesterov"));
}

#[test]
fn a_missing_key_is_named_with_its_section() {
    let error = wrong("task = \"multi_class\"\n", "");
    assert_eq!(
        error,
        RecipeError::MissingKey {
            key: "target.task".into(),
            line: Some(6)
        }
    );
    let error = wrong("[features]\ninclude = [\"island\", \"bill_length_mm\"]\n", "");
    assert_eq!(error.key(), Some("features"));
    let error = wrong("method = \"stratified\"", "method = \"column\"");
    assert_eq!((error.key(), error.line()), (Some("split.column"), Some(13)));
}

#[test]
fn a_value_of_the_wrong_kind_says_what_is_allowed() {
    let (key, found, allowed, line) = value("epochs = 20", "epochs = \"many\"");
    assert_eq!(
        (key.as_str(), found.as_str(), line),
        ("training.epochs", "\"many\"", Some(26))
    );
    assert!(allowed.starts_with("a whole number"), "{allowed}");
    let (key, found, allowed, line) = value("\"multi_class\"", "\"classify\"");
    assert_eq!(
        (key.as_str(), found.as_str(), line),
        ("target.task", "\"classify\"", Some(8))
    );
    assert_eq!(allowed, "\"regression\", \"binary\", \"multi_class\"");
    let (key, found, allowed, line) = value("kind = \"mlp\"", "kind = \"forest\"");
    assert_eq!(
        (key.as_str(), found.as_str(), line),
        ("model.kind", "\"forest\"", Some(20))
    );
    assert_eq!(allowed, "\"linear\", \"mlp\"");
    let (key, ..) = value("epochs = 20", "epochs = -1");
    assert_eq!(key, "training.epochs");
}

#[test]
fn values_out_of_range_are_refused() {
    for (from, to, key, line) in [
        (
            "learning_rate = 0.01",
            "learning_rate = 0",
            "training.learning_rate",
            27,
        ),
        (
            "learning_rate = 0.01",
            "learning_rate = nan",
            "training.learning_rate",
            27,
        ),
        ("epochs = 20", "epochs = 0", "training.epochs", 26),
        ("epochs = 20", "early_stopping = 0", "training.early_stopping", 26),
        ("epochs = 20", "clip_norm = -1.0", "training.clip_norm", 26),
        ("dropout = 0.1", "dropout = 1.0", "model.dropout", 22),
        ("[32, 16]", "[32, 0]", "model.hidden", 21),
        ("[32, 16]", "[]", "model.hidden", 21),
        ("valid = 0.2", "valid = 0.9", "split.test", 16),
        ("valid = 0.2", "valid = -0.1", "split.valid", 15),
        ("\"island\", ", "\"species\", ", "features.include", 11),
        ("\"island\", ", "\"bill_length_mm\", ", "features.include", 11),
        ("\"multi_class\"", "\"regression\"", "split.method", 14),
        ("momentum = 0.8", "momentum = 1.0", "training.optimizer.momentum", 31),
        ("[training]", "[run]\ndevice = \"gpu\"\n[training]", "run.device", 26),
        ("[training]", "[run]\nthreads = 0\n[training]", "run.threads", 26),
        (
            "[training]",
            "[prepare]\nmax_categories = 0\n[training]",
            "prepare.max_categories",
            26,
        ),
        ("version = 1", "version = 0", "version", 1),
    ] {
        let (found, _, allowed, at) = value(from, to);
        assert_eq!((found.as_str(), at), (key, Some(line)), "for {to}");
        assert!(!allowed.is_empty());
    }
}

#[test]
fn early_stopping_needs_a_validation_part() {
    let text = TEXT.replace("valid = 0.2", "valid = 0.0");
    assert!(Recipe::parse(&text).is_ok());
    let error = Recipe::parse(&text.replace("epochs = 20", "early_stopping = 3")).unwrap_err();
    assert_eq!(error.key(), Some("training.early_stopping"));
}

#[test]
fn broken_toml_and_newer_recipes_are_told_apart() {
    let error = wrong("[target]", "[target");
    assert!(matches!(error, RecipeError::Syntax { line: Some(6), .. }), "{error:?}");
    let error = wrong("version = 1", "version = 2\nfuture = true");
    assert_eq!(error, RecipeError::Newer { found: 2, known: 1 });
    assert!(Recipe::parse("").unwrap_err().key().is_some());
}

#[test]
fn a_task_takes_its_split_along_and_paths_are_resolved() {
    let mut recipe = Recipe::parse(TEXT).unwrap();
    recipe.set_task(Task::Regression);
    assert_eq!(recipe.split.method, SplitMethod::Random);
    recipe.validate().unwrap();
    recipe.resolve(Path::new("/data"));
    assert_eq!(recipe.data.path, Path::new("/data/penguins.csv"));
    recipe.resolve(Path::new("/other"));
    assert_eq!(recipe.data.path, Path::new("/data/penguins.csv"));
}

const STEPS: &str = r#"
[[data.steps]]
step = "filter"
condition = "between"
column = "year"
low = { value = 2007, inclusive = true }

[[data.steps]]
step = "fill"
column = "bill_length_mm"
with = "mean"

[[data.steps]]
step = "bin"
column = "bill_length_mm"
into = "bin"
by = { quantiles = 4 }
enabled = false

[[data.steps]]
step = "derive"
name = "ratio"
expression = "bill_length_mm / bill_depth_mm"

"#;

fn with_steps(steps: &str) -> Result<Recipe, RecipeError> {
    Recipe::parse(&TEXT.replacen("[target]", &format!("{}[target]", steps.trim_start()), 1))
}

#[test]
fn steps_go_to_toml_and_back() {
    let recipe = with_steps(STEPS).unwrap();
    assert_eq!(recipe.data.steps.len(), 4);
    assert!(recipe.data.steps[1].step.learns() && !recipe.data.steps[2].enabled);
    let text = recipe.to_toml();
    assert_eq!(Recipe::parse(&text).unwrap(), recipe, "{text}");
    // Every kind of step, as the window keeps them.
    let all = serde_json::json!([
        {"step": "filter", "condition": "is", "column": "a", "values": ["x", 1, 2.5, true]},
        {"step": "filter", "condition": "not_missing", "column": "a"},
        {"step": "select", "columns": ["a", "b"]},
        {"step": "cast", "column": "a", "to": "float"},
        {"step": "drop_missing"},
        {"step": "deduplicate"},
        {"step": "parse_dates", "column": "a"},
        {"step": "split_text", "column": "a", "separator": ",", "into": ["b", "c"]},
        {"step": "join", "table": "other.csv", "on": [{"left": "a", "right": "b"}], "how": "inner"},
        {"step": "group", "by": ["a"], "aggregates": [{"column": "b", "function": "mean", "name": "m"}]},
        {"step": "pivot", "on": "a", "columns": ["x"], "index": ["b"], "values": "c", "function": "max"},
        {"step": "unpivot", "columns": ["a"], "index": ["b"], "names": "n", "values": "v"},
        {"step": "sort", "by": [{"column": "a", "descending": true}]},
        {"step": "sample", "rows": {"share": 0.5}, "seed": 3},
        {"step": "balance", "column": "a"},
        {"step": "bin", "column": "a", "into": "b", "by": {"edges": [1.0, 2.0]}},
        {"step": "clip", "column": "a", "to": {"quantiles": {"low": 0.01, "high": 0.99}}},
        {"step": "fill", "column": "a", "with": {"value": "x"}},
    ]);
    let mut recipe = recipe;
    recipe.data.steps = serde_json::from_value(all).unwrap();
    let text = recipe.to_toml();
    assert_eq!(Recipe::parse(&text).unwrap(), recipe, "{text}");
    recipe.resolve(Path::new("/data"));
    let Step::Join { table, .. } = &recipe.data.steps[8].step else {
        panic!("another step")
    };
    assert_eq!(table, Path::new("/data/other.csv"));
}

#[test]
fn a_wrong_step_is_named_with_its_line() {
    let line_of = |text: &str, wanted: &str| {
        let full = TEXT.replacen("[target]", &format!("{}[target]", text.trim_start()), 1);
        let at = full.find(wanted).unwrap();
        full[..at].lines().count() + 1
    };
    let misspelt = STEPS.replace("into = \"bin\"", "into = \"bin\"\nseeed = 3");
    let error = with_steps(&misspelt).unwrap_err();
    assert_eq!(error.key(), Some("data.steps.seeed"), "{error}");
    assert_eq!(
        error.line(),
        Some(line_of(&misspelt, "[[data.steps]]\nstep = \"bin\"")),
        "{error}"
    );
    let late = format!("{STEPS}[[data.steps]]\nstep = \"deduplicate\"\n\n");
    let error = with_steps(&late).unwrap_err();
    assert!(error.to_string().contains("step 4 (Remove duplicates"), "{error}");
    assert_eq!(
        error.line(),
        Some(line_of(&late, "[[data.steps]]\nstep = \"dedup")),
        "{error}"
    );
    assert_eq!(error.hint().as_deref(), Some("Move it before step 2."));
    for (from, to) in [
        ("step = \"fill\"", "step = \"fil\""),
        ("with = \"mean\"", "with = \"meen\""),
        ("expression = \"bill_length_mm / bill_depth_mm\"\n", ""),
    ] {
        let error = with_steps(&STEPS.replacen(from, to, 1)).unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains("data.steps") && error.line().is_some(),
            "{words} {error:?}"
        );
    }
}

#[test]
fn the_keys_of_each_way_to_split_are_checked() {
    let split = |text: &str| {
        let old = "method = \"stratified\"\nvalid = 0.2\ntest = 0.2\nseed = 3\n";
        assert!(TEXT.contains(old));
        Recipe::parse(&TEXT.replace(old, text))
    };
    let fails = |text: &str, key: &str| {
        let error = split(text).unwrap_err();
        assert_eq!(error.key(), Some(key), "{error}");
    };
    for text in [
        "method = \"grouped\"\ncolumn = \"year\"\ntest = 0.2\n",
        "method = \"time_ordered\"\ncolumn = \"bill_length_mm\"\ntest = 0.2\n",
        "method = \"k_fold\"\nfolds = 5\nfold = 5\nvalid = 0.1\n",
    ] {
        let recipe = split(text).unwrap();
        assert_eq!(Recipe::parse(&recipe.to_toml()).unwrap(), recipe);
    }
    fails("method = \"grouped\"\ntest = 0.2\n", "split.column");
    fails(
        "method = \"grouped\"\ncolumn = \"species\"\ntest = 0.2\n",
        "split.column",
    );
    fails(
        "method = \"grouped\"\ncolumn = \"island\"\ntest = 0.2\n",
        "features.include",
    );
    fails("method = \"random\"\ncolumn = \"year\"\ntest = 0.2\n", "split.column");
    fails("method = \"random\"\nfolds = 3\ntest = 0.2\n", "split.folds");
    fails("method = \"k_fold\"\nfolds = 5\n", "split.fold");
    fails("method = \"k_fold\"\nfolds = 5\nfold = 6\n", "split.fold");
    fails("method = \"k_fold\"\nfolds = 1\nfold = 1\n", "split.folds");
    fails("method = \"k_fold\"\nfolds = 5\nfold = 1\ntest = 0.2\n", "split.test");
    fails("method = \"k_fold\"\nfolds = 2\nfold = 1\nvalid = 0.5\n", "split.valid");
}
