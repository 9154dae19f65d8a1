//! A table with everything that is awkward to show, and the scenes that show it: 500 columns, long
//! names, emoji, right-to-left, cells of 2,000 characters, nothing at all, huge and tiny numbers,
//! days before 1970, JSON, lists of numbers, pictures.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use aloft_tests::stage::Stage;
use aloft_workbench::route::Route;
use anyhow::{Context as _, Result};
use egui::{Event, Key, Modifiers, PointerButton};

use crate::scenes::Scenes;
use crate::seeds::{Seeds, profile};

const COLUMNS: usize = 500;
const ROWS: usize = 240;
const NAMES: [&str; 13] = [
    "identifier",
    "tiny",
    "essay",
    "nothing",
    "born",
    "meta",
    "embedding",
    "picture",
    "gaps",
    "kind",
    "🦜 emoji and a name that goes on for much longer than any header is wide, as names of answers to a survey do",
    "اسم العمود",
    "code",
];

/// Writes the table and its pictures and profiles it.
pub(crate) fn plant(workspace: &Path, folder: &Path) -> Result<String> {
    std::fs::create_dir_all(folder)?;
    picture(&folder.join("leaf.png"))?;
    let path = folder.join("awkward.csv");
    std::fs::write(&path, csv()?)?;
    profile(workspace, &path)
}

fn csv() -> Result<String> {
    let more = (NAMES.len()..COLUMNS).map(|at| format!("answer to question {at} of the second wave (weighted)"));
    let names = NAMES.iter().map(|name| (*name).to_owned()).chain(more);
    let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    let mut text = names.join(",");
    text.push('\n');
    for row in 0..ROWS {
        let cells: Vec<String> = (0..COLUMNS).map(|column| cell(row, column)).collect();
        writeln!(text, "{}", cells.join(","))?;
    }
    Ok(text)
}

fn cell(row: usize, column: usize) -> String {
    let chance = |many: usize| row.wrapping_mul(2_654_435_761).wrapping_add(column * 40_503) / 7 % many;
    match column {
        0 => format!("{}", 9_007_199_254_740_993_u64 + row as u64 * 1_000_000_007),
        1 => format!("{}e-{}", 1 + chance(9), 290 + chance(17)),
        2 => {
            let line = format!("Line {row}: the quick brown fox jumps over the lazy dog; ");
            format!("\"{}\n{}\"", line.repeat(12), line.repeat(24))
        }
        3 => String::new(),
        4 => format!(
            "{:04}-{:02}-{:02}",
            1890 + row * 80 / ROWS,
            1 + chance(12),
            1 + chance(28)
        ),
        5 => format!(
            "\"{{\"\"name\"\": \"\"ID {row}\"\", \"\"tags\"\": [\"\"a\"\", \"\"b\"\"], \"\"deep\"\": {{\"\"at\"\": [{row}, null, true], \
             \"\"none\"\": {{}}}}}}\""
        ),
        6 => {
            let wave = (0..96).map(|at| format!("{:.4}", ((row + at) as f64 / 9.0).sin() * (1.0 + at as f64 / 40.0)));
            format!("\"[{}]\"", wave.collect::<Vec<_>>().join(", "))
        }
        7 => "leaf.png".to_owned(),
        8 => match row % 4 {
            0 => "NaN".to_owned(),
            1 => String::new(),
            _ => format!("{}.5", chance(90)),
        },
        9 => ["owl", "heron", "\"\"", "sandpiper"][row % 4].to_owned(),
        10 => ["🦜🦜", "👩‍👩‍👧‍👦 family", "naïve café", "数字 ✓"][chance(4)].to_owned(),
        11 => ["مرحبا بالعالم", "שלום עולם", "سلام"][chance(3)].to_owned(),
        12 => format!("{}-{:03}", ["AB", "Cd", "x"][chance(3)], chance(1000)),
        _ => format!(
            "{:.2}",
            (row * 37 + column * 17) as f64 % 400.0 / 10.0 + (row % 4) as f64
        ),
    }
}

/// A picture of a few colours.
fn picture(path: &Path) -> Result<()> {
    let image = image::RgbaImage::from_fn(240, 160, |x, y| {
        let inside = (i64::from(x) - 120).pow(2) / 4 + (i64::from(y) - 80).pow(2) < 3600;
        image::Rgba(if inside {
            [60, 150 + (x / 4) as u8, 80, 255]
        } else {
            [230, 225, (y + 60) as u8, 255]
        })
    });
    image.save(path)?;
    Ok(())
}

