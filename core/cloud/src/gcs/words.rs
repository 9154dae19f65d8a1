//! The settings of a bucket in words.

use serde_json::Value;

use crate::store::BucketDetails;

/// What the resource of a bucket, and its access policy where it may be read, say.
pub(super) fn of(bucket: &Value, policy: Option<&Value>) -> BucketDetails {
    let text = |pointer: &str| bucket.pointer(pointer).and_then(Value::as_str).unwrap_or("");
    let is_on = |pointer: &str| bucket.pointer(pointer).and_then(Value::as_bool) == Some(true);
    let mut details = BucketDetails {
        region: Some(text("/location").to_owned()).filter(|location| !location.is_empty()),
        ..BucketDetails::default()
    };
    let mut fact = |label: &str, words: String| {
        if !words.is_empty() {
            details.facts.push((label.to_owned(), words));
        }
    };
    fact(
        "Location",
        [text("/location"), text("/locationType")].join(" ").trim().to_owned(),
    );
    fact("Storage class", text("/storageClass").to_owned());
    fact("Versioning", on_or_off(is_on("/versioning/enabled")));
    fact(
        "Encryption",
        match text("/encryption/defaultKmsKeyName") {
            "" => "With keys of Google".to_owned(),
            key => format!("With key {key}"),
        },
    );
    let is_prevented = text("/iamConfiguration/publicAccessPrevention") == "enforced";
    fact(
        "Public access",
        if is_prevented { "Prevented" } else { "Not prevented" }.to_owned(),
    );
    fact(
        "Uniform access",
        on_or_off(is_on("/iamConfiguration/uniformBucketLevelAccess/enabled")),
    );
    if let Some(secs) = bucket.pointer("/retentionPolicy/retentionPeriod").and_then(seconds) {
        fact("Retention", days(secs));
    }
    if let Some(secs) = bucket
        .pointer("/softDeletePolicy/retentionDurationSeconds")
        .and_then(seconds)
        .filter(|secs| *secs > 0)
    {
        fact("Deleted objects are kept", days(secs));
    }
    let bindings = policy
        .and_then(|policy| policy.get("bindings"))
        .and_then(Value::as_array);
    for binding in bindings.into_iter().flatten() {
        let members = binding.get("members").and_then(Value::as_array).into_iter().flatten();
        let role = binding
            .get("role")
            .and_then(Value::as_str)
            .unwrap_or("")
            .trim_start_matches("roles/");
        for member in members.filter_map(Value::as_str) {
            let who = match member {
                "allUsers" => "Anybody on the internet",
                "allAuthenticatedUsers" => "Anybody with a Google account",
                _ => continue,
            };
            details
                .warnings
                .push(format!("{who} has access to this bucket ({role})."));
        }
    }
    let rules = bucket.pointer("/lifecycle/rule").and_then(Value::as_array);
    details.lifecycle = rules.into_iter().flatten().map(rule).collect();
    details
}

fn on_or_off(is_on: bool) -> String {
    if is_on { "On" } else { "Off" }.to_owned()
}

/// Numbers may come as text.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn days(secs: u64) -> String {
    match secs / 86_400 {
        1 => "1 day".to_owned(),
        days if secs.is_multiple_of(86_400) => format!("{days} days"),
        _ => format!("{secs} seconds"),
    }
}

/// One lifecycle rule as a sentence.
fn rule(rule: &Value) -> String {
    let action = match rule.pointer("/action/type").and_then(Value::as_str).unwrap_or("") {
        "Delete" => "Delete".to_owned(),
        "SetStorageClass" => {
            let class = rule
                .pointer("/action/storageClass")
                .and_then(Value::as_str)
                .unwrap_or("?");
            format!("Move to {class}")
        }
        "AbortIncompleteMultipartUpload" => "Abort unfinished uploads".to_owned(),
        other => other.to_owned(),
    };
    let empty = serde_json::Map::new();
    let conditions = rule.get("condition").and_then(Value::as_object).unwrap_or(&empty);
    let words: Vec<String> = conditions
        .iter()
        .map(|(name, value)| match name.as_str() {
            "age" => format!("{value} days after it was written"),
            "createdBefore" => format!("when it was written before {}", plain(value)),
            "isLive" if value == &Value::Bool(false) => "when it is an old version".to_owned(),
            "isLive" => "when it is the present version".to_owned(),
            "numNewerVersions" => format!("when there are {value} newer versions"),
            "daysSinceNoncurrentTime" => format!("{value} days after it became an old version"),
            "matchesStorageClass" => format!("when its storage class is {}", plain(value)),
            "matchesPrefix" => format!("when its key begins with {}", plain(value)),
            "matchesSuffix" => format!("when its key ends with {}", plain(value)),
            other => format!("when {other} is {}", plain(value)),
        })
        .collect();
    if words.is_empty() {
        action
    } else {
        format!("{action} {}", words.join(", and "))
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_and_warnings_are_sentences() {
        let bucket = json!({
            "location": "EU", "locationType": "multi-region", "storageClass": "STANDARD",
            "versioning": {"enabled": true},
            "softDeletePolicy": {"retentionDurationSeconds": "604800"},
            "lifecycle": {"rule": [
                {"action": {"type": "Delete"}, "condition": {"age": 30, "matchesPrefix": ["tmp/", "old/"]}},
                {"action": {"type": "SetStorageClass", "storageClass": "COLDLINE"}, "condition": {"numNewerVersions": 3}},
            ]},
        });
        let policy = json!({"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers", "user:a@b"]}]});
        let details = of(&bucket, Some(&policy));
        assert_eq!(
            details.lifecycle,
            [
                "Delete 30 days after it was written, and when its key begins with tmp/ or old/",
                "Move to COLDLINE when there are 3 newer versions",
            ]
        );
        assert_eq!(
            details.warnings,
            ["Anybody on the internet has access to this bucket (storage.objectViewer)."]
        );
        assert!(details.facts.contains(&("Versioning".into(), "On".into())));
        assert!(
            details
                .facts
                .contains(&("Deleted objects are kept".into(), "7 days".into()))
        );
        assert!(of(&json!({}), None).warnings.is_empty());
    }
}
