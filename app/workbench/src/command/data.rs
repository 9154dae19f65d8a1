//! Files and datasets.

mod export;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use aloft_base::dataset::{self, Dataset};
use aloft_base::job::{self, State};
use aloft_base::remote::Remote;
use aloft_base::{Report, Workspace};
use aloft_cloud::transfer::Place;
use aloft_data::{CsvOptions, Source, sample_reading};
use egui::{Key, KeyboardShortcut};
use egui_phosphor::regular as icon;

use super::start_job::start_job;
use super::{Availability, Describe, shortcut};
use crate::context::AppContext;
use crate::dialog;
use crate::library::dataset_name;
use crate::outcome::Outcome;
use crate::samples::Sample;
use crate::work::{Lane, Work};

/// Opens, profiles or forgets datasets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataCommand {
    /// By a dialog.
    OpenFiles,
    OpenSample(Sample),
    /// Dropped, pasted or named on the command line.
    OpenPaths(Vec<PathBuf>),
    /// An object, a folder or a pattern in a bucket; `connection` is an id or a name.
    OpenRemote {
        connection: Option<String>,
        url: String,
    },
    /// Counts and profiles the dataset with this id once more.
    Profile(String),
    /// Profiles the dataset with this id and looks for what gives this column away.
    FindFor {
        id: String,
        target: String,
    },
    /// Takes it off the list; the file stays.
    Forget(String),
    /// Writes the rows that the steps of a dataset leave to a file, or a folder when partitioned.
    Export {
        id: String,
        out: PathBuf,
        partition_by: Vec<String>,
        /// Where it is moved then; `out` is only its name.
        target: Option<Place>,
    },
    /// Asks what is written in the SQL console.
    AskConsole,
    /// Keeps an answer, a file of the cache, in the workspace under a name like this one and opens it.
    KeepAnswer {
        path: PathBuf,
        name: String,
        /// To train on it.
        then_train: bool,
    },
    /// Says how the file of the dataset with this id is read; without options as it seems to be.
    SetReading {
        id: String,
        options: Option<CsvOptions>,
    },
    /// Replaces the steps that make the dataset with this id ready.
    SetSteps {
        id: String,
        steps: serde_json::Value,
    },
}

/// The endings a file dialog shows first.
pub const ENDINGS: [&str; 14] = [
    "csv", "tsv", "tab", "txt", "parquet", "json", "jsonl", "ndjson", "geojson", "arrow", "feather", "ipc", "gz", "zst",
];

impl DataCommand {
    pub(super) fn fixed() -> Vec<Self> {
        let mut all = vec![Self::OpenFiles];
        all.extend(Sample::ALL.into_iter().map(Self::OpenSample));
        all
    }
}

