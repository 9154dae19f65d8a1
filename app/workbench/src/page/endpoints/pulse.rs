//! The pulse of endpoints: the figures of the last minutes, for cards and headers.

use std::collections::BTreeMap;

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::metrics::{Reader, Summary};

use crate::context::AppContext;
use crate::work::{Fetch, Lane};

/// How many points a sparkline shows.
const POINTS: usize = 90;

/// The last figures of an endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pulse {
    pub(super) requests: Vec<f64>,
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) errors: Option<f64>,
}

/// The pulses by endpoint, read anew while they beat.
#[derive(Default)]
pub(super) struct Pulses {
    read: Fetch<BTreeMap<String, Pulse>>,
    asked: Option<(u64, Vec<String>)>,
}

impl Pulses {
    pub(super) fn of(&self, id: &str) -> Option<&Pulse> {
        self.read.value()?.get(id)
    }

    /// Asks for what is new.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.read.poll();
        let ids: Vec<String> = ctx
            .library
            .endpoints()
            .iter()
            .map(|endpoint| endpoint.id.clone())
            .collect();
        let beats = ids.iter().map(|id| ctx.library.revision(Topic::Metrics, id)).sum();
        let asked = Some((beats, ids.clone()));
        if self.asked == asked || self.read.is_pending() || ids.is_empty() {
            return;
        }
        ctx.work.fetch_with(Lane::Metrics, &mut self.read, move |session| {
            let metrics = session.metrics()?;
            let read = |id: String| Ok((id.clone(), pulse(metrics, &id)?));
            let all = ids.into_iter().map(read).collect::<aloft_base::Result<_>>();
            all.map_err(|error| Report::of(&error))
        });
        if self.read.is_pending() {
            self.asked = asked;
        }
    }
}

fn pulse(metrics: &Reader, id: &str) -> aloft_base::Result<Pulse> {
    let tail = |name: &str| -> aloft_base::Result<Vec<f64>> {
        let curve = metrics.curve(id, name, None, 2_000)?;
        let from = curve.parts.len().saturating_sub(POINTS);
        Ok(curve.parts[from..].iter().map(Summary::mean).collect())
    };
    let last = |values: Vec<f64>| values.into_iter().rev().find(|value| value.is_finite());
    Ok(Pulse {
        requests: tail("requests_per_sec")?,
        p50_ms: last(tail("p50_ms")?),
        p95_ms: last(tail("p95_ms")?),
        p99_ms: last(tail("p99_ms")?),
        errors: last(tail("errors_per_sec")?),
    })
}
