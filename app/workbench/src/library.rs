//! The workspace as the window last read it: datasets, runs, jobs, models, endpoints, connections.
//!
//! Read whole once, then row by row as the change feed names them. Everything a view
//! shows of the workspace comes from here or from a [`Fetch`](crate::work::Fetch) of its own.

mod shelf;

use std::collections::BTreeMap;

use aloft_base::change::{Change, Topic};
use aloft_base::connection::Connection;
use aloft_base::dataset::{self, Dataset};
use aloft_base::endpoint::Endpoint;
use aloft_base::endpoint::health::HealthChange;
use aloft_base::job::{self, Job, State};
use aloft_base::run::{self, Run};
use aloft_base::{Error, ErrorKind, Explain, Report, Workspace};

pub(crate) use shelf::row as model_row;
pub use shelf::{ModelRow, Shelf};

/// How many of the newest rows of each kind the window holds.
const LIMIT: usize = 10_000;

/// Datasets, runs and jobs, each newest first; models, endpoints and connections by name.
#[derive(Debug, Default)]
pub struct Library {
    datasets: Vec<Dataset>,
    runs: Vec<Run>,
    jobs: Vec<Job>,
    models: Vec<ModelRow>,
    endpoints: Vec<Endpoint>,
    connections: Vec<Connection>,
    alerts: Vec<HealthChange>,
    /// Counts the changes of each thing; compared by pages with what they loaded last.
    revisions: BTreeMap<Change, u64>,
    /// Counts the changes of each kind of thing.
    topics: BTreeMap<Topic, u64>,
    /// Counts how often everything may have changed.
    epoch: u64,
    loaded: bool,
    /// Counts the times rows were taken over.
    version: u64,
}

/// What was read anew: rows by id, `None` when the row is gone.
#[derive(Debug)]
pub enum Delta {
    Everything {
        datasets: Vec<Dataset>,
        runs: Vec<Run>,
        jobs: Vec<Job>,
        shelf: Shelf,
    },
    Rows {
        datasets: Vec<(String, Option<Dataset>)>,
        runs: Vec<(String, Option<Run>)>,
        jobs: Vec<(String, Option<Job>)>,
        shelf: Shelf,
    },
}

impl Library {
    /// Whether the workspace was read at all; until then pages show that they wait.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether nothing was ever done in the workspace.
    pub fn is_empty(&self) -> bool {
        let nothing_made = self.datasets.is_empty() && self.runs.is_empty();
        nothing_made && self.models.is_empty() && self.endpoints.is_empty()
    }

    /// The datasets, the one opened last first.
    pub fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// The runs, newest first. Their results hold the metrics but not the long parts
    /// (confusion, residuals, worst rows): read those with `aloft_base::run::get` on a worker.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The jobs, newest first.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The registered models, by name.
    pub fn models(&self) -> &[ModelRow] {
        &self.models
    }

    /// The connections, by name.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The endpoints, by name.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The alerts nobody has seen, oldest first.
    pub fn alerts(&self) -> &[HealthChange] {
        &self.alerts
    }

