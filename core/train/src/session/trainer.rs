//! The state of a training and its smallest move: one step, one end of an epoch.

use aloft_base::random::Generator;
use aloft_data::TargetValues;
use candle_core::{Device, Tensor};

use super::material::{Material, Part};
use crate::checkpoint::{Checkpoint, Origin, Position};
use crate::error::{Result, TrainError};
use crate::evaluate::{deviations, share_of_hits};
use crate::folder::outputs;
use crate::model::Network;
use crate::optimizer::{self, clip};
use crate::outcome::Scores;
use crate::recipe::{ModelSpec, Recipe};
use crate::schedule::learning_rate;
use crate::stopping::Stopping;

/// At most so many rows of the training part are measured after each epoch.
const MEASURED_ROWS: usize = 10_000;

/// A model, its optimiser and where they are in the data.
#[derive(Debug)]
pub(super) struct Trainer<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) material: &'a Material,
    pub(super) network: Network,
    optimizer: optimizer::State,
    /// 1 for weights, 0 for biases.
    weights: Tensor,
    /// Factor of the penalty in the gradient.
    penalty: f64,
    position: Position,
    /// The generator of the order of rows after this epoch was shuffled.
    next_shuffle: Generator,
    /// The rows of this epoch in their order.
    order: Tensor,
    /// The parameters of the best epoch, with early stopping.
    best: Option<Tensor>,
    measured: Measured,
}

/// The rows of the training part that are measured after each epoch.
#[derive(Debug)]
struct Measured {
    inputs: Tensor,
    values: TargetValues,
}

/// What one step did.
#[derive(Debug)]
pub(super) struct Step {
    /// A scalar still on the device: reading it would wait for it.
    pub(super) loss: Tensor,
    pub(super) learning_rate: f64,
    pub(super) rows: usize,
}

/// What one epoch brought.
#[derive(Debug)]
pub(super) struct EpochEnd {
    pub(super) train: Scores,
    pub(super) valid: Scores,
    pub(super) valid_loss: Option<f64>,
}

impl<'a> Trainer<'a> {
    /// The state before the first step.
    pub(super) fn new(recipe: &'a Recipe, material: &'a Material, device: &Device) -> Result<Self> {
        let seed = recipe.training.seed;
        let rows = material.train.len();
        let build = || {
            let width = material.preparation.width();
            let network = Network::new(&recipe.model, width, material.loss.outputs(), seed, device)?;
            let optimizer = optimizer::State::new(recipe.training.optimizer, &network.flat())?;
            let weights = network.weight_mask()?;
            let order = Tensor::zeros(rows, candle_core::DType::U32, device)?;
            let measured = measured(&material.train, device)?;
            Ok((network, optimizer, weights, order, measured))
        };
        let (network, optimizer, weights, order, measured) = build().map_err(TrainError::compute("build the model"))?;
        let penalty = match recipe.model {
            ModelSpec::Linear { l2 } => l2 / rows as f64,
            ModelSpec::Mlp { .. } => 0.0,
        };
        let shuffle = Generator::stream(seed, "shuffle");
        let mut trainer = Self {
            recipe,
            material,
            network,
            optimizer,
            weights,
            penalty,
            position: Position {
                step: 0,
                epoch: 0,
                row: 0,
                shuffle: shuffle.clone(),
                dropout: Generator::stream(seed, "dropout"),
                stopping: Stopping::default(),
                is_over: false,
                duration_secs: 0.0,
            },
            next_shuffle: shuffle,
            order,
            best: None,
            measured,
        };
        trainer.shuffle()?;
        Ok(trainer)
    }

    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    pub(super) fn epochs(&self) -> u32 {
        self.recipe.training.epochs
    }

    /// Steps of the whole run, when early stopping does not end it.
    pub(super) fn steps(&self) -> u64 {
        let steps = self
            .material
            .train
            .len()
            .div_ceil(self.recipe.training.batch_size as usize);
        steps as u64 * u64::from(self.epochs())
    }

    pub(super) fn is_finished(&self) -> bool {
        self.position.is_over || self.position.epoch >= self.epochs()
    }

    /// Whether every row of the epoch was used, so that [`Trainer::end_epoch`] is due.
    pub(super) fn is_epoch_done(&self) -> bool {
        self.position.row >= self.material.train.len()
    }

