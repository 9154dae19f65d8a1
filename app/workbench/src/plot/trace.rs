//! From samples to what is drawn: transformed, smoothed, with gaps where there is no value.

use super::axis::Scale;
use super::series::{Epochs, Series};
use super::settings::{PlotSettings, XAxis};
use super::smooth::Smoother;

/// A sample under the pointer, with its true values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Where it is drawn, on the horizontal axis.
    pub x: f64,
    pub step: i64,
    pub time_ms: i64,
    /// NaN where there is none.
    pub value: f64,
    pub smooth: f64,
}

/// A stretch of the band between smallest and largest value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    pub x: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

/// One series, ready to be drawn. Everything but `shown` is in places on the axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// `train` or `validation`, or the metric where there are no parts.
    pub name: String,
    /// Stretches without a gap.
    pub raw: Vec<Vec<[f64; 2]>>,
    pub smooth: Vec<Vec<[f64; 2]>>,
    pub bands: Vec<Band>,
    /// Where a value is NaN or infinite, at the height of the value before.
    pub marks: Vec<[f64; 2]>,
    /// In the order of `x`.
    pub shown: Vec<Shown>,
    /// How many values are NaN or infinite, and the step of the first.
    pub bad: u64,
    pub first_bad: Option<i64>,
    /// How many samples have no place on a log axis.
    pub hidden: u64,
    /// How many raw points a sample stands for.
    pub points_each: usize,
    pub last: Option<f64>,
}

/// Makes the traces of series that share a chart.
pub fn traces(series: &[&Series], settings: &PlotSettings, epochs: &Epochs, start_ms: i64) -> Vec<Trace> {
    series
        .iter()
        .map(|series| trace(series, settings, epochs, start_ms))
        .collect()
}

fn trace(series: &Series, settings: &PlotSettings, epochs: &Epochs, start_ms: i64) -> Trace {
    let (scale_x, scale_y) = (Scale::of(settings.log_x), Scale::of(settings.log_y));
    let mut trace = Trace {
        name: series.part().to_owned(),
        points_each: series.points_each,
        last: series.last(),
        ..Trace::default()
    };
    let mut smoother = Smoother::new(settings.smoothing);
    let (mut raw, mut smooth, mut band) = (Vec::new(), Vec::new(), Band::default());
    let mut height = None;
    for sample in &series.samples {
        let x = match settings.x {
            XAxis::Step => sample.step as f64,
            XAxis::Epoch => epochs.at(sample.step).unwrap_or(sample.step as f64),
            XAxis::Time => (sample.time_ms - start_ms) as f64 / 1000.0,
        };
        let averaged = smoother.next(sample.value);
        let Some(x) = scale_x.place(x) else {
            trace.hidden += 1;
            continue;
        };
        if sample.bad > 0 {
            trace.bad += sample.bad;
            trace.first_bad.get_or_insert(sample.step);
        }
        trace.shown.push(Shown {
            x,
            step: sample.step,
            time_ms: sample.time_ms,
            value: sample.value,
            smooth: averaged,
        });
        if let Some(y) = scale_y.place(sample.value) {
            raw.push([x, y]);
            smooth.extend(scale_y.place(averaged).map(|y| [x, y]));
            if series.points_each > 1 {
                band.x.push(x);
                band.low.push(scale_y.place(sample.min).unwrap_or(y));
                band.high.push(scale_y.place(sample.max).unwrap_or(y));
            }
            if sample.bad > 0 {
                trace.marks.push([x, y]);
            }
            height = Some(y);
        } else {
            if sample.bad == 0 {
                trace.hidden += 1;
            } else if let Some(y) = height {
                trace.marks.push([x, y]);
            }
            end(&mut trace, &mut raw, &mut smooth, &mut band);
        }
    }
    end(&mut trace, &mut raw, &mut smooth, &mut band);
    trace
}

/// Ends a stretch: what follows is drawn apart.
fn end(trace: &mut Trace, raw: &mut Vec<[f64; 2]>, smooth: &mut Vec<[f64; 2]>, band: &mut Band) {
    if !raw.is_empty() {
        trace.raw.push(std::mem::take(raw));
    }
    if !smooth.is_empty() {
        trace.smooth.push(std::mem::take(smooth));
    }
    if !band.x.is_empty() {
        trace.bands.push(std::mem::take(band));
    }
}

impl Trace {
    /// The sample drawn nearest to a place on the horizontal axis.
    pub fn nearest(&self, x: f64) -> Option<&Shown> {
        let after = self.shown.partition_point(|shown| shown.x < x);
        let next = self.shown.get(after);
        let previous = after.checked_sub(1).map(|at| &self.shown[at]);
        match (previous, next) {
            (Some(previous), Some(next)) => Some(if x - previous.x <= next.x - x { previous } else { next }),
            (previous, next) => previous.or(next),
        }
    }
}

