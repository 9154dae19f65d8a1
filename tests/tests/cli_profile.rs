//! Are the figures of a profile right?
//!
//! The figures of the penguins were computed once from `assets/data/penguins.csv` with
//! Python 3's `csv` and `statistics` (`fmean`, `stdev`; quantiles by linear interpolation
//! between closest ranks, numpy's default), without the values written `NA`.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use aloft_tests::program::sample;
use aloft_tests::terminal::Terminal;
use serde_json::{Value, json};

struct Number {
    name: &'static str,
    kind: &'static str,
    nulls: u64,
    distinct: u64,
    min: f64,
    max: f64,
    mean: f64,
    std: f64,
    quantiles: [f64; 5],
    top: (&'static str, u64),
}

const NUMBERS: [Number; 5] = [
    Number {
        name: "bill_length_mm",
        kind: "float",
        nulls: 2,
        distinct: 164,
        min: 32.1,
        max: 59.6,
        mean: 43.921_929_824_561_4,
        std: 5.459_583_713_926_531_5,
        quantiles: [35.7, 39.225, 44.45, 48.5, 51.995],
        top: ("41.1", 7),
    },
    Number {
        name: "bill_depth_mm",
        kind: "float",
        nulls: 2,
        distinct: 80,
        min: 13.1,
        max: 21.5,
        mean: 17.151_169_590_643_274,
        std: 1.974_793_156_816_781_4,
        quantiles: [13.9, 15.6, 17.3, 18.7, 20.0],
        top: ("17", 12),
    },
    Number {
        name: "flipper_length_mm",
        kind: "integer",
        nulls: 2,
        distinct: 55,
        min: 172.0,
        max: 231.0,
        mean: 200.915_204_678_362_58,
        std: 14.061_713_679_356_888,
        quantiles: [181.0, 190.0, 197.0, 213.0, 225.0],
        top: ("190", 22),
    },
    Number {
        name: "body_mass_g",
        kind: "integer",
        nulls: 2,
        distinct: 94,
        min: 2700.0,
        max: 6300.0,
        mean: 4_201.754_385_964_912,
        std: 801.954_535_698_095_5,
        quantiles: [3150.0, 3550.0, 4050.0, 4750.0, 5650.0],
        top: ("3800", 12),
    },
    Number {
        name: "year",
        kind: "integer",
        nulls: 0,
        distinct: 3,
        min: 2007.0,
        max: 2009.0,
        mean: 2_008.029_069_767_441_8,
        std: 0.818_355_925_483_704_1,
        quantiles: [2007.0, 2007.0, 2008.0, 2009.0, 2009.0],
        top: ("2009", 120),
    },
];

const QUANTILES: [&str; 5] = ["0.05", "0.25", "0.5", "0.75", "0.95"];

fn column<'a>(profile: &'a Value, name: &str) -> &'a Value {
    profile["columns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|column| column["name"] == name)
        .unwrap()
}

fn near(found: &Value, expected: f64, what: &str) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what} is {found}"));
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs(),
        "{what} is {found}, not {expected}"
    );
}

fn penguins(terminal: &Terminal) -> Value {
    terminal
        .answer(&["profile", &sample("penguins.csv").to_string_lossy()])
        .unwrap()
}

