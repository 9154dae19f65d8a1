//! Storage for callers that are not asynchronous: one runtime, and the stores that are open.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use aloft_base::connection::{Connection, Provider, Spec};
use aloft_base::secret::{self, Secrets};

use crate::address::Scheme;
use crate::error::{CloudError, Result};
use crate::open::open;
use crate::store::Store;

/// A runtime and the stores opened in it. Stores keep their connections to the server
/// open, so one session serves a window or a program for as long as it lives.
#[derive(Debug)]
pub struct Session {
    runtime: tokio::runtime::Runtime,
    stores: Mutex<HashMap<String, Opened>>,
}

/// A store, and what it was opened with.
#[derive(Debug)]
struct Opened {
    connection: Connection,
    /// See [`secret::revision`].
    secrets: u64,
    store: Arc<dyn Store>,
}

impl Session {
    /// Starts `threads` threads that talk to servers.
    pub fn start(threads: usize) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("cloud")
            .enable_all()
            .build()
            .map_err(|source| CloudError::Io {
                action: "start the threads for",
                path: "the network".into(),
                source,
            })?;
        Ok(Self {
            runtime,
            stores: Mutex::default(),
        })
    }

    /// The storage of a connection, opened when it is first asked for and again after the
    /// connection or its secrets changed. Reads the keychain only then, and only for ways to sign in
    /// that have a secret.
    pub fn store(&self, connection: &Connection) -> Result<Arc<dyn Store>> {
        self.opened(connection, || {
            Ok(secret::read_for(&connection.id, &connection.spec.sign_in)?)
        })
    }

    /// The storage that the standard environment of a provider means: `AWS_*`, profiles,
    /// `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_*`.
    pub fn standard(&self, scheme: Scheme) -> Result<Arc<dyn Store>> {
        let provider = match scheme {
            Scheme::S3 => Provider::S3,
            Scheme::Gs => Provider::Gcs,
            Scheme::Az => Provider::Azure,
        };
        let connection = Connection {
            id: format!("standard-{}", scheme.as_str()),
            name: "the environment".to_owned(),
            spec: Spec::new(provider),
            created_ms: 0,
        };
        self.opened(&connection, || Ok(Secrets::new()))
    }

    fn opened(&self, connection: &Connection, secrets: impl FnOnce() -> Result<Secrets>) -> Result<Arc<dyn Store>> {
        let revision = secret::revision(&connection.id);
        let known = self
            .stores
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&connection.id)
            .filter(|opened| opened.connection == *connection && opened.secrets == revision)
            .map(|opened| Arc::clone(&opened.store));
        if let Some(store) = known {
            return Ok(store);
        }
        // Stores may need the runtime to come to life.
        let _inside = self.runtime.enter();
        let store = open(&connection.name, &connection.spec, &secrets()?)?;
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).insert(
            connection.id.clone(),
            Opened {
                connection: connection.clone(),
                secrets: revision,
                store: Arc::clone(&store),
            },
        );
        Ok(store)
    }

    /// Forgets an open store, so that it is opened anew: after its secrets changed.
    pub fn forget(&self, connection_id: &str) {
        self.stores
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(connection_id);
    }

    /// Waits for something asynchronous. Never called from inside the runtime.
    pub fn wait<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    /// Begins something asynchronous and goes on.
    pub fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.runtime.spawn(work)
    }
}
