//! The sample datasets that come with Aloft, so that a first run works offline.

use std::path::PathBuf;

use aloft_base::{Report, Workspace, fs};
use serde::{Deserialize, Serialize};

/// A small, real dataset. Sources and licences are in `assets/data/LICENSES.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sample {
    Penguins,
    Wine,
    Digits,
}

impl Sample {
    pub const ALL: [Self; 3] = [Self::Penguins, Self::Wine, Self::Digits];

    /// The name a person sees.
    pub fn title(self) -> &'static str {
        match self {
            Self::Penguins => "Palmer penguins",
            Self::Wine => "Wine quality",
            Self::Digits => "Handwritten digits",
        }
    }

    /// What it is good for.
    pub fn description(self) -> &'static str {
        match self {
            Self::Penguins => "344 birds of three species, with gaps",
            Self::Wine => "Laboratory values and a score",
            Self::Digits => "1,797 images of 8 × 8 pixels",
        }
    }

    fn file_name(self) -> &'static str {
        match self {
            Self::Penguins => "penguins.csv",
            Self::Wine => "wine_quality.csv",
            Self::Digits => "digits.csv",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Penguins => include_bytes!("../../../assets/data/penguins.csv"),
            Self::Wine => include_bytes!("../../../assets/data/wine_quality.csv"),
            Self::Digits => include_bytes!("../../../assets/data/digits.csv"),
        }
    }

    /// Puts the file into the workspace's `samples` folder and answers its path. Called on a worker.
    pub(crate) fn place(self, workspace: &Workspace) -> Result<PathBuf, Report> {
        let folder = workspace.folder().join("samples");
        let path = folder.join(self.file_name());
        // Left alone when it is there: its time of change is part of what is known of it.
        if fs::read(&path).is_ok_and(|bytes| bytes == self.bytes()) {
            return Ok(path);
        }
        fs::create_folder(&folder)
            .and_then(|()| fs::write_atomic(&path, self.bytes()))
            .map_err(|error| Report::of(&error))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_placed_once_and_repaired() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        for sample in Sample::ALL {
            let path = sample.place(&workspace).unwrap();
            assert!(path.starts_with(workspace.folder()));
            std::fs::write(&path, "broken").unwrap();
            sample.place(&workspace).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), sample.bytes());
        }
    }
}
