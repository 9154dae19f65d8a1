//! moto: an imitation of AWS. It checks no signature, but it knows SSE-KMS and STS.

use std::path::Path;
use std::process::Command;

use crate::program::python_program;
use crate::server::{Server, status_of};

/// A running moto server.
#[derive(Debug)]
pub struct Moto {
    server: Server,
}

impl Moto {
    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// When it cannot be started or is not ready in time.
    pub fn start() -> Self {
        Self {
            server: Server::start("moto", command, |port| status_of(port, "/moto-api/") == Some(200)),
        }
    }

    /// Where every service of it listens, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// An access key id; moto takes any.
    pub fn access_key(&self) -> &'static str {
        "AKIAIOSFODNN7EXAMPLE"
    }

    /// A secret key; moto takes any.
    pub fn secret_key(&self) -> &'static str {
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    }
}

fn command(folder: &Path, port: u16) -> Command {
    let mut command = Command::new(python_program("moto_server"));
    command
        .current_dir(folder)
        .args(["-H", "127.0.0.1", "-p"])
        .arg(port.to_string());
    command
}
