//! Dialogs: what has to be said before something is done.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use aloft_base::job::State;
use aloft_base::registry::Selector;
use egui_phosphor::regular as icon;

use super::{Availability, Describe, Selected};
use crate::context::AppContext;
use crate::route::BucketPlace;

/// Opens a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The name and alias a run's model is to be registered under.
    Register {
        run: String,
    },
    /// Whether a version is to become the champion, after a comparison with it.
    Promote {
        model: String,
        number: u32,
    },
    /// Which alias is to mean a version.
    MoveAlias {
        model: String,
        number: u32,
    },
    /// What a version is and how it is tagged.
    Describe {
        model: String,
        number: u32,
        description: String,
        tags: BTreeMap<String, String>,
    },
    /// What a model is for.
    DescribeModel {
        model: String,
    },
    /// Where a version is to be written as one file.
    Export {
        model: String,
        number: u32,
    },
    /// Where a dataset, as its steps leave it, is to be written.
    ExportDataset {
        dataset: String,
    },
    /// Which file is to be registered as a version.
    Import,
    /// The rows of which file are to be predicted.
    Predict {
        model: String,
        number: u32,
    },
    /// How a model is to be served.
    Serve {
        model: Option<String>,
        version: Option<Selector>,
    },
    /// Which address of somebody else's is to be watched.
    Watch,
    /// What is to be uploaded to a place, and how.
    Upload {
        paths: Vec<PathBuf>,
        to: BucketPlace,
    },
    /// Where to these are to be downloaded.
    Download(Selected),
    /// Where to these are to be copied.
    CopyTo(Selected),
    /// Where to these are to be moved.
    MoveTo(Selected),
    /// Whether these are to be deleted.
    DeleteObjects(Selected),
    /// What an object or folder is to be called.
    RenameObject(Selected),
    NewFolder(BucketPlace),
    /// What a new bucket of a connection is to be called.
    NewBucket(String),
    /// For how long anybody who has the link may read an object.
    SignedLink {
        place: BucketPlace,
        key: String,
    },
    /// Where buckets are and how to sign in: a new connection.
    Connect,
    /// The same, for the connection with this id.
    ChangeConnection {
        connection: String,
    },
    /// What works with the connection with this id.
    TestConnection {
        connection: String,
    },
    /// What a person has to confirm so that the connection with this id is signed in.
    SignIn {
        connection: String,
    },
    /// Whether the connection with this id is to be removed, with its secrets.
    RemoveConnection {
        connection: String,
    },
}

impl Ask {
    pub(super) fn fixed() -> Vec<Self> {
        vec![
            Self::Serve {
                model: None,
                version: None,
            },
            Self::Watch,
            Self::Import,
            Self::Connect,
        ]
    }
}

