//! Everything that is printed. Results go to stdout, progress and notes to stderr.
//!
//! With `--json` the last line on stdout is one JSON object, of a result or of an error.
//! A reader that went away (a closed pipe) is no failure: the work was done.

use std::io::{ErrorKind as Io, IsTerminal, Write};
use std::time::{Duration, Instant};

use aloft_base::job::Progress;
use aloft_base::{ErrorKind, Report};
use anyhow::Result;
use serde_json::{Value, json};

use crate::failure::{BAD_INPUT, refuse};
use crate::text;

/// A bar is drawn anew at most so often.
const BAR_EVERY: Duration = Duration::from_millis(100);
/// Without a terminal, progress is a line so often.
const LINE_EVERY: Duration = Duration::from_secs(5);
const BAR_WIDTH: usize = 24;

/// Where the words of this process go.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    /// Whether progress is a bar that is drawn over, or lines.
    has_terminal: bool,
    is_bar_shown: bool,
    told: Instant,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            has_terminal: std::io::stderr().is_terminal(),
            is_bar_shown: false,
            told: Instant::now(),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a result: the object, or the text for people.
    pub(crate) fn answer(&mut self, object: &Value, words: impl FnOnce() -> String) -> Result<()> {
        self.clear_bar();
        let mut text = if self.json { object.to_string() } else { words() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        write_out(text.as_bytes())
    }

    /// Prints a part of a result that is printed while it is found. Answers whether somebody still reads.
    pub(crate) fn part(&mut self, bytes: &[u8]) -> Result<bool> {
        self.clear_bar();
        let mut out = std::io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        let is_read = !matches!(&written, Err(error) if error.kind() == Io::BrokenPipe);
        judge(written)?;
        Ok(is_read)
    }

    /// Prints the content of a file as the result.
    pub(crate) fn answer_file(&mut self, path: &std::path::Path) -> Result<()> {
        self.clear_bar();
        let mut file = std::fs::File::open(path).map_err(aloft_base::Error::io("read", path))?;
        let mut out = std::io::stdout().lock();
        let copied = std::io::copy(&mut file, &mut out).and_then(|_| out.flush());
        judge(copied)
    }

    /// A sentence about how it goes.
    pub(crate) fn note(&mut self, words: &str) {
        self.clear_bar();
        say(&format!("{words}\n"));
    }

    /// How far it is: a bar on a terminal, a line now and then elsewhere.
    pub(crate) fn progress(&mut self, progress: &Progress) {
        let every = if self.has_terminal { BAR_EVERY } else { LINE_EVERY };
        if self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        let words = in_words(progress);
        if self.has_terminal {
            let line = format!("{} {words}", bar(progress.fraction.unwrap_or(0.0)));
            say(&format!("\r\x1b[K{}", text::shortened(&line, terminal_width() - 1)));
            self.is_bar_shown = true;
        } else {
            say(&format!("{words}\n"));
        }
    }

    /// Prints why it failed.
    pub(crate) fn failure(&mut self, report: &Report) {
        self.clear_bar();
        if self.json {
            // Nobody is left to be told when this cannot be written either.
            drop(write_out(format!("{}\n", error_object(report)).as_bytes()));
        } else if report.hint.is_empty() {
            say(&format!("Error: {}\n", report.message));
        } else {
            say(&format!("Error: {}\n{}\n", report.message, report.hint));
        }
    }

    fn clear_bar(&mut self) {
        if std::mem::take(&mut self.is_bar_shown) {
            say("\r\x1b[K");
        }
    }
}

/// An error as JSON.
pub(crate) fn error_object(report: &Report) -> Value {
    json!({ "error": report })
}

/// Prints what clap says: help and version as a result, anything else as bad usage.
/// Answers the exit code.
pub(crate) fn usage(error: &clap::Error, json: bool) -> u8 {
    use clap::error::ErrorKind as Clap;
    if matches!(error.kind(), Clap::DisplayHelp | Clap::DisplayVersion) {
        let rendered = error.render();
        let text = if std::io::stdout().is_terminal() {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        };
        return match write_out(text.as_bytes()) {
            Ok(()) => 0,
            Err(_) => 1,
        };
    }
    let rendered = error.render();
    if json {
        let report = usage_report(&rendered.to_string());
        drop(write_out(format!("{}\n", error_object(&report)).as_bytes()));
    } else {
        let text = if std::io::stderr().is_terminal() {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        };
        say(&text);
    }
    BAD_INPUT
}

