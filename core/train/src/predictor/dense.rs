//! The forward pass that answers requests: plain Rust, without a tensor library.
//!
//! Every output adds its products in the order of the inputs, from the bias on. So the
//! answer for a row does not depend on the rows beside it, on how many there are, or on the
//! width of the processor's registers: there is no fused multiply-add and no other order of
//! summation anywhere.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into the dispatched call is compiled without its vector instructions"
)]

use pulp::Arch;

use crate::model::Parameter;
use crate::recipe::{Activation, ModelSpec};

/// Rows that go through all layers together, so that what is between them stays in the cache.
const ROWS: usize = 64;
/// Outputs that are summed side by side, in registers.
const WIDE: usize = 16;
const NARROW: usize = 4;

/// A stack of dense layers.
#[derive(Debug)]
pub(super) struct Dense {
    layers: Vec<Layer>,
    activation: Activation,
    arch: Arch,
}

#[derive(Debug)]
struct Layer {
    inputs: usize,
    outputs: usize,
    bias: Vec<f32>,
    /// The weights of [`WIDE`] outputs, then of the next ones, then of [`NARROW`] each, then
    /// of single outputs: in each panel input by input, `weights[input * panel + output]`.
    panels: Vec<f32>,
}

impl Dense {
    /// From parameters in their order, each weight of the shape `[outputs, inputs]`.
    pub(super) fn new(spec: &ModelSpec, parameters: &[Parameter], values: &[f32]) -> Self {
        let part = |parameter: &Parameter| &values[parameter.start..parameter.start + parameter.len()];
        let layer = |pair: &[Parameter]| Layer::new(part(&pair[0]), part(&pair[1]));
        let activation = match spec {
            ModelSpec::Linear { .. } => Activation::Relu,
            ModelSpec::Mlp { activation, .. } => *activation,
        };
        Self {
            layers: parameters.chunks_exact(2).map(layer).collect(),
            activation,
            arch: Arch::new(),
        }
    }

    /// The outputs for rows of inputs, row by row.
    pub(super) fn forward(&self, inputs: &[f32], rows: usize) -> Vec<f32> {
        let width = self.layers.first().map_or(0, |layer| layer.inputs);
        let outputs = self.layers.last().map_or(0, |layer| layer.outputs);
        let mut all = vec![0.0; rows * outputs];
        let widest = self.layers.iter().map(|layer| layer.outputs).max().unwrap_or(0);
        let hidden = if self.layers.len() > 1 {
            widest * rows.min(ROWS)
        } else {
            0
        };
        let (mut from, mut to) = (vec![0.0; hidden], vec![0.0; hidden]);
        let mut first = 0;
        while first < rows {
            let count = ROWS.min(rows - first);
            let input = &inputs[first * width..(first + count) * width];
            let output = &mut all[first * outputs..(first + count) * outputs];
            self.arch.dispatch(Through {
                dense: self,
                input,
                output,
                from: &mut from,
                to: &mut to,
                rows: count,
            });
            first += count;
        }
        all
    }
}

/// Some rows on their way through all layers. What it does is compiled once for each set
/// of vector instructions, of which the best this processor has is chosen at run time.
struct Through<'a> {
    dense: &'a Dense,
    input: &'a [f32],
    output: &'a mut [f32],
    from: &'a mut Vec<f32>,
    to: &'a mut Vec<f32>,
    rows: usize,
}

impl pulp::NullaryFnOnce for Through<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            dense,
            input,
            output,
            from,
            to,
            rows,
        } = self;
        let last = dense.layers.len() - 1;
        for (index, layer) in dense.layers.iter().enumerate() {
            let size = rows * layer.outputs;
            let input = if index == 0 {
                input
            } else {
                &from[..rows * layer.inputs]
            };
            if index == last {
                layer.forward(input, output, rows);
            } else {
                layer.forward(input, &mut to[..size], rows);
                activate(dense.activation, &mut to[..size]);
                std::mem::swap(from, to);
            }
        }
    }
}

impl Layer {
    fn new(weight: &[f32], bias: &[f32]) -> Self {
        let outputs = bias.len();
        let inputs = weight.len() / outputs.max(1);
        let mut panels = Vec::with_capacity(weight.len());
        for (first, width) in panels_of(outputs) {
            for input in 0..inputs {
                panels.extend((first..first + width).map(|output| weight[output * inputs + input]));
            }
        }
        Self {
            inputs,
            outputs,
            bias: bias.to_vec(),
            panels,
        }
    }

    #[inline(always)]
    fn forward(&self, input: &[f32], output: &mut [f32], rows: usize) {
        for (first, width) in panels_of(self.outputs) {
            let panel = &self.panels[first * self.inputs..(first + width) * self.inputs];
            match width {
                WIDE => self.panel::<WIDE>(panel, first, input, output, rows),
                NARROW => self.panel::<NARROW>(panel, first, input, output, rows),
                _ => self.panel::<1>(panel, first, input, output, rows),
            }
        }
    }

    /// `N` outputs of all rows. Four rows share what is read of the weights.
    #[inline(always)]
    fn panel<const N: usize>(&self, panel: &[f32], first: usize, input: &[f32], output: &mut [f32], rows: usize) {
        let mut row = 0;
        while row + 4 <= rows {
            self.tile::<N, 4>(panel, first, input, output, row);
            row += 4;
        }
        while row < rows {
            self.tile::<N, 1>(panel, first, input, output, row);
            row += 1;
        }
    }

