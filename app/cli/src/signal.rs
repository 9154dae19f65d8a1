//! Ctrl+C and its like: the first one asks to stop, the second one ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::STOPPED;

/// Whether this process was asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on the first signal is an ask, and the second ends the process at once.
    pub(crate) fn on_signal() -> std::io::Result<Self> {
        Self::listen(false)
    }

    /// From now on a signal ends the process at once, with the exit code of what was stopped:
    /// for verbs that have nothing to save.
    pub(crate) fn at_once() -> std::io::Result<Self> {
        Self::listen(true)
    }

    fn listen(at_once: bool) -> std::io::Result<Self> {
        let stop = Self(Arc::new(AtomicBool::new(at_once)));
        for signal in signals() {
            // In this order, so that the first signal finds the flag still down.
            flag::register_conditional_shutdown(signal, i32::from(STOPPED), Arc::clone(&stop.0))?;
            flag::register(signal, Arc::clone(&stop.0))?;
        }
        Ok(stop)
    }

    /// The flag itself, for who asks it often.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the ask back, and answers whether there was one.
    #[cfg(unix)]
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Raises a flag on each signal and does nothing more; for who only passes signals on.
#[cfg(unix)]
pub(crate) fn passed_on() -> std::io::Result<Stop> {
    let stop = Stop::default();
    for signal in signals() {
        flag::register(signal, Arc::clone(&stop.0))?;
    }
    Ok(stop)
}

fn signals() -> Vec<i32> {
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    if !is_hangup_ignored() {
        signals.push(signal_hook::consts::SIGHUP);
    }
    signals
}

/// Whether `nohup` or the like wants this process to outlive its terminal.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return true;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & (1 << (signal_hook::consts::SIGHUP - 1)) != 0)
}
