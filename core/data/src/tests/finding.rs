//! What is found in small tables in which one thing is wrong, and that nothing is found in those where nothing is.

use std::fmt::Write;

use super::files::Files;
use crate::{ColumnType, Evidence, Finding, FindingKind, Fix, Scalar, Severity, find};

/// What is found in a CSV file.
fn found(csv: &str, target: Option<&str>) -> Vec<Finding> {
    let files = Files::new();
    let source = files.source("f.csv", csv);
    let profile = files.profile(&source);
    find(&source, &files.cache(&source), &profile, target).unwrap().findings
}

fn only(findings: &[Finding], kind: FindingKind) -> &Finding {
    let mut of_kind = findings.iter().filter(|finding| finding.kind == kind);
    let first = of_kind
        .next()
        .unwrap_or_else(|| panic!("no {kind:?} among {findings:#?}"));
    assert!(of_kind.next().is_none(), "more than one {kind:?}");
    first
}

/// 400 rows: a number, a class that depends on nothing, and what `more` makes of the row.
fn table(header: &str, more: impl Fn(u64, bool) -> String) -> String {
    let mut random = aloft_base::random::Generator::new(9);
    let mut csv = format!("x,class,{header}\n");
    for row in 0..400 {
        let class = random.below(3) == 0;
        let name = if class { "yes" } else { "no" };
        writeln!(csv, "{:.3},{name},{}", random.normal(), more(row, class)).unwrap();
    }
    csv
}

fn column(name: &str) -> Fix {
    Fix::Drop {
        column: name.to_owned(),
    }
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let csv = table("n", |row, _| (row * row % 97).to_string());
    assert_eq!(found(&csv, Some("class")), []);
}

#[test]
fn columns_that_say_nothing_are_told() {
    let csv = table("one,id,gone,half", |row, _| {
        let half = if row % 3 == 0 {
            format!("{}", row % 10)
        } else {
            String::new()
        };
        format!("same,u{row:05},,{half}")
    });
    let findings = found(&csv, None);
    let one = only(&findings, FindingKind::ConstantColumn);
    assert_eq!(
        (&one.columns, &one.fix),
        (&vec!["one".to_owned()], &Some(column("one")))
    );
    assert_eq!(one.evidence, [Evidence::value("same", 400)]);
    assert_eq!(only(&findings, FindingKind::IdLike).columns, ["id"]);
    assert_eq!(only(&findings, FindingKind::EmptyColumn).columns, ["gone"]);
    let half = only(&findings, FindingKind::MostlyMissing);
    assert_eq!(half.evidence[0].count, Some(266));
}

#[test]
fn a_value_that_is_nearly_always_there_is_told_with_the_others() {
    let csv = table("flag", |row, _| if row == 7 { "b" } else { "a" }.to_owned());
    let findings = found(&csv, None);
    let flag = only(&findings, FindingKind::NearConstantColumn);
    assert_eq!(flag.evidence, [Evidence::value("a", 399), Evidence::value("b", 1)]);
}

#[test]
fn rows_that_repeat_are_counted_and_shown() {
    let mut csv = table("n", |row, _| row.to_string());
    let again: Vec<String> = csv.lines().skip(1).take(8).map(str::to_owned).collect();
    csv += &again.join("\n");
    let findings = found(&csv, None);
    let rows = only(&findings, FindingKind::DuplicateRows);
    assert_eq!(
        (rows.severity, rows.fix.clone()),
        (Severity::Warning, Some(Fix::Deduplicate))
    );
    assert_eq!(rows.message, "8 rows are the same as one before.");
    assert_eq!(rows.evidence[0].row, Some(400));
    assert_eq!(rows.evidence[0].value.as_deref(), Some("the same as row 1"));
}

#[test]
fn numbers_in_columns_of_text_are_told_and_codes_are_left_alone() {
    let csv = table("price,mixed,zip", |row, _| {
        let price = if row == 11 {
            "on request".to_owned()
        } else {
            format!("\"1,{:03}\"", row + 100)
        };
        let mixed = if row % 2 == 0 {
            "n/a?".to_owned()
        } else {
            row.to_string()
        };
        // One letter makes them text.
        let zip = if row == 0 {
            "0123A".to_owned()
        } else {
            format!("0{row:04}")
        };
        format!("{price},{mixed},{zip}")
    });
    let findings = found(&csv, None);
    let price = only(&findings, FindingKind::NumbersAsText);
    assert_eq!(price.columns, ["price"]);
    assert_eq!(
        (price.evidence[0].row, price.evidence[0].value.as_deref()),
        (Some(11), Some("on request"))
    );
    let to = ColumnType::Float;
    assert_eq!(
        price.fix,
        Some(Fix::Cast {
            column: "price".to_owned(),
            to
        })
    );
    assert_eq!(only(&findings, FindingKind::MixedTypes).columns, ["mixed"]);
}

#[test]
fn columns_that_go_together_are_told() {
    let csv = table("cm,inch,a,b", |row, _| {
        let (cm, five, seven) = (row % 83, row % 5, row % 7);
        let gaps = if row % 9 == 0 {
            ",".to_owned()
        } else {
            format!("{five},{seven}")
        };
        format!("{cm},{:.2},{gaps}", cm as f64 / 2.54)
    });
    let findings = found(&csv, None);
    let pair = only(&findings, FindingKind::CorrelatedColumns);
    assert_eq!(
        (&pair.columns[..], pair.severity),
        (&["cm".to_owned(), "inch".to_owned()][..], Severity::Warning)
    );
    assert!(pair.evidence[0].figure.unwrap() > 0.999);
    let together = only(&findings, FindingKind::MissingTogether);
    assert_eq!(together.columns, ["a", "b"]);
    let rows: Vec<Option<u64>> = together.evidence.iter().map(|evidence| evidence.row).collect();
    assert_eq!(rows, [0, 9, 18, 27, 36].map(Some));
}

