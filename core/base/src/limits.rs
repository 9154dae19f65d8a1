//! What jobs may use of this machine: the memory of a question, and the size of the caches.
//!
//! They are a small file in the workspace, so that the window and every process of a job read the same.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::fs;
use crate::workspace::Workspace;

/// What jobs may use. What is not in the file is as by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// How much of the machine's memory a process that profiles, queries, prepares or exports may
    /// take, in percent; 100 or more is no limit.
    pub memory_percent: u32,
    /// How many bytes the answers, copies and indexes in the cache may take together. What is in
    /// use stays, whatever it takes.
    pub cache_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_percent: 60,
            cache_bytes: 10 << 30,
        }
    }
}

/// No limit is below this: the program itself needs some.
const LEAST_BYTES: u64 = 512 << 20;

impl Limits {
    /// The limits of a workspace. A file that cannot be understood is as good as none.
    ///
    /// # Errors
    /// When the file is there and may not be read.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let path = path(workspace);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(Error::io("read", &path)(source)),
        }
    }

    /// Keeps the limits of a workspace; they hold for jobs that start from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, workspace: &Workspace) -> Result<()> {
        let path = path(workspace);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(std::io::Error::from)
            .map_err(Error::io("write", &path))?;
        fs::write_atomic(&path, &bytes)
    }

    /// How many bytes a process may take; nothing when there is no limit or the size of the
    /// machine's memory is not known.
    pub fn memory_bytes(&self) -> Option<u64> {
        if self.memory_percent >= 100 {
            return None;
        }
        let part = machine_memory_bytes()? / 100 * u64::from(self.memory_percent);
        Some(part.max(LEAST_BYTES))
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.folder().join("limits.json")
}

/// The memory that this process can have at most: the machine's, or its container's when that is
/// less. Nothing where the system does not say.
pub fn machine_memory_bytes() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total_of(&text))?;
    let container = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .iter()
    .filter_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok())
    .min();
    Some(container.map_or(machine, |limit| machine.min(limit)))
}

/// The total in the text of `/proc/meminfo`.
fn total_of(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_kept_and_what_is_missing_or_damaged_is_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        assert_eq!(Limits::read(&workspace).unwrap(), Limits::default());
        let limits = Limits {
            memory_percent: 25,
            cache_bytes: 1 << 30,
        };
        limits.write(&workspace).unwrap();
        assert_eq!(Limits::read(&workspace).unwrap(), limits);
        std::fs::write(path(&workspace), r#"{"cache_bytes": 5, "later": 1}"#).unwrap();
        let read = Limits::read(&workspace).unwrap();
        assert_eq!((read.memory_percent, read.cache_bytes), (60, 5));
        std::fs::write(path(&workspace), "no json").unwrap();
        assert_eq!(Limits::read(&workspace).unwrap(), Limits::default());
    }

    #[test]
    fn a_share_of_the_memory_is_taken_and_a_whole_is_no_limit() {
        assert_eq!(
            total_of("MemTotal:       16384 kB\nMemFree: 3 kB\n"),
            Some(16 * 1024 * 1024)
        );
        assert_eq!(total_of("nothing"), None);
        let whole = Limits {
            memory_percent: 100,
            ..Limits::default()
        };
        assert_eq!(whole.memory_bytes(), None);
        if let Some(machine) = machine_memory_bytes() {
            let limit = Limits::default().memory_bytes().unwrap();
            assert!(limit <= machine.max(LEAST_BYTES) && limit >= LEAST_BYTES);
        }
    }
}
