//! The pages of endpoints, found by their words in a window on a real workspace.

use aloft_base::endpoint::health::{self, Failure, State as Health};
use aloft_base::endpoint::{self, Role, Served, Serving, Spec, Status, Wanted};
use aloft_base::job::{self, Claim};
use aloft_base::metrics::{Point, Writer};
use aloft_base::registry::Selector;
use aloft_base::{Workspace, time};
use egui_kittest::kittest::Queryable;

use crate::route::Route;
use crate::settings::Settings;
use crate::window_tests::{loaded, press, program, register, wait_for, wait_until, window, window_with};

fn at(route: Route) -> Settings {
    Settings {
        route,
        ..Settings::default()
    }
}

fn all() -> Settings {
    at(Route::Endpoints { endpoint: None })
}

fn one(id: &str) -> Settings {
    at(Route::Endpoints {
        endpoint: Some(id.to_owned()),
    })
}

/// An endpoint that this process serves, as far as the workspace knows.
fn served(workspace: &Workspace, name: &str) -> (String, Claim) {
    let serving = Serving {
        model: "penguins".into(),
        version: Selector::Alias("champion".into()),
        keep_up: false,
        ..Serving::default()
    };
    let made = endpoint::create(workspace, name, &Spec::Local(serving)).unwrap();
    let job = endpoint::start(workspace, &made.id).unwrap();
    let claim = job::claim(workspace, &job).unwrap();
    let status = Status {
        url: "http://127.0.0.1:8080".into(),
        ready_ms: time::now_ms(),
        versions: vec![Served {
            role: Role::Main,
            number: 1,
            share: 1.0,
            since_ms: time::now_ms(),
        }],
        ..Status::default()
    };
    endpoint::set_status(workspace, &made.id, &status).unwrap();
    health::set(
        workspace,
        &made.id,
        Health::Healthy,
        "It answers its example.",
        Some(1.9),
        0,
    )
    .unwrap();
    (made.id, claim)
}

#[test]
fn an_empty_workspace_says_what_endpoints_are_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), all());
    loaded(&mut harness);
    harness.get_by_label("No endpoints yet");
    press(&harness, "Go to Models");
    harness.run_ok();
    harness.get_by_label("No models yet");
}

#[test]
fn a_killed_endpoint_is_down_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    let (_, claim) = served(&workspace, "penguins");
    let mut harness = window(folder.path(), all());
    loaded(&mut harness);
    harness.get_by_label("Health: healthy");
    press(&harness, "Open endpoint penguins");
    wait_for(&mut harness, "http://127.0.0.1:8080");
    harness.get_by_label("version 1");
    // The lock goes with the process, without a last word.
    drop(claim);
    wait_for(&mut harness, "Health: down");
    wait_for(&mut harness, "Its process was ended from outside.");
    harness.get_by_label("Start endpoint");
}

#[test]
fn figures_failures_and_health_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    let (id, _claim) = served(&workspace, "penguins");
    let points: Vec<(&str, Point)> = (1..=30)
        .flat_map(|step| {
            let point = |value| Point {
                step,
                time_ms: step * 1000,
                value,
            };
            [("requests_per_sec", point(420.0)), ("p99_ms", point(2.4))]
        })
        .collect();
    Writer::open(&workspace, &id)
        .unwrap()
        .append(&workspace, &points)
        .unwrap();
    let failure = Failure {
        seq: 0,
        time_ms: time::now_ms(),
        status: 422,
        kind: "invalid".into(),
        message: "bill_length_mm: a number was expected".into(),
        request: "POST /predict".into(),
    };
    health::add_failures(&workspace, &id, &[failure]).unwrap();
    let mut harness = window(folder.path(), one(&id));
    loaded(&mut harness);
    wait_for(&mut harness, "Requests/s: 420");
    wait_for(&mut harness, "p99: 2.4 ms");
    wait_for(&mut harness, "Plot of Latency: p99 2.4 ms");
    wait_for(&mut harness, "Failure 422: bill_length_mm: a number was expected");
    press(&harness, "Health history");
    wait_for(&mut harness, "Healthy after unknown: It answers its example.");
}

