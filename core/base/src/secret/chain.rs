//! The thread that talks to the keychain: one request at a time, and nobody waits for ever.
//!
//! A locked keychain asks a person, which takes as long as the person does; a broken one never
//! answers. So callers wait for a limited time and are told what they wait for. The thread
//! goes on waiting, and what was asked by somebody who left is not done any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use keyring_core::{CredentialStore, Error};

use super::entry::{self, Fault, MOST};
use super::error::{SecretError, State};
use super::{Result, Secrets};

/// How many requests may wait.
const QUEUE: usize = 16;

type Connect = fn() -> keyring_core::Result<Arc<CredentialStore>>;
type Look = fn() -> State;

/// The way to the keychain. Any thread may use it, also one inside an asynchronous runtime,
/// which then waits.
#[derive(Debug)]
pub struct Keychain {
    /// Nothing when the thread could not be started.
    requests: Option<SyncSender<Request>>,
    look: Look,
    patience: Duration,
}

#[derive(Debug)]
enum Ask {
    Read,
    Store(Secrets),
    Remove,
}

#[derive(Debug)]
struct Request {
    ask: Ask,
    connection: String,
    answer: SyncSender<Result<Option<Secrets>>>,
    /// Set when the caller does not wait any more.
    is_abandoned: Arc<AtomicBool>,
}

impl Ask {
    fn action(&self) -> &'static str {
        match self {
            Self::Read => "read the secrets of the connection",
            Self::Store(_) => "keep the secrets of the connection",
            Self::Remove => "remove the secrets of the connection",
        }
    }
}

impl Keychain {
    /// Starts the thread. `connect` is tried again for each request until it succeeds; `look` says
    /// how the keychain is without asking anybody.
    pub(super) fn start(connect: Connect, look: Look, patience: Duration) -> Self {
        let (sender, requests) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("keychain".into())
            .spawn(move || serve(&requests, connect));
        Self {
            requests: thread.is_ok().then_some(sender),
            look,
            patience,
        }
    }

    /// How it is. Asks no person for anything.
    pub(super) fn state(&self) -> State {
        self.seen_within(self.patience).unwrap_or(State::Slow)
    }

    pub(super) fn read(&self, connection: &str) -> Result<Option<Secrets>> {
        self.ask(connection, Ask::Read)
    }

    pub(super) fn store(&self, connection: &str, secrets: &Secrets) -> Result<()> {
        self.ask(connection, Ask::Store(secrets.clone())).map(drop)
    }

    pub(super) fn remove(&self, connection: &str) -> Result<()> {
        self.ask(connection, Ask::Remove).map(drop)
    }

    fn ask(&self, connection: &str, ask: Ask) -> Result<Option<Secrets>> {
        let action = ask.action();
        let failed = |state: State, why: &str| SecretError::Keychain {
            state,
            action,
            why: why.to_owned(),
        };
        let (sender, answer) = sync_channel(1);
        let is_abandoned = Arc::new(AtomicBool::new(false));
        let request = Request {
            ask,
            connection: connection.to_owned(),
            answer: sender,
            is_abandoned: Arc::clone(&is_abandoned),
        };
        let Some(requests) = &self.requests else {
            return Err(failed(State::Slow, "its thread could not be started"));
        };
        match requests.try_send(request) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(failed(self.waited(), "too many requests wait for it")),
            Err(TrySendError::Disconnected(_)) => return Err(failed(State::Slow, "its thread has ended")),
        }
        match answer.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                is_abandoned.store(true, Ordering::SeqCst);
                Err(failed(self.waited(), ""))
            }
            Err(RecvTimeoutError::Disconnected) => Err(failed(State::Slow, "its thread has ended")),
        }
    }

    /// What a caller waited for in vain: a person who unlocks it, or the keychain itself.
    fn waited(&self) -> State {
        match self.seen_within(Duration::from_secs(1)) {
            Some(State::Locked) => State::Locked,
            _ => State::Slow,
        }
    }

    /// How it looks, on a thread of its own: the other one may be waiting for a person.
    fn seen_within(&self, limit: Duration) -> Option<State> {
        let (sender, answer) = sync_channel(1);
        let look = self.look;
        let thread = std::thread::Builder::new()
            .name("keychain-state".into())
            .spawn(move || {
                let _nobody_waits = sender.send(look());
            });
        thread.ok().and_then(|_| answer.recv_timeout(limit).ok())
    }
}

/// Does what is asked, one after the other, until nobody can ask any more.
fn serve(requests: &Receiver<Request>, connect: Connect) {
    let mut open: Option<Arc<CredentialStore>> = None;
    while let Ok(request) = requests.recv() {
        if request.is_abandoned.load(Ordering::SeqCst) {
            continue;
        }
        let mut answer = attempt(&mut open, connect, &request);
        // The service may have been started anew since it was connected to.
        if matches!(&answer, Err(Fault::Keychain(Error::PlatformFailure(_)))) && open.take().is_some() {
            answer = attempt(&mut open, connect, &request);
        }
        let action = request.ask.action();
        let answer = answer.map_err(|fault| fault.told(&request.connection, action));
        // Who left is told nothing.
        drop(request.answer.send(answer));
    }
}

fn attempt(
    open: &mut Option<Arc<CredentialStore>>,
    connect: Connect,
    request: &Request,
) -> Result<Option<Secrets>, Fault> {
    let store = match open {
        Some(store) => Arc::clone(store),
        None => Arc::clone(open.insert(connect().map_err(absent)?)),
    };
    let connection = &request.connection;
    match &request.ask {
        Ask::Read => entry::read(&store, connection),
        Ask::Store(secrets) => {
            // Unlocks what is there, for as long as a person needs; then the caller may have left.
            let was_there = entry::unlock(&store, connection)?;
            if request.is_abandoned.load(Ordering::SeqCst) {
                return Ok(None);
            }
            entry::write(&store, connection, secrets, MOST)?;
            if request.is_abandoned.load(Ordering::SeqCst) && !was_there {
                entry::remove(&store, connection)?;
            }
            Ok(None)
        }
        Ask::Remove => entry::remove(&store, connection).map(|()| None),
    }
}

/// There is nothing to connect to, whatever the reason.
fn absent(error: Error) -> Fault {
    Fault::Keychain(match error {
        Error::PlatformFailure(source) => Error::NotSupportedByStore(source.to_string()),
        other => other,
    })
}

/// The error a caller is told.
pub(super) fn told(error: &Error, action: &'static str) -> SecretError {
    let why = match error {
        Error::PlatformFailure(source) | Error::NoStorageAccess(source) => source.to_string(),
        Error::NotSupportedByStore(why) => why.clone(),
        // The others may quote what is kept.
        _ => String::new(),
    };
    let state = match error {
        Error::NoStorageAccess(_) if why.contains("denied") || why.contains("not allowed") => State::Denied,
        Error::NoStorageAccess(_) => State::Locked,
        Error::NotSupportedByStore(_) | Error::NoDefaultStore => State::Absent,
        _ => State::Denied,
    };
    // That it is locked says all there is to say.
    let why = if state == State::Locked { String::new() } else { why };
    SecretError::Keychain {
        state,
        action,
        why: why.lines().next().unwrap_or_default().chars().take(200).collect(),
    }
}
