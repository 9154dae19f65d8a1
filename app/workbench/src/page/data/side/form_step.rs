//! The step that a form means, or what it lacks for one.

use aloft_data::{
    Aggregate, Binning, Bound, Column, ColumnType, Condition, Filling, Function, JoinKey, Limits, SampleSize, SortKey,
    Step,
};

use super::form::{FUNCTIONS, JOINS, KEEPS, OPERATORS, StepForm, TYPES};

impl StepForm {
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
