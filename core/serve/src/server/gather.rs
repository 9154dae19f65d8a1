//! Small requests that are there at the same time are predicted together, where a model is so
//! large that reading its weights is most of the work.
//!
//! Nobody waits for others to come: a thread takes what is there, and what comes meanwhile is
//! the next batch. So a lone request is answered at once, and a crowd reads the weights once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use aloft_data::RowBatch;
use aloft_train::{Answers, Predictor};
use tokio::sync::oneshot;

use super::failure::{Failure, Kind};

/// With fewer parameters than this a row costs less than handing it over.
const LARGE: usize = 1_000_000;
/// So many rows are predicted together at most.
const MOST_ROWS: usize = 256;
/// So many requests may wait to be taken.
const QUEUE: usize = 4096;

/// A request's rows, and where their answers go.
type Waiting = (RowBatch, oneshot::Sender<(RowBatch, Answers)>);

/// Predicts the rows of several requests together. Its threads end when it is dropped.
#[derive(Debug)]
pub(super) struct Gather {
    queue: SyncSender<Waiting>,
}

impl Gather {
    /// One for a large model; a small one is quicker without.
    pub(super) fn for_large(predictor: &Arc<Predictor>) -> std::io::Result<Option<Self>> {
        (predictor.parameters() >= LARGE)
            .then(|| Self::start(predictor))
            .transpose()
    }

    fn start(predictor: &Arc<Predictor>) -> std::io::Result<Self> {
        let (queue, waiting) = sync_channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for number in 0..threads {
            let (predictor, waiting) = (Arc::clone(predictor), Arc::clone(&waiting));
            std::thread::Builder::new()
                .name(format!("predict-{number}"))
                .spawn(move || run(&predictor, &waiting))?;
        }
        Ok(Self { queue })
    }

    /// Predicts the rows of a request, perhaps together with those of others.
    pub(super) async fn predict(&self, rows: RowBatch) -> Result<(RowBatch, Answers), Failure> {
        let (tell, told) = oneshot::channel();
        match self.queue.try_send((rows, tell)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                return Err(Failure::new(
                    Kind::Busy,
                    "The endpoint is busy with as many requests as it may take",
                    "Try again in a second.",
                ));
            }
            Err(TrySendError::Disconnected(_)) => return Err(super::answer::internal()),
        }
        // Whoever had them is gone only after a panic, which is told as a fault.
        told.await.map_err(|_gone| super::answer::internal())
    }
}

fn run(predictor: &Predictor, waiting: &Mutex<Receiver<Waiting>>) {
    while let Some(taken) = take(waiting) {
        // A panic loses the requests of this batch, which are told so, and no others.
        drop(catch_unwind(AssertUnwindSafe(|| answer(predictor, taken))));
    }
}

/// Waits for a request and takes those that are there with it; `None` when there will be no more.
fn take(waiting: &Mutex<Receiver<Waiting>>) -> Option<Vec<Waiting>> {
    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let mut taken = vec![waiting.recv().ok()?];
    let mut rows = taken[0].0.rows();
    while rows < MOST_ROWS
        && let Ok(next) = waiting.try_recv()
    {
        rows += next.0.rows();
        taken.push(next);
    }
    Some(taken)
}

fn answer(predictor: &Predictor, taken: Vec<Waiting>) {
    let mut all = predictor.rows();
    for (rows, _) in &taken {
        all.append(rows);
    }
    let answers = predictor.predict(&all);
    let mut first = 0;
    for (rows, tell) in taken {
        let next = first + rows.rows();
        // A caller that went away wants no answer.
        drop(tell.send((rows, answers.slice(first..next))));
        first = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::rig::model;
    use aloft_data::RowValue;

    #[test]
    fn requests_of_a_crowd_get_the_answers_they_get_alone() {
        let predictor = Arc::new(Predictor::load(&model("first")).unwrap());
        assert!(Gather::for_large(&predictor).unwrap().is_none(), "it is small");
        let gather = Arc::new(Gather::start(&predictor).unwrap());
        let length = predictor.feature("length").unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let tasks: Vec<_> = (0..400_u32)
            .map(|number| {
                let (predictor, gather) = (Arc::clone(&predictor), Arc::clone(&gather));
                runtime.spawn(async move {
                    let mut rows = predictor.rows();
                    for row in 0..=number % 3 {
                        rows.begin_row();
                        rows.set(length, RowValue::Number(f64::from(number + row) / 50.0))
                            .unwrap();
                        rows.end_row();
                    }
                    let alone = predictor.predict(&rows);
                    let (rows, together) = gather.predict(rows).await.unwrap_or_else(|_| panic!("no answer"));
                    assert_eq!((rows.rows(), together), (alone.rows, alone));
                })
            })
            .collect();
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
    }
}
