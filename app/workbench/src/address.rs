//! Places in storage as a person writes them: `s3://bucket/prefix/`, a path for a local folder.

use std::path::{Path, PathBuf};

use aloft_base::connection::{Connection, Provider};
use aloft_cloud::Scheme;

use crate::library::Library;
use crate::route::BucketPlace;

/// The address of a key, or of a bucket where the key is empty.
pub(crate) fn address(connection: &Connection, bucket: &str, key: &str) -> String {
    if let Some(root) = &connection.spec.root
        && connection.spec.provider == Provider::Local
    {
        let root = root.trim_end_matches('/');
        return if bucket.is_empty() {
            root.to_owned()
        } else {
            format!("{root}/{bucket}/{key}")
        };
    }
    let scheme = connection.spec.provider.scheme();
    if bucket.is_empty() {
        format!("{scheme}://")
    } else {
        format!("{scheme}://{bucket}/{key}")
    }
}

/// The address of a place; its id where the connection is gone.
pub(crate) fn place_address(library: &Library, place: &BucketPlace) -> String {
    match library.connection(&place.connection) {
        Some(connection) => address(connection, &place.bucket, &place.prefix),
        None => format!("{}/{}", place.bucket, place.prefix),
    }
}

/// The file that an object of a local folder is.
pub(crate) fn local_path(connection: &Connection, bucket: &str, key: &str) -> Option<PathBuf> {
    let root = connection.spec.root.as_ref()?;
    (connection.spec.provider == Provider::Local).then(|| Path::new(root).join(bucket).join(key))
}

/// The place that a typed address means, and the name after its last `/`: an object, or a folder
/// that was typed without one. An address without a scheme belongs to the connection one is in.
pub(crate) fn parse(
    text: &str,
    library: &Library,
    current: Option<&str>,
) -> Result<(BucketPlace, Option<String>), String> {
    let text = text.trim();
    let here = current.and_then(|id| library.connection(id));
    let (connection, rest) = if let Some((scheme, rest)) = text.split_once("://") {
        let known =
            |connection: &&Connection| Scheme::of(connection.spec.provider).is_some_and(|own| own.as_str() == scheme);
        let connection = here.filter(known).or_else(|| library.connections().iter().find(known));
        let connection =
            connection.ok_or_else(|| format!("No connection has addresses that begin with {scheme}://"))?;
        (connection, rest.to_owned())
    } else if text.starts_with('/') || text.contains(":\\") {
        let inside = |connection: &&Connection| {
            connection
                .spec
                .root
                .as_ref()
                .is_some_and(|root| Path::new(text).starts_with(root))
        };
        let connection = here
            .filter(inside)
            .or_else(|| library.connections().iter().find(inside));
        let connection = connection.ok_or("No connected folder holds this path")?;
        let root = connection
            .spec
            .root
            .as_deref()
            .unwrap_or_default()
            .trim_end_matches('/');
        (connection, text[root.len()..].trim_start_matches('/').to_owned())
    } else {
        let connection = here.ok_or("Write an address such as s3://bucket/prefix/")?;
        (connection, text.to_owned())
    };
    let (bucket, key) = rest.split_once('/').unwrap_or((&rest, ""));
    if bucket.is_empty() && !key.is_empty() {
        return Err("The address names no bucket".to_owned());
    }
    let split = key.rfind('/').map_or(0, |at| at + 1);
    let place = BucketPlace {
        connection: connection.id.clone(),
        bucket: bucket.to_owned(),
        prefix: key[..split].to_owned(),
    };
    let name = Some(key[split..].to_owned()).filter(|name| !name.is_empty());
    Ok((place, name))
}

/// The place above: the prefix without its last part, then the bucket's list.
pub(crate) fn above(place: &BucketPlace) -> Option<BucketPlace> {
    let prefix = place.prefix.strip_suffix('/').unwrap_or(&place.prefix);
    if place.bucket.is_empty() {
        return None;
    }
    if place.prefix.is_empty() {
        return Some(BucketPlace {
            bucket: String::new(),
            ..place.clone()
        });
    }
    let end = prefix.rfind('/').map_or(0, |at| at + 1);
    Some(BucketPlace {
        prefix: prefix[..end].to_owned(),
        ..place.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(bucket: &str, prefix: &str) -> BucketPlace {
        BucketPlace {
            connection: "c1".into(),
            bucket: bucket.into(),
            prefix: prefix.into(),
        }
    }

    #[test]
    fn one_goes_up_a_part_at_a_time_also_through_empty_ones() {
        assert_eq!(above(&at("b", "a//c/")), Some(at("b", "a//")));
        assert_eq!(above(&at("b", "a//")), Some(at("b", "a/")));
        assert_eq!(above(&at("b", "a/")), Some(at("b", "")));
        assert_eq!(above(&at("b", "")), Some(at("", "")));
        assert_eq!(above(&at("", "")), None);
    }

    #[test]
    fn an_address_that_fits_no_connection_is_refused_with_the_reason() {
        let library = Library::default();
        let error = parse("s3://b/x", &library, None).unwrap_err();
        assert!(error.contains("s3://"), "{error}");
        assert!(parse("b/x", &library, None).is_err());
    }
}
