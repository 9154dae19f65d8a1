//! What does an endpoint take: one row a request, sixteen connections, beside Python's servers; and
//! predicting ten million rows, beside scikit-learn with pandas.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aloft_base::random::Generator;
use aloft_tests::process;
use aloft_tests::serving::{Connection, Server};
use aloft_tests::terminal::Terminal;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::data::is_quick;
use crate::figures::{Figures, Peer, Samples, say};
use crate::peer;

/// Features of the model that is served.
const FEATURES: usize = 30;
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;

/// What one load on one server came to.
struct Loaded {
    /// Seconds for 10,000 requests, of each round.
    secs: Samples,
    p99_ms: Samples,
}

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let terminal = Terminal::open()?;
    let file = write_table(terminal.folder(), 4000, 7)?;
    let reference = registered(&terminal, &file)?;
    let row = row();
    let server = Server::start(&terminal, &[&reference])?;
    let ours = load(
        server.port()?,
        "/predict",
        &server.token(),
        &json!({ "rows": [row] }).to_string(),
    )?;
    let infer = load(
        server.port()?,
        "/v2/models/bench/infer",
        &server.token(),
        &tensors(&row).to_string(),
    )?;
    server.stop()?;
    let values: Vec<f64> = (0..FEATURES).filter_map(|at| row[format!("x{at}")].as_f64()).collect();
    for (what, path, body, allowed) in [
        ("flask", "/predict", json!({ "rows": [row] }), 1.0 / 25.0),
        ("gunicorn", "/predict", json!({ "rows": [row] }), 1.0 / 8.0),
        ("mlserver", "/v2/models/bench/infer", matrix(&values), 1.0),
    ] {
        let peer = PythonServer::start(what, &file)?;
        let theirs = load(peer.port, path, "", &body.to_string())?;
        let ours = if what == "mlserver" { &infer } else { &ours };
        let name = format!("serve one row, 16 connections: 10,000 requests (bar {allowed:.3})");
        figures.add(&name, "s", &ours.secs, &Peer::Tool(peer.name.clone(), theirs.secs))?;
        figures.add(
            "serve one row, 16 connections: p99",
            "ms",
            &ours.p99_ms,
            &Peer::Tool(peer.name.clone(), theirs.p99_ms),
        )?;
    }
    Ok(())
}

