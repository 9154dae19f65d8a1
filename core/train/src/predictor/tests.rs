//! Models on the sample data, asked in every way.

use std::path::{Path, PathBuf};

use aloft_data::{
    FeatureKind, FittedSteps, PrepareSpec, RowValue, Source, SplitMethod, SplitSpec, Table, TargetEncoder, detect,
};
use candle_core::{Device, Tensor};
use serde_json::{Map, Value, json};

use super::*;
use crate::loss::{Loss, TargetScale};
use crate::model::Network;
use crate::recipe::{
    Activation, DataSection, FeaturesSection, ModelSpec, RunSection, TargetSection, TrainingSpec, VERSION,
};

/// A model with random weights on a table.
pub(crate) struct Rig {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) source: Source,
    pub(crate) table: Table,
    network: Network,
}

impl Rig {
    pub(crate) fn new(data: &Path, target: &str, task: Task, spec: &ModelSpec) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = detect(data).unwrap().source;
        let table = Table::load(&source, &folder.path().join("cache"), None).unwrap();
        let names = table.schema().iter().map(|column| column.name.clone());
        let features: Vec<String> = names.filter(|name| name != target).collect();
        let learned: Vec<u32> = (0..table.rows() as u32 * 2 / 3).collect();
        let preparation = Preparation::fit(&table, &learned, &features, &PrepareSpec::default()).unwrap();
        let column = aloft_data::TargetColumn::fit(&table, target, task).unwrap();
        let encoder: &TargetEncoder = column.encoder();
        let recipe = Recipe {
            version: VERSION,
            data: DataSection::from(source.clone()),
            target: TargetSection {
                column: target.to_owned(),
                task,
            },
            features: FeaturesSection {
                include: features,
                left_out: vec![],
            },
            split: SplitSpec {
                method: SplitMethod::Random,
                valid: 0.2,
                test: 0.3,
                seed: 1,
                ..SplitSpec::default()
            },
            prepare: PrepareSpec::default(),
            model: spec.clone(),
            training: TrainingSpec::default(),
            run: RunSection::default(),
        };
        let outputs = Loss::of(task, encoder.classes.len()).outputs();
        let network = Network::new(spec, preparation.width(), outputs, 3, &Device::Cpu).unwrap();
        let noise: Vec<f32> = (0..network.len())
            .map(|index| (index as f32 * 0.7).sin() * 0.3)
            .collect();
        network
            .set(&Tensor::from_vec(noise, network.len(), &Device::Cpu).unwrap())
            .unwrap();
        let scale = TargetScale { mean: 5.0, std: 2.0 };
        crate::folder::save(
            &folder.path().join("model"),
            &recipe,
            &network,
            &preparation,
            encoder,
            scale,
            &FittedSteps::default(),
        )
        .unwrap();
        Self {
            folder,
            source,
            table,
            network,
        }
    }

    /// The same model with all weights 0, saved again: it says the mean of every row.
    pub(crate) fn silenced(self) -> Self {
        let saved = Saved::read(&self.model()).unwrap();
        let zeros = Tensor::zeros(self.network.len(), candle_core::DType::F32, &Device::Cpu).unwrap();
        self.network.set(&zeros).unwrap();
        let Saved {
            recipe,
            preparation,
            signature,
            steps,
            ..
        } = saved;
        let (target, scale) = (&signature.target, signature.scale);
        crate::folder::save(
            &self.model(),
            &recipe,
            &self.network,
            &preparation,
            target,
            scale,
            &steps,
        )
        .unwrap();
        self
    }

    pub(crate) fn model(&self) -> PathBuf {
        self.folder.path().join("model")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    pub(crate) fn predictor(&self) -> Predictor {
        Predictor::load(&self.model()).unwrap()
    }
}

pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/data")
        .join(name)
}

pub(crate) fn penguins(spec: &ModelSpec) -> Rig {
    Rig::new(&sample("penguins.csv"), "species", Task::MultiClass, spec)
}

