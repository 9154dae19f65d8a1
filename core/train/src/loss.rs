//! What training makes small, and its slope at the model's output.

use aloft_data::{TargetValues, Task};
use candle_core::{Device, Result, Tensor};

/// The loss of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Cross-entropy of the softmax over one output a class.
    Softmax { classes: usize },
    /// Cross-entropy of the sigmoid of one output, the second class being positive.
    Sigmoid,
    /// Squared error of one output against the standardised target.
    Squared,
}

impl Loss {
    pub(crate) fn of(task: Task, classes: usize) -> Self {
        match task {
            Task::Regression => Self::Squared,
            Task::Binary => Self::Sigmoid,
            Task::MultiClass => Self::Softmax { classes },
        }
    }

    /// Outputs of the model.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Self::Softmax { classes } => classes,
            Self::Sigmoid | Self::Squared => 1,
        }
    }

    /// Targets as the loss takes them, shape `[rows, 1]`: positions of classes, or numbers.
    pub(crate) fn targets(self, values: &TargetValues, scale: TargetScale, device: &Device) -> Result<Tensor> {
        match (values, self) {
            (TargetValues::Classes(classes), Self::Softmax { .. }) => {
                Tensor::from_slice(classes, (classes.len(), 1), device)
            }
            (TargetValues::Classes(classes), _) => {
                let numbers: Vec<f32> = classes.iter().map(|class| *class as f32).collect();
                let rows = numbers.len();
                Tensor::from_vec(numbers, (rows, 1), device)
            }
            (TargetValues::Numbers(numbers), _) => {
                let scaled: Vec<f32> = numbers.iter().map(|number| scale.standardise(*number)).collect();
                let rows = scaled.len();
                Tensor::from_vec(scaled, (rows, 1), device)
            }
        }
    }

    /// The mean loss over the rows (a scalar) and its gradient with respect to the
    /// output, shape `[rows, outputs]`.
    pub(crate) fn with_gradient(self, output: &Tensor, targets: &Tensor) -> Result<(Tensor, Tensor)> {
        let rows = output.dim(0)? as f64;
        match self {
            Self::Softmax { .. } => {
                let shifted = output.broadcast_sub(&output.max_keepdim(1)?)?;
                let powers = shifted.exp()?;
                let sums = powers.sum_keepdim(1)?;
                let loss = (sums.log()? - shifted.gather(targets, 1)?)?.mean_all()?;
                let minus_one = targets.to_dtype(output.dtype())?.affine(0.0, -1.0)?;
                let gradient = powers.broadcast_div(&sums)?.scatter_add(targets, &minus_one, 1)?;
                Ok((loss, (gradient * (1.0 / rows))?))
            }
            Self::Sigmoid => {
                // log(1 + e^z) - y z, without overflow: max(z, 0) - y z + log(1 + e^-|z|).
                let tail = output.abs()?.neg()?.exp()?.affine(1.0, 1.0)?.log()?;
                let loss = ((output.relu()? - (output * targets)?)? + tail)?.mean_all()?;
                // 1 / (1 + e^-z) = (1 + tanh(z / 2)) / 2
                let probability = output.affine(0.5, 0.0)?.tanh()?.affine(0.5, 0.5)?;
                Ok((loss, ((probability - targets)? * (1.0 / rows))?))
            }
            Self::Squared => {
                let error = (output - targets)?;
                Ok((error.sqr()?.mean_all()?, (error * (2.0 / rows))?))
            }
        }
    }

    /// The mean loss over the rows, without its gradient.
    pub(crate) fn mean(self, output: &Tensor, targets: &Tensor) -> Result<Tensor> {
        Ok(self.with_gradient(output, targets)?.0)
    }
}

/// How a target of numbers is standardised for training.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetScale {
    pub(crate) mean: f64,
    /// The population standard deviation, above 0.
    pub(crate) std: f64,
}

impl TargetScale {
    /// Leaves numbers as they are.
    pub(crate) const NONE: Self = Self { mean: 0.0, std: 1.0 };

