//! A step while it is written: what was typed, and the step that it means.

use aloft_data::{Binning, ColumnType, Filling, Function, JoinHow, Keep, Limits, SampleSize, Step, quoted};

/// What can be added, and what it is called on its button.
pub(super) const KINDS: [(&str, &str); 21] = [
    ("filter", "Filter"),
    ("select", "Keep columns"),
    ("drop", "Drop columns"),
    ("rename", "Rename"),
    ("cast", "Change type"),
    ("fill", "Fill missing"),
    ("drop_missing", "Drop missing"),
    ("deduplicate", "Remove duplicates"),
    ("derive", "Derive column"),
    ("parse_dates", "Read dates"),
    ("split_text", "Split text"),
    ("unfold", "Unfold objects"),
    ("explode", "Unfold lists"),
    ("bin", "Bin"),
    ("clip", "Clip outliers"),
    ("join", "Join"),
    ("group", "Group"),
    ("pivot", "Pivot"),
    ("unpivot", "Unpivot"),
    ("sample", "Sample"),
    ("balance", "Balance classes"),
];

/// How a value is compared.
pub(super) const OPERATORS: [&str; 10] = [
    "is",
    "is not",
    "at least",
    "more than",
    "at most",
    "less than",
    "contains",
    "is missing",
    "is not missing",
    "SQL",
];
/// The types a column can be made.
pub(super) const TYPES: [(ColumnType, &str); 6] = [
    (ColumnType::Integer, "Integer"),
    (ColumnType::Float, "Float"),
    (ColumnType::String, "Text"),
    (ColumnType::Boolean, "True or false"),
    (ColumnType::Date, "Date"),
    (ColumnType::Datetime, "Date and time"),
];
pub(super) const FILLINGS: [&str; 6] = [
    "A value",
    "Mean",
    "Median",
    "Most frequent",
    "Value before",
    "Next value",
];
pub(super) const KEEPS: [(Keep, &str); 3] = [
    (Keep::First, "Keep the first"),
    (Keep::Last, "Keep the last"),
    (Keep::None, "Keep none"),
];
pub(super) const BINNINGS: [&str; 3] = ["Equal width", "Equal size", "Edges"];
pub(super) const LIMITS: [&str; 2] = ["Quantiles", "Values"];
pub(super) const JOINS: [(JoinHow, &str); 5] = [
    (JoinHow::Left, "Keep all rows here"),
    (JoinHow::Inner, "Keep rows that match"),
    (JoinHow::Full, "Keep all rows of both"),
    (JoinHow::Semi, "Only rows that are there"),
    (JoinHow::Anti, "Only rows that are not"),
];
pub(super) const FUNCTIONS: [(Function, &str); 10] = [
    (Function::Mean, "Mean"),
    (Function::Sum, "Sum"),
    (Function::Count, "Count"),
    (Function::Median, "Median"),
    (Function::Min, "Smallest"),
    (Function::Max, "Largest"),
    (Function::Std, "Deviation"),
    (Function::Distinct, "Different values"),
    (Function::First, "First"),
    (Function::Last, "Last"),
];

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct StepForm {
    /// Where the step stands, or will stand.
    pub(super) at: usize,
    pub(super) kind: String,
    pub(super) column: String,
    pub(super) columns: Vec<String>,
    pub(super) text: String,
    pub(super) second: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) choice: usize,
}

/// What a person did with the form.
pub(super) enum Verdict {
    /// They are still at it; this is what it means so far.
    Open(Option<Step>),
    Done(Step),
    Cancelled,
}

impl StepForm {
    /// An empty form for a step of this kind, about a column if one is named.
    pub(in super::super) fn about(kind: &str, column: &str, at: usize) -> Self {
        let mut form = Self {
            at,
            kind: kind.to_owned(),
            column: column.to_owned(),
            ..Self::default()
        };
        match kind {
            "clip" => (form.low, form.high) = ("0.01".to_owned(), "0.99".to_owned()),
            "bin" => "10".clone_into(&mut form.low),
            "sample" => "10 %".clone_into(&mut form.low),
            "derive" if !column.is_empty() => form.second = quoted(column),
            "rename" => column.clone_into(&mut form.text),
            "unpivot" => (form.text, form.second) = ("name".to_owned(), "value".to_owned()),
            "filter" if column.is_empty() => form.choice = OPERATORS.len() - 1,
            _ => {}
        }
        form
    }