impl Describe for DataCommand {
    fn text(&self, ctx: &AppContext<'_>) -> Cow<'static, str> {
        let name = |id: &str| ctx.library.dataset(id).map_or_else(|| id.to_owned(), dataset_name);
        match self {
            Self::OpenFiles => "Open file…".into(),
            Self::OpenSample(sample) => format!("Open sample: {}", sample.title()).into(),
            Self::OpenPaths(paths) if paths.len() == 1 => format!("Open {}", paths[0].display()).into(),
            Self::OpenPaths(paths) => format!("Open {} files", paths.len()).into(),
            Self::OpenRemote { url, .. } => format!("Open {url} as dataset").into(),
            Self::Profile(id) => format!("Profile {} again", name(id)).into(),
            Self::FindFor { id, target } => format!("Look for what gives {target} away in {}", name(id)).into(),
            Self::Forget(id) => format!("Remove {} from the list", name(id)).into(),
            Self::Export { id, .. } => format!("Export {}", name(id)).into(),
            Self::AskConsole => "Run question".into(),
            Self::KeepAnswer { then_train: true, .. } => "Train on this…".into(),
            Self::KeepAnswer { .. } => "Open answer as dataset".into(),
            Self::SetSteps { id, .. } => format!("Change the steps of {}", name(id)).into(),
            Self::SetReading { id, .. } => format!("Change how {} is read", name(id)).into(),
        }
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::OpenFiles | Self::OpenPaths(_) => {
                "CSV, TSV, JSON, JSON Lines (also compressed), Parquet or Arrow IPC"
            }
            Self::OpenSample(_) => "A small real dataset that comes with Aloft",
            Self::OpenRemote { .. } => "Parquet and Arrow are read where they are; texts are brought here first",
            Self::Profile(_) => "Counts rows and summarises every column anew",
            Self::FindFor { .. } => "Leaks, rare classes and whatever else is odd",
            Self::Forget(_) => "The file itself stays where it is",
            Self::Export { .. } => "The rows that the steps leave",
            Self::AskConsole => "Answers the SQL that is written",
            Self::KeepAnswer { .. } => "Its rows are kept in the workspace as a dataset of their own",
            Self::SetSteps { .. } | Self::SetReading { .. } => "The file itself is never touched",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::OpenFiles | Self::OpenPaths(_) => icon::FOLDER_OPEN,
            Self::OpenSample(_) => icon::FLASK,
            Self::OpenRemote { .. } | Self::KeepAnswer { .. } => icon::TABLE,
            Self::Profile(_) => icon::CHART_BAR,
            Self::FindFor { .. } => icon::LIGHTBULB,
            Self::Forget(_) => icon::X,
            Self::Export { .. } => icon::EXPORT,
            Self::AskConsole => icon::PLAY,
            Self::SetSteps { .. } => icon::LIST_CHECKS,
            Self::SetReading { .. } => icon::SLIDERS_HORIZONTAL,
        }
    }

