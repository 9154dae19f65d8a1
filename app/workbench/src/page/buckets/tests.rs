//! The page in the window: real folders and a real server, listed by the real workers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aloft_base::connection::{self, Connection, Provider, Spec};
use aloft_base::{Workspace, job};
use aloft_cloud::transfer::{Order, Place, Verb};
use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::App;
use crate::route::{BucketPlace, Route};
use crate::settings::Settings;
use crate::window_tests::{Dropped, loaded, press, wait_for, wait_until, window, window_with};

type Window = Harness<'static, Option<App>>;

/// A workspace with a connection to a folder that holds the bucket `data`.
fn connected(folder: &Path) -> (Workspace, Connection, PathBuf) {
    let root = folder.join("root");
    let bucket = root.join("data");
    std::fs::create_dir_all(bucket.join("raw/2026")).unwrap();
    std::fs::write(bucket.join("beta.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(bucket.join("Alpha.txt"), "x".repeat(3000)).unwrap();
    std::fs::write(bucket.join("raw/one.csv"), "a\n1\n").unwrap();
    std::fs::write(bucket.join("raw/2026/deep beta.csv"), "a\n1\n").unwrap();
    let workspace = Workspace::open(folder.join("w")).unwrap();
    let spec = Spec {
        root: Some(root.display().to_string()),
        ..Spec::new(Provider::Local)
    };
    let connection = connection::add(&workspace, "Lab", &spec).unwrap();
    (workspace, connection, bucket)
}

pub(super) fn at(connection: &Connection, bucket: &str, prefix: &str) -> Settings {
    Settings {
        route: Route::Buckets {
            place: Some(BucketPlace {
                connection: connection.id.clone(),
                bucket: bucket.into(),
                prefix: prefix.into(),
            }),
        },
        ..Settings::default()
    }
}

fn place(harness: &Window) -> Option<BucketPlace> {
    harness.state().as_ref().unwrap().route().place().cloned()
}

/// The rows from above to below, as a screen reader says them.
fn rows(harness: &Window) -> Vec<String> {
    let mut rows: Vec<(f32, String)> = harness
        .query_all_by_role(egui::Role::Row)
        .filter_map(|node| {
            Some((
                node.rect().top(),
                egui_kittest::kittest::NodeT::accesskit_node(&node).label()?,
            ))
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, label)| label).collect()
}

fn is_idle(harness: &Window) -> bool {
    harness.query_all_by_label_contains("listing…").next().is_none()
}

#[test]
fn without_a_connection_the_page_says_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        route: Route::Buckets { place: None },
        ..Settings::default()
    };
    let mut harness = window(folder.path(), settings);
    loaded(&mut harness);
    harness.get_by_label("No buckets are connected");
    press(&harness, "Connect a bucket…");
    harness.run_ok();
    assert!(
        harness
            .query_all_by_label_contains("Name of the connection")
            .next()
            .is_some()
    );
}

#[test]
fn one_walks_from_the_connection_into_folders_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, _, _) = connected(folder.path());
    let settings = Settings {
        route: Route::Buckets { place: None },
        ..Settings::default()
    };
    let mut harness = window(workspace.folder(), settings);
    loaded(&mut harness);
    press(&harness, "Connection Lab in the tree");
    wait_for(&mut harness, "Bucket data");
    press(&harness, "Bucket data in the tree");
    wait_for(&mut harness, "Object beta.csv");
    assert_eq!(rows(&harness), ["Folder raw", "Object Alpha.txt", "Object beta.csv"]);
    wait_for(&mut harness, "1 folder · 2 objects · 3.0 kB");
    // By keys: the first row is the folder.
    harness.key_press(Key::Home);
    harness.step();
    harness.key_press(Key::Enter);
    wait_for(&mut harness, "Object one.csv");
    assert_eq!(place(&harness).unwrap().prefix, "raw/");
    harness.key_press(Key::Backspace);
    wait_for(&mut harness, "Object Alpha.txt");
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    wait_for(&mut harness, "Object one.csv");
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    wait_for(&mut harness, "Object Alpha.txt");
}

