//! Text files as polars reads them: through this crate's reader, so that a query sees the
//! rows, types and missing values that the grid shows.

use std::any::Any;
use std::sync::Arc;

use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, Column, DataFrame, Field, IntoLazy, LazyFrame, PolarsError, PolarsResult,
    ScanArgsAnonymous, Schema, SchemaRef,
};

use super::ScanProgress;
use crate::batch::Opened;
use crate::error::{DataError, Result};
use crate::table;

/// A text file whose types are decided.
struct TextScan {
    opened: Opened,
    schema: SchemaRef,
    progress: ScanProgress,
}

/// The columns of a text as polars has them.
pub(super) fn schema_of(opened: &Opened) -> SchemaRef {
    let fields = opened
        .schema
        .iter()
        .map(|column| Field::new(column.name.as_str().into(), table::data_type(column.kind)));
    Arc::new(fields.collect::<Schema>())
}

/// A lazy frame over a text file.
pub(super) fn lazy(opened: Opened, schema: SchemaRef, progress: &ScanProgress) -> Result<LazyFrame> {
    let options = ScanArgsAnonymous {
        schema: Some(schema.clone()),
        name: "TEXT SCAN",
        ..ScanArgsAnonymous::default()
    };
    let scan = TextScan {
        opened,
        schema,
        progress: progress.clone(),
    };
    LazyFrame::anonymous_scan(Arc::new(scan), options).map_err(DataError::frame("plan the reading of a file"))
}

impl AnonymousScan for TextScan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, wanted: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        self.read(&wanted).map_err(passed_through)
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}

impl TextScan {
    /// Reads the columns that are wanted, in the order of the file, and of the rows those
    /// that the predicate keeps, batch by batch.
    fn read(&self, wanted: &AnonymousScanArgs) -> Result<DataFrame> {
        let mut positions: Vec<usize> = match &wanted.with_columns {
            None => (0..self.schema.len()).collect(),
            Some(names) => names
                .iter()
                .map(|name| self.opened.position(name))
                .collect::<Result<_>>()?,
        };
        positions.sort_unstable();
        if positions.is_empty() {
            // Rows are all that is wanted, as for their number.
            return Ok(DataFrame::empty_with_height(self.opened.survey.rows as usize));
        }
        let most = wanted.n_rows.unwrap_or(usize::MAX);
        let mut gathered: Option<DataFrame> = None;
        let ended = self.opened.batches(&positions, &mut |batch| {
            self.progress.set(batch.fraction);
            let rows = batch.columns.first().map_or(0, |series| series.len());
            let columns: Vec<Column> = batch.columns.into_iter().map(Column::from).collect();
            let action = "gather the rows of a query";
            let mut frame = DataFrame::new(rows, columns).map_err(DataError::frame(action))?;
            if let Some(predicate) = &wanted.predicate {
                let filtered = frame.lazy().filter(predicate.clone()).collect();
                frame = filtered.map_err(DataError::frame("filter the rows"))?;
            }
            match &mut gathered {
                None => gathered = Some(frame),
                Some(gathered) => drop(gathered.vstack_mut_owned(frame).map_err(DataError::frame(action))?),
            }
            if gathered.as_ref().is_some_and(|frame| frame.height() >= most) {
                return Err(DataError::Stopped);
            }
            Ok(())
        });
        match ended {
            Ok(()) => {}
            // As many rows as are wanted.
            Err(DataError::Stopped) if gathered.as_ref().is_some_and(|frame| frame.height() >= most) => {}
            Err(error) => return Err(error),
        }
        let frame = gathered.unwrap_or_else(|| {
            let fields = positions.iter().filter_map(|at| self.schema.get_at_index(*at));
            let fields = fields.map(|(name, kind)| Field::new(name.clone(), kind.clone()));
            DataFrame::empty_with_schema(&fields.collect::<Schema>())
        });
        let frame = if frame.height() > most {
            frame.head(Some(most))
        } else {
            frame
        };
        match &wanted.with_columns {
            Some(names) => frame.select(names.iter().cloned()),
            None => Ok(frame),
        }
        .map_err(DataError::frame("order the columns of a query"))
    }
}

/// An error of ours on its way through polars; [`reading_error`] finds it again.
fn passed_through(error: DataError) -> PolarsError {
    PolarsError::IO {
        error: Arc::new(std::io::Error::other(error)),
        msg: None,
    }
}

/// The error of ours that a query ended with, if it was one.
pub(crate) fn reading_error(error: &PolarsError) -> Option<String> {
    match error {
        PolarsError::IO { error, .. } => error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<DataError>())
            .map(ToString::to_string),
        PolarsError::Context { error, .. } => reading_error(error),
        _ => None,
    }
}
