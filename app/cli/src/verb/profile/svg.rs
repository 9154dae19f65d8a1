//! The drawings of the report: bars in one colour, which the page chooses.

use std::fmt::Write;

use aloft_data::{Calendar, Histogram};

use super::html::escaped;
use crate::text::{count, number};

/// Counts in the height of a line of text.
pub(super) fn small(counts: &[u64]) -> String {
    bars(counts, 120.0, 22.0, "small", |_| None)
}

/// A histogram on which each bar says what it is when pointed at.
pub(super) fn large(histogram: &Histogram, label: impl Fn(f64) -> String) -> String {
    let edges = &histogram.edges;
    let title = |bin: usize| {
        let count = count(histogram.counts[bin]);
        Some(format!("{} to {}: {count}", label(edges[bin]), label(edges[bin + 1])))
    };
    let drawing = bars(&histogram.counts, 640.0, 140.0, "large", title);
    let ends = [edges.first(), edges.last()].map(|edge| edge.map_or_else(String::new, |edge| label(*edge)));
    with_ends(&drawing, &ends)
}

/// The days or times of a column over the calendar.
pub(super) fn calendar(calendar: &Calendar) -> String {
    let counts: Vec<u64> = calendar.counts.iter().map(|part| part.count).collect();
    let title = |bin: usize| {
        let part = &calendar.counts[bin];
        Some(format!("{}: {}", part.value, count(part.count)))
    };
    let drawing = bars(&counts, 640.0, 140.0, "large", title);
    let ends = [calendar.counts.first(), calendar.counts.last()];
    with_ends(
        &drawing,
        &ends.map(|part| part.map_or_else(String::new, |part| part.value.clone())),
    )
}

/// Five quantiles and both ends as a box on a line.
pub(super) fn quartiles(ends: [f64; 2], marks: [f64; 5]) -> String {
    let [low, high] = ends;
    let at = |value: f64| {
        if high > low {
            4.0 + 632.0 * ((value - low) / (high - low)).clamp(0.0, 1.0)
        } else {
            320.0
        }
    };
    let [p05, p25, p50, p75, p95] = marks.map(at);
    let title = marks.map(number);
    format!(
        "<svg class=\"box\" viewBox=\"0 0 640 28\" preserveAspectRatio=\"none\" role=\"img\"><title>5 %: {}, 25 %: {}, 50 %: {}, 75 %: {}, 95 %: {}</title>\
         <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"14\" y2=\"14\"/><line x1=\"{p05:.1}\" x2=\"{p05:.1}\" y1=\"8\" y2=\"20\"/>\
         <line x1=\"{p95:.1}\" x2=\"{p95:.1}\" y1=\"8\" y2=\"20\"/>\
         <rect x=\"{p25:.1}\" y=\"4\" width=\"{:.1}\" height=\"20\" rx=\"2\"/>\
         <line class=\"middle\" x1=\"{p50:.1}\" x2=\"{p50:.1}\" y1=\"4\" y2=\"24\"/></svg>",
        title[0],
        title[1],
        title[2],
        title[3],
        title[4],
        at(low),
        at(high),
        (p75 - p25).max(1.0)
    )
}

fn with_ends(drawing: &str, ends: &[String; 2]) -> String {
    let [first, last] = ends.each_ref().map(|end| escaped(end));
    format!("<figure>{drawing}<figcaption><span>{first}</span><span>{last}</span></figcaption></figure>")
}

fn bars(counts: &[u64], width: f64, height: f64, class: &str, title: impl Fn(usize) -> Option<String>) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = width / counts.len().max(1) as f64;
    let gap = if step > 6.0 { 1.5 } else { 0.5 };
    let mut svg =
        format!("<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" role=\"img\">");
    for (bin, bar) in counts.iter().enumerate() {
        // One that is there at all is seen.
        let tall = if *bar == 0 {
            0.0
        } else {
            (height * *bar as f64 / most).max(1.0)
        };
        let (x, y) = (bin as f64 * step, height - tall);
        let wide = (step - gap).max(0.5);
        // Writing into a text does not fail.
        let _written = match title(bin) {
            Some(title) => write!(
                svg,
                "<g><title>{}</title><rect class=\"reach\" x=\"{x:.1}\" y=\"0\" width=\"{step:.1}\" height=\"{height}\"/>\
                 <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"/></g>",
                escaped(&title)
            ),
            None => write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"/>"
            ),
        };
    }
    svg + "</svg>"
}
