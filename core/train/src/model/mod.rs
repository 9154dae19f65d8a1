//! The models: a stack of linear layers (none hidden for a linear model), with a
//! hand-written backward pass in candle's operations.
//!
//! candle's own backward builds a graph and many small tensors a step; for a stack of
//! layers the chain rule is short, and a test holds it against candle's.

mod activation;
mod initialise;

use aloft_base::random::Generator;
use candle_core::{DType, Device, Result, Tensor, Var};

use crate::recipe::{Activation, ModelSpec};
use activation::Slope;

/// One parameter tensor: a stretch of the flat vector of all parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// `layers.0.weight`, shape `[outputs, inputs]`, or `layers.0.bias`, shape `[outputs]`.
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) start: usize,
}

impl Parameter {
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether penalties and decay apply: to weights, not to biases.
    pub(crate) fn is_weight(&self) -> bool {
        self.shape.len() == 2
    }
}

/// The parameters of a model in their order, first layer first.
pub(crate) fn parameters(spec: &ModelSpec, inputs: usize, outputs: usize) -> Vec<Parameter> {
    let hidden: &[usize] = match spec {
        ModelSpec::Linear { .. } => &[],
        ModelSpec::Mlp { hidden, .. } => hidden,
    };
    let mut list: Vec<Parameter> = Vec::new();
    let (mut from, mut start) = (inputs, 0);
    for (layer, to) in hidden.iter().copied().chain([outputs]).enumerate() {
        for (what, shape) in [("weight", vec![to, from]), ("bias", vec![to])] {
            let name = format!("layers.{layer}.{what}");
            let parameter = Parameter { name, shape, start };
            start += parameter.len();
            list.push(parameter);
        }
        from = to;
    }
    list
}

/// A model on a device. All parameters are one flat vector, of which the layers are
/// views: the optimiser, the clipping and the checkpoint work on the whole at once.
#[derive(Debug)]
pub(crate) struct Network {
    flat: Var,
    layers: Vec<Layer>,
    activation: Activation,
    dropout: f64,
    parameters: Vec<Parameter>,
}

#[derive(Debug)]
struct Layer {
    /// `[outputs, inputs]`
    weight: Tensor,
    /// `[outputs]`
    bias: Tensor,
}

/// What the backward pass needs of a forward pass.
#[derive(Debug)]
pub(crate) struct Tape {
    /// The input of each layer.
    inputs: Vec<Tensor>,
    /// The slope of what stands between layer `i` and `i + 1` (activation and dropout).
    slopes: Vec<Tensor>,
}

impl Network {
    /// A model with the initial parameters of a seed.
    pub(crate) fn new(spec: &ModelSpec, inputs: usize, outputs: usize, seed: u64, device: &Device) -> Result<Self> {
        let parameters = parameters(spec, inputs, outputs);
        let values = initialise::values(spec, &parameters, &mut Generator::stream(seed, "weights"));
        Self::with_values(spec, parameters, values, device)
    }