/// Ten million rows, from file to file.
pub(crate) fn measure_batch(figures: &mut Figures) -> Result<()> {
    let terminal = Terminal::open()?;
    let small = write_table(terminal.folder(), 4000, 7)?;
    let reference = registered(&terminal, &small)?;
    let rows = if is_quick() { 20_000 } else { 10_000_000 };
    let large = write_table(&terminal.folder().join("large"), rows, 8)?;
    let out = terminal.folder().join("out.csv");
    let (mut secs, mut memory) = (Vec::new(), 0);
    for _ in 0..2 {
        let began = Instant::now();
        let mut running = terminal.start(&["predict", &reference, &text(&large), "--out", &text(&out)])?;
        while !running.is_over()? {
            memory = memory.max(process::peak_memory_bytes(running.pid()).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(20));
        }
        let answer = running.said()?.answer()?;
        secs.push(began.elapsed().as_secs_f64());
        ensure!(answer["rows"] == rows, "predicted {}", answer["rows"]);
        // The first one also learns the types of the file; both count.
        std::fs::remove_dir_all(terminal.workspace().join("cache")).ok();
    }
    std::fs::remove_file(&out)?;
    let theirs = peer::ask("batch_predict", 1, &[&text(&small), &text(&large), &text(&out)])?;
    figures.add(
        &format!("predict {rows} rows × {FEATURES} columns, CSV to CSV (bar 0.5)"),
        "s",
        &Samples::on_all_cores(secs),
        &theirs.into_peer(),
    )?;
    figures.add(
        "predict: peak memory",
        "MB",
        &Samples::on_all_cores(vec![memory as f64 / 1e6]),
        &Peer::Bar(1000.0),
    )
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A table of normal numbers and a label that depends on them.
fn write_table(folder: &Path, rows: u64, seed: u64) -> Result<PathBuf> {
    use std::io::Write as _;
    std::fs::create_dir_all(folder)?;
    let path = folder.join("table.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    let names: Vec<String> = (0..FEATURES).map(|at| format!("x{at}")).collect();
    writeln!(file, "{},label", names.join(","))?;
    let mut random = Generator::new(seed);
    for _ in 0..rows {
        let mut sum = 0.0;
        for at in 0..FEATURES {
            let value = (random.normal() * 10_000.0).round() / 10_000.0;
            sum += if at % 3 == 0 { value } else { -0.3 * value };
            write!(file, "{value},")?;
        }
        writeln!(file, "{}", if sum + random.normal() > 0.0 { "yes" } else { "no" })?;
    }
    file.flush()?;
    Ok(path)
}

fn registered(terminal: &Terminal, file: &Path) -> Result<String> {
    let trained = terminal.answer(&["train", &text(file), "--target", "label", "--model", "linear"])?;
    let run = trained["run"].as_str().context("no run")?;
    terminal.answer(&["models", "register", run, "--name", "bench"])?;
    Ok("bench:1".to_owned())
}

fn row() -> Value {
    let mut random = Generator::new(9);
    let cells = (0..FEATURES).map(|at| (format!("x{at}"), json!((random.normal() * 1e4).round() / 1e4)));
    Value::Object(cells.collect())
}

/// The row as one tensor a column.
fn tensors(row: &Value) -> Value {
    let inputs: Vec<Value> = (0..FEATURES)
        .map(|at| {
            let name = format!("x{at}");
            json!({ "name": name, "shape": [1], "datatype": "FP64", "data": [row[&name]] })
        })
        .collect();
    json!({ "inputs": inputs })
}

/// The row as one matrix, as MLServer's scikit-learn runtime takes it.
fn matrix(values: &[f64]) -> Value {
    json!({ "inputs": [{ "name": "predict", "shape": [1, values.len()], "datatype": "FP64", "data": values }] })
}

/// Loads a server with wrk, a tool of its own, as often as there are rounds.
fn load(port: u16, path: &str, token: &str, body: &str) -> Result<Loaded> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("post.lua");
    let authorization = if token.is_empty() {
        String::new()
    } else {
        format!("wrk.headers[\"authorization\"] = \"Bearer {token}\"\n")
    };
    std::fs::write(
        &script,
        format!(
            "wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"\n{authorization}wrk.body = [==[{body}]==]\n"
        ),
    )?;
    let seconds = if is_quick() { 1 } else { 5 };
    let (mut secs, mut p99) = (Vec::new(), Vec::new());
    let url = format!("http://127.0.0.1:{port}{path}");
    let answer = Connection::open(port)?.ask("POST", path, token, body.as_bytes())?;
    ensure!(
        answer.status == 200,
        "{url} answers {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    for round in 0..=ROUNDS {
        let output = Command::new("wrk")
            .args([
                "-t1",
                &format!("-c{CONNECTIONS}"),
                &format!("-d{seconds}s"),
                "--latency",
                "-s",
            ])
            .arg(&script)
            .arg(&url)
            .output()
            .context("wrk is missing: run tests/setup.sh bench")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(!said.contains("Non-2xx"), "{url}: {said}");
        let field = |name: &str| {
            said.lines()
                .find_map(|line| line.trim().strip_prefix(name))
                .map(str::trim)
        };
        let rate: f64 = field("Requests/sec:").context("wrk names no rate")?.parse()?;
        let latency = milliseconds(field("99%").context("wrk names no p99")?)?;
        // The first round warms up both sides.
        if round > 0 {
            secs.push(10_000.0 / rate);
            p99.push(latency);
        }
    }
    say(&format!("   {url}: {:.0} requests/s", 10_000.0 / secs[secs.len() / 2]))?;
    Ok(Loaded {
        secs: Samples::on_all_cores(secs),
        p99_ms: Samples::on_all_cores(p99),
    })
}

fn milliseconds(text: &str) -> Result<f64> {
    for (unit, factor) in [("us", 1e-3), ("ms", 1.0), ("s", 1e3)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Ok(number.parse::<f64>()? * factor);
        }
    }
    bail!("{text:?} is no time")
}

/// A server of Python's with the same model, fitted by scikit-learn on the same table.
struct PythonServer {
    child: Child,
    name: String,
    port: u16,
    folder: tempfile::TempDir,
}

impl PythonServer {
    fn start(what: &str, table: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let python = std::env::var_os("ALOFT_SERVING_PYTHON").context("run `make bench`")?;
        let script = aloft_tests::program::repository().join("tests/bench/servers.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([what, &text(table), &port.to_string()])
            .arg(folder.path())
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("no stdout")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
        let name = line.trim().to_owned();
        ensure!(!name.is_empty(), "{what} does not start");
        let until = Instant::now() + Duration::from_mins(1);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < until, "{what} does not listen");
            std::thread::sleep(Duration::from_millis(100));
        }
        // MLServer listens before its model is loaded.
        std::thread::sleep(Duration::from_secs(3));
        Ok(Self {
            child,
            name,
            port,
            folder,
        })
    }
}

impl Drop for PythonServer {
    fn drop(&mut self) {
        process::signal(self.child.id(), "TERM");
        std::thread::sleep(Duration::from_millis(500));
        // Whoever did not hear that.
        process::end_all(self.folder.path());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
