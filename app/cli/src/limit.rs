//! A cap on memory: the work is done in a child that may not have more, so that it is the
//! child that ends and somebody is left to say why.

use anyhow::Result;

use crate::arguments::Arguments;
use crate::output::Output;

/// Reads `2GB`, `512MiB`, `1.5g` or a plain number of bytes.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let split = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err("write a size with a unit, such as 2GB or 512MiB".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|error| format!("{error}; write a size such as 2GB or 512MiB"))?;
    let bytes = number * factor;
    if bytes < LEAST {
        return Err("at least 64MB are needed".to_owned());
    }
    Ok(bytes as u64)
}

const LEAST: f64 = 64e6;

/// Has a child do what was typed, under the limit.
#[cfg(unix)]
pub(crate) fn supervise(bytes: u64, arguments: &Arguments, output: &mut Output) -> Result<u8> {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    use rustix::process::{Pid, Signal, kill_process};

    let asked = crate::signal::passed_on()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg(format!("--limited-to={bytes}"))
        .args(without_limit(std::env::args_os().skip(1)))
        // The allocator would take a gigabyte at once, most of it never used, and all of it counts.
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .env("MIMALLOC_ARENA_RESERVE", "16MiB")
        // A group of its own, so that Ctrl+C reaches it once: from here.
        .process_group(0)
        .spawn()?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if asked.take()
            && let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
        {
            kill_process(pid, Signal::TERM).map_err(std::io::Error::from)?;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    if let Some(code) = status.code() {
        return Ok(u8::try_from(code).unwrap_or(1));
    }
    // Opening the workspace marks the job as interrupted.
    let stop = crate::signal::Stop::default();
    drop(crate::context::Context::open(
        arguments.workspace.as_deref(),
        output,
        stop,
    )?);
    let signal = status.signal().unwrap_or_default();
    // What allocations that fail end with.
    let out_of_memory = [Signal::ABORT, Signal::SEGV, Signal::BUS]
        .iter()
        .any(|known| known.as_raw() == signal);
    let message = if out_of_memory {
        format!(
            "The work needed more memory than the limit of {} and was ended",
            crate::text::bytes(bytes)
        )
    } else {
        format!("The process that did the work was ended by signal {signal}")
    };
    let hint = if out_of_memory {
        "Raise --memory-limit, or use a smaller batch size or model; a run can be resumed from its last checkpoint."
    } else {
        "A run can be resumed from its last checkpoint."
    };
    crate::failure::refuse(aloft_base::Report::new(
        aloft_base::ErrorKind::Unavailable,
        message,
        hint,
    ))
}

/// Takes the limit upon this process. Must come before anything large.
#[cfg(unix)]
pub(crate) fn obey(bytes: u64) -> Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Private writable memory; other systems only know the whole address space.
    let resource = if cfg!(target_os = "linux") {
        Resource::Data
    } else {
        Resource::As
    };
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    Ok(setrlimit(resource, limit).map_err(std::io::Error::from)?)
}

/// Nothing is asked of other systems.
#[cfg(not(unix))]
pub(crate) fn obey(_bytes: u64) -> Result<()> {
    Ok(())
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn supervise(_bytes: u64, _arguments: &Arguments, _output: &mut Output) -> Result<u8> {
    crate::failure::refuse(aloft_base::Report::new(
        aloft_base::ErrorKind::Unsupported,
        "This system has no limit on a process's memory that Aloft can set",
        "Leave --memory-limit out.",
    ))
}

/// What was typed, less the limit.
#[cfg(unix)]
fn without_limit(typed: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut kept = Vec::new();
    let mut skip = false;
    let mut is_over = false;
    for argument in typed {
        is_over |= argument == "--";
        let text = argument.to_string_lossy();
        if std::mem::take(&mut skip) {
            continue;
        }
        if !is_over && text == "--memory-limit" {
            skip = true;
        } else if is_over || !text.starts_with("--memory-limit=") {
            kept.push(argument);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_bytes("512 MiB"), Ok(536_870_912));
        assert_eq!(parse_bytes("1.5g"), Ok(1_500_000_000));
        for bad in ["", "GB", "2 bananas", "-1GB", "10"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_child_is_told_everything_but_the_limit() {
        let typed = [
            "train",
            "--memory-limit",
            "2GB",
            "a.csv",
            "--memory-limit=3GB",
            "--",
            "--memory-limit",
        ];
        let kept = without_limit(typed.into_iter().map(Into::into));
        assert_eq!(kept, ["train", "a.csv", "--", "--memory-limit"]);
    }
}
