//! The shadow: another version that is asked what the main one was asked. Nobody hears its answers;
//! how often it disagrees is counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use aloft_train::Answers;
use bytes::Bytes;

use super::loaded::Loaded;
use super::metrics::Metrics;
use super::read::{Format, read};

/// So many requests wait for the shadow; more are passed over, so that it never slows an answer.
pub(super) const QUEUE: usize = 256;
/// Numbers that differ by less than this share of their size agree.
const TOLERANCE: f32 = 1e-3;

/// A request that was answered and that the shadow is to answer too.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) shadow: Arc<Loaded>,
    pub(super) main: Arc<Loaded>,
    pub(super) format: Format,
    pub(super) body: Bytes,
    pub(super) answers: Answers,
}

/// Answers what comes until the server is gone.
pub(super) fn run(asked: &Receiver<Asked>, metrics: &Metrics) {
    while let Ok(asked) = asked.recv() {
        let agreed = agreed(&asked);
        let disagreed = asked.answers.rows - agreed;
        metrics.shadow_agreed.fetch_add(agreed as u64, Ordering::Relaxed);
        metrics.shadow_disagreed.fetch_add(disagreed as u64, Ordering::Relaxed);
    }
}

/// On how many rows the shadow agrees. On none, when it cannot read the request.
fn agreed(asked: &Asked) -> usize {
    let shadow = &asked.shadow;
    let mut batch = shadow.take_batch();
    if read(asked.format, &asked.body, &shadow.columns, &mut batch, u64::MAX).is_err() {
        shadow.give_batch(batch);
        return 0;
    }
    let answers = shadow.predictor.predict(&batch);
    shadow.give_batch(batch);
    shadow.counts.add_rows(answers.rows, aloft_data::Oddities::default());
    let (ours, theirs) = (&asked.main.signature().classes, &shadow.signature().classes);
    let main = &asked.answers;
    (0..main.rows.min(answers.rows))
        .filter(|row| match (main.predicted.get(*row), answers.predicted.get(*row)) {
            // By name: two versions may order their classes differently.
            (Some(one), Some(other)) => ours.get(*one as usize) == theirs.get(*other as usize),
            (None, None) => match (main.numbers.get(*row), answers.numbers.get(*row)) {
                (Some(one), Some(other)) => (one - other).abs() <= TOLERANCE * one.abs().max(1e-6),
                _ => false,
            },
            _ => false,
        })
        .count()
}
