//! What each column has to do with the one that is to be predicted: a named test, how large
//! the effect is, and what the test does not see.

mod caution;
mod figures;
mod special;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::batch::Opened;
use crate::error::Result;
use crate::finding::sample::Sample;
use crate::index::read_json;
use crate::schema::ColumnType;
use crate::source::Source;

/// Whole numbers with at most so many different values are taken for classes of a target.
const FEW_CLASSES: usize = 10;
/// A column with more classes than this is not compared: each is too rare.
const MOST_CLASSES: usize = 200;
/// Fewer rows say nothing.
const FEW_ROWS: usize = 10;

/// What the columns of a table have to do with one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relations {
    /// The column that is to be predicted.
    pub target: String,
    /// Whether its values are taken for classes, else for numbers.
    pub target_is_class: bool,
    /// How many rows were looked at.
    pub rows: u64,
    /// Whether those are not all.
    pub is_sample: bool,
    /// The other columns that could be compared, in the order of the table.
    pub columns: Vec<Relation>,
    /// Those that could not.
    pub left_out: Vec<LeftOut>,
}

/// A column that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub column: String,
    /// Why, as the end of a sentence.
    pub why: String,
}

/// What one column has to do with the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub column: String,
    /// Rows in which both are known.
    pub rows: u64,
    #[serde(flatten)]
    pub test: Test,
    pub strength: Strength,
    /// In nats, the plug-in estimate over classes and ten bins of equally many numbers.
    pub mutual_information: f64,
    /// How much of the uncertainty about the target goes away with the column, from 0 to 1.
    pub told: f64,
    /// What to know before the figures are believed, one sentence each.
    pub cautions: Vec<String>,
}

/// The test that fits the two columns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "test", rename_all = "snake_case")]
pub enum Test {
    /// Numbers with numbers.
    Correlation(Correlation),
    /// Numbers with classes.
    Anova(Anova),
    /// Classes with classes.
    ChiSquared(ChiSquared),
}

/// Pearson's correlation, and Spearman's of the ranks. Each `p` is two-sided, by Student's t.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    pub pearson: f64,
    pub pearson_p: f64,
    pub spearman: f64,
    pub spearman_p: f64,
}

/// One-way analysis of variance (Fisher).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anova {
    /// Absent when no group varies within, so that it has no bound.
    pub f: Option<f64>,
    /// Degrees of freedom between and within the groups.
    pub degrees: [u64; 2],
    pub p: f64,
    /// The share of the spread that lies between the groups.
    pub eta_squared: f64,
}

/// Pearson's chi-squared test of independence, without Yates' correction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChiSquared {
    pub statistic: f64,
    pub degrees: u64,
    pub p: f64,
    /// Cramér's V, from 0 to 1.
    pub cramers_v: f64,
    /// The smallest count that is expected in a cell.
    pub smallest_expected: f64,
    /// The share of cells in which fewer than 5 are expected.
    pub few_expected: f64,
}

/// How large an effect is, by the usual bounds (Cohen 1988).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    Negligible,
    Weak,
    Medium,
    Strong,
}

impl Strength {
    /// As a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Negligible => "negligible",
            Self::Weak => "weak",
            Self::Medium => "medium",
            Self::Strong => "strong",
        }
    }

    fn of(size: f64, bounds: [f64; 3]) -> Self {
        match bounds.iter().filter(|bound| size >= **bound).count() {
            0 => Self::Negligible,
            1 => Self::Weak,
            2 => Self::Medium,
            _ => Self::Strong,
        }
    }
}

impl Test {
    /// The name of the test.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Correlation(_) => "Pearson and Spearman correlation",
            Self::Anova(_) => "One-way ANOVA",
            Self::ChiSquared(_) => "Chi-squared test of independence",
        }
    }

    /// How likely at least such a figure is where there is no relation.
    pub fn p(&self) -> f64 {
        match self {
            Self::Correlation(test) => test.pearson_p,
            Self::Anova(test) => test.p,
            Self::ChiSquared(test) => test.p,
        }
    }

    fn strength(&self, least_classes: usize) -> Strength {
        match self {
            Self::Correlation(test) => Strength::of(test.pearson.abs().max(test.spearman.abs()), [0.1, 0.3, 0.5]),
            Self::Anova(test) => Strength::of(test.eta_squared, [0.01, 0.06, 0.14]),
            // Cohen's w is V times the root of the fewer classes less one.
            Self::ChiSquared(test) => {
                let w = test.cramers_v * (least_classes.saturating_sub(1) as f64).sqrt();
                Strength::of(w, [0.1, 0.3, 0.5])
            }
        }
    }
}

/// Compares every column of a file with one of them, in a sample of rows when there are many.
/// `cache` is the folder of the file's [key](Source::key).
///
/// # Errors
/// When there is no column of this name, or the file cannot be read.
pub fn relate(source: &Source, cache: &Path, target: &str) -> Result<Relations> {
    let opened = Opened::new(source, cache, &mut |_| Ok(()))?;
    let at = opened.position(target)?;
    let sample = Sample::draw(&opened)?;
    let rows = sample.rows.len() as u64;
    let mut relations = Relations {
        target: target.to_owned(),
        target_is_class: false,
        rows,
        is_sample: sample.sampled.is_some(),
        columns: vec![],
        left_out: vec![],
    };
    let goal = match Values::of(&sample, at, opened.schema[at].kind, true) {
        Ok(goal) => goal,
        Err(why) => {
            let why = format!("the target cannot be compared, since it {why}");
            let others = opened.schema.iter().filter(|column| column.name != target);
            relations.left_out = others
                .map(|column| LeftOut {
                    column: column.name.clone(),
                    why: why.clone(),
                })
                .collect();
            return Ok(relations);
        }
    };
    relations.target_is_class = matches!(goal, Values::Classes(_));
    for (position, column) in opened.schema.iter().enumerate() {
        if position == at {
            continue;
        }
        let compared = Values::of(&sample, position, column.kind, false).and_then(|values| compare(&values, &goal));
        match compared {
            Ok(relation) => relations.columns.push(Relation {
                column: column.name.clone(),
                ..relation
            }),
            Err(why) => relations.left_out.push(LeftOut {
                column: column.name.clone(),
                why,
            }),
        }
    }
    let all = relations.columns.len();
    for relation in &mut relations.columns {
        caution::of_many(relation, all, relations.is_sample);
    }
    Ok(relations)
}

