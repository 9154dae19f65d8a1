//! Connected storage: moving data as jobs, and the small things that are done at once.

use std::borrow::Cow;

use aloft_base::connection::Connection;
use aloft_base::job::{self, Kind};
use aloft_base::remote::Remote;
use aloft_base::{ErrorKind, Report, Workspace};
use aloft_cloud::transfer::{Order, Place};
use aloft_cloud::{Address, PutOptions};
use egui::{Key, KeyboardShortcut};
use egui_phosphor::regular as icon;

use super::start_job::start_job;
use super::{Availability, Describe, shortcut};
use crate::address::{address, local_path};
use crate::context::AppContext;
use crate::dialog::{self, Pick};
use crate::format;
use crate::library::Library;
use crate::outcome::Outcome;
use crate::route::BucketPlace;
use crate::work::{Lane, Work};

/// Objects and folders of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    pub place: BucketPlace,
    /// Whole keys.
    pub objects: Vec<String>,
    /// Prefixes with their trailing `/`.
    pub folders: Vec<String>,
    /// Of the objects; what is in the folders is not known yet.
    pub bytes: u64,
}

impl Selected {
    /// What it is in words: `3 objects, 3.1 GB`, `the folder raw`.
    pub fn words(&self) -> String {
        match (self.objects.as_slice(), self.folders.as_slice()) {
            ([key], []) => name_of(key).to_owned(),
            ([], [prefix]) => format!("the folder {}", name_of(prefix)),
            (objects, []) => format!(
                "{}, {}",
                format::plural(objects.len() as u64, "object", "objects"),
                format::bytes(self.bytes)
            ),
            ([], folders) => format::plural(folders.len() as u64, "folder", "folders"),
            (objects, folders) => format!(
                "{} and {}",
                format::plural(objects.len() as u64, "object", "objects"),
                format::plural(folders.len() as u64, "folder", "folders")
            ),
        }
    }

    /// An order for the objects and one for the folders: a folder stands for everything under it,
    /// which an object must not.
    pub fn orders(&self, scheme: &str, make: impl Fn(Vec<Place>, bool) -> Order) -> Vec<Order> {
        let places = |keys: &[String]| -> Vec<Place> {
            let place = |key: &String| Place::Object {
                connection: Some(self.place.connection.clone()),
                scheme: scheme.to_owned(),
                bucket: self.place.bucket.clone(),
                key: key.clone(),
            };
            keys.iter().map(place).collect()
        };
        let mut orders = Vec::new();
        if !self.objects.is_empty() {
            orders.push(make(places(&self.objects), false));
        }
        if !self.folders.is_empty() {
            orders.push(make(places(&self.folders), true));
        }
        orders
    }
}

/// The last part of a key or prefix.
pub(crate) fn name_of(key: &str) -> &str {
    let bare = key.strip_suffix('/').unwrap_or(key);
    bare.rsplit('/').next().unwrap_or(bare)
}

/// Moves data and changes buckets. Connections are named by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketCommand {
    /// Lets a person type where to go.
    GoTo,
    /// Starts a job for each order.
    Transfer {
        title: String,
        orders: Vec<Order>,
    },
    /// Writes an empty object that stands for a folder.
    NewFolder {
        place: BucketPlace,
        name: String,
    },
    CreateBucket {
        connection: String,
        name: String,
    },
    /// Deletes an empty bucket.
    DeleteBucket {
        connection: String,
        name: String,
    },
    /// Deletes one version for good; a delete marker's removal brings the object back.
    RemoveVersion {
        place: BucketPlace,
        key: String,
        version: String,
        is_delete_marker: bool,
    },
    /// Removes the marks of deletions, each a key and the version of its mark: the objects are back.
    Restore {
        place: BucketPlace,
        marks: Vec<(String, String)>,
    },
    /// Brings back objects by their keys, where their newest version is the mark of a deletion.
    Undelete {
        place: BucketPlace,
        keys: Vec<String>,
    },
    /// Forgets unfinished uploads, each a key and its upload's id.
    AbortUploads {
        place: BucketPlace,
        uploads: Vec<(String, String)>,
    },
    /// Opens an object, or everything under a prefix, as a dataset; on the page that trains, where asked.
    OpenDataset {
        place: BucketPlace,
        key: String,
        then_train: bool,
    },
    /// Shows the desktop's dialog for files or a folder.
    Pick(Pick),
}

impl BucketCommand {
    pub(super) fn fixed() -> Vec<Self> {
        vec![Self::GoTo]
    }

