//! Files that a killed process was in the middle of writing.

use std::path::Path;

use aloft_base::{Error, Result};

/// Removes parts of files and folders from a run folder. Only for the process that holds
/// the run's job: nobody else writes there.
pub(super) fn remove(folder: &Path) -> Result<()> {
    for folder in [folder.to_owned(), folder.join("checkpoint")] {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.map_err(Error::io("read the folder", &folder))?,
        };
        for entry in entries {
            let path = entry.map_err(Error::io("read the folder", &folder))?.path();
            if path.extension().is_none_or(|extension| extension != "part") {
                continue;
            }
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("model.17.part")).unwrap();
        std::fs::create_dir_all(path("checkpoint")).unwrap();
        for name in [
            "model.17.part/a",
            "checkpoint/a.ckpt",
            "checkpoint/a.ckpt.17.part",
            "recipe.toml",
        ] {
            std::fs::write(path(name), b"x").unwrap();
        }
        remove(folder.path()).unwrap();
        remove(&path("nowhere")).unwrap();
        assert!(!path("model.17.part").exists() && !path("checkpoint/a.ckpt.17.part").exists());
        assert!(path("checkpoint/a.ckpt").exists() && path("recipe.toml").exists());
    }
}
