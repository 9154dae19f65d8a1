//! Live plots of an endpoint: requests, latency, errors, memory, saturation, with what failed last below.

use std::collections::BTreeMap;

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::metrics::{Curve, Reader};
use egui::{Color32, Id, ScrollArea, Ui};

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::plot::{Chart, ChartState, Epochs, PlotSettings, Series, Trace, Unit, XAxis, traces};
use crate::theme::size;
use crate::widget::{problem_ui, segmented_ui, skeleton_ui, spinner_ui};
use crate::work::{Fetch, Lane};

/// Points of a series that are drawn at most.
const BUDGET: usize = 2_000;

/// A plot: title, unit, what its values are multiplied by, and its series with their names.
type Shape = (&'static str, Unit, f64, &'static [(&'static str, &'static str)]);

const SHAPES: [Shape; 5] = [
    (
        "Requests per second",
        Unit::PerSecond,
        1.0,
        &[("requests_per_sec", "requests")],
    ),
    (
        "Latency",
        Unit::Milliseconds,
        1.0,
        &[("p50_ms", "p50"), ("p95_ms", "p95"), ("p99_ms", "p99")],
    ),
    (
        "Errors per second",
        Unit::PerSecond,
        1.0,
        &[("errors_per_sec", "errors")],
    ),
    ("Memory", Unit::Bytes, 1e6, &[("memory_mb", "memory")]),
    ("Requests in flight", Unit::Plain, 1.0, &[("in_flight", "in flight")]),
];

/// Plots of each version beside the others, where there are several: title, unit, and the end of the series' names.
const BY_VERSION: [(&str, Unit, &str); 2] = [
    ("Requests per second by version", Unit::PerSecond, "requests_per_sec"),
    ("p99 by version", Unit::Milliseconds, "p99_ms"),
];

/// The traces of one plot.
struct Group {
    title: &'static str,
    unit: Unit,
    traces: Vec<Trace>,
}

/// How far back the plots reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Span {
    #[default]
    Minutes,
    Hour,
    All,
}

impl Span {
    fn millis(self) -> Option<i64> {
        match self {
            Self::Minutes => Some(15 * 60_000),
            Self::Hour => Some(60 * 60_000),
            Self::All => None,
        }
    }
}

/// The plots and what they are made of.
#[derive(Default)]
pub(super) struct Plots {
    read: Fetch<Vec<Group>>,
    asked: Option<(u64, Span)>,
    span: Span,
    charts: BTreeMap<usize, ChartState>,
}

impl Plots {
    /// Reads the series anew when they grew.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, id: &str) {
        self.read.poll();
        let asked = Some((ctx.library.revision(Topic::Metrics, id), self.span));
        if self.asked == asked || self.read.is_pending() {
            return;
        }
        let (id, span) = (id.to_owned(), self.span);
        ctx.work.fetch_with(Lane::Metrics, &mut self.read, move |session| {
            read(session.metrics()?, &id, span).map_err(|error| Report::of(&error))
        });
        if self.read.is_pending() {
            self.asked = asked;
        }
    }

    /// Draws them, and `below` after them in the same scroll area.
    pub(super) fn ui(
        &mut self,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
        below: impl FnOnce(&mut Ui),
    ) {
        if let Some(report) = self.read.report().cloned() {
            if problem_ui(ui, "Could not read the figures", &report, true, commands) {
                self.asked = None;
            }
            return;
        }
        let spans = [(Span::Minutes, "15 min"), (Span::Hour, "1 h"), (Span::All, "All")];
        segmented_ui(ui, &mut self.span, &spans);
        ui.add_space(size::GAP);
        let Some(groups) = self.read.value() else {
            skeleton_ui(ui, ui.available_width(), 200.0);
            return;
        };
        let settings = PlotSettings {
            smoothing: 0.0,
            x: XAxis::Time,
            log_x: false,
            log_y: false,
        };
        let charts = &mut self.charts;
        ScrollArea::vertical()
            .id_salt("plots")
            .auto_shrink(false)
            .show(ui, |ui| {
                if groups
                    .iter()
                    .flat_map(|group| &group.traces)
                    .all(|trace| trace.shown.is_empty())
                {
                    spinner_ui(ui, "No request was counted yet. Send one from the test form");
                } else {
                    let width = ui.available_width() - 12.0;
                    let each = ((width - size::GAP_WIDE) / 2.0).floor();
                    for (first, row) in groups.chunks(2).enumerate() {
                        ui.horizontal_top(|ui| {
                            ui.spacing_mut().item_spacing.x = size::GAP_WIDE;
                            for (nth, group) in row.iter().enumerate() {
                                let at = first * 2 + nth;
                                card_ui(ui, each, |ui| {
                                    chart_ui(ui, at, group, &settings, charts.entry(at).or_default(), ctx);
                                });
                            }
                        });
                        ui.add_space(4.0);
                    }
                }
                ui.add_space(size::GAP);
                below(ui);
            });
    }
}

