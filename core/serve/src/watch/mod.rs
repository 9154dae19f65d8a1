//! The watch: a process that looks at every endpoint every few seconds, writes down how
//! it is, and starts again what is to be kept up and is gone.
//!
//! There is one for a workspace, and it ends when there is nothing to look at. Whoever
//! serves or shows endpoints makes sure that it runs ([`launch::ensure_watch`]), so that neither a closed
//! window nor a killed watch leaves an endpoint without somebody who looks.

mod backoff;
mod probe;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aloft_base::endpoint::health::{self, State as Light};
use aloft_base::endpoint::{self, Endpoint, Wanted};
use aloft_base::fs::Lock;
use aloft_base::{Error, Workspace, job, launch};

use backoff::Backoff;
pub use probe::{Finding, Prober};

/// Each endpoint is looked at so often.
const EVERY: Duration = Duration::from_secs(3);
/// How often it is asked whether a process is gone.
const TICK: Duration = Duration::from_millis(250);
/// With nothing to look at the watch goes on for so long.
const LINGER: Duration = Duration::from_secs(20);

/// Watches until it is asked to stop, or until there has been nothing to watch for a while.
/// Does nothing when another process watches already.
pub fn watch(workspace: &Workspace, stop: &AtomicBool, say: &mut dyn FnMut(&str)) -> aloft_base::Result<()> {
    let Some(_lock) = Lock::try_take(&launch::watch_lock(workspace))? else {
        return Ok(());
    };
    let mut looked: BTreeMap<String, Watched> = BTreeMap::new();
    let mut idle_since = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        job::mark_interrupted(workspace)?;
        let endpoints = endpoint::list(workspace)?;
        looked.retain(|id, _| endpoints.iter().any(|endpoint| endpoint.id == *id));
        if endpoints.iter().any(|endpoint| endpoint.wanted == Wanted::Up) {
            idle_since = Instant::now();
        } else if idle_since.elapsed() > LINGER {
            return Ok(());
        }
        look_at_those_due(workspace, &endpoints, &mut looked, say)?;
        std::thread::sleep(TICK);
    }
    Ok(())
}

/// What the watch knows of one endpoint.
#[derive(Debug, Default)]
struct Watched {
    prober: Prober,
    last: Option<Instant>,
    state: Option<(Option<job::State>, Wanted)>,
    backoff: Backoff,
    restarts: u32,
}

impl Watched {
    /// Due after a while, and at once when its process or what is wanted changed.
    fn is_due(&self, endpoint: &Endpoint) -> bool {
        self.state != Some((endpoint.state, endpoint.wanted)) || self.last.is_none_or(|last| last.elapsed() >= EVERY)
    }
}

fn look_at_those_due(
    workspace: &Workspace,
    endpoints: &[Endpoint],
    looked: &mut BTreeMap<String, Watched>,
    say: &mut dyn FnMut(&str),
) -> aloft_base::Result<()> {
    for endpoint in endpoints {
        looked.entry(endpoint.id.clone()).or_default();
    }
    let due: Vec<(&Endpoint, &mut Watched)> = looked
        .iter_mut()
        .filter_map(|(id, watched)| {
            let endpoint = endpoints.iter().find(|endpoint| endpoint.id == *id)?;
            watched.is_due(endpoint).then_some((endpoint, watched))
        })
        .collect();
    let folder = workspace.folder();
    // A silent one takes its whole time limit, so none waits for another.
    let findings: Vec<(&Endpoint, &mut Watched, aloft_base::Result<Finding>)> = std::thread::scope(|scope| {
        let looks: Vec<_> = due
            .into_iter()
            .map(|(endpoint, watched)| {
                scope.spawn(move || {
                    // A connection to the database belongs to one thread.
                    let finding = Workspace::open(folder).and_then(|own| watched.prober.look(&own, endpoint));
                    (endpoint, watched, finding)
                })
            })
            .collect();
        looks.into_iter().filter_map(|look| look.join().ok()).collect()
    });
    for (endpoint, watched, finding) in findings {
        let finding = finding?;
        watched.last = Some(Instant::now());
        watched.state = Some((endpoint.state, endpoint.wanted));
        let is_up = finding.state == Light::Healthy;
        watched.backoff.saw(is_up);
        if watched.backoff.is_settled() {
            watched.restarts = 0;
        }
        health::set(
            workspace,
            &endpoint.id,
            finding.state,
            &finding.reason,
            finding.latency_ms,
            watched.restarts,
        )?;
        if is_to_be_started(endpoint) && watched.backoff.may_try() {
            watched.restarts += 1;
            start_again(workspace, endpoint, say)?;
        }
    }
    Ok(())
}

/// Whether the process of an endpoint that is to be kept up is gone.
fn is_to_be_started(endpoint: &Endpoint) -> bool {
    let keeps = endpoint.spec.serving().is_some_and(|serving| serving.keep_up);
    keeps && endpoint.wanted == Wanted::Up && endpoint.state.is_some() && !endpoint.is_active()
}

