//! Profiles a file from its first byte to its last figure.

use std::path::Path;

use aloft_base::text::thousands;

use super::measure::measure;
use super::speculate::{Reading, Values};
use super::{ColumnProfile, Profile, ProfileEvent};
use crate::Flow;
use crate::accumulate::Accumulator;
use crate::batch::Opened;
use crate::error::Result;
use crate::index::IndexWriter;
use crate::infer::TextType;
use crate::keep;
use crate::parallel::{by_column, in_order};
use crate::records::Blocks;
use crate::repeats::RepeatFinder;
use crate::source::{Format, Source};
use crate::stamp::Stamp;
use crate::survey::{Count, Survey};
use crate::text::TextFile;

/// How much of the work the first reading is, when it only decides the types.
const SURVEY_SHARE: f64 = 0.3;
/// How much of the work it is to make a copy that can be read.
const COPY_SHARE: f64 = 0.1;
/// How much of the work is done when all values are read once.
const FIRST_SHARE: f64 = 0.8;
/// How much of the work is done when all values are read.
const READ_SHARE: f64 = 0.9;

/// Profiles a file: decides the types over the whole of it, indexes its rows and
/// measures its columns, in one reading where that can be.
///
/// # Errors
/// [`crate::DataError::Stopped`] when `on` answers [`Flow::Stop`]; else what is wrong with the file or the cache.
pub fn profile(source: &Source, cache: &Path, on: &mut dyn FnMut(ProfileEvent<'_>) -> Flow) -> Result<Profile> {
    keep::hold_cache(cache);
    let mut teller = Teller { on };
    let is_csv = matches!(source.format, Format::Csv | Format::Tsv);
    let is_known = !is_csv || Survey::read(cache, Stamp::of_source(source)?)?.is_some();
    let mut repeats = RepeatFinder::default();
    let (opened, gathered) = if is_known {
        known(source, cache, &mut repeats, &mut teller)?
    } else {
        unknown(source, cache, &mut repeats, &mut teller)?
    };
    finish(&opened, gathered, repeats, &mut teller)
}

/// Tells how far it is.
struct Teller<'a> {
    on: &'a mut dyn FnMut(ProfileEvent<'_>) -> Flow,
}

impl Teller<'_> {
    fn rows(&mut self, rows: u64) -> Result<()> {
        (self.on)(ProfileEvent::Rows(rows)).check()
    }

    fn progress(&mut self, fraction: f64, what: &str) -> Result<()> {
        (self.on)(ProfileEvent::Progress { fraction, what }).check()
    }

    /// A reading of rows, some of all `bytes`, that takes the work from one share to another.
    fn reading(&mut self, rows: u64, shares: [f64; 2], bytes: u64, total: u64) -> Result<()> {
        if rows > 0 {
            self.rows(rows)?;
        }
        let part = (bytes as f64 / total.max(1) as f64).min(1.0);
        self.progress(shares[0] + (shares[1] - shares[0]) * part, "Reading the rows")
    }
}

/// Of a file whose types are known before its values are read, or found out first.
fn known(
    source: &Source,
    cache: &Path,
    repeats: &mut RepeatFinder,
    teller: &mut Teller<'_>,
) -> Result<(Opened, Vec<Accumulator>)> {
    let opened = Opened::new(source, cache, &mut |progress| {
        teller.reading(progress.rows, [0.0, SURVEY_SHARE], progress.bytes, progress.total_bytes)
    })?;
    teller.rows(opened.survey.rows)?;
    let all: Vec<usize> = (0..opened.schema.len()).collect();
    let gathered = measure(&opened, &all, Some(repeats), &mut |read| {
        teller.progress(
            SURVEY_SHARE + (READ_SHARE - SURVEY_SHARE) * read,
            "Measuring the columns",
        )
    })?;
    Ok((opened, gathered))
}

/// What gathers a column, or nothing once its values turned out not to be of its type.
type Guessed = Option<Accumulator>;

