//! The figures of columns. Those of the sample data were computed by pandas 3.

use std::fmt::Write;

use ColumnType::{Boolean, Date, Datetime, Float, Integer, Time};

use super::files::{Files, column, rows, sample, top};
use crate::{
    CalendarUnit, ColumnProfile, ColumnType, DataError, Flow, Histogram, Profile, ProfileEvent, Quantiles, Scalar,
    Table, build_index, detect, profile,
};

fn near(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs(),
        "{found} is not {expected}"
    );
}

fn quantiles(column: &ColumnProfile) -> [f64; 5] {
    let Quantiles {
        p05,
        p25,
        p50,
        p75,
        p95,
    } = column.quantiles.unwrap();
    [p05, p25, p50, p75, p95]
}

#[test]
fn penguins_as_pandas_has_them() {
    let files = Files::new();
    let source = detect(&sample("penguins.csv")).unwrap().source;
    let profile = files.profile(&source);
    assert_eq!((profile.rows, profile.columns.len()), (344, 8));
    assert_eq!(profile.warnings, [""; 0]);
    let species = column(&profile, "species");
    assert_eq!(
        (species.kind, species.nulls, species.distinct),
        (ColumnType::String, 0, 3)
    );
    assert_eq!(top(species), [("Adelie", 152), ("Gentoo", 124), ("Chinstrap", 68)]);
    assert_eq!(species.min, Some(Scalar::Text("Adelie".to_owned())));
    assert_eq!((species.mean, species.std, species.quantiles), (None, None, None));
    let bill = column(&profile, "bill_length_mm");
    assert_eq!((bill.kind, bill.nulls, bill.distinct), (ColumnType::Float, 2, 164));
    assert_eq!(
        (bill.min.clone(), bill.max.clone()),
        (Some(Scalar::Float(32.1)), Some(Scalar::Float(59.6)))
    );
    near(bill.mean, 43.921_929_824_561_4);
    near(bill.std, 5.459_583_713_926_531_5);
    for (found, expected) in quantiles(bill).into_iter().zip([35.7, 39.225, 44.45, 48.5, 51.995]) {
        near(Some(found), expected);
    }
    assert_eq!(top(bill)[..3], [("41.1", 7), ("45.2", 6), ("37.8", 5)]);
    let mass = column(&profile, "body_mass_g");
    assert_eq!((mass.kind, mass.nulls, mass.distinct), (ColumnType::Integer, 2, 94));
    assert_eq!(
        (mass.min.clone(), mass.max.clone()),
        (Some(Scalar::Integer(2700)), Some(Scalar::Integer(6300)))
    );
    near(mass.mean, 4_201.754_385_964_912);
    near(mass.std, 801.954_535_698_095_5);
    assert_eq!(quantiles(mass), [3150.0, 3550.0, 4050.0, 4750.0, 5650.0]);
    let histogram = mass.histogram.as_ref().unwrap();
    assert_eq!(histogram.counts.iter().sum::<u64>(), 342);
    assert_eq!((histogram.edges[0], *histogram.edges.last().unwrap()), (2700.0, 6300.0));
    assert!(histogram.counts.len() <= 24);
    let sex = column(&profile, "sex");
    assert_eq!((sex.nulls, sex.distinct), (11, 2));
    assert_eq!(top(sex), [("male", 168), ("female", 165)]);
    let year = column(&profile, "year");
    near(year.std, 0.818_355_925_483_704_1);
    let by_year = Histogram {
        edges: vec![2006.5, 2007.5, 2008.5, 2009.5],
        counts: vec![110, 114, 120],
    };
    assert_eq!(year.histogram, Some(by_year));
}

#[test]
fn wine_as_pandas_has_it() {
    let files = Files::new();
    let profile = files.profile(&detect(&sample("wine_quality.csv")).unwrap().source);
    assert_eq!(profile.rows, 1599);
    let sulfur = column(&profile, "total sulfur dioxide");
    assert_eq!(sulfur.distinct, 144);
    near(sulfur.mean, 46.467_792_370_231_39);
    near(sulfur.std, 32.895_324_478_299_074);
    near(Some(quantiles(sulfur)[4]), 112.099_999_999_999_91);
    assert_eq!(top(sulfur)[0], ("28", 43));
    let density = column(&profile, "density");
    assert_eq!(density.distinct, 436);
    near(density.std, 0.001_887_333_953_842_554);
    assert_eq!(
        top(column(&profile, "quality"))[..3],
        [("5", 681), ("6", 638), ("7", 199)]
    );
}

