//! How does a test read and press what is in a window, without being part of it?
//!
//! A Python helper (`driver.py`) lives as long as the private desktop and speaks AT-SPI there;
//! this is its other end: one JSON line asks, one JSON line answers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};

/// The helper's program, started as `python3 -c …` so that it needs no file of its own.
const PROGRAM: &str = include_str!("driver.py");

/// The running helper.
#[derive(Debug)]
pub struct Driver {
    process: Child,
    pipes: Mutex<Pipes>,
}

#[derive(Debug)]
struct Pipes {
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Which node of a window is meant.
#[derive(Clone, Debug, Default)]
pub struct Query {
    name: Option<String>,
    pattern: Option<String>,
    role: Option<String>,
    at: usize,
    timeout_secs: f64,
}

/// The node with exactly this accessible name.
pub fn named(name: impl Into<String>) -> Query {
    Query {
        name: Some(name.into()),
        timeout_secs: 10.0,
        ..Query::default()
    }
}

/// The node whose accessible name matches a regular expression (Python's).
pub fn like(pattern: impl Into<String>) -> Query {
    Query {
        pattern: Some(pattern.into()),
        timeout_secs: 10.0,
        ..Query::default()
    }
}

impl Query {
    /// Only nodes of this role, in AT-SPI's words: `button`, `label`, `entry`, `check box`, `combo box`…
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.role = Some(role.to_owned());
        self
    }

    /// Not the first that matches, but the one after `at` others.
    #[must_use]
    pub fn at(mut self, at: usize) -> Self {
        self.at = at;
        self
    }

    /// How long to wait for it; 10 seconds when not said.
    #[must_use]
    pub fn within_secs(mut self, seconds: f64) -> Self {
        self.timeout_secs = seconds;
        self
    }

    fn request(&self, verb: &str, pid: u32) -> Value {
        json!({
            "do": verb, "pid": pid, "name": self.name, "pattern": self.pattern, "role": self.role,
            "at": self.at, "timeout_secs": self.timeout_secs,
        })
    }
}

/// What is known about one node of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub role: String,
    pub name: String,
    /// `enabled`, `checked`, `selected`, `focused`, …
    pub states: Vec<String>,
    /// Left, top, width and height in pixels of the screen.
    pub place: Option<[i32; 4]>,
    /// The text of an entry.
    pub text: Option<String>,
    /// The number of a slider or progress bar.
    pub value: Option<f64>,
    pub description: String,
    pub depth: usize,
}

impl Node {
    pub fn has(&self, state: &str) -> bool {
        self.states.iter().any(|own| own == state)
    }

    /// The middle of the node in pixels of the screen.
    pub fn centre(&self) -> Option<(i32, i32)> {
        self.place
            .map(|[left, top, width, height]| (left + width / 2, top + height / 2))
    }

    fn read(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let place = value["place"].as_array().and_then(|numbers| {
            let numbers: Vec<i32> = numbers
                .iter()
                .filter_map(|number| Some(number.as_i64()? as i32))
                .collect();
            numbers.try_into().ok()
        });
        let states = value["states"].as_array().into_iter().flatten();
        Self {
            role: text("role").unwrap_or_default(),
            name: text("name").unwrap_or_default(),
            states: states.filter_map(|state| state.as_str().map(str::to_owned)).collect(),
            place,
            text: text("text"),
            value: value["value"].as_f64(),
            description: text("description").unwrap_or_default(),
            depth: value["depth"].as_u64().unwrap_or_default() as usize,
        }
    }
}

impl Driver {
    /// Starts the helper with the environment of a private desktop.
    pub fn start(environment: &[(String, String)]) -> Result<Self> {
        // The system's Python, since the bindings come as packages of the system.
        let mut process = Command::new("/usr/bin/python3")
            .args(["-c", PROGRAM])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start /usr/bin/python3; tests/setup.sh says what to install")?;
        let requests = process.stdin.take().context("no pipe to the helper")?;
        let answers = BufReader::new(process.stdout.take().context("no pipe from the helper")?);
        let driver = Self {
            process,
            pipes: Mutex::new(Pipes { requests, answers }),
        };
        driver
            .read_answer()
            .context("the helper did not start; tests/setup.sh says what to install")?;
        Ok(driver)
    }

    fn read_answer(&self) -> Result<Value> {
        let mut pipes = self
            .pipes
            .lock()
            .map_err(|_poison| anyhow!("a test failed while it held the helper"))?;
        pipes.read()
    }

    /// Asks for one thing. Fails with the helper's words.
    pub fn ask(&self, request: &Value) -> Result<Value> {
        let mut pipes = self
            .pipes
            .lock()
            .map_err(|_poison| anyhow!("a test failed while it held the helper"))?;
        writeln!(pipes.requests, "{request}").context("the helper has ended")?;
        pipes.read()
    }

    /// Waits for a node and reads it.
    pub fn find(&self, pid: u32, query: &Query) -> Result<Node> {
        self.ask(&query.request("find", pid)).map(|value| Node::read(&value))
    }

    /// Every node that matches now, in reading order.
    pub fn all(&self, pid: u32, query: &Query) -> Result<Vec<Node>> {
        let found = self.ask(&query.request("all", pid))?;
        Ok(found.as_array().into_iter().flatten().map(Node::read).collect())
    }

    /// Waits until nothing matches any more.
    pub fn gone(&self, pid: u32, query: &Query) -> Result<()> {
        self.ask(&query.request("gone", pid)).map(drop)
    }

    /// Waits for an enabled node and presses it, as a screen reader does.
    pub fn press(&self, pid: u32, query: &Query) -> Result<Node> {
        self.ask(&query.request("press", pid)).map(|value| Node::read(&value))
    }

    /// Gives a node the keyboard.
    pub fn focus(&self, pid: u32, query: &Query) -> Result<Node> {
        self.ask(&query.request("focus", pid)).map(|value| Node::read(&value))
    }

    /// Sets the number of a slider or a number field.
    pub fn set_value(&self, pid: u32, query: &Query, value: f64) -> Result<Node> {
        let mut request = query.request("set_value", pid);
        request["value"] = json!(value);
        self.ask(&request).map(|value| Node::read(&value))
    }

    /// The whole tree, one line a node, for a person who wonders.
    pub fn tree_text(&self, pid: u32) -> Result<String> {
        let nodes = self.ask(&json!({"do": "tree", "pid": pid}))?;
        let lines = nodes.as_array().into_iter().flatten().map(|value| {
            let node = Node::read(value);
            format!(
                "{:indent$}{} {:?} {}",
                "",
                node.role,
                node.name,
                node.states.join(","),
                indent = node.depth * 2
            )
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }
}

impl Pipes {
    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).context("the helper has ended")? == 0 {
            bail!("the helper has ended");
        }
        let mut answer: Value = serde_json::from_str(&line).with_context(|| format!("the helper said {line:?}"))?;
        match answer["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => Ok(answer["ok"].take()),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends by itself when its input closes; a kill makes sure, and `wait` leaves no zombie.
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait().map(drop)) {
            assert!(std::thread::panicking(), "the helper cannot be ended: {error}");
        }
    }
}
