//! A proxy between a client and a real server that does what networks and servers do on bad days.
//!
//! It understands as much of HTTP/1.1 as it takes to know where a message begins and ends, and
//! passes everything on as it is, so that signatures stay good.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut when so many bytes of the request's body have passed.
    CutUp(usize),
    /// The connection is cut when so many bytes of the answer's body have passed.
    CutDown(usize),
    /// The server does what it was asked, and its answer is lost.
    LoseAnswer,
    /// The request does not reach the server; this is answered, with the code that S3 has for it:
    /// 503 asks to slow down, 403 says that the sign-in has ended.
    Status(u16),
    /// A bit of the request's body changes at this place.
    CorruptUp(usize),
    /// A bit of the answer's body changes at this place.
    CorruptDown(usize),
    /// So many bytes a second pass, of request and answer.
    Slow(usize),
    /// Nothing passes at all: the connection is closed at once.
    Refuse,
    /// The server's clock is ahead of this machine's by so many seconds: what is signed for another minute
    /// is refused as S3 does, and the answer has the server's time where `tells` says so. What is
    /// signed for the right time passes.
    Clock { ahead_secs: i64, tells: bool },
}

/// Which requests a fault is for, and how often.
#[derive(Clone, Debug)]
struct Trap {
    method: String,
    /// Text that the path and query have.
    path: String,
    fault: Fault,
    left: usize,
}

#[derive(Debug, Default)]
struct Shared {
    traps: Mutex<Vec<Trap>>,
    requests: Mutex<Vec<String>>,
    up: AtomicU64,
    down: AtomicU64,
    sprung: AtomicU64,
    is_over: AtomicBool,
}

/// A running proxy. Dropping it closes its port.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    shared: Arc<Shared>,
}

impl FaultProxy {
    /// Starts a proxy on a free port, before a server on this one.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(server_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared::default());
        let also = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("fault-proxy".into())
            .spawn(move || {
                for client in listener.incoming().flatten() {
                    if also.is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let also = Arc::clone(&also);
                    let started = std::thread::Builder::new()
                        .name("fault-proxy-connection".into())
                        // How a connection ends is what is tested, not a failure of the proxy.
                        .spawn(move || drop(serve(&client, server_port, &also)));
                    drop(started);
                }
            })
            .expect("a thread");
        Self { port, shared }
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets the next `times` requests of this method whose path and query have this text go wrong. Faults
    /// are tried in the order in which they were set.
    pub fn set(&self, method: &str, path: &str, fault: Fault, times: usize) {
        lock(&self.shared.traps).push(Trap {
            method: method.to_owned(),
            path: path.to_owned(),
            fault,
            left: times,
        });
    }

    /// Lets nothing go wrong any more.
    pub fn clear(&self) {
        lock(&self.shared.traps).clear();
    }

    /// How many requests went wrong.
    pub fn sprung(&self) -> u64 {
        self.shared.sprung.load(Ordering::Relaxed)
    }

    /// Bytes of bodies that went to the server.
    pub fn bytes_up(&self) -> u64 {
        self.shared.up.load(Ordering::Relaxed)
    }

    /// Bytes of bodies that came from the server.
    pub fn bytes_down(&self) -> u64 {
        self.shared.down.load(Ordering::Relaxed)
    }

    /// Every request so far, as `PUT /bucket/key?query`.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.requests).clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that listens; that nobody listens any more is as good.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first lines of a message.
struct Head {
    text: Vec<u8>,
    first: String,
    body: Body,
    closes: bool,
}

#[derive(Clone, Copy)]
enum Body {
    Length(usize),
    Chunked,
    UntilEnd,
}

/// Reads the first lines of a message; nothing at the end.
fn head(from: &mut impl std::io::BufRead) -> std::io::Result<Option<Head>> {
    let mut text = Vec::new();
    let mut first = String::new();
    let mut body = Body::UntilEnd;
    let mut closes = false;
    loop {
        let begins = text.len();
        if from.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&text[begins..]).trim_end().to_owned();
        if line.is_empty() {
            return Ok(Some(Head {
                text,
                first,
                body,
                closes,
            }));
        }
        let lower = line.to_ascii_lowercase();
        if first.is_empty() {
            first = line;
        } else if let Some(length) = lower.strip_prefix("content-length:") {
            body = Body::Length(length.trim().parse().unwrap_or(0));
        } else if lower.starts_with("transfer-encoding:") && lower.contains("chunked") {
            body = Body::Chunked;
        } else if lower.starts_with("connection:") && lower.contains("close") {
            closes = true;
        }
    }
}

