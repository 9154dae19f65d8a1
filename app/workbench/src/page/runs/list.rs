//! The rows of the table: what of each run is shown, in which order, and which match the search.

use std::cmp::Ordering;

use aloft_base::job::State;
use aloft_base::run::Run;

use crate::library::Library;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    State,
    Dataset,
    Model,
    Metric,
    Started,
    Duration,
}

/// By which column the rows are sorted, and whether the largest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub column: Column,
    pub descending: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            column: Column::Started,
            descending: true,
        }
    }
}

/// One run, as the table shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) state: State,
    /// The file's name.
    pub(super) dataset: String,
    pub(super) path: String,
    pub(super) model: &'static str,
    pub(super) target: String,
    /// The metric that is looked at first, on the test part: its name and value.
    pub(super) metric: Option<(&'static str, f64)>,
    pub(super) created_ms: i64,
    pub(super) started_ms: Option<i64>,
    pub(super) ended_ms: Option<i64>,
    /// Progress from 0 to 1, while it works.
    pub(super) fraction: Option<f64>,
}

impl Row {
    fn of(run: &Run) -> Self {
        let dataset = run.dataset.rsplit(['/', '\\']).next().unwrap_or(&run.dataset);
        Self {
            id: run.id.clone(),
            name: run.name.clone(),
            state: run.state,
            dataset: dataset.to_owned(),
            path: run.dataset.clone(),
            model: model_name(&run.model),
            target: run.target.clone(),
            metric: main_metric(run),
            created_ms: run.created_ms,
            started_ms: run.started_ms,
            ended_ms: run.ended_ms,
            fraction: run
                .progress
                .as_ref()
                .filter(|_| run.state.is_active())
                .and_then(|progress| progress.fraction),
        }
    }

    /// How long it took, or takes so far.
    pub(super) fn duration_secs(&self, now_ms: i64) -> Option<f64> {
        let end = if self.state.is_active() { now_ms } else { self.ended_ms? };
        Some((end - self.started_ms?).max(0) as f64 / 1000.0)
    }

    fn contains(&self, words: &str) -> bool {
        let state = crate::widget::state_word(self.state);
        [
            self.name.as_str(),
            &self.dataset,
            self.model,
            &self.target,
            state,
            &self.id,
        ]
        .iter()
        .any(|text| text.to_lowercase().contains(words))
    }
}

/// A model's kind as a person reads it.
fn model_name(kind: &str) -> &'static str {
    match kind {
        "linear" => "Linear",
        "mlp" => "MLP",
        _ => "Other",
    }
}

/// Accuracy or R² on the test part.
fn main_metric(run: &Run) -> Option<(&'static str, f64)> {
    let test = run.result.as_ref()?.get("metrics")?.get("test")?;
    [("accuracy", "accuracy"), ("r2", "R²"), ("rmse", "RMSE")]
        .into_iter()
        .find_map(|(key, label)| Some((label, test.get(key)?.as_f64()?)))
}

/// The rows, and what they were made from.
#[derive(Default)]
pub(super) struct List {
    rows: Vec<Row>,
    order: Order,
    made_from: Option<(u64, String, Order)>,
}

impl List {
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// Sorts by a column; by the same one again the other way round.
    pub(super) fn sort_by(&mut self, column: Column) {
        let again = self.order.column == column;
        // Text reads from A to Z; of numbers and times the largest is wanted first.
        let first = matches!(column, Column::Metric | Column::Started | Column::Duration);
        self.order = Order {
            column,
            descending: if again { !self.order.descending } else { first },
        };
    }