impl Describe for Ask {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::Register { .. } => "Register model…",
            Self::Promote { .. } => "Promote…",
            Self::MoveAlias { .. } => "Move alias…",
            Self::Describe { .. } => "Describe and tag…",
            Self::DescribeModel { .. } => "Describe model…",
            Self::Export { .. } | Self::ExportDataset { .. } => "Export…",
            Self::Import => "Import…",
            Self::Predict { .. } => "Predict a file…",
            Self::Serve { model: Some(_), .. } => "Serve",
            Self::Serve { model: None, .. } => "New endpoint…",
            Self::Watch => "Watch a URL…",
            Self::Upload { .. } => "Upload…",
            Self::Download(_) => "Download…",
            Self::CopyTo(_) => "Copy to…",
            Self::MoveTo(_) => "Move to…",
            Self::DeleteObjects(_) => "Delete…",
            Self::RenameObject(_) => "Rename…",
            Self::NewFolder(_) => "New folder…",
            Self::NewBucket(_) => "New bucket…",
            Self::SignedLink { .. } => "Signed link…",
            Self::Connect => "Connect a bucket…",
            Self::ChangeConnection { .. } => "Change connection…",
            Self::TestConnection { .. } => "Test connection",
            Self::SignIn { .. } => "Sign in…",
            Self::RemoveConnection { .. } => "Remove connection…",
        }
        .into()
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Register { .. } => "Keep this run's model under a name, as a version that never changes",
            Self::Promote { .. } => "Compare it with the champion, then let the alias mean it",
            Self::MoveAlias { .. } => "Let a name such as champion mean this version",
            Self::Describe { .. } => "Say what this version is; its files stay as they are",
            Self::DescribeModel { .. } => "Say what this model is for",
            Self::Export { .. } => "Write this version as one file",
            Self::ExportDataset { .. } => "Write the rows that the steps leave as CSV, Parquet, Arrow or JSON Lines",
            Self::Import => "Register a version from a file that was exported",
            Self::Predict { .. } => "Write the rows of a file with this version's predictions",
            Self::Serve { .. } => "Answer requests with a registered model, in a process of its own",
            Self::Upload { .. } => "Copy files and folders of this machine to this place",
            Self::Download(_) => "Copy it to a folder of this machine",
            Self::CopyTo(_) => "Copy it to another place in connected storage",
            Self::MoveTo(_) => "Copy it to another place, then delete it here",
            Self::DeleteObjects(_) => "Says first what will be deleted",
            Self::RenameObject(_) => "Copies it under the new name, then deletes the old one",
            Self::NewFolder(_) => "Make a folder in this place",
            Self::NewBucket(_) => "Make a bucket in this connection",
            Self::SignedLink { .. } => "A link with which anybody can read it for a while",
            Self::Watch => "Watch the health of an address that somebody else serves",
            Self::Connect => "Say where buckets are and how to sign in; secrets go to the keychain",
            Self::ChangeConnection { .. } => "Change where its buckets are and how to sign in, or test it",
            Self::TestConnection { .. } => "Sign in, list, and write and delete a small object of its own",
            Self::SignIn { .. } => "Confirm a code in the browser, or enter that of a device",
            Self::RemoveConnection { .. } => "Forget it and remove its secrets; the buckets stay as they are",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::Register { .. } => icon::CUBE,
            Self::Promote { .. } => icon::CROWN_SIMPLE,
            Self::MoveAlias { .. } => icon::TAG,
            Self::Describe { .. }
            | Self::DescribeModel { .. }
            | Self::ChangeConnection { .. }
            | Self::RenameObject(_) => icon::PENCIL_SIMPLE,
            Self::TestConnection { .. } => icon::PLUGS,
            Self::SignIn { .. } => icon::SIGN_IN,
            Self::Export { .. } | Self::ExportDataset { .. } => icon::EXPORT,
            Self::Import | Self::Download(_) => icon::DOWNLOAD_SIMPLE,
            Self::Predict { .. } => icon::LIGHTNING,
            Self::Serve { .. } => icon::BROADCAST,
            Self::Watch => icon::EYE,
            Self::Upload { .. } => icon::UPLOAD_SIMPLE,
            Self::CopyTo(_) => icon::COPY_SIMPLE,
            Self::MoveTo(_) => icon::ARROW_BEND_UP_RIGHT,
            Self::DeleteObjects(_) | Self::RemoveConnection { .. } => icon::TRASH,
            Self::NewFolder(_) => icon::FOLDER_PLUS,
            Self::NewBucket(_) => icon::PLUS,
            Self::SignedLink { .. } => icon::LINK,
            Self::Connect => icon::PLUGS_CONNECTED,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        match self {
            Self::Register { run } => match ctx.library.run(run).map(|run| run.state) {
                None => Availability::Not("This run is no longer in the workspace".into()),
                Some(State::Done) => Availability::Ready,
                Some(_) => Availability::Not("Only a run that has reached its end has a model".into()),
            },
            Self::Promote { model, number } => match champion(ctx, model) {
                Some(champion) if champion == *number => Availability::Not("It is the champion".into()),
                _ => known(ctx, model),
            },
            Self::MoveAlias { model, .. }
            | Self::Describe { model, .. }
            | Self::DescribeModel { model }
            | Self::Export { model, .. }
            | Self::Predict { model, .. }
            | Self::Serve { model: Some(model), .. } => known(ctx, model),
            Self::Serve { model: None, .. } => Availability::when(
                ctx.library.models().iter().any(|row| row.model.versions > 0),
                "There is no registered model to serve: register a run's model first",
            ),
            Self::Upload { to: place, .. } | Self::NewFolder(place) if place.bucket.is_empty() => {
                Availability::Not("Open a bucket first".into())
            }
            Self::Upload { to: place, .. } | Self::NewFolder(place) | Self::SignedLink { place, .. } => {
                connected(ctx, &place.connection)
            }
            Self::Download(selected)
            | Self::CopyTo(selected)
            | Self::MoveTo(selected)
            | Self::DeleteObjects(selected)
            | Self::RenameObject(selected) => match selected.objects.len() + selected.folders.len() {
                0 => Availability::Not("Select objects or folders first".into()),
                _ => connected(ctx, &selected.place.connection),
            },
            Self::NewBucket(connection)
            | Self::ChangeConnection { connection }
            | Self::TestConnection { connection }
            | Self::RemoveConnection { connection } => connected(ctx, connection),
            Self::ExportDataset { dataset } => Availability::when(
                ctx.library.dataset(dataset).is_some(),
                "This dataset is no longer in the workspace",
            ),
            // A connection that was just made is not in the library yet; the dialog waits for it.
            Self::SignIn { .. } | Self::Import | Self::Watch | Self::Connect => Availability::Ready,
        }
    }
}

/// The version that `champion` means.
pub(crate) fn champion(ctx: &AppContext<'_>, model: &str) -> Option<u32> {
    let row = ctx.library.model(model)?;
    let mut aliases = row.model.aliases.iter();
    aliases.find(|(alias, _)| alias == CHAMPION).map(|(_, number)| *number)
}

/// The alias of the version that is live.
pub(crate) const CHAMPION: &str = "champion";

fn connected(ctx: &AppContext<'_>, connection: &str) -> Availability {
    Availability::when(
        ctx.library.connection(connection).is_some(),
        "This connection is no longer in the workspace",
    )
}

fn known(ctx: &AppContext<'_>, model: &str) -> Availability {
    Availability::when(
        ctx.library.model(model).is_some_and(|row| row.model.versions > 0),
        "This model has no version",
    )
}
