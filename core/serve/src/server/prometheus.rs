//! The counts in Prometheus' text format.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use super::durations::TOLD_SECS;
use super::metrics::{Counts, Door, Metrics, STATUSES, resident_bytes};
use super::state::{Now, Server};

/// What `GET /metrics` answers.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn text(server: &Server) -> String {
    let mut page = Page(String::with_capacity(8192));
    let (metrics, now) = (&server.metrics, server.now());
    page.info(&server.name, &now);
    page.requests(metrics);
    page.durations(metrics);
    page.by_version(metrics, "aloft_rows_total", "Rows that were predicted.", |counts| {
        &counts.rows
    });
    page.by_version(
        metrics,
        "aloft_missing_values_total",
        "Values that were missing, the infinite ones among them.",
        |counts| &counts.missing,
    );
    page.by_version(
        metrics,
        "aloft_unknown_values_total",
        "Categories that training never or seldom saw.",
        |counts| &counts.unknown,
    );
    page.by_version(
        metrics,
        "aloft_infinite_values_total",
        "Numbers that were infinite.",
        |counts| &counts.infinite,
    );
    page.head("aloft_errors_total", "Failures by kind.", "counter");
    for (kind, count) in metrics.errors() {
        page.line("aloft_errors_total", &[("kind", kind.as_str())], count as f64);
    }
    for (name, help, count) in [
        (
            "aloft_shadow_agreements_total",
            "Rows on which the shadow agreed.",
            &metrics.shadow_agreed,
        ),
        (
            "aloft_shadow_disagreements_total",
            "Rows on which the shadow disagreed.",
            &metrics.shadow_disagreed,
        ),
        (
            "aloft_shadow_skipped_total",
            "Requests that the shadow was not asked.",
            &metrics.shadow_skipped,
        ),
        (
            "aloft_log_skipped_total",
            "Requests that were to be logged and were not.",
            &metrics.log_skipped,
        ),
        ("aloft_swaps_total", "Changes of what is served.", &metrics.swaps),
    ] {
        page.head(name, help, "counter");
        page.line(name, &[], count.load(Ordering::Relaxed) as f64);
    }
    let in_flight = metrics.in_flight.load(Ordering::Relaxed);
    page.gauge(
        "aloft_in_flight_requests",
        "Requests that are worked on now.",
        in_flight as f64,
    );
    page.gauge(
        "aloft_concurrency_limit",
        "Requests that may be worked on at once.",
        f64::from(server.limits.concurrency),
    );
    if let Some(bytes) = resident_bytes() {
        page.gauge("process_resident_memory_bytes", "Resident memory.", bytes as f64);
    }
    page.gauge(
        "process_start_time_seconds",
        "When it was started, in seconds since 1970.",
        server.started_ms as f64 / 1000.0,
    );
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.put(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A text takes whatever is written.
        if self.0.write_fmt(text).is_err() {
            self.0.clear();
        }
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        if !labels.is_empty() {
            let labels: Vec<String> = labels
                .iter()
                .map(|(key, value)| format!("{key}=\"{}\"", escaped(value)))
                .collect();
            self.put(format_args!("{{{}}}", labels.join(",")));
        }
        self.put(format_args!(" {value}\n"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help, "gauge");
        self.line(name, &[], value);
    }

    fn info(&mut self, model: &str, now: &Now) {
        self.head("aloft_model_info", "The versions that are served.", "gauge");
        for served in now.served() {
            let version = served.number.to_string();
            let role = match served.role {
                aloft_base::endpoint::Role::Main => "main",
                aloft_base::endpoint::Role::Split => "split",
                aloft_base::endpoint::Role::Shadow => "shadow",
            };
            self.line(
                "aloft_model_info",
                &[("model", model), ("version", &version), ("role", role)],
                1.0,
            );
        }
    }

    fn requests(&mut self, metrics: &Metrics) {
        self.head(
            "aloft_requests_total",
            "Requests by route, status and version.",
            "counter",
        );
        for (number, counts) in metrics.all() {
            let version = label(number);
            for door in Door::ALL {
                for (place, status) in STATUSES.iter().enumerate() {
                    let count = counts.requests(door, place);
                    if count > 0 {
                        let status = status.to_string();
                        let labels = [("route", door.as_str()), ("status", &status), ("version", &version)];
                        self.line("aloft_requests_total", &labels, count as f64);
                    }
                }
            }
        }
    }

    fn durations(&mut self, metrics: &Metrics) {
        let name = "aloft_request_duration_seconds";
        self.head(name, "How long requests for predictions took.", "histogram");
        for (number, counts) in metrics.all() {
            let (snapshot, version) = (counts.durations.snapshot(), label(number));
            for secs in TOLD_SECS {
                let end = secs.to_string();
                let labels = [("version", version.as_str()), ("le", &end)];
                self.line(
                    "aloft_request_duration_seconds_bucket",
                    &labels,
                    snapshot.at_most(secs) as f64,
                );
            }
            let count = snapshot.count() as f64;
            let labels = [("version", version.as_str()), ("le", "+Inf")];
            self.line("aloft_request_duration_seconds_bucket", &labels, count);
            self.line(
                "aloft_request_duration_seconds_sum",
                &labels[..1],
                snapshot.total_us as f64 / 1e6,
            );
            self.line("aloft_request_duration_seconds_count", &labels[..1], count);
        }
    }

    fn by_version(&mut self, metrics: &Metrics, name: &str, help: &str, count: impl Fn(&Counts) -> &AtomicU64) {
        self.head(name, help, "counter");
        for (number, counts) in metrics.all() {
            if number > 0 {
                let value = count(&counts).load(Ordering::Relaxed) as f64;
                self.line(name, &[("version", &label(number))], value);
            }
        }
    }
}

/// What no version answered has an empty label.
fn label(number: u32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
