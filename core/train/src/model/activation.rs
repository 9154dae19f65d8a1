//! Activations and their slopes.

use candle_core::{Result, Tensor};

use crate::recipe::Activation;

/// An activation's value and its derivative at the same place.
pub(super) struct Slope {
    pub(super) value: Tensor,
    pub(super) slope: Tensor,
}

pub(super) fn apply(activation: Activation, input: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Relu => input.relu(),
        Activation::Gelu => input.gelu(),
        Activation::Tanh => input.tanh(),
    }
}

pub(super) fn apply_with_slope(activation: Activation, input: &Tensor) -> Result<Slope> {
    let value = apply(activation, input)?;
    let slope = match activation {
        // The sign of what is never negative: 1 where it is active, else 0.
        Activation::Relu => value.sign()?,
        Activation::Tanh => value.sqr()?.affine(-1.0, 1.0)?,
        Activation::Gelu => gelu_slope(input)?,
    };
    Ok(Slope { value, slope })
}

/// The derivative of `x/2 (1 + tanh u)` with `u = √(2/π) (x + 0.044715 x³)`.
fn gelu_slope(x: &Tensor) -> Result<Tensor> {
    const SCALE: f64 = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
    let squared = x.sqr()?;
    let tanh = (x * squared.affine(SCALE * 0.044_715, SCALE)?)?.tanh()?;
    let inner = squared.affine(SCALE * 0.134_145, SCALE)?;
    let bend = (tanh.sqr()?.affine(-0.5, 0.5)? * x)? * inner;
    tanh.affine(0.5, 0.5)? + bend?
}
