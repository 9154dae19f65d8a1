//! `aloft`: everything the window can do, headless, and the process that runs jobs.
//!
//! Exit codes: 0 done, 1 failed, 2 bad usage or input, 130 stopped.

mod arguments;
mod context;
mod failure;
mod limit;
mod output;
mod prompt;
mod signal;
mod table;
mod text;
mod verb;
mod work;

use std::process::ExitCode;

use clap::Parser;

use aloft_base::secret;
use arguments::{Arguments, JobVerb, Verb};
use output::Output;

/// Many small tensors are made and dropped in training, which this allocator does quicker.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    failure::catch_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(output::usage(&error, arguments::wants_json())),
    };
    if arguments.verb.computes() {
        settle_threads();
    }
    let mut output = Output::new(arguments.json);
    if matches!(
        &arguments.verb,
        Verb::Job {
            verb: JobVerb::Run { .. }
        }
    ) {
        aloft_base::launch::detach();
    }
    let ended = failure::guarded(|| {
        if let Some(bytes) = limit::wanted(&arguments)? {
            return limit::supervise(bytes, &arguments, &mut output);
        }
        arguments.limited_to.map_or(Ok(()), limit::obey)?;
        if arguments.secrets_from_stdin {
            secret::take_over(&mut std::io::stdin().lock())?;
        }
        verb::perform(&arguments, &mut output)
    });
    let code = ended.unwrap_or_else(|error| {
        let report = failure::report_of(&error);
        output.failure(&report);
        failure::exit_code(report.kind)
    });
    ExitCode::from(code)
}

/// Starts this program anew with the number of threads in its environment, which the
/// numeric libraries read there and a running process cannot safely set.
#[cfg(unix)]
fn settle_threads() {
    use std::os::unix::process::CommandExt;

    let Some((name, value)) = aloft_train::thread_environment() else {
        return;
    };
    if let Ok(program) = std::env::current_exe() {
        // Comes back only when it cannot be done; then the work is the same, but slower.
        let _cannot = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(name, value)
            .exec();
    }
}

#[cfg(not(unix))]
fn settle_threads() {}
