//! What is served changes while requests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aloft_base::endpoint::{Role, Split};
use aloft_base::metrics::Reader;
use aloft_base::registry::{self, Selector};
use serde_json::json;

use super::rig::{Rig, agent, answer, until};

const BODY: &str = r#"{"length": 1.5, "width": 0.5, "soil": "clay", "wet": true}"#;

/// Asks in a loop on some threads until it is told to stop; answers how often, and how often in vain.
struct Load {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(url: &str, threads: usize) -> Self {
        let (stop, asked, failed) = Default::default();
        let (stop, asked, failed): (Arc<AtomicBool>, Arc<AtomicU64>, Arc<AtomicU64>) = (stop, asked, failed);
        let threads = (0..threads).map(|_| {
            let (url, stop) = (format!("{url}/predict"), Arc::clone(&stop));
            let (asked, failed) = (Arc::clone(&asked), Arc::clone(&failed));
            let work = move || {
                let agent = agent();
                while !stop.load(Ordering::Relaxed) {
                    let response = agent.post(&url).header("content-type", "application/json").send(BODY);
                    let is_right = response.is_ok_and(|response| answer(response).status == 200);
                    asked.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(u64::from(!is_right), Ordering::Relaxed);
                }
            };
            std::thread::Builder::new().name("load".into()).spawn(work).unwrap()
        });
        Self {
            threads: threads.collect(),
            stop,
            asked,
            failed,
        }
    }

    fn end(self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        (self.asked.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }
}

#[test]
fn an_alias_moves_under_load_and_no_request_fails() {
    let rig = Rig::open("first");
    let second = rig.register("second", None);
    let server = rig.start();
    let load = Load::start(&server.status.url, 3);
    let version = || server.post("/predict", BODY).version.unwrap();
    for (number, told) in [(second, "2"), (1, "1"), (second, "2"), (1, "1")] {
        registry::move_alias(&rig.workspace, "plants", "champion", number, "test").unwrap();
        until("the other version answers", || version() == told);
        assert_eq!(rig.status().versions[0].number, number);
    }
    let (asked, failed) = load.end();
    assert_eq!(failed, 0, "of {asked}");
    assert!(asked > 100, "{asked}");
    // Its live series are there, by version too.
    let reader = Reader::open(&rig.workspace).unwrap();
    until("the series are written", || {
        let names = reader.series(&rig.endpoint).unwrap();
        [
            "requests_per_sec",
            "p99_ms",
            "memory_mb",
            "v1/requests_per_sec",
            "v2/p99_ms",
        ]
        .iter()
        .all(|wanted| names.iter().any(|name| name == wanted))
    });
    server.end().unwrap();
}

#[test]
fn a_broken_version_leaves_the_old_one() {
    let rig = Rig::open("first");
    let second = rig.register("second", None);
    std::fs::write(rig.version_folder(second).join("model.safetensors"), b"broken").unwrap();
    let server = rig.start();
    registry::move_alias(&rig.workspace, "plants", "champion", second, "test").unwrap();
    until("the problem is told", || rig.status().problem.is_some());
    let problem = rig.status().problem.unwrap();
    assert!(
        problem.contains("Version 2") && problem.contains("version 1 goes on"),
        "{problem}"
    );
    let answer = server.post("/predict", BODY);
    assert_eq!((answer.status, answer.version.as_deref()), (200, Some("1")));
    registry::move_alias(&rig.workspace, "plants", "champion", 1, "test").unwrap();
    until("the problem is gone", || rig.status().problem.is_none());
    registry::remove_alias(&rig.workspace, "plants", "champion", "test").unwrap();
    until("a lost alias is told", || rig.status().problem.is_some());
    assert_eq!(server.post("/predict", BODY).status, 200);
    // And it is refused at the start.
    drop(server);
    rig.change(|serving| serving.version = Selector::Version(second));
    assert!(rig.try_start().is_err());
}

#[test]
fn requests_are_split_and_the_shadow_is_compared() {
    let rig = Rig::open("first");
    let second = rig.register("second", None);
    let server = rig.start();
    rig.change(|serving| {
        serving.split = Some(Split {
            version: Selector::Version(second),
            share: 0.25,
        });
    });
    until("two versions are served", || rig.status().versions.len() == 2);
    let answered = (0..200)
        .filter(|_| server.post("/predict", BODY).version.as_deref() == Some("2"))
        .count();
    assert!((45..=55).contains(&answered), "{answered}");
    let by_number = server.post("/v2/models/plants/versions/2/infer", infer());
    assert_eq!((by_number.status, by_number.version.as_deref()), (200, Some("2")));

    rig.change(|serving| {
        serving.split = None;
        serving.shadow = Some(Selector::Version(second));
    });
    until("the shadow is there", || {
        rig.status().versions.iter().any(|served| served.role == Role::Shadow)
    });
    let rows: Vec<_> = (0..60)
        .map(|row| json!({ "length": f64::from(row) / 10.0 - 1.0, "width": 1.0 }))
        .collect();
    let answer = server.post("/predict", json!(rows).to_string());
    assert_eq!(answer.version.as_deref(), Some("1"));
    until("the shadow answered", || {
        let (same, other) = ("aloft_shadow_agreements_total", "aloft_shadow_disagreements_total");
        (server.metric(same) + server.metric(other) - 60.0).abs() < 0.5
    });
    assert_eq!(server.post("/v2/models/plants/versions/2/infer", infer()).status, 404);
}

fn infer() -> String {
    json!({ "inputs": [{ "name": "width", "shape": [1], "datatype": "FP64", "data": [1] }] }).to_string()
}

#[test]
fn a_request_under_way_is_answered_when_it_stops() {
    use std::io::{Read, Write};
    let rig = Rig::open("first");
    let server = rig.start();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.status.port)).unwrap();
    let head = format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&BODY.as_bytes()[..10]).unwrap();
    until("it is under way", || server.metric("aloft_in_flight_requests") > 0.5);
    server.stop.store(true, Ordering::Relaxed);
    let port = server.status.port;
    until("nobody else is let in", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
    });
    std::thread::sleep(Duration::from_millis(100));
    stream.write_all(&BODY.as_bytes()[10..]).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(
        text.starts_with("HTTP/1.1 200") && text.contains("\"predictions\""),
        "{text}"
    );
    server.end().unwrap();
}

#[test]
fn a_share_of_the_requests_is_kept_without_hidden_columns() {
    let rig = Rig::new("first", |serving| {
        serving.needs_token = false;
        serving.log = Some(aloft_base::endpoint::RequestLog {
            share: 0.5,
            hide: vec!["soil".to_owned()],
        });
    });
    let server = rig.start();
    for _ in 0..40 {
        assert_eq!(server.post("/predict", BODY).status, 200);
    }
    server.end().unwrap();
    let folder = rig.workspace.request_log_folder(&rig.endpoint);
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    let source = aloft_data::Source {
        path: files[0].clone(),
        format: aloft_data::Format::Parquet,
        csv: None,
        remote: None,
    };
    let table = aloft_data::Table::load(&source, &rig.folder.path().join("cache"), None).unwrap();
    let names: Vec<&str> = table.schema().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "time_ms",
            "version",
            "prediction",
            "probability",
            "length",
            "width",
            "wet"
        ]
    );
    assert!((18..=22).contains(&table.rows()), "{}", table.rows());
}
