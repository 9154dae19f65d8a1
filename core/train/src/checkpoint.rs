//! Checkpoints: everything a run needs to go on as if nothing had happened.
//!
//! One file holds it all: a magic word, the version of its form, the BLAKE3 hash of the
//! rest, and a safetensors file with the numbers and, as its metadata, the state as JSON.
//! Two generations are kept, written in turns, so that a damaged newest one costs only
//! the time since the one before.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use aloft_base::random::Generator;
use aloft_data::{Preparation, TargetEncoder};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError};
use crate::loss::TargetScale;
use crate::stopping::Stopping;

const MAGIC: &[u8; 8] = b"ALOFTCKP";
const VERSION: u32 = 1;
/// Magic word, version, hash.
const HEADER: usize = 8 + 4 + 32;
const FILES: [&str; 2] = ["a.ckpt", "b.ckpt"];
/// The names of the tensors that are not the optimiser's.
const WEIGHTS: &str = "weights";
const BEST: &str = "best";

/// Where a run is, but for the numbers on the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// Steps done; the schedule and the optimiser's bias correction follow from it.
    pub(crate) step: u64,
    /// Epochs finished.
    pub(crate) epoch: u32,
    /// Rows of the current epoch already used, in its order.
    pub(crate) row: usize,
    /// The generator of the order of rows, as it was before the current epoch was shuffled.
    pub(crate) shuffle: Generator,
    pub(crate) dropout: Generator,
    pub(crate) stopping: Stopping,
    /// Whether early stopping has ended the run.
    pub(crate) is_over: bool,
    /// Time spent training.
    pub(crate) duration_secs: f64,
}

/// What a checkpoint is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    /// Names the content of the data.
    pub(crate) data: String,
    /// Names the part of the recipe that the numbers depend on.
    pub(crate) recipe: String,
    pub(crate) preparation: Preparation,
    pub(crate) target: TargetEncoder,
    pub(crate) scale: TargetScale,
}

/// A run at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) position: Position,
    pub(crate) origin: Origin,
    /// All parameters, in their order.
    pub(crate) weights: Vec<f32>,
    /// Those of the best epoch, with early stopping.
    pub(crate) best: Option<Vec<f32>>,
    /// The optimiser's, by name.
    pub(crate) moments: BTreeMap<String, Vec<f32>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// Goes up with each checkpoint of a run.
    generation: u64,
    position: Position,
    origin: Origin,
}

/// The checkpoints of a run folder.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// The file the next checkpoint goes to.
    next: usize,
    generation: u64,
}

