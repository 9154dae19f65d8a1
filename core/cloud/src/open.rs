//! From a connection and its secrets to the storage behind it.

use std::sync::Arc;

use aloft_base::connection::{Provider, Spec};
use aloft_base::secret::Secrets;

use crate::error::Result;
use crate::s3::S3;
use crate::store::Store;
use crate::{azure, gcs, local};

/// Opens the storage of a connection. Nothing is asked of the server yet.
/// `name` is what errors call the connection.
pub fn open(name: &str, spec: &Spec, secrets: &Secrets) -> Result<Arc<dyn Store>> {
    match spec.provider {
        Provider::S3 | Provider::S3Compatible => Ok(Arc::new(S3::open(name, spec, secrets)?)),
        Provider::Gcs => gcs::open(name, spec, secrets),
        Provider::Azure => azure::open(name, spec, secrets),
        Provider::Local => local::open(name, spec),
    }
}
