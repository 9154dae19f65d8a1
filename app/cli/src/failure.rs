//! From any error to what a person is told, and to the exit code.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, PoisonError};

use aloft_base::secret::SecretError;
use aloft_base::{Error, ErrorKind, Report};
use aloft_cloud::CloudError;
use aloft_data::DataError;
use aloft_serve::ServeError;
use aloft_train::{RecipeError, TrainError};
use anyhow::Result;

use crate::limit;

/// An error that is already in the words a person is told.
#[derive(Debug)]
struct Refusal(Report);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}

/// Fails with a report.
pub(crate) fn refuse<T>(report: Report) -> Result<T> {
    Err(Refusal(report).into())
}

/// What a person is told about an error.
pub(crate) fn report_of(error: &anyhow::Error) -> Report {
    limit::explained(told(error))
}

fn told(error: &anyhow::Error) -> Report {
    if let Some(Refusal(report)) = error.downcast_ref() {
        return report.clone();
    }
    if let Some(error) = error.downcast_ref::<TrainError>() {
        return Report::of(error);
    }
    if let Some(error) = error.downcast_ref::<ServeError>() {
        return Report::of(error);
    }
    if let Some(error) = error.downcast_ref::<SecretError>() {
        return Report::of(error);
    }
    if let Some(error) = error.downcast_ref::<CloudError>() {
        return Report::of(error);
    }
    if let Some(error) = error.downcast_ref::<DataError>() {
        return Report::of(error);
    }
    if let Some(error) = error.downcast_ref::<RecipeError>() {
        return Report::of(error);
    }
    if let Some(error) = error.downcast_ref::<Error>() {
        return Report::of(error);
    }
    Report::new(ErrorKind::Internal, format!("{error:#}"), "")
}

/// The exit code of a failure.
pub(crate) fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Stopped => STOPPED,
        kind if kind.is_bad_input() => BAD_INPUT,
        _ => 1,
    }
}

/// The exit code of bad usage or input.
pub(crate) const BAD_INPUT: u8 = 2;
/// The exit code of work that was stopped as asked.
pub(crate) const STOPPED: u8 = 130;

/// What the last panic said and where; a panic is told as an error, never printed as it is.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Keeps what panics say for [`guarded`].
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|info| {
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(describe(info));
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no reason given");
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" ({}:{})", place.file(), place.line()));
    format!("{what}{place}")
}

/// Does some work; a panic in it becomes an error of the kind `internal`.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What the work holds is dropped or only read after a panic; the databases roll back.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let said = PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
        let said = said.or_else(|| payload.downcast_ref::<String>().cloned());
        let said = said.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        refuse(Report::new(
            ErrorKind::Internal,
            format!(
                "Aloft has a fault: {}",
                said.unwrap_or_else(|| "no reason given".to_owned())
            ),
            "Nothing that was saved is lost. Please report this, with the words above.",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error_with_its_words() {
        let report = report_of(&guarded::<()>(|| panic!("row {} is odd", 7)).unwrap_err());
        assert_eq!(report.kind, ErrorKind::Internal);
        assert!(report.message.contains("row 7 is odd"), "{report}");
        assert_eq!(exit_code(report.kind), 1);
    }

    #[test]
    fn every_error_of_the_house_keeps_its_kind_and_its_code() {
        let errors: [(anyhow::Error, ErrorKind, u8); 4] = [
            (
                DataError::NoFile { path: "a.csv".into() }.into(),
                ErrorKind::NotFound,
                2,
            ),
            (TrainError::Stopped { step: 3 }.into(), ErrorKind::Stopped, 130),
            (
                RecipeError::Newer { found: 9, known: 1 }.into(),
                ErrorKind::Unsupported,
                2,
            ),
            (
                Error::Missing {
                    what: "run",
                    id: "r1".into(),
                }
                .into(),
                ErrorKind::NotFound,
                2,
            ),
        ];
        for (error, kind, code) in errors {
            assert_eq!((report_of(&error).kind, exit_code(kind)), (kind, code), "{error}");
        }
        assert_eq!(exit_code(ErrorKind::NoSpace), 1);
        assert_eq!(exit_code(ErrorKind::Conflict), 1);
    }
}
