//! Addresses of buckets and objects: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`.

use std::fmt;

use aloft_base::connection::Provider;

use crate::error::{CloudError, Result};

/// A bucket and a key in it. The key is taken exactly as it is: `//`, `./`, spaces and a
/// trailing `/` mean themselves, and nothing is percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub bucket: String,
    /// The key, or the beginning of keys; empty for the bucket itself.
    pub key: String,
}

impl Address {
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            key: key.into(),
        }
    }
}

/// An address as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    pub scheme: Scheme,
    pub address: Address,
}

/// Whose address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    S3,
    Gs,
    Az,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gs => "gs",
            Self::Az => "az",
        }
    }

    /// The scheme of a provider's addresses; a local folder's are plain paths.
    pub fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::S3 | Provider::S3Compatible => Some(Self::S3),
            Provider::Gcs => Some(Self::Gs),
            Provider::Azure => Some(Self::Az),
            Provider::Local => None,
        }
    }
}

impl Url {
    /// Whether a text is an address and not a path of this machine.
    pub fn is_url(text: &str) -> bool {
        text.contains("://")
    }

    /// Reads `scheme://bucket/key`.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |why| CloudError::Address {
            text: text.to_owned(),
            why,
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| refuse("it has no ://"))?;
        let scheme = match scheme {
            "s3" | "s3a" | "s3n" => Scheme::S3,
            "gs" | "gcs" => Scheme::Gs,
            "az" | "azure" | "abfs" | "abfss" => Scheme::Az,
            _ => return Err(refuse("its scheme is none of s3, gs and az")),
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(refuse("it names no bucket"));
        }
        if bucket.contains(['@', '?', '#', ' ', ':']) {
            return Err(refuse("its bucket has a character that no bucket can have"));
        }
        Ok(Self {
            scheme,
            address: Address::new(bucket, key),
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}/{}",
            self.scheme.as_str(),
            self.address.bucket,
            self.address.key
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_as_it_is() {
        for text in ["s3://b/a//b/./c/", "gs://b/ä ö%20.csv", "az://c/"] {
            let url = Url::parse(text).unwrap();
            assert_eq!(url.to_string(), text);
        }
        assert_eq!(Url::parse("s3://b").unwrap().address, Address::new("b", ""));
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, why) in [
            ("b/k", "no ://"),
            ("ftp://b/k", "none of s3"),
            ("s3:///k", "no bucket"),
            ("s3://user:pw@b/k", "no bucket can have"),
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
