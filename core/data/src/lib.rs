//! Tables: find out what a file is, page through it, profile it, split it and prepare
//! it for training.
//!
//! Text formats (CSV, TSV, JSON Lines) are read by this crate itself, so that the grid,
//! the profile and the training see the very same rows, types and missing values.
//! Parquet and Arrow IPC are read by polars. Only this crate names polars.

mod accumulate;
mod batch;
mod cells;
mod columnar;
mod columnar_page;
mod count;
mod detect;
mod encoding;
mod error;
mod fields;
mod finding;
mod fingerprint;
mod frame;
mod header;
mod index;
mod infer;
mod json;
mod keep;
mod number;
mod page;
mod parallel;
mod prepare;
mod preview;
mod profile;
mod query;
mod reading;
mod recipe_rows;
mod records;
mod relation;
mod remote;
mod repeats;
mod row_log;
mod schema;
mod sketch;
mod source;
mod split;
mod stamp;
mod step;
mod survey;
mod table;
mod target;
mod temporal;
mod text;
mod text_page;
mod unpack;
mod values;
mod write;

pub use aloft_base::remote::{Remote, is_url};
pub use detect::{Detected, detect};
pub use error::{DataError, Result};
pub use finding::{Correlations, Evidence, Finding, FindingKind, Fix, Found, Severity, find, keep_found, kept_found};
pub use fingerprint::{fingerprint, source_fingerprint};
pub use frame::{Cached, limit_memory, make_ready};
pub use index::{IndexProgress, IndexSummary, build_index};
pub use keep::tidy_cache;
pub use page::{Cell, Page, Pages};
pub use prepare::{
    Categories, FeatureInfo, FeatureKind, FieldError, Impute, Matrix, Oddities, Preparation, PrepareSpec, RowBatch,
    RowEncoder, RowValue, Scale,
};
pub use preview::{
    BinaryPreview, ColumnStatistics, Content, FileRange, HeadColumn, ImageFormat, ImagePreview, Preview, ReadRange,
    RowGroup, TablePreview, Tensor, TensorsPreview, TextPreview, preview,
};
pub use profile::{
    Approximate, Calendar, CalendarUnit, ColumnProfile, Histogram, Profile, ProfileEvent, Quantiles, Scalar,
    TextFigures, TopValue, profile,
};
pub use query::{
    Answer, AnswerRows, Ask, NamedSource, Output, Query, QueryOrder, QueryProgress, SplitQuestion, answer,
    answer_source, plan, quoted, read_rows, table_names,
};
pub use reading::{Reading, ReadingSample, reading, sample_reading};
pub use recipe_rows::{RecipeRows, RowsOrder, RowsPlace};
pub use relation::{
    Anova, ChiSquared, Correlation, LeftOut, Relation, Relations, Strength, Test, kept_relations, relate,
};
pub use remote::{BringProgress, detect_anywhere, examine, open_remote, unopened};
pub use repeats::Repeats;
pub use row_log::{LOG_COLUMNS, Logged, RowLog};
pub use schema::{Column, ColumnType, Schema};
pub use source::{CsvOptions, Encoding, Format, Source};
pub use split::report::{DangerKind, DangerLevel, PartReport, SplitDanger, SplitReport, Suspects, split_report};
pub use split::{Split, SplitMethod, SplitSpec, split};
pub use step::{
    Aggregate, Binning, Bound, Condition, Filling, FindTable, FittedSteps, Function, JoinHow, JoinKey, Keep, Limits,
    Literal, SampleSize, SortKey, Stages, Step, StepEntry, StepRefusal, UnfoldField, condition_of_sql, prepare,
    schema_after, to_python,
};
pub use table::Table;
pub use target::{TargetColumn, TargetEncoder, TargetValues, Task};
pub use temporal::DateOrder;
pub use write::{Beside, BesideProgress, BesideSummary, OutputColumn, OutputValues, write_beside};

#[cfg(test)]
mod tests;

/// The answer of a callback: go on, or stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Continue,
    Stop,
}

impl Flow {
    /// Turns [`Flow::Stop`] into [`DataError::Stopped`].
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Continue => Ok(()),
            Self::Stop => Err(DataError::Stopped),
        }
    }
}
