//! Work on several threads whose results come back in order.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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

/// How many batches [`by_column`] holds at once: enough that no column waits for another.
const BATCHES: usize = 4;

/// What [`by_column`] knows.
struct Crew<B, C> {
    /// `None` while a thread works on the column; and the number of its next batch.
    columns: Vec<(Option<C>, u64)>,
    /// Columns that have a batch before them and no thread.
    ready: VecDeque<usize>,
    /// Batches that some column has not seen, with how many columns have not.
    batches: VecDeque<(Arc<B>, usize)>,
    /// The number of the first of them.
    first: u64,
    is_closed: bool,
    ended: Option<Answer<()>>,
}

/// Gives every batch that `feed` sends to every column. Each column gets them in order and
/// one at a time, so that what it becomes does not depend on the number of threads, and
/// different columns are served at once. `feed` runs on the calling thread, and waits in its
/// sending when it is too far ahead. The first error ends it all.
pub(crate) fn by_column<B: Send + Sync, C: Send>(
    columns: Vec<C>,
    take: impl Fn(usize, &mut C, &B) -> Result<()> + Sync,
    feed: impl FnOnce(&mut dyn FnMut(B) -> Result<()>) -> Result<()>,
) -> Result<Vec<C>> {
    let workers = std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(columns.len().max(1));
    let crew = Mutex::new(Crew {
        columns: columns.into_iter().map(|column| (Some(column), 0)).collect(),
        ready: VecDeque::new(),
        batches: VecDeque::new(),
        first: 0,
        is_closed: false,
        ended: None,
    });
    let (work, room) = (Condvar::new(), Condvar::new());
    let fed = std::thread::scope(|scope| {
        // However this ends, the workers must end too before the scope does.
        let closing = Closing(&crew, &work);
        for number in 0..workers {
            let (crew, work, room, take) = (&crew, &work, &room, &take);
            Builder::new()
                .name(format!("column-{number}"))
                .spawn_scoped(scope, move || serve_columns(crew, work, room, take))
                .map_err(|source| DataError::Io {
                    action: "start a thread to count",
                    path: ".".into(),
                    source,
                })?;
        }
        let fed = feed(&mut |batch| {
            let mut crew = locked(&crew);
            while crew.batches.len() >= BATCHES && crew.ended.is_none() {
                crew = room.wait(crew).unwrap_or_else(PoisonError::into_inner);
            }
            if crew.ended.is_some() {
                return Err(DataError::Stopped);
            }
            crew.send(batch);
            work.notify_all();
            Ok(())
        });
        if fed.is_err() {
            locked(&crew).ended.get_or_insert(Ok(Ok(())));
        }
        drop(closing);
        fed
    });
    let crew = crew.into_inner().unwrap_or_else(PoisonError::into_inner);
    match crew.ended {
        Some(Err(panic)) => resume_unwind(panic),
        Some(Ok(Err(error))) => return Err(error),
        _ => fed?,
    }
    Ok(crew.columns.into_iter().filter_map(|(column, _)| column).collect())
}

/// Says that no more batches come.
struct Closing<'c, B, C>(&'c Mutex<Crew<B, C>>, &'c Condvar);

impl<B, C> Drop for Closing<'_, B, C> {
    fn drop(&mut self) {
        locked(self.0).is_closed = true;
        self.1.notify_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B, C> Crew<B, C> {
    fn send(&mut self, batch: B) {
        let number = self.first + self.batches.len() as u64;
        if !self.columns.is_empty() {
            self.batches.push_back((Arc::new(batch), self.columns.len()));
        }
        // Those that saw all before it; the others are ready or at work already.
        let waiting = self.columns.iter().enumerate();
        let waiting = waiting.filter(|(_, (column, next))| column.is_some() && *next == number);
        self.ready.extend(waiting.map(|(position, _)| position));
    }

    /// Notes that a column saw batches up to a number.
    fn put_back(&mut self, position: usize, column: C, seen: u64) {
        let (state, next) = &mut self.columns[position];
        *state = Some(column);
        for number in std::mem::replace(next, seen)..seen {
            self.batches[(number - self.first) as usize].1 -= 1;
        }
        if seen < self.first + self.batches.len() as u64 {
            self.ready.push_back(position);
        }
        while self.batches.front().is_some_and(|(_, left)| *left == 0) {
            self.batches.pop_front();
            self.first += 1;
        }
    }
}

fn serve_columns<B, C>(
    crew: &Mutex<Crew<B, C>>,
    work: &Condvar,
    room: &Condvar,
    take: &impl Fn(usize, &mut C, &B) -> Result<()>,
) {
    let mut guard = locked(crew);
    loop {
        if guard.ended.is_some() {
            return;
        }
        let Some(position) = guard.ready.pop_front() else {
            if guard.is_closed && guard.batches.is_empty() {
                return;
            }
            guard = work.wait(guard).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let next = guard.columns[position].1;
        let Some(mut column) = guard.columns[position].0.take() else {
            continue;
        };
        let skip = (next - guard.first) as usize;
        let batches: Vec<Arc<B>> = guard
            .batches
            .iter()
            .skip(skip)
            .map(|(batch, _)| Arc::clone(batch))
            .collect();
        drop(guard);
        let answer = catch_unwind(AssertUnwindSafe(|| {
            batches.iter().try_for_each(|batch| take(position, &mut column, batch))
        }));
        let seen = next + batches.len() as u64;
        drop(batches);
        guard = locked(crew);
        if !matches!(answer, Ok(Ok(()))) {
            guard.ended.get_or_insert(answer);
        }
        guard.put_back(position, column, seen);
        room.notify_one();
        if guard.is_closed || guard.ended.is_some() {
            work.notify_all();
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

    #[test]
    fn every_column_sees_every_batch_in_order() {
        for batches in [0, 1, 3, 200] {
            let columns: Vec<Vec<(usize, u32)>> = vec![vec![]; 7];
            let take = |position, column: &mut Vec<(usize, u32)>, batch: &u32| {
                if (batch + position as u32).is_multiple_of(31) {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                column.push((position, *batch));
                Ok(())
            };
            let done = by_column(columns, take, |send| (0..batches).try_for_each(send)).unwrap();
            assert_eq!(done.len(), 7);
            for (position, column) in done.into_iter().enumerate() {
                assert_eq!(column, (0..batches).map(|batch| (position, batch)).collect::<Vec<_>>());
            }
        }
        let none = by_column(
            Vec::<u8>::new(),
            |_, _, _: &u32| Ok(()),
            |send| (0..9).try_for_each(send),
        );
        assert!(none.unwrap().is_empty());
    }

    #[test]
    fn an_error_or_a_panic_of_a_column_or_of_the_feed_ends_it_all() {
        let fail = |_, (): &mut (), batch: &u32| if *batch == 5 { Err(DataError::Stopped) } else { Ok(()) };
        let ended = by_column(vec![(); 3], fail, |send| (0..1_000_000).try_for_each(send));
        assert!(matches!(ended, Err(DataError::Stopped)));
        let unfed = by_column(
            vec![(); 3],
            |_, (), _: &u32| Ok(()),
            |_| Err(DataError::NoRow { row: 1, rows: 0 }),
        );
        assert!(matches!(unfed, Err(DataError::NoRow { .. })));
        let caught = catch_unwind(|| {
            let panic = |_, (): &mut (), batch: &u32| if *batch == 9 { panic!("at nine") } else { Ok(()) };
            by_column(vec![(); 3], panic, |send| (0..100).try_for_each(send))
        });
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"at nine"));
    }
}