    /// A model with these parameters, in the order of [`parameters`].
    pub(crate) fn with_values(
        spec: &ModelSpec,
        parameters: Vec<Parameter>,
        values: Vec<f32>,
        device: &Device,
    ) -> Result<Self> {
        let count = values.len();
        let flat = Var::from_tensor(&Tensor::from_vec(values, count, device)?)?;
        // Without its graph: nothing here uses candle's backward, and a graph would grow for ever.
        let untracked = flat.as_detached_tensor();
        let view = |parameter: &Parameter| {
            untracked
                .narrow(0, parameter.start, parameter.len())?
                .reshape(parameter.shape.as_slice())
        };
        let layers = parameters
            .chunks_exact(2)
            .map(|pair| {
                Ok(Layer {
                    weight: view(&pair[0])?,
                    bias: view(&pair[1])?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let (activation, dropout) = match spec {
            ModelSpec::Linear { .. } => (Activation::Relu, 0.0),
            ModelSpec::Mlp {
                activation, dropout, ..
            } => (*activation, *dropout),
        };
        Ok(Self {
            flat,
            layers,
            activation,
            dropout,
            parameters,
        })
    }

    pub(crate) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many numbers the model learns.
    pub(crate) fn len(&self) -> usize {
        self.flat.elem_count()
    }

    /// All parameters, shape `[len]`: a view that changes with [`Network::set`].
    pub(crate) fn flat(&self) -> Tensor {
        self.flat.as_detached_tensor()
    }

    pub(crate) fn set(&self, flat: &Tensor) -> Result<()> {
        self.flat.set(flat)
    }

    /// 1 for each weight and 0 for each bias, shape `[len]`.
    pub(crate) fn weight_mask(&self) -> Result<Tensor> {
        let ones = |parameter: &Parameter| {
            let value = if parameter.is_weight() { 1.0_f32 } else { 0.0 };
            std::iter::repeat_n(value, parameter.len())
        };
        let mask: Vec<f32> = self.parameters.iter().flat_map(ones).collect();
        Tensor::from_vec(mask, self.len(), self.flat.device())
    }

    /// From `[rows, inputs]` to `[rows, outputs]`, without dropout.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut current = input.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            current = layer.forward(&current)?;
            if index + 1 < self.layers.len() {
                current = activation::apply(self.activation, &current)?;
            }
        }
        Ok(current)
    }

    /// As [`Network::forward`] with dropout, and what [`Network::backward`] needs.
    pub(crate) fn forward_training(&self, input: &Tensor, dropout: &mut Generator) -> Result<(Tensor, Tape)> {
        let mut tape = Tape {
            inputs: Vec::with_capacity(self.layers.len()),
            slopes: Vec::with_capacity(self.layers.len() - 1),
        };
        let mut current = input.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            tape.inputs.push(current.clone());
            current = layer.forward(&current)?;
            if index + 1 < self.layers.len() {
                let Slope { mut value, mut slope } = activation::apply_with_slope(self.activation, &current)?;
                if self.dropout > 0.0 {
                    let mask = dropout_mask(self.dropout, value.dims(), dropout, value.device())?;
                    value = (value * &mask)?;
                    slope = (slope * &mask)?;
                }
                tape.slopes.push(slope);
                current = value;
            }
        }
        Ok((current, tape))
    }

    /// The gradient with respect to all parameters, shape `[len]`, from the one with
    /// respect to the output, shape `[rows, outputs]`.
    pub(crate) fn backward(&self, tape: &Tape, output: Tensor) -> Result<Tensor> {
        let mut parts = Vec::with_capacity(self.parameters.len());
        let mut delta = output;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            parts.push(delta.sum(0)?);
            parts.push(delta.t()?.matmul(&tape.inputs[index])?.flatten_all()?);
            if index > 0 {
                delta = (delta.matmul(&layer.weight)? * &tape.slopes[index - 1])?;
            }
        }
        parts.reverse();
        Tensor::cat(&parts, 0)
    }
}

impl Layer {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)
    }
}

