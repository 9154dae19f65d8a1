//! The data page in the window: real files, read by the real workers.

use std::path::{Path, PathBuf};

use aloft_base::Workspace;
use aloft_base::dataset;
use egui_kittest::kittest::Queryable;

use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, wait_for, wait_until, window};

/// A workspace with a file that was opened, and the route to it.
fn opened(folder: &Path, text: &str) -> (Workspace, PathBuf, String, Settings) {
    let workspace = Workspace::open(folder.join("workspace")).unwrap();
    let path = folder.join("prices.csv");
    std::fs::write(&path, text).unwrap();
    let source = aloft_data::detect(&path).unwrap().source;
    let key = source.key().unwrap();
    let row = dataset::open(&workspace, &path, &serde_json::to_value(&source).unwrap(), &key).unwrap();
    let settings = Settings {
        route: Route::Data {
            dataset: Some(row.id.clone()),
        },
        ..Settings::default()
    };
    (workspace, path, row.id, settings)
}

#[test]
fn rows_come_at_once_and_profiles_as_they_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, path, id, settings) = opened(folder.path(), "name;price\nbread;2,5\nmilk;1,25\n");
    let mut harness = window(workspace.folder(), settings);
    loaded(&mut harness);
    wait_for(&mut harness, "milk");
    harness.get_by_label("Row 2");
    harness.get_by_label("price");
    wait_for(&mut harness, "Profiled 0 of 2 columns");
    wait_for(&mut harness, "Values are separated by ';'");

    let source = aloft_data::detect(&path).unwrap().source;
    let cache = workspace.dataset_cache(&source.key().unwrap());
    let profile = aloft_data::profile(&source, &cache, &mut |_| aloft_data::Flow::Continue).unwrap();
    let first = serde_json::to_value(&profile.columns[0]).unwrap();
    dataset::set_profiles(&workspace, &id, &[(0, first)]).unwrap();
    wait_for(&mut harness, "Profiled 1 of 2 columns");
    let second = serde_json::to_value(&profile.columns[1]).unwrap();
    dataset::set_profiles(&workspace, &id, &[(1, second)]).unwrap();
    dataset::set_rows(&workspace, &id, 2).unwrap();
    dataset::set_profiled(&workspace, &id, 2, &["The column 'price' is odd.".to_owned()]).unwrap();
    wait_for(&mut harness, "The column 'price' is odd.");
    wait_until(&mut harness, "the profile is whole", |harness| {
        harness.query_all_by_label_contains("Profiled").next().is_none()
    });
    assert!(harness.query_all_by_label("2 rows × 2 columns").next().is_some());
}

#[test]
fn a_file_that_was_deleted_says_so_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, path, _, settings) = opened(folder.path(), "name,price\nbread,2.5\nmilk,1.25\n");
    let kept = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut harness = window(workspace.folder(), settings);
    loaded(&mut harness);
    wait_for(&mut harness, "This file cannot be read now");
    wait_for(&mut harness, "Check the path");
    std::fs::write(&path, kept).unwrap();
    harness.get_by_label("Try again").click();
    // It has another time of change now, so it counts as changed: one more press examines it anew.
    wait_for(&mut harness, "has changed since it was opened");
    harness.get_by_label("Try again").click();
    wait_for(&mut harness, "milk");
}

#[test]
fn how_a_file_is_read_is_shown_with_its_reasons_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, path, id, settings) = opened(folder.path(), "day;n\n01/02/2024;1\n03/04/2024;2\n");
    let mut harness = window(workspace.folder(), settings);
    loaded(&mut harness);
    wait_for(&mut harness, "03/04/2024");
    harness.get_by_label("Reading").click();
    wait_for(&mut harness, "Each of the first 3 rows has 2 values with it.");
    wait_for(&mut harness, "day and month cannot be told apart");
    harness.get_by_label("Values").click();
    wait_until(&mut harness, "the names became a row", |harness| {
        harness
            .query_all_by_label_contains("day  ·  01/02/2024")
            .next()
            .is_some()
    });
    // It may stand below what is in sight.
    harness.get_by_label("Read it so").click_accesskit();
    wait_until(&mut harness, "the choice is kept", |_| {
        let row = dataset::get(&workspace, &id).unwrap();
        row.source["csv"]["has_header"] == false
    });
    let said = dataset::said_reading(&workspace, &path).unwrap().unwrap();
    assert_eq!((&said["has_header"], &said["delimiter"]), (&false.into(), &";".into()));
    // Whoever opens the file again reads it so.
    let detected = aloft_data::detect(&path).unwrap().as_said(Some(said));
    assert!(!detected.source.csv.unwrap().has_header);
}
