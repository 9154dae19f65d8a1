//! Connected storage: folders of this machine with what a bucket may hold, and pictures of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aloft_base::Workspace;
use aloft_base::connection::{self, Provider, SignIn, Spec};
use aloft_workbench::command::{Ask, Selected};
use aloft_workbench::route::{BucketPlace, Route};
use anyhow::Result;
use egui::{HoveredFile, Key, Modifiers};

use crate::scenes::Scenes;

/// The workspace with connections, and the id of the one that is there.
pub(crate) struct Stored {
    folder: PathBuf,
    lab: String,
    gone: String,
    guarded: String,
    /// Files of this machine that could be uploaded.
    files: PathBuf,
}

/// Fills a folder with buckets and connects it.
pub(crate) fn plant(folder: &Path, root: &Path) -> Result<Stored> {
    let workspace = Workspace::open(folder)?;
    let raw = root.join("field-data/raw");
    for place in ["raw/2024", "raw/2025", "raw/2026/spring", "models", "empty", "photos"] {
        std::fs::create_dir_all(root.join("field-data").join(place))?;
    }
    std::fs::create_dir_all(root.join("archive"))?;
    std::fs::create_dir_all(root.join("many/sensor"))?;
    let write = |name: &str, bytes: usize| std::fs::write(raw.join(name), vec![b'7'; bytes]);
    write("penguins.csv", 13_478)?;
    write("penguins.parquet", 8_204)?;
    write("wine quality, red and white.csv", 264_426)?;
    write("events-2026-11-24.jsonl.gz", 1_804_222)?;
    write("species.safetensors", 41_300)?;
    write("nest 0417.jpg", 622_301)?;
    write("README.md", 812)?;
    let long = "measurements-of-all-stations-in-the-northern-fjords-by-hour-and-depth-with-corrections-of-2026.parquet";
    write(long, 5_120_000)?;
    write("odd\nname\twith controls.txt", 12)?;
    write("blåmeis – märz.csv", 912)?;
    for nth in 0..10_000 {
        std::fs::write(root.join(format!("many/sensor/reading-{nth:05}.csv")), "1\n")?;
    }
    crate::previewed::plant(&root.join("field-data/samples"))?;
    let local = |root: &Path| Spec {
        root: Some(root.display().to_string()),
        ..Spec::new(Provider::Local)
    };
    let lab = connection::add(&workspace, "Lab storage", &local(root))?.id;
    let gone = connection::add(&workspace, "Unplugged disk", &local(&root.join("unplugged")))?.id;
    let cloud = Spec {
        region: Some("eu-north-1".to_owned()),
        ..Spec::new(Provider::S3)
    };
    connection::add(&workspace, "Station of the university, read only", &cloud)?;
    let role = Spec {
        sign_in: SignIn::Role {
            role_arn: "arn:aws:iam::123456789012:role/field-data".to_owned(),
            profile: None,
            external_id: None,
            mfa_serial: Some("arn:aws:iam::123456789012:mfa/phone".to_owned()),
        },
        ..Spec::new(Provider::S3)
    };
    let guarded = connection::add(&workspace, "Guarded by a device", &role)?.id;
    Ok(Stored {
        folder: folder.to_owned(),
        lab,
        gone,
        guarded,
        files: root.join("field-data/raw"),
    })
}

pub(crate) fn scenes(scenes: &mut Scenes, empty: &Path, stored: &Stored) {
    let place = |connection: &str, bucket: &str, prefix: &str| BucketPlace {
        connection: connection.to_owned(),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
    };
    let at = |place: &BucketPlace| Route::Buckets {
        place: Some(place.clone()),
    };
    let raw = place(&stored.lab, "field-data", "raw/");
    let folder = &stored.folder;
    let all = Route::Buckets { place: None };
    scenes.add("buckets-empty", empty, all.clone(), &["No buckets are connected"]);
    scenes.add("buckets-connections", folder, all, &["Lab storage", "Unplugged disk"]);
    let buckets = at(&place(&stored.lab, "", ""));
    scenes.add("buckets-list", folder, buckets, &["Bucket field-data", "3 buckets"]);
    scenes.with(
        "buckets-objects",
        folder,
        at(&raw),
        &["Object penguins.csv", "1 selected", "Open as dataset"],
        |stage| {
            stage.wait_for("Object penguins.csv", Duration::from_secs(10))?;
            stage.click("Object penguins.csv")?;
            stage.wait_for("text/csv", Duration::from_secs(10))
        },
    );
    let samples = at(&place(&stored.lab, "field-data", "samples/"));
    crate::previewed::scenes(scenes, folder, &samples);
    let bucket = at(&place(&stored.lab, "field-data", ""));
    scenes.add("buckets-bucket", folder, bucket, &["Folder raw", "Find orphaned parts"]);
    let many = at(&place(&stored.lab, "many", "sensor/"));
    scenes.with("buckets-many", folder, many, &["10,000 selected"], |stage| {
        stage.wait_for("Table of 10,000 entries", Duration::from_secs(20))?;
        stage.press_key(Modifiers::COMMAND, Key::A);
        Ok(())
    });
    let nothing = at(&place(&stored.lab, "field-data", "empty/"));
    scenes.add("buckets-nothing", folder, nothing, &["This folder is empty"]);
    let gone = at(&place(&stored.gone, "", ""));
    scenes.add("buckets-gone", folder, gone, &["Try again"]);
    let connection = stored.guarded.clone();
    scenes.with(
        "buckets-sign-in",
        folder,
        at(&raw),
        &["Code of the device"],
        move |stage| {
            stage.wait_for("Object penguins.csv", Duration::from_secs(10))?;
            stage.send(Ask::SignIn {
                connection: connection.clone(),
            })
        },
    );
    scenes.with(
        "buckets-dropping",
        folder,
        at(&raw),
        &["Object penguins.csv"],
        |stage| {
            let file = |name: &str| HoveredFile {
                path: Some(name.into()),
                ..HoveredFile::default()
            };
            stage.hover_files(vec![file("/data/a.csv"), file("/data/b.csv")]);
            Ok(())
        },
    );
    let (paths, to) = (vec![stored.files.clone()], raw.clone());
    scenes.with("buckets-upload", folder, at(&raw), &["Upload 10 files"], move |stage| {
        stage.wait_for("Object penguins.csv", Duration::from_secs(10))?;
        stage.send(Ask::Upload {
            paths: paths.clone(),
            to: to.clone(),
        })
    });
    let selected = Selected {
        place: raw.clone(),
        objects: vec!["raw/penguins.csv".to_owned()],
        folders: vec!["raw/2026/".to_owned()],
        bytes: 13_478,
    };
    scenes.with(
        "buckets-delete",
        folder,
        at(&raw),
        &["Type the word delete"],
        move |stage| {
            stage.wait_for("Object penguins.csv", Duration::from_secs(10))?;
            stage.send(Ask::DeleteObjects(selected.clone()))
        },
    );
}
