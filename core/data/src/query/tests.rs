use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::detect;

/// A folder with one file in it.
struct Given {
    folder: tempfile::TempDir,
    tables: Vec<(String, Cached)>,
}

impl Given {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            tables: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn table(mut self, name: &str, ending: &str, content: &str) -> Self {
        let path = self.path(&format!("{name}.{ending}"));
        std::fs::write(&path, content).unwrap();
        let source = detect(&path).unwrap().source;
        let cache = self.path(&format!("cache-{name}"));
        self.tables.push((name.to_owned(), Cached { source, cache }));
        self
    }

    fn ask(&self, sql: &str) -> Result<AnswerRows> {
        let query = Query {
            tables: self.tables.clone(),
            sql: sql.to_owned(),
        };
        let out = self.path("answer.arrow");
        let answer = answer(&query, &out, &Output::scratch(), &mut |_| Flow::Continue)?;
        let rows = read_rows(&answer_source(&out), u64::MAX)?;
        assert_eq!(rows.rows.len() as u64, answer.rows);
        Ok(rows)
    }
}

const PEOPLE: &str = "name,age,born\nAda,36,1815-12-10\nBob,,1990-01-02\nCyd,41,\n";

#[test]
fn a_text_is_asked_with_the_types_and_missing_values_that_the_grid_shows() {
    let given = Given::new().table("people", "csv", PEOPLE);
    let rows = given
        .ask("select name, age, born from people where age is null or age > 36 order by name")
        .unwrap();
    assert_eq!(rows.columns, ["name", "age", "born"]);
    assert_eq!(
        json!(rows.rows),
        json!([["Bob", null, "1990-01-02"], ["Cyd", 41, null]])
    );
    let rows = given.ask("select count(*) as n, avg(age) as mean from people").unwrap();
    assert_eq!(json!(rows.rows), json!([[3, 38.5]]));
}

#[test]
fn files_of_any_format_are_joined_by_their_names() {
    let given = Given::new().table("people", "csv", PEOPLE).table(
        "pets",
        "jsonl",
        "{\"owner\": \"Ada\", \"pet\": \"cat\"}\n{\"owner\": \"Cyd\", \"pet\": \"owl\"}\n",
    );
    let parquet = given.path("towns.parquet");
    let query = Query {
        tables: given.tables.clone(),
        sql: "select name, length(name) as letters from people".to_owned(),
    };
    answer(&query, &parquet, &Output::of_path(&parquet).unwrap(), &mut |_| {
        Flow::Continue
    })
    .unwrap();
    let mut given = given;
    let table = Cached {
        source: detect(&parquet).unwrap().source,
        cache: given.path("cache-towns"),
    };
    given.tables.push(("letters".to_owned(), table));
    let rows = given
        .ask(
            "select p.name, pets.pet, l.letters from people p \
             join pets on p.name = pets.owner join letters l on p.name = l.name order by p.name",
        )
        .unwrap();
    assert_eq!(json!(rows.rows), json!([["Ada", "cat", 3], ["Cyd", "owl", 3]]));
}

#[test]
fn what_is_wrong_with_a_question_is_said_and_nothing_is_left_behind() {
    let given = Given::new().table("people", "csv", PEOPLE);
    let said = |sql: &str| match given.ask(sql) {
        Err(DataError::Query { what, hint }) => (what, hint),
        other => panic!("{sql}: {other:?}"),
    };
    let (what, hint) = said("select nme from people");
    assert!(what.contains("nme") && what.contains("name"), "{what}");
    assert!(hint.contains("names of the columns"), "{hint}");
    let (what, hint) = said("select * from peple");
    assert_eq!(
        (what.as_str(), hint.as_str()),
        (
            "Relation 'peple' was not found",
            "The tables are: people. Write one SELECT."
        )
    );
    let (what, _) = said("selec name from people");
    assert!(what.to_lowercase().contains("parser"), "{what}");
    let names: Vec<_> = std::fs::read_dir(given.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("answer"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_failed_question_leaves_an_older_answer_as_it_was() {
    let given = Given::new().table("people", "csv", PEOPLE);
    let out = given.path("out.csv");
    std::fs::write(&out, "precious").unwrap();
    let query = |sql: &str| Query {
        tables: given.tables.clone(),
        sql: sql.to_owned(),
    };
    let output = Output::of_path(&out).unwrap();
    answer(&query("select x from people"), &out, &output, &mut |_| Flow::Continue).unwrap_err();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
    let done = answer(
        &query("select name from people where age > 40"),
        &out,
        &output,
        &mut |_| Flow::Continue,
    )
    .unwrap();
    assert_eq!(
        (done.rows, std::fs::read_to_string(&out).unwrap().as_str()),
        (1, "name\nCyd\n")
    );
}

#[test]
fn a_stopped_question_ends_at_once() {
    let given = Given::new().table("people", "csv", PEOPLE);
    // Long enough to be asked whether to go on, short enough to leave polars to the other tests.
    let crossed: Vec<String> = (0..12).map(|at| format!(" cross join people p{at}")).collect();
    let crossed = crossed.concat();
    let query = Query {
        tables: given.tables.clone(),
        sql: format!("select count(*) from people a{crossed}"),
    };
    let ended = answer(
        &query,
        &given.path("never.arrow"),
        &Output::scratch(),
        &mut |progress| {
            if progress.what == "Answering" {
                Flow::Stop
            } else {
                Flow::Continue
            }
        },
    );
    assert!(matches!(ended, Err(DataError::Stopped)), "{ended:?}");
}

#[test]
fn a_copy_of_a_text_answers_as_the_text_does() {
    let mut lines = String::from("number,word,day\n");
    for number in 0..400_000_u32 {
        let word = ["alpha", "beta", "", "\"d,e\""][number as usize % 4];
        writeln!(lines, "{number},{word},2024-0{}-01", number % 9 + 1).unwrap();
    }
    let given = Given::new().table("large", "csv", &lines);
    let sql = "select word, count(*) as n, sum(number) as sum, max(day) as last from large group by word order by word nulls first";
    let query = Query {
        tables: given.tables.clone(),
        sql: sql.to_owned(),
    };
    // Not to be asked again: read through us.
    let parquet = given.path("once.parquet");
    let once = answer(&query, &parquet, &Output::of_path(&parquet).unwrap(), &mut |_| {
        Flow::Continue
    })
    .unwrap();
    let copy = given.path("cache-large").join("rows.arrow");
    assert!(!copy.exists());
    let rows = given.ask(sql).unwrap();
    assert!(copy.exists(), "a table that the grid asks is copied");
    let of_text = read_rows(&detect(&parquet).unwrap().source, u64::MAX).unwrap();
    assert_eq!((once.rows, &of_text), (4, &rows));
    assert_eq!(
        rows.rows[0],
        [
            json!(null),
            json!(100_000),
            json!(20_000_000_000_u64),
            json!("2024-09-01")
        ]
    );
    assert_eq!(given.ask(sql).unwrap(), rows);
}