/// Reads what the job that [asked](crate::Ask::Relate) wrote.
///
/// # Errors
/// When the file cannot be read; nothing when it is not there or of an older form.
pub fn kept_relations(path: &Path) -> Result<Option<Relations>> {
    read_json(path)
}

/// A column as a test takes it.
enum Values {
    /// NaN where it is missing.
    Numbers(Vec<f64>),
    /// A number for each class, nothing where it is missing.
    Classes(Vec<Option<usize>>),
}

impl Values {
    /// Of a column of a sample, or why it can be neither.
    fn of(sample: &Sample, position: usize, kind: ColumnType, is_target: bool) -> std::result::Result<Self, String> {
        if matches!(kind, ColumnType::List | ColumnType::Struct | ColumnType::Binary) {
            return Err("holds nested values or bytes".to_owned());
        }
        if kind != ColumnType::Boolean
            && let Some(numbers) = sample.numbers(position)
        {
            let is_few = is_target && kind == ColumnType::Integer && few_values(&numbers);
            if !is_few {
                return Ok(Self::Numbers(numbers));
            }
        }
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut codes = Vec::with_capacity(sample.rows.len());
        for text in sample.texts(position) {
            let next = known.len();
            codes.push(text.map(|text| *known.entry(text).or_insert(next)));
        }
        if known.len() > MOST_CLASSES {
            return Err(format!(
                "has more than {MOST_CLASSES} different values, each too rare to compare"
            ));
        }
        Ok(Self::Classes(codes))
    }
}

fn few_values(numbers: &[f64]) -> bool {
    let mut known: Vec<f64> = vec![];
    for value in numbers.iter().filter(|value| value.is_finite()) {
        if !known.contains(value) {
            known.push(*value);
            if known.len() > FEW_CLASSES {
                return false;
            }
        }
    }
    true
}

/// Rows in which both are known.
fn both<A: Copy, B: Copy>(pairs: impl Iterator<Item = Option<(A, B)>>) -> (Vec<A>, Vec<B>) {
    pairs.flatten().unzip()
}

fn compare(column: &Values, target: &Values) -> std::result::Result<Relation, String> {
    let finite = |value: f64| value.is_finite().then_some(value);
    let no_spread = || "does not vary where both are known".to_owned();
    let enough = |rows: usize| {
        if rows < FEW_ROWS {
            Err(format!("is known together with the target in {rows} rows only"))
        } else {
            Ok(())
        }
    };
    let repeated = |codes: &[usize]| {
        let kinds: BTreeSet<&usize> = codes.iter().collect();
        if kinds.len() == codes.len() {
            Err("differs in every row".to_owned())
        } else {
            Ok(kinds.len())
        }
    };
    let (test, information, cautions, rows, classes) = match (column, target) {
        (Values::Numbers(x), Values::Numbers(y)) => {
            let (x, y) = both(x.iter().zip(y).map(|(x, y)| Some((finite(*x)?, finite(*y)?))));
            enough(x.len())?;
            let test = figures::correlation(&x, &y).ok_or_else(no_spread)?;
            let information = figures::information(&figures::bins(&x), &figures::bins(&y));
            (
                Test::Correlation(test),
                information,
                caution::of_correlation(&test),
                x.len(),
                0,
            )
        }
        (Values::Numbers(x), Values::Classes(y)) => {
            let (x, y) = both(x.iter().zip(y).map(|(x, y)| Some((finite(*x)?, (*y)?))));
            enough(x.len())?;
            repeated(&y)?;
            let (test, spread) = figures::anova(&x, &y).ok_or_else(no_spread)?;
            let information = figures::information(&figures::bins(&x), &y);
            (Test::Anova(test), information, caution::of_anova(&spread), x.len(), 0)
        }
        (Values::Classes(x), Values::Numbers(y)) => {
            let (x, y) = both(x.iter().zip(y).map(|(x, y)| Some(((*x)?, finite(*y)?))));
            enough(x.len())?;
            repeated(&x)?;
            let (test, spread) = figures::anova(&y, &x).ok_or_else(no_spread)?;
            let information = figures::information(&x, &figures::bins(&y));
            (Test::Anova(test), information, caution::of_anova(&spread), x.len(), 0)
        }
        (Values::Classes(x), Values::Classes(y)) => {
            let (x, y) = both(x.iter().zip(y).map(|(x, y)| Some(((*x)?, (*y)?))));
            enough(x.len())?;
            let least = repeated(&x)?.min(repeated(&y)?);
            let test = figures::chi_squared(&x, &y).ok_or_else(no_spread)?;
            let information = figures::information(&x, &y);
            (
                Test::ChiSquared(test),
                information,
                caution::of_chi_squared(&test),
                x.len(),
                least,
            )
        }
    };
    let mut relation = Relation {
        column: String::new(),
        rows: rows as u64,
        strength: test.strength(classes),
        test,
        mutual_information: information.nats,
        told: information.told,
        cautions,
    };
    caution::of_information(&mut relation, &information);
    Ok(relation)
}