fn serve(client: &TcpStream, server_port: u16, shared: &Shared) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut from_client = BufReader::with_capacity(256 << 10, client.try_clone()?);
    let mut to_client = client.try_clone()?;
    let mut server: Option<(BufReader<TcpStream>, TcpStream)> = None;
    while let Some(request) = head(&mut from_client)? {
        let mut words = request.first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        lock(&shared.requests).push(format!("{method} {path}"));
        let fault = spring(shared, method, path);
        let length = match request.body {
            Body::Length(length) => length,
            Body::Chunked | Body::UntilEnd => 0,
        };
        match fault {
            Some(Fault::Refuse) => return client.shutdown(Shutdown::Both),
            Some(Fault::Clock { ahead_secs, tells }) => {
                let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead_secs);
                let apart = signed_at(&request.text).map(|at| at.duration_since(now).abs());
                if apart.is_none_or(|apart| apart > jiff::SignedDuration::from_secs(60)) {
                    std::io::copy(&mut (&mut from_client).take(length as u64), &mut std::io::sink())?;
                    let words = "<Error><Code>RequestTimeTooSkewed</Code><Message>too far</Message></Error>";
                    let words = if method == "HEAD" { "" } else { words };
                    let date = if tells {
                        now.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n").to_string()
                    } else {
                        String::new()
                    };
                    write!(
                        to_client,
                        "HTTP/1.1 403 Fault\r\n{date}Content-Length: {}\r\nContent-Type: application/xml\r\n\r\n{words}",
                        words.len()
                    )?;
                    continue;
                }
            }
            Some(Fault::Status(status)) => {
                std::io::copy(&mut (&mut from_client).take(length as u64), &mut std::io::sink())?;
                let code = match status {
                    503 => "SlowDown",
                    403 => "ExpiredToken",
                    400 => "InvalidArgument",
                    _ => "InternalError",
                };
                let words = format!("<Error><Code>{code}</Code><Message>the proxy says so</Message></Error>");
                let words = if method == "HEAD" { "" } else { &words };
                write!(
                    to_client,
                    "HTTP/1.1 {status} Fault\r\nContent-Length: {}\r\nContent-Type: application/xml\r\n\r\n{words}",
                    words.len()
                )?;
                continue;
            }
            _ => {}
        }
        if server.is_none() {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server_port))?;
            stream.set_nodelay(true)?;
            server = Some((BufReader::with_capacity(256 << 10, stream.try_clone()?), stream));
        }
        let Some((from_server, to_server)) = &mut server else {
            continue;
        };
        to_server.write_all(&request.text)?;
        let up = Passage {
            counted: &shared.up,
            cut: cut(fault, true),
            corrupt: corrupt(fault, true),
            slow: slow(fault),
        };
        if !up.pass(&mut from_client, to_server, length)? {
            to_server.shutdown(Shutdown::Both)?;
            return client.shutdown(Shutdown::Both);
        }
        let Some(answer) = head(from_server)? else {
            return client.shutdown(Shutdown::Both);
        };
        let status: u16 = answer
            .first
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or(0);
        if fault == Some(Fault::LoseAnswer) {
            return client.shutdown(Shutdown::Both);
        }
        to_client.write_all(&answer.text)?;
        let down = Passage {
            counted: &shared.down,
            cut: cut(fault, false),
            corrupt: corrupt(fault, false),
            slow: slow(fault),
        };
        let has_body = method != "HEAD" && status != 204 && status != 304 && status >= 200;
        let is_whole = match answer.body {
            _ if !has_body => true,
            Body::Length(length) => down.pass(from_server, &mut to_client, length)?,
            Body::Chunked => chunks(&down, from_server, &mut to_client)?,
            Body::UntilEnd => {
                std::io::copy(from_server, &mut to_client)?;
                false
            }
        };
        if !is_whole || answer.closes || request.closes {
            return client.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

/// When a request says that it was signed.
fn signed_at(head: &[u8]) -> Option<jiff::Timestamp> {
    let text = String::from_utf8_lossy(head);
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-amz-date").then(|| value.trim().to_owned())
    })?;
    let parsed = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", &value).ok()?;
    Some(
        parsed
            .to_datetime()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp(),
    )
}

