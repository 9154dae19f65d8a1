//! What is said about rows, written beside them.

use std::sync::Arc;

use super::files::{Files, sample};
use crate::{
    Beside, BesideSummary, DataError, Flow, OutputValues, Preparation, PrepareSpec, Result, RowBatch, RowEncoder,
    Source, detect, write_beside,
};

/// Says of each row its prepared numbers.
fn numbers(rows: &RowBatch) -> Vec<OutputValues> {
    let width = rows.width();
    let text = |row: &[f32]| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    vec![OutputValues::Text(
        rows.values().chunks_exact(width).map(text).collect(),
    )]
}

fn encoder(files: &Files, source: &Source, features: &[&str]) -> Arc<RowEncoder> {
    let table = files.table(source);
    let features: Vec<String> = features.iter().map(|name| (*name).to_owned()).collect();
    let half: Vec<u32> = (0..table.rows().div_ceil(2) as u32).collect();
    Arc::new(RowEncoder::new(
        Preparation::fit(&table, &half, &features, &PrepareSpec::default()).unwrap(),
    ))
}

fn write(files: &Files, source: &Source, encoder: &Arc<RowEncoder>, out: &str) -> Result<BesideSummary> {
    let names = ["word".to_owned()];
    let beside = Beside {
        names: &names,
        answer: &numbers,
        features: None,
    };
    write_beside(
        source,
        &files.cache(source),
        encoder,
        beside,
        &files.path(out),
        &mut |_| Flow::Continue,
    )
}

#[test]
fn rows_stand_as_they_were_with_ours_beside() {
    let files = Files::new();
    let source = files.source("in.csv", "code;x;word\n007;3,5;\"a;b \"\"q\"\"\"\n2;;NA\n3;1,25;\"\"\n");
    let encoder = encoder(&files, &source, &["x"]);
    let answer = |rows: &RowBatch| {
        vec![
            OutputValues::Classes {
                names: vec!["n,o".to_owned(), "yes".to_owned()],
                positions: (0..rows.rows() as u32).map(|row| (row + 1) % 2).collect(),
            },
            OutputValues::Numbers(vec![0.25; rows.rows()]),
        ]
    };
    let names = ["word".to_owned(), "p".to_owned()];
    let beside = Beside {
        names: &names,
        answer: &answer,
        features: None,
    };
    let out = files.path("out.csv");
    let on = &mut |_| Flow::Continue;
    let written = write_beside(&source, &files.cache(&source), &encoder, beside, &out, on).unwrap();
    assert_eq!((written.rows, written.oddities.missing), (3, 1));
    let expected = "code,x,word,word_2,p\n007,3.5,\"a;b \"\"q\"\"\",yes,0.25\n2,,NA,\"n,o\",0.25\n3,1.25,,yes,0.25\n";
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected);
}

/// The numbers a row has are those of the table of the same file, whatever its format.
#[test]
fn a_row_is_prepared_as_in_the_table() {
    let files = Files::new();
    let mixed = "n,f,b,s,k,d,a,t\n\
        1,0.5,true,red,1.50,2024-02-29,2024-05-06T07:08:09.25,08:30:15\n\
        2,,false,\"blue, dark\",2,2023-01-01,1969-12-31 23:59:59,\n\
        3,2.5,, red,\"\",,,23:00:00\n\
        6,-7e30,TRUE,\"NA\",1.5,2024-12-31,2024-01-01,00:00:00\n\
        7,9,true,NA,007,2025-01-01,2024-05-06T07:08:09+02:00,01:00:00.5\n\
        8,inf,true,red,6,2025-01-01,2020-02-02T02:02,01:00:00\n\
        8,1,true\n";
    let lines = "{\"n\": 1, \"s\": \"a\"}\n{\"s\": \"b \\\"c\\\"\", \"n\": 2.5}\n{\"n\": null}\n";
    let all = ["n", "f", "b", "s", "k", "d", "a", "t"];
    let german = mixed.replace(',', ";").replace('.', ",");
    let cases = [
        ("mixed.csv", mixed, &all[..]),
        ("german.csv", &german, &["n", "f", "s", "k"]),
        ("lines.jsonl", lines, &["n", "s"]),
    ];
    let mut sources: Vec<(Source, Vec<&str>)> = cases
        .iter()
        .map(|(name, content, features)| (files.source(name, content), features.to_vec()))
        .collect();
    let penguins = detect(&sample("penguins.csv")).unwrap().source;
    sources.push((penguins, vec!["island", "bill_length_mm", "sex", "year"]));
    for (source, features) in sources {
        let encoder = encoder(&files, &source, &features);
        let summary = write(&files, &source, &encoder, "out.csv").unwrap();
        let table = files.table(&source);
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let expected = encoder.rows_of(&table, &rows).unwrap();
        assert_eq!(summary.rows, table.rows() as u64);
        assert_eq!(summary.oddities, expected.oddities(), "{}", source.path.display());
        let OutputValues::Text(expected) = numbers(&expected).remove(0) else {
            panic!("these are texts")
        };
        let written = files.table(&detect(&files.path("out.csv")).unwrap().source);
        let last = written.schema().last().unwrap().name.clone();
        for (row, expected) in expected.iter().enumerate() {
            let cells = written.row_text(row, usize::MAX);
            let found = cells.iter().find(|(name, _)| *name == last).unwrap();
            assert_eq!(found.1, *expected, "row {row} of {}", source.path.display());
        }
    }
}

#[test]
fn a_file_is_not_written_onto_itself_nor_into_no_folder() {
    let files = Files::new();
    let source = files.source("in.csv", "a\n1\n2\n");
    let encoder = encoder(&files, &source, &["a"]);
    let onto_itself = write(&files, &source, &encoder, "in.csv").unwrap_err();
    assert!(matches!(onto_itself, DataError::Output { .. }), "{onto_itself}");
    assert_eq!(std::fs::read(files.path("in.csv")).unwrap(), b"a\n1\n2\n");
    let no_folder = write(&files, &source, &encoder, "none/out.csv").unwrap_err();
    assert!(matches!(no_folder, DataError::Base(_)), "{no_folder}");
}
