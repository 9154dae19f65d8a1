//! From TOML to a recipe and back, with errors that name key, value and line.

use serde::Deserialize;

use super::{Recipe, RecipeError, VERSION};
use aloft_base::text::thousands;

/// Reads and checks a recipe.
pub(super) fn parse(text: &str) -> Result<Recipe, RecipeError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| RecipeError::Syntax {
        line: error.span().map(|span| line_at(text, span.start)),
        what: error.message().to_owned(),
    })?;
    // A newer form may have other keys, and that it is newer explains them.
    if let Ok(Versioned { version }) = table.try_into::<Versioned>()
        && version > VERSION
    {
        return Err(RecipeError::Newer {
            found: version,
            known: VERSION,
        });
    }
    let recipe: Recipe = toml::from_str(text).map_err(|error| explain(text, &error))?;
    check_step_keys(text, &recipe)?;
    recipe.validate().map_err(|error| {
        if let RecipeError::Step { number, .. } = error {
            let enabled = recipe.data.steps.iter().enumerate().filter(|(_, entry)| entry.enabled);
            let place = enabled.map(|(place, _)| place).nth(number - 1);
            return error.with_line(place.and_then(|place| line_of_step(text, place)));
        }
        // A key that is missing belongs to the section it should stand in.
        let section = |key: &str| key.rsplit_once('.').and_then(|(section, _)| line_of(text, section));
        let line = error.key().and_then(|key| line_of(text, key).or_else(|| section(key)));
        error.with_line(line)
    })?;
    Ok(recipe)
}

/// Refuses a key of a step that says nothing: a misspelt one would be passed over, and the
/// step would do something else than it seems to.
fn check_step_keys(text: &str, recipe: &Recipe) -> Result<(), RecipeError> {
    let written = toml::from_str::<toml::Table>(text).ok();
    let steps = written
        .as_ref()
        .and_then(|table| table.get("data")?.get("steps")?.as_array());
    for ((place, step), entry) in steps.into_iter().flatten().enumerate().zip(&recipe.data.steps) {
        let known = toml::Table::try_from(entry).unwrap_or_default();
        let is_known = |key: &str| known.contains_key(key) || OPTIONAL_STEP_KEYS.contains(&key);
        let unknown = step.as_table().and_then(|step| step.keys().find(|key| !is_known(key)));
        if let Some(key) = unknown {
            return Err(RecipeError::UnknownKey {
                key: format!("data.steps.{key}"),
                line: line_of_step(text, place),
                allowed: known.keys().cloned().collect(),
            });
        }
    }
    Ok(())
}

/// Keys of a step that are not written when they have their usual value.
const OPTIONAL_STEP_KEYS: [&str; 4] = ["enabled", "format", "low", "high"];

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The recipe as TOML.
pub(super) fn to_toml(recipe: &Recipe) -> String {
    toml::to_string_pretty(recipe).unwrap_or_else(|error| format!("# This recipe cannot be written: {error}\n"))
}

/// Puts what serde says into words about the recipe.
fn explain(text: &str, error: &toml::de::Error) -> RecipeError {
    let message = error.message();
    let quoted: Vec<String> = message.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let first = quoted.first().cloned().unwrap_or_default();
    let position = error.span().map(|span| span.start);
    let (section, key) = position.map_or_else(Default::default, |position| key_at(text, position));
    let joined = |key: &str| join(&section, key);
    if message.starts_with("unknown field") {
        let line = line_of(text, &joined(&first)).or_else(|| position.map(|position| line_at(text, position)));
        let allowed = quoted[1..].to_vec();
        return RecipeError::UnknownKey {
            key: joined(&first),
            line,
            allowed,
        };
    }
    if message.starts_with("missing field") {
        // The span of a whole document starts in its first section, but the key belongs to none.
        let top = ["version", "data", "target", "features", "split", "model"].contains(&first.as_str());
        let inside_target = first == "column" || first == "task";
        let key = if top && !inside_target { first } else { joined(&first) };
        let line = key.rsplit_once('.').and_then(|(section, _)| line_of(text, section));
        return RecipeError::MissingKey { key, line };
    }
    let line = position.map(|position| line_at(text, position));
    let written = error.span().and_then(|span| text.get(span)).unwrap_or_default();
    let key = if key.is_empty() { section.clone() } else { joined(&key) };
    if message.starts_with("unknown variant") {
        let allowed = quoted[1..].iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
        let key = if key.is_empty() || written.contains('=') {
            join(&section, "kind")
        } else {
            key
        };
        let line = line_of(text, &key).or(line);
        return RecipeError::Value {
            key,
            value: format!("\"{first}\""),
            allowed: allowed.join(", "),
            line,
        };
    }
    if let Some((_, expected)) = message.rsplit_once("expected ") {
        return RecipeError::Value {
            key,
            value: shorten(written),
            allowed: in_words(expected),
            line,
        };
    }
    RecipeError::Syntax {
        line,
        what: message.to_owned(),
    }
}