fn start_again(workspace: &Workspace, endpoint: &Endpoint, say: &mut dyn FnMut(&str)) -> aloft_base::Result<()> {
    match endpoint::start(workspace, &endpoint.id) {
        Ok(job) => {
            say(&format!("Starting the endpoint '{}' again", endpoint.name));
            launch::spawn_job(workspace, &job)
        }
        // Somebody else was quicker, or it was stopped or deleted in between.
        Err(Error::Conflict { .. } | Error::Missing { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aloft_base::endpoint::{Check, External, Serving, Spec};
    use std::io::{Read, Write};
    use std::sync::Arc;

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        (folder, workspace)
    }

    /// Answers every request with this status until it is dropped.
    fn answering(status: u16) -> (String, Arc<AtomicBool>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gone = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&gone);
        listener.set_nonblocking(true).unwrap();
        std::thread::Builder::new()
            .spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let Ok((mut stream, _)) = listener.accept() else {
                        std::thread::sleep(Duration::from_millis(5));
                        continue;
                    };
                    stream.set_nonblocking(false).unwrap();
                    let mut part = [0; 4096];
                    let _read = stream.read(&mut part).unwrap();
                    let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
                    stream.write_all(text.as_bytes()).unwrap();
                }
            })
            .unwrap();
        (url, gone)
    }

    fn http(url: &str, status: u16, contains: &str) -> Spec {
        Spec::External(External {
            url: url.to_owned(),
            check: Check::Http {
                status,
                contains: contains.to_owned(),
            },
            latency_limit_ms: 5000.0,
        })
    }

    fn look(workspace: &Workspace, looked: &mut BTreeMap<String, Watched>) -> BTreeMap<String, Light> {
        for watched in looked.values_mut() {
            watched.last = None;
        }
        let endpoints = endpoint::list(workspace).unwrap();
        look_at_those_due(workspace, &endpoints, looked, &mut |_| ()).unwrap();
        let endpoints = endpoint::list(workspace).unwrap().into_iter();
        endpoints
            .map(|endpoint| (endpoint.name, endpoint.health.unwrap().state))
            .collect()
    }

    #[test]
    fn external_addresses_are_told_by_status_content_and_silence() {
        let (_folder, workspace) = workspace();
        let (url, gone) = answering(200);
        let (broken, broken_gone) = answering(503);
        for (name, spec) in [
            ("right", http(&url, 200, "ok")),
            ("other-status", http(&url, 204, "")),
            ("other-text", http(&url, 200, "fine")),
            ("broken", http(&broken, 200, "")),
        ] {
            endpoint::create(&workspace, name, &spec).unwrap();
        }
        let mut looked = BTreeMap::new();
        let lights = look(&workspace, &mut looked);
        assert_eq!(lights["right"], Light::Healthy);
        assert_eq!(lights["other-status"], Light::Degraded);
        assert_eq!(lights["other-text"], Light::Degraded);
        assert_eq!(lights["broken"], Light::Down);
        gone.store(true, Ordering::Relaxed);
        broken_gone.store(true, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(look(&workspace, &mut looked)["right"], Light::Down);
        let alerts = health::alerts(&workspace).unwrap();
        let right = endpoint::find(&workspace, "right").unwrap().unwrap().id;
        let last = alerts.iter().rfind(|alert| alert.endpoint == right).unwrap();
        assert_eq!((last.before, last.after), (Light::Healthy, Light::Down));
    }

    #[test]
    fn an_endpoint_whose_process_is_gone_is_down_and_one_that_is_stopped_is_not() {
        let (_folder, workspace) = workspace();
        let spec = Spec::Local(Serving {
            model: "m".to_owned(),
            keep_up: false,
            ..Serving::default()
        });
        let id = endpoint::create(&workspace, "m", &spec).unwrap().id;
        let job = endpoint::start(&workspace, &id).unwrap();
        drop(job::claim(&workspace, &job).unwrap());
        job::mark_interrupted(&workspace).unwrap();
        let mut looked = BTreeMap::new();
        assert_eq!(look(&workspace, &mut looked)["m"], Light::Down);
        let health = endpoint::get(&workspace, &id).unwrap().health.unwrap();
        assert_eq!(health.reason, "Its process is gone");
        endpoint::stop(&workspace, &id).unwrap();
        assert_eq!(look(&workspace, &mut looked)["m"], Light::Unknown);
    }

    #[test]
    fn a_second_watch_gives_way_to_the_first() {
        let (_folder, workspace) = workspace();
        let _held = Lock::try_take(&launch::watch_lock(&workspace)).unwrap().unwrap();
        watch(&workspace, &AtomicBool::new(false), &mut |_| ()).unwrap();
    }
}
