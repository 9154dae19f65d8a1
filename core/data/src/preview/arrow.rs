//! The first rows of Arrow IPC files.

use polars::prelude::{IpcReader, PolarsResult, SerReader};

use super::range::{Counted, Cursor};
use super::{COLUMNS, HeadColumn, ROWS, TablePreview};
use crate::cells;
use crate::columnar;
use crate::schema::Column;
use crate::source::Format;

pub(super) fn preview(source: &mut Counted<'_>) -> PolarsResult<TablePreview> {
    columnar::guard(|| {
        let schema = IpcReader::new(Cursor::new(source)).schema()?;
        let schema: Vec<Column> = schema
            .iter_values()
            .map(|field| Column {
                name: field.name.to_string(),
                kind: columnar::kind_of(&polars::prelude::DataType::from_arrow_field(field)),
            })
            .collect();
        let shown: Vec<usize> = (0..schema.len().min(COLUMNS)).collect();
        let frame = IpcReader::new(Cursor::new(source))
            .with_projection(Some(shown))
            .with_n_rows(Some(ROWS))
            .finish();
        // A record batch that is too large still leaves the columns.
        let columns = frame.map_or_else(|_| vec![], polars::prelude::DataFrame::into_columns);
        let mut head = Vec::with_capacity(columns.len());
        for (column, values) in columns.into_iter().enumerate() {
            let Ok(series) = columnar::plain(values.take_materialized_series()) else {
                continue;
            };
            let cells = (0..series.len().min(ROWS))
                .map(|row| cells::cell(&series, row).cut())
                .collect();
            head.push(HeadColumn { column, cells });
        }
        Ok(TablePreview {
            format: Format::ArrowIpc,
            schema,
            rows: None,
            head,
            row_groups: vec![],
            statistics: vec![],
            written_by: String::new(),
        })
    })
}