    fn shortcut(&self) -> Option<KeyboardShortcut> {
        match self {
            Self::OpenFiles => Some(shortcut::command(Key::O)),
            _ => None,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        match self {
            Self::Profile(id) | Self::FindFor { id, .. } => {
                let busy = ctx.library.job_of(id).is_some_and(|job| job.state.is_active());
                Availability::when(!busy, "It is being profiled now")
            }
            _ => Availability::Ready,
        }
    }
}

/// Does it; what came of it arrives as outcomes.
pub(crate) fn apply(command: DataCommand, work: &Work, window: Option<&eframe::Frame>) {
    match command {
        DataCommand::OpenFiles => dialog::open_files(work, window),
        DataCommand::OpenSample(sample) => {
            work.perform(Lane::Workspace, move |workspace| match sample.place(workspace) {
                Ok(path) => open(workspace, &path, false),
                Err(report) => Outcome::Failed {
                    what: format!("Could not open the sample {}", sample.title()),
                    report,
                },
            });
        }
        DataCommand::OpenPaths(paths) => {
            for path in paths {
                open_path(path, false, work);
            }
        }
        DataCommand::OpenRemote { connection, url } => {
            open_address(Remote { url, connection }, false, work);
        }
        DataCommand::Profile(id) => profile(id, serde_json::Value::Null, work),
        DataCommand::FindFor { id, target } => profile(id, serde_json::json!({ "target": target }), work),
        DataCommand::Export {
            id,
            out,
            partition_by,
            target: Some(target),
        } => work.perform(Lane::Models, move |workspace| {
            match export::deliver(workspace, &id, &out, partition_by, target) {
                Ok(()) => Outcome::Said {
                    title: format!("Wrote {}", out.display()),
                    text: "It is on its way to the bucket; Transfers shows how far it is".to_owned(),
                    undo: None,
                },
                Err(report) => Outcome::Failed {
                    what: format!("Could not export {}", out.display()),
                    report,
                },
            }
        }),
        DataCommand::Export {
            id,
            out,
            partition_by,
            target: None,
        } => work.perform(Lane::Models, move |workspace| {
            match export::export(workspace, &id, &out, partition_by) {
                Ok(()) => Outcome::Said {
                    title: format!("Exported to {}", out.display()),
                    text: String::new(),
                    undo: None,
                },
                Err(report) => Outcome::Failed {
                    what: format!("Could not export to {}", out.display()),
                    report,
                },
            }
        }),
        // The page holds what is written; the application tells it.
        DataCommand::AskConsole => {}
        DataCommand::KeepAnswer { path, name, then_train } => {
            work.perform(Lane::Workspace, move |workspace| match keep(workspace, &path, &name) {
                Ok(path) => open(workspace, &path, then_train),
                Err(report) => Outcome::Failed {
                    what: "Could not keep the rows".into(),
                    report,
                },
            });
        }
        DataCommand::SetReading { id, options } => work.perform(Lane::Workspace, move |workspace| {
            match set_reading(workspace, &id, options) {
                Ok((dataset, unprofiled)) => Outcome::DatasetOpened {
                    dataset: Box::new(dataset),
                    unprofiled,
                    then_train: false,
                },
                Err(report) => Outcome::Failed {
                    what: "Could not read the file so".into(),
                    report,
                },
            }
        }),
        DataCommand::SetSteps { id, steps } => {
            work.perform(Lane::Workspace, move |workspace| {
                match dataset::set_steps(workspace, &id, &steps) {
                    Ok(()) => Outcome::Done,
                    Err(error) => Outcome::Failed {
                        what: "Could not keep the steps".into(),
                        report: Report::of(&error),
                    },
                }
            });
        }
        DataCommand::Forget(id) => work.perform(Lane::Workspace, move |workspace| {
            match dataset::forget(workspace, &id) {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Failed {
                    what: "Could not remove the dataset from the list".into(),
                    report: Report::of(&error),
                },
            }
        }),
    }
}

/// Keeps how a file is read, and opens it anew so.
fn set_reading(
    workspace: &Workspace,
    id: &str,
    options: Option<CsvOptions>,
) -> Result<(Dataset, Option<Report>), Report> {
    let fault = |error: aloft_base::Error| Report::of(&error);
    let wrong = |error: aloft_data::DataError| Report::of(&error);
    let damaged = |error: serde_json::Error| Report::new(aloft_base::ErrorKind::Corrupt, error.to_string(), "");
    let row = dataset::get(workspace, id).map_err(fault)?;
    let mut source: Source = serde_json::from_value(row.source).map_err(damaged)?;
    let said = options
        .as_ref()
        .map(serde_json::to_value)
        .transpose()
        .map_err(damaged)?;
    source = match options {
        Some(options) => source.read_with(options),
        None => Source {
            remote: source.remote,
            ..aloft_data::detect(&source.path).map_err(wrong)?.source
        },
    };
    // What cannot be read is refused, and not kept.
    sample_reading(&source, 1).map_err(wrong)?;
    dataset::say_reading(workspace, &row.path, said.as_ref()).map_err(fault)?;
    let key = source.key().map_err(wrong)?;
    let stored = serde_json::to_value(&source).map_err(damaged)?;
    let row = dataset::open(workspace, &row.path, &stored, &key).map_err(fault)?;
    let unprofiled = start_profile(workspace, &row).err().map(|error| Report::of(&error));
    Ok((row, unprofiled))
}

/// Copies an answer out of the cache, under a name of its own.
fn keep(workspace: &Workspace, path: &Path, name: &str) -> Result<PathBuf, Report> {
    let folder = workspace.folder().join("answers");
    aloft_base::fs::create_folder(&folder).map_err(|error| Report::of(&error))?;
    let kept = (1..=u32::MAX)
        .map(|number| folder.join(format!("{name}-{number}.arrow")))
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join(format!("{name}.arrow")));
    let fault = |source: std::io::Error| {
        let message = format!("Could not copy {}: {source}", path.display());
        Report::new(
            aloft_base::ErrorKind::of_io(&source),
            message,
            "Check the disk, then try again.",
        )
    };
    std::fs::copy(path, kept.with_extension("part")).map_err(fault)?;
    std::fs::rename(kept.with_extension("part"), &kept).map_err(fault)?;
    Ok(kept)
}

/// Has a dataset profiled.
fn profile(id: String, spec: serde_json::Value, work: &Work) {
    work.perform(Lane::Workspace, move |workspace| {
        let profiled =
            job::create(workspace, job::Kind::Profile, &id, &spec).and_then(|job| start_job(workspace, &job));
        match profiled {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed {
                what: "Could not profile the dataset".into(),
                report: Report::of(&error),
            },
        }
    });
}

