//! Endpoints from the command line: serve, ask, follow an alias, watch, stop, and survive.

use aloft_tests::process;
use aloft_tests::program::sample;
use aloft_tests::serving::{Load, Server, register, until};
use aloft_tests::terminal::Terminal;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

fn row() -> Value {
    json!({
        "island": "Biscoe", "bill_length_mm": 46.1, "bill_depth_mm": 13.2,
        "flipper_length_mm": 211, "body_mass_g": 4500, "sex": "FEMALE"
    })
}

/// A row of exactly the columns that the model reads.
fn fitting_row(terminal: &Terminal) -> Result<Value> {
    let version = terminal.answer(&["models", "show", "penguins"])?;
    let features = version["facts"]["signature"]["features"]
        .as_array()
        .context("no features")?;
    let all = row();
    let names = features.iter().filter_map(|feature| feature["name"].as_str());
    Ok(Value::Object(
        names
            .map(|name| (name.to_owned(), all.get(name).cloned().unwrap_or(Value::Null)))
            .collect(),
    ))
}

fn champion() -> Result<Terminal> {
    let terminal = Terminal::open()?;
    register(
        &terminal,
        "penguins.csv",
        "species",
        "penguins",
        &["--alias", "champion"],
    )?;
    Ok(terminal)
}

#[test]
fn every_door_gives_the_same_predictions() -> Result<()> {
    let terminal = champion()?;
    let server = Server::start(&terminal, &["penguins@champion"])?;
    let file = sample("penguins.csv");
    let file = file.to_string_lossy();
    let batch = terminal.answer(&["predict", "penguins@champion", &*file])?;
    let out = terminal.folder().join("out.csv");
    let text = out.to_string_lossy();
    terminal.answer(&["predict", "penguins@champion", &*file, "--out", &*text])?;
    assert_eq!(std::fs::read_to_string(&out)?.lines().count(), 345);
    let version = terminal.answer(&["models", "show", "penguins@champion"])?;
    let signature = &version["facts"]["signature"];
    let features = signature["features"].as_array().context("no features")?;
    let classes = signature["classes"].as_array().context("no classes")?;
    let mut reader = std::fs::read_to_string(sample("penguins.csv"))?
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect::<Vec<_>>()
        .into_iter();
    let header = reader.next().context("no header")?;
    for (number, cells) in reader.enumerate().step_by(7) {
        let mut row = serde_json::Map::new();
        for feature in features {
            let name = feature["name"].as_str().context("no name")?;
            let place = header.iter().position(|column| column == name).context("no column")?;
            let cell = cells[place].as_str();
            let value = match (cell, feature["kind"].as_str()) {
                ("" | "NA", _) => Value::Null,
                (cell, Some("number")) => json!(cell.parse::<f64>()?),
                (cell, _) => json!(cell),
            };
            row.insert(name.to_owned(), value);
        }
        let answer = server.post("/predict", &json!({ "rows": [row] }))?;
        let ours = &answer["predictions"][0];
        let theirs = &batch["predictions"][number];
        assert_eq!(ours["prediction"], theirs["prediction"], "row {number}");
        for class in classes {
            let class = class.as_str().context("no class")?;
            let (a, b) = (&ours["probabilities"][class], &theirs[&format!("probability_{class}")]);
            assert_eq!(
                a.as_f64().map(|a| a as f32),
                b.as_f64().map(|b| b as f32),
                "row {number}"
            );
        }
    }
    assert_eq!(server.stop()?, Some(0));
    Ok(())
}

#[test]
fn a_request_needs_the_token_and_the_token_is_written_nowhere() -> Result<()> {
    let terminal = champion()?;
    let server = Server::start(&terminal, &["penguins"])?;
    let token = server.token();
    assert!(token.len() > 20);
    let mut connection = aloft_tests::serving::Connection::open(server.port()?)?;
    let body = json!({ "rows": [fitting_row(&terminal)?] }).to_string();
    for wrong in ["", "wrong", &token[..token.len() - 1]] {
        let answer = connection.ask("POST", "/predict", wrong, body.as_bytes())?;
        assert_eq!(answer.status, 401, "{wrong:?}");
    }
    assert_eq!(connection.ask("POST", "/predict", &token, body.as_bytes())?.status, 200);
    assert_eq!(connection.ask("GET", "/v2/health/ready", "", b"")?.status, 200);
    // Through the command line, with a token of its own.
    let fresh = terminal.answer(&["endpoints", "token", "penguins"])?;
    let fresh = fresh["token"].as_str().context("no token")?;
    until("the new token is taken", || {
        Ok(connection.ask("POST", "/predict", fresh, body.as_bytes())?.status == 200)
    })?;
    assert_eq!(connection.ask("POST", "/predict", &token, body.as_bytes())?.status, 401);
    server.stop()?;
    for secret in [&token, fresh] {
        for entry in walk(&terminal.workspace())? {
            let bytes = std::fs::read(&entry)?;
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "the token stands in {}", entry.display());
        }
    }
    Ok(())
}

