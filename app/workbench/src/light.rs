//! The light of an endpoint: how it is now, from what its process and the watch over it say.

use aloft_base::endpoint::health::State;
use aloft_base::endpoint::{Endpoint, Role, Spec, Wanted};
use aloft_base::job;
use aloft_base::registry::Selector;

use crate::widget::Tone;

/// How an endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Light {
    pub(crate) state: State,
    /// One word: `Healthy`, `Down`, `Starting`, …
    pub(crate) word: &'static str,
    /// Why, as a sentence.
    pub(crate) reason: String,
    pub(crate) since_ms: Option<i64>,
}

impl Light {
    /// What kind of news it is.
    pub(crate) fn tone(&self) -> Tone {
        match self.state {
            State::Healthy => Tone::Good,
            State::Degraded => Tone::Warning,
            State::Down => Tone::Bad,
            State::Unknown => Tone::Neutral,
        }
    }

    /// An icon that tells the states apart without their colour.
    pub(crate) fn glyph(&self) -> &'static str {
        use egui_phosphor::regular as icons;
        match self.state {
            State::Healthy => icons::CHECK_CIRCLE,
            State::Degraded => icons::WARNING,
            State::Down => icons::X_CIRCLE,
            State::Unknown => icons::CIRCLE_DASHED,
        }
    }

    /// What a screen reader says: `Health: healthy`.
    pub(crate) fn says(&self) -> String {
        format!("Health: {}", self.word.to_lowercase())
    }
}

/// How an endpoint is. A process that is gone is news before the watch has written it down.
pub(crate) fn of(endpoint: &Endpoint) -> Light {
    let looked = || {
        endpoint.health.as_ref().map(|health| Light {
            state: health.state,
            word: word(health.state),
            reason: health.reason.clone(),
            since_ms: Some(health.since_ms),
        })
    };
    let unknown = |word: &'static str, reason: &str| Light {
        state: State::Unknown,
        word,
        reason: reason.to_owned(),
        since_ms: None,
    };
    if let Spec::External(_) = endpoint.spec {
        return looked().unwrap_or_else(|| unknown("Unknown", "It was not looked at yet."));
    }
    match (endpoint.wanted, endpoint.state) {
        (Wanted::Stopped, Some(state)) if state.is_active() => {
            unknown("Stopping", "It finishes the requests it has, then it ends.")
        }
        (Wanted::Stopped, _) => unknown("Stopped", "Nobody asked for it to answer."),
        (Wanted::Up, None) => unknown("Starting", "Its process was not started yet."),
        (Wanted::Up, Some(state)) if !state.is_active() => gone(endpoint, state),
        (Wanted::Up, Some(_)) => {
            let Some(status) = endpoint.status.as_ref().filter(|status| status.ready_ms > 0) else {
                return unknown("Starting", "It loads its model.");
            };
            // What was seen of the process before this one says nothing.
            let fresh = endpoint
                .health
                .as_ref()
                .is_some_and(|health| health.checked_ms >= status.ready_ms);
            looked()
                .filter(|_| fresh)
                .unwrap_or_else(|| unknown("Unknown", "It answers; it was not looked at yet."))
        }
    }
}

/// It should answer, and its process is gone.
fn gone(endpoint: &Endpoint, state: job::State) -> Light {
    let again = endpoint.spec.serving().is_some_and(|serving| serving.keep_up);
    let why = match (&endpoint.error, state) {
        (Some(report), _) => report.message.clone(),
        (None, job::State::Interrupted) => "Its process was ended from outside.".to_owned(),
        (None, _) => "Its process has ended.".to_owned(),
    };
    let seen = endpoint.health.as_ref().filter(|health| health.state == State::Down);
    Light {
        state: State::Down,
        word: word(State::Down),
        reason: if again {
            format!("{why} It is started again in a moment.")
        } else {
            why
        },
        since_ms: seen.map(|health| health.since_ms),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Healthy => "Healthy",
        State::Degraded => "Degraded",
        State::Down => "Down",
        State::Unknown => "Unknown",
    }
}

/// What it serves, as one writes it: `penguins@champion`; the address for somebody else's.
pub(crate) fn serves(endpoint: &Endpoint) -> String {
    match &endpoint.spec {
        Spec::Local(serving) => reference(&serving.model, &serving.version),
        Spec::External(external) => external.url.clone(),
    }
}

/// A model and which version of it, as one writes it.
pub(crate) fn reference(model: &str, version: &Selector) -> String {
    format!("{model}{version}")
}

/// The version that its process answers with, while it does.
pub(crate) fn version(endpoint: &Endpoint) -> Option<u32> {
    let status = endpoint.status.as_ref().filter(|_| endpoint.is_active())?;
    let mut versions = status.versions.iter();
    versions
        .find(|served| served.role == Role::Main)
        .map(|served| served.number)
}

/// Whether its process answers with this version, in whatever role.
pub(crate) fn serves_version(endpoint: &Endpoint, model: &str, number: u32) -> bool {
    let ours = endpoint.spec.serving().is_some_and(|serving| serving.model == model);
    let status = endpoint.status.as_ref().filter(|_| ours && endpoint.is_active());
    status.is_some_and(|status| status.versions.iter().any(|served| served.number == number))
}

/// Where it answers or answered last.
pub(crate) fn url(endpoint: &Endpoint) -> Option<&str> {
    match &endpoint.spec {
        Spec::External(external) => Some(&external.url),
        Spec::Local(_) => endpoint
            .status
            .as_ref()
            .map(|status| status.url.as_str())
            .filter(|url| !url.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use aloft_base::endpoint::health::Health;
    use aloft_base::endpoint::{Serving, Status};

    use super::*;

    fn endpoint(wanted: Wanted, state: Option<job::State>, health: Option<State>) -> Endpoint {
        Endpoint {
            id: "e1".into(),
            name: "penguins".into(),
            spec: Spec::Local(Serving::default()),
            wanted,
            job: None,
            state,
            error: None,
            status: Some(Status {
                ready_ms: 10,
                ..Status::default()
            }),
            health: health.map(|state| Health {
                state,
                reason: "It answers.".into(),
                since_ms: 20,
                checked_ms: 30,
                latency_ms: None,
                restarts: 0,
            }),
            created_ms: 0,
        }
    }

    #[test]
    fn a_process_that_is_gone_is_down_before_the_watch_says_so() {
        let healthy = endpoint(Wanted::Up, Some(job::State::Running), Some(State::Healthy));
        assert_eq!((of(&healthy).word, of(&healthy).since_ms), ("Healthy", Some(20)));
        let killed = endpoint(Wanted::Up, Some(job::State::Interrupted), Some(State::Healthy));
        assert_eq!(of(&killed).state, State::Down);
        assert!(of(&killed).reason.contains("ended from outside"));
    }

    #[test]
    fn one_that_nobody_wants_is_stopped_and_one_that_loads_is_starting() {
        let stopped = endpoint(Wanted::Stopped, Some(job::State::Stopped), Some(State::Down));
        assert_eq!(of(&stopped).word, "Stopped");
        let mut starting = endpoint(Wanted::Up, Some(job::State::Running), Some(State::Healthy));
        starting.status = None;
        assert_eq!(of(&starting).word, "Starting");
        let mut again = endpoint(Wanted::Up, Some(job::State::Running), Some(State::Down));
        again.status = Some(Status {
            ready_ms: 99,
            ..Status::default()
        });
        assert_eq!(of(&again).state, State::Unknown, "what was seen before says nothing");
    }
}
