//! How many requests are worked on at once, how many wait, and what the others are told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::failure::{Failure, Kind};
use super::state::Server;

/// A place to be worked on. As many requests wait as are worked on; others are told to come back.
pub(super) async fn enter(server: &Server, rest: Duration) -> Result<OwnedSemaphorePermit, Failure> {
    if let Ok(place) = Arc::clone(&server.places).try_acquire_owned() {
        return Ok(place);
    }
    let busy = || {
        Failure::new(
            Kind::Busy,
            "The endpoint is busy with as many requests as it may take",
            "Try again in a second.",
        )
    };
    let waiting = Waiting::enter(server).ok_or_else(busy)?;
    let place = tokio::time::timeout(rest, Arc::clone(&server.places).acquire_owned()).await;
    drop(waiting);
    match place {
        Ok(Ok(place)) => Ok(place),
        _ => Err(Failure::new(
            Kind::Timeout,
            "The request waited too long for others to end",
            "Try again later.",
        )),
    }
}

/// Counts a request among those that wait, also when its caller goes away.
struct Waiting<'a>(&'a Server);

impl<'a> Waiting<'a> {
    fn enter(server: &'a Server) -> Option<Self> {
        let waiting = Self(server);
        let before = server.waiting.fetch_add(1, Ordering::Relaxed);
        (before < server.limits.concurrency as usize).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
