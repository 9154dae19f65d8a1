//! Reads what is in an object, on a thread of its own that ends when nobody waits any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};

use aloft_base::connection::Connection;
use aloft_base::{ErrorKind, Report};
use aloft_cloud::RangeReader;
use aloft_data::Content;

use super::Subject;
use crate::widget::{Picture, decode_picture};
use crate::work::{Answer, Work};

/// What was read, made ready to be drawn.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) preview: aloft_data::Preview,
    pub(super) picture: Option<Picture>,
}

/// A preview that is being read. Dropping it ends the reading, also while a server is waited for.
#[derive(Debug)]
pub(super) struct Reading {
    answer: Receiver<Answer<Found>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Reading {
    /// Begins. `turn` lets one object be looked into at a time: whoever waits for it ends when it is
    /// not wanted any more. Nothing while the workers are busy; the caller asks again.
    pub(super) fn start(
        work: &Work,
        connection: &Connection,
        subject: &Subject,
        turn: &Arc<Mutex<()>>,
    ) -> Option<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (subject, turn, stopped) = (subject.clone(), Arc::clone(turn), Arc::clone(&stop));
        let answer = work.stream_remote(connection, 1, move |session, storage, sink| {
            let _mine = turn.lock().unwrap_or_else(PoisonError::into_inner);
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let found = storage.and_then(|storage| {
                let Subject { at, bytes, etag, .. } = subject;
                let name = at.key.clone();
                let reader = RangeReader::new(Arc::clone(session), storage, at, bytes, etag);
                look(&name, &mut reader.stopped_by(stopped))
            });
            // Nobody waits any more when something else was chosen.
            sink.send(found);
        })?;
        Some(Self { answer, stop })
    }

    /// What came, if it has come.
    pub(super) fn poll(&self) -> Option<Answer<Found>> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Report::new(
                ErrorKind::Internal,
                "Looking into this object ended without an answer",
                "This is a fault of Aloft; the terminal it was started from may say more. Try again.",
            ))),
        }
    }
}

fn look(name: &str, reader: &mut RangeReader) -> Answer<Found> {
    let mut preview = aloft_data::preview(name, reader).map_err(|error| Report::of(&error))?;
    let picture = match &mut preview.content {
        Content::Image(image) if !image.bytes.is_empty() => {
            // The pixels take its place.
            let bytes = std::mem::take(&mut image.bytes);
            match decode_picture(&bytes) {
                Ok(picture) => Some(picture),
                Err(why) => {
                    preview.notes.push(why);
                    None
                }
            }
        }
        _ => None,
    };
    Ok(Found { preview, picture })
}
