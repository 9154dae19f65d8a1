//! A step while it is written: what was typed, and the step that it means.

use aloft_data::{
    Aggregate, Binning, Bound, Column, ColumnType, Condition, Filling, Function, JoinHow, JoinKey, Keep, Limits,
    SampleSize, SortKey, Step, quoted,
};

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

    /// The step that is meant, or what is missing for one.
    pub(super) fn step(&self, columns: &[Column]) -> Result<Step, &'static str> {
        let column = || self.column_of(columns).map(|column| column.name.clone());
        let text = |what: &'static str| filled(&self.text, what);
        Ok(match self.kind.as_str() {
            "filter" => Step::Filter(self.condition(columns)?),
            "select" => Step::Select {
                columns: self.some("Choose columns")?,
            },
            "drop" => Step::Drop {
                columns: self.some("Choose columns")?,
            },
            "rename" => Step::Rename {
                from: column()?,
                to: text("Type a new name")?,
            },
            "cast" => Step::Cast {
                column: column()?,
                to: TYPES[self.choice.min(TYPES.len() - 1)].0,
            },
            "fill" => Step::Fill {
                column: column()?,
                with: match self.choice {
                    0 => Filling::Value(text("Type a value")?),
                    1 => Filling::Mean,
                    2 => Filling::Median,
                    3 => Filling::MostFrequent,
                    4 => Filling::Previous,
                    _ => Filling::Next,
                },
            },
            "drop_missing" => Step::DropMissing {
                columns: self.columns.clone(),
            },
            "deduplicate" => Step::Deduplicate {
                columns: self.columns.clone(),
                keep: KEEPS[self.choice.min(KEEPS.len() - 1)].0,
            },
            "derive" => Step::Derive {
                name: text("Type a name")?,
                expression: filled(&self.second, "Type an expression")?,
            },
            "parse_dates" => Step::ParseDates {
                column: column()?,
                format: Some(self.text.trim().to_owned()).filter(|format| !format.is_empty()),
                time: self.choice == 1,
            },
            "split_text" => Step::SplitText {
                column: column()?,
                separator: if self.text.is_empty() {
                    return Err("Type a separator");
                } else {
                    self.text.clone()
                },
                into: names(&self.second, "Type the names of the new columns")?,
            },
            "bin" => Step::Bin {
                column: column()?,
                into: if self.text.trim().is_empty() {
                    format!("{} bin", column()?)
                } else {
                    self.text.trim().to_owned()
                },
                by: match self.choice {
                    0 => Binning::Width(bins(&self.low)?),
                    1 => Binning::Quantiles(bins(&self.low)?),
                    _ => Binning::Edges(edges(&self.low)?),
                },
            },
            "clip" => {
                let (low, high) = (
                    number(&self.low, "Type the lower limit")?,
                    number(&self.high, "Type the upper limit")?,
                );
                if low > high {
                    return Err("The lower limit is above the upper one");
                }
                let to = if self.choice == 0 {
                    if !(0.0..=1.0).contains(&low) || !(0.0..=1.0).contains(&high) {
                        return Err("Quantiles are from 0 to 1");
                    }
                    Limits::Quantiles { low, high }
                } else {
                    Limits::Values { low, high }
                };
                Step::Clip { column: column()?, to }
            }
            "join" => Step::Join {
                table: text("Type the path of the other file")?.into(),
                on: vec![JoinKey {
                    left: column()?,
                    right: if self.second.trim().is_empty() {
                        column()?
                    } else {
                        self.second.trim().to_owned()
                    },
                }],
                how: JOINS[self.choice.min(JOINS.len() - 1)].0,
            },
            "group" => {
                let function = self.function();
                let column = column()?;
                let name = if self.text.trim().is_empty() {
                    format!("{} of {column}", function.words())
                } else {
                    self.text.trim().to_owned()
                };
                Step::Group {
                    by: self.some("Choose the columns to group by")?,
                    aggregates: vec![Aggregate { column, function, name }],
                }
            }
            "pivot" => Step::Pivot {
                on: column()?,
                columns: Vec::new(),
                index: self.some("Choose the columns that name a row")?,
                values: filled(&self.second, "Choose the column with the values")?,
                function: self.function(),
            },
            "unpivot" => {
                let turned = self.some("Choose the columns to turn")?;
                let index = columns.iter().map(|column| column.name.clone());
                Step::Unpivot {
                    index: index.filter(|name| !turned.contains(name)).collect(),
                    columns: turned,
                    names: text("Type a name for the names")?,
                    values: filled(&self.second, "Type a name for the values")?,
                }
            }
            "sample" => Step::Sample {
                rows: sample(&self.low)?,
                seed: seed(&self.high)?,
            },
            "unfold" => Step::Unfold {
                column: column()?,
                fields: Vec::new(),
            },
            "explode" => Step::Explode {
                column: column()?,
                to: None,
            },
            "balance" => Step::Balance {
                column: column()?,
                seed: seed(&self.high)?,
            },
            _ => Step::Sort {
                by: vec![SortKey {
                    column: column()?,
                    descending: self.choice == 1,
                }],
            },
        })
    }

    fn condition(&self, columns: &[Column]) -> Result<Condition, &'static str> {
        if self.choice + 1 == OPERATORS.len() {
            return Ok(Condition::Sql {
                expression: filled(&self.text, "Type a condition in SQL")?,
            });
        }
        let column = self.column_of(columns)?;
        let name = column.name.clone();
        match self.choice {
            7 => return Ok(Condition::Missing { column: name }),
            8 => return Ok(Condition::NotMissing { column: name }),
            _ => {}
        }
        let value = filled(&self.text, "Type a value")?;
        let is = Condition::of_value(column, &value);
        let literal = match &is {
            Condition::Is { values, .. } => values.first().cloned(),
            _ => None,
        };
        let bound = |inclusive| {
            let cast = match column.kind {
                ColumnType::Date => Some("date".to_owned()),
                ColumnType::Datetime => Some("datetime".to_owned()),
                _ => None,
            };
            Some(Bound {
                value: literal
                    .clone()
                    .unwrap_or_else(|| aloft_data::Literal::Text(value.clone())),
                inclusive,
                cast,
            })
        };
        let between = |low, high| Condition::Between {
            column: name.clone(),
            low,
            high,
        };
        Ok(match self.choice {
            0 => is,
            1 => match literal.clone() {
                Some(literal) => Condition::IsNot {
                    column: name,
                    values: vec![literal],
                },
                None => Condition::Sql {
                    expression: format!("NOT ({})", is.sql()),
                },
            },
            2 => between(bound(true), None),
            3 => between(bound(false), None),
            4 => between(None, bound(true)),
            5 => between(None, bound(false)),
            _ => Condition::Contains {
                column: name,
                text: value,
            },
        })
    }

    fn column_of<'a>(&self, columns: &'a [Column]) -> Result<&'a Column, &'static str> {
        columns
            .iter()
            .find(|column| column.name == self.column)
            .ok_or("Choose a column")
    }

    fn some(&self, missing: &'static str) -> Result<Vec<String>, &'static str> {
        if self.columns.is_empty() {
            Err(missing)
        } else {
            Ok(self.columns.clone())
        }
    }

    fn function(&self) -> Function {
        FUNCTIONS[self.choice.min(FUNCTIONS.len() - 1)].0
    }
}

