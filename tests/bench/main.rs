//! The benchmark: what a person waits for, measured on the real programs, with the peer beside it.
//!
//! Run by `make bench` in a release build. Prints a table and writes `target/bench.json`.
//! Where no other tool does the same thing, the peer is the bar that Aloft set itself.
//! Smaller is better in every row, so a ratio below 1 means that Aloft is better.
//! With `--quick` it only tries whether everything can be measured.

mod buckets;
mod data;
mod figures;
mod filter;
mod frames;
mod peer;
mod points;
mod queries;
mod screen;
mod serving;
mod tables;
mod training;
mod window;

use std::time::Instant;

use anyhow::{Result, ensure};
use figures::{Figures, say};

/// Parts of the benchmark by name.
type Part = (&'static str, fn(&mut Figures) -> Result<()>);

const PARTS: [Part; 15] = [
    ("window", window::measure),
    ("large", window::measure_large),
    ("frames", frames::measure),
    ("browsing", frames::measure_browsing),
    ("profile", tables::measure_profile),
    ("explore", tables::measure_explore),
    ("queries", queries::measure),
    ("filter", filter::measure),
    ("index", tables::measure_index),
    ("train", training::measure),
    ("points", points::measure),
    ("serve", serving::measure),
    ("batch", serving::measure_batch),
    ("buckets", buckets::measure),
    ("listing", buckets::measure_listing),
];

/// How many samples there are of what takes long.
pub(crate) const SAMPLES: usize = 5;

fn main() -> Result<()> {
    // Without a name everything is measured: `cargo test … --test bench -- frames` measures a part.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    for name in &wanted {
        let known = PARTS.map(|(name, _)| name);
        ensure!(
            known.contains(&name.as_str()),
            "there is no part '{name}'; there are {}",
            known.join(", ")
        );
    }
    let began = Instant::now();
    let mut figures = Figures::new()?;
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|own| own == name) {
            measure(&mut figures)?;
        }
    }
    say(&format!("Took {:.0} s", began.elapsed().as_secs_f64()))?;
    if data::is_quick() {
        return say("Only tried with small tables, so nothing is written");
    }
    figures.write(!wanted.is_empty())
}