fn walk(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(walk(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

#[test]
fn a_served_alias_is_followed_under_load_and_no_request_fails() -> Result<()> {
    let terminal = champion()?;
    register(&terminal, "penguins.csv", "species", "penguins", &[])?;
    let server = Server::start(&terminal, &["penguins@champion"])?;
    let body = json!({ "rows": [fitting_row(&terminal)?] });
    let serves = |number: u32| -> Result<bool> { Ok(server.post("/predict", &body)?["version"] == number) };
    assert!(serves(1)?);
    let load = Load::begin(&server, 4, &body)?;
    for round in 0..6 {
        let next = 2 - round % 2;
        terminal.answer(&["models", "alias", "penguins", "champion", &next.to_string()])?;
        until("the endpoint follows", || serves(next))?;
    }
    let least = if std::env::var_os("ALOFT_SOAK").is_some() {
        100_000
    } else {
        2_000
    };
    until("enough requests", || Ok(load.answered() >= least))?;
    let (answered, failed) = load.end()?;
    assert_eq!(failed, 0, "of {answered}");

    // A version whose files are damaged does not take over, and the page says so.
    let shown = terminal.answer(&["models", "show", "penguins:2"])?;
    let folder = shown["folder"].as_str().context("no folder")?;
    let weights = std::path::Path::new(folder).join("model.safetensors");
    let before = terminal.answer(&["models", "show", "penguins@champion"])?["version"].clone();
    assert_eq!(before, 1);
    let mut bytes = std::fs::read(&weights)?;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes)?;
    terminal.answer(&["models", "alias", "penguins", "champion", "2"])?;
    until("the problem is told", || {
        let shown = terminal.answer(&["endpoints", "show", "penguins"])?;
        Ok(shown["status"]["problem"]
            .as_str()
            .is_some_and(|words| words.contains("model.safetensors")))
    })?;
    assert!(serves(1)?, "the old version stays");
    until("the light says so", || {
        let shown = terminal.answer(&["endpoints", "show", "penguins"])?;
        Ok(shown["health"]["state"] == "degraded")
    })?;
    terminal.answer(&["models", "rollback", "penguins", "champion"])?;
    until("the problem is over", || {
        let shown = terminal.answer(&["endpoints", "show", "penguins"])?;
        Ok(shown["status"]["problem"].is_null() && shown["health"]["state"] == "healthy")
    })?;
    server.stop()?;
    Ok(())
}

#[test]
fn a_killed_endpoint_is_seen_and_started_again_with_the_same_address() -> Result<()> {
    let terminal = champion()?;
    let server = Server::start(&terminal, &["penguins", "--keep-up"])?;
    let (pid, port) = (server.pid(), server.port()?);
    let show = || terminal.answer(&["endpoints", "show", "penguins"]);
    until("it is healthy", || Ok(show()?["health"]["state"] == "healthy"))?;
    server.kill()?;
    until("it is started again", || {
        let shown = show()?;
        let new = shown["status"]["pid"].as_u64();
        Ok(shown["health"]["state"] == "healthy" && new.is_some_and(|new| new != u64::from(pid)))
    })?;
    let url = show()?["url"].as_str().context("no url")?.to_owned();
    assert!(url.ends_with(&format!(":{port}")), "{url} and port {port}");
    let history = terminal.answer(&["endpoints", "history", "penguins"])?;
    let changes = history["changes"].as_array().context("no changes")?;
    assert!(changes.iter().any(|change| change["after"] == "down"), "{changes:?}");
    terminal.answer(&["endpoints", "stop", "penguins"])?;
    until("it is stopped", || Ok(show()?["state"] == "done"))?;
    // It is not started again, as nobody wants it.
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(show()?["state"], "done");
    process::end_all(terminal.folder());
    Ok(())
}

#[test]
fn a_taken_port_and_an_unknown_model_are_said_at_once() -> Result<()> {
    let terminal = champion()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let error = terminal.refused(&["serve", "penguins", "--port", &port], 1, "conflict")?;
    assert!(
        error["message"].as_str().is_some_and(|words| words.contains(&port)),
        "{error}"
    );
    terminal.refused(&["serve", "nobody"], 2, "not_found")?;
    terminal.refused(&["serve", "penguins@nothing"], 2, "not_found")?;
    terminal.refused(&["endpoints", "show", "nobody"], 2, "not_found")?;
    Ok(())
}

#[test]
fn the_test_request_of_the_window_shows_the_answer() -> Result<()> {
    let terminal = champion()?;
    let server = Server::start(&terminal, &["penguins"])?;
    let rows = json!([fitting_row(&terminal)?]).to_string();
    let mut command = terminal.command(&["endpoints", "test", "penguins", "--json"])?;
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    std::io::Write::write_all(&mut child.stdin.take().context("no stdin")?, rows.as_bytes())?;
    let output = child.wait_with_output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(answer["status"], 200, "{answer}");
    assert!(answer["answer"]["predictions"][0]["prediction"].is_string());
    server.stop()?;
    terminal.refused(&["endpoints", "test", "penguins"], 2, "invalid")?;
    Ok(())
}
