//! Every door, with requests that are right.

use aloft_train::{Predictor, answers_to_json, row_from_json};
use serde_json::{Value, json};

use super::rig::{Rig, Running, model};
use crate::server::{FolderOptions, serve_folder};

fn rows() -> Vec<Value> {
    vec![
        json!({ "length": 0.1, "width": -0.25, "soil": "clay", "wet": true }),
        json!({ "length": 2.123_456_789_012_345, "width": 3.0, "soil": "sand", "wet": false }),
        json!({ "length": null, "width": 1e-3, "soil": "moon", "wet": null }),
        json!({ "width": 7 }),
    ]
}

/// What the model says in this process.
fn in_process(name: &str, rows: &[Value]) -> Vec<Value> {
    let predictor = Predictor::load(&model(name)).unwrap();
    let mut batch = predictor.rows();
    for row in rows {
        row_from_json(&predictor, row.as_object().unwrap(), &mut batch).unwrap();
    }
    answers_to_json(predictor.signature(), &predictor.predict(&batch))
}

/// The inference request of the same rows, one tensor a column.
fn tensors(rows: &[Value]) -> Value {
    let column = |name: &str, datatype: &str| {
        let data: Vec<Value> = rows.iter().map(|row| row[name].clone()).collect();
        json!({ "name": name, "datatype": datatype, "shape": [rows.len(), 1], "data": data })
    };
    json!({ "id": "42", "inputs": [
        column("soil", "BYTES"), column("length", "FP32"), column("width", "FP64"), column("wet", "BOOL")
    ] })
}

#[test]
fn every_door_says_the_same_as_the_model() {
    let rig = Rig::open("first");
    let server = rig.start();
    let rows = rows();
    let truth = in_process("first", &rows);

    let answer = server.post("/predict", json!({ "rows": rows }).to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.version.as_deref(), Some("1"));
    let body = answer.json();
    assert_eq!(body["predictions"], json!(truth));
    assert_eq!((&body["model"], &body["version"]), (&json!("plants"), &json!(1)));
    assert_eq!(body["warnings"], json!([]));

    for body in [json!(rows), json!({ "instances": rows })] {
        let answer = server.post("/predict", body.to_string()).json();
        assert_eq!(answer["predictions"], json!(truth));
        let answer = server.post("/invocations", body.to_string()).json();
        assert_eq!(answer["predictions"], json!(truth));
    }
    let single = server.post("/predict", rows[1].to_string()).json();
    assert_eq!(single["predictions"], json!([truth[1]]));
    let in_order = server
        .post("/predict", json!([[0.1, -0.25, "clay", true]]).to_string())
        .json();
    assert_eq!(in_order["predictions"], json!([truth[0]]));

    for path in ["/v2/models/plants/infer", "/v2/models/plants/versions/1/infer"] {
        let answer = server.post(path, tensors(&rows).to_string());
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        assert_eq!((&body["id"], &body["model_version"]), (&json!("42"), &json!("1")));
        let expected: Vec<&Value> = truth.iter().map(|row| &row["prediction"]).collect();
        assert_eq!(body["outputs"][0]["data"], json!(expected));
        let flat: Vec<&Value> = truth
            .iter()
            .flat_map(|row| row["probabilities"].as_object().unwrap().values())
            .collect();
        assert_eq!(body["outputs"][1]["data"], json!(flat));
        assert_eq!(body["outputs"][1]["shape"], json!([4, 3]));
    }

    let csv = "length,width,soil,wet,other\n0.1,-0.25,clay,true,x\n2.123456789012345,3.0,sand,false,y\n,1e-3,moon,,z\n";
    let headers = [("content-type", "text/csv"), ("accept", "application/json")];
    let answer = server.post_with("/invocations", csv, &headers);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["predictions"], json!(truth[..3]));
    let answer = server.post_with("/invocations", csv, &headers[..1]);
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(
        lines[0],
        "prediction,probability_iris,probability_lily,probability_rose"
    );
    let first: Vec<String> = truth[0]["probabilities"]
        .as_object()
        .unwrap()
        .values()
        .map(Value::to_string)
        .collect();
    assert_eq!(
        lines[1],
        format!("{},{}", truth[0]["prediction"].as_str().unwrap(), first.join(","))
    );
    let bare = server.post_with("/invocations", "0.1,-0.25,clay,true\n", &headers[..1]);
    assert_eq!(bare.text.lines().next(), Some(lines[1]));
}

#[test]
fn many_rows_and_large_bodies_are_answered_too() {
    let rig = Rig::open("first");
    let server = rig.start();
    let rows: Vec<Value> = rows().into_iter().cycle().take(3000).collect();
    let truth = in_process("first", &rows);
    for count in [64, 65, 200, 3000] {
        let answer = server.post("/predict", json!({ "rows": rows[..count] }).to_string());
        assert_eq!(answer.json()["predictions"], json!(truth[..count]), "{count}");
    }
    assert!((server.metric("aloft_rows_total{version=\"1\"}") - 3329.0).abs() < 0.5);
}

