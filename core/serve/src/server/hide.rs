//! A request as it may be written down: its shape without its values.

use serde_json::Value;

use super::read::Format;

/// So much of a request is kept.
const KEPT_BYTES: usize = 2048;
/// Larger bodies are only named: nobody reads them, and reading them takes long.
const READ_BYTES: usize = 256 * 1024;
/// Of a list so many items are kept.
const ITEMS: usize = 3;

/// A body, with each value replaced by its type unless values may be kept.
pub(super) fn request(body: &[u8], format: Option<Format>, keep_values: bool) -> String {
    if body.is_empty() {
        return String::new();
    }
    let size = || format!("{} bytes", aloft_base::text::thousands(body.len() as u64));
    if keep_values {
        return cut(&String::from_utf8_lossy(&body[..body.len().min(2 * KEPT_BYTES)]));
    }
    if format == Some(Format::Table) {
        let lines = body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .count();
        return format!("CSV of {lines} lines, {}", size());
    }
    if body.len() > READ_BYTES {
        return size();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => cut(&typed(&value).to_string()),
        Err(_) => format!("no JSON, {}", size()),
    }
}

fn typed(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(items) => {
            let mut kept: Vec<Value> = items.iter().take(ITEMS).map(typed).collect();
            if items.len() > ITEMS {
                kept.push(format!("… {} in all", items.len()).into());
            }
            kept.into()
        }
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.chars().take(100).collect(), typed(value)))
                .collect(),
        ),
    }
}

fn cut(text: &str) -> String {
    if text.len() <= KEPT_BYTES {
        return text.to_owned();
    }
    let end = (0..=KEPT_BYTES)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_their_types() {
        let body = br#"{"rows": [{"name": "secret", "size": 4.5, "is": true, "no": null}]}"#;
        let told = request(body, Some(Format::Rows), false);
        assert_eq!(
            told,
            r#"{"rows":[{"name":"text","size":"number","is":"boolean","no":null}]}"#
        );
        assert!(request(body, Some(Format::Rows), true).contains("secret"));
        assert_eq!(request(b"{secret", None, false), "no JSON, 7 bytes");
        assert!(!request(b"a,b\n1,secret\n", Some(Format::Table), false).contains("secret"));
    }

    #[test]
    fn what_is_long_is_cut_between_letters() {
        let body = format!("\"{}\"", "ü".repeat(3000));
        let told = request(body.as_bytes(), None, true);
        assert!(told.len() <= KEPT_BYTES + 4 && told.ends_with('…'));
    }
}
