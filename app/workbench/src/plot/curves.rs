//! The curves of a run: reading them at the level that fits, and drawing all charts.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::metrics::{Curve, GROUP, Reader, Summary};
use egui::{Color32, Id, ScrollArea, Ui};

use crate::context::AppContext;
use crate::theme::{Tokens, size};
use crate::widget::{skeleton_ui, spinner_ui};
use crate::work::{Answer, Fetch, Lane};

use super::chart::{Chart, ChartState, Unit};
use super::series::{Epochs, Series};
use super::settings::{PlotSettings, XAxis};
use super::trace::{Trace, traces};

/// Points a pixel that are asked for.
const POINTS_A_PIXEL: f32 = 2.0;
/// Pixels of the series that map steps to epochs.
const EPOCH_BUDGET: usize = 4000;

/// All series of a run, as read at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSeries {
    pub series: Vec<Series>,
    pub epochs: Epochs,
    /// When the first point was measured.
    pub start_ms: i64,
}

/// What was asked for last.
#[derive(Clone, Debug, PartialEq)]
struct Ask {
    run: String,
    revision: u64,
    steps: Option<RangeInclusive<i64>>,
    budget: usize,
}

/// The curves of the run in front, and how they are shown.
#[derive(Default)]
pub struct RunCurves {
    read: Fetch<RunSeries>,
    asked: Option<Ask>,
    /// Counts what was read, so that traces are made once for each.
    reading: u64,
    made: Option<(u64, PlotSettings)>,
    groups: Vec<Group>,
    charts: BTreeMap<String, ChartState>,
    settings: Option<PlotSettings>,
}

/// The series of one metric.
struct Group {
    metric: String,
    traces: Vec<Trace>,
}

impl RunCurves {
    /// Takes in what was read, and asks for more when the run moved on or the view changed.
    pub fn logic(&mut self, ctx: &AppContext<'_>, run: &str) {
        if self.read.poll() {
            self.reading += 1;
        }
        if self.asked.as_ref().is_some_and(|asked| asked.run != run) {
            *self = Self {
                settings: self.settings,
                ..Self::default()
            };
        }
        if self.read.is_pending() {
            return;
        }
        let width = self.charts.values().map(|chart| chart.width).fold(0.0, f32::max);
        let budget = ((width * POINTS_A_PIXEL) as usize)
            .next_multiple_of(256)
            .clamp(2048, 8192);
        let ask = Ask {
            run: run.to_owned(),
            revision: ctx.library.revision(Topic::Metrics, run),
            steps: self.zoomed_steps(),
            budget,
        };
        if self.asked.as_ref() == Some(&ask) {
            return;
        }
        let (run, steps) = (ask.run.clone(), ask.steps.clone());
        ctx.work.fetch_with(Lane::Metrics, &mut self.read, move |session| {
            read(session.metrics()?, &run, steps.as_ref(), budget)
        });
        if self.read.is_pending() {
            self.asked = Some(ask);
        }
    }

    /// The steps that are zoomed to, a little more on both sides.
    fn zoomed_steps(&self) -> Option<RangeInclusive<i64>> {
        let (from, to) = self.charts.get("loss").and_then(|chart| chart.zoom)?;
        let data = self.read.value()?;
        let step = |x: f64| match self.settings.unwrap_or_default().x {
            XAxis::Step => Some(x as i64),
            XAxis::Epoch => data.epochs.step_at(x),
            // Time is not kept in an index: then the whole run stays as it was read.
            XAxis::Time => None,
        };
        let (from, to) = (step(from)?, step(to)?);
        let more = (to - from).max(1) / 4;
        // Round numbers, so that a small movement does not read everything anew.
        let grid = (more / 2).max(1);
        Some((from - more).div_euclid(grid) * grid..=((to + more).div_euclid(grid) + 1) * grid)
    }

    /// Why the curves could not be read.
    pub fn report(&self) -> Option<&Report> {
        self.read.report()
    }

    /// Reads everything anew.
    pub fn retry(&mut self) {
        self.asked = None;
        self.read = Fetch::Idle;
    }