/// 0 with the probability `rate`, else `1 / (1 - rate)`, so that the mean stays
/// (inverted dropout, Srivastava and others 2014).
fn dropout_mask(rate: f64, shape: &[usize], generator: &mut Generator, device: &Device) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let keep = (1.0 / (1.0 - rate)) as f32;
    // Four decisions a random word: a rate is exact to 1/65536.
    let limit = (rate * 65_536.0).round() as u64;
    let mut mask = Vec::with_capacity(count + 3);
    while mask.len() < count {
        let word = generator.next_u64();
        for part in 0..4 {
            let dropped = ((word >> (16 * part)) & 0xffff) < limit;
            mask.push(if dropped { 0.0 } else { keep });
        }
    }
    mask.truncate(count);
    Tensor::from_vec(mask, shape, device)?.to_dtype(DType::F32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mlp(activation: Activation, dropout: f64) -> ModelSpec {
        ModelSpec::Mlp {
            hidden: vec![5, 4],
            dropout,
            activation,
        }
    }

    fn random(shape: &[usize], seed: u64) -> Tensor {
        let mut generator = Generator::new(seed);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| generator.normal() as f32).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// The same model written with candle's own gradients.
    fn candle_gradients(network: &Network, activation: Activation, input: &Tensor, weights: &Tensor) -> Vec<f32> {
        let flat = Var::from_tensor(&network.flat().copy().unwrap()).unwrap();
        let view = |p: &Parameter| {
            let part = flat.narrow(0, p.start, p.len()).unwrap();
            part.reshape(p.shape.as_slice()).unwrap()
        };
        let mut current = input.clone();
        let pairs: Vec<_> = network.parameters().chunks_exact(2).collect();
        for (index, pair) in pairs.iter().enumerate() {
            let product = current.matmul(&view(&pair[0]).t().unwrap()).unwrap();
            current = product.broadcast_add(&view(&pair[1])).unwrap();
            if index + 1 < pairs.len() {
                current = match activation {
                    Activation::Relu => current.relu(),
                    Activation::Gelu => current.gelu(),
                    Activation::Tanh => current.tanh(),
                }
                .unwrap();
            }
        }
        let loss = (current * weights).unwrap().sum_all().unwrap();
        loss.backward().unwrap().get(&flat).unwrap().to_vec1().unwrap()
    }

    #[test]
    fn the_backward_pass_agrees_with_candles() {
        for activation in [Activation::Relu, Activation::Gelu, Activation::Tanh] {
            let network = Network::new(&mlp(activation, 0.0), 3, 2, 7, &Device::Cpu).unwrap();
            let (input, weights) = (random(&[6, 3], 1), random(&[6, 2], 2));
            let (output, tape) = network.forward_training(&input, &mut Generator::new(0)).unwrap();
            let plain = network.forward(&input).unwrap();
            assert_eq!(output.to_vec2::<f32>().unwrap(), plain.to_vec2::<f32>().unwrap());
            let ours: Vec<f32> = network.backward(&tape, weights.clone()).unwrap().to_vec1().unwrap();
            let theirs = candle_gradients(&network, activation, &input, &weights);
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a - b).abs() < 1e-5, "{activation:?}: {a} and {b}");
            }
        }
    }

    #[test]
    fn layers_are_views_of_the_flat_vector() {
        let network = Network::new(&ModelSpec::Linear { l2: 0.0 }, 2, 1, 0, &Device::Cpu).unwrap();
        let values = Tensor::new(&[2.0_f32, 3.0, 10.0], &Device::Cpu).unwrap();
        network.set(&values).unwrap();
        let input = Tensor::new(&[[1.0_f32, 1.0], [0.0, 2.0]], &Device::Cpu).unwrap();
        let output = network.forward(&input).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(output, [[15.0], [16.0]]);
        let mask: Vec<f32> = network.weight_mask().unwrap().to_vec1().unwrap();
        assert_eq!(mask, [1.0, 1.0, 0.0]);
    }

    #[test]
    fn parameters_are_ordered_named_and_without_gaps() {
        let list = parameters(&mlp(Activation::Relu, 0.0), 3, 2);
        let names: Vec<&str> = list.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names[..3], ["layers.0.weight", "layers.0.bias", "layers.1.weight"]);
        let mut next = 0;
        for parameter in &list {
            assert_eq!(parameter.start, next);
            next += parameter.len();
        }
        assert_eq!(next, 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2);
    }

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        let mask = dropout_mask(0.3, &[100, 1000], &mut Generator::new(5), &Device::Cpu).unwrap();
        let values: Vec<f32> = mask.flatten_all().unwrap().to_vec1().unwrap();
        let dropped = values.iter().filter(|value| **value == 0.0).count() as f64 / values.len() as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
        assert!((dropped - 0.3).abs() < 0.01, "{dropped}");
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
        let flat = |seed| {
            let network = Network::new(&mlp(Activation::Relu, 0.0), 3, 2, seed, &Device::Cpu).unwrap();
            network.flat().to_vec1::<f32>().unwrap()
        };
        assert_eq!(flat(1), flat(1));
        assert_ne!(flat(1), flat(2));
    }
}
