//! Space kept for the last words of a job on a full disk.
//!
//! When a disk is full not even the row that says so can be written. A job that writes
//! much keeps a small file and gives its space back when it ends.

use std::path::{Path, PathBuf};

use aloft_base::random::Generator;
use aloft_base::{Result, fs};

/// Enough for a few transactions on the workspace's database.
const BYTES: usize = 512 * 1024;

/// Space that is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Spare {
    path: PathBuf,
}

impl Spare {
    /// Keeps space in a folder; what an earlier process left there is taken over.
    pub(crate) fn keep(folder: &Path) -> Result<Self> {
        let path = folder.join("spare");
        // Not zeros, which some file systems store in no space at all.
        let mut random = Generator::new(BYTES as u64);
        let bytes: Vec<u8> = (0..BYTES).map(|_| random.below(256) as u8).collect();
        fs::write_atomic(&path, &bytes)?;
        Ok(Self { path })
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        // The job has ended either way, and the next one takes it over.
        drop(std::fs::remove_file(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_is_taken_while_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let spare = Spare::keep(folder.path()).unwrap();
        assert_eq!(
            std::fs::metadata(folder.path().join("spare")).unwrap().len(),
            BYTES as u64
        );
        drop(spare);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
