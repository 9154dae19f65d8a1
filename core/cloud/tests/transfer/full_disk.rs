//! A disk that is full, and has room later.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aloft_base::{ErrorKind, job};
use aloft_cloud::transfer;

use crate::kill::{helper, planned};
use crate::setup::{Bench, file, noise, object, order, seaweed, write};

/// A small disk in a mount namespace of its own. The test sees it through `/proc`; it is gone with its process.
struct SmallDisk {
    holder: Child,
    is_root: bool,
}

impl SmallDisk {
    fn mount(bytes: usize) -> Self {
        let id = Command::new("id").arg("-u").output().unwrap();
        let is_root = id.stdout.starts_with(b"0\n");
        let mut command = Command::new("unshare");
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        let script = format!("mount -t tmpfs -o size={bytes} tmpfs /mnt && echo ready && exec sleep 600");
        let mut holder = command
            .args(["--mount", "--propagation", "private", "sh", "-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let disk = Self { holder, is_root };
        assert_eq!(line.trim(), "ready", "no small disk could be mounted");
        disk
    }

    /// A program where the disk is `/mnt`.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--mount"]);
        if !self.is_root {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program).stdin(Stdio::null());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/mnt/{name}", self.holder.id()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

#[test]
fn a_full_disk_ends_the_transfer_and_room_lets_it_go_on() {
    let server = seaweed();
    let bench = Bench::new();
    let s3 = bench.connect("S3", &server.url());
    bench.bucket(&s3, "full-disk");
    let bytes = noise(1, 40 << 20);
    write(&bench.path("large"), &bytes);
    bench
        .run(&order(
            vec![file(bench.path("large"))],
            object(&s3, "full-disk", "large"),
        ))
        .unwrap();
    // Room for the parts that begin together, and not for the rest.
    let disk = SmallDisk::mount(38 << 20);
    let down = order(vec![object(&s3, "full-disk", "")], file("/mnt/to"));
    let id = transfer::create(&bench.workspace, "a test", &down).unwrap();
    let run = || {
        helper(
            disk.command(std::env::current_exe().unwrap()),
            bench.workspace.folder(),
            &id,
        )
        .status()
        .unwrap()
    };
    assert!(!run().success());
    let ended = job::get(&bench.workspace, &id).unwrap();
    let report = ended.error.unwrap();
    assert_eq!(
        (ended.state, report.kind),
        (job::State::Failed, ErrorKind::NoSpace),
        "{report}"
    );
    assert!(!report.hint.is_empty());
    assert!(!disk.path("to/large").exists(), "a part is not taken for the whole");
    let kept = planned(&bench.workspace, &id).moved;
    assert!(kept > 0, "what arrived is kept");
    let larger = disk
        .command("mount")
        .args(["-o", "remount,size=100m", "/mnt"])
        .status()
        .unwrap();
    assert!(larger.success());
    transfer::resume(&bench.workspace, &id).unwrap();
    assert!(run().success());
    assert!(std::fs::read(disk.path("to/large")).unwrap() == bytes);
    assert!(!disk.path("to/large.aloft-part").exists());
}