#[test]
fn every_type_of_text_is_found_and_measured() {
    let files = Files::new();
    let csv = "i,f,b,s,d,t,c,n\n\
        3,0.5,true,x,2024-02-29,2024-02-29T12:00:00Z,08:30,\n\
        -1,inf,False,y,2023-01-01,2023-01-01 00:00:00.250,23:59:59,NA\n\
        3,2.5,TRUE,,2024-02-29,2024-03-01,,null\n";
    let profile = files.profile(&files.source("t.csv", csv));
    let kinds: Vec<ColumnType> = profile.columns.iter().map(|column| column.kind).collect();
    let text = ColumnType::String;
    assert_eq!(kinds, [Integer, Float, Boolean, text, Date, Datetime, Time, text]);
    let [i, f, b, s, d, t, c, n] = &profile.columns[..] else {
        panic!()
    };
    assert_eq!((i.distinct, top(i)), (2, vec![("3", 2), ("-1", 1)]));
    assert_eq!(
        (f.infinite, f.distinct, f.mean, f.max.clone()),
        (1, 3, Some(1.5), Some(Scalar::Float(2.5)))
    );
    assert_eq!(
        (b.distinct, top(b), b.min.clone()),
        (2, vec![("true", 2), ("false", 1)], Some(Scalar::Boolean(false)))
    );
    assert_eq!((s.nulls, s.distinct), (1, 2));
    assert_eq!(top(d), [("2024-02-29", 2), ("2023-01-01", 1)]);
    assert_eq!(t.min, Some(Scalar::Text("2023-01-01 00:00:00.25".to_owned())));
    assert_eq!(t.max, Some(Scalar::Text("2024-03-01 00:00:00".to_owned())));
    assert_eq!(c.max, Some(Scalar::Text("23:59:59".to_owned())));
    let edges = &d.histogram.as_ref().unwrap().edges;
    assert_eq!((edges[0], *edges.last().unwrap()), (1_672_531_200.0, 1_709_164_800.0));
    assert_eq!((n.nulls, n.distinct, n.min.clone(), top(n)), (3, 0, None, vec![]));
    assert_eq!(
        profile.warnings,
        ["The column 'f' has 1 infinite value, which its figures leave out."]
    );
}

#[test]
fn ragged_rows_are_counted_with_their_first_line() {
    let files = Files::new();
    let source = files.source("r.csv", "a,b\n\"1\n1\",2\n3\n4,5,6\n7,8,9\n");
    let profile = files.profile(&source);
    assert_eq!(profile.rows, 4);
    assert_eq!(
        profile.warnings,
        [
            "2 rows have more than 2 values, first on line 5; what is too much is ignored.",
            "1 row has fewer than 2 values, first on line 4; the others are taken as missing.",
        ]
    );
    assert_eq!(profile.columns[1].nulls, 1);
}

#[test]
fn a_few_bad_values_are_named_with_their_row() {
    let files = Files::new();
    let mut csv = String::from("x,y\n");
    for row in 1..=10_000 {
        let x = if [17, 400, 9000].contains(&row) {
            "abc".to_owned()
        } else {
            row.to_string()
        };
        writeln!(csv, "{x},{}", if row % 2 == 0 { "text" } else { "1" }).unwrap();
    }
    let profile = files.profile(&files.source("b.csv", csv));
    assert_eq!(profile.columns[0].kind, ColumnType::String);
    let warned = "The column 'x' is read as text: 3 of 10,000 values are not numbers, first at row 17: 'abc'.";
    assert_eq!(
        profile.warnings,
        [warned],
        "half of the values of y are text, so y is text"
    );
}

#[test]
fn quoted_words_for_missing_follow_the_type_of_the_column() {
    let files = Files::new();
    let profile = files.profile(&files.source("q.csv", "n,s\n\"1\",\"NA\"\n\"\",\"\"\n\"NA\",x\n\"4\",NA\n"));
    let [n, s] = &profile.columns[..] else { panic!() };
    assert_eq!((n.kind, n.nulls, n.mean), (ColumnType::Integer, 2, Some(2.5)));
    assert_eq!(
        (s.kind, s.nulls, top(s)),
        (ColumnType::String, 1, vec![("", 1), ("NA", 1), ("x", 1)])
    );
}

