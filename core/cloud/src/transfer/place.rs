//! From the places of an order to where bytes are read and written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aloft_base::Workspace;
use aloft_base::connection::{self, Connection};

use super::{Order, Place};
use crate::address::{Address, Scheme};
use crate::error::{CloudError, Result};
use crate::session::Session;
use crate::store::Store;

/// Where the files of a place are.
#[derive(Clone, Debug)]
pub(super) enum End {
    Disk,
    Store {
        store: Arc<dyn Store>,
        /// What makes it the same storage as another, whatever the connection is called.
        identity: String,
    },
}

/// Where everything of an order is.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) sources: Vec<End>,
    /// Nothing when deleting.
    pub(super) target: Option<End>,
}

impl End {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Disk, Self::Disk) => true,
            (Self::Store { identity: one, .. }, Self::Store { identity: two, .. }) => one == two,
            _ => false,
        }
    }

    pub(super) fn store(&self) -> Option<&Arc<dyn Store>> {
        match self {
            Self::Disk => None,
            Self::Store { store, .. } => Some(store),
        }
    }
}

/// Opens what the order names.
pub(super) fn open(session: &Session, workspace: &Workspace, order: &Order) -> Result<Ends> {
    let sources = order.sources.iter().map(|place| end(session, workspace, place));
    let target = order.target.as_ref().map(|place| end(session, workspace, place));
    Ok(Ends {
        sources: sources.collect::<Result<_>>()?,
        target: target.transpose()?,
    })
}

fn end(session: &Session, workspace: &Workspace, place: &Place) -> Result<End> {
    let Place::Object { connection, scheme, .. } = place else {
        return Ok(End::Disk);
    };
    if let Some(id) = connection {
        let connection = connection::get(workspace, id)?;
        return Ok(End::Store {
            store: session.store(&connection)?,
            identity: identity(&connection),
        });
    }
    let known = [Scheme::S3, Scheme::Gs, Scheme::Az]
        .into_iter()
        .find(|known| known.as_str() == scheme);
    let known = known.ok_or_else(|| CloudError::Address {
        text: format!("{scheme}://"),
        why: "it needs a connection",
    })?;
    Ok(End::Store {
        store: session.standard(known)?,
        identity: format!("standard-{scheme}"),
    })
}

fn identity(connection: &Connection) -> String {
    let spec = &connection.spec;
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    format!(
        "{}\n{}\n{}\n{}",
        spec.provider.scheme(),
        part(&spec.endpoint).trim_end_matches('/'),
        part(&spec.account),
        part(&spec.root)
    )
}

/// An address as the journal keeps it.
pub(super) fn text_of(scheme: &str, bucket: &str, key: &str) -> String {
    format!("{scheme}://{bucket}/{key}")
}

/// Reads what [`text_of`] wrote.
pub(super) fn address_of(text: &str) -> Result<Address> {
    text.split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(bucket, key)| Address::new(bucket, key))
        .ok_or_else(|| CloudError::Address {
            text: text.to_owned(),
            why: "it has no bucket and key",
        })
}

/// The path under a folder that a key is written to. Whatever the key is, the path stays in the
/// folder and is a name that files can have: `..`, `.` and nothing between two slashes are written
/// with percent signs, as are the characters that Windows does not allow, there.
pub(super) fn path_under(folder: &Path, name: &str) -> PathBuf {
    let mut path = folder.to_owned();
    path.extend(name.split('/').map(segment));
    path
}

/// The same as a name below the folder.
pub(super) fn name_under(name: &str) -> String {
    name.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn segment(text: &str) -> String {
    match text {
        "" => "%".to_owned(),
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => text
            .chars()
            .map(|letter| match letter {
                '\0' => "%00".to_owned(),
                '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\\' if cfg!(windows) => format!("%{:02X}", letter as u32),
                _ => letter.to_string(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were() {
        for key in ["a", "", "a//b/./c/", "ä ö%20", "s3://x/y"] {
            let text = text_of("file", "my bucket", key);
            assert_eq!(address_of(&text).unwrap(), Address::new("my bucket", key));
        }
    }

    #[test]
    fn no_key_leads_out_of_the_folder() {
        let folder = Path::new("/data");
        for key in ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "./x", "a//b"] {
            let path = path_under(folder, key);
            assert!(path.starts_with(folder), "{}", path.display());
            let inner = path.strip_prefix(folder).unwrap();
            assert!(
                inner
                    .components()
                    .all(|part| matches!(part, std::path::Component::Normal(_)))
            );
            assert_eq!(inner.components().count(), key.split('/').count(), "{}", path.display());
        }
    }
}