pub(crate) fn mlp(activation: Activation) -> ModelSpec {
    ModelSpec::Mlp {
        hidden: vec![20, 7],
        dropout: 0.1,
        activation,
    }
}

/// The rows of a table through [`RowBatch::set`], from their texts.
fn one_by_one(predictor: &Predictor, table: &Table) -> RowBatch {
    let mut rows = predictor.rows();
    for row in 0..table.rows() {
        rows.begin_row();
        for (name, text) in table.row_text(row, usize::MAX) {
            let Some(feature) = predictor.feature(&name) else {
                continue;
            };
            let value = match (text.as_str(), predictor.signature().features[feature].kind) {
                ("", _) => RowValue::Missing,
                (text, FeatureKind::Number) => RowValue::Number(text.parse().unwrap()),
                (text, FeatureKind::Boolean) => RowValue::Boolean(text == "true"),
                (text, _) => RowValue::Text(text),
            };
            rows.set(feature, value).unwrap();
        }
        rows.end_row();
    }
    rows
}

#[test]
fn rows_one_by_one_are_those_of_the_table_path() {
    let mixed = "n,f,b,s,k,d,a,t,y\n\
        1,0.5,true,red,3,2024-02-29,2024-05-06T07:08:09.25,08:30:15,0\n\
        2,,false,blue,,2023-01-01,1969-12-31 23:59:59,,1\n\
        3,2.5,,red,4,,,23:00:00,0\n\
        6,-7e30,true,,3,2024-12-31,2024-01-01,00:00:00,1\n\
        7,9,true,green,5,2025-01-01,2024-05-06T07:08:09+02:00,01:00:00.5,0\n\
        8,inf,true,black,6,2025-01-01,2020-02-02T02:02,01:00:00,1\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.csv");
    std::fs::write(&path, mixed).unwrap();
    let spec = mlp(Activation::Relu);
    let rigs = [
        penguins(&spec),
        Rig::new(&sample("wine_quality.csv"), "quality", Task::Regression, &spec),
        Rig::new(&sample("digits.csv"), "digit", Task::MultiClass, &spec),
        Rig::new(&path, "y", Task::Binary, &spec),
    ];
    for rig in &rigs {
        let predictor = rig.predictor();
        let all: Vec<u32> = (0..rig.table.rows() as u32).collect();
        let matrix = predictor.preparation().transform(&rig.table, &all).unwrap();
        let rows = one_by_one(&predictor, &rig.table);
        assert_eq!(rows.values(), matrix.values, "{}", rig.source.path.display());
        let oddities = rows.oddities();
        assert_eq!(
            (oddities.missing, oddities.unknown, oddities.infinite),
            (matrix.missing, matrix.unknown, matrix.infinite)
        );
        let together = predictor.predict(&rows);
        assert_eq!(predict_table(&predictor, &rig.table, &all).unwrap(), together);
        for row in [0, rig.table.rows() / 2, rig.table.rows() - 1] {
            let alone = predict_table(&predictor, &rig.table, &[row as u32]).unwrap();
            assert_eq!(alone, together.slice(row..row + 1));
        }
    }
    let oddities = one_by_one(&rigs[3].predictor(), &rigs[3].table).oddities();
    assert_eq!((oddities.unknown, oddities.infinite), (2, 1), "green, black and inf");
    assert!(oddities.missing > 5);
}

