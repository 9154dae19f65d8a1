//! `aloft query`, `aloft prepare` and `aloft export`: each is a job whose answer is a file.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use aloft_base::job::{self, Kind};
use aloft_base::{ErrorKind, Report};
use aloft_data::{
    Answer, AnswerRows, Ask, Cached, Flow, NamedSource, Output, Query as Question, QueryOrder, StepEntry,
    answer_source, is_url, read_rows, table_names, to_python,
};
use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arguments::query::{Export, Prepare, Query};
use crate::context::{Context, absolute};
use crate::failure::refuse;
use crate::table::{Align, Table};
use crate::text::count;
use crate::work;

/// How many rows of an answer a person is shown.
const ROWS_IN_WORDS: u64 = 100;

pub(super) fn query(context: &mut Context<'_>, wanted: &Query) -> Result<u8> {
    let mut tables = Vec::with_capacity(wanted.files.len());
    for (name, file) in table_names(&wanted.files).into_iter().zip(&wanted.files) {
        let source = context.open_file(file, wanted.connection.as_deref())?.0.source;
        tables.push(NamedSource { name, source });
    }
    if wanted.plan {
        return plan(context, &wanted.sql, tables);
    }
    let order = order(tables, Ask::Sql(wanted.sql.clone()));
    answer(context, order, wanted.out.as_deref(), wanted.connection.as_deref())
}

fn plan(context: &mut Context<'_>, sql: &str, tables: Vec<NamedSource>) -> Result<u8> {
    let workspace = &context.workspace;
    let cached = |named: NamedSource| -> Result<(String, Cached)> {
        let cache = workspace.dataset_cache(&named.source.key()?);
        Ok((
            named.name,
            Cached {
                source: named.source,
                cache,
            },
        ))
    };
    let question = Question {
        tables: tables.into_iter().map(cached).collect::<Result<_>>()?,
        sql: sql.to_owned(),
    };
    let plan = aloft_data::plan(&question, &mut |_| Flow::Continue)?;
    context.output.answer(&json!({ "plan": plan }), || plan.clone())?;
    Ok(0)
}

pub(super) fn prepare(context: &mut Context<'_>, wanted: &Prepare) -> Result<u8> {
    let steps = read_steps(&wanted.steps)?;
    let source = context.open_file(&wanted.file, wanted.connection.as_deref())?.0.source;
    if wanted.python {
        let cache = context.workspace.dataset_cache(&source.key()?);
        let table = Cached { source, cache };
        let schema = aloft_data::schema_after(&table, &[], &|_| Ok(table.clone()), &mut |_| Flow::Continue)?;
        let program = to_python(&table.source, &schema, &steps);
        context
            .output
            .answer(&json!({ "python": program }), || program.clone())?;
        return Ok(0);
    }
    answer(
        context,
        order(vec![NamedSource::table(source)], Ask::Steps(steps)),
        wanted.out.as_deref(),
        wanted.connection.as_deref(),
    )
}

pub(super) fn export(context: &mut Context<'_>, wanted: &Export) -> Result<u8> {
    let source = context.open_file(&wanted.file, wanted.connection.as_deref())?.0.source;
    let mut order = order(vec![NamedSource::table(source)], Ask::Steps(Vec::new()));
    if !wanted.partition_by.is_empty() {
        order.format = Output::of_path(&PathBuf::from(format!("part.{}", wanted.format)))?.format;
        order.partition_by.clone_from(&wanted.partition_by);
    }
    let connection = wanted.to.as_deref().or(wanted.connection.as_deref());
    answer(context, order, Some(&wanted.out), connection)
}

fn order(tables: Vec<NamedSource>, ask: Ask) -> QueryOrder {
    QueryOrder::scratch(tables, ask, PathBuf::new())
}

