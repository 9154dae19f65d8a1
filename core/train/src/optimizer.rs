//! How gradients become steps: `AdamW` and SGD with momentum, whose whole state can be
//! saved and restored, over one flat vector of all parameters.

use candle_core::{Result, Tensor};

use crate::recipe::Optimizer;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// An optimiser with its moments.
#[derive(Debug)]
pub(crate) enum State {
    /// Loshchilov and Hutter 2019, algorithm 2.
    AdamW {
        /// Mean of the gradients, and of their squares, shape `[len]`.
        first: Tensor,
        second: Tensor,
        /// Steps taken.
        steps: u64,
    },
    /// `v ← momentum · v + g`, `p ← p − rate · v`, with the weight decay part of `g`, as in PyTorch.
    Sgd { velocity: Tensor, momentum: f64 },
}

/// The names of an optimiser's tensors in a checkpoint.
const FIRST: &str = "adamw.first";
const SECOND: &str = "adamw.second";
const VELOCITY: &str = "sgd.velocity";

impl State {
    /// The state before the first step.
    pub(crate) fn new(optimizer: Optimizer, parameters: &Tensor) -> Result<Self> {
        let zeros = parameters.zeros_like()?;
        Ok(match optimizer {
            Optimizer::AdamW {} => Self::AdamW {
                first: zeros.clone(),
                second: zeros,
                steps: 0,
            },
            Optimizer::Sgd { momentum } => Self::Sgd {
                velocity: zeros,
                momentum,
            },
        })
    }

    /// The moments by name, each of shape `[len]`.
    pub(crate) fn moments(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Self::AdamW { first, second, .. } => vec![(FIRST, first), (SECOND, second)],
            Self::Sgd { velocity, .. } => vec![(VELOCITY, velocity)],
        }
    }

    /// Takes the moments of a checkpoint, which `moment` answers by name, after so many steps.
    pub(crate) fn restore(
        &mut self,
        done: u64,
        mut moment: impl FnMut(&'static str) -> crate::Result<Tensor>,
    ) -> crate::Result<()> {
        match self {
            Self::AdamW { first, second, steps } => {
                (*first, *second, *steps) = (moment(FIRST)?, moment(SECOND)?, done);
            }
            Self::Sgd { velocity, .. } => *velocity = moment(VELOCITY)?,
        }
        Ok(())
    }

    /// The parameters after one step down the gradient; all of shape `[len]`.
    /// `weights` is 1 where the weight decay applies and 0 elsewhere.
    pub(crate) fn step(
        &mut self,
        parameters: &Tensor,
        gradient: &Tensor,
        weights: &Tensor,
        rate: f64,
        weight_decay: f64,
    ) -> Result<Tensor> {
        match self {
            Self::AdamW { first, second, steps } => {
                *steps += 1;
                *first = (first.affine(BETA1, 0.0)? + gradient.affine(1.0 - BETA1, 0.0)?)?;
                *second = (second.affine(BETA2, 0.0)? + gradient.sqr()?.affine(1.0 - BETA2, 0.0)?)?;
                let taken = *steps as f64;
                // A power beyond the range of i32 would be 0 long before.
                let first_share = 1.0 - BETA1.powf(taken);
                let second_share = 1.0 - BETA2.powf(taken);
                let width = second.affine(1.0 / second_share, 0.0)?.sqrt()?.affine(1.0, EPSILON)?;
                let change = first.affine(rate / first_share, 0.0)?.div(&width)?;
                let kept = if weight_decay > 0.0 {
                    (parameters * weights.affine(-rate * weight_decay, 1.0)?)?
                } else {
                    parameters.clone()
                };
                kept - change
            }
            Self::Sgd { velocity, momentum } => {
                let decayed = if weight_decay > 0.0 {
                    (gradient + (parameters * weights.affine(weight_decay, 0.0)?)?)?
                } else {
                    gradient.clone()
                };
                *velocity = (velocity.affine(*momentum, 0.0)? + decayed)?;
                parameters - velocity.affine(rate, 0.0)?
            }
        }
    }
}

/// Shortens a gradient to `norm` if it is longer (Pascanu and others 2013).
/// A length that is not finite is left, so that the loss shows it.
pub(crate) fn clip(gradient: Tensor, norm: f64) -> Result<Tensor> {
    let length = f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?).sqrt();
    if length > norm && length.is_finite() {
        return gradient.affine(norm / length, 0.0);
    }
    Ok(gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::from_slice(values, values.len(), &Device::Cpu).unwrap()
    }

    fn run(optimizer: Optimizer, decay: f64) -> Vec<f32> {
        let mut parameters = tensor(&[1.0, -2.0]);
        let mut state = State::new(optimizer, &parameters).unwrap();
        let weights = tensor(&[1.0, 0.0]);
        for gradient in [[0.5, 1.0], [0.5, -3.0], [0.1, 0.0]] {
            parameters = state
                .step(&parameters, &tensor(&gradient), &weights, 0.1, decay)
                .unwrap();
        }
        parameters.to_vec1().unwrap()
    }

    fn close(found: &[f32], expected: &[f64]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    /// The same updates in plain f64, from the papers' formulas.
    #[test]
    fn adamw_follows_its_formula() {
        for decay in [0.0, 0.01] {
            let mut expected = [1.0_f64, -2.0];
            let (mut m, mut v) = ([0.0; 2], [0.0; 2]);
            for (step, gradient) in [[0.5, 1.0], [0.5, -3.0], [0.1, 0.0]].iter().enumerate() {
                for i in 0..2 {
                    m[i] = 0.9 * m[i] + 0.1 * gradient[i];
                    v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
                    let (n, weight) = (step as i32 + 1, [1.0, 0.0][i]);
                    let (mean, square) = (m[i] / (1.0 - 0.9_f64.powi(n)), v[i] / (1.0 - 0.999_f64.powi(n)));
                    expected[i] -= 0.1 * (mean / (square.sqrt() + 1e-8) + decay * weight * expected[i]);
                }
            }
            close(&run(Optimizer::AdamW {}, decay), &expected);
        }
    }

    #[test]
    fn sgd_follows_its_formula() {
        for (momentum, decay) in [(0.0, 0.0), (0.9, 0.0), (0.9, 0.01)] {
            let (mut expected, mut velocity) = ([1.0_f64, -2.0], [0.0; 2]);
            for gradient in [[0.5, 1.0], [0.5, -3.0], [0.1, 0.0]] {
                for i in 0..2 {
                    velocity[i] = momentum * velocity[i] + gradient[i] + decay * [1.0, 0.0][i] * expected[i];
                    expected[i] -= 0.1 * velocity[i];
                }
            }
            close(&run(Optimizer::Sgd { momentum }, decay), &expected);
        }
    }

    #[test]
    fn clipping_shortens_long_gradients_only() {
        let clipped = clip(tensor(&[3.0, 4.0]), 1.0).unwrap();
        close(&clipped.to_vec1::<f32>().unwrap(), &[0.6, 0.8]);
        let short = clip(tensor(&[0.3, 0.4]), 1.0).unwrap();
        assert_eq!(short.to_vec1::<f32>().unwrap(), [0.3, 0.4]);
    }
}
