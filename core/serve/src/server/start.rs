//! From a row or a folder to a server that answers, and its end.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use aloft_base::endpoint::token::{self, Token};
use aloft_base::endpoint::{self, Serving, Spec, Status};
use aloft_base::time::now_ms;
use aloft_base::workspace::Workspace;

use super::book::{self, Entry};
use super::follow::{self, Plan};
use super::loaded::Loaded;
use super::metrics::Metrics;
use super::request_log::{self, Kept};
use super::shadow::{self, Asked};
use super::state::{Now, Server};
use super::{FolderOptions, listen, tls};
use crate::error::ServeError;

/// Serves an endpoint of a workspace.
pub(super) fn workspace(
    folder: &Path,
    id: &str,
    stop: &Arc<AtomicBool>,
    on_ready: &mut dyn FnMut(&Status),
) -> Result<(), ServeError> {
    let workspace = Workspace::open(folder)?;
    let row = endpoint::get(&workspace, id)?;
    let Spec::Local(mut serving) = row.spec else {
        return Err(ServeError::External { endpoint: row.name });
    };
    let metrics = Metrics::new();
    let plan = Plan::of(&workspace, &serving)?;
    let (now, problem) = follow::first(
        &workspace,
        &serving,
        &plan,
        token_hashes(&workspace, id, &serving)?,
        &metrics,
    )?;
    let certificate = serving.tls.as_ref().map(tls::acceptor).transpose()?;
    let listener = listen::bind(&serving.host, serving.port)?;
    let port = port_of(&listener, &serving.host)?;
    if serving.port == 0 {
        serving.port = port;
        endpoint::change(&workspace, id, &Spec::Local(serving.clone()))?;
    }

    let (book, entries) = sync_channel::<Entry>(book::QUEUE);
    let (asked, to_ask) = sync_channel::<Asked>(shadow::QUEUE);
    let (log, to_keep) = sync_channel::<Option<Kept>>(request_log::QUEUE);
    let server = Arc::new(Server::new(
        serving.model.clone(),
        serving.limits.clone(),
        super::Vertex::from_environment(),
        metrics,
        book,
        asked,
        log,
        now,
    ));
    let status = Status {
        url: url(&serving.host, port, serving.tls.is_some()),
        port,
        pid: std::process::id(),
        ready_ms: now_ms(),
        versions: server.now().served(),
        problem,
    };
    // Before the follower, which writes it too. The address takes connections already.
    endpoint::set_status(&workspace, id, &status)?;
    let helpers = Helpers::start(&server, to_ask)?;
    let book = {
        let (workspace, id, server) = (workspace.reopen()?, id.to_owned(), Arc::clone(&server));
        named("endpoint-book", move || book::run(&workspace, &id, &server, &entries))?
    };
    let keeper = {
        let folder = workspace.request_log_folder(id);
        named("endpoint-log", move || request_log::run(&folder, &to_keep))?
    };
    let ended = Arc::new(AtomicBool::new(false));
    let follower = {
        let (workspace, id, server) = (workspace.reopen()?, id.to_owned(), Arc::clone(&server));
        let (status, ended) = (status.clone(), Arc::clone(&ended));
        named("endpoint-follow", move || {
            follow::run(&workspace, &id, &server, plan, serving, status, &ended);
        })?
    };
    let served = listen::run(&server, listener, certificate.as_ref(), stop, &mut || {
        on_ready(&status);
        Ok(())
    });
    ended.store(true, Ordering::Relaxed);
    book::end(&server);
    // Threads that panicked have nothing more to say.
    drop(server.log.send(None));
    drop((follower.join(), book.join(), keeper.join()));
    helpers.end(server);
    served
}