    /// What it is called.
    pub(super) fn title(&self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self.kind)
            .map_or("Sort", |(_, title)| title)
    }

    /// A form that says what a step says.
    pub(in super::super) fn of_step(step: &Step, at: usize) -> Self {
        let mut form = Self { at, ..Self::default() };
        form.kind = serde_json::to_value(step)
            .ok()
            .and_then(|value| value.get("step")?.as_str().map(str::to_owned))
            .unwrap_or_default();
        let joined = |names: &[String]| names.join(", ");
        let position = |found: Option<usize>| found.unwrap_or(0);
        match step.clone() {
            Step::Filter(condition) => {
                (form.choice, form.text) = (OPERATORS.len() - 1, condition.sql());
            }
            Step::Select { columns } | Step::Drop { columns } | Step::DropMissing { columns } => form.columns = columns,
            Step::Rename { from, to } => (form.column, form.text) = (from, to),
            Step::Cast { column, to } => {
                form.column = column;
                form.choice = position(TYPES.iter().position(|(kind, _)| *kind == to));
            }
            Step::Fill { column, with } => {
                form.column = column;
                form.choice = match with {
                    Filling::Value(text) => {
                        form.text = text;
                        0
                    }
                    Filling::Mean => 1,
                    Filling::Median => 2,
                    Filling::MostFrequent => 3,
                    Filling::Previous => 4,
                    Filling::Next => 5,
                };
            }
            Step::Deduplicate { columns, keep } => {
                form.columns = columns;
                form.choice = position(KEEPS.iter().position(|(known, _)| *known == keep));
            }
            Step::Derive { name, expression } => (form.text, form.second) = (name, expression),
            Step::ParseDates { column, format, time } => {
                (form.column, form.text, form.choice) = (column, format.unwrap_or_default(), usize::from(time));
            }
            Step::SplitText {
                column,
                separator,
                into,
            } => {
                (form.column, form.text, form.second) = (column, separator, joined(&into));
            }
            Step::Unfold { column, .. } | Step::Explode { column, .. } => form.column = column,
            Step::Bin { column, into, by } => {
                (form.column, form.text) = (column, into);
                (form.choice, form.low) = match by {
                    Binning::Width(bins) => (0, bins.to_string()),
                    Binning::Quantiles(bins) => (1, bins.to_string()),
                    Binning::Edges(edges) => (2, edges.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")),
                };
            }
            Step::Clip { column, to } => {
                form.column = column;
                let (choice, low, high) = match to {
                    Limits::Quantiles { low, high } => (0, low, high),
                    Limits::Values { low, high } => (1, low, high),
                };
                (form.choice, form.low, form.high) = (choice, low.to_string(), high.to_string());
            }
            Step::Join { table, on, how } => {
                form.text = table.to_string_lossy().into_owned();
                if let Some(key) = on.into_iter().next() {
                    (form.column, form.second) = (key.left, key.right);
                }
                form.choice = position(JOINS.iter().position(|(known, _)| *known == how));
            }
            Step::Group { by, aggregates } => {
                form.columns = by;
                if let Some(first) = aggregates.into_iter().next() {
                    (form.column, form.text) = (first.column, first.name);
                    form.choice = position(FUNCTIONS.iter().position(|(known, _)| *known == first.function));
                }
            }
            Step::Pivot {
                on,
                index,
                values,
                function,
                ..
            } => {
                (form.column, form.columns, form.second) = (on, index, values);
                form.choice = position(FUNCTIONS.iter().position(|(known, _)| *known == function));
            }
            Step::Unpivot {
                columns, names, values, ..
            } => {
                (form.columns, form.text, form.second) = (columns, names, values);
            }
            Step::Sort { by } => {
                if let Some(first) = by.into_iter().next() {
                    (form.column, form.choice) = (first.column, usize::from(first.descending));
                }
            }
            Step::Sample { rows, seed } => {
                form.low = match rows {
                    SampleSize::Count(count) => count.to_string(),
                    SampleSize::Share(share) => format!("{} %", share * 100.0),
                };
                form.high = seed.to_string();
            }
            Step::Balance { column, seed } => (form.column, form.high) = (column, seed.to_string()),
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use aloft_data::Column;

    use super::*;

    fn columns() -> Vec<Column> {
        [
            ("age", ColumnType::Integer),
            ("City", ColumnType::String),
            ("born", ColumnType::Date),
        ]
        .map(|(name, kind)| Column {
            name: name.into(),
            kind,
        })
        .to_vec()
    }

    #[test]
    fn a_form_says_what_is_missing_until_it_is_a_step() {
        let mut form = StepForm::about("rename", "age", 0);
        form.text.clear();
        assert_eq!(form.step(&columns()), Err("Type a new name"));
        form.text = " years ".into();
        assert_eq!(form.step(&columns()).unwrap().words(), "Rename age to years");
        form.column = "gone".into();
        assert_eq!(form.step(&columns()), Err("Choose a column"));
        let mut form = StepForm::about("clip", "age", 0);
        (form.low, form.high) = ("0.9".into(), "0.1".into());
        assert_eq!(form.step(&columns()), Err("The lower limit is above the upper one"));
    }

    #[test]
    fn conditions_are_of_the_type_of_their_column() {
        let sql = |column: &str, choice, text: &str| {
            let mut form = StepForm::about("filter", column, 0);
            (form.choice, form.text) = (choice, text.to_owned());
            match form.step(&columns()).unwrap() {
                Step::Filter(condition) => condition.sql(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(sql("age", 2, "30"), "age >= 30");
        assert_eq!(sql("City", 0, "Rome"), "\"City\" = 'Rome'");
        assert_eq!(sql("born", 5, "2001-02-03"), "born < CAST('2001-02-03' AS DATE)");
        assert_eq!(sql("City", 7, ""), "\"City\" IS NULL");
        assert_eq!(sql("", OPERATORS.len() - 1, "age > 3"), "age > 3");
    }

    #[test]
    fn a_step_that_is_edited_and_not_changed_stays_what_it_was() {
        let steps = [
            serde_json::json!({"step": "fill", "column": "age", "with": "mean"}),
            serde_json::json!({"step": "bin", "column": "age", "into": "b", "by": {"edges": [1.0, 2.5]}}),
            serde_json::json!({"step": "unfold", "column": "City"}),
            serde_json::json!({"step": "explode", "column": "City"}),
            serde_json::json!({"step": "sample", "rows": {"share": 0.25}, "seed": 4}),
            serde_json::json!({"step": "deduplicate", "columns": ["City"], "keep": "last"}),
            serde_json::json!({"step": "join", "table": "x.csv", "on": [{"left": "City", "right": "town"}], "how": "inner"}),
            serde_json::json!({"step": "unpivot", "columns": ["age"], "index": ["City", "born"], "names": "n", "values": "v"}),
        ];
        for step in steps {
            let step: Step = serde_json::from_value(step).unwrap();
            assert_eq!(StepForm::of_step(&step, 0).step(&columns()), Ok(step));
        }
    }
}