/// Has the question answered by a job, and says the answer or where it is. What goes into a bucket
/// is written here first, and moved there by a transfer.
fn answer(
    context: &mut Context<'_>,
    mut order: QueryOrder,
    out: Option<&Path>,
    connection: Option<&str>,
) -> Result<u8> {
    let url = out.and_then(Path::to_str).filter(|text| is_url(text));
    let Some(url) = url.map(str::to_owned) else {
        let answer = answered(context, &mut order, out)?;
        if let Some(out) = out {
            return told(context, &answer, &absolute(out));
        }
        let shown = shown(context, &answer, &order.out);
        // It lies in the cache, where nothing is missed or in the way.
        drop(std::fs::remove_file(&order.out));
        return shown;
    };
    // What is wrong with the address is said before anything is done.
    let target = super::buckets::target(context, url.trim_end_matches('/'), connection)?;
    let file = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let folder = context
        .workspace
        .folder()
        .join("outgoing")
        .join(aloft_base::id::new('o'));
    aloft_base::fs::create_folder(&folder)?;
    let waiting = folder.join(file);
    let answer = answered(context, &mut order, Some(&waiting));
    let moved = answer.and_then(|answer| {
        let is_folder = !order.partition_by.is_empty();
        super::buckets::deliver(context, &waiting, is_folder, target)?;
        Ok(answer)
    });
    match moved {
        Ok(answer) => {
            drop(std::fs::remove_dir_all(&folder));
            told(context, &answer, Path::new(&url))
        }
        Err(error) => {
            // A transfer that was cut off goes on from what lies there.
            if !waiting.exists() {
                drop(std::fs::remove_dir_all(&folder));
            }
            Err(error)
        }
    }
}

/// Has the question answered by a job.
fn answered(context: &mut Context<'_>, order: &mut QueryOrder, out: Option<&Path>) -> Result<Answer> {
    if let Some(out) = out {
        order.out = absolute(out);
        order.scratch = false;
        if order.partition_by.is_empty() {
            order.format = Output::of_path(out)?.format;
        }
    } else {
        let name = format!("{}.arrow", aloft_base::id::new('q'));
        order.out = context.workspace.answer_cache(&name);
    }
    let title = match &order.ask {
        Ask::Sql(sql) => sql.clone(),
        Ask::Steps(_) | Ask::Relate(_) | Ask::Split(_) => order
            .tables
            .first()
            .map_or_else(String::new, |table| table.source.place().display().to_string()),
    };
    let job = job::create(&context.workspace, Kind::Query, &title, &serde_json::to_value(&*order)?)?;
    let answer = work::query(context, &job);
    if answer.is_err() && out.is_none() {
        // Not there, or of no use to anybody.
        drop(std::fs::remove_file(&order.out));
    }
    answer
}

/// Says what was written and where.
fn told(context: &mut Context<'_>, answer: &Answer, out: &Path) -> Result<u8> {
    let object = json!({ "rows": answer.rows, "columns": answer.schema, "out": out });
    context.output.answer(&object, || {
        format!("Wrote {} rows to {}", count(answer.rows), out.display())
    })?;
    Ok(0)
}

/// Shows the rows themselves.
fn shown(context: &mut Context<'_>, answer: &Answer, path: &Path) -> Result<u8> {
    let most = if context.output.is_json() {
        u64::MAX
    } else {
        ROWS_IN_WORDS
    };
    let rows = read_rows(&answer_source(path), most)?;
    context
        .output
        .answer(&serde_json::to_value(&rows)?, || in_words(&rows, answer))?;
    Ok(0)
}

fn in_words(rows: &AnswerRows, answer: &Answer) -> String {
    let heads: Vec<(&str, Align)> = answer
        .schema
        .iter()
        .map(|column| {
            let align = if column.kind.is_number() {
                Align::Right
            } else {
                Align::Left
            };
            (column.name.as_str(), align)
        })
        .collect();
    let mut table = Table::new(&heads);
    for row in &rows.rows {
        table.row(row.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }));
    }
    let shown = rows.rows.len() as u64;
    let more = if shown < answer.rows {
        format!(
            "\n{} of {} rows; --out FILE writes them all\n",
            count(shown),
            count(answer.rows)
        )
    } else {
        format!("\n{} rows\n", count(answer.rows))
    };
    format!("{table}{more}")
}

/// A file of steps.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    steps: Vec<StepEntry>,
}

fn read_steps(file: &Path) -> Result<Vec<StepEntry>> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        aloft_base::fs::read_text(file)?
    };
    let is_json = text.trim_start().starts_with(['{', '[']) && !text.trim_start().starts_with("[[");
    let read = if is_json {
        serde_json::from_str::<Vec<StepEntry>>(&text)
            .or_else(|_| serde_json::from_str::<Steps>(&text).map(|file| file.steps))
            .map_err(|error| error.to_string())
    } else {
        toml::from_str::<Steps>(&text)
            .map(|file| file.steps)
            .map_err(|error| error.message().to_owned())
    };
    match read {
        Ok(steps) => Ok(steps),
        Err(what) => refuse(Report::new(
            ErrorKind::Invalid,
            format!("The steps in {} cannot be read: {what}", file.display()),
            "A file of steps has [[steps]] entries, each with step = \"filter\", \"cast\", \"fill\" and so on.",
        )),
    }
}