    pub fn connection(&self, id: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.id == id)
    }

    pub fn model(&self, name: &str) -> Option<&ModelRow> {
        self.models.iter().find(|row| row.model.name == name)
    }

    pub fn endpoint(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == id)
    }

    pub fn dataset(&self, id: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.id == id)
    }

    pub fn run(&self, id: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    pub fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// The newest job that works or worked on this dataset or run.
    pub fn job_of(&self, subject: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.subject == subject)
    }

    /// The jobs a process works on or will work on, newest first, without those of the background.
    pub fn active_jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs
            .iter()
            .filter(|job| job.state.is_active() && !is_background(job))
    }

    /// What a job works on, as a person calls it: the name of a file, run, endpoint or model.
    pub fn subject_name(&self, job: &Job) -> String {
        match job.kind {
            job::Kind::Profile => self.dataset(&job.subject).map(dataset_name),
            job::Kind::Train => self.run(&job.subject).map(|run| run.name.clone()),
            job::Kind::Serve => self.endpoint(&job.subject).map(|endpoint| endpoint.name.clone()),
            job::Kind::Predict | job::Kind::Transfer | job::Kind::Watch | job::Kind::Query => None,
        }
        .unwrap_or_else(|| job.subject.clone())
    }

    /// Grows whenever this thing may have changed: its row, or for a run its metrics, for a job its log.
    /// A page keeps the revision of what it loaded, and loads again when the two differ.
    pub fn revision(&self, topic: Topic, id: &str) -> u64 {
        let change = Change {
            topic,
            id: id.to_owned(),
        };
        self.epoch + self.revisions.get(&change).copied().unwrap_or(0)
    }

    /// As [`Library::revision`], for all things of a kind together.
    pub fn topic_revision(&self, topic: Topic) -> u64 {
        self.epoch + self.topics.get(&topic).copied().unwrap_or(0)
    }

    /// Notes that these things changed, before their rows are read anew.
    pub(crate) fn note(&mut self, changes: &[Change]) {
        for change in changes {
            *self.revisions.entry(change.clone()).or_default() += 1;
            *self.topics.entry(change.topic).or_default() += 1;
        }
    }

    /// Notes that anything may have changed.
    pub(crate) fn note_everything(&mut self) {
        self.epoch += 1;
    }

    /// Grows whenever rows were taken over; what was made of all rows is then made anew.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes over what a worker read.
    pub(crate) fn apply(&mut self, delta: Delta) {
        self.version += 1;
        match delta {
            Delta::Everything {
                datasets,
                runs,
                jobs,
                shelf,
            } => {
                (self.datasets, self.runs, self.jobs) = (datasets, runs, jobs);
                self.put(shelf);
                self.loaded = true;
            }
            Delta::Rows {
                datasets,
                runs,
                jobs,
                shelf,
            } => {
                self.put(shelf);
                merge(&mut self.datasets, datasets, |dataset| &dataset.id);
                merge(&mut self.runs, runs, |run| &run.id);
                merge(&mut self.jobs, jobs, |job| &job.id);
            }
        }
        self.datasets
            .sort_by(|a, b| (b.opened_ms, &b.id).cmp(&(a.opened_ms, &a.id)));
        self.runs
            .sort_by(|a, b| (b.created_ms, &b.id).cmp(&(a.created_ms, &a.id)));
        self.jobs
            .sort_by(|a, b| (b.created_ms, &b.id).cmp(&(a.created_ms, &a.id)));
    }

    /// Takes in a dataset that was just opened, ahead of the change feed.
    pub(crate) fn insert_dataset(&mut self, dataset: Dataset) {
        let datasets = vec![(dataset.id.clone(), Some(dataset))];
        self.apply(Delta::Rows {
            datasets,
            runs: Vec::new(),
            jobs: Vec::new(),
            shelf: Shelf::default(),
        });
    }

    /// Takes in a run that was just started, ahead of the change feed.
    pub(crate) fn insert_run(&mut self, run: Run) {
        let runs = vec![(run.id.clone(), Some(run))];
        self.apply(Delta::Rows {
            datasets: Vec::new(),
            runs,
            jobs: Vec::new(),
            shelf: Shelf::default(),
        });
    }

    /// Takes in a model that just got a version, ahead of the change feed.
    pub(crate) fn insert_model(&mut self, row: ModelRow) {
        self.version += 1;
        self.models.retain(|other| other.model.name != row.model.name);
        self.models.push(row);
        self.models.sort_by(|a, b| a.model.name.cmp(&b.model.name));
    }

    /// Takes in an endpoint that was just made, ahead of the change feed.
    pub(crate) fn insert_endpoint(&mut self, endpoint: Endpoint) {
        self.version += 1;
        self.endpoints.retain(|other| other.id != endpoint.id);
        self.endpoints.push(endpoint);
        self.endpoints.sort_by(|a, b| a.name.cmp(&b.name));
    }

    fn put(&mut self, shelf: Shelf) {
        if let Some(models) = shelf.models {
            self.models = models;
        }
        if let Some(endpoints) = shelf.endpoints {
            self.endpoints = endpoints;
        }
        if let Some(connections) = shelf.connections {
            self.connections = connections;
        }
        if let Some(alerts) = shelf.alerts {
            self.alerts = alerts;
        }
    }

    /// Runs that need a look: the newest ones that failed or were interrupted.
    pub fn needs_attention(&self) -> impl Iterator<Item = &Run> {
        self.runs
            .iter()
            .filter(|run| matches!(run.state, State::Failed | State::Interrupted))
    }
}

/// Whether a job is plumbing that no person started.
pub fn is_background(job: &Job) -> bool {
    // A question that the grid asks is shown where it was asked.
    matches!(job.kind, job::Kind::Watch | job::Kind::Query)
}

