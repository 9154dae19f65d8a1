//! How one column of numbers is filled and scaled.

use serde::{Deserialize, Serialize};

use super::{Impute, PrepareSpec, Scale};

/// What was learned about a column of numbers: `(x − shift) / scale`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberScale {
    /// Stands in for a missing value, before scaling.
    #[serde(with = "exact")]
    pub(super) impute: f64,
    #[serde(with = "exact")]
    pub(super) shift: f64,
    #[serde(with = "exact")]
    pub(super) scale: f64,
}

impl NumberScale {
    /// Learns from values in which NaN is missing; `None` when all are.
    pub(super) fn fit(values: &[f64], spec: &PrepareSpec) -> Option<Self> {
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        if present.is_empty() {
            return None;
        }
        present.sort_unstable_by(f64::total_cmp);
        let impute = match spec.impute {
            Impute::Zero => 0.0,
            Impute::Mean => mean(present.iter().copied(), present.len()),
            Impute::Median => {
                let (below, above) = (present[(present.len() - 1) / 2], present[present.len() / 2]);
                below + (above - below) / 2.0
            }
        };
        // Over the filled values, as they are what the model sees.
        let filled = || values.iter().map(|value| if value.is_nan() { impute } else { *value });
        let (shift, scale) = match spec.scale {
            Scale::None => (0.0, 1.0),
            Scale::Standard => {
                let mean = mean(filled(), values.len());
                let variance = filled().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64;
                (mean, variance.sqrt())
            }
            Scale::MinMax => {
                let (least, most) = filled().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                    (least.min(value), most.max(value))
                });
                (least, most - least)
            }
        };
        // A constant column has nothing to scale; what is left of it may be rounding.
        let flat = !scale.is_finite() || scale <= shift.abs() * 1e-12;
        Some(Self {
            impute,
            shift,
            scale: if flat { 1.0 } else { scale },
        })
    }

    /// The number a model sees for a value, where NaN is missing.
    pub(super) fn apply(&self, value: f64) -> f32 {
        let value = if value.is_nan() { self.impute } else { value };
        let scaled = (value - self.shift) / self.scale;
        scaled.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
    }
}

/// Numbers as their shortest text: a JSON number may come back different in its last bit,
/// and a restored model must do exactly what it did before.
mod exact {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::number;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&number::to_text(*value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = number::float(text.as_bytes(), false).filter(|value| value.is_finite());
        value.ok_or_else(|| D::Error::custom(format!("'{text}' is no finite number")))
    }
}

fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
    // Each divided first, so that large values do not overflow.
    values.map(|value| value / count as f64).sum()
}
