//! Connections: accepts them until the server is to stop, then lets those under way end.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

use super::routes;
use super::state::Server;
use crate::error::ServeError;

/// So many connections are open at once; others wait to be accepted.
const CONNECTIONS: usize = 4096;
/// How soon it is seen that the server is to stop.
const STOP_PERIOD: Duration = Duration::from_millis(50);
/// How long the head of a request may take, and a connection be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more connections to give.
const EXHAUSTED_PERIOD: Duration = Duration::from_millis(50);

/// Takes the address.
///
/// # Errors
/// When another program has the port, or the machine does not have the address.
pub(super) fn bind(host: &str, port: u16) -> Result<TcpListener, ServeError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::PortTaken {
            host: host.to_owned(),
            port,
        },
        _ => ServeError::Listen {
            host: host.to_owned(),
            port,
            source,
        },
    };
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(failed)?.collect();
    let listener = TcpListener::bind(&addresses[..]).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Answers until `stop` is set. `on_ready` is called once connections are accepted.
pub(super) fn run(
    server: &Arc<Server>,
    listener: TcpListener,
    certificate: Option<&TlsAcceptor>,
    stop: &AtomicBool,
    on_ready: &mut dyn FnMut() -> Result<(), ServeError>,
) -> Result<(), ServeError> {
    let failed = |action| move |source| ServeError::Start { action, source };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        // Large requests are worked on by as many threads, so that small ones still get through.
        .max_blocking_threads(threads)
        .thread_name("endpoint")
        .enable_all()
        .build()
        .map_err(failed("start the threads that answer"))?;
    let routes = routes::routes(server);
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed("listen"))?;
        on_ready()?;
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        accept(&listener, &routes, certificate, &graceful, &places, stop).await;
        drop(listener);
        let limit = Duration::from_millis(server.limits.timeout_ms);
        // Whoever is not done by then is cut off.
        drop(tokio::time::timeout(limit, graceful.shutdown()).await);
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn accept(
    listener: &tokio::net::TcpListener,
    routes: &Router,
    certificate: Option<&TlsAcceptor>,
    graceful: &GracefulShutdown,
    places: &Arc<Semaphore>,
    stop: &AtomicBool,
) {
    let mut tick = tokio::time::interval(STOP_PERIOD);
    while !stop.load(Ordering::Relaxed) {
        let accepted = tokio::select! {
            accepted = next(listener, places) => accepted,
            _ = tick.tick() => continue,
        };
        let Ok((stream, place)) = accepted else {
            // Out of file descriptors, or a caller that went away already.
            tokio::time::sleep(EXHAUSTED_PERIOD).await;
            continue;
        };
        let (routes, watcher, certificate) = (routes.clone(), graceful.watcher(), certificate.cloned());
        tokio::spawn(async move {
            // Answers are written whole: waiting for more to send would only delay them.
            drop(stream.set_nodelay(true));
            match certificate {
                None => talk(TokioIo::new(stream), routes, watcher).await,
                Some(certificate) => {
                    let greeted = tokio::time::timeout(HANDSHAKE_TIMEOUT, certificate.accept(stream)).await;
                    if let Ok(Ok(stream)) = greeted {
                        talk(TokioIo::new(stream), routes, watcher).await;
                    }
                }
            }
            drop(place);
        });
    }
}

async fn next(
    listener: &tokio::net::TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

async fn talk<S>(stream: S, routes: Router, watcher: Watcher)
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .pipeline_flush(true)
        .serve_connection(stream, TowerToHyperService::new(routes));
    // A caller that breaks off is no failure of ours.
    drop(watcher.watch(connection).await);
}
