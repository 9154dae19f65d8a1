//! Does the real window open, explain itself, and share its workspace with others?

use aloft_base::{Workspace, dataset};
use aloft_tests::desktop::Desktop;
use aloft_tests::driver::{like, named};
use aloft_tests::program::sample;
use aloft_tests::window::Window;

#[test]
fn an_empty_workspace_explains_itself_and_everything_that_can_be_pressed_has_a_name() {
    let desktop = Desktop::start().unwrap();
    let window = Window::start(&desktop, &desktop.folder().join("workspace")).unwrap();
    for name in [
        "Home",
        "Data",
        "Train",
        "Runs",
        "Settings",
        "Open sample",
        "Open file…",
        "Drop files here",
    ] {
        window.find(&named(name).within_secs(30.0)).unwrap();
    }
    window.find(&named("This workspace is empty")).unwrap();
    let nameless: Vec<_> = window
        .all(&like("^$"))
        .unwrap()
        .into_iter()
        .filter(|node| ["button", "check box", "entry", "combo box", "slider", "radio button"].contains(&&*node.role))
        .collect();
    assert_eq!(nameless, []);
    let screen = desktop.pixels().unwrap();
    let colours: std::collections::BTreeSet<_> = screen.pixels().map(|pixel| pixel.0).collect();
    assert!(colours.len() > 50, "the window draws {} colours", colours.len());
    window.close().unwrap();
}

#[test]
fn two_windows_on_one_workspace_see_what_the_other_opens() {
    let desktop = Desktop::start().unwrap();
    let workspace = desktop.folder().join("workspace");
    let first = Window::start(&desktop, &workspace).unwrap();
    first.find(&named("This workspace is empty").within_secs(30.0)).unwrap();
    let second = Window::start_with(&desktop, &workspace, &[&sample("penguins.csv")]).unwrap();
    second.find(&named("species").within_secs(60.0)).unwrap();
    first.raise().unwrap();
    first.find(&named("Open penguins.csv").within_secs(30.0)).unwrap();
    first.gone(&named("This workspace is empty")).unwrap();
    let opened = dataset::recent(&Workspace::open(&workspace).unwrap(), 10).unwrap();
    assert_eq!(opened.len(), 1);
    first.close().unwrap();
    // In front by itself now.
    second.close().unwrap();
}

#[test]
fn a_damaged_workspace_is_named_and_can_be_tried_again() {
    let desktop = Desktop::start().unwrap();
    let workspace = desktop.folder().join("workspace");
    std::fs::create_dir(&workspace).unwrap();
    let database = workspace.join("aloft.db");
    let damage = b"no database at all".repeat(400);
    std::fs::write(&database, &damage).unwrap();
    let window = Window::start(&desktop, &workspace).unwrap();
    window.find(&like("aloft\\.db").within_secs(30.0)).unwrap();
    window.find(&named("Retry")).unwrap();
    assert_eq!(
        std::fs::read(&database).unwrap(),
        damage,
        "a damaged database is left as it is"
    );
    // The person moves it away, and tries again.
    std::fs::rename(&database, workspace.join("aloft.db.damaged")).unwrap();
    window.press(&named("Retry")).unwrap();
    window
        .find(&named("This workspace is empty").within_secs(20.0))
        .unwrap();
    window.close().unwrap();
}