    /// Draws the controls and every chart. `run` gives the colour, `waiting` says that points will come.
    pub fn ui(&mut self, tokens: &Tokens, ui: &mut Ui, run: &str, waiting: bool) {
        let mut settings = self.settings.unwrap_or_else(|| PlotSettings::remembered(ui));
        settings.toolbar_ui(ui);
        self.settings = Some(settings);
        self.make(&settings);
        ui.add_space(size::GAP);
        if self.groups.is_empty() {
            if waiting || self.read.is_pending() || self.read.is_idle() {
                spinner_ui(ui, "Waiting for the first points");
                ui.add_space(size::GAP);
                let (width, height) = (ui.available_width(), (ui.available_height() - 8.0).clamp(80.0, 320.0));
                skeleton_ui(ui, width, height);
            } else {
                crate::widget::secondary_ui(ui, "This run ended before it wrote a point.");
            }
            return;
        }
        let colours = colours(tokens, run);
        ScrollArea::vertical()
            .id_salt(("curves", run))
            .auto_shrink(false)
            .show(ui, |ui| {
                let width = ui.available_width() - 10.0;
                let height = (ui.available_height() * 0.52).clamp(200.0, 460.0);
                let mut groups = self.groups.iter();
                if let Some(first) = groups.next() {
                    card_ui(ui, width, |ui| {
                        chart_ui(ui, &mut self.charts, first, &settings, &colours, run, height);
                    });
                }
                let rest: Vec<&Group> = groups.collect();
                let gap = size::GAP_WIDE;
                let columns = if width > 1180.0 { 3 } else { 2 };
                let each = ((width - gap * (columns as f32 - 1.0)) / columns as f32).floor();
                for row in rest.chunks(columns) {
                    ui.add_space(4.0);
                    ui.horizontal_top(|ui| {
                        ui.spacing_mut().item_spacing.x = gap;
                        for group in row {
                            card_ui(ui, each, |ui| {
                                chart_ui(ui, &mut self.charts, group, &settings, &colours, run, 150.0);
                            });
                        }
                    });
                }
            });
    }

    /// Makes the traces anew when something was read or the settings changed.
    fn make(&mut self, settings: &PlotSettings) {
        let key = (self.reading, *settings);
        if self.made == Some(key) {
            return;
        }
        self.made = Some(key);
        let Some(read) = self.read.value() else {
            self.groups.clear();
            return;
        };
        let mut metrics: Vec<&str> = read.series.iter().map(Series::metric).collect();
        metrics.sort_by_key(|metric| (rank(metric), *metric));
        metrics.dedup();
        self.groups = metrics
            .into_iter()
            .map(|metric| {
                let mut series: Vec<&Series> = read.series.iter().filter(|series| series.metric() == metric).collect();
                // Training before validation, so that they keep their colours while one is missing.
                series.sort_by_key(|series| (series.part() != "train", series.part()));
                // The rate and the machine's figures are what they are: smoothing would hide their steps.
                let raw = PlotSettings {
                    smoothing: 0.0,
                    log_y: false,
                    ..*settings
                };
                let settings = if rank(metric) < 2 { settings } else { &raw };
                Group {
                    metric: metric.to_owned(),
                    traces: traces(&series, settings, &read.epochs, read.start_ms),
                }
            })
            .collect();
    }
}

/// The loss first, then what is measured of the model, then the machine.
fn rank(metric: &str) -> u8 {
    match metric {
        "loss" => 0,
        "learning_rate" => 2,
        "throughput" => 3,
        "memory" => 4,
        _ => 1,
    }
}

/// A metric as a person reads it.
fn title(metric: &str) -> String {
    match metric {
        "auc" => "AUC".to_owned(),
        "f1" => "F1".to_owned(),
        "r2" => "R²".to_owned(),
        "rmse" => "RMSE".to_owned(),
        "mae" => "MAE".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// Training in the run's own colour, validation in the one half a palette away: neighbours look alike.
fn colours(tokens: &Tokens, run: &str) -> [Color32; 3] {
    let own = tokens.series_of(run);
    let at = tokens.series.iter().position(|colour| *colour == own).unwrap_or(0);
    let other = |by: usize| tokens.series[(at + by) % tokens.series.len()];
    [own, other(5), other(2)]
}

fn card_ui(ui: &mut Ui, width: f32, add_contents: impl FnOnce(&mut Ui)) {
    let tokens = crate::theme::tokens(ui.ctx());
    egui::Frame::new()
        .fill(tokens.raised)
        .stroke(egui::Stroke::new(1.0, tokens.border))
        .corner_radius(size::RADIUS)
        .inner_margin(egui::Margin {
            left: 12,
            right: 12,
            top: 8,
            bottom: 6,
        })
        .show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(width - 26.0);
                add_contents(ui);
            });
        });
}

