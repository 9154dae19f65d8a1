//! What a person typed as a place, and the storage behind it.

use std::path::Path;
use std::sync::Arc;

use aloft_base::connection::{self, Connection, Provider};
use aloft_base::{ErrorKind, Report};
use aloft_cloud::transfer::Place;
use aloft_cloud::{Address, Scheme, Session, Store, Url};
use anyhow::Result;

use crate::arguments::buckets::Whose;
use crate::context::Context;
use crate::failure::refuse;

/// An address and the storage it is of.
pub(super) struct Addressed {
    pub(super) store: Arc<dyn Store>,
    pub(super) at: Address,
}

/// The connection that was named, if one was.
pub(in crate::verb) fn whose(context: &Context<'_>, wanted: &Whose) -> Result<Option<Connection>> {
    let Some(name) = &wanted.connection else {
        return Ok(None);
    };
    match connection::named(&context.workspace, name) {
        Err(aloft_base::Error::Missing { .. }) => refuse(Report::new(
            ErrorKind::NotFound,
            format!("There is no connection '{name}'"),
            "List them with: aloft connect list.",
        )),
        found => Ok(Some(found?)),
    }
}

/// The storage of a connection, or what the standard environment means for a scheme.
pub(in crate::verb) fn store_of(
    session: &Session,
    connection: Option<&Connection>,
    scheme: Option<Scheme>,
) -> Result<Arc<dyn Store>> {
    Ok(match (connection, scheme) {
        (Some(connection), _) => session.store(connection)?,
        (None, Some(scheme)) => session.standard(scheme)?,
        (None, None) => {
            return refuse(Report::new(
                ErrorKind::Invalid,
                "It is not said whose buckets these are",
                "Name a connection with --connection, or write s3://, gs:// or az://.",
            ));
        }
    })
}

/// The storage and the address behind a URL.
pub(super) fn addressed(context: &Context<'_>, session: &Session, text: &str, wanted: &Whose) -> Result<Addressed> {
    let connection = whose(context, wanted)?;
    let (scheme, at) = address(text, connection.as_ref())?;
    let store = store_of(session, connection.as_ref(), scheme)?;
    Ok(Addressed { store, at })
}

/// Reads an address, and checks that it is of the connection's kind.
fn address(text: &str, connection: Option<&Connection>) -> Result<(Option<Scheme>, Address)> {
    if let Some(rest) = text.strip_prefix("file://")
        && connection.is_some_and(|connection| connection.spec.provider == Provider::Local)
    {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        return Ok((None, Address::new(bucket, key)));
    }
    if text.starts_with("https://") || text.starts_with("http://") || text.starts_with("hf://") {
        return refuse(Report::new(
            ErrorKind::Unsupported,
            format!("Aloft cannot read '{text}' yet"),
            "Download it first; buckets are written as s3://, gs:// or az://.",
        ));
    }
    let url = Url::parse(text)?;
    if let Some(connection) = connection {
        let own = Scheme::of(connection.spec.provider);
        if own != Some(url.scheme) {
            let own = own.map_or("file", Scheme::as_str);
            return refuse(Report::new(
                ErrorKind::Invalid,
                format!(
                    "'{text}' is not an address of the connection '{}', which is {}",
                    connection.name,
                    connection.spec.provider.label()
                ),
                format!("Its addresses begin with {own}://."),
            ));
        }
    }
    Ok((Some(url.scheme), url.address))
}

/// A place of a transfer: an address, or a path of this machine made absolute.
pub(super) fn place(text: &str, connection: Option<&Connection>) -> Result<Place> {
    if !Url::is_url(text) {
        let path = Path::new(text);
        let mut absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // `absolute` drops what the person may have meant by it.
        if text.ends_with(std::path::MAIN_SEPARATOR) {
            absolute.push("");
        }
        return Ok(Place::File(absolute));
    }
    let (scheme, at) = address(text, connection)?;
    Ok(Place::Object {
        connection: connection.map(|connection| connection.id.clone()),
        scheme: scheme.map_or("file", Scheme::as_str).to_owned(),
        bucket: at.bucket,
        key: at.key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aloft_base::connection::Spec;

    fn connection(provider: Provider) -> Connection {
        Connection {
            id: "c1".into(),
            name: "Lab".into(),
            spec: Spec::new(provider),
            created_ms: 0,
        }
    }

    #[test]
    fn an_address_of_another_kind_than_the_connection_is_refused() {
        let lab = connection(Provider::Gcs);
        let error = place("s3://b/k", Some(&lab)).unwrap_err().to_string();
        assert!(
            error.contains("which is Google Cloud Storage") && error.contains("gs://"),
            "{error}"
        );
        let place = place("gs://b/a//k", Some(&lab)).unwrap();
        let wanted = Place::Object {
            connection: Some("c1".into()),
            scheme: "gs".into(),
            bucket: "b".into(),
            key: "a//k".into(),
        };
        assert_eq!(place, wanted);
    }

    #[test]
    fn the_buckets_of_a_folder_are_addressed_as_files() {
        let lab = connection(Provider::Local);
        let Place::Object {
            scheme, bucket, key, ..
        } = place("file://b/k/", Some(&lab)).unwrap()
        else {
            panic!("not an object");
        };
        assert_eq!((scheme.as_str(), bucket.as_str(), key.as_str()), ("file", "b", "k/"));
    }

    #[test]
    fn a_path_is_made_absolute_and_keeps_its_last_slash() {
        let Place::File(path) = place("data/", None).unwrap() else {
            panic!("not a file");
        };
        assert!(path.is_absolute() && path.to_string_lossy().ends_with('/'), "{path:?}");
    }
}