fn join(section: &str, key: &str) -> String {
    if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    }
}

fn shorten(written: &str) -> String {
    let one_line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= 60 {
        return one_line;
    }
    one_line.chars().take(59).chain(['…']).collect()
}

/// What serde expects, as a person says it.
fn in_words(expected: &str) -> String {
    match expected.trim_matches('`') {
        "u32" => format!("a whole number from 0 to {}", thousands(u64::from(u32::MAX))),
        "u64" | "usize" | "u8" => "a whole number from 0".to_owned(),
        "f64" | "f32" => "a number".to_owned(),
        "a sequence" => "a list, such as [64, 32]".to_owned(),
        "path string" | "a string" => "text in double quotes".to_owned(),
        "a character" => "one character in double quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        other if other.starts_with("struct") || other.contains("enum") || other.contains("map") => {
            "a section of its own".to_owned()
        }
        other => other.to_owned(),
    }
}

/// The line of a position in bytes, from 1.
fn line_at(text: &str, position: usize) -> usize {
    let before = String::from_utf8_lossy(&text.as_bytes()[..position.min(text.len())]);
    before.matches('\n').count() + 1
}

/// The section and the key a position is in.
fn key_at(text: &str, position: usize) -> (String, String) {
    let (mut section, mut key, mut start) = (String::new(), String::new(), 0);
    for line in text.split_inclusive('\n') {
        if start > position {
            break;
        }
        match read_line(line) {
            Line::Section(name) => (section, key) = (name, String::new()),
            Line::Key(name) => key = name,
            Line::Other => {}
        }
        start += line.len();
    }
    (section, key)
}

/// The line, from 1, where a key with its section (or a section) stands.
fn line_of(text: &str, wanted: &str) -> Option<usize> {
    let mut section = String::new();
    for (index, line) in text.lines().enumerate() {
        let here = match read_line(line) {
            Line::Section(name) => {
                section.clone_from(&name);
                name
            }
            Line::Key(name) => join(&section, &name),
            Line::Other => continue,
        };
        if here == wanted {
            return Some(index + 1);
        }
    }
    None
}

/// The line, from 1, where the step with this place in the list, from 0, begins.
fn line_of_step(text: &str, place: usize) -> Option<usize> {
    let heads = text.lines().enumerate().filter(|(_, line)| {
        matches!(read_line(line), Line::Section(name) if name == "data.steps") && line.trim().starts_with("[[")
    });
    heads.map(|(index, _)| index + 1).nth(place)
}

enum Line {
    Section(String),
    Key(String),
    Other,
}

fn read_line(line: &str) -> Line {
    let line = line.trim();
    let clean = |name: &str| {
        let parts = name.split('.').map(|part| part.trim().trim_matches(['"', '\'']));
        parts.collect::<Vec<_>>().join(".")
    };
    if let Some(header) = line.strip_prefix("[[").or_else(|| line.strip_prefix('[')) {
        return match header.split_once(']') {
            Some((name, _)) if !name.contains([',', '=']) => Line::Section(clean(name)),
            _ => Line::Other,
        };
    }
    match line.split_once('=') {
        Some((name, _)) if !name.is_empty() && !name.contains(['#', '[']) => Line::Key(clean(name)),
        _ => Line::Other,
    }
}
