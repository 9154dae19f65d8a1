//! Can a table be explored that is larger than the memory its processes may take?
//!
//! A CSV file is generated of which everything is known, and looked at from end to end with the
//! limit on memory far below its size: opened, paged to its last row, profiled, filtered, grouped,
//! and with `ALOFT_SOAK` exported to Parquet, and that looked at in the same way. The file then has 12 GB
//! (or so many as `ALOFT_LARGE_GB` says) and the limit is 2 GB; else 400 MB and 384 MB.
//! `ALOFT_LARGE_FOLDER` names the folder, which needs room for twice the file.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use aloft_data::{Pages, Source};
use aloft_tests::terminal::Terminal;
use serde_json::{Value, json};

/// The number of the first row; all have as many digits.
const FIRST: u64 = 100_000_000_000;
/// Rows that are generated once and written again with other numbers.
const PATTERN: u64 = 70_000;
/// Groups in the column `shop`, which repeat in order.
const SHOPS: u64 = 50;

struct Size {
    bytes: u64,
    limit: &'static str,
    /// What the limit is called in words.
    limit_in_words: &'static str,
}

fn size() -> Size {
    if std::env::var_os("ALOFT_SOAK").is_some() {
        let gigabytes = std::env::var("ALOFT_LARGE_GB").ok().and_then(|text| text.parse().ok());
        Size {
            bytes: gigabytes.unwrap_or(12) * 1_000_000_000,
            limit: "2GB",
            limit_in_words: "2.0 GB",
        }
    } else {
        Size {
            bytes: 400_000_000,
            limit: "384MB",
            limit_in_words: "384 MB",
        }
    }
}

/// Writes at least so many bytes and answers the number of rows.
fn generate(path: &Path, bytes: u64) -> u64 {
    let mut pattern = vec![];
    let mut starts = vec![];
    for row in 0..PATTERN {
        let mixed = row.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        starts.push(pattern.len());
        writeln!(
            pattern,
            "{FIRST},shop {},{}.{:03},{},\"sold, and wrapped {:06}\",20{:02}-{:02}-{:02},{}",
            row % SHOPS,
            row % 1000,
            mixed % 1000,
            mixed % 1_000_003,
            mixed % 999_983,
            10 + mixed % 15,
            1 + mixed % 12,
            1 + mixed % 28,
            if mixed % 7 == 0 { "yes" } else { "no" },
        )
        .unwrap();
    }
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    file.write_all(b"id,shop,price,item,note,day,gift\n").unwrap();
    let (mut rows, mut written) = (0, 0);
    while written < bytes {
        for start in &starts {
            pattern[*start..*start + 12].copy_from_slice((FIRST + rows).to_string().as_bytes());
            rows += 1;
        }
        file.write_all(&pattern).unwrap();
        written += pattern.len() as u64;
    }
    file.flush().unwrap();
    rows
}

/// A file and what can be asked of it under the limit.
struct Explored<'t> {
    terminal: &'t Terminal,
    path: String,
    size: &'t Size,
    rows: u64,
    began: Instant,
}

