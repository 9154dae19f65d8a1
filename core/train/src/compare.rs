//! Which of two models is better on the same rows, and where they disagree.

mod bootstrap;

use std::path::Path;

use aloft_data::{Cached, DataError, Flow, RowsPlace, Source, Table, TargetColumn, TargetEncoder, TargetValues, Task};
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError};
use crate::evaluate::{Probabilities, deviations};
use crate::outcome::Scores;
use crate::predictor::{Answers, Predictor, load_table, predict_table};
use crate::recipe::Recipe;
pub use bootstrap::{Bootstrap, Verdict};
use bootstrap::{bootstrap, sentence, verdict};

/// Disagreements shown.
const MOST_SHOWN: usize = 50;
/// Cells shown of each.
const MOST_CELLS: usize = 50;

/// The rows two models are compared on.
#[derive(Clone, Copy, Debug)]
pub enum CompareRows<'a> {
    /// The test part of the recipe, which the model it trained has never seen.
    TestPart(&'a Recipe),
    /// Every row of a file that has the target.
    File(&'a Source),
}

/// Two models on the same rows: `a`, the one that is there, and `b`, the one that may take its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub task: Task,
    pub target: String,
    /// Rows compared.
    pub rows: u64,
    /// All metrics of each.
    pub a: Scores,
    pub b: Scores,
    /// Share of the rows for which both say the same: the same class, or numbers that differ
    /// by at most a thousandth of the target's spread.
    pub agreement: f64,
    /// How many rows they disagree on, of which the first by size of the difference are here.
    pub disagreements: u64,
    pub shown: Vec<Disagreement>,
    pub bootstrap: Bootstrap,
    pub verdict: Verdict,
    /// The verdict in words.
    pub sentence: String,
}

/// A row about which two models disagree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The row's number in the file, from 0.
    pub row: u64,
    pub actual: String,
    pub a: String,
    pub b: String,
    /// Classification: the probability each gives to its own answer.
    pub a_probability: Option<f32>,
    pub b_probability: Option<f32>,
    /// Its cells by column; missing is empty.
    pub cells: Vec<(String, String)>,
}

/// Compares two models of the same target on the same rows.
///
/// # Errors
/// When they predict different things, the rows cannot be read, or none has the target.
pub fn compare(a: &Predictor, b: &Predictor, rows: CompareRows<'_>, cache: &Path) -> Result<Comparison> {
    check(a, b)?;
    let ground = Ground::load(a, b, rows, cache)?;
    let (of_a, of_b) = (
        predict_table(a, ground.other.as_ref().unwrap_or(&ground.table), &ground.rows)?,
        predict_table(b, &ground.table, &ground.rows)?,
    );
    let (said_a, said_b) = (Said::of(of_a, a), Said::of(of_b, b));
    let (losses_a, losses_b) = (said_a.losses(&ground), said_b.losses(&ground));
    let apart = said_a.apart(&said_b, &ground);
    let bootstrap = bootstrap(&losses_a, &losses_b, ground.encoder.task);
    let verdict = verdict(&bootstrap, ground.rows.len());
    let disagreements = apart.len() as u64;
    let shown = apart.iter().take(MOST_SHOWN);
    Ok(Comparison {
        task: ground.encoder.task,
        target: ground.encoder.column.clone(),
        rows: ground.rows.len() as u64,
        a: said_a.scores(&ground),
        b: said_b.scores(&ground),
        agreement: 1.0 - disagreements as f64 / ground.rows.len() as f64,
        disagreements,
        shown: shown.map(|row| disagreement(*row, &said_a, &said_b, &ground)).collect(),
        sentence: sentence(verdict, &bootstrap, ground.rows.len()),
        bootstrap,
        verdict,
    })
}

fn unfit(what: String, hint: &str) -> TrainError {
    TrainError::Unfit {
        what,
        hint: hint.to_owned(),
    }
}