fn chart_ui(
    ui: &mut Ui,
    charts: &mut BTreeMap<String, ChartState>,
    group: &Group,
    settings: &PlotSettings,
    colours: &[Color32; 3],
    run: &str,
    height: f32,
) {
    let smoothed = rank(&group.metric) < 2;
    let settings = PlotSettings {
        smoothing: if smoothed { settings.smoothing } else { 0.0 },
        log_y: settings.log_y && smoothed,
        ..*settings
    };
    let palette: Vec<Color32> = (0..group.traces.len()).map(|at| colours[at % colours.len()]).collect();
    let chart = Chart {
        // Other axes are another picture: the zoom of one means nothing on the other.
        id: Id::unique((
            "chart",
            run,
            &group.metric,
            settings.x as u8,
            settings.log_x,
            settings.log_y,
        )),
        title: &title(&group.metric),
        unit: Unit::of(&group.metric),
        traces: &group.traces,
        colours: &palette,
        settings: &settings,
        height,
        by_clock: false,
    };
    if !charts.contains_key(&group.metric) {
        charts.insert(group.metric.clone(), ChartState::default());
    }
    if let Some(state) = charts.get_mut(&group.metric) {
        chart.show(ui, state);
    }
}

/// Reads every series of a run. Called on a worker.
fn read(reader: &Reader, run: &str, steps: Option<&RangeInclusive<i64>>, budget: usize) -> Answer<RunSeries> {
    let read = || {
        let mut all = RunSeries::default();
        for name in reader.series(run)? {
            if name == "epoch" {
                all.epochs = Epochs::new(&Series::new(
                    name.as_str(),
                    &fitting(reader, run, &name, None, EPOCH_BUDGET)?,
                ));
            } else {
                let curve = fitting(reader, run, &name, steps, budget)?;
                all.series.push(Series::new(name, &curve));
            }
        }
        let first = all.series.iter().filter_map(|series| series.samples.first());
        all.start_ms = first.map(|sample| sample.time_ms).min().unwrap_or_default();
        Ok(all)
    };
    read().map_err(|error: aloft_base::Error| Report::of(&error))
}

/// A series in at most `budget` parts and in not much fewer: levels are 64 apart, so where one
/// is much too coarse the next finer one is read and its neighbours are put together.
fn fitting(
    reader: &Reader,
    run: &str,
    name: &str,
    steps: Option<&RangeInclusive<i64>>,
    budget: usize,
) -> aloft_base::Result<Curve> {
    let curve = reader.curve(run, name, steps.cloned(), budget)?;
    if curve.is_exact() || curve.parts.len() * 2 >= budget {
        return Ok(curve);
    }
    let finer = reader.curve(run, name, steps.cloned(), budget * GROUP)?;
    let together = finer.parts.len().div_ceil(budget).max(1);
    let join = |parts: &[Summary]| parts.iter().copied().reduce(Summary::then);
    Ok(Curve {
        parts: finer.parts.chunks(together).filter_map(join).collect(),
        points_each: finer.points_each * together,
    })
}

#[cfg(test)]
mod tests {
    use aloft_base::Workspace;
    use aloft_base::metrics::{Point, Writer};

    use super::*;

    #[test]
    fn a_long_run_is_read_at_the_level_that_fits_the_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let mut writer = Writer::open(&workspace, "r1").unwrap();
        for first in (0..100_000).step_by(5000) {
            let points: Vec<(&str, Point)> = (first + 1..=first + 5000)
                .map(|step| {
                    (
                        "train/loss",
                        Point {
                            step,
                            time_ms: step,
                            value: 1.0 / step as f64,
                        },
                    )
                })
                .collect();
            writer.append(&workspace, &points).unwrap();
        }
        let reader = Reader::open(&workspace).unwrap();
        let all = read(&reader, "r1", None, 2048).unwrap();
        assert!(all.series[0].samples.len() < 2048 && all.series[0].points_each == 64);
        let middle = read(&reader, "r1", Some(&(1..=20_000)), 2048).unwrap();
        let each = middle.series[0].points_each;
        assert!((2..64).contains(&each), "the stored levels would be 64 apart: {each}");
        assert!((1024..=2048).contains(&middle.series[0].samples.len()));
        let close = read(&reader, "r1", Some(&(50_000..=50_100)), 8192).unwrap();
        assert_eq!(close.series[0].points_each, 1);
        assert_eq!(close.series[0].samples.len(), 101);
        assert_eq!(close.series[0].samples[0].value, 1.0 / 50_000.0);
    }

    #[test]
    fn metrics_are_named_and_ordered_as_a_person_looks_at_them() {
        let mut metrics = vec!["memory", "accuracy", "throughput", "loss", "learning_rate"];
        metrics.sort_by_key(|metric| (rank(metric), *metric));
        assert_eq!(metrics, ["loss", "accuracy", "learning_rate", "throughput", "memory"]);
        assert_eq!(
            ["balanced_accuracy", "r2", "auc"].map(title),
            ["Balanced accuracy", "R²", "AUC"]
        );
    }
}
