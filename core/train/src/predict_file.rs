//! Predictions beside the rows of a file, whatever its size.

use std::path::{Path, PathBuf};

use aloft_data::{Beside, BesideProgress, Cached, Flow, Oddities, RowBatch, Source, Task, answer_source, write_beside};

use crate::error::Result;
use crate::predict::{column_names, column_values, warnings};
use crate::predictor::Predictor;

/// How far the predicting of a file is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictProgress {
    /// Rows that are written.
    pub rows: u64,
    /// Share of all the work, from 0 to 1.
    pub fraction: f64,
}

/// What was predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictSummary {
    pub rows: u64,
    pub task: Task,
    pub target: String,
    /// The columns beside those of the input: `prediction`, and for classes one
    /// `probability_<class>` each. One whose name the input has too gets a number.
    pub columns: Vec<String>,
    pub oddities: Oddities,
    /// What a person should know, for example categories that training never saw.
    pub warnings: Vec<String>,
    /// What of the file was skipped, for example values beyond the last column.
    pub skipped: Vec<String>,
}

/// The share of the work that the steps of a recipe take.
const STEPS_SHARE: f64 = 0.3;

/// Predicts every row of a file and writes the rows with their predictions as CSV, in
/// their order, whole or not at all. Only some blocks of the file are in memory at a time.
/// The file is a raw one: the steps of the model's recipe are done to it first.
///
/// # Errors
/// When `out` is the file itself, the file does not have the columns the model reads or
/// has other types in them, `observer` stops it, or reading or writing fails.
pub fn predict_file(
    predictor: &Predictor,
    source: &Source,
    cache: &Path,
    out: &Path,
    observer: &mut dyn FnMut(PredictProgress) -> Flow,
) -> Result<PredictSummary> {
    let signature = predictor.signature();
    let columns = column_names(signature);
    let answer = |rows: &RowBatch| column_values(signature, predictor.predict(rows));
    let features = features_of(predictor, source, cache, observer)?;
    let start = if features.is_some() { STEPS_SHARE } else { 0.0 };
    let features_source = features.as_ref().map(|file| answer_source(&file.0));
    let beside = Beside {
        names: &columns,
        answer: &answer,
        features: features_source.as_ref(),
    };
    let written = write_beside(source, cache, predictor.encoder(), beside, out, &mut |progress| {
        let BesideProgress { rows, fraction } = progress;
        let fraction = start + (1.0 - start) * fraction;
        observer(PredictProgress { rows, fraction })
    })?;
    Ok(PredictSummary {
        rows: written.rows,
        task: signature.task,
        target: signature.target.clone(),
        columns,
        oddities: written.oddities,
        warnings: warnings(written.oddities),
        skipped: written.skipped,
    })
}

/// The features that steps make of a file, as a file in the cache; nothing when the file has
/// them itself.
fn features_of(
    predictor: &Predictor,
    source: &Source,
    cache: &Path,
    observer: &mut dyn FnMut(PredictProgress) -> Flow,
) -> Result<Option<Temporary>> {
    if predictor.steps().is_empty() {
        return Ok(None);
    }
    aloft_base::fs::create_folder(cache)?;
    let file = Temporary(cache.join(format!("features.{}.arrow", std::process::id())));
    let raw = Cached {
        source: source.clone(),
        cache: cache.to_owned(),
    };
    let columns = predictor.preparation().features();
    let mut fraction = 0.0_f64;
    predictor.steps().write(&raw, &columns, &file.0, &mut |progress| {
        fraction = fraction.max(STEPS_SHARE * progress.fraction.unwrap_or(0.0).min(1.0));
        observer(PredictProgress { rows: 0, fraction })
    })?;
    Ok(Some(file))
}