#[test]
fn it_says_what_the_network_of_training_says() {
    let specs = [
        mlp(Activation::Relu),
        mlp(Activation::Gelu),
        mlp(Activation::Tanh),
        ModelSpec::Linear { l2: 0.0 },
    ];
    for spec in &specs {
        for rig in [
            penguins(spec),
            Rig::new(&sample("penguins.csv"), "sex", Task::Binary, spec),
            Rig::new(&sample("wine_quality.csv"), "quality", Task::Regression, spec),
        ] {
            let predictor = rig.predictor();
            let all: Vec<u32> = (0..rig.table.rows() as u32).collect();
            let matrix = predictor.preparation().transform(&rig.table, &all).unwrap();
            let input = Tensor::from_vec(matrix.values, (matrix.rows, matrix.width), &Device::Cpu).unwrap();
            let outputs = crate::folder::outputs(&rig.network, &input).unwrap();
            let answers = predict_table(&predictor, &rig.table, &all).unwrap();
            let close = |ours: &[f32], theirs: Vec<f64>| {
                assert_eq!(ours.len(), theirs.len());
                for (ours, theirs) in ours.iter().zip(theirs) {
                    assert!(
                        (f64::from(*ours) - theirs).abs() < 1e-5 * theirs.abs().max(1.0),
                        "{ours} {theirs}"
                    );
                }
            };
            if predictor.signature().task == Task::Regression {
                close(
                    &answers.numbers,
                    outputs.iter().map(|output| 5.0 + 2.0 * f64::from(*output)).collect(),
                );
            } else {
                let said = Probabilities::of_outputs(&outputs, predictor.saved.outputs);
                close(&answers.probabilities, said.rows().flatten().copied().collect());
                assert_eq!(answers.predicted.len(), all.len());
            }
            assert_eq!(predictor.parameters(), rig.network.len());
        }
    }
}

#[test]
fn types_are_strict_and_what_is_odd_is_counted() {
    let predictor = penguins(&mlp(Activation::Relu)).predictor();
    let mut rows = predictor.rows();
    let object = |value: Value| -> Map<String, Value> { value.as_object().unwrap().clone() };
    let mut refused = |value: Value| {
        let error = row_from_json(&predictor, &object(value), &mut rows)
            .unwrap_err()
            .to_string();
        assert_eq!(rows.rows(), 0);
        error
    };
    assert_eq!(
        refused(json!({"bill_length_mm": "x"})),
        "'bill_length_mm' must be a number or null, not the text 'x'"
    );
    assert!(refused(json!({"bill_length_mm": "3.5"})).contains("the text '3.5'"));
    assert!(refused(json!({"bill_length_mm": true})).contains("not true"));
    assert!(refused(json!({"bill_length_mm": [1]})).contains("one value, not a list"));
    assert!(refused(json!({"bill_lenght_mm": 1})).contains("did you mean 'bill_length_mm'?"));
    assert!(refused(json!({"species": "Adelie"})).contains("the column it predicts"));
    row_from_json(
        &predictor,
        &object(json!({"island": "Atlantis", "year": null})),
        &mut rows,
    )
    .unwrap();
    row_from_json(&predictor, &object(json!({"island": 3.0, "sex": true})), &mut rows).unwrap();
    assert_eq!(rows.rows(), 2);
    let features = predictor.signature().features.len() as u64;
    let oddities = rows.oddities();
    assert_eq!((oddities.missing, oddities.unknown), (features - 1 + features - 2, 3));
    let year = predictor.feature("year").unwrap();
    rows.begin_row();
    rows.set(year, RowValue::Number(f64::INFINITY)).unwrap();
    rows.end_row();
    assert_eq!(rows.oddities().infinite, 1);
    // Not ended, so not there.
    rows.begin_row();
    rows.set(year, RowValue::Number(2008.0)).unwrap();
    assert_eq!((rows.rows(), predictor.predict(&rows).rows), (3, 3));
    let mut both = predictor.rows();
    both.append(&rows);
    both.append(&rows);
    let (once, twice) = (predictor.predict(&rows), predictor.predict(&both));
    assert_eq!((twice.slice(0..3), twice.slice(3..6)), (once.clone(), once));
    assert_eq!(both.oddities().infinite, 2);
    both.clear();
    assert_eq!((both.rows(), both.oddities()), (0, aloft_data::Oddities::default()));
}