/// Serves a model folder.
pub(super) fn folder(
    folder: &Path,
    options: FolderOptions,
    stop: &Arc<AtomicBool>,
    on_ready: &mut dyn FnMut(&Status),
) -> Result<(), ServeError> {
    let metrics = Metrics::new();
    let main = Arc::new(Loaded::load(folder, &options.name, options.version, None, &metrics)?);
    let hash = |token: &Token| vec![blake3::hash(token.reveal().as_bytes())];
    let now = Now {
        main,
        split: None,
        shadow: None,
        tokens: options.token.as_ref().map(hash),
        keep_values: false,
        log: None,
    };
    let certificate = options.tls.as_ref().map(tls::acceptor).transpose()?;
    let listener = listen::bind(&options.host, options.port)?;
    let port = port_of(&listener, &options.host)?;
    let (book, entries) = sync_channel::<Entry>(book::QUEUE);
    let (asked, to_ask) = sync_channel::<Asked>(shadow::QUEUE);
    let (log, to_keep) = sync_channel::<Option<Kept>>(request_log::QUEUE);
    // Nothing is written down here: what comes is dropped at once.
    drop((entries, to_keep));
    let status = Status {
        url: url(&options.host, port, options.tls.is_some()),
        port,
        pid: std::process::id(),
        ready_ms: now_ms(),
        versions: now.served(),
        problem: None,
    };
    let server = Arc::new(Server::new(
        options.name,
        options.limits,
        options.vertex,
        metrics,
        book,
        asked,
        log,
        now,
    ));
    let helpers = Helpers::start(&server, to_ask)?;
    let served = listen::run(&server, listener, certificate.as_ref(), stop, &mut || {
        on_ready(&status);
        Ok(())
    });
    helpers.end(server);
    served
}

/// The hashes of the tokens that let a request in; `None` when it needs none.
pub(super) fn token_hashes(
    workspace: &Workspace,
    id: &str,
    serving: &Serving,
) -> aloft_base::Result<Option<Vec<blake3::Hash>>> {
    if !serving.needs_token {
        return Ok(None);
    }
    let hashes = token::hashes(workspace, id)?;
    // A hash that is none lets nobody in.
    Ok(Some(
        hashes
            .iter()
            .filter_map(|hash| blake3::Hash::from_hex(hash).ok())
            .collect(),
    ))
}

/// Starts a thread with a name.
fn named(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, ServeError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|source| ServeError::Start {
        action: "start a thread",
        source,
    })
}

/// The threads that work beside the answers, and end once the server is gone.
struct Helpers {
    shadow: JoinHandle<()>,
}

impl Helpers {
    fn start(server: &Arc<Server>, to_ask: Receiver<Asked>) -> Result<Self, ServeError> {
        // The counts outlive the server, so that the thread does not keep its own queue open.
        let metrics = Arc::clone(&server.metrics);
        Ok(Self {
            shadow: named("endpoint-shadow", move || shadow::run(&to_ask, &metrics))?,
        })
    }

    fn end(self, server: Arc<Server>) {
        // A connection that outlived the time it had still holds the server: then nobody waits for the shadow.
        if Arc::into_inner(server).is_some() {
            drop(self.shadow.join());
        }
    }
}

fn port_of(listener: &TcpListener, host: &str) -> Result<u16, ServeError> {
    let address = listener.local_addr().map_err(|source| ServeError::Listen {
        host: host.to_owned(),
        port: 0,
        source,
    })?;
    Ok(address.port())
}

/// The address at which this machine reaches the endpoint.
fn url(host: &str, port: u16, is_tls: bool) -> String {
    let scheme = if is_tls { "https" } else { "http" };
    let host = match host {
        "0.0.0.0" | "" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    format!("{scheme}://{host}:{port}")
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn an_address_can_be_asked() {
        assert_eq!(url("127.0.0.1", 80, false), "http://127.0.0.1:80");
        assert_eq!(url("0.0.0.0", 8443, true), "https://127.0.0.1:8443");
        assert_eq!(url("::", 1, false), "http://[::1]:1");
        assert_eq!(url("fe80::1", 1, false), "http://[fe80::1]:1");
    }
}
