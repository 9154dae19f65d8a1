//! How many requests are made at once: more while that helps, half when the server complains.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// The server is taken to complain once in this time, however many requests say so.
const COMPLAINT: Duration = Duration::from_secs(1);

/// A gate that lets so many through at once.
#[derive(Debug)]
pub(super) struct Gate {
    free: Semaphore,
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// How many of those inside leave for good when they leave.
    surplus: usize,
    /// Work a second when it was last looked at.
    before: f64,
    /// Looks since the limit was raised.
    calm: u32,
    complained: Option<Instant>,
}

/// The right to make one request; dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct Pass(Arc<Gate>);

impl Gate {
    /// A gate that begins at `first` and goes up to `most`.
    pub(super) fn new(first: usize, most: usize) -> Arc<Self> {
        let most = most.clamp(1, 256);
        let first = first.clamp(1, most);
        Arc::new(Self {
            free: Semaphore::new(first),
            most,
            state: Mutex::new(State {
                limit: first,
                surplus: 0,
                before: 0.0,
                calm: 0,
                complained: None,
            }),
        })
    }

    /// Waits for a place.
    pub(super) async fn pass(self: &Arc<Self>) -> Pass {
        // The semaphore is never closed, so that a failure cannot be.
        if let Ok(permit) = self.free.acquire().await {
            permit.forget();
        }
        Pass(Arc::clone(self))
    }

    pub(super) fn limit(&self) -> usize {
        self.state().limit
    }

    /// Looks at how much was done a second since the last look, and moves the limit. Nothing is
    /// learnt while places are free.
    pub(super) fn look(&self, per_sec: f64) {
        let busy = self.free.available_permits() == 0;
        let mut state = self.state();
        let before = std::mem::replace(&mut state.before, per_sec);
        if !busy {
            return;
        }
        state.calm += 1;
        let step = (state.limit / 4).max(1);
        // Growing is tried again now and then, because what slowed it may have passed.
        if per_sec > before * 1.05 || state.calm >= 8 {
            state.calm = 0;
            let limit = state.limit + step;
            self.set(&mut state, limit);
        } else if per_sec < before * 0.7 {
            let limit = state.limit.saturating_sub(step);
            self.set(&mut state, limit);
        }
    }

    /// The server asked to slow down, or did not answer in time.
    pub(super) fn slow_down(&self) {
        let mut state = self.state();
        if state.complained.is_some_and(|at| at.elapsed() < COMPLAINT) {
            return;
        }
        state.complained = Some(Instant::now());
        state.calm = 0;
        let half = state.limit / 2;
        self.set(&mut state, half);
    }

    fn set(&self, state: &mut State, limit: usize) {
        let limit = limit.clamp(1, self.most);
        if limit >= state.limit {
            let mut more = limit - state.limit;
            let kept = more.min(state.surplus);
            state.surplus -= kept;
            more -= kept;
            self.free.add_permits(more);
        } else {
            let fewer = state.limit - limit;
            state.surplus += fewer - self.free.forget_permits(fewer);
        }
        state.limit = limit;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.surplus > 0 {
            state.surplus -= 1;
        } else {
            self.0.free.add_permits(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every free place.
    fn fill(gate: &Arc<Gate>) -> Vec<Pass> {
        let mut passes = Vec::new();
        while let Ok(permit) = gate.free.try_acquire() {
            permit.forget();
            passes.push(Pass(Arc::clone(gate)));
        }
        passes
    }

    #[test]
    fn the_limit_grows_while_that_helps_and_has_an_end() {
        let gate = Gate::new(4, 16);
        let mut inside = fill(&gate);
        for look in 1..20 {
            gate.look(f64::from(look) * 100.0);
            inside.extend(fill(&gate));
        }
        assert_eq!((gate.limit(), inside.len()), (16, 16));
    }

    #[test]
    fn nothing_is_learnt_while_places_are_free() {
        let gate = Gate::new(4, 16);
        for look in 1..20 {
            gate.look(f64::from(look) * 100.0);
        }
        assert_eq!(gate.limit(), 4);
    }

    #[test]
    fn a_complaint_halves_it_once_and_those_inside_leave_for_good() {
        let gate = Gate::new(8, 16);
        let inside = fill(&gate);
        gate.slow_down();
        gate.slow_down();
        assert_eq!(gate.limit(), 4);
        drop(inside);
        assert_eq!(fill(&gate).len(), 4);
    }

    #[test]
    fn what_was_given_back_is_given_out_again() {
        let gate = Gate::new(8, 16);
        let inside = fill(&gate);
        gate.slow_down();
        gate.set(&mut gate.state(), 10);
        drop(inside);
        assert_eq!(fill(&gate).len(), 10);
    }
}