#[test]
fn numbers_too_large_and_dates_that_are_unclear_stay_text_and_are_told() {
    let files = Files::new();
    let csv = "big,date\n12345678901234567890,01/02/2024\n1,03/04/2024\n";
    let profile = files.profile(&files.source("l.csv", csv));
    assert!(profile.columns.iter().all(|column| column.kind == ColumnType::String));
    assert_eq!(profile.warnings.len(), 2);
    assert!(profile.warnings[0].contains("'big' holds whole numbers too large"));
    assert!(profile.warnings[1].contains("'date' holds dates in which day and month"));
}

#[test]
fn extreme_numbers_give_finite_figures_or_none() {
    let files = Files::new();
    let profile = files.profile(&files.source(
        "e.csv",
        "x,y,z\n1e308,5,1e15\n1e308,5,1e15\n-1e308,5,1000000000000001\n",
    ));
    let [x, y, z] = &profile.columns[..] else { panic!() };
    assert!(x.mean.is_none_or(f64::is_finite));
    assert!(x.histogram.as_ref().unwrap().edges.iter().all(|edge| edge.is_finite()));
    assert_eq!((y.std, y.distinct), (Some(0.0), 1));
    assert_eq!(
        y.histogram,
        Some(Histogram {
            edges: vec![4.5, 5.5],
            counts: vec![3]
        })
    );
    near(z.std, (1.0_f64 / 3.0).sqrt());
    let one = files.profile(&files.source("o.csv", "x\n1.5\n"));
    assert_eq!((one.columns[0].mean, one.columns[0].std), (Some(1.5), None));
}

#[test]
fn events_come_in_order_and_can_stop_it() {
    let files = Files::new();
    let source = files.source("e.csv", "a,b,c\n1,2,3\n4,5,6\n");
    let (mut rows, mut seen, mut last) = (vec![], vec![], 0.0);
    let whole = profile(&source, &files.cache(&source), &mut |event| {
        match event {
            ProfileEvent::Rows(count) => rows.push(count),
            ProfileEvent::Column {
                position,
                total,
                profile,
            } => seen.push((position, total, profile.name.clone())),
            ProfileEvent::Progress { fraction, what } => {
                assert!(
                    (last..=1.0).contains(&fraction) && !what.is_empty(),
                    "{fraction} after {last}"
                );
                last = fraction;
            }
        }
        Flow::Continue
    })
    .unwrap();
    assert_eq!(rows.last(), Some(&2));
    assert_eq!(
        seen,
        [(0, 3, "a".to_owned()), (1, 3, "b".to_owned()), (2, 3, "c".to_owned())]
    );
    assert_eq!(last, 1.0);
    let stopped = profile(&source, &files.cache(&source), &mut |event| match event {
        ProfileEvent::Column { position: 1, .. } => Flow::Stop,
        _ => Flow::Continue,
    });
    assert!(matches!(stopped, Err(DataError::Stopped)));
    assert_eq!(files.profile(&source), whole, "the second time from the kept survey");
}

#[test]
fn the_json_has_the_names_of_the_contract() {
    let files = Files::new();
    let profile = files.profile(&files.source("j.csv", "a\n1\n2\n"));
    let json = serde_json::to_value(&profile).unwrap();
    let column = &json["columns"][0];
    assert_eq!(json["rows"], 2);
    assert_eq!(column["type"], "integer");
    assert_eq!(column["min"], 1);
    assert_eq!(column["quantiles"]["0.25"], 1.25);
    assert_eq!(column["top"][0]["value"], "1");
    assert_eq!(serde_json::from_value::<Profile>(json).unwrap(), profile);
}

#[test]
fn bad_lines_of_json_are_counted_and_the_rest_read() {
    let files = Files::new();
    let lines = "{\"a\": 1}\n{\"a\": 2,}\n\nnonsense\n{\"a\": NaN}\n{\"a\": -Infinity}\n";
    let source = files.source("b.jsonl", lines);
    let profile = files.profile(&source);
    let a = &profile.columns[0];
    assert_eq!(
        (profile.rows, a.nulls, a.nan, a.infinite, a.kind),
        (5, 2, 1, 1, ColumnType::Float)
    );
    assert_eq!(
        profile.warnings[0],
        "2 rows have no valid JSON object, first on line 2; all of their values are taken as missing."
    );
    let shown = rows(&mut files.pages(&source));
    assert_eq!(shown, [["1"], ["∅"], ["∅"], ["NaN"], ["-Infinity"]]);
}

