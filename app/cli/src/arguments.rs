//! What can be typed.

use std::path::PathBuf;

use aloft_train::ModelKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Machine learning on tables: profile, train, watch, resume and predict, without a window.
#[derive(Debug, Parser)]
#[command(name = "aloft", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 bad usage or input, 130 stopped.")]
pub(crate) struct Arguments {
    #[arg(long, global = true, value_name = "DIR")]
    #[arg(help = "Folder of the workspace; by default $ALOFT_WORKSPACE, else the one the window uses")]
    pub(crate) workspace: Option<PathBuf>,

    /// End with one JSON object on stdout; progress goes to stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// End the work when it needs more memory than this, for example 2GB
    #[arg(long, global = true, value_name = "SIZE", value_parser = crate::limit::parse_bytes)]
    pub(crate) memory_limit: Option<u64>,

    /// The limit that the process above this one was given, in bytes
    #[arg(long, hide = true, conflicts_with = "memory_limit")]
    pub(crate) limited_to: Option<u64>,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Say what is in each column of a file
    Profile {
        /// CSV, TSV, Parquet, JSON Lines or Arrow IPC
        file: PathBuf,
    },
    /// Train on a file, with settings that Aloft proposes
    Train(Train),
    /// Train a recipe
    Run {
        /// A TOML file, or - for standard input
        recipe: PathBuf,
    },
    /// Go on with a run that was stopped, interrupted or failed, from its last checkpoint
    Resume {
        /// Id or name of the run
        run: String,
    },
    /// Look at runs
    Runs {
        #[command(subcommand)]
        verb: RunsVerb,
    },
    /// Predict the rows of a file with the model of a run
    Predict {
        /// Id or name of the run
        run: String,
        /// A file with the same columns
        file: PathBuf,
        /// Write the rows and their predictions to this CSV file instead of stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List the jobs, newest first
    Jobs,
    /// List the devices to train on
    Devices,
    /// Run or steer one job
    Job {
        #[command(subcommand)]
        verb: JobVerb,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// CSV, TSV, Parquet, JSON Lines or Arrow IPC
    pub(crate) file: PathBuf,
    /// Column to predict
    #[arg(long, value_name = "COL")]
    pub(crate) target: String,
    /// Kind of model [default: linear]
    #[arg(long, value_enum)]
    pub(crate) model: Option<Model>,
    /// Seed of the split and of the training
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Passes over the training part
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u32>,
    /// Where to train: cpu, cuda:0 or metal [default: cpu]
    #[arg(long, value_name = "D")]
    pub(crate) device: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Model {
    /// Linear or logistic regression
    Linear,
    /// Neural network (multilayer perceptron)
    Mlp,
}

impl Verb {
    /// Whether it trains or predicts in this process.
    pub(crate) fn computes(&self) -> bool {
        matches!(
            self,
            Self::Train(_)
                | Self::Run { .. }
                | Self::Resume { .. }
                | Self::Predict { .. }
                | Self::Job {
                    verb: JobVerb::Run { .. }
                }
        )
    }
}

impl From<Model> for ModelKind {
    fn from(model: Model) -> Self {
        match model {
            Model::Linear => Self::Linear,
            Model::Mlp => Self::Mlp,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsVerb {
    /// List the runs, newest first
    List,
    /// Show one run
    Show {
        /// Id or name of the run
        run: String,
    },
    /// List the points of a metric, or the names of all metrics
    Metrics {
        /// Id or name of the run
        run: String,
        /// For example train/loss
        name: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobVerb {
    /// Run a queued job in this process, as the window has it done
    Run { id: String },
    /// Save a checkpoint and wait
    Pause { id: String },
    /// Go on after a pause
    Continue { id: String },
    /// Save a checkpoint and end
    Stop { id: String },
}

/// Whether the person asked for JSON, for when the rest could not be understood.
pub(crate) fn wants_json() -> bool {
    std::env::args_os()
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json")
}