/// Of a CSV file that is read for the first time.
fn unknown(
    source: &Source,
    cache: &Path,
    repeats: &mut RepeatFinder,
    teller: &mut Teller<'_>,
) -> Result<(Opened, Vec<Accumulator>)> {
    let stamp = Stamp::of(&source.path)?;
    TextFile::make_copy(source, cache, &mut |bytes| {
        teller.reading(0, [0.0, COPY_SHARE], bytes, stamp.bytes)
    })?;
    let file = TextFile::open(source, cache)?;
    let begun = if file.is_copy() { COPY_SHARE } else { 0.0 };
    let mut writer = IndexWriter::create(cache, stamp)?;
    let mut blocks = Blocks::new(&file)?;
    let mut first = blocks.next()?;
    let mut guess = Count::new(&file);
    if let Some(block) = &first {
        guess.add(&file, block);
    }
    let types = guess.types();
    let reading = Reading::new(&file, types.iter().copied().enumerate().collect());
    let columns = types
        .iter()
        .map(|guess| Some(Accumulator::of_text(guess.kind, types.len())))
        .collect();
    let mut total = Count::new(&file);
    let gathered = by_column(
        columns,
        |position, column: &mut Guessed, values: &Values| {
            if let Some(accumulator) = column
                && !values.give(position, accumulator)
            {
                *column = None;
            }
            Ok(())
        },
        |send| {
            in_order(
                || first.take().map_or_else(|| blocks.next(), |first| Ok(Some(first))),
                |block| Ok(reading.read_and_count(block)),
                |(values, count)| {
                    writer.add(&values.block)?;
                    repeats.add(values.block.first_row, &values.hashes);
                    total.merge(count);
                    let end = values.end;
                    send(values)?;
                    teller.reading(total.rows, [begun, FIRST_SHARE], end, file.bytes)
                },
            )
        },
    )?;
    file.verify()?;
    writer.finish(total.rows)?;
    let survey = total.survey(&file);
    survey.keep(source, cache)?;
    teller.rows(survey.rows)?;
    let opened = Opened::of_survey(source, cache, survey)?;
    let gathered = measure_again(&opened, &types, gathered, teller)?;
    Ok((opened, gathered))
}

/// Measures the columns whose type is not what it was taken for.
fn measure_again(
    opened: &Opened,
    guessed: &[TextType],
    gathered: Vec<Guessed>,
    teller: &mut Teller<'_>,
) -> Result<Vec<Accumulator>> {
    let decided = opened.survey.columns.iter().map(|column| column.text_type);
    let of_type = |((guess, decided), column): ((&TextType, TextType), Guessed)| column.filter(|_| *guess == decided);
    let right: Vec<Guessed> = guessed.iter().zip(decided).zip(gathered).map(of_type).collect();
    let wrong: Vec<usize> = (0..right.len()).filter(|position| right[*position].is_none()).collect();
    let mut again = if wrong.is_empty() {
        vec![]
    } else {
        measure(opened, &wrong, None, &mut |read| {
            teller.progress(
                FIRST_SHARE + (READ_SHARE - FIRST_SHARE) * read,
                "Measuring columns again",
            )
        })?
    }
    .into_iter();
    Ok(right
        .into_iter()
        .filter_map(|column| column.or_else(|| again.next()))
        .collect())
}

/// Makes figures of what was gathered.
fn finish(
    opened: &Opened,
    gathered: Vec<Accumulator>,
    repeats: RepeatFinder,
    teller: &mut Teller<'_>,
) -> Result<Profile> {
    let total = gathered.len();
    let mut columns: Vec<ColumnProfile> = Vec::with_capacity(total);
    let mut warnings = opened.survey.warnings.clone();
    let mut waiting = gathered.into_iter().enumerate();
    in_order(
        || Ok(waiting.next()),
        |(position, accumulator)| Ok(accumulator.finish(&opened.schema[position])),
        |column| {
            let position = columns.len();
            warn(&column, &mut warnings);
            columns.push(column);
            let profile = &columns[position];
            let event = ProfileEvent::Column {
                position,
                total,
                profile,
            };
            (teller.on)(event).check()?;
            let fraction = READ_SHARE + (1.0 - READ_SHARE) * ((position + 1) as f64 / total as f64);
            teller.progress(fraction.min(1.0), "Measuring the columns")
        },
    )?;
    Ok(Profile {
        rows: opened.survey.rows,
        columns,
        warnings,
        repeats: Some(repeats.finish()),
        findings: vec![],
        correlations: None,
        relations: None,
    })
}

fn warn(column: &ColumnProfile, warnings: &mut Vec<String>) {
    for (count, what) in [(column.nan, "NaN"), (column.infinite, "infinite")] {
        if count > 0 {
            let values = if count == 1 { "value" } else { "values" };
            let (name, count) = (&column.name, thousands(count));
            warnings.push(format!(
                "The column '{name}' has {count} {what} {values}, which its figures leave out."
            ));
        }
    }
}