/// Bad usage as a report: the first paragraph is what is wrong, the rest what to do.
fn usage_report(rendered: &str) -> Report {
    let text = rendered.trim();
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = joined(first.trim_start_matches("error: "));
    let hint = rest
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("tip:") || line.starts_with("Usage:"));
    let hint = hint.map_or_else(
        || "See aloft --help.".to_owned(),
        |hint| joined(hint.trim_start_matches("tip: ")),
    );
    Report::new(ErrorKind::Invalid, message, hint)
}

fn write_out(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    judge(out.write_all(bytes).and_then(|()| out.flush()))
}

/// What a write to stdout came to.
fn judge(written: std::io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != Io::BrokenPipe => {
            let message = format!("Could not write the result to stdout: {error}");
            refuse(Report::new(
                ErrorKind::of_io(&error),
                message,
                "What was done is kept in the workspace.",
            ))
        }
        _ => Ok(()),
    }
}

/// Writes to stderr. There is nobody to tell that it cannot be written.
fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn in_words(progress: &Progress) -> String {
    let mut words = Vec::new();
    if let Some(fraction) = progress.fraction {
        words.push(format!("{:3.0} %", fraction.clamp(0.0, 1.0) * 100.0));
    }
    words.push(progress.what.clone());
    if let Some(rate) = progress.rows_per_sec.filter(|rate| *rate > 0.0) {
        words.push(format!("{} rows/s", text::count(rate.round() as u64)));
    }
    if let Some(memory) = progress.memory_bytes {
        words.push(text::bytes(memory));
    }
    if let Some(eta) = progress.eta_secs {
        words.push(format!("{} left", text::duration(eta)));
    }
    words.join("  ")
}

fn bar(fraction: f64) -> String {
    let full = (fraction.clamp(0.0, 1.0) * BAR_WIDTH as f64).round() as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(BAR_WIDTH - full))
}

/// Columns of the terminal.
fn terminal_width() -> usize {
    #[cfg(unix)]
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr())
        .ok()
        .map(|size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    let size = None;
    size.filter(|columns| *columns > 0).unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_usage_is_one_sentence_and_a_next_step() {
        let report = usage_report(
            "error: the following required arguments were not provided:\n  --target <COL>\n\nUsage: aloft train --target <COL> <FILE>\n\nFor more information, try '--help'.\n",
        );
        assert_eq!(
            report.message,
            "the following required arguments were not provided: --target <COL>"
        );
        assert_eq!(report.hint, "Usage: aloft train --target <COL> <FILE>");
        let report = usage_report(
            "error: unrecognized subcommand 'trian'\n\n  tip: a similar subcommand exists: 'train'\n\nUsage: aloft",
        );
        assert_eq!(report.hint, "a similar subcommand exists: 'train'");
    }

    #[test]
    fn an_error_has_exactly_the_keys_of_the_contract() {
        let object = error_object(&Report::new(ErrorKind::NoSpace, "full", "free some"));
        assert_eq!(
            object.to_string(),
            r#"{"error":{"kind":"no_space","message":"full","hint":"free some"}}"#
        );
    }

    #[test]
    fn progress_is_told_with_its_units() {
        let progress = Progress {
            fraction: Some(0.5),
            what: "epoch 3 of 6".into(),
            eta_secs: Some(65.0),
            rows_per_sec: Some(12_345.6),
            memory_bytes: Some(80_000_000),
        };
        assert_eq!(
            in_words(&progress),
            " 50 %  epoch 3 of 6  12,346 rows/s  80 MB  1 min 05 s left"
        );
        assert_eq!(bar(0.5).chars().filter(|part| *part == '█').count(), BAR_WIDTH / 2);
    }
}
