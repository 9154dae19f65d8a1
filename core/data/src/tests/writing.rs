//! Predictions beside their rows.

use super::files::Files;
use crate::{DataError, OutputColumn, OutputValues, write_predictions};

fn numbers(name: &str, values: &[f32]) -> OutputColumn {
    OutputColumn {
        name: name.to_owned(),
        values: OutputValues::Numbers(values.to_vec()),
    }
}

#[test]
fn rows_stand_as_they_were_with_the_predictions_beside() {
    let files = Files::new();
    let source = files.source("in.csv", "code;x;word\n007;3,5;\"a;b \"\"q\"\"\"\n2;;NA\n3;1,25;\"\"\n");
    let classes = OutputColumn {
        name: "word".to_owned(),
        values: OutputValues::Classes {
            names: vec!["no".to_owned(), "yes".to_owned()],
            positions: vec![1, 0, 1],
        },
    };
    let out = files.path("out.csv");
    let columns = [classes, numbers("p", &[0.25, 1.0, 0.5])];
    let written = write_predictions(&source, &files.cache(&source), &columns, &out).unwrap();
    assert_eq!(written, 3);
    let expected = "code,x,word,word_2,p\n007,3.5,\"a;b \"\"q\"\"\",yes,0.25\n2,,,no,1\n3,1.25,,yes,0.5\n";
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected);
}

#[test]
fn nothing_is_written_when_it_cannot_be_whole() {
    let files = Files::new();
    let source = files.source("in.csv", "a\n1\n2\n");
    let write = |columns: &[OutputColumn], out: &str| {
        write_predictions(&source, &files.cache(&source), columns, &files.path(out)).unwrap_err()
    };
    let short = write(&[numbers("p", &[1.0])], "out.csv");
    assert!(short.to_string().contains("'p' has 1 values for 2 rows"), "{short}");
    assert!(!files.path("out.csv").exists());
    let onto_itself = write(&[], "in.csv");
    assert!(matches!(onto_itself, DataError::Output { .. }), "{onto_itself}");
    assert_eq!(std::fs::read(files.path("in.csv")).unwrap(), b"a\n1\n2\n");
    let no_folder = write(&[], "none/out.csv");
    assert!(matches!(no_folder, DataError::Base(_)), "{no_folder}");
}