fn filled(text: &str, missing: &'static str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        Err(missing)
    } else {
        Ok(text.to_owned())
    }
}

fn names(text: &str, missing: &'static str) -> Result<Vec<String>, &'static str> {
    let names: Vec<String> = text
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() { Err(missing) } else { Ok(names) }
}

fn number(text: &str, missing: &'static str) -> Result<f64, &'static str> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or(missing)
}

fn bins(text: &str) -> Result<u32, &'static str> {
    text.trim()
        .parse()
        .ok()
        .filter(|bins| (2..=1000).contains(bins))
        .ok_or("Type a number of bins from 2 to 1000")
}

fn edges(text: &str) -> Result<Vec<f64>, &'static str> {
    let missing = "Type ascending numbers, with commas between";
    let edges: Vec<f64> = text
        .split(',')
        .map(|edge| number(edge, missing))
        .collect::<Result<_, _>>()?;
    if edges.windows(2).all(|pair| pair[0] < pair[1]) {
        Ok(edges)
    } else {
        Err(missing)
    }
}

fn sample(text: &str) -> Result<SampleSize, &'static str> {
    let missing = "Type a number of rows, or a share such as 10 %";
    match text.trim().strip_suffix('%') {
        Some(percent) => {
            let share = number(percent, missing)? / 100.0;
            if (0.0..=1.0).contains(&share) {
                Ok(SampleSize::Share(share))
            } else {
                Err(missing)
            }
        }
        None => text.trim().parse().map(SampleSize::Count).ok().ok_or(missing),
    }
}

fn seed(text: &str) -> Result<u64, &'static str> {
    if text.trim().is_empty() {
        Ok(0)
    } else {
        text.trim().parse().ok().ok_or("A seed is a whole number")
    }
}

#[cfg(test)]
mod tests {
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