#[test]
fn columns_sort_the_filter_narrows_and_the_search_looks_below() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, _) = connected(folder.path());
    let mut harness = window(workspace.folder(), at(&connection, "data", ""));
    loaded(&mut harness);
    wait_for(&mut harness, "Object beta.csv");
    press(&harness, "Sort by name");
    wait_until(&mut harness, "the order is turned", |harness| {
        rows(harness) == ["Folder raw", "Object beta.csv", "Object Alpha.txt"]
    });
    press(&harness, "Sort by size");
    wait_until(&mut harness, "the largest is first", |harness| {
        rows(harness) == ["Folder raw", "Object Alpha.txt", "Object beta.csv"]
    });
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.step();
    harness.step();
    harness.get_by_label("Search objects").type_text("BETA");
    wait_until(&mut harness, "the filter", |harness| {
        rows(harness) == ["Object beta.csv"]
    });
    harness.key_press(Key::Enter);
    wait_for(&mut harness, "Object raw/2026/deep beta.csv");
    wait_for(&mut harness, "2 objects");
    wait_for(&mut harness, "4 looked at");
}

#[test]
fn an_address_is_typed_and_an_object_of_it_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, bucket) = connected(folder.path());
    let mut harness = window(workspace.folder(), Settings::default());
    loaded(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    wait_for(&mut harness, "Address");
    harness.step();
    harness
        .get_by_label("Address")
        .type_text(&bucket.join("raw/one.csv").display().to_string());
    harness.step();
    harness.key_press(Key::Enter);
    wait_for(&mut harness, "1 selected");
    let here = place(&harness).unwrap();
    assert_eq!((here.connection, here.prefix), (connection.id, "raw/".to_owned()));
    // The details of the chosen object.
    wait_for(&mut harness, "Open as dataset");
    press(&harness, "Open as dataset");
    wait_until(&mut harness, "the dataset is in front", |harness| {
        harness.state().as_ref().unwrap().route().dataset().is_some()
    });
    wait_until(&mut harness, "its profile ends", |harness| {
        harness.state().as_ref().is_some_and(|app| {
            let id = &app.library().datasets()[0].id;
            app.library().job_of(id).is_none_or(|job| !job.state.is_active())
        })
    });
}

/// The order of the one transfer of a workspace.
fn order(workspace: &Workspace) -> Option<Order> {
    let jobs = job::list(workspace, 10).unwrap();
    let job = jobs.into_iter().find(|job| job.kind == job::Kind::Transfer)?;
    Some(serde_json::from_value(job.spec).unwrap())
}

/// An `aloft` that does nothing: jobs stay as they were written down.
fn idle(folder: &Path) -> PathBuf {
    crate::window_tests::program(folder, "{}")
}

#[test]
#[cfg(unix)]
fn dropped_files_are_uploaded_to_the_place_in_front() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, _) = connected(folder.path());
    let file = folder.path().join("cities.csv");
    std::fs::write(&file, "city\nOslo\n").unwrap();
    let settings = at(&connection, "data", "raw/");
    let mut harness = window_with(workspace.folder(), settings, Some(idle(folder.path())));
    loaded(&mut harness);
    wait_for(&mut harness, "Object one.csv");
    harness.input_mut().dropped_files.push(Arc::new(Dropped(file.clone())));
    wait_for(&mut harness, "Upload 1 file, 10 B");
    press(&harness, "Keep both");
    harness.run_ok();
    press(&harness, "Upload 1 file, 10 B");
    wait_until(&mut harness, "the job", |_| order(&workspace).is_some());
    let order = order(&workspace).unwrap();
    assert_eq!(order.sources, [Place::File(file)]);
    assert_eq!(order.conflict, aloft_cloud::transfer::Conflict::KeepBoth);
    assert!(order.into && order.verb == Verb::Copy);
    let target = Place::Object {
        connection: Some(connection.id),
        scheme: "file".into(),
        bucket: "data".into(),
        key: "raw/".into(),
    };
    assert_eq!(order.target, Some(target));
}

#[test]
#[cfg(unix)]
fn a_folder_is_deleted_only_after_the_word_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, _) = connected(folder.path());
    let settings = at(&connection, "data", "");
    let mut harness = window_with(workspace.folder(), settings, Some(idle(folder.path())));
    loaded(&mut harness);
    wait_for(&mut harness, "Object beta.csv");
    press(&harness, "Folder raw");
    harness.run_ok();
    harness.key_press(Key::Delete);
    wait_for(&mut harness, "2 objects, 8 B, from");
    press(&harness, "Delete");
    harness.run_ok();
    assert!(order(&workspace).is_none(), "the word was not typed");
    harness.get_by_label("Type the word delete").focus();
    harness.run_ok();
    harness.get_by_label("Type the word delete").type_text("delete");
    harness.run_ok();
    press(&harness, "Delete");
    wait_until(&mut harness, "the job", |_| order(&workspace).is_some());
    let order = order(&workspace).unwrap();
    assert!(order.verb == Verb::Delete && order.recursive && order.target.is_none());
    assert!(matches!(&order.sources[..], [Place::Object { key, .. }] if key == "raw/"));
}