    fn connection(&self) -> Option<&str> {
        match self {
            Self::GoTo | Self::Transfer { .. } | Self::Pick(_) => None,
            Self::CreateBucket { connection, .. } | Self::DeleteBucket { connection, .. } => Some(connection),
            Self::NewFolder { place, .. }
            | Self::RemoveVersion { place, .. }
            | Self::Restore { place, .. }
            | Self::Undelete { place, .. }
            | Self::AbortUploads { place, .. }
            | Self::OpenDataset { place, .. } => Some(&place.connection),
        }
    }
}

impl Describe for BucketCommand {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::GoTo => "Go to an address…",
            Self::Transfer { title, .. } => return title.clone().into(),
            Self::NewFolder { .. } => "Make folder",
            Self::CreateBucket { .. } => "Create bucket",
            Self::DeleteBucket { .. } => "Delete bucket",
            Self::RemoveVersion {
                is_delete_marker: true, ..
            } => "Bring back",
            Self::RemoveVersion { .. } => "Delete version",
            Self::Restore { .. } => "Restore",
            Self::Undelete { .. } => "Undo",
            Self::AbortUploads { .. } => "Abort all",
            Self::OpenDataset { then_train: true, .. } => "Use in recipe",
            Self::OpenDataset { .. } => "Open as dataset",
            Self::Pick(Pick::UploadFiles) => "Choose files…",
            Self::Pick(_) => "Choose a folder…",
        }
        .into()
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::GoTo => "Type where to go, such as s3://bucket/prefix/",
            Self::Transfer { .. } => "In a process of its own, which goes on when the window is closed",
            Self::NewFolder { .. } => "An empty object whose name ends with a slash",
            Self::CreateBucket { .. } => "In the region of the connection",
            Self::DeleteBucket { .. } => "Only an empty bucket can be deleted",
            Self::RemoveVersion { .. } => {
                "A deletion that is taken back brings the object back; a version is gone for good"
            }
            Self::Restore { .. } | Self::Undelete { .. } => "Removes the mark that says it was deleted",
            Self::AbortUploads { .. } => "Their parts are stored, and billed, until they are aborted",
            Self::OpenDataset { .. } => "Rows and column profiles, read where it is",
            Self::Pick(_) => "With the desktop's own dialog",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::GoTo => icon::MAP_PIN,
            Self::Transfer { .. } => icon::ARROWS_DOWN_UP,
            Self::NewFolder { .. } => icon::FOLDER_PLUS,
            Self::CreateBucket { .. } => icon::PLUS,
            Self::RemoveVersion {
                is_delete_marker: true, ..
            }
            | Self::Restore { .. }
            | Self::Undelete { .. } => icon::ARROW_COUNTER_CLOCKWISE,
            Self::DeleteBucket { .. } | Self::RemoveVersion { .. } | Self::AbortUploads { .. } => icon::TRASH,
            Self::OpenDataset { then_train: true, .. } => icon::GRAPH,
            Self::OpenDataset { .. } => icon::TABLE,
            Self::Pick(Pick::UploadFiles) => icon::FILE,
            Self::Pick(_) => icon::FOLDER_OPEN,
        }
    }

    fn shortcut(&self) -> Option<KeyboardShortcut> {
        match self {
            Self::GoTo => Some(shortcut::command(Key::L)),
            _ => None,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        match self.connection() {
            Some(id) if ctx.library.connection(id).is_none() => {
                Availability::Not("This connection is no longer in the workspace".into())
            }
            _ => match self {
                Self::GoTo => Availability::when(
                    !ctx.library.connections().is_empty(),
                    "There is no connection: connect a bucket first",
                ),
                _ => Availability::Ready,
            },
        }
    }
}

/// Does it; what came of it arrives as outcomes.
pub(crate) fn apply(command: BucketCommand, work: &Work, library: &Library, window: Option<&eframe::Frame>) {
    let connection = command.connection().and_then(|id| library.connection(id)).cloned();
    match (command, connection) {
        (BucketCommand::Transfer { title, orders }, _) => {
            work.perform(Lane::Workspace, move |workspace| start(workspace, &title, &orders));
        }
        (BucketCommand::Pick(pick), _) => dialog::pick(work, window, pick),
        (command, Some(connection)) => ask(command, &connection, work),
        (_, None) => {}
    }
}

