//! Which tables are measured on? Written once into `target/bench-data`, the same bytes each time.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use aloft_base::random::Generator;
use aloft_tests::program::output_folder;
use anyhow::{Result, ensure};

use crate::figures::say;

/// Whether the rig is only to be tried, with small tables; then the figures mean nothing.
pub(crate) fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// Rows of the table of one gigabyte.
pub(crate) fn large_rows() -> usize {
    if is_quick() { 200_000 } else { 5_000_000 }
}

/// Rows of the table of 150 megabytes.
pub(crate) fn medium_rows() -> usize {
    if is_quick() { 50_000 } else { 750_000 }
}

const CITIES: [&str; 8] = [
    "Amsterdam",
    "Bogotá",
    "Chengdu",
    "Dakar",
    "Edinburgh",
    "Fukuoka",
    "Graz",
    "Hyderabad",
];
const WHO: [&str; 6] = [
    "observation",
    "measurement",
    "estimate",
    "reading",
    "correction",
    "reference value",
];
const WHAT: [&str; 6] = [
    "of the long-running series",
    "of the new station",
    "taken by hand",
    "of the second sensor",
    "made after the repair",
    "from the archive of the year before",
];
const HOW: [&str; 4] = [
    "reviewed and kept as it was read the first time",
    "not reviewed, please compare with its neighbours on both sides",
    "\"uncertain\", says the log, so use it with care",
    "reviewed twice and kept both times after all",
];

/// The first cell of a row, by which a row is found on the screen.
pub(crate) fn row_name(row: usize) -> String {
    format!("row-{row:07}")
}

/// The table of five million rows and one gigabyte.
pub(crate) fn large_csv() -> Result<PathBuf> {
    let path = table(large_rows())?;
    let bytes = path.metadata()?.len();
    ensure!(
        is_quick() || (1_000_000_000..1_200_000_000).contains(&bytes),
        "{} has {bytes} bytes",
        path.display()
    );
    Ok(path)
}

/// The table of 750,000 rows and 150 megabytes.
pub(crate) fn medium_csv() -> Result<PathBuf> {
    table(medium_rows())
}

/// The same table with so many rows.
pub(crate) fn csv_of(rows: usize) -> Result<PathBuf> {
    table(if is_quick() { rows / 100 } else { rows })
}

/// The cities in it, each in one of eight rows.
pub(crate) fn cities() -> [&'static str; 8] {
    CITIES
}

/// Rows of the table of twenty columns.
pub(crate) fn wide_rows() -> usize {
    if is_quick() { 100_000 } else { 4_500_000 }
}

/// A CSV file of twenty columns and one gigabyte: ids that count up and that repeat, whole numbers of few and of many
/// different values, numbers of every spread with gaps, true or false, words of few and of many kinds, days, times,
/// codes that are all different, and sentences.
pub(crate) fn wide_csv() -> Result<PathBuf> {
    let rows = wide_rows();
    let path = output_folder("bench-data")?.join(format!("wide-{rows}.csv"));
    if path.is_file() {
        return Ok(path);
    }
    say(&format!("Writing {}, once", path.display()))?;
    let partial = path.with_extension("partial");
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&partial)?);
    writeln!(
        file,
        "id,user,age,quantity,stock,price,discount,latitude,longitude,x,y,score,is_new,country,city,category,day,at,\
         code,note"
    )?;
    let mut random = Generator::new(2);
    let mut line = String::with_capacity(512);
    for row in 0..rows {
        line.clear();
        write_wide_row(&mut line, &mut random, row)?;
        file.write_all(line.as_bytes())?;
    }
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    std::fs::rename(&partial, &path)?;
    Ok(path)
}

fn write_wide_row(line: &mut String, random: &mut Generator, row: usize) -> Result<()> {
    write!(line, "{},{}", 1_000_000 + row, random.below(500_000))?;
    // One in fifty is missing.
    if random.below(50) == 0 {
        line.push(',');
    } else {
        write!(line, ",{}", 16 + random.below(80))?;
    }
    write!(
        line,
        ",{},{},{:.2},0.{:03},{:.6},{:.6}",
        (random.uniform() * random.uniform() * 20.0) as u64,
        random.below(101_000) as i64 - 1000,
        (random.normal() * 0.8 + 3.5).exp(),
        random.below(400),
        48.0 + 6.0 * random.normal(),
        9.0 + 12.0 * random.normal()
    )?;
    for spread in [1.0, 100.0] {
        if random.below(50) == 0 {
            line.push(',');
        } else {
            write!(line, ",{:.9}", spread * random.normal())?;
        }
    }
    write!(line, ",{},{}", random.uniform(), random.below(10) < 3)?;
    let country = (random.uniform() * random.uniform() * 200.0) as u64;
    write!(line, ",C{country:03},{} {}", pick(random, &CITIES), random.below(20))?;
    write!(line, ",{}", if random.below(20) == 0 { "" } else { pick(random, &WHO) })?;
    let day = random.below(1500);
    write!(
        line,
        ",20{:02}-{:02}-{:02}",
        20 + day / 336,
        1 + day / 28 % 12,
        1 + day % 28
    )?;
    let second = row / 2;
    let (month, date) = (1 + second / 2_419_200 % 12, 1 + second / 86_400 % 28);
    let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
    write!(
        line,
        ",2025-{month:02}-{date:02}T{hour:02}:{minute:02}:{:02}",
        second % 60
    )?;
    let (who, how) = (pick(random, &WHO), pick(random, &WHAT));
    writeln!(line, ",{:016x},{who} {how}", random.next_u64())?;
    Ok(())
}

/// A CSV file of twelve columns: an id that names the row, a time, words, whole numbers, numbers with gaps, a code
/// that is nearly always different, true or false, and a quoted text.
fn table(rows: usize) -> Result<PathBuf> {
    let path = output_folder("bench-data")?.join(format!("mixed-{rows}.csv"));
    if path.is_file() {
        return Ok(path);
    }
    say(&format!("Writing {}, once", path.display()))?;
    let partial = path.with_extension("partial");
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&partial)?);
    writeln!(file, "id,at,city,grade,count,price,x,y,z,is_new,code,note")?;
    let mut random = Generator::new(1);
    let mut line = String::with_capacity(256);
    for row in 0..rows {
        line.clear();
        let (day, hour, minute, second) = (1 + row / 200_000 % 28, row / 7200 % 24, row / 120 % 60, row % 60);
        let city = pick(&mut random, &CITIES);
        let (grade, count) = (1 + random.below(5), random.below(100_000));
        write!(
            line,
            "{},2025-03-{day:02}T{hour:02}:{minute:02}:{second:02},{city},{grade},{count},{:.2}",
            row_name(row),
            (random.normal() * 0.5 + 4.0).exp()
        )?;
        for _ in 0..3 {
            // One in fifty is missing.
            if random.below(50) == 0 {
                line.push(',');
            } else {
                write!(line, ",{:.9}", random.normal())?;
            }
        }
        let (is_new, code) = (random.below(3) == 0, random.next_u64());
        let (who, what, how) = (
            pick(&mut random, &WHO),
            pick(&mut random, &WHAT),
            pick(&mut random, &HOW),
        );
        let how = how.replace('"', "\"\"");
        writeln!(line, ",{is_new},{code:016x},\"{who} {what}, {how}\"")?;
        file.write_all(line.as_bytes())?;
    }
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    std::fs::rename(&partial, &path)?;
    Ok(path)
}

fn pick(random: &mut Generator, words: &[&'static str]) -> &'static str {
    words[random.below(words.len() as u64) as usize]
}