impl Store {
    /// The checkpoints in `run/checkpoint`, which is created. What a process left that was
    /// killed while it wrote one is removed.
    pub(crate) fn open(run: &Path) -> Result<Self> {
        let folder = run.join("checkpoint");
        aloft_base::fs::create_folder(&folder)?;
        let files = std::fs::read_dir(&folder).map_err(aloft_base::Error::io("read", &folder))?;
        for file in files {
            let path = file.map_err(aloft_base::Error::io("read", &folder))?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                std::fs::remove_file(&path).map_err(aloft_base::Error::io("remove", &path))?;
            }
        }
        Ok(Self {
            folder,
            next: 0,
            generation: 0,
        })
    }

    /// Removes what an earlier run left.
    pub(crate) fn clear(&self) -> Result<()> {
        for name in FILES {
            let path = self.folder.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(aloft_base::Error::io("remove", &path)(error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The newest checkpoint that is whole, if there is any, and what is to be told about
    /// one that is not.
    ///
    /// # Errors
    /// When there are checkpoints and none is whole, or one is of a newer Aloft.
    pub(crate) fn load(&mut self) -> Result<Option<(Checkpoint, Vec<String>)>> {
        let mut newest: Option<(u64, usize, Checkpoint)> = None;
        let mut damaged = Vec::new();
        for (file, name) in FILES.into_iter().enumerate() {
            let path = self.folder.join(name);
            if !path.exists() {
                continue;
            }
            match decode(&aloft_base::fs::read(&path)?, &path) {
                Ok((generation, checkpoint)) => {
                    if newest.as_ref().is_none_or(|(other, _, _)| generation > *other) {
                        newest = Some((generation, file, checkpoint));
                    }
                }
                Err(error @ TrainError::CheckpointDamaged { .. }) => damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        let Some((generation, file, checkpoint)) = newest else {
            return damaged.pop().map_or(Ok(None), Err);
        };
        self.generation = generation;
        self.next = 1 - file;
        let step = checkpoint.position.step;
        let told = damaged
            .iter()
            .map(|error| format!("{error}. The other one, of step {step}, is used."));
        Ok(Some((checkpoint, told.collect())))
    }

    /// Writes a checkpoint over the older of the two.
    pub(crate) fn save(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let bytes = encode(checkpoint, self.generation + 1)?;
        aloft_base::fs::write_atomic(&self.folder.join(FILES[self.next]), &bytes)?;
        self.generation += 1;
        self.next = 1 - self.next;
        Ok(())
    }
}

fn encode(checkpoint: &Checkpoint, generation: u64) -> Result<Vec<u8>> {
    let state = State {
        generation,
        position: checkpoint.position.clone(),
        origin: checkpoint.origin.clone(),
    };
    let state = serde_json::to_string(&state).map_err(|source| TrainError::Json {
        what: "the checkpoint",
        source,
    })?;
    let mut tensors: Vec<(&str, Vec<u8>)> = vec![(WEIGHTS, to_bytes(&checkpoint.weights))];
    tensors.extend(checkpoint.best.iter().map(|best| (BEST, to_bytes(best))));
    tensors.extend(
        checkpoint
            .moments
            .iter()
            .map(|(name, values)| (name.as_str(), to_bytes(values))),
    );
    let views = tensors
        .iter()
        .map(|(name, bytes)| Ok((*name, TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let metadata = HashMap::from([("state".to_owned(), state)]);
    let payload = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
    let payload = payload.map_err(|error| TrainError::Compute {
        action: "write the checkpoint",
        source: candle_core::Error::SafeTensor(error),
    })?;
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(blake3::hash(&payload).as_bytes());
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

fn decode(bytes: &[u8], path: &Path) -> Result<(u64, Checkpoint)> {
    let damaged = |what: String| TrainError::CheckpointDamaged {
        path: path.to_owned(),
        what,
    };
    let Some((header, payload)) = bytes.split_at_checked(HEADER) else {
        return Err(damaged("it is too short".into()));
    };
    if &header[..8] != MAGIC {
        return Err(damaged("it is not a checkpoint".into()));
    }
    let version = header[8..12]
        .iter()
        .rev()
        .fold(0, |version, byte| version << 8 | u32::from(*byte));
    if version > VERSION {
        return Err(TrainError::Newer {
            what: "checkpoint",
            path: path.to_owned(),
            found: version,
            known: VERSION,
        });
    }
    if blake3::hash(payload).as_bytes() != &header[12..] {
        return Err(damaged("its checksum does not fit its content".into()));
    }
    let (_, metadata) = SafeTensors::read_metadata(payload).map_err(|error| damaged(error.to_string()))?;
    let state = metadata.metadata().as_ref().and_then(|map| map.get("state"));
    let state = state.ok_or_else(|| damaged("its state is not there".into()))?;
    let state: State = serde_json::from_str(state).map_err(|error| damaged(error.to_string()))?;
    let tensors = SafeTensors::deserialize(payload).map_err(|error| damaged(error.to_string()))?;
    let mut moments = BTreeMap::new();
    let (mut weights, mut best) = (None, None);
    for (name, view) in tensors.iter() {
        let values = from_bytes(view.data());
        match name {
            WEIGHTS => weights = Some(values),
            BEST => best = Some(values),
            _ => drop(moments.insert(name.to_owned(), values)),
        }
    }
    let checkpoint = Checkpoint {
        position: state.position,
        origin: state.origin,
        weights: weights.ok_or_else(|| damaged("its weights are not there".into()))?,
        best,
        moments,
    };
    Ok((state.generation, checkpoint))
}

pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let value = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    bytes.chunks_exact(4).map(value).collect()
}
