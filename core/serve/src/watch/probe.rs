//! One look at one endpoint: is it alive, is it ready, does it answer its example rightly and in time?

use std::time::Duration;

use aloft_base::endpoint::health::State as Light;
use aloft_base::endpoint::token::{self, Token};
use aloft_base::endpoint::{Check, Endpoint, External, Serving, Spec, Wanted};
use aloft_base::job::State;
use aloft_base::{Workspace, registry};
use serde_json::{Value, json};

use crate::client::{Answer, Client, NoAnswer};

/// A probe waits at most so long.
const LIMIT: Duration = Duration::from_secs(2);
/// The label of the token that the watch makes for itself.
const LABEL: &str = "health";
/// Numbers of an expected answer may differ by this share: kernels differ between processors.
const TOLERANCE: f64 = 1e-4;

/// What a look at an endpoint found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub state: Light,
    /// Why, as a sentence without a full stop.
    pub reason: String,
    pub latency_ms: Option<f64>,
}

impl Finding {
    fn new(state: Light, reason: impl Into<String>) -> Self {
        Self {
            state,
            reason: reason.into(),
            latency_ms: None,
        }
    }

    fn took(mut self, latency_ms: f64) -> Self {
        self.latency_ms = Some(latency_ms);
        self
    }
}

/// What stays between the looks at one endpoint.
#[derive(Debug, Default)]
pub struct Prober {
    token: Option<Token>,
    client: Option<Client>,
}

impl Prober {
    /// Looks at an endpoint.
    ///
    /// # Errors
    /// When the workspace cannot be read; what the endpoint does is a finding.
    pub fn look(&mut self, workspace: &Workspace, endpoint: &Endpoint) -> aloft_base::Result<Finding> {
        match &endpoint.spec {
            Spec::External(external) => {
                let client = self.client(None)?;
                Ok(look_outside(&client, external))
            }
            Spec::Local(serving) => self.look_at_ours(workspace, endpoint, serving),
        }
    }

    fn client(&mut self, certificate: Option<&str>) -> aloft_base::Result<Client> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = Client::new(LIMIT, certificate)?;
        Ok(self.client.insert(client).clone())
    }

    fn look_at_ours(
        &mut self,
        workspace: &Workspace,
        endpoint: &Endpoint,
        serving: &Serving,
    ) -> aloft_base::Result<Finding> {
        if let Some(finding) = of_process(endpoint) {
            return Ok(finding);
        }
        let Some(status) = &endpoint.status else {
            return Ok(Finding::new(Light::Unknown, "It is starting"));
        };
        let client = self.client(serving.tls.as_ref().map(|tls| tls.certificate.as_str()))?;
        if let Err(finding) = is_ready(&client, &status.url) {
            return Ok(finding);
        }
        if serving.needs_token && self.token.is_none() {
            self.token = Some(token::make(workspace, &endpoint.id, LABEL)?);
            // The server takes it within a moment; the next look uses it.
            return Ok(Finding::new(Light::Healthy, "It is alive and ready"));
        }
        let main = status.versions.first().map_or(0, |served| served.number);
        let example = |number: u32| -> aloft_base::Result<Option<Value>> {
            match registry::get(workspace, &serving.model, number) {
                Ok(version) => Ok(version.facts.get("example").cloned()),
                Err(aloft_base::Error::Missing { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let Some(known) = example(main)?.filter(|example| example["rows"].is_array()) else {
            return Ok(Finding::new(
                Light::Healthy,
                "It is alive and ready; it has no example to check",
            ));
        };
        let url = format!("{}/predict", status.url);
        let asked = client.post(&url, self.token.as_ref(), &json!({ "rows": known["rows"] }), true);
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) => return Ok(Finding::new(Light::Down, format!("Its example: {error}"))),
        };
        if answer.status == 401 {
            // Its tokens were made anew.
            self.token = None;
            return Ok(Finding::new(Light::Healthy, "It is alive and ready"));
        }
        // With a split another version may have answered, which has an example of its own.
        let is_main = answer.version.is_none_or(|version| version == main);
        let found = judge(&answer, is_main.then_some(&known), serving.latency_limit_ms);
        if let (Light::Healthy, Some(problem)) = (found.state, &status.problem) {
            return Ok(Finding::new(Light::Degraded, problem.clone()).took(answer.latency_ms));
        }
        Ok(found)
    }
}

/// What the process alone says, when that is all there is to know.
fn of_process(endpoint: &Endpoint) -> Option<Finding> {
    match (endpoint.wanted, endpoint.state) {
        (_, Some(State::Queued | State::Running | State::Paused)) => None,
        (Wanted::Stopped, _) => Some(Finding::new(Light::Unknown, "It is stopped")),
        (Wanted::Up, Some(State::Failed)) => {
            let why = endpoint
                .error
                .as_ref()
                .map_or("it gave no reason", |error| &error.message);
            Some(Finding::new(Light::Down, format!("Its process failed: {why}")))
        }
        (Wanted::Up, _) => Some(Finding::new(Light::Down, "Its process is gone")),
    }
}

fn is_ready(client: &Client, url: &str) -> Result<(), Finding> {
    for (path, what) in [("/v2/health/live", "alive"), ("/v2/health/ready", "ready")] {
        match client.get(&format!("{url}{path}")) {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => {
                let reason = format!("It is not {what}: it answers {}", answer.status);
                return Err(Finding::new(Light::Down, reason).took(answer.latency_ms));
            }
            Err(error) => return Err(silent(&error)),
        }
    }
    Ok(())
}

fn silent(error: &NoAnswer) -> Finding {
    Finding::new(Light::Down, format!("It does not answer: {error}"))
}

/// Judges the answer to an example, and to nothing but its status and time when there is none.
fn judge(answer: &Answer, example: Option<&Value>, limit_ms: f64) -> Finding {
    let took = answer.latency_ms;
    if answer.status != 200 {
        let reason = format!("It refuses its own example with {}", answer.status);
        return Finding::new(Light::Degraded, reason).took(took);
    }
    if let Some(example) = example {
        let body = answer.json();
        if !is_like(&body["predictions"], &example["answers"]) {
            return Finding::new(Light::Degraded, "It answers its example wrongly").took(took);
        }
    }
    in_time(took, limit_ms)
}

fn in_time(took: f64, limit_ms: f64) -> Finding {
    if took > limit_ms {
        let reason = format!("It answers slowly: {took:.0} ms, and {limit_ms:.0} ms are allowed");
        return Finding::new(Light::Degraded, reason).took(took);
    }
    Finding::new(Light::Healthy, "It answers rightly and in time").took(took)
}

/// Whether two answers are the same but for the last digits of their numbers.
fn is_like(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (
                found.as_f64().unwrap_or(f64::NAN),
                expected.as_f64().unwrap_or(f64::NAN),
            );
            (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| is_like(a, b))
        }
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(key, expected)| found.get(key).is_some_and(|found| is_like(found, expected))),
        (found, expected) => found == expected,
    }
}