/// The rows of the file that are the test part of a recipe with steps.
fn test_rows(recipe: &Recipe, source: Source, cache: &Path) -> Result<Vec<u32>> {
    let mut steps = recipe.data.steps.iter().filter(|entry| entry.enabled);
    if let Some(entry) = steps.find(|entry| !entry.step.keeps_rows()) {
        let what = format!(
            "The models cannot be compared on the test part: '{}' makes other rows of those of the file",
            entry.step.words()
        );
        return Err(unfit(what, "Compare them on a file that neither has learned from."));
    }
    aloft_base::fs::create_folder(cache)?;
    let name = |ending: &str| cache.join(format!("compared.{}.{ending}", std::process::id()));
    let (rows, steps) = (name("arrow"), name("json"));
    let place = RowsPlace {
        rows: &rows,
        steps: &steps,
    };
    let cache = cache.to_owned();
    let find = |path: &Path| Err(DataError::NoFile { path: path.to_owned() });
    let loaded = crate::session::order(recipe).load(&Cached { source, cache }, &find, place, &mut |_| Flow::Continue);
    for file in [rows, steps] {
        // It lies in the cache, where nothing is missed or in the way.
        drop(std::fs::remove_file(file));
    }
    Ok(loaded?.split.test)
}

/// Whether two models answer the same question.
fn check(a: &Predictor, b: &Predictor) -> Result<()> {
    let (a, b) = (a.signature(), b.signature());
    if a.target != b.target || a.task != b.task {
        let what = format!(
            "The models cannot be compared: one predicts '{}' ({}), the other '{}' ({})",
            a.target,
            a.task.label(),
            b.target,
            b.task.label()
        );
        return Err(unfit(what, "Compare two models of the same target."));
    }
    if a.classes != b.classes {
        let what = format!(
            "The models cannot be compared: they know different classes of '{}'",
            a.target
        );
        return Err(unfit(what, "Train both on data with the same classes."));
    }
    Ok(())
}

/// The rows that decide.
struct Ground {
    table: Table,
    /// The same rows as the steps of the first model leave them, when the models' steps differ.
    other: Option<Table>,
    rows: Vec<u32>,
    encoder: TargetEncoder,
    actual: TargetValues,
}

impl Ground {
    fn load(a: &Predictor, b: &Predictor, rows: CompareRows<'_>, cache: &Path) -> Result<Self> {
        let (source, recipe) = match rows {
            CompareRows::File(source) => (source.clone(), None),
            CompareRows::TestPart(recipe) => (recipe.data.source()?, Some(recipe)),
        };
        let encoder = b.target_encoder().clone();
        let with_steps = !(a.steps().is_empty() && b.steps().is_empty());
        let beside = [encoder.column.as_str()];
        let (table, other) = if with_steps {
            let table = load_table(b, &source, cache, &beside)?;
            (table, Some(load_table(a, &source, cache, &[])?))
        } else {
            let mut columns = a.preparation().features();
            columns.extend(b.preparation().features());
            columns.push(encoder.column.clone());
            columns.extend(recipe.and_then(|recipe| recipe.split.column.clone()));
            (Table::load(&source, cache, Some(&columns))?, None)
        };
        let target = TargetColumn::apply(&encoder, &table)?;
        let mut rows = if let Some(recipe) = recipe
            && (with_steps || recipe.data.has_steps())
        {
            test_rows(recipe, source, cache)?
        } else if let Some(recipe) = recipe {
            // As in training, which learned the classes from the same file.
            let learned = TargetColumn::fit(&table, &recipe.target.column, recipe.target.task)?;
            aloft_data::split(&recipe.split, &table, &learned)?.test
        } else {
            (0..table.rows() as u32).collect()
        };
        let missing = target.missing_rows();
        rows.retain(|row| missing.binary_search(row).is_err());
        if rows.is_empty() {
            let what = format!(
                "There is no row with a value of '{}' to compare the models on",
                encoder.column
            );
            return Err(unfit(
                what,
                "Choose a file that has the target, or a recipe with a test part.",
            ));
        }
        Ok(Self {
            actual: target.values(&rows),
            table,
            other,
            rows,
            encoder,
        })
    }