#[test]
fn a_regression_answers_with_numbers() {
    let rig = Rig::open("height");
    let server = rig.start();
    let rows = rows();
    let truth = in_process("height", &rows);
    let answer = server.post("/predict", json!({ "rows": rows }).to_string()).json();
    assert_eq!(answer["predictions"], json!(truth));
    let answer = server
        .post("/v2/models/plants/infer", tensors(&rows).to_string())
        .json();
    let numbers: Vec<&Value> = truth.iter().map(|row| &row["prediction"]).collect();
    assert_eq!(answer["outputs"][0]["data"], json!(numbers));
    assert_eq!(answer["outputs"][0]["datatype"], "FP32");
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 1);
}

#[test]
fn numbers_alone_may_come_as_one_tensor() {
    let rig = Rig::open("plain");
    let server = rig.start();
    let truth = in_process(
        "plain",
        &[json!({"length": 0.1, "width": 2}), json!({"length": 4.5, "width": -1})],
    );
    for data in [json!([[0.1, 2], [4.5, -1]]), json!([0.1, 2, 4.5, -1])] {
        let body = json!({
            "inputs": [{ "name": "x", "shape": [2, 2], "datatype": "FP32", "data": data }],
            "outputs": [{ "name": "prediction" }],
        });
        let answer = server.post("/v2/models/plants/infer", body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text);
        let outputs = answer.json()["outputs"].clone();
        assert_eq!(outputs.as_array().unwrap().len(), 1);
        assert_eq!(
            outputs[0]["data"],
            json!([truth[0]["prediction"], truth[1]["prediction"]])
        );
        assert_eq!(outputs[0]["shape"], json!([2]));
    }
}

#[test]
fn what_the_endpoint_is_can_be_asked() {
    let rig = Rig::new("first", |_| ());
    let server = rig.start();
    // None of these needs a token.
    assert_eq!(server.get("/v2").json()["extensions"], json!([]));
    assert_eq!(server.get("/v2/health/live").json(), json!({ "live": true }));
    assert_eq!(server.get("/v2/health/ready").json(), json!({ "ready": true }));
    assert_eq!(server.get("/v2/models/plants/ready").json()["ready"], json!(true));
    assert_eq!(server.get("/v2/models/plants/versions/1/ready").status, 200);
    assert_eq!(server.get("/ping").status, 200);
    let metadata = server.get("/v2/models/plants/versions/1").json();
    assert_eq!(metadata["versions"], json!(["1"]));
    assert_eq!(
        metadata["inputs"][0],
        json!({ "name": "length", "datatype": "FP64", "shape": [-1] })
    );
    assert_eq!(metadata["inputs"][3]["datatype"], "BOOL");
    assert_eq!(metadata["outputs"][1]["shape"], json!([-1, 3]));
    let document = server.get("/openapi.json").json();
    assert!(document["paths"]["/v2/models/plants/infer"]["post"].is_object());
    assert_eq!(
        document["components"]["schemas"]["Row"]["properties"]["wet"]["type"][0],
        "boolean"
    );
    let page = server.get("/").text;
    assert!(page.contains("Authorization") || page.contains("authorization: Bearer TOKEN"));
    assert!(!page.contains("src=") && page.contains("iris"));
    // The sample that the document shows is one that works.
    let sample = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"].clone();
    let bearer = format!("Bearer {}", rig.token.reveal());
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    assert_eq!(server.post_with("/predict", sample.to_string(), &headers).status, 200);
    let metrics = server.get("/metrics").text;
    for line in [
        "aloft_requests_total{route=\"predict\",status=\"200\",version=\"1\"} 1",
        "aloft_model_info{model=\"plants\",version=\"1\",role=\"main\"} 1",
        "aloft_request_duration_seconds_bucket{version=\"1\",le=\"+Inf\"} 1",
        "aloft_rows_total{version=\"1\"} 1",
        "aloft_in_flight_requests 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
}

#[test]
fn odd_values_are_counted_and_told() {
    let rig = Rig::open("first");
    let server = rig.start();
    let answer = server.post(
        "/predict",
        json!({ "rows": [{ "soil": "moon", "width": 1, "id": 7 }] }).to_string(),
    );
    let warnings = answer.json()["warnings"].clone();
    assert!(warnings[0].as_str().unwrap().contains("'id'"), "{warnings}");
    assert!((server.metric("aloft_unknown_values_total{version=\"1\"}") - 1.0).abs() < 0.1);
    assert!((server.metric("aloft_missing_values_total{version=\"1\"}") - 2.0).abs() < 0.1);
}

#[test]
fn a_folder_is_served_without_a_workspace() {
    let options = FolderOptions {
        host: "127.0.0.1".into(),
        port: 0,
        vertex: Some(super::super::Vertex {
            predict: "/v1/score".into(),
            health: "/v1/health".into(),
        }),
        ..FolderOptions::new("plants")
    };
    let folder = model("first");
    let server = Running::start(move |stop, ready| serve_folder(&folder, options, stop, ready)).unwrap();
    let truth = in_process("first", &rows());
    let answer = server.post("/v1/score", json!({ "instances": rows() }).to_string());
    assert_eq!(answer.json()["predictions"], json!(truth));
    assert_eq!(server.get("/v1/health").status, 200);
    assert_eq!(server.get("/v1/score").status, 404);
    assert_eq!(
        server
            .post("/invocations", json!({ "instances": rows() }).to_string())
            .status,
        200
    );
    server.end().unwrap();
}