#[test]
#[cfg(unix)]
fn the_form_is_made_from_the_signature_and_shows_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let answer = r#"{"status": 200, "latency_ms": 1.9, "answer": {"predictions": ["Adelie"]}}"#;
    let program = program(folder.path(), answer);
    let path = folder.path().join("w");
    let workspace = Workspace::open(&path).unwrap();
    register(&workspace, "penguins", Some("champion"));
    let (id, _claim) = served(&workspace, "penguins");
    let mut harness = window_with(&path, one(&id), Some(program));
    loaded(&mut harness);
    press(&harness, "Test");
    wait_for(&mut harness, "Value of bill_length_mm");
    assert_eq!(
        harness.get_by_label("Value of bill_length_mm").value().as_deref(),
        Some("39.1")
    );
    harness.get_by_label("Value of bill_length_mm").focus();
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.get_by_label("Value of bill_length_mm").type_text("41.5");
    harness.run_ok();
    press(&harness, "Send");
    wait_for(&mut harness, "Status 200");
    wait_for(&mut harness, "Adelie");
    harness.get_by_label("1.9 ms");
    let sent = std::fs::read_to_string(folder.path().join("input")).unwrap();
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent, serde_json::json!([{"bill_length_mm": 41.5, "sex": "male"}]));
    press(&harness, "Snippets");
    wait_for(&mut harness, "curl -s http://127.0.0.1:8080/predict");
}

#[test]
fn an_alert_is_told_once_and_listed_on_home_until_it_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    let (id, _claim) = served(&workspace, "penguins");
    let mut harness = window(folder.path(), Settings::default());
    loaded(&mut harness);
    assert!(harness.query_by_label("Needs attention").is_none());
    health::set(&workspace, &id, Health::Down, "It did not answer.", None, 0).unwrap();
    wait_for(&mut harness, "penguins is down");
    press(&harness, "Dismiss");
    harness.run_ok();
    assert!(harness.query_by_label("penguins is down").is_none());
    harness.get_by_label("Endpoint down");
    press(&harness, "Mark as seen");
    wait_until(&mut harness, "it is seen", |harness| {
        harness.query_by_label("Endpoint down").is_none()
    });
    assert!(health::alerts(&workspace).unwrap().is_empty());
}

#[test]
fn one_is_stopped_and_one_that_is_served_cannot_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    let (id, claim) = served(&workspace, "penguins");
    let mut harness = window(folder.path(), one(&id));
    loaded(&mut harness);
    harness.get_by_label("Delete endpoint").click();
    harness.run_ok();
    press(&harness, "Stop endpoint");
    wait_for(&mut harness, "Health: stopping");
    assert_eq!(endpoint::get(&workspace, &id).unwrap().wanted, Wanted::Stopped);
    claim.finish(&workspace, job::State::Stopped, None).unwrap();
    wait_for(&mut harness, "Health: stopped");
    press(&harness, "Delete endpoint");
    wait_for(&mut harness, "No endpoints yet");
}

#[test]
fn the_dialog_for_a_new_one_is_filled_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    register(&workspace, "penguins", Some("champion"));
    let (_, _claim) = served(&workspace, "penguins");
    let mut harness = window(folder.path(), all());
    loaded(&mut harness);
    press(&harness, "New endpoint…");
    harness.run_ok();
    let name = harness.get_by_label("Name of the endpoint");
    assert_eq!(name.value().as_deref(), Some("penguins-2"), "the name is free");
    name.focus();
    harness.run_ok();
    harness.key_press(egui::Key::End);
    harness.get_by_label("Name of the endpoint").type_text(" x");
    harness.run_ok();
    assert!(harness.query_all_by_label_contains("may have letters").next().is_some());
    press(&harness, "Cancel");
    harness.run_ok();
    assert!(harness.query_by_label("Start endpoint").is_none());
}
