//! A cap on memory: the work is done in a child that may not have more, so that it is the
//! child that ends and somebody is left to say why.

use std::sync::OnceLock;

use aloft_base::job::{self, Kind};
use aloft_base::limits::Limits;
use aloft_base::{ErrorKind, Report, Workspace};
use anyhow::Result;

use crate::arguments::{Arguments, JobVerb, Verb};
use crate::output::Output;

/// Reads `2GB`, `512MiB`, `1.5g`, a plain number of bytes or `none`.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if text == NONE {
        return Ok(u64::MAX);
    }
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

/// Writes no limit; for who wants to do without the one that is usual.
const NONE: &str = "none";

/// The limit of this process, for what it says when memory runs out.
static TAKEN: OnceLock<u64> = OnceLock::new();

/// The limit under which what was typed is to be done by a child: the one that was typed, else,
/// for work on tables, the one of the workspace.
pub(crate) fn wanted(arguments: &Arguments) -> Result<Option<u64>> {
    if arguments.limited_to.is_some() {
        return Ok(None);
    }
    if let Some(bytes) = arguments.memory_limit {
        return Ok(Some(bytes).filter(|bytes| *bytes < u64::MAX));
    }
    // Other systems only know a limit on addresses, of which a good part is never memory.
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let folder = || {
        let named = arguments.workspace.clone();
        named.unwrap_or_else(aloft_base::env::default_workspace)
    };
    let is_capped = match &arguments.verb {
        Verb::Query(wanted) => !wanted.plan,
        Verb::Prepare(wanted) => !wanted.python,
        Verb::Export(_) | Verb::Profile { .. } => true,
        Verb::Job {
            verb: JobVerb::Run { id },
        } => {
            let kind = job::get(&Workspace::open(folder())?, id)?.kind;
            matches!(kind, Kind::Query | Kind::Profile)
        }
        _ => false,
    };
    if !is_capped {
        return Ok(None);
    }
    Ok(Limits::read(&Workspace::open(folder())?)?.memory_bytes())
}

/// From this size on the allocator may take its gigabyte at once.
#[cfg(unix)]
const ROOMY: u64 = 8 << 30;

/// Has a child do what was typed, under the limit.
#[cfg(unix)]
pub(crate) fn supervise(bytes: u64, arguments: &Arguments, output: &mut Output) -> Result<u8> {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;
    use std::sync::mpsc::{RecvTimeoutError, sync_channel};
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process};

    let asked = crate::signal::passed_on()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(format!("--limited-to={bytes}"))
        .args(without_limit(std::env::args_os().skip(1)))
        // Where memory runs out, the sentence that is said then is enough.
        .env("RUST_BACKTRACE", "0")
        // A group of its own, so that Ctrl+C reaches it once: from here.
        .process_group(0);
    if bytes < ROOMY {
        // The allocator would take a gigabyte at once, most of it never used, and all of it counts.
        command
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .env("MIMALLOC_ARENA_RESERVE", "16MiB");
    }
    let mut child = command.spawn()?;
    let id = child.id();
    let (sender, ended) = sync_channel(1);
    std::thread::Builder::new()
        .name("await-child".to_owned())
        .spawn(move || drop(sender.send(child.wait())))?;
    let status = loop {
        match ended.recv_timeout(Duration::from_millis(20)) {
            Ok(status) => break status?,
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!("Nobody waits for the process that does the work"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if asked.take()
            && let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw)
        {
            kill_process(pid, Signal::TERM).map_err(std::io::Error::from)?;
        }
    };
    if let Some(code) = status.code() {
        return Ok(u8::try_from(code).unwrap_or(1));
    }
    let signal = status.signal().unwrap_or_default();
    // What allocations that fail end with.
    let out_of_memory = [Signal::ABORT, Signal::SEGV, Signal::BUS]
        .iter()
        .any(|known| known.as_raw() == signal);
    let report = if out_of_memory {
        exceeded(bytes, &arguments.verb)
    } else {
        let as_the_system = if signal == Signal::KILL.as_raw() {
            ", as the system does when the machine's memory runs out"
        } else {
            ""
        };
        Report::new(
            ErrorKind::Unavailable,
            format!("The process that did the work was ended by signal {signal}{as_the_system}"),
            "A run can be resumed from its last checkpoint.",
        )
    };
    let workspace = arguments.workspace.clone();
    let workspace = Workspace::open(workspace.unwrap_or_else(aloft_base::env::default_workspace))?;
    if out_of_memory {
        tell_job(&workspace, id, arguments, &report, output)?;
    }
    job::mark_interrupted(&workspace)?;
    crate::failure::refuse(report)
}

