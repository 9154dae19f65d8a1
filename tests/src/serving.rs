//! How is a real endpoint started in a test, asked, loaded and stopped?

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::process;
use crate::terminal::Terminal;

/// How long a server may take to answer or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `aloft serve`.
#[derive(Debug)]
pub struct Server {
    child: Child,
    // Held open, as a person's terminal is.
    _stdout: BufReader<ChildStdout>,
    /// What it printed when it was ready.
    pub ready: Value,
}

/// An answer over HTTP.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{} is not JSON", String::from_utf8_lossy(&self.body)))
    }
}

impl Server {
    /// Starts `aloft serve ARGUMENTS… --json` and waits until it says that it is ready.
    pub fn start(terminal: &Terminal, arguments: &[&str]) -> Result<Self> {
        let mut command = terminal.command(&[&["serve"], arguments].concat())?;
        let mut child = command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).with_context(|| format!("{line:?} is not JSON"))?;
        if ready["url"].as_str().is_none() {
            let status = child.wait()?;
            bail!("aloft serve ended with {status}: {ready}");
        }
        Ok(Self {
            child,
            _stdout: stdout,
            ready,
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn port(&self) -> Result<u16> {
        let url = self.ready["url"].as_str().context("no url")?;
        let port = url.rsplit(':').next().context("no port")?;
        Ok(port.trim_end_matches('/').parse()?)
    }

    /// The token, empty when it needs none.
    pub fn token(&self) -> String {
        self.ready["token"].as_str().unwrap_or_default().to_owned()
    }

    /// One request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        Connection::open(self.port()?)?.ask(method, path, &self.token(), body)
    }

    /// POST of JSON that must be answered with 200.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.ask("POST", path, body.to_string().as_bytes())?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status == 200, "{path} answered {}: {text}", answer.status);
        answer.json()
    }

    /// Asks it to end, and waits until it has. Answers its exit code.
    pub fn stop(mut self) -> Result<Option<i32>> {
        process::signal(self.pid(), "TERM");
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("the server does not end")
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already when it was stopped or killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A kept connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// One request; the connection stays open for the next.
    pub fn ask(&mut self, method: &str, path: &str, token: &str, body: &[u8]) -> Result<Answer> {
        let authorization = if token.is_empty() {
            String::new()
        } else {
            format!("authorization: Bearer {token}\r\n")
        };
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{authorization}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request)?;
        self.read()
    }

    fn read(&mut self) -> Result<Answer> {
        let mut headers = String::new();
        loop {
            let mut line = String::new();
            ensure!(self.stream.read_line(&mut line)? > 0, "the connection was closed");
            if line == "\r\n" {
                break;
            }
            headers.push_str(&line);
        }
        let status = headers.split_whitespace().nth(1).context("no status")?.parse()?;
        let lower = headers.to_ascii_lowercase();
        let length = lower
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, headers, body })
    }
}

/// Asks a server again and again from several connections until it is dropped or ended.
#[derive(Debug)]
pub struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    threads: Vec<std::thread::JoinHandle<Result<u64>>>,
}

impl Load {
    /// Begins; each connection posts this body to `/predict` and checks that it is answered with 200.
    pub fn begin(server: &Server, connections: usize, body: &Value) -> Result<Self> {
        Self::on(server.port()?, &server.token(), connections, body)
    }

    /// As [`Load::begin`], for a server that somebody else started.
    pub fn on(port: u16, token: &str, connections: usize, body: &Value) -> Result<Self> {
        let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let body = body.to_string();
        let threads = (0..connections)
            .map(|number| {
                let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
                let (token, body) = (token.to_owned(), body.clone());
                std::thread::Builder::new()
                    .name(format!("load-{number}"))
                    .spawn(move || {
                        let mut connection = Connection::open(port)?;
                        let mut failed = 0;
                        while !over.load(Ordering::Relaxed) {
                            let answer = connection.ask("POST", "/predict", &token, body.as_bytes())?;
                            failed += u64::from(answer.status != 200);
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(failed)
                    })
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self {
            over,
            answered,
            threads,
        })
    }

    /// How many requests were answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Ends it; answers how many requests there were and how many failed.
    pub fn end(self) -> Result<(u64, u64)> {
        self.over.store(true, Ordering::Relaxed);
        let mut failed = 0;
        for thread in self.threads {
            failed += thread
                .join()
                .map_err(|_panic| anyhow::anyhow!("a connection panicked"))??;
        }
        Ok((self.answered.load(Ordering::Relaxed), failed))
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let limit = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Trains on a sample and registers the model; answers the version.
pub fn register(terminal: &Terminal, sample: &str, target: &str, name: &str, more: &[&str]) -> Result<Value> {
    let file = crate::program::sample(sample);
    let file = file.to_string_lossy();
    let trained = terminal.answer(&["train", &*file, "--target", target, "--epochs", "20"])?;
    let run = trained["run"].as_str().context("no run")?.to_owned();
    let arguments = [&["models", "register", &run, "--name", name], more].concat();
    terminal.answer(&arguments)
}