    /// Draws the order of the rows of the current epoch.
    fn shuffle(&mut self) -> Result<()> {
        let mut order: Vec<u32> = (0..self.material.train.len() as u32).collect();
        self.next_shuffle = self.position.shuffle.clone();
        self.next_shuffle.shuffle(&mut order);
        let count = order.len();
        self.order =
            Tensor::from_vec(order, count, self.order.device()).map_err(TrainError::compute("shuffle the rows"))?;
        Ok(())
    }

    /// One step down the gradient of the next batch.
    pub(super) fn step(&mut self) -> Result<Step> {
        self.try_step().map_err(TrainError::compute("take a training step"))
    }

    fn try_step(&mut self) -> candle_core::Result<Step> {
        let training = &self.recipe.training;
        let part = &self.material.train;
        let rows = (training.batch_size as usize).min(part.len() - self.position.row);
        let batch = self.order.narrow(0, self.position.row, rows)?;
        let inputs = part.inputs.index_select(&batch, 0)?;
        let targets = part.targets.index_select(&batch, 0)?;
        let (output, tape) = self.network.forward_training(&inputs, &mut self.position.dropout)?;
        let (loss, slope) = self.material.loss.with_gradient(&output, &targets)?;
        let mut gradient = self.network.backward(&tape, slope)?;
        let parameters = self.network.flat();
        if self.penalty > 0.0 {
            gradient = (gradient + (&parameters * &self.weights)?.affine(self.penalty, 0.0)?)?;
        }
        if let Some(norm) = training.clip_norm {
            gradient = clip(gradient, norm)?;
        }
        let rate = learning_rate(training, self.position.step, self.steps());
        let stepped = self
            .optimizer
            .step(&parameters, &gradient, &self.weights, rate, training.weight_decay)?;
        self.network.set(&stepped)?;
        self.position.step += 1;
        self.position.row += rows;
        Ok(Step {
            loss,
            learning_rate: rate,
            rows,
        })
    }

    /// Measures the model after an epoch, keeps it if it is the best, and goes to the next epoch.
    pub(super) fn end_epoch(&mut self) -> Result<EpochEnd> {
        let end = self.measure().map_err(TrainError::compute("measure the model"))?;
        self.position.epoch += 1;
        let epoch = self.position.epoch;
        if let (Some(patience), Some(loss)) = (self.recipe.training.early_stopping, end.valid_loss) {
            if self.position.stopping.improves(epoch, loss) {
                self.best = Some(
                    self.network
                        .flat()
                        .copy()
                        .map_err(TrainError::compute("keep the best weights"))?,
                );
            }
            self.position.is_over = self.position.stopping.is_over(epoch, patience);
        }
        self.position.row = 0;
        self.position.shuffle = self.next_shuffle.clone();
        if !self.is_finished() {
            self.shuffle()?;
        }
        Ok(end)
    }

    fn measure(&self) -> candle_core::Result<EpochEnd> {
        let valid = &self.material.valid;
        let scores = |inputs: &Tensor, values: &TargetValues| -> candle_core::Result<Scores> {
            let outputs = outputs(&self.network, inputs)?;
            Ok(match values {
                TargetValues::Classes(classes) => {
                    let share = share_of_hits(&outputs, self.material.loss.outputs(), classes);
                    Scores::from([("accuracy".to_owned(), share)])
                }
                TargetValues::Numbers(numbers) => {
                    let actual: Vec<f64> = numbers.iter().map(|number| f64::from(*number)).collect();
                    let predicted: Vec<f64> = outputs
                        .iter()
                        .map(|output| self.material.scale.restore(*output))
                        .collect();
                    deviations(&actual, &predicted)
                }
            })
        };
        let (mut valid_scores, mut valid_loss) = (Scores::new(), None);
        if !valid.is_empty() {
            valid_scores = scores(&valid.inputs, &valid.values)?;
            valid_loss = Some(self.mean_loss(valid)?);
        }
        Ok(EpochEnd {
            train: scores(&self.measured.inputs, &self.measured.values)?,
            valid: valid_scores,
            valid_loss,
        })
    }

