//! What can be typed.

pub(crate) mod buckets;
pub(crate) mod connect;
pub(crate) mod query;

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

    /// End the work when it needs more memory than this, for example 2GB; for work on tables by default 60 % of
    /// the machine's
    #[arg(long, global = true, value_name = "SIZE|none", value_parser = crate::limit::parse_bytes)]
    pub(crate) memory_limit: Option<u64>,

    /// The limit that the process above this one was given, in bytes
    #[arg(long, hide = true, conflicts_with = "memory_limit")]
    pub(crate) limited_to: Option<u64>,

    /// The first line on standard input holds secrets, from the process above this one
    #[arg(long, hide = true, global = true)]
    pub(crate) secrets_from_stdin: bool,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Remember a file, a folder of Parquet files or an address as a dataset
    Open {
        #[arg(value_name = "FILE|URL")]
        #[arg(
            help = "A path, s3://BUCKET/KEY, gs://BUCKET/KEY or az://CONTAINER/KEY; folders end with / and patterns have a *"
        )]
        file: PathBuf,
        /// Name or id of the connection of an address; by default the environment
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        #[arg(long, value_name = "JSON|as-found")]
        #[arg(
            help = "How a CSV or TSV file is read from now on: '{\"delimiter\": \";\", \"decimal_comma\": true}', or as-found"
        )]
        reading: Option<String>,
    },
    /// Show what is in a file or an object, from as few of its bytes as will do
    Preview {
        #[arg(value_name = "FILE|URL")]
        file: PathBuf,
        /// Name or id of the connection of an address; by default the environment
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
    },
    /// Say what is in each column of a file, and what may be wrong with it
    Profile {
        /// CSV, TSV, Parquet, JSON Lines or Arrow IPC; a path or an address
        #[arg(value_name = "FILE|URL")]
        file: PathBuf,
        /// Name or id of the connection of an address; by default the environment
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// Also look for columns that give this one away, and for rare classes of it
        #[arg(long, value_name = "COLUMN")]
        target: Option<String>,
        /// Also write a report that any browser shows, without a network
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Ask tables a question in SQL
    Query(query::Query),
    /// Do the steps that make a table ready
    Prepare(query::Prepare),
    /// Write a table in another format
    Export(query::Export),
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
    /// Predict the rows of a file with a registered model or the model of a run
    Predict {
        /// MODEL, MODEL@ALIAS or MODEL:VERSION, or the id or name of a run
        #[arg(value_name = "MODEL")]
        run: String,
        /// A file with the same columns
        file: PathBuf,
        /// Write the rows and their predictions to this CSV file instead of stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Registered models, their versions and aliases
    Models {
        #[command(subcommand)]
        verb: ModelsVerb,
    },
    /// Answer requests with a registered model until stopped
    Serve(Serve),
    /// Endpoints and their health
    Endpoints {
        #[command(subcommand)]
        verb: EndpointsVerb,
    },
    /// List buckets, or what is in one
    Ls(buckets::List),
    /// Write an object to stdout
    Cat {
        #[arg(value_name = "URL")]
        url: String,
        #[command(flatten)]
        whose: buckets::Whose,
    },
    /// Count what is under prefixes, and its size
    Du {
        #[arg(value_name = "URL", required = true)]
        urls: Vec<String>,
        #[command(flatten)]
        whose: buckets::Whose,
    },
    /// Make a bucket
    Mb {
        #[arg(value_name = "URL")]
        url: String,
        #[command(flatten)]
        whose: buckets::Whose,
    },
    /// Copy files and objects; typed again after it was cut off, it goes on
    Cp(buckets::Copy),
    /// Copy, and delete each source once its copy is whole
    Mv(buckets::Copy),
    /// Copy what is new or changed
    Sync(buckets::Sync),
    /// Delete objects
    Rm(buckets::Remove),
    /// Connections to buckets
    Connect {
        #[command(subcommand)]
        verb: connect::ConnectVerb,
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

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// Register the model of a finished run as a new version
    Register {
        /// Id or name of the run
        run: String,
        /// Name of the model; a known one gets its next version
        #[arg(long)]
        name: String,
        /// An alias that is to mean this version, for example champion
        #[arg(long, value_name = "A")]
        alias: Option<String>,
        /// What is new in it
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// A tag, as KEY=VALUE; may be given several times
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parse_tag)]
        tags: Vec<(String, String)>,
    },
    /// List the models
    List,
    /// Show one version
    Show {
        /// MODEL, MODEL@ALIAS or MODEL:VERSION
        reference: String,
    },
    /// Make an alias mean a version, or remove it
    Alias {
        model: String,
        alias: String,
        /// The version it is to mean
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        version: Option<u32>,
        /// Remove the alias; its history stays
        #[arg(long)]
        remove: bool,
        /// Why, for the history
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Make an alias mean what it meant before
    Rollback { model: String, alias: String },
    /// What the aliases of a model meant, and when
    History {
        model: String,
        #[arg(long, value_name = "A")]
        alias: Option<String>,
        /// What the alias meant at this time: 2026-05-03 or 2026-05-03T09:12:00Z
        #[arg(long, value_name = "TIME", requires = "alias")]
        at: Option<String>,
    },
    /// Compare two versions on the same rows
    Compare {
        /// The one that is there
        first: String,
        /// The one that may be better
        second: String,
        /// Rows to compare on; by default the test part of the second's recipe
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Write a version as one file
    Export {
        reference: String,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Register a version that was exported
    Import {
        file: PathBuf,
        /// Name of the model; by default the one it was exported as
        #[arg(long)]
        name: Option<String>,
        #[arg(long, value_name = "A")]
        alias: Option<String>,
    },
    /// Delete a version; it can be restored
    Delete { reference: String },
    /// Bring a deleted version back
    Restore { reference: String },
    /// Who did what, and whether that record is whole
    Audit,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// MODEL, MODEL@ALIAS or MODEL:VERSION, or a folder with an exported model; in a container by default /opt/ml/model
    #[arg(value_name = "MODEL")]
    pub(crate) reference: Option<String>,
    /// Name of the endpoint; by default that of the model
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Port; by default a free one, which is kept
    #[arg(long, value_name = "P")]
    pub(crate) port: Option<u16>,
    /// Address to listen at
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// Answer whoever asks
    #[arg(long)]
    pub(crate) no_token: bool,
    /// Certificate as a PEM file, to serve https
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Another version of the model that answers a share of the requests, for example challenger=0.1 or 3=0.5
    #[arg(long, value_name = "VERSION=SHARE")]
    pub(crate) split: Option<String>,
    /// Another version that is asked too and only compared
    #[arg(long, value_name = "VERSION")]
    pub(crate) shadow: Option<String>,
    /// Keep this share of the rows asked, from 0 to 1, as Parquet in the workspace
    #[arg(long, value_name = "SHARE")]
    pub(crate) log_requests: Option<f64>,
    /// A column whose values are not kept; may be given several times
    #[arg(long, value_name = "COL")]
    pub(crate) hide: Vec<String>,
    /// Start it again when its process is gone
    #[arg(long)]
    pub(crate) keep_up: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointsVerb {
    /// List the endpoints and their health
    List,
    /// Show one
    Show { name: String },
    /// Start one in a process of its own
    Start { name: String },
    /// Let one finish its requests and end
    Stop { name: String },
    /// Delete one that is stopped
    Delete { name: String },
    /// Make a new token; the one before stops working
    Token { name: String },
    /// How its health changed
    History { name: String },
    /// Look at one or all now
    Probe { name: Option<String> },
    /// Watch an address of somebody else's
    Add {
        name: String,
        url: String,
        /// It speaks the Open Inference Protocol and serves this model
        #[arg(long, value_name = "MODEL", conflicts_with_all = ["status", "contains"])]
        open_inference: Option<String>,
        /// The status that a GET must answer
        #[arg(long, value_name = "N", default_value_t = 200)]
        status: u16,
        /// A text that its answer must contain
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        contains: String,
        /// Slower answers count as degraded
        #[arg(long, value_name = "MS", default_value_t = 1000.0)]
        latency_limit: f64,
    },
    /// Send rows (a JSON array of objects on standard input) and show the answer
    Test { name: String },
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("'{text}' is no tag: write KEY=VALUE")),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// CSV, TSV, Parquet, JSON Lines or Arrow IPC; a path or an address
    #[arg(value_name = "FILE|URL")]
    pub(crate) file: PathBuf,
    /// Name or id of the connection of an address; by default the environment
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
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
                | Self::Models {
                    verb: ModelsVerb::Compare { .. }
                }
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
