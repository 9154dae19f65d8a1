//! What was measured, and how is it shown?

use std::io::Write as _;
use std::num::NonZero;

use aloft_tests::program::output_folder;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// All figures of a benchmark.
pub(crate) struct Figures {
    rows: Vec<Value>,
    machine: String,
}

/// What was measured of one side.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    pub(crate) values: Vec<f64>,
    /// How many threads it may use.
    pub(crate) threads: usize,
}

impl Samples {
    /// On as many threads as there are cores.
    pub(crate) fn on_all_cores(values: Vec<f64>) -> Self {
        Self {
            values,
            threads: cores(),
        }
    }

    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        quantile(&sorted, 0.5)
    }

    pub(crate) fn on_one_thread(values: Vec<f64>) -> Self {
        Self { values, threads: 1 }
    }
}

/// The other side of a comparison.
pub(crate) enum Peer {
    /// Another tool, its version in its name, and what was measured of it.
    Tool(String, Samples),
    /// The bar Aloft set itself.
    Bar(f64),
    /// A bar that needs words.
    BarThat(f64, &'static str),
}

/// Which of the samples stands for all of them.
#[derive(Clone, Copy)]
pub(crate) enum Statistic {
    Median,
    /// For what must stay below a bar each time: the 99th percentile.
    Percentile99,
}

impl Statistic {
    fn of(self, sorted: &[f64]) -> f64 {
        match self {
            Self::Median => quantile(sorted, 0.5),
            Self::Percentile99 => quantile(sorted, 0.99),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Percentile99 => "99th percentile",
        }
    }
}

/// By linear interpolation; `sorted` is not empty.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// Smallest, middle, largest, and the value that stands for all.
struct Spread {
    text: String,
    value: f64,
}

impl Spread {
    fn of(samples: &Samples, statistic: Statistic) -> Result<Self> {
        ensure!(!samples.values.is_empty(), "nothing was measured");
        let mut sorted = samples.values.clone();
        sorted.sort_by(f64::total_cmp);
        let [least, middle, most] = [0.0, 0.5, 1.0].map(|share| short(quantile(&sorted, share)));
        Ok(Self {
            text: format!("{least} / {middle} / {most}"),
            value: statistic.of(&sorted),
        })
    }
}

impl Figures {
    pub(crate) fn new() -> Result<Self> {
        let machine = format!("{}, {} cores, {}", processor(), cores(), std::env::consts::OS);
        say(&format!("Aloft {} on {machine}", env!("CARGO_PKG_VERSION")))?;
        if let Some(load) = load().filter(|load| *load > 1.0) {
            say(&format!(
                "The machine is busy (load {load:.1}): what waits for the processor looks slower than it is."
            ))?;
        }
        say(&format!(
            "{:<58} {:>26} {:>26} {:>6}",
            "min / median / max", "ours", "peer", "ratio"
        ))?;
        Ok(Self {
            rows: Vec::new(),
            machine,
        })
    }

    /// Adds a figure and prints it. Smaller is better, for every figure.
    pub(crate) fn add(&mut self, name: &str, unit: &str, ours: &Samples, peer: &Peer) -> Result<()> {
        self.add_as(Statistic::Median, name, unit, ours, peer)
    }

    /// As [`Figures::add`], with another sample than the middle one to stand for all.
    pub(crate) fn add_as(
        &mut self,
        statistic: Statistic,
        name: &str,
        unit: &str,
        ours: &Samples,
        peer: &Peer,
    ) -> Result<()> {
        let own = Spread::of(ours, statistic).with_context(|| name.to_owned())?;
        let nothing = Samples {
            values: Vec::new(),
            threads: 0,
        };
        let (peer_name, other, samples) = match peer {
            Peer::Tool(tool, samples) => (
                tool.as_str(),
                Spread::of(samples, Statistic::Median).with_context(|| tool.clone())?,
                samples,
            ),
            Peer::Bar(bar) => (
                "bar",
                Spread {
                    text: short(*bar),
                    value: *bar,
                },
                &nothing,
            ),
            Peer::BarThat(bar, words) => (
                *words,
                Spread {
                    text: short(*bar),
                    value: *bar,
                },
                &nothing,
            ),
        };
        let ratio = own.value / other.value;
        let title = format!("{name}, {unit}");
        say(&format!(
            "{title:<58} {:>26} {:>26} {ratio:>6.2}  {peer_name}",
            own.text, other.text
        ))?;
        self.rows.push(json!({
            "name": name, "ours": own.value, "peer": other.value, "peer_name": peer_name, "ratio": ratio, "unit": unit,
            "samples": {"ours": ours.values, "peer": samples.values},
            "statistic": statistic.name(),
            "threads": {"ours": ours.threads, "peer": samples.threads},
            "versions": {"aloft": env!("CARGO_PKG_VERSION"), "peer": peer_name},
            "machine": self.machine,
            "load": load(),
        }));
        Ok(())
    }

    /// Writes `target/bench.json`. When only a part was measured, the other rows of the file stay.
    pub(crate) fn write(mut self, is_part: bool) -> Result<()> {
        let path = output_folder("")?.join("bench.json");
        if is_part && path.is_file() {
            let before: Vec<Value> = serde_json::from_slice(&std::fs::read(&path)?)
                .with_context(|| format!("{} is not what a benchmark wrote; remove it", path.display()))?;
            let same = |a: &Value, b: &Value| a["name"] == b["name"] && a["peer_name"] == b["peer_name"];
            let others = before
                .into_iter()
                .filter(|row| !self.rows.iter().any(|own| same(own, row)));
            self.rows = others.chain(self.rows.iter().cloned()).collect();
        }
        let text = serde_json::to_string_pretty(&self.rows)?;
        std::fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
        say(&format!("Written to {}", path.display()))
    }
}

/// The cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// How many threads wanted a processor in the last minute, where the system tells it.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// The name of the processor, where the system tells it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |name| name.trim_start_matches([' ', '\t', ':']).to_owned(),
    )
}

/// Three digits that matter.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// One line for the person who waits.
pub(crate) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