#[test]
fn a_folder_is_made_and_the_list_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, bucket) = connected(folder.path());
    let mut harness = window(workspace.folder(), at(&connection, "data", ""));
    loaded(&mut harness);
    wait_for(&mut harness, "Object beta.csv");
    press(&harness, "New folder…");
    harness.run_ok();
    harness.get_by_label("Name of the folder").focus();
    harness.run_ok();
    harness.get_by_label("Name of the folder").type_text("clean");
    harness.run_ok();
    press(&harness, "Make folder");
    wait_for(&mut harness, "Folder clean");
    assert!(bucket.join("clean").is_dir());
}

#[test]
fn what_is_gone_says_so_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, bucket) = connected(folder.path());
    let mut harness = window(workspace.folder(), at(&connection, "later", ""));
    loaded(&mut harness);
    wait_for(&mut harness, "is not there");
    std::fs::create_dir(bucket.with_file_name("later")).unwrap();
    press(&harness, "Try again");
    wait_for(&mut harness, "This bucket is empty");
}

#[test]
fn ten_thousand_objects_are_chosen_by_keys_and_a_menu_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, bucket) = connected(folder.path());
    std::fs::create_dir(bucket.join("many")).unwrap();
    for nth in 0..10_000 {
        std::fs::write(bucket.join(format!("many/{nth:05}")), "x").unwrap();
    }
    let mut harness = window(workspace.folder(), at(&connection, "data", "many/"));
    loaded(&mut harness);
    wait_for(&mut harness, "10,000 objects");
    wait_until(&mut harness, "the end", is_idle);
    wait_for(&mut harness, "Table of 10,000 entries");
    assert!(rows(&harness).len() < 60, "only rows in sight are drawn");
    harness.key_press(Key::End);
    wait_for(&mut harness, "Object 09999");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    wait_for(&mut harness, "2 selected");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    wait_for(&mut harness, "10,000 selected · 10 kB");
    open_menu(&mut harness, "Object 09990");
    wait_for(&mut harness, "Move to…");
    // At the right, in the bar and in the menu: what is chosen can always be downloaded and deleted.
    for words in ["Download…", "Delete…"] {
        assert_eq!(harness.query_all_by_label(words).count(), 2, "{words}");
    }
}

#[test]
fn return_in_the_address_goes_there_and_opens_nothing_that_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, _) = connected(folder.path());
    let mut harness = window(workspace.folder(), at(&connection, "data", ""));
    loaded(&mut harness);
    wait_for(&mut harness, "Object beta.csv");
    harness.key_press(Key::End);
    wait_for(&mut harness, "1 selected");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run_ok();
    let address = harness.get_by_role_and_label(egui::Role::TextInput, "Address");
    let here = egui_kittest::kittest::NodeT::accesskit_node(&address).value().unwrap();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    harness
        .get_by_role_and_label(egui::Role::TextInput, "Address")
        .type_text(&format!("{here}raw/"));
    harness.step();
    harness.key_press(Key::Enter);
    wait_for(&mut harness, "Object one.csv");
    harness.run_ok();
    assert_eq!(place(&harness).unwrap().prefix, "raw/");
    assert!(harness.state().as_ref().unwrap().library().datasets().is_empty());
}

/// Presses the other button of the mouse on something.
fn open_menu(harness: &mut Window, label: &str) {
    let middle = harness.get_by_label(label).rect().center();
    for pressed in [true, false] {
        harness.input_mut().events.extend([
            Event::PointerMoved(middle),
            Event::PointerButton {
                pos: middle,
                button: PointerButton::Secondary,
                pressed,
                modifiers: Modifiers::NONE,
            },
        ]);
        harness.step();
    }
}

#[test]
fn the_menu_offers_only_what_the_storage_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, connection, _) = connected(folder.path());
    let mut harness = window(workspace.folder(), at(&connection, "data", ""));
    loaded(&mut harness);
    wait_for(&mut harness, "Object beta.csv");
    open_menu(&mut harness, "Object beta.csv");
    wait_for(&mut harness, "Versions");
    for (entry, can) in [("Versions", false), ("Signed link…", false), ("Rename…", true)] {
        let found: Vec<bool> = harness
            .query_all_by_label(entry)
            .map(|node| !egui_kittest::kittest::NodeT::accesskit_node(&node).is_disabled())
            .collect();
        assert!(
            !found.is_empty() && found.iter().all(|able| *able == can),
            "{entry}: {found:?}"
        );
    }
}