/// The fault of a request, if it has one.
fn spring(shared: &Shared, method: &str, path: &str) -> Option<Fault> {
    let mut traps = lock(&shared.traps);
    let fits = |trap: &&mut Trap| trap.left > 0 && trap.method == method && path.contains(&trap.path);
    let trap = traps.iter_mut().find(fits)?;
    trap.left -= 1;
    shared.sprung.fetch_add(1, Ordering::Relaxed);
    Some(trap.fault)
}

fn cut(fault: Option<Fault>, is_up: bool) -> Option<usize> {
    match (fault?, is_up) {
        (Fault::CutUp(at), true) | (Fault::CutDown(at), false) => Some(at),
        _ => None,
    }
}

fn corrupt(fault: Option<Fault>, is_up: bool) -> Option<usize> {
    match (fault?, is_up) {
        (Fault::CorruptUp(at), true) | (Fault::CorruptDown(at), false) => Some(at),
        _ => None,
    }
}

fn slow(fault: Option<Fault>) -> Option<usize> {
    match fault? {
        Fault::Slow(bytes_per_sec) => Some(bytes_per_sec),
        _ => None,
    }
}

/// How the bytes of a body pass.
struct Passage<'a> {
    counted: &'a AtomicU64,
    cut: Option<usize>,
    corrupt: Option<usize>,
    slow: Option<usize>,
}

impl Passage<'_> {
    /// Lets so many bytes pass; answers whether all of them did.
    fn pass(&self, from: &mut impl std::io::Read, to: &mut TcpStream, length: usize) -> std::io::Result<bool> {
        let mut buffer = vec![0; 64 << 10];
        let mut passed = 0;
        while passed < length {
            let most = buffer
                .len()
                .min(length - passed)
                .min(self.cut.map_or(usize::MAX, |cut| cut - passed.min(cut)));
            if most == 0 {
                return Ok(false);
            }
            let read = from.read(&mut buffer[..most])?;
            if read == 0 {
                return Ok(false);
            }
            if let Some(byte) = self.corrupt.filter(|at| (passed..passed + read).contains(at)) {
                buffer[byte - passed] ^= 1;
            }
            to.write_all(&buffer[..read])?;
            passed += read;
            self.counted.fetch_add(read as u64, Ordering::Relaxed);
            if let Some(bytes_per_sec) = self.slow {
                std::thread::sleep(Duration::from_secs_f64(read as f64 / bytes_per_sec as f64));
            }
        }
        Ok(true)
    }
}

/// Lets a body in chunks pass. Faults of place count within each chunk.
fn chunks(passage: &Passage<'_>, from: &mut BufReader<TcpStream>, to: &mut TcpStream) -> std::io::Result<bool> {
    loop {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line)?;
        to.write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        let size = text
            .split(';')
            .next()
            .map(str::trim)
            .and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(size) = size else { return Ok(false) };
        if size == 0 {
            // Nobody sends trailers here: an empty line ends it.
            let mut end = Vec::new();
            from.read_until(b'\n', &mut end)?;
            to.write_all(&end)?;
            return Ok(true);
        }
        if !passage.pass(from, to, size)? {
            return Ok(false);
        }
        let mut end = [0; 2];
        from.read_exact(&mut end)?;
        to.write_all(&end)?;
    }
}