#[cfg(test)]
mod tests {
    use aloft_base::metrics::{Curve, Point, Summary};

    use super::*;

    fn series(values: &[f64]) -> Series {
        let parts = values.iter().zip(1..).map(|(value, step)| {
            Summary::of_point(Point {
                step,
                time_ms: 1000 + step * 500,
                value: *value,
            })
        });
        Series::new(
            "train/loss",
            &Curve {
                parts: parts.collect(),
                points_each: 1,
            },
        )
    }

    fn settings() -> PlotSettings {
        PlotSettings {
            smoothing: 0.0,
            ..PlotSettings::default()
        }
    }

    fn one(series: &Series, settings: &PlotSettings) -> Trace {
        traces(&[series], settings, &Epochs::default(), 1000).remove(0)
    }

    #[test]
    fn a_value_that_is_no_number_leaves_a_gap_and_a_mark() {
        let trace = one(&series(&[1.0, 0.5, f64::NAN, 0.25]), &settings());
        assert_eq!(trace.raw, [vec![[1.0, 1.0], [2.0, 0.5]], vec![[4.0, 0.25]]]);
        assert_eq!((trace.bad, trace.first_bad), (1, Some(3)));
        assert_eq!(trace.marks, [[3.0, 0.5]]);
    }

    #[test]
    fn log_axes_transform_the_data_and_leave_out_what_has_no_place() {
        let trace = one(
            &series(&[100.0, 0.0, 0.01]),
            &PlotSettings {
                log_x: true,
                log_y: true,
                ..settings()
            },
        );
        assert_eq!(trace.raw[0], [[0.0, 2.0]]);
        assert!((trace.raw[1][0][1] + 2.0).abs() < 1e-12 && (trace.raw[1][0][0] - 3_f64.log10()).abs() < 1e-12);
        assert_eq!((trace.hidden, trace.bad), (1, 0));
        assert_eq!(trace.shown[2].value, 0.01, "the pointer shows true values");
    }

    #[test]
    fn the_horizontal_axis_counts_steps_epochs_or_seconds() {
        let series = series(&[4.0, 3.0, 2.0, 1.0]);
        let by_time = one(
            &series,
            &PlotSettings {
                x: XAxis::Time,
                ..settings()
            },
        );
        assert_eq!(by_time.raw[0][3][0], 2.0);
        let ends = Series {
            name: "epoch".into(),
            ..self::series(&[])
        };
        let mut ends = ends;
        ends.samples = [(2, 1.0), (4, 2.0)]
            .map(|(step, value)| super::super::series::Sample {
                step,
                time_ms: 0,
                value,
                min: value,
                max: value,
                bad: 0,
            })
            .to_vec();
        let by_epoch = traces(
            &[&series],
            &PlotSettings {
                x: XAxis::Epoch,
                ..settings()
            },
            &Epochs::new(&ends),
            1000,
        )
        .remove(0);
        assert_eq!(
            by_epoch.raw[0].iter().map(|point| point[0]).collect::<Vec<_>>(),
            [0.5, 1.0, 1.5, 2.0]
        );
    }

    #[test]
    fn a_coarse_curve_has_a_band_and_an_exact_one_has_none() {
        let points: Vec<Point> = (1..=128)
            .map(|step| Point {
                step,
                time_ms: step,
                value: (step % 2) as f64,
            })
            .collect();
        let parts = points.chunks(64).filter_map(Summary::of).collect();
        let coarse = one(
            &Series::new("train/loss", &Curve { parts, points_each: 64 }),
            &settings(),
        );
        assert_eq!(coarse.bands.len(), 1);
        assert_eq!(
            (coarse.bands[0].low[0], coarse.bands[0].high[0], coarse.raw[0][0][1]),
            (0.0, 1.0, 0.5)
        );
        assert!(one(&series(&[1.0, 2.0]), &settings()).bands.is_empty());
    }

    #[test]
    fn the_pointer_finds_the_nearest_step() {
        let trace = one(&series(&[4.0, 3.0, 2.0]), &settings());
        assert_eq!(trace.nearest(2.4).map(|shown| shown.step), Some(2));
        assert_eq!(trace.nearest(2.6).map(|shown| shown.step), Some(3));
        assert_eq!(trace.nearest(-5.0).map(|shown| shown.step), Some(1));
        assert_eq!(trace.nearest(99.0).map(|shown| shown.step), Some(3));
    }
}
