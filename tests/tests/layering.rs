//! Do the crates keep to the arrows of the design, and the sources to the rules of the house?

use std::path::{Path, PathBuf};
use std::process::Command;

use aloft_tests::program::repository;
use serde_json::Value;

/// What each crate may use of the others.
const ARROWS: [(&str, &[&str]); 9] = [
    ("aloft-base", &[]),
    ("aloft-data", &["aloft-base"]),
    ("aloft-train", &["aloft-base", "aloft-data"]),
    ("aloft-serve", &["aloft-base", "aloft-data", "aloft-train"]),
    ("aloft-cloud", &["aloft-base", "aloft-data", "aloft-rigs"]),
    (
        "aloft",
        &["aloft-base", "aloft-cloud", "aloft-data", "aloft-train", "aloft-serve"],
    ),
    (
        "aloft-workbench",
        &["aloft-base", "aloft-cloud", "aloft-data", "aloft-train", "aloft-serve"],
    ),
    ("aloft-rigs", &[]),
    (
        "aloft-tests",
        &[
            "aloft-base",
            "aloft-cloud",
            "aloft-data",
            "aloft-rigs",
            "aloft-train",
            "aloft-serve",
            "aloft-workbench",
        ],
    ),
];

/// Names that only these crates may depend on. The tests may use all.
const OWNERS: [(&str, &[&str]); 17] = [
    ("axum", &["aloft-serve"]),
    // One of them answers requests, the other one asks.
    ("hyper", &["aloft-cloud", "aloft-serve"]),
    ("tokio", &["aloft-cloud", "aloft-serve"]),
    ("ureq", &["aloft-serve"]),
    ("object_store", &["aloft-cloud"]),
    ("aws", &["aloft-cloud"]),
    ("polars", &["aloft-data"]),
    ("candle", &["aloft-train"]),
    ("rusqlite", &["aloft-base"]),
    ("keyring", &["aloft-base"]),
    ("zbus", &["aloft-base"]),
    ("egui", &["aloft-workbench"]),
    ("eframe", &["aloft-workbench"]),
    ("epaint", &["aloft-workbench"]),
    ("rfd", &["aloft-workbench"]),
    ("winit", &["aloft-workbench"]),
    ("clap", &["aloft"]),
];

/// Packages that would make the window need GTK, `WebKit` or `OpenSSL` from the system.
const UNWANTED: [&str; 5] = ["gtk-sys", "gtk3-sys", "webkit2gtk-sys", "gdk-sys", "openssl-sys"];

/// How long a file may get. It asks to be split long before, at about 400; `.ci/run` lists those over 500.
const MOST_LINES: usize = 700;

/// What a program prints, run at the top of the checkout.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(repository()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn packages() -> Vec<Value> {
    let arguments = [
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--locked",
        "--offline",
    ];
    let metadata: Value = serde_json::from_str(&printed(env!("CARGO"), &arguments)).unwrap_or_default();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    assert!(!packages.is_empty(), "cargo metadata names no packages");
    packages
}

/// The files of the checkout that are, or would be, under version control.
fn files() -> Vec<PathBuf> {
    let names = printed("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let names = names.split('\0').filter(|name| !name.is_empty());
    let mut files: Vec<PathBuf> = names.map(|name| repository().join(name)).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files.dedup();
    assert!(files.len() > 30, "only {} files found", files.len());
    files
}

fn rust_files() -> impl Iterator<Item = (PathBuf, String)> {
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files().into_iter().filter(is_rust).map(|path| {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, text)
    })
}

fn within(path: &Path, part: &str) -> bool {
    path.strip_prefix(repository())
        .is_ok_and(|inside| inside.starts_with(part))
}

/// Each line that breaks a rule, as `file:line: text`.
fn offences(path: &Path, text: &str, is_offence: impl Fn(&str) -> bool) -> Vec<String> {
    let inside = path.strip_prefix(repository()).unwrap_or(path).display().to_string();
    text.lines()
        .enumerate()
        .filter(|(_, line)| is_offence(line))
        .map(|(number, line)| format!("{inside}:{}: {}", number + 1, line.trim()))
        .collect()
}

fn none(offences: &[String], rule: &str) {
    assert!(offences.is_empty(), "{rule}\n{}", offences.join("\n"));
}

#[test]
fn arrows_point_downwards_and_each_engine_has_one_owner() {
    let mut wrong = Vec::new();
    let packages = packages();
    assert_eq!(packages.len(), ARROWS.len(), "a crate is missing from the arrows");
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = ARROWS.iter().find(|(own, _)| *own == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if (used == "aloft" || used.starts_with("aloft-")) && !allowed.contains(&used) {
                wrong.push(format!("{name} -> {used}"));
            }
            let owner = OWNERS
                .iter()
                .find(|(engine, _)| used == *engine || used.starts_with(&format!("{engine}-")));
            let is_kit = used == "egui_plot" || used == "egui_extras" || used == "egui_kittest";
            let kit: &[&str] = &["aloft-workbench"];
            let owners = owner.map(|(_, owners)| *owners).or(is_kit.then_some(kit));
            if owners.is_some_and(|owners| !owners.contains(&name) && name != "aloft-tests") {
                wrong.push(format!("{name} -> {used}"));
            }
        }
    }
    none(&wrong, "These dependencies break the layers of the house:");
}

