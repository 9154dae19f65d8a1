//! The model and settings to begin with.

use aloft_data::{SplitSpec, Task};

use super::LARGE;
use crate::recipe::{Activation, ModelKind, ModelSpec, Optimizer, Schedule, TrainingSpec};

/// How many rows train.
pub(super) fn train_rows(rows: u64, split: &SplitSpec) -> u64 {
    ((rows as f64 * (1.0 - split.valid - split.test_share())).round() as u64).max(1)
}

/// The model and settings that are good for so many rows.
pub(crate) fn defaults(kind: ModelKind, task: Task, rows: u64, split: &SplitSpec) -> (ModelSpec, TrainingSpec) {
    let rows = train_rows(rows, split);
    // Steps matter, not epochs: few rows need many passes, many rows few.
    let epochs = |steps: u64, batch: u32, least: u64, most: u64| {
        let steps_an_epoch = rows.div_ceil(u64::from(batch));
        steps.div_ceil(steps_an_epoch).clamp(least, most) as u32
    };
    match kind {
        ModelKind::Linear => {
            let batch_size = if rows >= LARGE { 1024 } else { 128 };
            let training = TrainingSpec {
                epochs: epochs(1200, batch_size, 10, 200),
                batch_size,
                learning_rate: 0.03,
                schedule: Schedule::Cosine,
                ..TrainingSpec::default()
            };
            (ModelSpec::Linear { l2: 1.0 }, training)
        }
        ModelKind::Mlp => {
            let batch_size = match rows {
                0..2000 => 32,
                2000..20_000 => 64,
                20_000..LARGE => 256,
                _ => 1024,
            };
            let training = TrainingSpec {
                epochs: epochs(4000, batch_size, 10, 100),
                batch_size,
                learning_rate: 0.002,
                weight_decay: 0.01,
                schedule: Schedule::Cosine,
                clip_norm: (task == Task::Regression).then_some(5.0),
                optimizer: Optimizer::AdamW {},
                ..TrainingSpec::default()
            };
            let model = ModelSpec::Mlp {
                hidden: vec![128, 64],
                dropout: 0.1,
                activation: Activation::Relu,
            };
            (model, training)
        }
    }
}