    #[inline(always)]
    fn tile<const N: usize, const R: usize>(
        &self,
        panel: &[f32],
        first: usize,
        input: &[f32],
        output: &mut [f32],
        row: usize,
    ) {
        let mut bias = [0.0; N];
        bias.copy_from_slice(&self.bias[first..first + N]);
        let mut sums = [bias; R];
        let rows: [&[f32]; R] = std::array::from_fn(|r| {
            let start = (row + r) * self.inputs;
            &input[start..start + self.inputs]
        });
        for (position, weights) in panel.chunks_exact(N).enumerate() {
            for (sum, values) in sums.iter_mut().zip(&rows) {
                let value = values[position];
                for (sum, weight) in sum.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
        }
        for (r, sum) in sums.iter().enumerate() {
            let start = (row + r) * self.outputs + first;
            output[start..start + N].copy_from_slice(sum);
        }
    }
}

/// The first output and the width of each panel.
#[inline(always)]
fn panels_of(outputs: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let width = match outputs - first {
            0 => return None,
            left if left >= WIDE => WIDE,
            left if left >= NARROW => NARROW,
            _ => 1,
        };
        first += width;
        Some((first - width, width))
    })
}

#[inline(always)]
fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Relu => values.iter_mut().for_each(|value| *value = value.max(0.0)),
        Activation::Tanh => values.iter_mut().for_each(|value| *value = value.tanh()),
        Activation::Gelu => values.iter_mut().for_each(|value| *value = gelu(*value)),
    }
}

/// `x/2 (1 + tanh u)` with `u = √(2/π) (x + 0.044715 x³)` (Hendrycks and Gimpel 2016), as in training.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    const SCALE: f32 = std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2;
    0.5 * x * (1.0 + (SCALE * x * (1.0 + 0.044_715 * x * x)).tanh())
}

#[cfg(test)]
mod tests {
    use aloft_base::random::Generator;
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::model::Network;

    fn mlp(hidden: &[usize], activation: Activation) -> ModelSpec {
        ModelSpec::Mlp {
            hidden: hidden.to_vec(),
            dropout: 0.0,
            activation,
        }
    }

    fn of(network: &Network, spec: &ModelSpec) -> Dense {
        Dense::new(spec, network.parameters(), &network.flat().to_vec1::<f32>().unwrap())
    }

    fn inputs(rows: usize, width: usize) -> Vec<f32> {
        let mut generator = Generator::new(9);
        (0..rows * width).map(|_| generator.normal() as f32).collect()
    }

    #[test]
    fn it_is_the_forward_pass_of_training() {
        let specs = [
            (mlp(&[37, 20], Activation::Relu), 3),
            (mlp(&[64], Activation::Gelu), 1),
            (mlp(&[5, 16, 4], Activation::Tanh), 23),
        ];
        for (spec, outputs) in specs {
            for rows in [1, 3, 4, 67, 130] {
                let network = Network::new(&spec, 30, outputs, 4, &Device::Cpu).unwrap();
                let input = inputs(rows, 30);
                let ours = of(&network, &spec).forward(&input, rows);
                let input = Tensor::from_vec(input, (rows, 30), &Device::Cpu).unwrap();
                let theirs: Vec<f32> = network
                    .forward(&input)
                    .unwrap()
                    .flatten_all()
                    .unwrap()
                    .to_vec1()
                    .unwrap();
                assert_eq!(ours.len(), theirs.len());
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    assert!((ours - theirs).abs() < 1e-5, "{spec:?}: {ours} is not {theirs}");
                }
            }
        }
    }

    #[test]
    fn a_linear_model_is_its_sums() {
        let spec = ModelSpec::Linear { l2: 0.0 };
        let network = Network::new(&spec, 2, 1, 0, &Device::Cpu).unwrap();
        network
            .set(&Tensor::new(&[2.0_f32, 3.0, 10.0], &Device::Cpu).unwrap())
            .unwrap();
        assert_eq!(of(&network, &spec).forward(&[1.0, 1.0, 0.0, 2.0], 2), [15.0, 16.0]);
    }

    #[test]
    fn a_row_has_the_same_answer_bit_for_bit_whatever_stands_beside_it() {
        for (spec, outputs) in [
            (mlp(&[50, 19], Activation::Gelu), 21),
            (ModelSpec::Linear { l2: 0.0 }, 3),
        ] {
            let network = Network::new(&spec, 13, outputs, 4, &Device::Cpu).unwrap();
            let noise: Vec<f32> = (0..network.len()).map(|index| (index as f32).sin()).collect();
            network
                .set(&Tensor::from_vec(noise, network.len(), &Device::Cpu).unwrap())
                .unwrap();
            let (dense, input) = (of(&network, &spec), inputs(133, 13));
            let together = dense.forward(&input, 133);
            for row in 0..133 {
                let alone = dense.forward(&input[row * 13..(row + 1) * 13], 1);
                assert_eq!(alone, together[row * outputs..(row + 1) * outputs], "row {row}");
            }
            // Nor on the instructions that the processor has.
            let plain = Dense {
                arch: Arch::Scalar,
                ..dense
            };
            assert_eq!(plain.forward(&input, 133), together);
        }
    }
}
