//! Requests that are wrong, callers that are wrong, and addresses that are taken.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use aloft_base::endpoint::{Limits, Tls, health};
use aloft_base::random::Generator;
use aloft_base::{ErrorKind, Explain};
use serde_json::json;

use super::rig::{Rig, model, until};
use crate::error::ServeError;
use crate::server::answer::{Target, predict};
use crate::server::loaded::Loaded;
use crate::server::metrics::{Door, Metrics};
use crate::server::state::{Now, Server};

#[test]
fn a_bad_request_is_told_what_is_wrong() {
    let rig = Rig::new("first", |serving| {
        serving.needs_token = false;
        serving.limits.rows = 3;
        serving.limits.body_bytes = 10_000;
    });
    let server = rig.start();
    let many = json!({ "rows": [{ "width": 1 }, { "width": 1 }, { "width": 1 }, { "width": 1 }] }).to_string();
    let huge = format!("[{}]", " ".repeat(10_001));
    for (body, status, part) in [
        (
            r#"{"rows": [{"width": 1}, {"width": "x"}]}"#,
            422,
            "Row 1: 'width' must be",
        ),
        (r#"{"rows": [{"width": true}]}"#, 422, "not true"),
        (r#"{"rows": [{"soil": ["clay"]}]}"#, 422, "a list"),
        (r#"{"rows": [{"width": 1, "width": 2}]}"#, 422, "given twice"),
        (r#"{"rows": [{"nothing": 1}]}"#, 422, "none of its columns"),
        (
            r#"{"rows": [{"width": 1}, {"width": -1e300, "length": 1e300}]}"#,
            422,
            "Row 1: its values are so large",
        ),
        (r#"{"rows": []}"#, 422, "no rows"),
        (r#"{"rows": [7]}"#, 422, "a row is an object"),
        (r#"{"rows": [[1, 2, "clay"]]}"#, 422, "has 4 values, not 3"),
        (r#"{"rows": [[1, 2, "clay", true, 5]]}"#, 422, "not more"),
        (r#"{"rows": [{"width": 1}], "instances": []}"#, 422, "two lists"),
        (r#"{"rows": [{"width": NaN}]}"#, 400, "no JSON value"),
        (r#"{"rows": [{"width": 1e400}]}"#, 400, "too large"),
        (r#"{"rows": [{"width": 1}"#, 400, "ends too early"),
        (r#"{"rows": [{"width": 1}]} x"#, 400, "follows the end"),
        ("", 400, "ends too early"),
        ("7", 400, "rows are expected"),
        (many.as_str(), 413, "at most 3 rows"),
        (huge.as_str(), 413, "larger than 10,000 bytes"),
    ] {
        let answer = server.post("/predict", body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        let error = answer.json()["error"].clone();
        assert!(error["message"].as_str().unwrap().contains(part), "{body}: {error}");
        assert!(error["kind"].is_string() && error["hint"].is_string());
    }
    let error = server
        .post("/predict", r#"{"rows": [{"width": 1}, {"width": "x"}]}"#)
        .json()["error"]
        .clone();
    assert_eq!(error["field"]["row"], 1);
    assert_eq!(error["field"]["column"], "width");
    assert_eq!(error["field"]["found"], "the text 'x'");

    let input = |shape: &str, datatype: &str, data: &str| {
        format!(r#"{{"inputs": [{{"name": "width", "shape": {shape}, "datatype": "{datatype}", "data": {data}}}]}}"#)
    };
    for (body, status, part) in [
        (input("[-1]", "FP32", "[1]"), 400, "whole numbers from 0"),
        (input("[1.5]", "FP32", "[1]"), 400, "whole numbers from 0"),
        (input("[2]", "FP32", "[1]"), 422, "shape [2]"),
        (input("[9000000000000, 9000000000000]", "FP32", "[1]"), 422, "its shape"),
        (input("[1, 1, 1]", "FP32", "[1]"), 422, "wrong shape"),
        (input("[1]", "FP16", "[1]"), 422, "not supported"),
        (input("[1]", "INT8", "[300]"), 422, "INT8"),
        (input("[1]", "INT8", "[1.5]"), 422, "INT8"),
        (input("[1]", "FP32", "[1e39]"), 422, "FP32"),
        (input("[1]", "BYTES", "[\"x\"]"), 422, "'width' must be"),
        (input("[1]", "FP64", "[[[[[[[[[[1]]]]]]]]]]"), 400, "too deeply"),
        (r#"{"inputs": [{"name": "width", "shape": [1], "datatype": "FP32"}]}"#.into(), 400, "no data"),
        (r#"{"inputs": []}"#.into(), 422, "no rows"),
        (r"{}".into(), 400, "no 'inputs'"),
        (
            r#"{"inputs": [{"name": "width", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}]}"#.into(),
            400,
            "binary data extension is not supported",
        ),
        (
            r#"{"inputs": [{"name": "nobody", "shape": [1], "datatype": "FP32", "data": [1]}]}"#.into(),
            422,
            "does not read a column 'nobody'",
        ),
    ] {
        let answer = server.post("/v2/models/plants/infer", &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(answer.json()["error"].as_str().unwrap().contains(part), "{body}: {}", answer.text);
    }

    assert_eq!(server.get("/nothing").status, 404);
    assert_eq!(server.get("/predict").status, 405);
    assert_eq!(server.post("/v2/models/plants", "{}").status, 405);
    assert_eq!(server.post("/v2/models/other/infer", "{}").status, 404);
    assert_eq!(server.post("/v2/models/plants/versions/9/infer", "{}").status, 404);
    assert_eq!(server.get("/v2/models/other/ready").status, 404);
    assert!(
        server.get("/v2/models/other").json()["error"]
            .as_str()
            .unwrap()
            .contains("'other'")
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(server.post_with("/predict", "{}", &form).status, 415);
    let binary = [
        ("content-type", "application/octet-stream"),
        ("inference-header-content-length", "7"),
    ];
    assert_eq!(server.post_with("/v2/models/plants/infer", "{}", &binary).status, 400);
    let csv = [("content-type", "text/csv")];
    assert_eq!(server.post_with("/invocations", "width\nx\n", &csv).status, 422);
    assert_eq!(server.post_with("/invocations", "1,2\n", &csv).status, 422);
    assert_eq!(server.post_with("/invocations", "", &csv).status, 422);

    // The failures are written down without their values.
    until("failures are written down", || {
        health::failures(&rig.workspace, &rig.endpoint).unwrap().len() >= 15
    });
    for failure in health::failures(&rig.workspace, &rig.endpoint).unwrap() {
        assert!((400..500).contains(&failure.status), "{failure:?}");
        assert!(
            !failure.message.contains("'x'") && !failure.request.contains("\"x\""),
            "{failure:?}"
        );
    }
}

#[test]
fn only_a_right_token_lets_in() {
    let rig = Rig::new("first", |_| ());
    let server = rig.start();
    let body = r#"{"width": 1}"#;
    let ask = |authorization: Option<&str>| {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(authorization.map(|value| ("authorization", value)));
        server.post_with("/predict", body, &headers).status
    };
    let right = format!("Bearer {}", rig.token.reveal());
    assert_eq!(ask(Some(&right)), 200);
    assert_eq!(ask(None), 401);
    for wrong in [
        "",
        "Bearer",
        "Bearer x",
        rig.token.reveal(),
        &format!("{right}0"),
        &right[..right.len() - 1],
    ] {
        assert_eq!(ask(Some(wrong)), 401, "{wrong}");
    }
    let basic = right.replace("Bearer", "Basic");
    assert_eq!(ask(Some(&basic)), 401);
    // A new token takes the old one's place while it serves.
    let new = aloft_base::endpoint::token::make(&rig.workspace, &rig.endpoint, "test").unwrap();
    let new = format!("Bearer {}", new.reveal());
    until("the new token lets in", || ask(Some(&new)) == 200);
    assert_eq!(ask(Some(&right)), 401);
    rig.change(|serving| serving.needs_token = false);
    until("no token is needed", || ask(None) == 200);
    // None of it is anywhere in the workspace.
    let secret = rig.token.reveal().as_bytes();
    for entry in std::fs::read_dir(rig.workspace.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(secret.len()).any(|part| part == secret),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn two_thousand_mutated_bodies_and_it_lives() {
    let rig = Rig::new("first", |serving| {
        serving.needs_token = false;
        serving.limits.body_bytes = 100_000;
    });
    let server = rig.start();
    let seeds: [(&str, &str, &[u8]); 4] = [
        ("/predict", "application/json", br#"{"rows": [{"length": 1.5, "width": -2e3, "soil": "clay", "wet": true}, {"width": null}]}"#),
        ("/predict", "application/json", br#"[[1, 2, "peat", false], {"soil": "\u00fc\ud83d\ude00"}]"#),
        (
            "/v2/models/plants/infer",
            "application/json",
            br#"{"id": "a", "inputs": [{"name": "width", "shape": [2, 1], "datatype": "FP32", "data": [[1], [2.5]]}, {"name": "wet", "shape": [2], "datatype": "BOOL", "data": [true, null]}], "outputs": [{"name": "prediction"}], "parameters": {"x": 1}}"#,
        ),
        ("/invocations", "text/csv", b"length,width,soil,wet\n1,2,clay,true\n3,,\"pe\"\"at\",false\n"),
    ];
    let mut generator = Generator::new(2026);
    let mut answered = std::collections::BTreeMap::<u16, u32>::new();
    for round in 0..2000 {
        let (path, kind, seed) = seeds[round % seeds.len()];
        let mut body = seed.to_vec();
        for _ in 0..=generator.below(6) {
            let at = generator.below(body.len().max(1) as u64) as usize;
            let byte = generator.next_u64() as u8;
            match generator.below(7) {
                0 if !body.is_empty() => body[at] = byte,
                1 => body.insert(at, byte),
                2 if !body.is_empty() => drop(body.remove(at)),
                3 => body.truncate(at),
                4 => {
                    let end = (at + generator.below(30) as usize).min(body.len());
                    let part = body[at.min(end)..end].to_vec();
                    body.extend_from_slice(&part);
                }
                5 => drop(body.splice(at..at, b"[[[[{{\"1e999".iter().copied())),
                _ => {
                    let other = seeds[generator.below(4) as usize].2;
                    let from = generator.below(other.len() as u64) as usize;
                    body.extend_from_slice(&other[from..]);
                }
            }
        }
        let answer = server.post_with(path, &body, &[("content-type", kind)]);
        assert!(
            answer.status < 500,
            "{} {path}: {}",
            answer.status,
            String::from_utf8_lossy(&body)
        );
        *answered.entry(answer.status).or_default() += 1;
    }
    assert!(answered.len() >= 3, "{answered:?}");
    assert_eq!(server.post("/predict", r#"{"width": 1}"#).status, 200);
    assert!(server.metric("aloft_errors_total{kind=\"internal\"}") < 0.5);
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let rig = Rig::new("first", |serving| serving.port = port);
    let Err(error) = rig.try_start() else {
        panic!("the port is taken")
    };
    assert!(matches!(error, ServeError::PortTaken { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.hint().unwrap().contains(&port.to_string()));
}

#[test]
fn a_free_port_is_kept_for_the_next_start() {
    let rig = Rig::open("first");
    let port = {
        let server = rig.start();
        let port = server.status.port;
        server.end().unwrap();
        port
    };
    assert!(port > 0);
    assert_eq!(rig.start().status.port, port);
}

#[test]
fn callers_that_stop_talking_hurt_nobody() {
    let rig = Rig::new("first", |serving| {
        serving.needs_token = false;
        serving.limits.timeout_ms = 300;
    });
    let server = rig.start();
    let address = ("127.0.0.1", server.status.port);
    let mut slow = TcpStream::connect(address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    slow.write_all(
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{\"wi",
    )
    .unwrap();
    let mut text = [0; 4096];
    let length = slow.read(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text[..length]).into_owned();
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    // Gone in the middle of a body.
    let mut gone = TcpStream::connect(address).unwrap();
    gone.write_all(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{")
        .unwrap();
    drop(gone);
    let mut garbage = TcpStream::connect(address).unwrap();
    garbage.write_all(&[0xff; 512]).unwrap();
    drop(garbage);
    assert_eq!(server.post("/predict", r#"{"width": 1}"#).status, 200);
    until("nothing is left under way", || {
        server.metric("aloft_in_flight_requests") < 0.5
    });
}

/// A server that was never started, with one place and little patience.
fn crowded() -> Arc<Server> {
    let metrics = Metrics::new();
    let main = Loaded::load(&model("first"), "plants", 1, None, &metrics).unwrap();
    let limits = Limits {
        concurrency: 1,
        timeout_ms: 400,
        ..Limits::default()
    };
    let now = Now {
        main: Arc::new(main),
        split: None,
        shadow: None,
        tokens: None,
        keep_values: false,
        log: None,
    };
    let (book, shadow, log) = (sync_channel(1).0, sync_channel(1).0, sync_channel(1).0);
    Arc::new(Server::new(
        "plants".into(),
        limits,
        None,
        metrics,
        book,
        shadow,
        log,
        now,
    ))
}

#[test]
fn a_crowd_is_told_to_wait_and_to_come_back() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = crowded();
        let ask = || {
            let request = axum::http::Request::new(axum::body::Body::from(r#"{"width": 1}"#));
            predict(Arc::clone(&server), Door::Predict, Target::default(), request)
        };
        assert_eq!(ask().await.status(), 200);
        let place = Arc::clone(&server.places).try_acquire_owned().unwrap();
        // One may wait, and waits in vain; the next is sent away at once.
        let (first, second) = tokio::join!(ask(), ask());
        assert_eq!((first.status().as_u16(), second.status().as_u16()), (504, 503));
        assert_eq!(second.headers()["retry-after"], "1");
        // A place that becomes free is taken by whoever waits.
        let free = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(place);
        };
        let (answer, ()) = tokio::join!(ask(), free);
        assert_eq!(answer.status(), 200);
        assert_eq!(server.waiting.load(std::sync::atomic::Ordering::Relaxed), 0);
    });
}

/// With a certificate that openssl makes, which not every machine that runs the tests has.
#[test]
fn a_given_certificate_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(["-out", &certificate, "-keyout", &key])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return;
    }
    let tls = Tls {
        certificate: certificate.clone(),
        key,
    };
    let rig = Rig::new("first", |serving| {
        serving.needs_token = false;
        serving.tls = Some(tls);
    });
    let server = rig.start();
    assert!(server.status.url.starts_with("https://"));
    let pem = std::fs::read(&certificate).unwrap();
    let root = ureq::tls::Certificate::from_pem(&pem).unwrap();
    let trusting = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(&[root]));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(trusting.build())
        .build()
        .into();
    let mut response = agent
        .post(format!("{}/predict", server.status.url))
        .content_type("application/json")
        .send(r#"{"width": 1}"#)
        .unwrap();
    assert!(response.body_mut().read_to_string().unwrap().contains("predictions"));
    // Whoever does not know the certificate, or speaks plainly, is not answered.
    let plain = server.status.url.replace("https", "http");
    assert!(ureq::get(format!("{}/ping", server.status.url)).call().is_err());
    assert!(ureq::get(format!("{plain}/ping")).call().is_err());
    server.end().unwrap();
    rig.change(|serving| {
        if let Some(tls) = &mut serving.tls {
            tls.key = tls.certificate.clone();
        }
    });
    let Err(error) = rig.try_start() else {
        panic!("there is no key")
    };
    assert!(matches!(error, ServeError::Tls { what: "key", .. }), "{error}");
}