fn look_outside(client: &Client, external: &External) -> Finding {
    let url = external.url.trim_end_matches('/');
    match &external.check {
        Check::Http { status, contains } => match client.get(&external.url) {
            Err(error) => silent(&error),
            Ok(answer) if answer.status != *status => {
                let reason = format!("It answers {}, and {status} is expected", answer.status);
                Finding::new(
                    if answer.status >= 500 {
                        Light::Down
                    } else {
                        Light::Degraded
                    },
                    reason,
                )
                .took(answer.latency_ms)
            }
            Ok(answer) if !String::from_utf8_lossy(&answer.body).contains(contains.as_str()) => {
                Finding::new(Light::Degraded, format!("Its answer does not contain '{contains}'"))
                    .took(answer.latency_ms)
            }
            Ok(answer) => in_time(answer.latency_ms, external.latency_limit_ms),
        },
        Check::OpenInference { model } => {
            if let Err(finding) = is_ready(client, url) {
                return finding;
            }
            match client.get(&format!("{url}/v2/models/{model}/ready")) {
                Err(error) => silent(&error),
                Ok(answer) if answer.status == 200 => in_time(answer.latency_ms, external.latency_limit_ms),
                Ok(answer) => {
                    let reason = format!("Its model '{model}' is not ready: it answers {}", answer.status);
                    Finding::new(Light::Degraded, reason).took(answer.latency_ms)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &Value, latency_ms: f64) -> Answer {
        Answer {
            status,
            body: body.to_string().into_bytes(),
            version: None,
            latency_ms,
        }
    }

    #[test]
    fn an_answer_is_judged_by_status_content_and_time() {
        let example = json!({ "rows": [{}], "answers": [{ "prediction": "a", "probabilities": { "a": 0.9 } }] });
        let right = json!({ "predictions": [{ "prediction": "a", "probabilities": { "a": 0.900_000_1, "b": 0.1 } }] });
        let wrong = json!({ "predictions": [{ "prediction": "a", "probabilities": { "a": 0.8 } }] });
        let light = |status, body, took| judge(&answer(status, body, took), Some(&example), 100.0).state;
        assert_eq!(light(200, &right, 5.0), Light::Healthy);
        assert_eq!(light(200, &right, 500.0), Light::Degraded);
        assert_eq!(light(200, &wrong, 5.0), Light::Degraded);
        assert_eq!(light(422, &right, 5.0), Light::Degraded);
        assert_eq!(light(200, &json!([]), 5.0), Light::Degraded);
    }
}
