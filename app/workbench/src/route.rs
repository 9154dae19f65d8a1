//! Where in the window a person is.

use serde::{Deserialize, Serialize};

/// The pages of the rail, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    Home,
    Buckets,
    Data,
    Train,
    Runs,
    Models,
    Endpoints,
    Settings,
}

impl PageKind {
    /// All of them, in the order of the rail.
    pub const ALL: [Self; 8] = [
        Self::Home,
        Self::Buckets,
        Self::Data,
        Self::Train,
        Self::Runs,
        Self::Models,
        Self::Endpoints,
        Self::Settings,
    ];

    /// The name in the rail and in the top bar.
    pub fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Buckets => "Buckets",
            Self::Data => "Data",
            Self::Train => "Train",
            Self::Runs => "Runs",
            Self::Models => "Models",
            Self::Endpoints => "Endpoints",
            Self::Settings => "Settings",
        }
    }
}

/// A place in storage: a bucket of a connection and a prefix in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BucketPlace {
    /// The id of the connection.
    pub connection: String,
    /// Empty for the list of the connection's buckets.
    pub bucket: String,
    /// The beginning of keys, with its trailing `/`; empty for the whole bucket.
    pub prefix: String,
}

/// A place: a page, and what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    #[default]
    Home,
    /// The connections, or a place in one of them.
    Buckets {
        place: Option<BucketPlace>,
    },
    /// The open datasets; the one named is in front.
    Data {
        dataset: Option<String>,
    },
    /// The recipe for a dataset. `run` is the run that was started from here last, shown live beside it.
    Train {
        dataset: Option<String>,
        run: Option<String>,
    },
    Runs,
    /// One run.
    Run {
        run: String,
    },
    /// All registered models, or the one named with its versions.
    Models {
        model: Option<String>,
    },
    /// All endpoints, or the one with this id.
    Endpoints {
        endpoint: Option<String>,
    },
    Settings,
}

impl Route {
    /// The page of the rail this belongs to.
    pub fn page(&self) -> PageKind {
        match self {
            Self::Home => PageKind::Home,
            Self::Buckets { .. } => PageKind::Buckets,
            Self::Data { .. } => PageKind::Data,
            Self::Train { .. } => PageKind::Train,
            Self::Runs | Self::Run { .. } => PageKind::Runs,
            Self::Models { .. } => PageKind::Models,
            Self::Endpoints { .. } => PageKind::Endpoints,
            Self::Settings => PageKind::Settings,
        }
    }

    /// The dataset in front, if any.
    pub fn dataset(&self) -> Option<&str> {
        match self {
            Self::Data { dataset } | Self::Train { dataset, .. } => dataset.as_deref(),
            _ => None,
        }
    }

    /// The place in storage in front, if any.
    pub fn place(&self) -> Option<&BucketPlace> {
        if let Self::Buckets { place } = self {
            place.as_ref()
        } else {
            None
        }
    }

    /// The run in front, if any.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Run { run } => Some(run),
            Self::Train { run, .. } => run.as_deref(),
            _ => None,
        }
    }

    /// The registered model in front, if any.
    pub fn model(&self) -> Option<&str> {
        if let Self::Models { model } = self {
            model.as_deref()
        } else {
            None
        }
    }

    /// The endpoint in front, if any.
    pub fn endpoint(&self) -> Option<&str> {
        if let Self::Endpoints { endpoint } = self {
            endpoint.as_deref()
        } else {
            None
        }
    }
}