    fn actual_text(&self, row: usize) -> String {
        match &self.actual {
            TargetValues::Classes(codes) => self.class(codes[row]),
            TargetValues::Numbers(numbers) => numbers[row].to_string(),
        }
    }

    fn class(&self, position: u32) -> String {
        self.encoder.classes.get(position as usize).cloned().unwrap_or_default()
    }

    /// The standard deviation of a target of numbers.
    fn spread(&self) -> f64 {
        let TargetValues::Numbers(numbers) = &self.actual else {
            return 0.0;
        };
        let count = numbers.len() as f64;
        let mean = numbers.iter().map(|number| f64::from(*number)).sum::<f64>() / count;
        (numbers
            .iter()
            .map(|number| (f64::from(*number) - mean).powi(2))
            .sum::<f64>()
            / count)
            .sqrt()
    }
}

/// What one model says about the rows.
struct Said {
    answers: Answers,
    classes: usize,
}

impl Said {
    fn of(answers: Answers, predictor: &Predictor) -> Self {
        Self {
            answers,
            classes: predictor.signature().classes.len(),
        }
    }

    fn probabilities(&self) -> Probabilities {
        Probabilities::of_values(
            self.answers
                .probabilities
                .iter()
                .map(|value| f64::from(*value))
                .collect(),
            self.classes,
        )
    }

    fn scores(&self, ground: &Ground) -> Scores {
        match &ground.actual {
            TargetValues::Classes(actual) => self.probabilities().scores(actual),
            TargetValues::Numbers(actual) => deviations(&wide(actual), &wide(&self.answers.numbers)),
        }
    }

    /// What each row adds to the headline metric: its cross-entropy, or its squared error.
    fn losses(&self, ground: &Ground) -> Vec<f64> {
        match &ground.actual {
            TargetValues::Classes(actual) => {
                let said = self.probabilities();
                actual
                    .iter()
                    .enumerate()
                    .map(|(row, class)| said.loss(row, *class))
                    .collect()
            }
            TargetValues::Numbers(actual) => {
                let pairs = actual.iter().zip(&self.answers.numbers);
                pairs
                    .map(|(actual, said)| (f64::from(*actual) - f64::from(*said)).powi(2))
                    .collect()
            }
        }
    }

    /// The rows about which another model says something else, the largest difference first.
    fn apart(&self, other: &Self, ground: &Ground) -> Vec<usize> {
        let size = |row: usize| -> f64 {
            if self.classes == 0 {
                return (f64::from(self.answers.numbers[row]) - f64::from(other.answers.numbers[row])).abs();
            }
            let (ours, theirs) = (self.answers.probabilities_of(row), other.answers.probabilities_of(row));
            ours.iter()
                .zip(theirs)
                .map(|(ours, theirs)| f64::from((ours - theirs).abs()))
                .sum()
        };
        let limit = ground.spread() / 1000.0;
        let differs = |row: &usize| match self.classes {
            0 => size(*row) > limit,
            _ => self.answers.predicted[*row] != other.answers.predicted[*row],
        };
        let mut apart: Vec<(f64, usize)> = (0..self.answers.rows)
            .filter(differs)
            .map(|row| (size(row), row))
            .collect();
        apart.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        apart.into_iter().map(|(_, row)| row).collect()
    }

    fn told(&self, row: usize, ground: &Ground) -> (String, Option<f32>) {
        match self.answers.predicted.get(row) {
            Some(class) => {
                let probability = self.answers.probabilities_of(row).get(*class as usize).copied();
                (ground.class(*class), probability)
            }
            None => (self.answers.numbers[row].to_string(), None),
        }
    }
}