/// A file that is removed when it is no longer needed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It lies in the cache, where nothing is missed or in the way.
        drop(std::fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use aloft_data::{DataError, detect};

    use super::*;
    use crate::error::TrainError;
    use crate::predictor::predict_table;
    use crate::predictor::tests::{Rig, mlp, penguins, sample};
    use crate::recipe::{Activation, ModelSpec};

    fn go_on(_: PredictProgress) -> Flow {
        Flow::Continue
    }

    #[test]
    fn a_file_of_many_blocks_says_what_the_table_says() {
        let rig = Rig::new(&sample("digits.csv"), "digit", Task::Regression, &mlp(Activation::Gelu));
        let (predictor, text) = (rig.predictor(), std::fs::read_to_string(&rig.source.path).unwrap());
        let (header, rows) = text.split_once('\n').unwrap();
        let large = rig.folder.path().join("large.csv");
        let copies = 40;
        std::fs::write(&large, format!("{header}\n{}", rows.repeat(copies))).unwrap();
        let out = rig.folder.path().join("out.csv");
        let (mut seen, mut last) = (vec![], 0.0);
        let source = detect(&large).unwrap().source;
        let summary = predict_file(
            &predictor,
            &source,
            &rig.folder.path().join("other"),
            &out,
            &mut |progress| {
                assert!(progress.fraction >= last && progress.fraction <= 1.0);
                last = progress.fraction;
                seen.push(progress.rows);
                Flow::Continue
            },
        )
        .unwrap();
        let count = rig.table.rows();
        assert_eq!(summary.rows as usize, count * copies);
        assert!(seen.len() > 2 && seen.last() == Some(&summary.rows), "{seen:?}");
        let all: Vec<u32> = (0..count as u32).collect();
        let expected = predict_table(&predictor, &rig.table, &all).unwrap();
        let written = std::fs::read_to_string(&out).unwrap();
        let mut lines = written.lines();
        assert_eq!(lines.next().unwrap(), format!("{header},prediction"));
        let originals: Vec<&str> = rows.lines().collect();
        for (row, line) in lines.enumerate() {
            let (left, said) = line.rsplit_once(',').unwrap();
            assert_eq!(left, originals[row % count]);
            assert_eq!(said.parse::<f32>().unwrap(), expected.numbers[row % count], "row {row}");
        }
    }

    #[test]
    fn every_class_has_its_probability_and_oddities_are_told() {
        let rig = penguins(&ModelSpec::Linear { l2: 0.0 });
        let path = rig.folder.path().join("few.csv");
        let text = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year,prediction\n\
            Biscoe,40,17,190,3500,male,2008,x\nAtlantis,inf,17,NA,3500,,2008,\"a,b\"\n";
        std::fs::write(&path, text).unwrap();
        let out = rig.folder.path().join("out.csv");
        let source = detect(&path).unwrap().source;
        let summary = predict_file(&rig.predictor(), &source, &rig.cache(), &out, &mut go_on).unwrap();
        assert_eq!(
            summary.columns,
            [
                "prediction",
                "probability_Adelie",
                "probability_Chinstrap",
                "probability_Gentoo"
            ]
        );
        let oddities = summary.oddities;
        assert_eq!((oddities.missing, oddities.unknown, oddities.infinite), (3, 1, 1));
        assert_eq!(summary.warnings.len(), 2);
        let written = std::fs::read_to_string(&out).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert!(
            lines[0]
                .ends_with(",year,prediction,prediction_2,probability_Adelie,probability_Chinstrap,probability_Gentoo")
        );
        assert!(
            lines[2].starts_with("Atlantis,inf,17,NA,3500,,2008,\"a,b\","),
            "{}",
            lines[2]
        );
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn a_stop_or_a_wrong_column_leaves_nothing() {
        let rig = penguins(&ModelSpec::Linear { l2: 0.0 });
        let (predictor, out) = (rig.predictor(), rig.folder.path().join("out.csv"));
        let stopped = predict_file(&predictor, &rig.source, &rig.cache(), &out, &mut |_| Flow::Stop).unwrap_err();
        assert!(matches!(stopped, TrainError::Data(DataError::Stopped)), "{stopped}");
        let path = rig.folder.path().join("wrong.csv");
        let text = std::fs::read_to_string(&rig.source.path)
            .unwrap()
            .replacen("39.1", "long", 1);
        std::fs::write(&path, text).unwrap();
        let source = detect(&path).unwrap().source;
        let wrong = predict_file(&predictor, &source, &rig.folder.path().join("w"), &out, &mut go_on).unwrap_err();
        assert!(
            matches!(wrong, TrainError::Data(DataError::WrongType { .. })),
            "{wrong}"
        );
        std::fs::write(&path, "island\nBiscoe\n").unwrap();
        let source = detect(&path).unwrap().source;
        let gone = predict_file(&predictor, &source, &rig.folder.path().join("g"), &out, &mut go_on).unwrap_err();
        assert!(matches!(gone, TrainError::Data(DataError::NoColumn { .. })), "{gone}");
        assert!(!out.exists());
    }
}