/// Writes into the row of its job why the child ended. A run is left as interrupted, since it can
/// be resumed.
#[cfg(unix)]
fn tell_job(
    workspace: &Workspace,
    child: u32,
    arguments: &Arguments,
    report: &Report,
    output: &mut Output,
) -> Result<()> {
    let named = match &arguments.verb {
        Verb::Job {
            verb: JobVerb::Run { id },
        } => Some(job::get(workspace, id)?),
        _ => job::active(workspace)?.into_iter().find(|job| job.pid == Some(child)),
    };
    let Some(job) = named.filter(|job| matches!(job.kind, Kind::Query | Kind::Profile)) else {
        return Ok(());
    };
    // Where its last words go, nobody but a person who looks for them reads that it was aborted.
    if !job::fail_gone(workspace, &job.id, report)? {
        output.note("The job ended in another way at the same moment.");
    }
    Ok(aloft_base::log::add(
        workspace,
        &job.id,
        aloft_base::log::Level::Error,
        &report.to_string(),
    )?)
}

/// What is said of work that needed more than the limit.
fn exceeded(bytes: u64, verb: &Verb) -> Report {
    let (what, instead) = match verb {
        Verb::Profile { .. } => ("Profiling", TABLES),
        Verb::Query(_) => ("The query", TABLES),
        Verb::Prepare(_) => ("The preparation", TABLES),
        Verb::Export(_) => ("The export", TABLES),
        Verb::Job { .. } => ("The question", TABLES),
        _ => (
            "The work",
            "Raise --memory-limit, or use a smaller batch size or model; a run can be resumed from its last checkpoint.",
        ),
    };
    Report::new(
        ErrorKind::Unavailable,
        format!(
            "{what} needed more memory than the limit of {} and was ended",
            crate::text::bytes(bytes)
        ),
        instead,
    )
}

/// What to do instead of a question that is too large.
const TABLES: &str = "Ask for fewer columns, filter the rows first, or group by a column with fewer values; a copy \
    as Parquet needs less than text. Or raise the limit: --memory-limit, or in the window under Settings.";

/// What a failure for want of memory is told as; others stay what they are. Where memory is asked
/// for politely the process does not end, and what failed then may not say why.
pub(crate) fn explained(report: Report) -> Report {
    const SIGNS: [&str; 6] = [
        "Cannot allocate memory",
        "out of memory",
        "OutOfMemory",
        "memory allocation",
        "failed to spawn thread",
        "AllocError",
    ];
    let Some(bytes) = TAKEN.get() else { return report };
    if !SIGNS.iter().any(|sign| report.message.contains(sign)) {
        return report;
    }
    Report::new(
        ErrorKind::Unavailable,
        format!(
            "The work needed more memory than the limit of {} ({})",
            crate::text::bytes(*bytes),
            report.message
        ),
        TABLES,
    )
}

/// Takes the limit upon this process. Must come before anything large.
#[cfg(unix)]
pub(crate) fn obey(bytes: u64) -> Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Taken once, at the start.
    TAKEN.get_or_init(|| bytes);
    aloft_data::limit_memory(bytes);
    // Whoever ends the process that was started means the work.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(std::io::Error::from)?;
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
        assert_eq!(parse_bytes("none"), Ok(u64::MAX));
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