#[test]
fn the_figures_do_not_depend_on_where_blocks_end() {
    let files = Files::new();
    let mut csv = String::from("id,group,x\n");
    let mut sum = 0.0;
    for row in 0..250_000_u32 {
        let x = f64::from(row * 7919 % 10_007) / 8.0;
        sum += x;
        writeln!(csv, "{row},\"g {}\n\",{x}", row % 13).unwrap();
    }
    let source = files.source("m.csv", &csv);
    assert!(csv.len() > 4 << 20, "more than one block");
    let profile = files.profile(&source);
    assert_eq!(profile.rows, 250_000);
    assert_eq!(
        (profile.columns[0].distinct, profile.columns[0].max.clone()),
        (250_000, Some(Scalar::Integer(249_999)))
    );
    let group = &profile.columns[1];
    assert_eq!(group.distinct, 13);
    assert_eq!(group.top.len(), 10);
    assert_eq!(top(group)[0], ("g 0\n", 19_231));
    assert_eq!(profile.columns[2].distinct, 10_007);
    near(profile.columns[2].mean, sum / 250_000.0);
}

/// A table of more than one block whose columns look like something else in the first one.
fn surprising() -> String {
    let mut csv = String::from("to_float,late,dates,to_text,too_large,to_time,one_word,stays,words\n");
    for row in 0..120_000_u32 {
        let is_late = row >= 110_000;
        let choose = |early: String, late: &str| if is_late { late.to_owned() } else { early };
        let fields = [
            choose(row.to_string(), "0.5"),
            choose(String::new(), "7"),
            choose(format!("0{}/0{}/2024", 1 + row % 9, 1 + row % 7), "31/12/2024"),
            choose("true".to_owned(), "perhaps"),
            choose((row % 50).to_string(), "123456789012345678901"),
            choose("2024-01-05".to_owned(), "2024-01-06 10:30"),
            if row == 119_999 {
                "oops".to_owned()
            } else {
                row.to_string()
            },
            format!("{}.25", row % 1000),
            choose(format!("\"say \"\"{}\"\"\"", row % 3), "plain"),
        ];
        writeln!(csv, "{}", fields.join(",")).unwrap();
    }
    assert!(csv.len() > 5 << 20, "more than one block");
    csv
}

#[test]
fn columns_that_turn_out_otherwise_are_measured_as_what_they_are() {
    let files = Files::new();
    let source = files.source("s.csv", surprising());
    let at_once = files.profile(&source);
    let kinds: Vec<ColumnType> = at_once.columns.iter().map(|column| column.kind).collect();
    let text = ColumnType::String;
    assert_eq!(kinds, [Float, Integer, Date, text, text, Datetime, text, Float, text]);
    // The other way: the types first, and then the values as what they are.
    let surveyed = tempfile::tempdir().unwrap();
    Table::load(&source, surveyed.path(), Some(&[])).unwrap();
    let after = profile(&source, surveyed.path(), &mut |_| Flow::Continue).unwrap();
    assert_eq!(at_once, after);
    let to_float = column(&at_once, "to_float");
    assert_eq!(
        (to_float.distinct, to_float.max.clone()),
        (110_001, Some(Scalar::Float(109_999.0)))
    );
    near(to_float.mean, (109_999.0 * 110_000.0 / 2.0 + 5000.0) / 120_000.0);
    let late = column(&at_once, "late");
    assert_eq!(
        (late.nulls, late.distinct, top(late)),
        (110_000, 1, vec![("7", 10_000)])
    );
    assert_eq!(column(&at_once, "dates").distinct, 64);
    assert_eq!(
        top(column(&at_once, "to_text")),
        [("true", 110_000), ("perhaps", 10_000)]
    );
    assert_eq!(top(column(&at_once, "words"))[0], ("say \"0\"", 36_667));
    let warned =
        "The column 'one_word' is read as text: 1 of 120,000 values is not a number, first at row 120,000: 'oops'.";
    assert!(
        at_once.warnings.iter().any(|warning| warning == warned),
        "{:?}",
        at_once.warnings
    );
}

#[test]
fn the_index_of_rows_is_that_of_a_reading_of_its_own() {
    let files = Files::new();
    let source = files.source("s.csv", surprising());
    files.profile(&source);
    let alone = tempfile::tempdir().unwrap();
    build_index(&source, alone.path(), &mut |_| Flow::Continue).unwrap();
    let read = |folder: &std::path::Path| std::fs::read(folder.join("rows.idx")).unwrap();
    assert_eq!(read(&files.cache(&source)), read(alone.path()));
}

