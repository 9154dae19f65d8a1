//! Why a request was not answered, and how that is told.

use aloft_data::FieldError;
use serde_json::json;

/// What kind of failure it was; status, metrics and the wording follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The body is not what its format says.
    Malformed,
    /// The body can be read, but its values are not what the model reads.
    Invalid,
    Unauthorised,
    NotFound,
    Method,
    /// The body did not arrive in time.
    SlowRequest,
    TooLarge,
    MediaType,
    Internal,
    Busy,
    Timeout,
}

impl Kind {
    pub(super) const ALL: [Self; 11] = [
        Self::Malformed,
        Self::Invalid,
        Self::Unauthorised,
        Self::NotFound,
        Self::Method,
        Self::SlowRequest,
        Self::TooLarge,
        Self::MediaType,
        Self::Internal,
        Self::Busy,
        Self::Timeout,
    ];

    /// The kind as it stands in JSON and in the metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::Unauthorised => "unauthorised",
            Self::NotFound => "not_found",
            Self::Method => "method_not_allowed",
            Self::SlowRequest => "slow_request",
            Self::TooLarge => "too_large",
            Self::MediaType => "media_type",
            Self::Internal => "internal",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
        }
    }

    /// The HTTP status it gets.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthorised => 401,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::SlowRequest => 408,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Invalid => 422,
            Self::Internal => 500,
            Self::Busy => 503,
            Self::Timeout => 504,
        }
    }
}

/// The value that is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The position of its row in the request, from 0.
    pub(super) row: usize,
    pub(super) error: FieldError,
}

/// A failure, with what a caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    kind: Kind,
    message: String,
    /// The message without anything of the request's values; `None` when it has none of them anyway.
    hidden: Option<String>,
    hint: String,
    field: Option<Field>,
}

impl Failure {
    pub(super) fn new(kind: Kind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            hidden: None,
            hint: hint.into(),
            field: None,
        }))
    }

    /// The body is not what its format says.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, message, "")
    }

    /// The values are not what the model reads.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message, "")
    }

    /// One value is not what its column needs.
    pub(super) fn field(row: usize, error: FieldError) -> Self {
        let mut failure = Self::invalid(format!("Row {row}: {error}"));
        failure.0.hidden = Some(format!("Row {row}: '{}' must be {}", error.column, error.expected));
        failure.0.field = Some(Field { row, error });
        failure.with_hint("Rows count from 0. The signature of the model says what each column takes.")
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = hint.into();
        self
    }

    pub(super) fn kind(&self) -> Kind {
        self.0.kind
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.0.message
    }

    /// The message as it may be written down: without values unless the endpoint keeps them.
    pub(super) fn message_to_keep(&self, keep_values: bool) -> &str {
        match &self.0.hidden {
            Some(hidden) if !keep_values => hidden,
            _ => &self.0.message,
        }
    }

    /// The body of the answer: the protocol's own shape, or ours, which says more.
    pub(super) fn body(&self, is_protocol: bool) -> Vec<u8> {
        let parts = &self.0;
        let value = if is_protocol {
            let hint = if parts.hint.is_empty() { "" } else { ". " };
            json!({ "error": format!("{}{hint}{}", parts.message.trim_end_matches('.'), parts.hint) })
        } else {
            let mut error = json!({
                "kind": parts.kind.as_str(),
                "message": parts.message,
                "hint": parts.hint,
            });
            if let Some(field) = &parts.field {
                error["field"] = json!({
                    "row": field.row,
                    "column": field.error.column,
                    "expected": field.error.expected,
                    "found": field.error.found,
                });
            }
            json!({ "error": error })
        };
        value.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_field_and_can_hide_its_value() {
        let error = FieldError {
            column: "length".into(),
            expected: "a number or null".into(),
            found: "the text 'secret'".into(),
        };
        let failure = Failure::field(3, error);
        let body: serde_json::Value = serde_json::from_slice(&failure.body(false)).unwrap();
        assert_eq!(body["error"]["kind"], "invalid");
        assert_eq!(body["error"]["field"]["row"], 3);
        assert_eq!(body["error"]["field"]["column"], "length");
        assert!(failure.message().contains("secret"));
        assert!(!failure.message_to_keep(false).contains("secret"));
        assert!(failure.message_to_keep(true).contains("secret"));
        let body: serde_json::Value = serde_json::from_slice(&failure.body(true)).unwrap();
        assert!(body["error"].as_str().unwrap().starts_with("Row 3: 'length' must be"));
    }

    #[test]
    fn bad_requests_never_look_like_our_fault() {
        for kind in Kind::ALL {
            let is_ours = matches!(kind, Kind::Internal | Kind::Busy | Kind::Timeout);
            assert_eq!(kind.status() >= 500, is_ours, "{kind:?}");
        }
    }
}