#[test]
fn whole_numbers_as_categories_keep_every_digit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("codes.csv");
    let line = |row: u64| {
        format!(
            "code-{row},{}\n{},{}\n",
            row % 2,
            9_007_199_254_740_992 + row % 2,
            row % 2
        )
    };
    let text: String = (0..20).map(line).collect();
    std::fs::write(&path, format!("code,y\n{text}")).unwrap();
    let predictor = Rig::new(&path, "y", Task::Binary, &ModelSpec::Linear { l2: 0.0 }).predictor();
    let mut rows = predictor.rows();
    for code in [9_007_199_254_740_992_u64, 9_007_199_254_740_993] {
        row_from_json(&predictor, json!({ "code": code }).as_object().unwrap(), &mut rows).unwrap();
    }
    assert_eq!(rows.oddities(), aloft_data::Oddities::default());
    let answers = predictor.predict(&rows);
    assert_ne!(answers.probabilities_of(0), answers.probabilities_of(1));
}

#[test]
fn an_answer_that_is_no_number_is_found() {
    let numbers = Answers {
        rows: 3,
        numbers: vec![1.0, -2.0, f32::INFINITY],
        ..Answers::default()
    };
    assert_eq!(numbers.first_without_a_number(), Some(2));
    assert_eq!(numbers.slice(0..2).first_without_a_number(), None);
    let said = Answers {
        rows: 2,
        predicted: vec![0, 0],
        probabilities: vec![0.5, 0.5, f32::NAN, f32::NAN],
        numbers: vec![],
    };
    assert_eq!(said.first_without_a_number(), Some(1));
}

#[test]
fn answers_are_told_by_class_name() {
    let predictor = penguins(&mlp(Activation::Relu)).predictor();
    let mut rows = predictor.rows();
    row_from_json(&predictor, &Map::new(), &mut rows).unwrap();
    let answers = predictor.predict(&rows);
    let told = answers_to_json(predictor.signature(), &answers);
    let probabilities = told[0]["probabilities"].as_object().unwrap();
    let names: Vec<&String> = probabilities.keys().collect();
    assert_eq!(names, ["Adelie", "Chinstrap", "Gentoo"]);
    let best = told[0]["prediction"].as_str().unwrap();
    let most = probabilities.values().map(|p| p.as_f64().unwrap()).fold(0.0, f64::max);
    assert_eq!(probabilities[best].as_f64().unwrap(), most);
    let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-6);
}

/// Threads share one.
#[test]
fn a_predictor_goes_to_other_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Predictor>();
    shared::<RowBatch>();
}

/// Not a bar, but a row of thirty numbers that takes ten times as long as it should shows here.
#[test]
fn a_single_row_takes_about_a_microsecond() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thirty.csv");
    let names: Vec<String> = (0..30).map(|column| format!("column_{column}")).collect();
    let mut text = format!("{},y\n", names.join(","));
    for row in 0..90 {
        let cells: Vec<String> = (0..30)
            .map(|column| format!("{}.5", (row * 7 + column * 13) % 29))
            .collect();
        text.extend([cells.join(","), format!(",{}\n", row % 2)]);
    }
    std::fs::write(&path, text).unwrap();
    let rig = Rig::new(&path, "y", Task::Binary, &ModelSpec::Linear { l2: 0.0 });
    let predictor = rig.predictor();
    let mut rows = predictor.rows();
    let started = std::time::Instant::now();
    let count = 20_000;
    for round in 0..count {
        rows.clear();
        rows.begin_row();
        for (column, name) in names.iter().enumerate() {
            let feature = predictor.feature(name).unwrap();
            rows.set(feature, RowValue::Number(f64::from(round % 17) + column as f64))
                .unwrap();
        }
        rows.end_row();
        assert_eq!(predictor.predict(&rows).rows, 1);
    }
    let each = started.elapsed().as_nanos() / u128::from(count as u32);
    let most = if cfg!(debug_assertions) { 200_000 } else { 10_000 };
    assert!(each < most, "{each} ns a row");
}