#[test]
fn a_column_that_gives_the_target_away_is_found_and_one_that_only_helps_is_not() {
    let csv = table("leak,number_leak,helps,refunded", |row, class| {
        let leak = if class { "approved" } else { "denied" };
        let number = if class { 500 + row % 90 } else { 100 + row % 90 };
        // Right in four of five.
        let helps = if class == (row % 5 == 0) { "q" } else { "p" };
        // Another day each time, and only in rows of one class.
        let refunded = if class {
            format!("20{:02}-{:02}-{:02}", 10 + row / 28 % 14, 1 + row % 12, 1 + row % 28)
        } else {
            String::new()
        };
        format!("{leak},{number},{helps},{refunded}")
    });
    let findings = found(&csv, Some("class"));
    let leaks: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::LikelyLeakage)
        .map(|finding| finding.columns[0].as_str())
        .collect();
    assert_eq!(leaks, ["leak", "refunded", "number_leak"]);
    assert_eq!(findings[0].severity, Severity::Problem);
    assert_eq!(findings[0].evidence[0].figure, Some(1.0));
}

#[test]
fn a_number_is_given_away_too() {
    let mut random = aloft_base::random::Generator::new(2);
    let mut csv = String::from("area,price,tax\n");
    for _ in 0..300 {
        let (area, noise) = (random.uniform() * 100.0, random.normal());
        let price = area * 10.0 + noise * 300.0;
        writeln!(csv, "{area:.2},{price:.2},{:.2}", price * 0.19).unwrap();
    }
    let findings = found(&csv, Some("price"));
    assert_eq!(only(&findings, FindingKind::LikelyLeakage).columns, ["tax"]);
}

#[test]
fn rare_classes_of_the_target_are_told() {
    let csv = table("fraud", |row, _| if row % 57 == 0 { "1" } else { "0" }.to_owned());
    let findings = found(&csv, Some("fraud"));
    let rare = only(&findings, FindingKind::ClassImbalance);
    assert_eq!(rare.evidence, [Evidence::value("0", 392), Evidence::value("1", 8)]);
    let of_another = found(&csv, Some("class"));
    assert!(
        of_another
            .iter()
            .all(|finding| finding.kind != FindingKind::ClassImbalance),
        "{of_another:?}"
    );
}

#[test]
fn gaps_that_are_written_as_values_are_told() {
    let csv = table("age,visits,city", |row, _| {
        let age = if row % 20 == 0 { -999 } else { 20 + row as i64 % 60 };
        let visits = if row % 10 == 3 { -1 } else { row as i64 % 70 };
        let city = if row % 8 == 0 { "?" } else { "Rome" };
        format!("{age},{visits},{city}")
    });
    let findings = found(&csv, None);
    let gaps: Vec<(&str, &Fix)> = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::DisguisedMissing)
        .map(|finding| (finding.columns[0].as_str(), finding.fix.as_ref().unwrap()))
        .collect();
    let missing = |column: &str, value: Scalar| Fix::MakeMissing {
        column: column.to_owned(),
        value,
    };
    assert_eq!(
        gaps,
        [
            ("age", &missing("age", Scalar::Integer(-999))),
            ("visits", &missing("visits", Scalar::Integer(-1))),
            ("city", &missing("city", Scalar::Text("?".to_owned()))),
        ]
    );
}

#[test]
fn one_word_in_several_spellings_is_told() {
    let csv = table("sex", |row, _| {
        ["male", "Male", "female", " male"][row as usize % 4].to_owned()
    });
    let findings = found(&csv, None);
    let sex = only(&findings, FindingKind::Spellings);
    assert_eq!(
        sex.evidence,
        [
            Evidence::value(" male", 100),
            Evidence::value("Male", 100),
            Evidence::value("male", 100)
        ]
    );
}

#[test]
fn a_time_that_is_later_than_another_is_told_when_something_is_to_be_predicted() {
    let csv = table("opened,closed,other", |row, _| {
        let day = 1 + row % 20;
        format!(
            "2024-03-{day:02},2024-03-{:02} 12:00:00,2024-03-{:02}",
            day + row % 5,
            1 + row * 7 % 28
        )
    });
    let findings = found(&csv, Some("class"));
    let later = only(&findings, FindingKind::LaterTime);
    assert_eq!(
        (&later.columns[0], &later.columns[1]),
        (&"closed".to_owned(), &"opened".to_owned())
    );
    assert_eq!(later.fix, Some(column("closed")));
    assert!(
        found(&csv, None)
            .iter()
            .all(|finding| finding.kind != FindingKind::LaterTime)
    );
}

#[test]
fn an_unknown_target_is_an_error_that_names_the_columns() {
    let files = Files::new();
    let source = files.source("f.csv", "a,b\n1,2\n");
    let profile = files.profile(&source);
    let error = find(&source, &files.cache(&source), &profile, Some("c")).unwrap_err();
    assert_eq!(error.to_string(), "There is no column 'c'");
}
