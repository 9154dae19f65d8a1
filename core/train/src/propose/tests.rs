//! Proposals for the samples and for tables with one peculiarity each.

use std::path::Path;

use aloft_base::Explain;
use aloft_data::{ColumnProfile, ColumnType, Flow, Scalar, TopValue};

use super::*;

/// The source and profile of one of the samples that come with Aloft.
fn sample(name: &str) -> (Source, Profile) {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/data")
        .join(name);
    let source = aloft_data::detect(&path).unwrap().source;
    let profile = aloft_data::profile(&source, folder.path(), &mut |_| Flow::Continue).unwrap();
    (source, profile)
}

fn column(name: &str, kind: ColumnType, distinct: u64) -> ColumnProfile {
    ColumnProfile {
        distinct,
        ..ColumnProfile::new(name, kind)
    }
}

/// A table of 1,000 rows.
fn table(columns: Vec<ColumnProfile>) -> (Source, Profile) {
    let source = Source {
        path: "table.csv".into(),
        format: aloft_data::Format::Csv,
        csv: None,
        remote: None,
    };
    let profile = Profile {
        rows: 1000,
        columns,
        ..Profile::default()
    };
    (source, profile)
}

#[test]
fn the_samples_get_recipes_that_hold() {
    for (file, target, left_out) in [
        ("penguins.csv", "species", 0),
        ("wine_quality.csv", "quality", 0),
        ("digits.csv", "digit", 3),
    ] {
        let (source, profile) = sample(file);
        let proposal = propose(&source, &profile, target).unwrap();
        let recipe = &proposal.recipe;
        recipe.validate().unwrap();
        assert_eq!(recipe.target.task, Task::MultiClass, "{file}");
        assert_eq!(recipe.split.method, SplitMethod::Stratified, "{file}");
        assert_eq!(proposal.left_out.len(), left_out, "{:?}", proposal.left_out);
        assert_eq!(recipe.features.include.len() + left_out + 1, profile.columns.len());
        assert_eq!(Recipe::parse(&recipe.to_toml()).unwrap(), *recipe);
        assert_eq!(candidates(&profile)[0], target, "{file}");
        let mut mlp = recipe.clone();
        mlp.set_seed(9);
        mlp.choose_model(ModelKind::Mlp, profile.rows);
        mlp.validate().unwrap();
        assert_eq!((mlp.model.kind(), mlp.training.seed), (ModelKind::Mlp, 9));
    }
}

#[test]
fn the_task_follows_from_the_values() {
    use ColumnType::{Boolean, Float, Integer, String};
    for (kind, distinct, task) in [
        (Boolean, 2, Task::Binary),
        (String, 2, Task::Binary),
        (String, 7, Task::MultiClass),
        (Integer, 2, Task::Binary),
        (Integer, 20, Task::MultiClass),
        (Integer, 21, Task::Regression),
        (Float, 900, Task::Regression),
    ] {
        let (source, profile) = table(vec![column("x", Float, 1000), column("y", kind, distinct)]);
        let recipe = propose(&source, &profile, "y").unwrap().recipe;
        assert_eq!(recipe.target.task, task, "{kind} with {distinct} values");
        recipe.validate().unwrap();
    }
}

#[test]
fn targets_that_cannot_be_learned_say_why() {
    use ColumnType::{Date, Float, String};
    for (kind, distinct, words) in [
        (String, 900, "too many to be classes"),
        (String, 1, "one value only"),
        (Float, 0, "no values"),
        (Date, 50, "cannot be predicted"),
    ] {
        let (source, profile) = table(vec![column("x", Float, 1000), column("y", kind, distinct)]);
        let error = propose(&source, &profile, "y").unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.kind().is_bad_input() && error.hint().is_some());
    }
    let (source, profile) = table(vec![column("x", ColumnType::Float, 1000)]);
    assert!(propose(&source, &profile, "z").unwrap_err().to_string().contains("'z'"));
    assert!(
        propose(&source, &profile, "x")
            .unwrap_err()
            .to_string()
            .contains("no column to predict")
    );
}

#[test]
fn columns_without_use_are_left_out_with_a_word() {
    use ColumnType::{Float, Integer, List, String};
    let mut counter = column("row", Integer, 1000);
    (counter.min, counter.max) = (Some(Scalar::Integer(5)), Some(Scalar::Integer(1004)));
    let mut empty = column("empty", Float, 0);
    empty.nulls = 1000;
    let (source, profile) = table(vec![
        counter,
        empty,
        column("customer_id", Integer, 1000),
        column("note", String, 800),
        column("fixed", Float, 1),
        column("tags", List, 30),
        column("price", Float, 1000),
        column("count", Integer, 1000),
        column("city", String, 90),
        column("y", Float, 990),
    ]);
    let proposal = propose(&source, &profile, "y").unwrap();
    assert_eq!(proposal.recipe.features.include, ["price", "count", "city"]);
    let why: Vec<&str> = proposal.left_out.iter().map(|left| left.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "it numbers the rows",
            "every value is missing",
            "it numbers the rows",
            "most values are different, as in an id or free text",
            "it has the same value in every row",
            "list values cannot be features",
        ]
    );
    assert_eq!(proposal.recipe.features.left_out, proposal.left_out);
}

#[test]
fn a_column_that_names_the_parts_splits_the_rows() {
    let mut part = column("fold", ColumnType::String, 3);
    let value = |value: &str| TopValue {
        value: value.into(),
        count: 300,
    };
    part.top = vec![value("train"), value("test"), value("valid")];
    let (source, profile) = table(vec![
        column("x", ColumnType::Float, 1000),
        part,
        column("y", ColumnType::Boolean, 2),
    ]);
    let proposal = propose(&source, &profile, "y").unwrap();
    assert_eq!(proposal.recipe.split.method, SplitMethod::Column);
    assert_eq!(proposal.recipe.split.column.as_deref(), Some("fold"));
    assert_eq!(proposal.recipe.features.include, ["x"]);
    proposal.recipe.validate().unwrap();
}

#[test]
fn a_class_too_rare_for_every_part_is_split_by_chance() {
    let mut target = column("y", ColumnType::String, 2);
    target.top = vec![
        TopValue {
            value: "a".into(),
            count: 998,
        },
        TopValue {
            value: "b".into(),
            count: 2,
        },
    ];
    let (source, profile) = table(vec![column("x", ColumnType::Float, 1000), target]);
    let proposal = propose(&source, &profile, "y").unwrap();
    assert_eq!(proposal.recipe.split.method, SplitMethod::Random);
    let why = &proposal
        .reasons
        .iter()
        .find(|reason| reason.key == "split.method")
        .unwrap()
        .text;
    assert!(why.contains("2 rows"), "{why}");
}
