//! Objects of every kind that can be looked into, and pictures of what is seen.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use aloft_workbench::route::Route;
use anyhow::Result;
use image::{ImageFormat, Rgb, RgbImage};
use polars::prelude::{IntoColumn, NamedFrom, ParquetWriter, Series, df};

use crate::scenes::Scenes;

/// Puts the objects into a folder.
pub(crate) fn plant(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    let mut csv = "station,measured_at,depth_m,temperature_c,salinity,remark\n".to_owned();
    for row in 0..20_000_u32 {
        let depth = row % 40 * 5;
        let remark = ["", "calm", "after the storm, sensor cleaned", "blåmeis på bøyen"][row as usize % 4];
        writeln!(
            csv,
            "fjord-{:02},2026-03-{:02}T{:02}:00:00,{depth},{:.2},{:.1},\"{remark}\"",
            row % 17,
            row % 28 + 1,
            row % 24,
            4.0 + f64::from(depth % 70) / 9.0,
            33.0 + f64::from(row % 19) / 10.0,
        )?;
    }
    write("stations.csv", csv.as_bytes())?;
    write("stations.parquet", &parquet()?)?;
    write("wide.parquet", &wide()?)?;
    write("nest 0417.png", &picture()?)?;
    write("species.safetensors", &tensors())?;
    let odd: Vec<u8> = (0..90_000_u32)
        .map(|nth| (nth.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    write("sensor.bin", &odd)?;
    let log: Vec<String> = (0..900)
        .map(|nth| {
            format!(
                "2026-11-24T09:{:02}:{:02}Z\tbuoy {}\tdepth reached, returning with {} samples",
                nth / 60 % 60,
                nth % 60,
                nth % 7,
                nth % 13
            )
        })
        .collect();
    write("buoys.log", log.join("\n").as_bytes())?;
    write("nothing.csv", &[])?;
    Ok(())
}

fn parquet() -> Result<Vec<u8>> {
    let rows = 30_000_i64;
    let station: Vec<String> = (0..rows).map(|row| format!("fjord-{:02}", row % 17)).collect();
    let depth: Vec<i64> = (0..rows).map(|row| row % 40 * 5).collect();
    let temperature: Vec<Option<f64>> = (0..rows)
        .map(|row| (row % 11 != 3).then_some(4.0 + (row % 70) as f64 / 9.0))
        .collect();
    let is_calm: Vec<bool> = (0..rows).map(|row| row % 3 == 0).collect();
    let mut frame =
        df!("station" => station, "depth_m" => depth, "temperature_c" => temperature, "is_calm" => is_calm)?;
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes)
        .with_row_group_size(Some(8_000))
        .finish(&mut frame)?;
    Ok(bytes)
}

fn wide() -> Result<Vec<u8>> {
    let columns = (0..300)
        .map(|nth| {
            let values: Vec<f64> = (0..50).map(|row| f64::from(row * nth) / 7.0).collect();
            Series::new(format!("band_{nth:03}").into(), values).into_column()
        })
        .collect();
    let mut frame = polars::prelude::DataFrame::new(50, columns)?;
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes).finish(&mut frame)?;
    Ok(bytes)
}

fn picture() -> Result<Vec<u8>> {
    let picture = RgbImage::from_fn(1600, 1000, |x, y| {
        let (fx, fy) = (f64::from(x) / 1600.0, f64::from(y) / 1000.0);
        let hill = 0.55 + 0.12 * (fx * 9.0).sin() + 0.05 * (fx * 31.0).cos();
        if fy > hill {
            Rgb([(40.0 + 40.0 * fy) as u8, (90.0 + 60.0 * fx) as u8, 70])
        } else {
            Rgb([(120.0 + 90.0 * fy) as u8, (160.0 + 60.0 * fy) as u8, 225])
        }
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn tensors() -> Vec<u8> {
    let mut header = serde_json::Map::new();
    header.insert(
        "__metadata__".to_owned(),
        serde_json::json!({"format": "pt", "trained_on": "nest boxes, spring of 2026"}),
    );
    let mut end = 0;
    for layer in 0..24 {
        for (part, shape) in [
            ("attention.query.weight", vec![64, 64]),
            ("attention.query.bias", vec![64]),
            ("mlp.up.weight", vec![256, 64]),
        ] {
            let bytes = shape.iter().product::<usize>() * 2;
            header.insert(
                format!("encoder.layer.{layer}.{part}"),
                serde_json::json!({"dtype": "BF16", "shape": shape, "data_offsets": [end, end + bytes]}),
            );
            end += bytes;
        }
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + end, 0);
    bytes
}

/// Each object chosen in the folder that `route` shows.
pub(crate) fn scenes(scenes: &mut Scenes, workspace: &Path, route: &Route) {
    let all: [(&'static str, &'static str, &'static [&'static str]); 8] = [
        ("buckets-preview-csv", "stations.csv", &["6 columns", "Use in recipe"]),
        (
            "buckets-preview-parquet",
            "stations.parquet",
            &["3 row groups", "missing"],
        ),
        ("buckets-preview-wide", "wide.parquet", &["300 columns"]),
        ("buckets-preview-picture", "nest 0417.png", &["PNG · 1,600 × 1,000"]),
        ("buckets-preview-tensors", "species.safetensors", &["72 tensors"]),
        ("buckets-preview-bytes", "sensor.bin", &["00000000"]),
        ("buckets-preview-text", "buoys.log", &["Text · "]),
        ("buckets-preview-empty", "nothing.csv", &["This object is empty"]),
    ];
    for (name, object, shows) in all {
        let object = format!("Object {object}");
        scenes.with(name, workspace, route.clone(), shows, move |stage| {
            stage.wait_for(&object, Duration::from_secs(10))?;
            stage.click(&object)
        });
    }
}
