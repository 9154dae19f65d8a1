//! The example row of a version, as a request.

use aloft_base::registry::Version;
use serde_json::{Map, Value};

use crate::facts;

/// A row by column name, as the version's example has it; without one, with empty values.
pub(super) fn row(version: &Version) -> Value {
    let features = facts::features(version);
    let value = |name: &str| facts::example(version, name).cloned().unwrap_or(Value::Null);
    let row: Map<String, Value> = features
        .into_iter()
        .map(|feature| (feature.name.clone(), value(&feature.name)))
        .collect();
    Value::Object(row)
}