    fn mean_loss(&self, part: &Part) -> candle_core::Result<f64> {
        const ROWS: usize = 8192;
        let mut sum = 0.0;
        for first in (0..part.len()).step_by(ROWS) {
            let rows = ROWS.min(part.len() - first);
            let output = self.network.forward(&part.inputs.narrow(0, first, rows)?)?;
            let loss = self
                .material
                .loss
                .mean(&output, &part.targets.narrow(0, first, rows)?)?;
            sum += f64::from(loss.to_scalar::<f32>()?) * rows as f64;
        }
        Ok(sum / part.len() as f64)
    }

    /// Takes the weights that are the model: those of the best epoch with early stopping,
    /// else the last. Answers the epoch they are of, from 1.
    pub(super) fn settle(&mut self) -> Result<u32> {
        match (&self.best, self.position.stopping.best_epoch()) {
            (Some(best), Some(epoch)) => {
                self.network
                    .set(best)
                    .map_err(TrainError::compute("take the best weights"))?;
                Ok(epoch)
            }
            _ => Ok(self.position.epoch),
        }
    }

    /// The parameters.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] when one is not finite.
    pub(super) fn finite_weights(&self) -> Result<Vec<f32>> {
        let weights = read(&self.network.flat())?;
        match weights.iter().find(|weight| !weight.is_finite()) {
            None => Ok(weights),
            Some(weight) => Err(TrainError::Diverged {
                step: self.position.step,
                epoch: self.position.epoch + 1,
                what: "value of a weight",
                value: weight.to_string(),
            }),
        }
    }

    /// All there is to save. The weights must be finite.
    pub(super) fn checkpoint(&self, data: &str, recipe: &str, duration_secs: f64) -> Result<Checkpoint> {
        let mut position = self.position.clone();
        position.duration_secs = duration_secs;
        let moments = self.optimizer.moments().into_iter();
        Ok(Checkpoint {
            position,
            origin: Origin {
                data: data.to_owned(),
                recipe: recipe.to_owned(),
                preparation: self.material.preparation.clone(),
                target: self.material.target.encoder().clone(),
                scale: self.material.scale,
            },
            weights: self.finite_weights()?,
            best: self.best.as_ref().map(read).transpose()?,
            moments: moments
                .map(|(name, moment)| Ok((name.to_owned(), read(moment)?)))
                .collect::<Result<_>>()?,
        })
    }

    /// Goes on from a checkpoint of the same data and recipe.
    pub(super) fn restore(&mut self, saved: &Checkpoint) -> Result<()> {
        let device = self.order.device().clone();
        let length = self.network.len();
        let tensor = |values: &[f32]| {
            if values.len() != length {
                return Err(TrainError::Changed {
                    what: format!("its model has {length} parameters, and its checkpoint {}", values.len()),
                    hint: "Start a new run from the recipe.",
                });
            }
            Tensor::from_slice(values, length, &device).map_err(TrainError::compute("load the checkpoint"))
        };
        self.network
            .set(&tensor(&saved.weights)?)
            .map_err(TrainError::compute("load the checkpoint"))?;
        self.best = saved.best.as_deref().map(tensor).transpose()?;
        self.optimizer
            .restore(saved.position.step, |name| match saved.moments.get(name) {
                Some(values) => tensor(values),
                None => Err(TrainError::Changed {
                    what: format!("its checkpoint lacks {name}"),
                    hint: "Start a new run from the recipe.",
                }),
            })?;
        self.position = saved.position.clone();
        self.shuffle()
    }
}

fn read(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.to_vec1().map_err(TrainError::compute("read the parameters"))
}

/// All rows of the training part, or as many spread evenly over it as can be measured quickly.
fn measured(train: &Part, device: &Device) -> candle_core::Result<Measured> {
    let stride = train.len().div_ceil(MEASURED_ROWS).max(1);
    if stride == 1 {
        return Ok(Measured {
            inputs: train.inputs.clone(),
            values: train.values.clone(),
        });
    }
    let rows: Vec<u32> = (0..train.len() as u32).step_by(stride).collect();
    let values = match &train.values {
        TargetValues::Classes(all) => TargetValues::Classes(all.iter().step_by(stride).copied().collect()),
        TargetValues::Numbers(all) => TargetValues::Numbers(all.iter().step_by(stride).copied().collect()),
    };
    let count = rows.len();
    let inputs = train.inputs.index_select(&Tensor::from_vec(rows, count, device)?, 0)?;
    Ok(Measured { inputs, values })
}