impl Explored<'_> {
    fn told(&self, what: &str) {
        // For who watches the soak, which takes minutes.
        if std::env::var_os("ALOFT_SOAK").is_some() {
            let line = format!("{:>7.1} s  {what}\n", self.began.elapsed().as_secs_f64());
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
    }

    fn limited<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut all = arguments.to_vec();
        all.extend([self.path.as_str(), "--memory-limit", self.size.limit]);
        all
    }

    fn ask(&self, sql: &str) -> Value {
        let answer = self.terminal.answer(&self.limited(&["query", sql])).unwrap();
        self.told(sql);
        answer["rows"].clone()
    }

    /// As the grid does: the first rows at once, the last ones once it was read.
    fn pages(&self) -> Pages {
        let opened = self.terminal.answer(&["open", &self.path]).unwrap();
        let source: Source = serde_json::from_value(opened["dataset"]["source"].clone()).unwrap();
        let key = source.key().unwrap();
        let cache = self.terminal.workspace().join("cache/datasets").join(key);
        Pages::open(&source, &cache).unwrap()
    }

    fn explore(&self) {
        let mut pages = self.pages();
        let page = pages.read(0, 50, 0..7).unwrap();
        assert_eq!(page.cell(49, 0).unwrap().text(), (FIRST + 49).to_string());
        self.told("first page");

        let profile = self.terminal.answer(&self.limited(&["profile"])).unwrap();
        self.told("profile");
        assert_eq!(profile["rows"], self.rows);
        let column = |name: &str| {
            let columns = profile["columns"].as_array().unwrap();
            columns.iter().find(|column| column["name"] == name).unwrap().clone()
        };
        assert_eq!(column("id")["nulls"], 0);
        assert_eq!(column("shop")["distinct"], SHOPS);
        let shops = column("shop")["top"][0]["count"].as_u64().unwrap();
        assert_eq!(shops, self.rows / SHOPS);

        let mut pages = self.pages();
        assert!(pages.is_complete());
        assert_eq!(pages.known_rows(), self.rows);
        let last = pages.read(self.rows - 3, 3, 0..2).unwrap();
        assert_eq!(
            last.cell(self.rows - 1, 0).unwrap().text(),
            (FIRST + self.rows - 1).to_string()
        );
        self.told("last page");

        let middle = FIRST + self.rows / 2;
        let sql = format!("select id, shop from t where id >= {middle} and id < {middle} + 3 order by id");
        let kept = self.ask(&sql);
        assert_eq!(kept[2][0], middle + 2);
        let sql = "select shop, count(*) as n, min(id) as low, max(id) as high from t group by shop order by low";
        let groups = self.ask(sql);
        assert_eq!(groups.as_array().unwrap().len() as u64, SHOPS);
        for (at, group) in groups.as_array().unwrap().iter().enumerate() {
            let (at, each) = (at as u64, self.rows / SHOPS);
            let highest = FIRST + self.rows - SHOPS + at;
            assert_eq!(*group, json!([format!("shop {at}"), each, FIRST + at, highest]));
        }
    }

    /// A question that needs all rows at once.
    fn eats_the_machine(&self) {
        let out = self.terminal.folder().join("never.parquet");
        let sql = "select * from t order by note, id";
        let arguments = ["query", sql, "--out", out.to_str().unwrap()];
        let error = self
            .terminal
            .refused(&self.limited(&arguments), 1, "unavailable")
            .unwrap();
        self.told("a question that needs too much");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("limit of {}", self.size.limit_in_words)),
            "{error}"
        );
        assert!(error["hint"].as_str().unwrap().contains("fewer columns"), "{error}");
        let job = &self.terminal.answer(&["jobs"]).unwrap()["jobs"][0];
        assert_eq!(
            (&job["state"], &job["error"]["message"]),
            (&json!("failed"), &error["message"])
        );
        assert!(!out.exists());
    }
}

#[test]
fn a_table_larger_than_memory_is_explored_from_end_to_end() {
    let size = size();
    let folder = std::env::var_os("ALOFT_LARGE_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::Builder::new()
        .prefix("aloft-large-")
        .tempdir_in(folder)
        .unwrap();
    let (csv, parquet) = (folder.path().join("t.csv"), folder.path().join("parquet/t.parquet"));
    let began = Instant::now();
    let rows = generate(&csv, size.bytes);
    let terminal = Terminal::open_in(folder.path()).unwrap();
    let explored = |path: &Path| Explored {
        terminal: &terminal,
        path: path.to_string_lossy().into_owned(),
        size: &size,
        rows,
        began,
    };
    let text = explored(&csv);
    text.told(&format!("{rows} rows are written"));
    text.explore();
    text.eats_the_machine();
    if std::env::var_os("ALOFT_SOAK").is_none() {
        return;
    }
    std::fs::create_dir(folder.path().join("parquet")).unwrap();
    let out = parquet.to_string_lossy();
    let written = terminal
        .answer(&["export", &text.path, &out, "--memory-limit", size.limit])
        .unwrap();
    assert_eq!(written["rows"], rows);
    text.told("export to Parquet");
    // Room for what follows.
    std::fs::remove_file(&csv).unwrap();
    std::fs::remove_dir_all(terminal.workspace().join("cache")).unwrap();
    explored(&parquet).explore();
}
