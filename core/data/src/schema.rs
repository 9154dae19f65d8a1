//! The types of columns, whatever file they come from.

use serde::{Deserialize, Serialize};

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Whole numbers.
    Integer,
    /// Numbers with decimals.
    Float,
    Boolean,
    /// Text, also categories.
    String,
    /// A day.
    Date,
    /// A day and a time of day, in UTC or without a zone.
    Datetime,
    /// A time of day.
    Time,
    /// A length of time.
    Duration,
    /// Bytes.
    Binary,
    /// A list or array in each cell.
    List,
    /// Named fields in each cell.
    Struct,
    /// A type that is only shown.
    Other,
}

impl ColumnType {
    /// The type as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Binary => "binary",
            Self::List => "list",
            Self::Struct => "struct",
            Self::Other => "other",
        }
    }

    /// Whether the values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    /// Whether the values are points or lengths of time.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Datetime | Self::Time | Self::Duration)
    }
}

impl std::fmt::Display for ColumnType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}

/// A column's name and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// The columns of a table in the order of the file. Names are unique.
pub type Schema = Vec<Column>;