pub(crate) fn scenes(scenes: &mut Scenes, seeds: &Seeds) {
    let at = || Route::Data {
        dataset: Some(seeds.ugly.clone()),
    };
    scenes.with(
        "data-ugly",
        &seeds.odd,
        at(),
        &["240 rows × 500 columns", "identifier"],
        |stage| {
            stage.allow_any_script();
            Ok(())
        },
    );
    scenes.with(
        "data-ugly-text",
        &seeds.odd,
        at(),
        &["essay, row 1", "characters", "Copy"],
        |stage| cell_of(stage, "essay"),
    );
    scenes.with("data-ugly-json", &seeds.odd, at(), &["meta, row 1", "tags"], |stage| {
        cell_of(stage, "meta")
    });
    scenes.with(
        "data-ugly-numbers",
        &seeds.odd,
        at(),
        &["embedding, row 1", "Values in order"],
        |stage| cell_of(stage, "embedding"),
    );
    scenes.with("data-ugly-picture", &seeds.odd, at(), &["240 × 160 pixels"], |stage| {
        cell_of(stage, "picture")
    });
    scenes.with(
        "data-ugly-columns",
        &seeds.odd,
        at(),
        &["Show essay", "Reset layout"],
        |stage| {
            stage.allow_any_script();
            stage.click("Columns")?;
            stage.rest(Duration::from_secs(1));
            stage.click("Freeze kind")?;
            stage.rest(Duration::from_secs(1));
            Ok(())
        },
    );
    scenes.with(
        "data-ugly-dates",
        &seeds.odd,
        at(),
        &["Rows by decade", "Distribution"],
        |stage| column(stage, "born"),
    );
    scenes.with("data-ugly-shapes", &seeds.odd, at(), &["Shapes", "A-9"], |stage| {
        column(stage, "code")
    });
    let penguins = || Route::Data {
        dataset: Some(seeds.rich.penguins.clone()),
    };
    scenes.with(
        "data-column",
        &seeds.rich.folder,
        penguins(),
        &["Distribution", "No outliers", "Relation to the target"],
        |stage| column(stage, "flipper_length_mm"),
    );
    scenes.with(
        "data-column-relation",
        &seeds.rich.folder,
        penguins(),
        &["One-way ANOVA", "Medium effect", "Compare with"],
        |stage| {
            column(stage, "flipper_length_mm")?;
            stage.click("Relation to the target")?;
            stage.rest(Duration::from_secs(1));
            stage.click("Compare with")?;
            stage.rest(Duration::from_secs(1));
            // Its column is out of sight, so the only one of that name is in the list.
            stage.click("sex")?;
            stage.wait_for("One-way ANOVA", Duration::from_secs(10))
        },
    );
    scenes.with(
        "data-column-menu",
        &seeds.rich.folder,
        penguins(),
        &["Freeze at the left", "Sort ascending"],
        |stage| {
            stage.wait_for("Row 1", Duration::from_secs(20))?;
            let place = stage.place_of("island").context("there is no column of islands")?;
            stage.hover(place);
            for pressed in [true, false] {
                stage.event(Event::PointerButton {
                    pos: place,
                    button: PointerButton::Secondary,
                    pressed,
                    modifiers: Modifiers::NONE,
                });
            }
            stage.rest(Duration::from_secs(1));
            Ok(())
        },
    );
}

/// Goes to a column and opens its side panel.
fn column(stage: &mut Stage, name: &str) -> Result<()> {
    go(stage, name)?;
    let head = stage
        .place_of(name)
        .with_context(|| format!("there is no column {name}"))?;
    // On its name, above what its card draws.
    stage.click_at(head - egui::vec2(0.0, 28.0));
    stage.rest(Duration::from_secs(1));
    Ok(())
}

/// Shows the cell of the first row of a column at length.
fn cell_of(stage: &mut Stage, name: &str) -> Result<()> {
    go(stage, name)?;
    stage.press_key(Modifiers::NONE, Key::Space);
    stage.rest(Duration::from_secs(2));
    Ok(())
}

/// Goes to a column by its name.
fn go(stage: &mut Stage, name: &str) -> Result<()> {
    stage.allow_any_script();
    stage.wait_for("Row 1", Duration::from_secs(20))?;
    stage.click("Go to row or column")?;
    stage.event(Event::Text(name.to_owned()));
    stage.press_key(Modifiers::NONE, Key::Enter);
    stage.rest(Duration::from_secs(1));
    Ok(())
}