/// The file's name.
pub fn dataset_name(dataset: &Dataset) -> String {
    dataset.path.file_name().map_or_else(
        || dataset.path.to_string_lossy().into_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn merge<T>(rows: &mut Vec<T>, changed: Vec<(String, Option<T>)>, id_of: impl Fn(&T) -> &String) {
    for (id, row) in changed {
        let position = rows.iter().position(|row| *id_of(row) == id);
        match (position, row) {
            (Some(position), Some(row)) => rows[position] = row,
            (Some(position), None) => drop(rows.remove(position)),
            (None, Some(row)) => rows.push(row),
            (None, None) => {}
        }
    }
}

/// Reads everything. Called on a worker.
pub(crate) fn read_everything(workspace: &Workspace) -> Result<Delta, Report> {
    let read = || {
        let mut runs = run::list(workspace, LIMIT)?;
        runs.iter_mut().for_each(slim);
        Ok(Delta::Everything {
            datasets: dataset::recent(workspace, LIMIT)?,
            runs,
            jobs: job::list(workspace, LIMIT)?,
            shelf: shelf::read(workspace, shelf::Wanted::ALL)?,
        })
    };
    read().map_err(|error: Error| Report::of(&error))
}

/// Reads the rows that changed. A run's state is its job's, so a changed job names its run too,
/// and one that serves its endpoint.
/// Called on a worker.
pub(crate) fn read_rows(workspace: &Workspace, changes: &[Change]) -> Result<Delta, Report> {
    let read = || {
        let (mut datasets, mut runs, mut jobs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut wanted = shelf::Wanted::default();
        for change in changes {
            match change.topic {
                Topic::Dataset => {
                    datasets.insert(change.id.clone(), found(dataset::get(workspace, &change.id))?);
                }
                Topic::Run => {
                    runs.insert(change.id.clone(), read_run(workspace, &change.id)?);
                }
                Topic::Job => {
                    let job = found(job::get(workspace, &change.id))?;
                    if let Some(job) = job.as_ref().filter(|job| job.kind == job::Kind::Train) {
                        runs.insert(job.subject.clone(), read_run(workspace, &job.subject)?);
                    }
                    // A killed process shows at its endpoint at once, before anybody looked at its health.
                    wanted.endpoints |= job.as_ref().is_none_or(|job| job.kind == job::Kind::Serve);
                    jobs.insert(change.id.clone(), job);
                }
                Topic::Model => wanted.models = true,
                Topic::Endpoint => wanted.endpoints = true,
                Topic::Connection => wanted.connections = true,
                Topic::Transfer | Topic::Log | Topic::Metrics => {}
            }
        }
        Ok(Delta::Rows {
            datasets: datasets.into_iter().collect(),
            runs: runs.into_iter().collect(),
            jobs: jobs.into_iter().collect(),
            shelf: shelf::read(workspace, wanted)?,
        })
    };
    read().map_err(|error: Error| Report::of(&error))
}

/// Leaves out of a run's result what only its own page shows (confusion, residuals, worst rows),
/// so that ten thousand runs fit in memory. The run's page reads the whole row itself.
fn slim(run: &mut Run) {
    if let Some(serde_json::Value::Object(result)) = &mut run.result {
        for part in ["confusion", "residuals", "worst", "features", "left_out"] {
            result.remove(part);
        }
    }
}

fn read_run(workspace: &Workspace, id: &str) -> Result<Option<Run>, Error> {
    let mut row = found(run::get(workspace, id))?;
    row.iter_mut().for_each(slim);
    Ok(row)
}

fn found<T>(row: Result<T, Error>) -> Result<Option<T>, Error> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_the_feed_names_them() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let mut library = Library::default();
        library.apply(read_everything(&workspace).unwrap());
        assert!(library.is_loaded() && library.jobs().is_empty());

        let id = job::create(&workspace, job::Kind::Profile, "d1", &serde_json::Value::Null).unwrap();
        let changes = [Change {
            topic: Topic::Job,
            id: id.clone(),
        }];
        let before = library.revision(Topic::Job, &id);
        library.note(&changes);
        library.apply(read_rows(&workspace, &changes).unwrap());
        assert_eq!(library.job(&id).unwrap().state, State::Queued);
        assert_eq!(library.revision(Topic::Job, &id), before + 1);
        assert_eq!(library.active_jobs().count(), 1);

        let gone = Delta::Rows {
            datasets: vec![],
            runs: vec![],
            jobs: vec![(id.clone(), None)],
            shelf: Shelf::default(),
        };
        library.apply(gone);
        assert!(library.job(&id).is_none());
    }
}