#[test]
fn what_is_approximate_says_so_and_is_close_and_what_is_exact_stays_so() {
    let files = Files::new();
    // Many columns leave little room for each.
    let mut csv = String::from("unique,rising,few,code");
    for number in 0..2000 {
        write!(csv, ",c{number}").unwrap();
    }
    csv.push('\n');
    let zeros = ",0".repeat(2000);
    for row in 0..12_000_u32 {
        let unique = row.wrapping_mul(2_654_435_761);
        writeln!(csv, "{unique},{row},{},k{unique:08x}{zeros}", row % 7).unwrap();
    }
    let profile = files.profile(&files.source("w.csv", csv));
    let [unique, rising, few, code] = &profile.columns[..4] else {
        panic!()
    };
    let about = |found: u64| (11_600..=12_000).contains(&found);
    let approximate = unique.approximate.unwrap();
    assert!(approximate.distinct && approximate.quantiles && approximate.top && about(unique.distinct));
    assert_eq!(unique.top, [], "none is frequent");
    let [.., p75, _] = quantiles(unique);
    assert!((p75 / f64::from(u32::MAX) - 0.75).abs() < 0.01, "{p75}");
    assert_eq!(unique.histogram.as_ref().unwrap().counts.iter().sum::<u64>(), 12_000);
    // What only goes up is all different.
    assert_eq!((rising.distinct, rising.approximate.unwrap().distinct), (12_000, false));
    assert_eq!((few.distinct, few.approximate, top(few)[0]), (7, None, ("0", 1715)));
    assert!(code.approximate.unwrap().distinct && about(code.distinct));
    let text = code.text.as_ref().unwrap();
    assert_eq!((text.shortest, text.longest, text.empty), (9, 9, 0));
    let json = serde_json::to_value(&profile).unwrap();
    assert_eq!(json["columns"][0]["approximate"]["distinct"], true);
    assert!(json["columns"][2].get("approximate").is_none());
    assert_eq!(serde_json::from_value::<Profile>(json).unwrap(), profile);
}

#[test]
fn repeated_rows_are_the_same_for_text_and_parquet() {
    let files = Files::new();
    let csv = "a,b\n1,x\n2,y\n1,x\n,\n2,x\n,\n1,x\n";
    let of_text = files.profile(&files.source("r.csv", csv)).repeats.unwrap();
    assert_eq!((of_text.rows, of_text.examples), (3, vec![[2, 0], [5, 3]]));
    let mut frame = polars::df!("a" => [Some(1), Some(2), Some(1), None, Some(2), None, Some(1)],
        "b" => [Some("x"), Some("y"), Some("x"), None, Some("x"), None, Some("x")])
    .unwrap();
    let path = files.path("r.parquet");
    polars::prelude::ParquetWriter::new(std::fs::File::create(&path).unwrap())
        .finish(&mut frame)
        .unwrap();
    let of_parquet = files.profile(&detect(&path).unwrap().source).repeats.unwrap();
    assert_eq!((of_parquet.rows, of_parquet.examples), (3, vec![[2, 0], [5, 3]]));
}

#[test]
fn shapes_lengths_tails_and_calendars_are_told() {
    let files = Files::new();
    let csv = "s,n,d\nAb-12,-1,2024-01-31\n\"\",0,2024-03-01\nCd-3,0,2024-03-02\nÉé-77,100,2024-05-01\n";
    let profile = files.profile(&files.source("x.csv", csv));
    let text = profile.columns[0].text.as_ref().unwrap();
    assert_eq!(
        (text.shortest, text.longest, text.empty, text.mean_length),
        (0, 5, 1, 3.5)
    );
    let shapes: Vec<(&str, u64)> = text
        .shapes
        .iter()
        .map(|shape| (&shape.value[..], shape.count))
        .collect();
    assert_eq!(shapes, [("Aa-9", 3), ("", 1)]);
    let n = &profile.columns[1];
    assert_eq!((n.zeros, n.negatives, n.outliers), (Some(2), Some(1), Some(1)));
    // pandas.Series([-1, 0, 0, 100]): skew and kurt.
    near(n.skew, 1.999_469_095_582_980_4);
    near(n.kurtosis, 3.998_246_039_464_753);
    let calendar = profile.columns[2].calendar.as_ref().unwrap();
    assert_eq!(calendar.unit, CalendarUnit::Month);
    let months: Vec<(&str, u64)> = calendar
        .counts
        .iter()
        .map(|part| (&part.value[..], part.count))
        .collect();
    assert_eq!(
        months,
        [
            ("2024-01", 1),
            ("2024-02", 0),
            ("2024-03", 2),
            ("2024-04", 0),
            ("2024-05", 1)
        ]
    );
}
