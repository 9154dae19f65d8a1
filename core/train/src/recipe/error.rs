//! What is wrong with a recipe: the key, its value, what is allowed, and the line.

use aloft_base::{ErrorKind, Explain};

/// Why a text is not a recipe that can be trained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    #[error("The recipe is not TOML{}: {what}", at(*line))]
    Syntax { line: Option<usize>, what: String },

    #[error("The recipe has an unknown key '{key}'{}", at(*line))]
    UnknownKey {
        key: String,
        line: Option<usize>,
        /// The keys that may stand there.
        allowed: Vec<String>,
    },

    #[error("The recipe lacks the key '{key}'{}", at(*line))]
    MissingKey { key: String, line: Option<usize> },

    #[error("The recipe has {key} = {value}{}, which is not allowed", at(*line))]
    Value {
        key: String,
        /// As TOML writes it.
        value: String,
        /// What may stand there instead.
        allowed: String,
        line: Option<usize>,
    },

    #[error("The recipe cannot be done{}: step {number} ({words}) {why}", at(*line))]
    Step {
        /// Of the steps that are done, from 1.
        number: usize,
        /// What the step does.
        words: String,
        why: String,
        help: String,
        line: Option<usize>,
    },

    #[error("The recipe was written by a newer Aloft (version {found}, this one knows {known})")]
    Newer { found: u32, known: u32 },
}

fn at(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

impl RecipeError {
    /// The key that is wrong, with its section: `training.epochs`.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key, .. } | Self::MissingKey { key, .. } | Self::Value { key, .. } => Some(key),
            Self::Newer { .. } => Some("version"),
            Self::Step { .. } => Some("data.steps"),
            Self::Syntax { .. } => None,
        }
    }

    /// The line it is on, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Syntax { line, .. }
            | Self::UnknownKey { line, .. }
            | Self::MissingKey { line, .. }
            | Self::Value { line, .. }
            | Self::Step { line, .. } => *line,
            Self::Newer { .. } => None,
        }
    }

    /// Says the line.
    pub(crate) fn with_line(mut self, found: Option<usize>) -> Self {
        if let Self::UnknownKey { line, .. }
        | Self::MissingKey { line, .. }
        | Self::Value { line, .. }
        | Self::Step { line, .. } = &mut self
        {
            *line = found;
        }
        self
    }
}

impl Explain for RecipeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Newer { .. } => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Syntax { .. } => "Correct that line; text stands in double quotes.".to_owned(),
            Self::UnknownKey { allowed, .. } if allowed.is_empty() => "Remove it.".to_owned(),
            Self::UnknownKey { allowed, .. } => format!("Allowed there: {}.", allowed.join(", ")),
            Self::MissingKey { key, .. } => format!("Add {key}."),
            Self::Value { allowed, .. } => format!("Allowed: {allowed}."),
            Self::Step { help, .. } => help.clone(),
            Self::Newer { .. } => "Update Aloft.".to_owned(),
        })
    }
}