fn card_ui(ui: &mut Ui, width: f32, add_contents: impl FnOnce(&mut Ui)) {
    let tokens = crate::theme::tokens(ui.ctx());
    egui::Frame::new()
        .fill(tokens.raised)
        .stroke(egui::Stroke::new(1.0, tokens.border))
        .corner_radius(size::RADIUS)
        // Room for the last words of the time axis, which are centred below its end.
        .inner_margin(egui::Margin {
            left: 12,
            right: 30,
            top: 8,
            bottom: 8,
        })
        .show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(width - 44.0);
                add_contents(ui);
            });
        });
}

fn chart_ui(
    ui: &mut Ui,
    at: usize,
    group: &Group,
    settings: &PlotSettings,
    state: &mut ChartState,
    ctx: &AppContext<'_>,
) {
    // Errors in the colour of bad news; the others each in a colour of their own.
    let colours: Vec<Color32> = (0..group.traces.len())
        .map(|nth| {
            if group.title == "Errors per second" {
                ctx.tokens.bad
            } else {
                ctx.tokens.series[(at * 3 + nth) % 10]
            }
        })
        .collect();
    let chart = Chart {
        id: Id::unique(("endpoint", ctx.route.endpoint(), at)),
        title: group.title,
        unit: group.unit,
        traces: &group.traces,
        colours: &colours,
        settings,
        height: 112.0,
        by_clock: true,
    };
    chart.show(ui, state);
}

/// Reads every series and makes the traces. Called on a worker.
fn read(metrics: &Reader, id: &str, span: Span) -> aloft_base::Result<Vec<Group>> {
    let settings = PlotSettings {
        smoothing: 0.0,
        x: XAxis::Time,
        log_x: false,
        log_y: false,
    };
    let series = |name: &str, label: &str, title: &str, factor: f64| -> aloft_base::Result<Series> {
        let mut series = Series::new(format!("{label}/{title}"), &recent(metrics, id, name, span)?);
        for sample in &mut series.samples {
            sample.value *= factor;
            sample.min *= factor;
            sample.max *= factor;
        }
        Ok(series)
    };
    let mut groups = Vec::new();
    for (title, unit, factor, names) in SHAPES {
        let all = names.iter().map(|(name, label)| series(name, label, title, factor));
        groups.push((title, unit, all.collect::<aloft_base::Result<Vec<_>>>()?));
    }
    let names = metrics.series(id)?;
    for (title, unit, end) in BY_VERSION {
        let own = names.iter().filter_map(|name| {
            let (version, metric) = name.strip_prefix('v')?.split_once('/')?;
            (metric == end).then(|| (version.to_owned(), name))
        });
        let own: Vec<(String, &String)> = own.collect();
        // One version alone is the whole, which is drawn above.
        if own.len() > 1 {
            let all = own
                .iter()
                .map(|(version, name)| series(name, &format!("version {version}"), title, 1.0));
            groups.push((title, unit, all.collect::<aloft_base::Result<Vec<_>>>()?));
        }
    }
    let samples = groups
        .iter()
        .flat_map(|(_, _, all)| all)
        .filter_map(|series| series.samples.first());
    let start_ms = samples.map(|sample| sample.time_ms).min().unwrap_or_default();
    let make = |(title, unit, all): &(&'static str, Unit, Vec<Series>)| {
        let all: Vec<&Series> = all.iter().collect();
        Group {
            title,
            unit: *unit,
            traces: traces(&all, &settings, &Epochs::default(), start_ms),
        }
    };
    Ok(groups.iter().map(make).collect())
}

/// A series as far back as is asked, at the finest level that fits.
fn recent(metrics: &Reader, id: &str, name: &str, span: Span) -> aloft_base::Result<Curve> {
    let whole = metrics.curve(id, name, None, BUDGET)?;
    let last = whole.parts.last().map_or(0, |part| part.time_max_ms);
    let Some(from) = span.millis().map(|millis| last - millis) else {
        return Ok(whole);
    };
    let Some(first) = whole.parts.iter().find(|part| part.time_max_ms >= from) else {
        return Ok(whole);
    };
    let mut near = metrics.curve(id, name, Some(first.step_min..=i64::MAX), BUDGET)?;
    near.parts.retain(|part| part.time_max_ms >= from);
    Ok(near)
}
