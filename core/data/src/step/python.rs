//! Steps as a Python program with polars that does the same.

use std::fmt::Write as _;

use super::{Aggregate, Binning, Filling, Function, JoinHow, Keep, Limits, SampleSize, Step, StepEntry, enabled};
use crate::schema::{ColumnType, Schema};
use crate::source::{Encoding, Format, Source};

/// A Python program that reads a source, does the steps, and leaves the result in `table`.
#[must_use]
pub fn to_python(source: &Source, schema: &Schema, steps: &[StepEntry]) -> String {
    let mut program = String::from("import polars as pl\n\n");
    if enabled(steps).any(|step| matches!(step, Step::Sample { .. } | Step::Balance { .. })) {
        program.push_str(CHANCE);
    }
    if enabled(steps).any(|step| matches!(step, Step::Unfold { .. } | Step::Explode { .. })) {
        program.push_str(NESTED);
    }
    let _infallible = writeln!(program, "table = {}", reading(source, schema));
    for step in enabled(steps) {
        let _infallible = writeln!(program, "# {}", step.words().replace('\n', " "));
        for line in lines(step) {
            program.push_str(&line);
            program.push('\n');
        }
    }
    program
}

/// The chance of a row, as `apply` mixes it.
const CHANCE: &str = "\
def with_chance(table, seed):
    \"\"\"A number for each row that depends on its place and the seed alone.\"\"\"
    mask = (1 << 64) - 1
    u64 = lambda value: pl.lit(value & mask, dtype=pl.UInt64)
    shifted = lambda values, bits: values ^ (values // u64(1 << bits))
    number = (pl.col(\"__chance\").cast(pl.UInt64) + u64(seed * 0x9E3779B97F4A7C15 + 1)) * u64(0x9E3779B97F4A7C15)
    number = shifted(number, 30) * u64(0xBF58476D1CE4E5B9)
    number = shifted(number, 27) * u64(0x94D049BB133111EB)
    return table.with_row_index(\"__chance\").with_columns(shifted(number, 31).alias(\"__chance\"))

";

/// Objects and lists in cells, as `nested` unfolds them.
const NESTED: &str = "\
import json


def decode(cell, kind):
    try:
        value = json.loads(cell) if cell is not None else None
    except ValueError:
        return None
    return value if isinstance(value, kind) else None


def as_text(value):
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(\",\", \":\"), ensure_ascii=False)


def kind_of(values):
    kinds = {type(value) for value in values if value is not None}
    whole = all(-(2**63) <= value < 2**63 for value in values if type(value) is int)
    if kinds == {int} and whole:
        return pl.Int64
    if kinds and kinds <= {int, float}:
        return pl.Float64
    return pl.Boolean if kinds == {bool} else pl.String


def of_text(values, kind):
    if kind == pl.Boolean:
        return pl.when(values.is_in([\"true\", \"false\"])).then(values == \"true\")
    return values.cast(kind, strict=False)


def unfold(table, name, fields):
    \"\"\"The fields of objects as columns in their place.\"\"\"
    values = table[name]
    if isinstance(values.dtype, pl.Struct):
        parts = [pl.col(name).struct.field(field.name).alias(f\"{name}.{field.name}\") for field in values.dtype.fields
                 if not fields or field.name in fields]
    else:
        rows = [decode(cell, dict) or {} for cell in values.cast(pl.String)]
        if not fields:
            fields = {}
            for row in [row for row, cell in zip(rows, values) if cell is not None][:10_000]:
                for field, value in row.items():
                    fields.setdefault(field, []).append(value)
            fields = {field: kind_of(values) for field, values in fields.items()}
        texts = pl.DataFrame({field: [as_text(row.get(field)) for row in rows] for field in fields},
                             schema={field: pl.String for field in fields})
        parts = texts.select(of_text(pl.col(field), kind).alias(f\"{name}.{field}\") for field, kind in fields.items())
    at = table.columns.index(name)
    return table.select(*table.columns[:at], *parts, *table.columns[at + 1:])


def explode(table, name, kind):
    \"\"\"A row for each element of lists.\"\"\"
    values = table[name]
    if isinstance(values.dtype, (pl.List, pl.Array)):
        return table.explode(name, empty_as_null=True)
    rows = [decode(cell, list) for cell in values.cast(pl.String)]
    kind = kind or kind_of([value for row in rows[:10_000] for value in row or []])
    lists = [None if row is None else [as_text(value) for value in row] for row in rows]
    table = table.with_columns(pl.Series(name, lists, dtype=pl.List(pl.String)))
    table = table.explode(name, empty_as_null=True)
    return table.with_columns(of_text(pl.col(name), kind).alias(name))


";

fn text(text: &str) -> String {
    // JSON's escapes are Python's too.
    serde_json::Value::from(text).to_string()
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| text(name)).collect();
    format!("[{}]", names.join(", "))
}

fn column(name: &str) -> String {
    format!("pl.col({})", text(name))
}

fn float(value: f64) -> String {
    if value.is_finite() {
        format!("{value:?}")
    } else {
        format!("float({})", text(&value.to_string()))
    }
}

fn data_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "pl.Int64",
        ColumnType::Float => "pl.Float64",
        ColumnType::Boolean => "pl.Boolean",
        ColumnType::Date => "pl.Date",
        ColumnType::Datetime => "pl.Datetime(\"us\")",
        ColumnType::Time => "pl.Time",
        ColumnType::Duration => "pl.Duration(\"us\")",
        _ => "pl.String",
    }
}

fn reading(source: &Source, schema: &Schema) -> String {
    let path = text(&source.place().to_string_lossy());
    match source.format {
        Format::Parquet => format!("pl.read_parquet({path})"),
        Format::ArrowIpc => format!("pl.read_ipc({path})"),
        Format::JsonLines => format!("pl.read_ndjson({path})"),
        Format::Json => format!("pl.read_json({path})"),
        Format::Csv | Format::Tsv => {
            let options = source.csv_options();
            let mut arguments = vec![path];
            if options.delimiter != ',' {
                arguments.push(format!("separator={}", text(&options.delimiter.to_string())));
            }
            if options.quote != '"' {
                arguments.push(format!("quote_char={}", text(&options.quote.to_string())));
            }
            if !options.has_header {
                arguments.push("has_header=False".to_owned());
            }
            let encoding = match options.encoding {
                Encoding::Utf8 | Encoding::Utf8Bom => None,
                Encoding::Utf16Le => Some("utf-16-le"),
                Encoding::Utf16Be => Some("utf-16-be"),
                Encoding::Windows1252 => Some("cp1252"),
            };
            arguments.extend(encoding.map(|encoding| format!("encoding={}", text(encoding))));
            if options.decimal_comma {
                arguments.push("decimal_comma=True".to_owned());
            }
            arguments.push(format!("null_values={}", list(&options.null_values)));
            let types: Vec<String> = schema
                .iter()
                .map(|column| format!("{}: {}", text(&column.name), data_type(column.kind)))
                .collect();
            arguments.push(format!("schema_overrides={{{}}}", types.join(", ")));
            format!("pl.read_csv({})", arguments.join(", "))
        }
    }
}

fn lines(step: &Step) -> Vec<String> {
    let on_table = |call: String| vec![format!("table = table.{call}")];
    let with = |values: String, name: &str| vec![format!("table = table.with_columns({values}.alias({}))", text(name))];
    match step {
        Step::Filter(condition) => on_table(format!("filter(pl.sql_expr({}))", text(&condition.sql()))),
        Step::Select { columns } => on_table(format!("select({})", list(columns))),
        Step::Drop { columns } => on_table(format!("drop({})", list(columns))),
        Step::Rename { from, to } => on_table(format!("rename({{{}: {}}})", text(from), text(to))),
        Step::Cast { column: name, to } => {
            let values = column(name);
            let values = if *to == ColumnType::Integer {
                let whole = format!("{values}.cast(pl.Float64, strict=False)");
                format!("pl.when({whole} == {whole}.floor()).then({values}.cast(pl.Int64, strict=False))")
            } else {
                format!("{values}.cast({}, strict=False)", data_type(*to))
            };
            with(values, name)
        }
        Step::Fill {
            column: name,
            with: filling,
        } => {
            let values = column(name);
            let filled = match filling {
                Filling::Value(value) => {
                    format!(
                        "{values}.fill_null(pl.lit({}).cast(table.schema[{}]))",
                        text(value),
                        text(name)
                    )
                }
                Filling::Mean => format!("{values}.fill_null({values}.mean())"),
                Filling::Median => format!("{values}.fill_null({values}.median())"),
                Filling::MostFrequent => format!("{values}.fill_null({values}.drop_nulls().mode().sort().first())"),
                Filling::Previous => format!("{values}.forward_fill()"),
                Filling::Next => format!("{values}.backward_fill()"),
            };
            with(filled, name)
        }
        Step::DropMissing { columns } => on_table(format!("drop_nulls({})", some(columns))),
        Step::Deduplicate { columns, keep } => {
            let keep = match keep {
                Keep::First => "first",
                Keep::Last => "last",
                Keep::None => "none",
            };
            on_table(format!(
                "unique({}, keep={}, maintain_order=True)",
                some(columns),
                text(keep)
            ))
        }
        Step::Derive { name, expression } => with(format!("pl.sql_expr({})", text(expression)), name),
        Step::ParseDates {
            column: name,
            format,
            time,
        } => {
            let format = format.as_deref().map_or("None".to_owned(), text);
            let values = format!("{}.cast(pl.String).str.strip_chars()", column(name));
            with(
                if *time {
                    format!("{values}.str.to_datetime({format}, time_unit=\"us\", strict=False)")
                } else {
                    format!("{values}.str.to_date({format}, strict=False)")
                },
                name,
            )
        }
        Step::SplitText {
            column: name,
            separator,
            into,
        } => {
            let parts = format!(
                "{}.cast(pl.String).str.splitn({}, {})",
                column(name),
                text(separator),
                into.len()
            );
            let fields = into
                .iter()
                .enumerate()
                .map(|(at, name)| format!("    parts.struct.field(\"field_{at}\").alias({}),", text(name)));
            let mut lines = vec![format!("parts = {parts}"), "table = table.with_columns(".to_owned()];
            lines.extend(fields);
            lines.push(")".to_owned());
            lines
        }
        Step::Unfold { column: name, fields } => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}: {}", text(&field.name), data_type(field.kind)))
                .collect();
            vec![format!(
                "table = unfold(table, {}, {{{}}})",
                text(name),
                fields.join(", ")
            )]
        }
        Step::Explode { column: name, to } => {
            let kind = to.map_or("None", data_type);
            vec![format!("table = explode(table, {}, {kind})", text(name))]
        }
        Step::Bin { column: name, into, by } => bin(name, into, by),
        Step::Clip { column: name, to } => {
            let values = column(name);
            let (low, high) = match to {
                Limits::Values { low, high } => (float(*low), float(*high)),
                Limits::Quantiles { low, high } => {
                    let quantile =
                        |share: f64| format!("{values}.cast(pl.Float64).quantile({}, \"linear\")", float(share));
                    (quantile(*low), quantile(*high))
                }
            };
            with(format!("{values}.clip({low}, {high})"), name)
        }
        Step::Join { table, on, how } => {
            let how = match how {
                JoinHow::Left => "left",
                JoinHow::Inner => "inner",
                JoinHow::Full => "full",
                JoinHow::Semi => "semi",
                JoinHow::Anti => "anti",
            };
            let other = text(&table.to_string_lossy());
            let ending = table.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            let read = match ending {
                "parquet" | "pq" => "read_parquet",
                "arrow" | "ipc" | "feather" => "read_ipc",
                "jsonl" | "ndjson" => "read_ndjson",
                _ => "read_csv",
            };
            let left: Vec<String> = on.iter().map(|key| key.left.clone()).collect();
            let right: Vec<String> = on.iter().map(|key| key.right.clone()).collect();
            on_table(format!(
                "join(pl.{read}({other}), left_on={}, right_on={}, how={}, coalesce=True, maintain_order=\"left\")",
                list(&left),
                list(&right),
                text(how)
            ))
        }
        Step::Group { by, aggregates } => {
            let cells: Vec<String> = aggregates.iter().map(aggregate).collect();
            on_table(format!(
                "group_by({}, maintain_order=True).agg({})",
                list(by),
                cells.join(", ")
            ))
        }
        Step::Pivot {
            on,
            columns,
            index,
            values,
            function,
        } => {
            let named = if columns.is_empty() {
                format!(
                    "table[{}].drop_nulls().cast(pl.String).unique(maintain_order=True).to_list()",
                    text(on)
                )
            } else {
                list(columns)
            };
            let chosen = format!("{}.filter({}.cast(pl.String) == value)", column(values), column(on));
            vec![
                format!("values = {named}"),
                format!("table = table.group_by({}, maintain_order=True).agg(", list(index)),
                format!("    [{}.alias(value) for value in values]", reduce(&chosen, *function)),
                ")".to_owned(),
            ]
        }
        Step::Unpivot {
            columns,
            index,
            names,
            values,
        } => on_table(format!(
            "unpivot(on={}, index={}, variable_name={}, value_name={})",
            list(columns),
            list(index),
            text(names),
            text(values)
        )),
        Step::Sort { by } => {
            let names: Vec<String> = by.iter().map(|key| key.column.clone()).collect();
            let descending: Vec<&str> = by
                .iter()
                .map(|key| if key.descending { "True" } else { "False" })
                .collect();
            on_table(format!(
                "sort({}, descending=[{}], nulls_last=True, maintain_order=True)",
                list(&names),
                descending.join(", ")
            ))
        }
        Step::Sample { rows, seed } => {
            let most = match rows {
                SampleSize::Count(count) => count.to_string(),
                SampleSize::Share(share) => format!("int(table.height * {} + 0.5)", float(*share)),
            };
            vec![
                format!("table = with_chance(table, {seed})"),
                format!("table = table.filter(pl.col(\"__chance\").rank(\"ordinal\") <= {most}).drop(\"__chance\")"),
            ]
        }
        Step::Balance { column: name, seed } => {
            let name = text(name);
            vec![
                format!("table = with_chance(table, {seed})"),
                format!("rank = pl.col(\"__chance\").rank(\"ordinal\").over({name})"),
                format!("table = table.filter(rank <= pl.len().over({name}).min()).drop(\"__chance\")"),
            ]
        }
    }
}

/// Some columns, or all.
fn some(columns: &[String]) -> String {
    if columns.is_empty() {
        "None".to_owned()
    } else {
        list(columns)
    }
}

fn bin(name: &str, into: &str, by: &Binning) -> Vec<String> {
    let values = format!("{}.cast(pl.Float64)", column(name));
    let mut lines = match by {
        Binning::Edges(edges) => {
            let edges: Vec<String> = edges.iter().map(|edge| float(*edge)).collect();
            vec![format!("edges = [{}]", edges.join(", "))]
        }
        Binning::Width(bins) => vec![
            format!("low, high = table.select({values}.min().alias(\"low\"), {values}.max().alias(\"high\")).row(0)"),
            format!("edges = [low + (high - low) * at / {bins} for at in range(1, {bins})]"),
        ],
        Binning::Quantiles(bins) => vec![
            format!("quantile = lambda share: table.select({values}.quantile(share, \"linear\")).item()"),
            format!("edges = sorted({{quantile(at / {bins}) for at in range(1, {bins})}})"),
        ],
    };
    lines.push(format!(
        "number = sum((({values} >= edge).cast(pl.Int64) for edge in edges), pl.lit(0))"
    ));
    lines.push(format!(
        "table = table.with_columns(pl.when({}.is_not_null()).then(number).cast(pl.Int64).alias({}))",
        column(name),
        text(into)
    ));
    lines
}

fn aggregate(wanted: &Aggregate) -> String {
    let values = if wanted.column.is_empty() {
        "pl.len()".to_owned()
    } else {
        reduce(&column(&wanted.column), wanted.function)
    };
    format!("{values}.alias({})", text(&wanted.name))
}

fn reduce(values: &str, function: Function) -> String {
    let call = match function {
        Function::Count => "count()",
        Function::Sum => "sum()",
        Function::Mean => "mean()",
        Function::Median => "median()",
        Function::Min => "min()",
        Function::Max => "max()",
        Function::Std => "std()",
        Function::Distinct => "drop_nulls().n_unique()",
        Function::First => "first()",
        Function::Last => "last()",
    };
    format!("{values}.{call}")
}