#[test]
fn every_crate_takes_the_lints_of_the_house() {
    for package in packages() {
        let manifest = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} has no [lints] workspace = true",
            package["name"]
        );
    }
}

#[test]
fn the_window_needs_no_gtk_webkit_or_openssl() {
    let lock = std::fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"rfd\""));
    for name in UNWANTED {
        assert!(!lock.contains(&format!("name = \"{name}\"")), "{name} is in Cargo.lock");
    }
}

#[test]
fn colours_have_their_home_in_the_theme() {
    let is_colour = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.match_indices("Color32::").any(|(at, name)| {
            let rest = &code[at + name.len()..];
            // Nothing at all, and the conversions between forms of a colour that is already one.
            let allowed = ["TRANSPARENT", "PLACEHOLDER", "from_rgba_premultiplied(0, 0, 0, 0)"];
            let makes = rest.starts_with("from_") || rest.starts_with(|first: char| first.is_ascii_uppercase());
            makes && !allowed.iter().any(|word| rest.starts_with(word))
        }) || code.contains("hex_color!")
            || code.contains("Rgba::from_")
    };
    assert!(is_colour("let a = Color32::from_rgb(1, 2, 3);") && is_colour("Color32::RED"));
    assert!(!is_colour("Color32::TRANSPARENT") && !is_colour("fn paint(colour: Color32) {"));
    let found: Vec<String> = rust_files()
        .filter(|(path, _)| within(path, "app/workbench/src") && !within(path, "app/workbench/src/theme"))
        .flat_map(|(path, text)| offences(&path, &text, is_colour))
        .collect();
    none(&found, "Colours come from the theme's tokens:");
}

#[test]
fn files_stay_short_enough_to_answer_one_question() {
    let found: Vec<String> = rust_files()
        .filter(|(path, _)| within(path, "core") || within(path, "app") || within(path, "tests"))
        // A file of tests answers many small questions, one a test.
        .filter(|(path, _)| !path.ends_with("tests.rs"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    none(&found, "These files ask to be split:");
}

#[test]
fn no_test_is_switched_off_and_no_stub_is_left() {
    // Written in two parts, so that this file does not find itself.
    let words = [
        ["#[ign", "ore"],
        ["todo", "!("],
        ["unimplemented", "!("],
        ["FIX", "ME"],
        ["TO", "DO:"],
    ]
    .map(|w| w.concat());
    let found: Vec<String> = rust_files()
        .flat_map(|(path, text)| {
            offences(&path, &text, |line| {
                words.iter().any(|word| line.contains(word.as_str()))
            })
        })
        .collect();
    none(&found, "Stubs, and tests that never run:");
}

#[test]
fn nothing_names_a_secret_or_a_folder_of_somebodys_machine() {
    let key = ["BEGIN OPENSSH PRIV", "ATE KEY"].concat();
    let own_home = std::env::var("HOME").unwrap_or_default();
    let mut folders = vec![
        ["/ro", "ot/"].concat(),
        ["/wo", "rk/"].concat(),
        ["/Us", "ers/"].concat(),
    ];
    if own_home.len() > 1 {
        folders.push(format!("{own_home}/"));
    }
    let is_offence = |line: &str| {
        let names_folder = folders.iter().any(|folder| {
            line.match_indices(folder.as_str()).any(|(at, _)| {
                // A path that starts here, not one that passes through a folder of this name.
                !line[..at].ends_with(|last: char| last.is_alphanumeric() || "._-}*)".contains(last))
            })
        });
        let amazon = line.match_indices("AKIA").any(|(at, _)| {
            let code = &line[at + 4..];
            code.len() >= 16
                // Amazon's documentation uses such keys; they open nothing.
                && !code[..16].ends_with("EXAMPLE")
                && code[..16]
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        });
        names_folder || amazon || line.contains(&key) || line.contains(&["gh", "p_"].concat())
    };
    assert!(is_offence(&format!("see {}notes", folders[0])) && !is_offence(&["src", "work", "mod.rs"].join("/")));
    let mut found = Vec::new();
    for path in files() {
        // Fonts, images and other bytes are no text.
        if let Ok(text) = std::fs::read_to_string(&path) {
            found.extend(offences(&path, &text, is_offence));
        }
    }
    none(&found, "Secrets, or folders of one machine:");
}
