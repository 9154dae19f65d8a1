//! The preview in the window: real objects, read by the real workers.

use std::path::Path;

use aloft_base::Workspace;
use aloft_base::connection::{self, Provider, Spec};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::super::tests::at;
use crate::App;
use crate::window_tests::{loaded, press, wait_for, wait_until, window};

type Window = Harness<'static, Option<App>>;

/// A window before the bucket `data` with these objects.
fn before(folder: &Path, objects: &[(&str, Vec<u8>)]) -> Window {
    let root = folder.join("root");
    std::fs::create_dir_all(root.join("data")).unwrap();
    for (name, bytes) in objects {
        std::fs::write(root.join("data").join(name), bytes).unwrap();
    }
    let workspace = Workspace::open(folder.join("w")).unwrap();
    let spec = Spec {
        root: Some(root.display().to_string()),
        ..Spec::new(Provider::Local)
    };
    let connection = connection::add(&workspace, "Lab", &spec).unwrap();
    let mut harness = window(workspace.folder(), at(&connection, "data", ""));
    loaded(&mut harness);
    harness
}

fn choose(harness: &mut Window, name: &str, shows: &str) {
    let object = format!("Object {name}");
    wait_for(harness, &object);
    press(harness, &object);
    wait_for(harness, shows);
    harness.run_ok();
}

pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(width, height, image::Rgba([200, 30, 30, 255]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn safetensors(count: usize) -> Vec<u8> {
    let entries: Vec<String> = (0..count)
        .map(|nth| {
            let (start, end) = (nth * 24, nth * 24 + 24);
            format!(r#""layer.{nth}.weight":{{"dtype":"F32","shape":[2,3],"data_offsets":[{start},{end}]}}"#)
        })
        .collect();
    let header = format!("{{{}}}", entries.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; count * 24]);
    bytes
}

#[test]
fn each_kind_of_object_shows_what_is_in_it_and_the_newest_choice_wins() {
    let folder = tempfile::tempdir().unwrap();
    let odd: Vec<u8> = (0..700_u32).map(|nth| (nth * 31 % 256) as u8).collect();
    let objects = [
        ("cities.csv", b"city,people\nOslo,717710\nBergen,291940\n".to_vec()),
        ("empty.csv", vec![]),
        ("nest.png", png(40, 20)),
        ("notes.md", "# Fjord\nblåmeis\n".as_bytes().to_vec()),
        ("odd.bin", [&[0_u8, 159, 146, 150][..], &odd].concat()),
        ("weights.safetensors", safetensors(60)),
    ];
    let mut harness = before(folder.path(), &objects);
    choose(&mut harness, "cities.csv", "CSV · 2 rows · 2 columns");
    harness.get_by_label("Read 38 B of 38 B");
    harness.get_by_label("Bergen");
    harness.get_by_label("291940");
    harness.get_by_label("integer");
    harness.get_by_label("Use in recipe");
    choose(&mut harness, "nest.png", "PNG · 40 × 20");
    assert!(
        harness.query_by_label("Bergen").is_none(),
        "what was chosen before is gone"
    );
    harness.get_by_role_and_label(egui::accesskit::Role::Image, "PNG · 40 × 20");
    assert!(
        harness.query_by_label("Use in recipe").is_none(),
        "a picture is no table"
    );
    choose(&mut harness, "notes.md", "Text · 2 lines · UTF-8");
    harness.get_by_label("blåmeis");
    choose(&mut harness, "odd.bin", "Read 704 B of 704 B");
    harness.get_by_label_contains("00000000  00 9f 92 96");
    choose(&mut harness, "empty.csv", "This object is empty");
    choose(&mut harness, "weights.safetensors", "60 tensors · 360 parameters");
    harness.get_by_label("layer.0.weight");
    harness.get_by_label("Search tensors").focus();
    harness.run_ok();
    harness.get_by_label("Search tensors").type_text("LAYER.47");
    wait_for(&mut harness, "layer.47.weight");
    wait_until(&mut harness, "the others are left out", |harness| {
        harness.query_by_label("layer.0.weight").is_none()
    });
}

#[test]
fn an_object_that_becomes_another_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = before(folder.path(), &[("a.csv", b"city\nOslo\n".to_vec())]);
    choose(&mut harness, "a.csv", "Oslo");
    std::fs::write(folder.path().join("root/data/a.csv"), "city\nTromso\nAlta\n").unwrap();
    press(&harness, "Refresh");
    wait_for(&mut harness, "Tromso");
    assert!(harness.query_by_label("Oslo").is_none());
}

#[test]
fn what_cannot_be_read_says_so_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = before(folder.path(), &[("a.csv", b"city\nOslo\n".to_vec())]);
    let path = folder.path().join("root/data/a.csv");
    wait_for(&mut harness, "Object a.csv");
    std::fs::remove_file(&path).unwrap();
    choose(&mut harness, "a.csv", "Could not read");
    std::fs::write(&path, "city\nTromso\n").unwrap();
    press(&harness, "Try again");
    wait_for(&mut harness, "Tromso");
}
