//! Work on several threads whose results come back in order.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

use crate::error::{DataError, Result};

type Answer<R> = std::thread::Result<Result<R>>;

/// Hands what `produce` makes to `work` on as many threads as there are cores, and its
/// results to `each` in the order they were produced. `produce` and `each` run on the
/// calling thread. At most two items a thread are under way, so memory stays bounded.
/// The first error ends it all.
pub(crate) fn in_order<T: Send, R: Send>(
    mut produce: impl FnMut() -> Result<Option<T>>,
    work: impl Fn(T) -> Result<R> + Sync,
    mut each: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let limit = workers * 2;
    let (task_sender, task_receiver) = sync_channel::<(usize, T)>(limit);
    let (answer_sender, answer_receiver) = sync_channel::<(usize, Answer<R>)>(limit);
    let tasks = Mutex::new(task_receiver);
    std::thread::scope(|scope| {
        // Owned here, so that it is dropped before the scope joins the workers, however this ends.
        let task_sender = task_sender;
        for number in 0..workers {
            let (tasks, work, answers) = (&tasks, &work, answer_sender.clone());
            Builder::new()
                .name(format!("data-{number}"))
                .spawn_scoped(scope, move || serve(tasks, work, &answers))
                .map_err(|source| DataError::Io {
                    action: "start a thread to read",
                    path: ".".into(),
                    source,
                })?;
        }
        let mut early = BTreeMap::new();
        let (mut sent, mut done, mut more) = (0, 0, true);
        loop {
            while more && sent - done < limit {
                match produce()? {
                    Some(item) => {
                        if task_sender.send((sent, item)).is_err() {
                            return Ok(());
                        }
                        sent += 1;
                    }
                    None => more = false,
                }
            }
            if done == sent {
                return Ok(());
            }
            let Ok((position, answer)) = answer_receiver.recv() else {
                return Ok(());
            };
            early.insert(position, answer);
            while let Some(answer) = early.remove(&done) {
                done += 1;
                each(answer.unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic))?)?;
            }
        }
    })
}

fn serve<T, R>(
    tasks: &Mutex<Receiver<(usize, T)>>,
    work: &(impl Fn(T) -> Result<R> + Sync),
    answers: &SyncSender<(usize, Answer<R>)>,
) {
    loop {
        // The lock is held while waiting: the others have nothing to wait for meanwhile.
        let task = match tasks.lock() {
            Ok(tasks) => tasks.recv(),
            Err(_) => return,
        };
        let Ok((position, item)) = task else { return };
        // A panic must reach the calling thread, which would else wait forever.
        let answer = catch_unwind(AssertUnwindSafe(|| work(item)));
        if answers.send((position, answer)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(to: u32) -> impl FnMut() -> Result<Option<u32>> {
        let mut items = 0..to;
        move || Ok(items.next())
    }

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        let mut seen = vec![];
        let work = |item: u32| {
            if item.is_multiple_of(7) {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            Ok(item * 2)
        };
        in_order(counter(200), work, |result| {
            seen.push(result);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, (0..200).map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_anywhere_ends_it() {
        let fail_at_five = |item: u32| if item == 5 { Err(DataError::Stopped) } else { Ok(item) };
        let mut seen = 0;
        let ended = in_order(counter(1_000_000), fail_at_five, |_| {
            seen += 1;
            Ok(())
        });
        assert!(matches!(ended, Err(DataError::Stopped)));
        assert_eq!(seen, 5);
        let ended = in_order(counter(1_000_000), Ok, |item| {
            if item == 3 { Err(DataError::Stopped) } else { Ok(()) }
        });
        assert!(matches!(ended, Err(DataError::Stopped)));
        let ended = in_order(|| Err::<Option<u32>, _>(DataError::Stopped), Ok, |_| Ok(()));
        assert!(matches!(ended, Err(DataError::Stopped)));
    }

    #[test]
    fn a_panic_in_the_work_reaches_the_caller() {
        let caught = catch_unwind(|| {
            in_order(
                counter(100),
                |item| if item == 50 { panic!("at fifty") } else { Ok(item) },
                |_| Ok(()),
            )
        });
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"at fifty"));
    }
}
