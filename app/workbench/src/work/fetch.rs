//! A value that takes a while: asked for, awaited, there, or failed.

use std::sync::mpsc::{Receiver, TryRecvError};

use aloft_base::{ErrorKind, Report};

/// What a worker answers.
pub type Answer<T> = Result<T, Report>;

/// A value that a worker makes. The previous value stays visible until the new one is there.
#[derive(Debug, Default)]
pub enum Fetch<T> {
    /// Nobody asked yet.
    #[default]
    Idle,
    /// A worker is at it.
    Pending {
        answer: Receiver<Answer<T>>,
        previous: Option<T>,
    },
    Ready(T),
    Failed {
        report: Report,
        previous: Option<T>,
    },
}

impl<T> Fetch<T> {
    /// The newest value there is, also while a newer one is awaited or after that failed.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Idle => None,
            Self::Pending { previous, .. } | Self::Failed { previous, .. } => previous.as_ref(),
            Self::Ready(value) => Some(value),
        }
    }

    /// Why the last attempt failed, unless another one is under way.
    pub fn report(&self) -> Option<&Report> {
        if let Self::Failed { report, .. } = self {
            Some(report)
        } else {
            None
        }
    }

    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending { .. })
    }

    /// Takes the answer if it has come. Answers whether it did, whatever it was.
    /// Called from `logic`; costs nothing while nothing is awaited.
    pub fn poll(&mut self) -> bool {
        let Self::Pending { answer, previous } = self else {
            return false;
        };
        let answer = match answer.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Disconnected) => Err(Report::new(
                ErrorKind::Internal,
                "A background task ended without an answer",
                "This is a fault of Aloft; the log of the terminal it was started from may say more. Try again.",
            )),
        };
        let previous = previous.take();
        *self = match answer {
            Ok(value) => Self::Ready(value),
            Err(report) => Self::Failed { report, previous },
        };
        true
    }

    /// Waits for this answer from now on; the value that was there stays visible.
    pub(super) fn await_answer(&mut self, answer: Receiver<Answer<T>>) {
        let previous = match std::mem::take(self) {
            Self::Idle => None,
            Self::Pending { previous, .. } | Self::Failed { previous, .. } => previous,
            Self::Ready(value) => Some(value),
        };
        *self = Self::Pending { answer, previous };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn the_previous_value_stays_while_a_new_one_is_awaited_and_after_a_failure() {
        let mut fetch = Fetch::Ready(1);
        let (sender, answer) = sync_channel(1);
        fetch.await_answer(answer);
        assert!(fetch.is_pending() && !fetch.poll());
        assert_eq!(fetch.value(), Some(&1));
        sender
            .send(Err(Report::new(ErrorKind::Unavailable, "busy", "")))
            .unwrap();
        assert!(fetch.poll());
        assert_eq!(fetch.value(), Some(&1));
        assert_eq!(fetch.report().unwrap().message, "busy");
    }

    #[test]
    fn a_worker_that_dies_is_a_failure_and_not_an_endless_wait() {
        let mut fetch: Fetch<u8> = Fetch::Idle;
        let (sender, answer) = sync_channel(1);
        fetch.await_answer(answer);
        drop(sender);
        assert!(fetch.poll());
        assert_eq!(fetch.report().unwrap().kind, ErrorKind::Internal);
    }
}
