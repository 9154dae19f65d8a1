//! Which processes did a test start, and are they all gone at its end?
//!
//! Every rig marks what it starts by a private folder in the environment. Children that detach
//! themselves (a job, a service of the session bus) inherit it, so they are found and ended by their id.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The ids of the live processes whose environment names `folder`. Linux only; elsewhere none.
pub fn with_folder(folder: &Path) -> Vec<u32> {
    let needle = folder.as_os_str().as_encoded_bytes();
    let this = std::process::id();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<u32> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != this)
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environment| environment.windows(needle.len()).any(|part| part == needle))
        })
        .collect();
    found.sort_unstable();
    found
}

/// Whether a process lives. A zombie, which only waits for its parent, does not.
pub fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| {
            stat.rsplit(')')
                .next()
                .map(|rest| !rest.trim_start().starts_with(['Z', 'X']))
        })
        .unwrap_or(false)
}

/// Sends a signal to one process. False when there is no such process.
pub fn signal(pid: u32, name: &str) -> bool {
    Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Ends every process whose environment names `folder`: politely, and after a moment for certain.
pub fn end_all(folder: &Path) {
    for pid in with_folder(folder) {
        signal(pid, "TERM");
    }
    let patience = Instant::now() + Duration::from_secs(2);
    while Instant::now() < patience {
        if with_folder(folder).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    for pid in with_folder(folder) {
        signal(pid, "KILL");
    }
}

/// Resident memory of a process in bytes.
pub fn memory_bytes(pid: u32) -> Option<u64> {
    status_bytes(pid, "VmRSS:")
}

/// The most resident memory a process has had so far, in bytes.
pub fn peak_memory_bytes(pid: u32) -> Option<u64> {
    status_bytes(pid, "VmHWM:")
}

fn status_bytes(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// The processor time a process has used so far, in seconds.
pub fn cpu_secs(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    // Fields 14 and 15 of proc(5), counted here from the third; in ticks of 1/100 s.
    let user: f64 = fields.get(11)?.parse().ok()?;
    let system: f64 = fields.get(12)?.parse().ok()?;
    Some((user + system) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detached_grandchild_is_found_by_its_folder_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        // The shell ends at once; the sleeper lives on in a session of its own.
        let status = Command::new("sh")
            .args(["-c", "setsid sleep 300 >/dev/null 2>&1 &"])
            .env("HOME", folder.path())
            .status()
            .unwrap();
        assert!(status.success());
        let until = Instant::now() + Duration::from_secs(5);
        while with_folder(folder.path()).is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let found = with_folder(folder.path());
        assert!(!found.is_empty());
        assert!(found.iter().all(|pid| is_alive(*pid)));
        end_all(folder.path());
        // A process that was killed is there until somebody has taken notice.
        let until = Instant::now() + Duration::from_secs(5);
        while found.iter().any(|pid| is_alive(*pid)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(found.iter().all(|pid| !is_alive(*pid)), "{found:?} still live");
        assert!(!is_alive(found[0]) && !signal(u32::MAX / 4, "KILL"));
    }
}
