//! Initial parameters, from Aloft's own seeded generator.

use aloft_base::random::Generator;

use super::Parameter;
use crate::recipe::{Activation, ModelSpec};

/// The initial values of all parameters, in their order.
///
/// Biases are 0. A linear model starts at 0: its loss is convex, so that a random start has
/// no use. Hidden layers with relu or gelu follow He and others (2015), the others
/// Glorot and Bengio (2010), both uniform.
pub(super) fn values(spec: &ModelSpec, parameters: &[Parameter], generator: &mut Generator) -> Vec<f32> {
    let mut values = Vec::with_capacity(parameters.iter().map(Parameter::len).sum());
    for (index, parameter) in parameters.iter().enumerate() {
        let is_last = index + 2 >= parameters.len();
        let limit = match spec {
            ModelSpec::Mlp { activation, .. } if parameter.is_weight() => {
                let (outputs, inputs) = (parameter.shape[0] as f64, parameter.shape[1] as f64);
                if is_last || *activation == Activation::Tanh {
                    (6.0 / (inputs + outputs)).sqrt()
                } else {
                    (6.0 / inputs).sqrt()
                }
            }
            _ => 0.0,
        };
        for _ in 0..parameter.len() {
            values.push(if limit > 0.0 {
                ((2.0 * generator.uniform() - 1.0) * limit) as f32
            } else {
                0.0
            });
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameters;

    #[test]
    fn weights_fill_their_range_and_biases_are_zero() {
        let spec = ModelSpec::Mlp {
            hidden: vec![200],
            dropout: 0.0,
            activation: Activation::Relu,
        };
        let list = parameters(&spec, 24, 3);
        let values = values(&spec, &list, &mut Generator::new(3));
        let part = |index: usize| &values[list[index].start..list[index].start + list[index].len()];
        let widest = |part: &[f32]| part.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        // He: √(6 / 24) = 0.5. Glorot: √(6 / 203) = 0.1719.
        assert!((0.49..=0.5).contains(&widest(part(0))));
        assert!((0.165..=0.172).contains(&widest(part(2))));
        assert!(part(1).iter().chain(part(3)).all(|bias| *bias == 0.0));
    }
}
