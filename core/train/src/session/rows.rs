//! The rows of a run: read, brought through the steps of the recipe and split, and kept in the
//! run's folder, so that a process that goes on after this one has the very same.

use std::path::{Path, PathBuf};

use aloft_data::{Cached, DataError, Flow, RecipeRows, RowsOrder, RowsPlace, Source, Stages, detect_anywhere};

use super::{Control, Observer};
use crate::error::{Result, TrainError};
use crate::recipe::Recipe;

/// Where the rows of a run are kept until it ends.
#[derive(Debug)]
pub(super) struct Place {
    /// The rows that the steps before the split leave.
    rows: PathBuf,
    /// The steps after the split, once they have learned.
    steps: PathBuf,
    /// What is derived of tables that steps join.
    joined: PathBuf,
}

impl Place {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            rows: folder.join("rows.arrow"),
            steps: folder.join("steps.json"),
            joined: folder.join("joined"),
        }
    }

    /// Removes what an earlier run left.
    pub(super) fn clear(&self) -> Result<()> {
        let gone = |path: &Path, removed: std::io::Result<()>| match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(TrainError::from(aloft_base::Error::io("remove", path)(error)))
            }
            _ => Ok(()),
        };
        for file in [&self.rows, &self.steps] {
            gone(file, std::fs::remove_file(file))?;
        }
        gone(&self.joined, std::fs::remove_dir_all(&self.joined))
    }

    /// The rows of a recipe. `step` is where training goes on, for whoever stops it meanwhile.
    pub(super) fn load(
        &self,
        recipe: &Recipe,
        data: &Cached,
        step: u64,
        observer: &mut dyn Observer,
    ) -> Result<RecipeRows> {
        let find = |path: &Path| {
            let source = detect_anywhere(path, None, &mut |_| Flow::Continue)?.source;
            let cache = self.joined.join(source.key()?);
            Ok(Cached { source, cache })
        };
        let place = RowsPlace {
            rows: &self.rows,
            steps: &self.steps,
        };
        let loaded = order(recipe).load(data, &find, place, &mut |_| match observer.control() {
            Control::Stop => Flow::Stop,
            Control::Continue | Control::Pause => Flow::Continue,
        });
        loaded.map_err(|error| match error {
            DataError::Stopped => TrainError::Stopped { step },
            other => other.into(),
        })
    }
}

/// What a recipe says of its rows.
pub(crate) fn order(recipe: &Recipe) -> RowsOrder<'_> {
    RowsOrder {
        steps: &recipe.data.steps,
        split: &recipe.split,
        target: &recipe.target.column,
        task: recipe.target.task,
        features: &recipe.features.include,
        beside: &[],
    }
}

/// Names the content of the data, and of the tables that steps join.
pub(super) fn fingerprint(recipe: &Recipe, source: &Source) -> Result<String> {
    let own = aloft_data::source_fingerprint(source)?;
    let stages = Stages::of(&recipe.data.steps).unwrap_or_default();
    let mut joined = stages.joined().peekable();
    if joined.peek().is_none() {
        return Ok(own);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(own.as_bytes());
    for path in joined {
        let source = detect_anywhere(path, None, &mut |_| Flow::Continue)?.source;
        hasher.update(aloft_data::source_fingerprint(&source)?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}
