//! Two versions side by side, as `aloft models compare` says.

use serde_json::Value;

use crate::work::{Answer, Session};

/// What came of comparing two versions on the same rows. `a` is the one in question.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) a: u32,
    pub(crate) b: u32,
    /// The verdict, as a sentence.
    pub(crate) sentence: String,
    /// Whether `a` is better, where the rows can tell.
    pub(crate) better: Option<bool>,
    /// The difference of the metric that is looked at first, with its interval.
    pub(crate) difference: Option<f64>,
    pub(crate) interval: Option<(f64, f64)>,
    /// Each metric's name and its value for `a` and `b`.
    pub(crate) metrics: Vec<(String, Option<f64>, Option<f64>)>,
    /// The rows both were asked.
    pub(crate) rows: Option<u64>,
    /// The share of the rows on which both say the same.
    pub(crate) agreement: Option<f64>,
    pub(crate) disagreements: Vec<Disagreement>,
    /// Settings of the recipes that differ, for `a` and `b`.
    pub(crate) recipe: Vec<(String, String, String)>,
}

/// A row on which they disagree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Disagreement {
    pub(crate) row: String,
    pub(crate) actual: String,
    pub(crate) a: String,
    pub(crate) b: String,
}

/// Compares version `a` with version `b`. Called on a worker.
pub(crate) fn compare(session: &Session, model: &str, a: u32, b: u32) -> Answer<Comparison> {
    let (first, second) = (format!("{model}:{a}"), format!("{model}:{b}"));
    let answer = session.aloft(&["models", "compare", &first, &second], None)?;
    let mut comparison = read(answer.get("comparison").unwrap_or(&Value::Null));
    (comparison.a, comparison.b) = (a, b);
    Ok(comparison)
}

/// Reads what the verb answers; what it leaves out is left out.
fn read(said: &Value) -> Comparison {
    let number = |value: &Value, keys: &[&str]| keys.iter().find_map(|key| value.get(*key)?.as_f64());
    let verdict = ["verdict", "bootstrap"].iter().find_map(|key| said.get(*key));
    let verdict = verdict.filter(|verdict| verdict.is_object()).unwrap_or(said);
    let sentence = [verdict, said].iter().find_map(|value| {
        ["sentence", "words", "verdict"]
            .iter()
            .find_map(|key| value.get(*key)?.as_str())
    });
    let interval = verdict.get("interval").and_then(|interval| match interval {
        Value::Array(ends) => Some((ends.first()?.as_f64()?, ends.get(1)?.as_f64()?)),
        ends => Some((number(ends, &["low", "from"])?, number(ends, &["high", "to"])?)),
    });
    let interval = interval.or_else(|| Some((number(verdict, &["low"])?, number(verdict, &["high"])?)));
    Comparison {
        sentence: sentence.unwrap_or_default().to_owned(),
        better: verdict.get("better").and_then(Value::as_bool),
        difference: number(verdict, &["difference", "delta"]),
        interval,
        metrics: metrics(said),
        rows: said.get("rows").and_then(Value::as_u64),
        agreement: number(said, &["agreement"]),
        disagreements: list(said, "disagreements").iter().map(disagreement).collect(),
        recipe: list(said, "recipe").iter().map(setting).collect(),
        ..Comparison::default()
    }
}

fn list<'a>(said: &'a Value, key: &str) -> &'a [Value] {
    said.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of `{name, a, b}`, or an object of each side with values by name.
fn metrics(said: &Value) -> Vec<(String, Option<f64>, Option<f64>)> {
    if let Some(Value::Array(all)) = said.get("metrics") {
        let value = |metric: &Value, side: &str| metric.get(side).and_then(Value::as_f64);
        return all
            .iter()
            .map(|metric| (text(metric.get("name")), value(metric, "a"), value(metric, "b")))
            .collect();
    }
    let side = |name: &str| {
        let nested = said.get("metrics").and_then(|metrics| metrics.get(name));
        nested
            .or_else(|| said.get(name)?.get("metrics"))
            .and_then(Value::as_object)
    };
    let (Some(a), b) = (side("a"), side("b")) else {
        return Vec::new();
    };
    a.iter()
        .filter_map(|(name, value)| {
            let other = b.and_then(|b| b.get(name)).and_then(Value::as_f64);
            Some((name.clone(), Some(value.as_f64()?), other))
        })
        .collect()
}

fn disagreement(said: &Value) -> Disagreement {
    Disagreement {
        row: said
            .get("row")
            .and_then(Value::as_u64)
            .map_or_else(String::new, |row| crate::format::count(row + 1)),
        actual: text(said.get("actual")),
        a: text(said.get("a")),
        b: text(said.get("b")),
    }
}

/// A setting as `{key, a, b}` or `[key, a, b]`.
fn setting(said: &Value) -> (String, String, String) {
    let part = |at: usize, keys: &[&str]| text(keys.iter().find_map(|key| said.get(*key)).or_else(|| said.get(at)));
    (
        part(0, &["key", "name", "setting", "path"]),
        part(1, &["a"]),
        part(2, &["b"]),
    )
}

/// A value as a person reads it.
pub(crate) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_f64().map_or_else(
            || number.to_string(),
            |value| {
                if value.fract() == 0.0 && value.abs() < 1e15 {
                    number.to_string()
                } else {
                    crate::format::value(value)
                }
            },
        ),
        Some(other) => other.to_string(),
    }
}
