//! `aloft`: everything the window can do, headless, and the process that runs jobs.
//!
//! Exit codes: 0 done, 1 failed, 2 bad usage or input, 130 stopped.

mod arguments;
mod context;
mod failure;
mod limit;
mod output;
mod signal;
mod table;
mod text;
mod verb;
mod work;

use std::process::ExitCode;

use clap::Parser;

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
    let mut output = Output::new(arguments.json);
    if matches!(&arguments.verb, Verb::Job { verb: JobVerb::Run { .. } }) {
        aloft_base::launch::detach();
    }
    let ended = failure::guarded(|| match arguments.memory_limit {
        Some(bytes) => limit::supervise(bytes, &arguments, &mut output),
        None => verb::perform(&arguments, &mut output),
    });
    let code = ended.unwrap_or_else(|error| {
        let report = failure::report_of(&error);
        output.failure(&report);
        failure::exit_code(report.kind)
    });
    ExitCode::from(code)
}
