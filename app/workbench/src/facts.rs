//! What a version says of itself: its signature, metrics, lineage and example, read from its facts.

use aloft_base::registry::Version;
use serde::Deserialize;
use serde_json::Value;

/// A column that a model takes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Feature {
    pub(crate) name: String,
    /// `number`, `boolean`, `category`, `date`, `datetime`, `time` or `duration`.
    pub(crate) kind: String,
    pub(crate) categories: Vec<Value>,
}

/// The columns that a version takes, in their order.
pub(crate) fn features(version: &Version) -> Vec<Feature> {
    let list = version.facts.pointer("/signature/features").and_then(Value::as_array);
    let read = |feature: &Value| Feature::deserialize(feature).ok();
    list.map_or_else(Vec::new, |list| list.iter().filter_map(read).collect())
}

/// The name of what it predicts.
pub(crate) fn target(version: &Version) -> &str {
    let target = version.facts.pointer("/signature/target");
    let name = target.and_then(|target| target.as_str().or_else(|| target.get("name")?.as_str()));
    name.unwrap_or_default()
}

/// The first example row's value of a column.
pub(crate) fn example<'a>(version: &'a Version, column: &str) -> Option<&'a Value> {
    version.facts.pointer("/example/rows/0")?.get(column)
}

/// The metric that is looked at first on the test part: its name, its value and the baseline's.
pub(crate) fn headline(version: &Version) -> Option<(&'static str, f64, Option<f64>)> {
    let metrics = version.facts.get("metrics")?;
    let test = metrics.get("test").unwrap_or(metrics);
    let baseline = metrics.get("baseline");
    [("accuracy", "accuracy"), ("r2", "R²"), ("rmse", "RMSE")]
        .into_iter()
        .find_map(|(key, label)| {
            let value = test.get(key)?.as_f64()?;
            Some((label, value, baseline.and_then(|baseline| baseline.get(key)?.as_f64())))
        })
}

/// Every metric on the test part, with the baseline's value.
pub(crate) fn metrics(version: &Version) -> Vec<(String, f64, Option<f64>)> {
    let Some(metrics) = version.facts.get("metrics") else {
        return Vec::new();
    };
    let baseline = metrics.get("baseline");
    let test = metrics.get("test").unwrap_or(metrics).as_object();
    test.map_or_else(Vec::new, |test| {
        test.iter()
            .filter_map(|(name, value)| {
                let beside = baseline.and_then(|baseline| baseline.get(name)?.as_f64());
                Some((name.replace('_', " "), value.as_f64()?, beside))
            })
            .collect()
    })
}

/// The entries of a part of the facts that are plain values, as a person reads them.
pub(crate) fn entries(version: &Version, part: &str) -> Vec<(String, String)> {
    let Some(Value::Object(entries)) = version.facts.get(part) else {
        return Vec::new();
    };
    entries
        .iter()
        .filter(|(_, value)| !value.is_array() && !value.is_null())
        .flat_map(|(key, value)| match value {
            Value::Object(inner) => inner
                .iter()
                .map(|(name, value)| (format!("{key} {name}"), crate::comparison::text(Some(value))))
                .collect(),
            value => vec![(key.clone(), crate::comparison::text(Some(value)))],
        })
        .map(|(key, value)| (key.replace('_', " "), value))
        .collect()
}
