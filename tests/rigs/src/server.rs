//! A server as a child process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to get ready.
const READY: Duration = Duration::from_mins(1);

/// A running server. Dropping it ends its process and removes its folder.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
}

/// Below the ports that Linux gives to outgoing connections (from 32768 on), and above the ones that
/// services are known by: nobody is given one of these but who asks for it by number.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port of this machine that nobody listens at now, and that this process has not given before.
///
/// A port of the system's own choice would not do: once let go of, it may be chosen again for the
/// next server, or for a connection, before the first server listens at it.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    // Processes begin at different places, so that two at a time do not race for one port.
    let beginning = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(count)).unwrap_or(0);
    for _ in PORTS {
        let port = PORTS.start + (beginning + GIVEN.fetch_add(1, Ordering::Relaxed) % count) % count;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {} to {} is free", PORTS.start, PORTS.end);
}

impl Server {
    /// Starts a server and waits until `is_ready` says so. `command` makes its command from its
    /// folder and its port.
    ///
    /// # Panics
    /// When it cannot be started, ends, or is not ready in time: with what it said.
    pub fn start(name: &str, command: impl Fn(&Path, u16) -> Command, is_ready: impl Fn(u16) -> bool) -> Self {
        let folder = tempfile::Builder::new()
            .prefix(&format!("aloft-{name}-"))
            .tempdir()
            .expect("a folder for the server");
        let port = free_port();
        let log = folder.path().join("server.log");
        let file = std::fs::File::create(&log).expect("a log for the server");
        let mut command = command(folder.path(), port);
        let errors = file.try_clone().expect("a log for the server");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let mut server = Self { child, port, folder };
        let begun = Instant::now();
        while !is_ready(port) {
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            if let Ok(Some(status)) = server.child.try_wait() {
                panic!("{name} ended with {status}:\n{}", said());
            }
            assert!(begun.elapsed() < READY, "{name} is not ready:\n{}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The port it listens at, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its folder; removed when it is dropped.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a server answers to a GET of a path: its status, when it answers at all.
pub(crate) fn status_of(port: u16, path: &str) -> Option<u16> {
    use std::io::{Read, Write};
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head[9..12]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_given_twice() {
        let given: std::collections::HashSet<u16> = (0..200).map(|_| free_port()).collect();
        assert_eq!(given.len(), 200);
        assert!(given.iter().all(|port| PORTS.contains(port)));
    }
}