    /// The scale of the training part, or none when the numbers do not differ.
    pub(crate) fn of(numbers: &[f32]) -> Option<Self> {
        let count = numbers.len() as f64;
        let mean = numbers.iter().map(|number| f64::from(*number)).sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (f64::from(*number) - mean).powi(2)).sum();
        let std = (squares / count).sqrt();
        (std > 0.0 && std.is_finite()).then_some(Self { mean, std })
    }

    fn standardise(self, number: f32) -> f32 {
        ((f64::from(number) - self.mean) / self.std) as f32
    }

    /// From the model's output to the target's own unit.
    pub(crate) fn restore(self, output: f32) -> f64 {
        f64::from(output) * self.std + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Var;

    const OUTPUT: [[f32; 3]; 2] = [[2.0, 1.0, -1.0], [0.5, 80.0, -90.0]];

    /// Compares a gradient with candle's own of the same loss written plainly.
    fn check(loss: Loss, output: &Tensor, targets: &Tensor, plain: impl Fn(&Tensor) -> Tensor) {
        let variable = Var::from_tensor(output).unwrap();
        let expected = plain(&variable);
        let slope = expected.backward().unwrap().get(&variable).unwrap().clone();
        let (value, gradient) = loss.with_gradient(output, targets).unwrap();
        let difference = value.to_scalar::<f32>().unwrap() - expected.to_scalar::<f32>().unwrap();
        assert!(difference.abs() < 1e-5, "{loss:?} is off by {difference}");
        let off = (gradient - slope).unwrap().abs().unwrap().max_all().unwrap();
        assert!(off.to_scalar::<f32>().unwrap() < 1e-6, "{loss:?}: {off}");
    }

    #[test]
    fn losses_have_the_gradients_of_candle() {
        let device = Device::Cpu;
        let classes = Tensor::new(&[[0_u32], [2]], &device).unwrap();
        let output = Tensor::new(&OUTPUT, &device).unwrap();
        check(Loss::Softmax { classes: 3 }, &output, &classes, |output| {
            let logs = output.broadcast_sub(&output.log_sum_exp(1).unwrap().unsqueeze(1).unwrap());
            logs.unwrap()
                .gather(&classes, 1)
                .unwrap()
                .neg()
                .unwrap()
                .mean_all()
                .unwrap()
        });
        let numbers = Tensor::new(&[[1.0_f32], [0.0]], &device).unwrap();
        let output = Tensor::new(&[[0.3_f32], [-2.0]], &device).unwrap();
        check(Loss::Squared, &output, &numbers, |output| {
            (output - &numbers).unwrap().sqr().unwrap().mean_all().unwrap()
        });
        check(Loss::Sigmoid, &output, &numbers, |output| {
            let softplus = (output.exp().unwrap() + 1.0).unwrap().log().unwrap();
            (softplus - (output * &numbers).unwrap()).unwrap().mean_all().unwrap()
        });
    }

    #[test]
    fn large_outputs_do_not_overflow() {
        let device = Device::Cpu;
        let output = Tensor::new(&[[500.0_f32], [-500.0]], &device).unwrap();
        let targets = Tensor::new(&[[0.0_f32], [0.0]], &device).unwrap();
        let loss = Loss::Sigmoid
            .mean(&output, &targets)
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert_eq!(loss, 250.0);
        let classes = Tensor::new(&[[1_u32], [0]], &device).unwrap();
        let output = Tensor::new(&[[500.0_f32, 0.0], [-500.0, 0.0]], &device).unwrap();
        let softmax = Loss::Softmax { classes: 2 };
        assert_eq!(
            softmax.mean(&output, &classes).unwrap().to_scalar::<f32>().unwrap(),
            500.0
        );
    }

    #[test]
    fn a_standardised_target_comes_back() {
        let numbers = [10.0, 20.0, 30.0, 40.0];
        let scale = TargetScale::of(&numbers).unwrap();
        assert_eq!(scale.mean, 25.0);
        assert!((scale.std - 125.0_f64.sqrt()).abs() < 1e-12);
        for number in numbers {
            let back = scale.restore(scale.standardise(number));
            assert!((back - f64::from(number)).abs() < 1e-5);
        }
        assert_eq!(TargetScale::of(&[3.0, 3.0]), None);
    }
}