/// Opens a file of this machine, on the page that trains where asked.
pub(super) fn open_path(path: PathBuf, then_train: bool, work: &Work) {
    work.perform(Lane::Workspace, move |workspace| open(workspace, &path, then_train));
}

/// Finds out what a file is, remembers it as a dataset and has it profiled.
fn open(workspace: &Workspace, path: &Path, then_train: bool) -> Outcome {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    match try_open(workspace, path) {
        Ok(dataset) => {
            // Rows can be read without a profile: the dataset is open either way.
            let profiled = needs_profile(workspace, &dataset).and_then(|needed| {
                if needed {
                    start_profile(workspace, &dataset)
                } else {
                    Ok(())
                }
            });
            let unprofiled = profiled.err().map(|error| Report::of(&error));
            Outcome::DatasetOpened {
                dataset: Box::new(dataset),
                unprofiled,
                then_train,
            }
        }
        Err(report) => Outcome::Failed {
            what: format!("Could not open {name}"),
            report,
        },
    }
}

/// Opens an object, or everything under a prefix, as a dataset; what came of it arrives as an outcome.
pub(super) fn open_address(remote: Remote, then_train: bool, work: &Work) {
    work.perform(Lane::Workspace, move |workspace| {
        open_remote(workspace, &remote, then_train)
    });
}

/// Remembers an address as a dataset. What is there is found out by the job that profiles it,
/// which also brings it here when it has to be: nothing of this window waits for a server.
fn open_remote(workspace: &Workspace, remote: &Remote, then_train: bool) -> Outcome {
    let open = || -> aloft_base::Result<_> {
        let source = aloft_data::unopened(remote);
        let known = dataset::recent(workspace, usize::from(u16::MAX))?;
        let path = source.place();
        let known = known.into_iter().find(|row| row.path == path);
        let same = known.as_ref().and_then(|row| {
            let known: aloft_data::Source = serde_json::from_value(row.source.clone()).ok()?;
            (known.remote.as_ref() == Some(remote)).then(|| (row.source.clone(), row.key.clone()))
        });
        // What was opened before is shown until the job has looked.
        let (stored, key) = match same {
            Some(same) => same,
            None => (serde_json::to_value(&source).unwrap_or_default(), String::new()),
        };
        let row = dataset::open(workspace, &path, &stored, &key)?;
        let unprofiled = start_profile(workspace, &row).err().map(|error| Report::of(&error));
        Ok((row, unprofiled))
    };
    match open() {
        Ok((dataset, unprofiled)) => Outcome::DatasetOpened {
            dataset: Box::new(dataset),
            unprofiled,
            then_train,
        },
        Err(error) => Outcome::Failed {
            what: format!("Could not open {}", remote.url),
            report: Report::of(&error),
        },
    }
}

fn try_open(workspace: &Workspace, path: &Path) -> Result<Dataset, Report> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let detected = aloft_data::detect(&path).map_err(|error| Report::of(&error))?;
    let said = dataset::said_reading(workspace, &path).map_err(|error| Report::of(&error))?;
    let source = detected.as_said(said).source;
    let key = source.key().map_err(|error| Report::of(&error))?;
    let source = serde_json::to_value(&source)
        .map_err(|error| Report::new(aloft_base::ErrorKind::Internal, error.to_string(), ""))?;
    dataset::open(workspace, &path, &source, &key).map_err(|error| Report::of(&error))
}

/// Whether the columns are not known yet and nobody is at it.
fn needs_profile(workspace: &Workspace, dataset: &Dataset) -> aloft_base::Result<bool> {
    if dataset.columns.is_some() {
        return Ok(false);
    }
    let busy = job::active(workspace)?
        .iter()
        .any(|job| job.kind == job::Kind::Profile && job.subject == dataset.id && job.state != State::Paused);
    Ok(!busy)
}

/// Who looks at a table will filter it: it is made ready for that once it is profiled.
fn start_profile(workspace: &Workspace, dataset: &Dataset) -> aloft_base::Result<()> {
    let spec = serde_json::json!({ "ready": true });
    let job = job::create(workspace, job::Kind::Profile, &dataset.id, &spec)?;
    start_job(workspace, &job)
}
