//! `SeaweedFS`: a real S3 server. It checks signatures, keeps versions and refuses what S3 refuses.

use std::path::Path;
use std::process::Command;

use crate::program::python_program;
use crate::server::{Server, free_port, status_of};

const ACCESS_KEY: &str = "ALOFTADMIN00EXAMPLE0";
const SECRET_KEY: &str = "admin-of-the-rig/7bPxRfiCYEXAMPLEKEY0000";
const READER_ACCESS_KEY: &str = "ALOFTREADER0EXAMPLE0";
const READER_SECRET_KEY: &str = "reader-of-the-rig/bPxRfiCYEXAMPLEKEY0000";

/// A running `SeaweedFS` with one identity that may do everything and one that may only read.
#[derive(Debug)]
pub struct SeaweedFs {
    server: Server,
}

impl SeaweedFs {
    /// Starts it and waits until its S3 gateway answers.
    ///
    /// # Panics
    /// When it cannot be started or is not ready in time.
    pub fn start() -> Self {
        Self {
            server: Server::start("seaweedfs", command, |port| status_of(port, "/healthz") == Some(200)),
        }
    }

    /// Where its S3 gateway listens, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port of its S3 gateway.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The id of the key that may do everything.
    pub fn access_key(&self) -> &'static str {
        ACCESS_KEY
    }

    /// The secret of the key that may do everything.
    pub fn secret_key(&self) -> &'static str {
        SECRET_KEY
    }

    /// The id of the key that may list and read, and nothing else.
    pub fn reader_access_key(&self) -> &'static str {
        READER_ACCESS_KEY
    }

    /// The secret of the key that may list and read.
    pub fn reader_secret_key(&self) -> &'static str {
        READER_SECRET_KEY
    }
}

/// Its command. Every port is a free one, since it would else listen at the same ones each
/// time; its socket is in its folder, and it reports nothing to anybody.
fn command(folder: &Path, port: u16) -> Command {
    let identities = format!(
        r#"{{"identities": [
  {{"name": "admin", "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}],
    "actions": ["Admin", "Read", "List", "Tagging", "Write"]}},
  {{"name": "reader", "credentials": [{{"accessKey": "{READER_ACCESS_KEY}", "secretKey": "{READER_SECRET_KEY}"}}],
    "actions": ["Read", "List"]}}
]}}"#
    );
    let config = folder.join("s3.json");
    std::fs::write(&config, identities).expect("the identities of SeaweedFS");
    let data = folder.join("data");
    std::fs::create_dir(&data).expect("a folder for the data of SeaweedFS");
    let mut command = Command::new(python_program("weed"));
    command
        .env("WEED_S3_SSE_KEY", "a key of the rig for SSE-S3")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .current_dir(folder)
        .arg("server")
        .arg(format!("-dir={}", data.display()))
        .args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"])
        .args([
            "-master.volumeSizeLimitMB=64",
            "-volume.max=400",
            "-master.telemetry=false",
        ])
        .args([
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
        ])
        .arg(format!("-s3.config={}", config.display()))
        .arg(format!("-s3.localSocket={}", folder.join("s3.sock").display()))
        .arg(format!("-filer.localSocket={}", folder.join("filer.sock").display()))
        .arg(format!("-s3.port={port}"));
    for name in [
        "s3.port.grpc",
        "filer.port",
        "filer.port.grpc",
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
    ] {
        command.arg(format!("-{name}={}", free_port()));
    }
    command
}