/// What is done by asking the storage.
fn ask(command: BucketCommand, connection: &Connection, work: &Work) {
    match command {
        BucketCommand::NewFolder { place, name } => {
            let at = Address::new(place.bucket, format!("{}{name}/", place.prefix));
            work.perform_remote(connection, "Could not make the folder", move |storage| async move {
                storage.put(&at, Vec::new().into(), &PutOptions::default()).await?;
                Ok(Outcome::StorageChanged)
            });
        }
        BucketCommand::CreateBucket { name, .. } => {
            work.perform_remote(connection, "Could not create the bucket", move |storage| async move {
                storage.create_bucket(&name).await?;
                Ok(Outcome::StorageChanged)
            });
        }
        BucketCommand::DeleteBucket { name, .. } => {
            work.perform_remote(connection, "Could not delete the bucket", move |storage| async move {
                storage.delete_bucket(&name).await?;
                Ok(Outcome::StorageChanged)
            });
        }
        BucketCommand::RemoveVersion {
            place, key, version, ..
        } => {
            let at = Address::new(place.bucket, key);
            work.perform_remote(connection, "Could not change the versions", move |storage| async move {
                storage.delete_version(&at, &version).await?;
                Ok(Outcome::StorageChanged)
            });
        }
        BucketCommand::Restore { place, marks } => {
            work.perform_remote(connection, "Could not restore all of it", move |storage| async move {
                for (key, version) in marks {
                    let at = Address::new(place.bucket.clone(), key);
                    storage.delete_version(&at, &version).await?;
                }
                Ok(Outcome::StorageChanged)
            });
        }
        BucketCommand::Undelete { place, keys } => {
            work.perform_remote(
                connection,
                "Could not bring back all of it",
                move |storage| async move {
                    for key in keys {
                        let at = Address::new(place.bucket.clone(), key);
                        let versions = storage.versions(&at).await?;
                        let mark = versions
                            .iter()
                            .find(|version| version.is_latest && version.is_delete_marker);
                        if let Some(mark) = mark {
                            storage.delete_version(&at, &mark.version).await?;
                        }
                    }
                    Ok(Outcome::StorageChanged)
                },
            );
        }
        BucketCommand::AbortUploads { place, uploads } => {
            work.perform_remote(connection, "Could not abort the uploads", move |storage| async move {
                for (key, upload) in uploads {
                    storage
                        .abort_upload(&Address::new(place.bucket.clone(), key), &upload)
                        .await?;
                }
                Ok(Outcome::StorageChanged)
            });
        }
        BucketCommand::OpenDataset { place, key, then_train } => open(connection, &place, &key, then_train, work),
        BucketCommand::GoTo | BucketCommand::Transfer { .. } | BucketCommand::Pick(_) => {}
    }
}

/// Opens an object, or everything under a prefix, as a dataset.
fn open(connection: &Connection, place: &BucketPlace, key: &str, then_train: bool, work: &Work) {
    if let Some(path) = local_path(connection, &place.bucket, key) {
        super::data::open_path(path, then_train, work);
        return;
    }
    let remote = Remote {
        url: address(connection, &place.bucket, key),
        // By its name, so that a recipe means the same on another machine.
        connection: Some(connection.name.clone()),
    };
    super::data::open_address(remote, then_train, work);
}

fn start(workspace: &Workspace, title: &str, orders: &[Order]) -> Outcome {
    match transfer(workspace, title, orders) {
        Ok(()) => Outcome::Said {
            title: format!("Started: {title}"),
            text: "It goes on when this window is closed.".to_owned(),
            undo: None,
        },
        Err(report) => Outcome::Failed {
            what: format!("Could not start: {title}"),
            report,
        },
    }
}

fn transfer(workspace: &Workspace, title: &str, orders: &[Order]) -> Result<(), Report> {
    for order in orders {
        let spec = serde_json::to_value(order)
            .map_err(|error| Report::new(ErrorKind::Internal, error.to_string(), "This is a fault of Aloft."))?;
        let job = job::create(workspace, Kind::Transfer, title, &spec).map_err(|error| Report::of(&error))?;
        start_job(workspace, &job).map_err(|error| Report::of(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_folders_go_into_orders_of_their_own() {
        let selected = Selected {
            place: BucketPlace {
                connection: "c1".into(),
                bucket: "b".into(),
                prefix: "raw/".into(),
            },
            objects: vec!["raw/a".into()],
            folders: vec!["raw/a2/".into()],
            bytes: 3,
        };
        let orders = selected.orders("s3", |sources, recursive| Order {
            verb: aloft_cloud::transfer::Verb::Delete,
            sources,
            recursive,
            ..Order::default()
        });
        let says = |order: &Order| (order.recursive, order.sources.len());
        assert_eq!(orders.iter().map(says).collect::<Vec<_>>(), [(false, 1), (true, 1)]);
        assert_eq!(selected.words(), "1 object and 1 folder");
        assert_eq!((name_of("raw/a2/"), name_of("a")), ("a2", "a"));
    }
}
