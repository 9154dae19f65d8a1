//! Two versions side by side, as `aloft models compare` says.

use std::collections::BTreeMap;

use aloft_base::{Report, registry};
use serde::Deserialize;
use serde_json::Value;

use crate::work::{Answer, Session};

/// What came of comparing two versions on the same rows: the one that is there, and one that may take its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) said: Said,
    /// Settings of the recipes that differ, the old one's value first.
    pub(crate) recipe: Vec<(String, String, String)>,
}

/// What the verb says; what it leaves out is left out. `a` is the old one, `b` the new one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    /// The rows both were asked.
    pub(crate) rows: u64,
    a: BTreeMap<String, f64>,
    b: BTreeMap<String, f64>,
    /// The share of the rows on which both say the same.
    pub(crate) agreement: Option<f64>,
    /// On how many rows they disagree; the largest differences are in `shown`.
    pub(crate) disagreements: u64,
    pub(crate) shown: Vec<Disagreement>,
    pub(crate) bootstrap: Option<Bootstrap>,
    verdict: String,
    /// The verdict in words.
    pub(crate) sentence: String,
}

/// What drawing the rows again and again says about the difference.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Bootstrap {
    /// `log_loss` or `rmse`: the less, the better.
    pub(crate) metric: String,
    /// The new one's less the old one's.
    pub(crate) difference: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The share of the draws in which the new one is better.
    pub(crate) share_better: f64,
}

/// A row on which they disagree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Disagreement {
    /// From 0.
    pub(crate) row: u64,
    pub(crate) actual: String,
    pub(crate) a: String,
    pub(crate) b: String,
    /// Its cells by column.
    pub(crate) cells: Vec<(String, String)>,
}

impl Comparison {
    /// Whether the new one is better, where the rows can tell.
    pub(crate) fn is_better(&self) -> Option<bool> {
        match self.said.verdict.as_str() {
            "better" => Some(true),
            "worse" => Some(false),
            _ => None,
        }
    }

    /// Each metric's name, with the new one's value before the old one's.
    pub(crate) fn metrics(&self) -> Vec<(String, Option<f64>, Option<f64>)> {
        let old = |name: &String| self.said.a.get(name).copied();
        let new = self.said.b.iter();
        new.map(|(name, value)| (name.clone(), Some(*value), old(name)))
            .collect()
    }
}

/// Compares a version with the one it may replace, on the test part of the new one. Called on a worker.
pub(crate) fn compare(session: &mut Session, model: &str, old: u32, new: u32) -> Answer<Comparison> {
    let (first, second) = (format!("{model}:{old}"), format!("{model}:{new}"));
    let answer = session.aloft(&["models", "compare", &first, &second], None)?;
    let said = answer.get("comparison").unwrap_or(&answer);
    let said = Said::deserialize(said).map_err(|error| {
        Report::new(
            aloft_base::ErrorKind::Internal,
            format!("The comparison cannot be read: {error}"),
            "The window and the aloft program may be of different versions.",
        )
    })?;
    let workspace = session.workspace()?;
    let settings = |number: u32| {
        let version = registry::get(workspace, model, number).ok()?;
        let text = std::fs::read_to_string(workspace.version_folder(&version.id).join("recipe.toml")).ok()?;
        settings(&text)
    };
    Ok(Comparison {
        old,
        new,
        said,
        recipe: differences(&settings(old).unwrap_or_default(), &settings(new).unwrap_or_default()),
    })
}

/// The settings of a recipe by their dotted names.
fn settings(recipe: &str) -> Option<BTreeMap<String, String>> {
    fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
        for (key, value) in table {
            let name = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match value {
                toml::Value::Table(inner) => flatten(&name, inner, into),
                toml::Value::String(text) => drop(into.insert(name, text.clone())),
                value => drop(into.insert(name, value.to_string())),
            }
        }
    }
    let table: toml::Table = recipe.parse().ok()?;
    let mut all = BTreeMap::new();
    flatten("", &table, &mut all);
    Some(all)
}

/// The settings that differ; one that is not there is a dash.
fn differences(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(String, String, String)> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let value = |of: &BTreeMap<String, String>, name: &String| of.get(name).map_or("–", String::as_str).to_owned();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| (name.clone(), value(old, name), value(new, name)))
        .collect()
}

/// A value as a person reads it.
pub(crate) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_settings_that_differ_are_told() {
        let old = settings("version = 1\n[model]\nkind = \"linear\"\n[training]\nepochs = 25").unwrap();
        let new = settings("version = 1\n[model]\nkind = \"mlp\"\nlayers = [8]\n[training]\nepochs = 25").unwrap();
        let all = differences(&old, &new);
        let told: Vec<(&str, &str, &str)> = all.iter().map(|(name, old, new)| (&**name, &**old, &**new)).collect();
        assert_eq!(told, [("model.kind", "linear", "mlp"), ("model.layers", "–", "[8]")]);
    }

    #[test]
    fn what_the_verb_says_is_read() {
        let said = serde_json::json!({
            "task": "binary", "rows": 8, "a": {"accuracy": 0.8}, "b": {"accuracy": 0.9, "auc": 0.95}, "agreement": 0.5,
            "disagreements": 4, "shown": [{"row": 0, "actual": "x", "a": "x", "b": "y", "a_probability": null, "cells": []}],
            "bootstrap": {"metric": "log_loss", "difference": -0.1, "low": -0.2, "high": 0.0, "share_better": 0.97},
            "verdict": "better", "sentence": "The new model is better.",
        });
        let comparison = Comparison {
            said: Said::deserialize(&said).unwrap(),
            ..Comparison::default()
        };
        assert_eq!(comparison.is_better(), Some(true));
        let metrics = [
            ("accuracy".to_owned(), Some(0.9), Some(0.8)),
            ("auc".to_owned(), Some(0.95), None),
        ];
        assert_eq!(comparison.metrics(), metrics);
        assert_eq!(comparison.said.shown[0].b, "y");
    }
}
