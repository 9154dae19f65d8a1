//! Axes: linear or logarithmic, their marks, and what stands at them.

use egui_plot::{GridInput, GridMark};
use serde::{Deserialize, Serialize};

use crate::format;

/// How values become distances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    #[default]
    Linear,
    /// Base 10; values of zero and below have no place.
    Log,
}

impl Scale {
    pub fn of(is_log: bool) -> Self {
        if is_log { Self::Log } else { Self::Linear }
    }

    /// Where a value is drawn; `None` where it has no place.
    pub fn place(self, value: f64) -> Option<f64> {
        match self {
            Self::Linear => value.is_finite().then_some(value),
            Self::Log => (value > 0.0 && value.is_finite()).then(|| value.log10()),
        }
    }

    /// The value that is drawn at a place.
    pub fn value(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Log => 10_f64.powf(place),
        }
    }

    /// Where grid lines are, in places; `apart` is how far apart at least, in the smallest steps of the grid
    /// (8 points each).
    pub(super) fn marks(self, input: &GridInput, apart: f64) -> Vec<GridMark> {
        let least = input.base_step_size * apart;
        let (from, to) = input.bounds;
        if !from.is_finite() || !to.is_finite() || to <= from {
            return Vec::new();
        }
        match self {
            Self::Linear => even(from, to, least),
            // Less than a decade: even values, at uneven places.
            Self::Log if to - from < 1.2 => {
                let (low, high) = (self.value(from), self.value(to));
                let marks = even(low, high, (high - low) * (least / (to - from)));
                let count = marks.len().max(1) as f64;
                marks
                    .into_iter()
                    .filter_map(|mark| self.place(mark.value))
                    .map(|value| GridMark {
                        value,
                        step_size: (to - from) / count,
                    })
                    .collect()
            }
            Self::Log => {
                let stride = ((to - from) / 8.0).ceil().max(1.0) as i64;
                let mut marks = Vec::new();
                for decade in from.floor() as i64..=to.ceil() as i64 {
                    if decade.rem_euclid(stride) == 0 {
                        marks.push(GridMark {
                            value: decade as f64,
                            step_size: stride as f64,
                        });
                    }
                    if stride == 1 && to - from < 4.5 {
                        for part in [2.0_f64, 5.0] {
                            marks.push(GridMark {
                                value: decade as f64 + part.log10(),
                                step_size: 0.3,
                            });
                        }
                    }
                }
                marks.retain(|mark| mark.value >= from && mark.value <= to);
                marks
            }
        }
    }
}

/// Marks at round values that are at least so far apart.
fn even(from: f64, to: f64, least: f64) -> Vec<GridMark> {
    let rough = least.clamp((to - from) / 40.0, to - from);
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = steps.into_iter().map(|part| part * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last.min(first + 100))
        .map(|count| GridMark {
            value: count as f64 * step,
            step_size: step,
        })
        .collect()
}

/// A value beside an axis, as short as it can be read: `0.25`, `1.5k`, `1e-5`.
pub(super) fn tick(value: f64) -> String {
    let size = value.abs();
    let trimmed = |text: String| -> String {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    };
    if size == 0.0 || value.is_nan() {
        return "0".to_owned();
    }
    let text = if size < 1e-4 {
        let power = size.log10().floor();
        let mantissa = trimmed(format!("{:.2}", size / 10_f64.powf(power)));
        if mantissa == "1" {
            format!("1e{power}")
        } else {
            format!("{mantissa}e{power}")
        }
    } else if size < 1e4 {
        trimmed(format!(
            "{size:.*}",
            if size < 0.01 {
                5
            } else if size < 1.0 {
                4
            } else {
                2
            }
        ))
    } else if size < 1e6 {
        format!("{}k", trimmed(format!("{:.1}", size / 1e3)))
    } else if size < 1e9 {
        format!("{}M", trimmed(format!("{:.1}", size / 1e6)))
    } else {
        format!("{}G", trimmed(format!("{:.1}", size / 1e9)))
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A time beside an axis.
pub(super) fn time_tick(secs: f64) -> String {
    if secs == 0.0 {
        "0".to_owned()
    } else {
        // A whole number of minutes or hours needs no zero behind it.
        let text = format::duration(secs);
        let whole = text.strip_suffix(" 0 s").or_else(|| text.strip_suffix(" 0 min"));
        whole.map_or_else(|| text.clone(), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(scale: Scale, from: f64, to: f64) -> Vec<f64> {
        let input = GridInput {
            bounds: (from, to),
            base_step_size: (to - from) / 60.0,
        };
        scale
            .marks(&input, 10.0)
            .into_iter()
            .map(|mark| scale.value(mark.value))
            .collect()
    }

    #[test]
    fn a_log_axis_has_a_place_for_positive_values_only() {
        assert_eq!(Scale::Log.place(1000.0), Some(3.0));
        assert!((Scale::Log.value(3.0) - 1000.0).abs() < 1e-9);
        assert_eq!(Scale::Log.place(0.0), None);
        assert_eq!(Scale::Log.place(-1.0), None);
        assert_eq!(Scale::Linear.place(-1.0), Some(-1.0));
        assert_eq!(Scale::Linear.place(f64::NAN), None);
    }

    #[test]
    fn marks_are_round_values_on_both_scales() {
        assert_eq!(values(Scale::Linear, 0.0, 1.0), [0.0, 0.2, 0.4, 3.0 * 0.2, 0.8, 1.0]);
        let log: Vec<String> = values(Scale::Log, -2.0, 0.5).into_iter().map(tick).collect();
        assert_eq!(log, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]);
        let narrow: Vec<String> = values(Scale::Log, 0.21_f64.log10(), 0.79_f64.log10())
            .into_iter()
            .map(tick)
            .collect();
        assert_eq!(narrow, ["0.3", "0.4", "0.5", "0.6", "0.7"]);
        let wide: Vec<String> = values(Scale::Log, -12.0, 4.0).into_iter().map(tick).collect();
        assert!(wide.len() < 12 && wide.contains(&"1e-6".to_owned()), "{wide:?}");
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!([0.0, 0.25, 2.0, -1.5].map(tick), ["0", "0.25", "2", "−1.5"]);
        assert_eq!([12_500.0, 3_000_000.0, 0.00002].map(tick), ["12.5k", "3M", "2e-5"]);
    }
}
