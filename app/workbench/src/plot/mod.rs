//! Plots: curves of a run with smoothing and log axes, confusion matrices, residuals.
//!
//! `egui_plot` draws lines and axes; what it lacks is done here: log axes transform the data
//! and the tick labels, curves are read at the level that fits the pixels, and the pointer
//! shows every series at its step.

mod axis;
mod chart;
mod confusion;
mod curves;
mod residual;
mod series;
mod settings;
mod smooth;
mod trace;

pub use axis::Scale;
pub use chart::{Chart, ChartState, Unit};
pub use confusion::{confusion_ui, confusion_width};
pub use curves::{RunCurves, RunSeries};
pub use residual::residuals_ui;
pub use series::{Epochs, Sample, Series};
pub use settings::{PlotSettings, XAxis};
pub use smooth::Smoother;
pub use trace::{Trace, traces};
