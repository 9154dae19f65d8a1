//! A version that is loaded and was checked.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aloft_base::time::now_ms;
use aloft_data::RowBatch;
use aloft_train::{Example, ModelSignature, Predictor};
use axum::http::HeaderValue;

use super::columns::Columns;
use super::gather::Gather;
use super::metrics::{Counts, Metrics};
use super::reply::Writer;
use crate::error::ServeError;

/// So many batches are kept for the next requests; each is as large as its largest request was.
const SPARE: usize = 32;
/// Batches with more rows than this are given back to the system.
const SPARE_ROWS: usize = 4096;

/// A version that answers.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) number: u32,
    pub(super) predictor: Arc<Predictor>,
    /// Predicts small requests together, where the model is large.
    pub(super) gather: Option<Gather>,
    pub(super) columns: Columns,
    pub(super) writer: Writer,
    pub(super) counts: Arc<Counts>,
    pub(super) example: Example,
    /// The number as it stands in `x-aloft-version`.
    pub(super) header: HeaderValue,
    pub(super) since_ms: i64,
    spare: Mutex<Vec<RowBatch>>,
}

impl Loaded {
    /// Loads the version in a folder: its files must be what was registered, and it must
    /// answer its example as it did then. `digest` names what was registered, where that is known.
    pub(super) fn load(
        folder: &Path,
        model: &str,
        number: u32,
        digest: Option<&str>,
        metrics: &Metrics,
    ) -> Result<Self, ServeError> {
        let found = aloft_train::verify(folder)?;
        if digest.is_some_and(|digest| digest != found) {
            return Err(ServeError::Replaced {
                model: format!("{model}:{number}"),
            });
        }
        let predictor = Arc::new(Predictor::load(folder)?);
        let example = aloft_train::example(folder)?;
        aloft_train::check_example(&predictor, &example).map_err(|why| ServeError::Example {
            model: format!("{model}:{number}"),
            why,
        })?;
        let gather = Gather::for_large(&predictor).map_err(|source| ServeError::Start {
            action: "start a thread to predict",
            source,
        })?;
        let signature = predictor.signature();
        Ok(Self {
            number,
            gather,
            columns: Columns::of(signature),
            writer: Writer::new(signature, model, number),
            counts: metrics.version(number),
            example,
            header: HeaderValue::from(number),
            since_ms: now_ms(),
            spare: Mutex::new(vec![]),
            predictor,
        })
    }

    pub(super) fn signature(&self) -> &ModelSignature {
        self.predictor.signature()
    }

    /// A row to show how it is asked.
    pub(super) fn sample(&self) -> &[serde_json::Map<String, serde_json::Value>] {
        &self.example.rows[..self.example.rows.len().min(1)]
    }

    /// An empty batch.
    pub(super) fn take_batch(&self) -> RowBatch {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| self.predictor.rows())
    }

    /// Gives a batch back for the next request.
    pub(super) fn give_batch(&self, mut batch: RowBatch) {
        if batch.rows() > SPARE_ROWS {
            return;
        }
        batch.clear();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE {
            spare.push(batch);
        }
    }
}