    /// Makes the rows anew if the runs, the search or the order changed.
    pub(super) fn update(&mut self, library: &Library, find: &str) {
        let words = find.trim().to_lowercase();
        let from = (library.version(), words, self.order);
        if self.made_from.as_ref() == Some(&from) {
            return;
        }
        self.rows = library
            .runs()
            .iter()
            .map(Row::of)
            .filter(|row| from.1.is_empty() || row.contains(&from.1))
            .collect();
        let order = self.order;
        self.rows.sort_by(|a, b| {
            let ordering = compare(a, b, order.column);
            let ordering = if order.descending { ordering.reverse() } else { ordering };
            // Equal rows stay newest first, and rows without a value are last either way.
            missing(a, order.column)
                .cmp(&missing(b, order.column))
                .then(ordering)
                .then_with(|| b.created_ms.cmp(&a.created_ms))
        });
        self.made_from = Some(from);
    }
}

fn missing(row: &Row, column: Column) -> bool {
    match column {
        Column::Metric => row.metric.is_none(),
        Column::Duration => row.started_ms.is_none(),
        _ => false,
    }
}

fn compare(a: &Row, b: &Row, column: Column) -> Ordering {
    let duration = |row: &Row| {
        row.ended_ms
            .unwrap_or(i64::MAX)
            .saturating_sub(row.started_ms.unwrap_or(i64::MAX))
    };
    match column {
        Column::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
        Column::State => a.state.as_str().cmp(b.state.as_str()),
        Column::Dataset => a.dataset.to_lowercase().cmp(&b.dataset.to_lowercase()),
        Column::Model => a.model.cmp(b.model),
        Column::Metric => {
            let value = |row: &Row| row.metric.map_or(f64::NEG_INFINITY, |(_, value)| value);
            value(a).total_cmp(&value(b))
        }
        Column::Started => a.created_ms.cmp(&b.created_ms),
        Column::Duration => duration(a).cmp(&duration(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Delta;

    fn run(id: &str, name: &str, accuracy: Option<f64>, created_ms: i64) -> Run {
        Run {
            id: id.into(),
            name: name.into(),
            dataset: "/data/sales.csv".into(),
            fingerprint: None,
            model: "mlp".into(),
            task: "binary".into(),
            target: "bought".into(),
            recipe: String::new(),
            job: None,
            state: State::Done,
            progress: None,
            error: None,
            result: accuracy.map(|value| serde_json::json!({"metrics": {"test": {"accuracy": value}}})),
            created_ms,
            started_ms: Some(created_ms),
            ended_ms: Some(created_ms + 1000),
        }
    }

    fn library() -> Library {
        let mut library = Library::default();
        let runs = vec![
            run("r1", "beta", Some(0.9), 1),
            run("r2", "Alpha", None, 2),
            run("r3", "gamma", Some(0.95), 3),
        ];
        library.apply(Delta::Everything {
            datasets: vec![],
            runs,
            jobs: vec![],
            shelf: crate::library::Shelf::default(),
        });
        library
    }

    fn names(list: &List) -> Vec<&str> {
        list.rows().iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn rows_are_newest_first_until_another_column_is_chosen() {
        let library = library();
        let mut list = List::default();
        list.update(&library, "");
        assert_eq!(names(&list), ["gamma", "Alpha", "beta"]);
        list.sort_by(Column::Name);
        list.update(&library, "");
        assert_eq!(names(&list), ["Alpha", "beta", "gamma"]);
        list.sort_by(Column::Metric);
        list.update(&library, "");
        assert_eq!(
            names(&list),
            ["gamma", "beta", "Alpha"],
            "the best first, without a value last"
        );
        list.sort_by(Column::Metric);
        list.update(&library, "");
        assert_eq!(
            names(&list),
            ["beta", "gamma", "Alpha"],
            "without a value last also the other way round"
        );
    }

    #[test]
    fn the_search_looks_at_name_dataset_model_and_state() {
        let library = library();
        let mut list = List::default();
        for (words, found) in [
            ("ALPHA", 1),
            ("sales", 3),
            ("mlp", 3),
            ("done", 3),
            ("r3", 1),
            ("nothing", 0),
        ] {
            list.update(&library, words);
            assert_eq!(list.rows().len(), found, "{words}");
        }
    }
}
