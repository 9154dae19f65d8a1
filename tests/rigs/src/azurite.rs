//! Azurite: Microsoft's own imitation of Azure Storage. It checks keys and signatures.

use std::path::Path;
use std::process::Command;

use crate::program::node_program;
use crate::server::{Server, status_of};

const ACCOUNT: &str = "aloftrig";
/// "the key of the rig, which is no secret" in Base64.
const KEY: &str = "dGhlIGtleSBvZiB0aGUgcmlnLCB3aGljaCBpcyBubyBzZWNyZXQ=";

/// A running Azurite with one account.
#[derive(Debug)]
pub struct Azurite {
    server: Server,
}

impl Azurite {
    /// Starts its blob service and waits until it answers.
    ///
    /// # Panics
    /// When it cannot be started or is not ready in time.
    pub fn start() -> Self {
        Self {
            server: Server::start("azurite", command, |port| status_of(port, "/").is_some()),
        }
    }

    /// Where its blobs are, as `http://127.0.0.1:PORT/account`.
    pub fn url(&self) -> String {
        format!("{}/{ACCOUNT}", self.server.url())
    }

    /// The port of its blob service.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The name of its account.
    pub fn account(&self) -> &'static str {
        ACCOUNT
    }

    /// The key of its account.
    pub fn key(&self) -> &'static str {
        KEY
    }
}

fn command(folder: &Path, port: u16) -> Command {
    let mut command = Command::new(node_program("azurite-blob"));
    command
        .current_dir(folder)
        .env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"))
        .args(["--silent", "--disableTelemetry", "--inMemoryPersistence"])
        .args(["--blobHost", "127.0.0.1", "--blobPort"])
        .arg(port.to_string());
    command
}
