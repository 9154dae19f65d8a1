//! The job that moves data between this machine and buckets.

use aloft_base::job::Claim;
use aloft_base::{ErrorKind, Report};
use anyhow::Result;

use crate::context::Context;
use crate::failure::refuse;

pub(super) fn perform(_context: &mut Context<'_>, _claim: &Claim) -> Result<()> {
    refuse(Report::new(ErrorKind::Unsupported, "Transfers are not built yet", ""))
}