fn disagreement(row: usize, a: &Said, b: &Said, ground: &Ground) -> Disagreement {
    let ((a, a_probability), (b, b_probability)) = (a.told(row, ground), b.told(row, ground));
    Disagreement {
        row: u64::from(ground.rows[row]),
        actual: ground.actual_text(row),
        a,
        b,
        a_probability,
        b_probability,
        cells: ground.table.row_text(ground.rows[row] as usize, MOST_CELLS),
    }
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictor::tests::{Rig, mlp, penguins, sample};
    use crate::recipe::{Activation, ModelSpec};

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let rig = penguins(&mlp(Activation::Relu));
        let (a, b) = (rig.predictor(), rig.predictor());
        let said = compare(&a, &b, CompareRows::TestPart(b.recipe()), &rig.cache()).unwrap();
        assert_eq!(
            (said.verdict, said.agreement, said.disagreements),
            (Verdict::NoClearDifference, 1.0, 0)
        );
        assert_eq!(said.a, said.b);
        let bootstrap = &said.bootstrap;
        assert_eq!((bootstrap.difference, bootstrap.low, bootstrap.high), (0.0, 0.0, 0.0));
        assert_eq!(bootstrap.share_better, 0.5);
        assert!(said.sentence.contains("no difference"), "{}", said.sentence);
        let wanted = (rig.table.rows() as f64 * 0.3).round();
        assert!((said.rows as f64 - wanted).abs() < 2.0, "{} rows", said.rows);
        let text = serde_json::to_string(&said).unwrap();
        assert!(text.contains("\"verdict\":\"no_clear_difference\""), "{text}");
    }

    #[test]
    fn a_model_that_knows_nothing_loses() {
        // It says of every wine how good the mean wine is, the other one nonsense.
        let wine = |spec: &ModelSpec| Rig::new(&sample("wine_quality.csv"), "quality", Task::Regression, spec);
        let (noise, flat) = (
            wine(&mlp(Activation::Tanh)),
            wine(&ModelSpec::Linear { l2: 0.0 }).silenced(),
        );
        let (noisy, constant) = (noise.predictor(), flat.predictor());
        let on = CompareRows::File(&noise.source);
        let said = compare(&noisy, &constant, on, &noise.cache()).unwrap();
        assert_eq!((said.verdict, said.rows), (Verdict::Better, noise.table.rows() as u64));
        assert!(said.bootstrap.high < 0.0 && said.bootstrap.share_better == 1.0);
        assert!(
            said.sentence.starts_with("The new model is better"),
            "{}",
            said.sentence
        );
        let back = compare(&constant, &noisy, on, &noise.cache()).unwrap();
        assert_eq!((back.verdict, back.bootstrap.share_better), (Verdict::Worse, 0.0));
        assert!((back.bootstrap.difference + said.bootstrap.difference).abs() < 1e-12);
        let rmse = |scores: &Scores| scores["rmse"];
        assert!((rmse(&said.b) - rmse(&said.a) - said.bootstrap.difference).abs() < 1e-9);
        assert_eq!(said.shown.len(), MOST_SHOWN);
        assert!(
            said.shown
                .iter()
                .all(|row| row.b == "5" && row.a != "5" && !row.cells.is_empty())
        );
    }

    #[test]
    fn where_two_classifiers_disagree_both_are_told() {
        let (first, second) = (penguins(&mlp(Activation::Relu)), penguins(&mlp(Activation::Tanh)));
        let (a, b) = (first.predictor(), second.predictor());
        let said = compare(&a, &b, CompareRows::File(&first.source), &first.cache()).unwrap();
        assert_eq!(said.bootstrap.metric, "log_loss");
        assert!((said.b["log_loss"] - said.a["log_loss"] - said.bootstrap.difference).abs() < 1e-9);
        for row in &said.shown {
            assert_ne!(row.a, row.b);
            assert!(row.a_probability.unwrap() > 1.0 / 3.0 - 1e-6 && row.b_probability.is_some());
            assert!(row.cells.contains(&("species".to_owned(), row.actual.clone())));
        }
        let other = Rig::new(&sample("penguins.csv"), "sex", Task::Binary, &mlp(Activation::Relu)).predictor();
        let error = compare(&a, &other, CompareRows::File(&first.source), &first.cache()).unwrap_err();
        assert!(error.to_string().contains("cannot be compared"), "{error}");
    }
}