#[test]
fn the_numbers_of_the_penguins_are_those_of_python() {
    let terminal = Terminal::open().unwrap();
    let profile = penguins(&terminal);
    assert_eq!(profile["rows"], 344);
    let names: Vec<&str> = profile["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    let expected = "species island bill_length_mm bill_depth_mm flipper_length_mm body_mass_g sex year";
    assert_eq!(names.join(" "), expected);
    for number in NUMBERS {
        let found = column(&profile, number.name);
        let name = number.name;
        assert_eq!(
            (&found["type"], &found["nulls"]),
            (&json!(number.kind), &json!(number.nulls)),
            "{name}"
        );
        assert_eq!(found["distinct"], number.distinct, "{name}");
        near(&found["min"], number.min, name);
        near(&found["max"], number.max, name);
        near(&found["mean"], number.mean, name);
        near(&found["std"], number.std, name);
        for (key, expected) in QUANTILES.iter().zip(number.quantiles) {
            near(&found["quantiles"][key], expected, &format!("{name} {key}"));
        }
        assert_eq!(
            found["top"][0],
            json!({ "value": number.top.0, "count": number.top.1 }),
            "{name}"
        );
    }
}

#[test]
fn the_texts_of_the_penguins_are_counted_and_missing_ones_are_no_value() {
    let terminal = Terminal::open().unwrap();
    let profile = penguins(&terminal);
    let top = |name: &str| column(&profile, name)["top"].clone();
    let counts = |pairs: &[(&str, u64)]| {
        Value::Array(
            pairs
                .iter()
                .map(|(value, count)| json!({ "value": value, "count": count }))
                .collect(),
        )
    };
    assert_eq!(
        top("species"),
        counts(&[("Adelie", 152), ("Gentoo", 124), ("Chinstrap", 68)])
    );
    assert_eq!(
        top("island"),
        counts(&[("Biscoe", 168), ("Dream", 124), ("Torgersen", 52)])
    );
    assert_eq!(top("sex"), counts(&[("male", 168), ("female", 165)]));
    let sex = column(&profile, "sex");
    assert_eq!(
        (&sex["type"], &sex["nulls"], &sex["distinct"]),
        (&json!("string"), &json!(11), &json!(2))
    );
    assert_eq!((&sex["mean"], &sex["quantiles"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_wine_has_its_semicolons_detected_and_the_digits_their_65_columns() {
    let terminal = Terminal::open().unwrap();
    let wine = terminal
        .answer(&["profile", &sample("wine_quality.csv").to_string_lossy()])
        .unwrap();
    assert_eq!(
        (&wine["rows"], wine["columns"].as_array().unwrap().len()),
        (&json!(1599), 12)
    );
    assert_eq!(column(&wine, "fixed acidity")["type"], "float");
    assert_eq!(column(&wine, "quality")["type"], "integer");
    assert!(wine["warnings"].to_string().contains("';'"), "{}", wine["warnings"]);
    let digits = terminal
        .answer(&["profile", &sample("digits.csv").to_string_lossy()])
        .unwrap();
    assert_eq!(
        (&digits["rows"], digits["columns"].as_array().unwrap().len()),
        (&json!(1797), 65)
    );
    assert_eq!(column(&digits, "digit")["distinct"], 10);
}

#[test]
fn a_file_that_changed_is_profiled_anew() {
    let terminal = Terminal::open().unwrap();
    let path = terminal.file("a.csv", "x,y\n1,a\n2,b\n").unwrap();
    assert_eq!(terminal.answer(&["profile", &path]).unwrap()["rows"], 2);
    terminal.file("a.csv", "x,y\n1,a\n2,b\n2.5,c\n").unwrap();
    let profile = terminal.answer(&["profile", &path]).unwrap();
    assert_eq!(
        (&profile["rows"], &column(&profile, "x")["type"]),
        (&json!(3), &json!("float"))
    );
}

/// A table with a column that tells the target, one that never changes, and a row that is there twice.
fn leaky() -> String {
    use std::fmt::Write as _;
    let mut text = String::from("amount,status,unit,churned\n");
    for row in 0..200_usize {
        let churned = row * 7 % 5 == 0;
        let status = if churned { "closed" } else { "open" };
        writeln!(text, "{},{status},kg,{churned}", row * 31 % 997).unwrap();
    }
    text + "0,closed,kg,true\n"
}

fn kinds(profile: &Value) -> Vec<&str> {
    let findings = profile["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn findings_have_evidence_and_a_step_and_leakage_needs_a_target() {
    let terminal = Terminal::open().unwrap();
    let path = terminal.file("leaky.csv", leaky()).unwrap();
    let alone = terminal.answer(&["profile", &path]).unwrap();
    assert_eq!(kinds(&alone), ["constant_column", "duplicate_rows"]);
    let profile = terminal.answer(&["profile", &path, "--target", "churned"]).unwrap();
    assert_eq!(kinds(&profile), ["likely_leakage", "constant_column", "duplicate_rows"]);
    let [leak, constant, rows] = &profile["findings"].as_array().unwrap()[..] else {
        panic!("{profile}")
    };
    assert_eq!(
        (&leak["severity"], &leak["columns"], &leak["fix"]),
        (
            &json!("problem"),
            &json!(["status"]),
            &json!({ "step": "drop", "column": "status" })
        )
    );
    assert_eq!(constant["evidence"], json!([{ "value": "kg", "count": 201 }]));
    assert_eq!(rows["fix"], json!({ "step": "deduplicate" }));
    assert_eq!(rows["evidence"], json!([{ "row": 200, "value": "the same as row 1" }]));
    let error = terminal
        .refused(&["profile", &path, "--target", "churn"], 2, "invalid")
        .unwrap();
    assert_eq!(error["hint"], "Did you mean 'churned'?");
}

#[test]
fn the_relations_to_a_target_name_their_tests_and_are_those_of_scipy() {
    let terminal = Terminal::open().unwrap();
    let path = sample("penguins.csv").to_string_lossy().into_owned();
    let alone = terminal.answer(&["profile", &path]).unwrap();
    assert!(alone.get("relations").is_none());
    let profile = terminal.answer(&["profile", &path, "--target", "species"]).unwrap();
    let relations = &profile["relations"];
    assert_eq!(
        (&relations["target"], &relations["target_is_class"], &relations["rows"]),
        (&json!("species"), &json!(true), &json!(344))
    );
    let of = |name: &str| {
        let all = relations["columns"].as_array().unwrap();
        all.iter().find(|relation| relation["column"] == name).unwrap()
    };
    // scipy.stats.f_oneway and chi2_contingency without Yates' correction.
    let bill = of("bill_length_mm");
    assert_eq!((&bill["test"], &bill["strength"]), (&json!("anova"), &json!("strong")));
    assert!(
        (bill["f"].as_f64().unwrap() - 410.600_255_040_507_7).abs() < 1e-6,
        "{bill}"
    );
    let island = of("island");
    assert_eq!(island["test"], "chi_squared");
    assert!(
        (island["statistic"].as_f64().unwrap() - 299.550_327_431_481_95).abs() < 1e-6,
        "{island}"
    );
    assert!(!island["cautions"].as_array().unwrap().is_empty());
}

#[test]
fn the_report_needs_nothing_but_itself() {
    let terminal = Terminal::open().unwrap();
    let path = terminal.file("leaky <b>.csv", leaky()).unwrap();
    let report = terminal.folder().join("report.html").to_string_lossy().into_owned();
    terminal.answer(&["profile", &path, "--html", &report]).unwrap();
    let page = std::fs::read_to_string(&report).unwrap();
    for mark in [
        "<script", "http://", "https://", "url(", "@import", "src=", "<link", "<b>.csv",
    ] {
        assert!(!page.contains(mark), "{mark}");
    }
    for words in [
        "leaky &lt;b&gt;.csv",
        "201",
        "prefers-color-scheme: dark",
        "<svg",
        "never changes",
        "amount",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Each opened element is closed.
    for element in ["section", "table", "svg", "figure", "dl", "ul", "div", "main"] {
        let opened = page.matches(&format!("<{element} ")).count() + page.matches(&format!("<{element}>")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}
