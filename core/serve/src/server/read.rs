//! From a request's body to rows, whatever its format.

use super::columns::{Columns, Filler, Sink};
use super::failure::Failure;
use super::tensors::Wanted;
use super::{rows, table, tensors};

/// How the rows of a request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON by column name.
    Rows,
    /// The Open Inference Protocol.
    Tensors,
    /// CSV.
    Table,
}

/// What of a request decides how its answer is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Rows,
    Tensors(Wanted),
    Table { has_header: bool },
}

/// Gives the rows of a body to a sink. Answers the form of the request and what its caller should know.
pub(super) fn read<S: Sink>(
    format: Format,
    body: &[u8],
    columns: &Columns,
    sink: &mut S,
    limit: u64,
) -> Result<(Form, Vec<String>), Failure> {
    let mut filler = Filler::new(columns, sink, limit);
    let form = match format {
        Format::Rows => {
            rows::read(body, &mut filler)?;
            Form::Rows
        }
        Format::Tensors => Form::Tensors(tensors::read(body, &mut filler)?),
        Format::Table => {
            let has_header = table::read(body, &mut filler)?;
            Form::Table { has_header }
        }
    };
    Ok((form, filler.warnings()))
}
