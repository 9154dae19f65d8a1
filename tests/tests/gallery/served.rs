//! Workspaces with registered models and endpoints, and an `aloft` that answers as the real one does
//! where a picture needs an answer at once.

use std::path::{Path, PathBuf};

use aloft_base::endpoint::health::{self, Failure, State as Health};
use aloft_base::endpoint::{self, Check, External, Role, Served, Serving, Spec, Status, token};
use aloft_base::job::{self, Claim};
use aloft_base::metrics::{Point, Writer};
use aloft_base::registry::{self, NewVersion, Selector};
use aloft_base::{Workspace, run, time};
use anyhow::Result;
use serde_json::{Value, json};

/// Ids in the workspace with models and endpoints.
pub(crate) struct Live {
    pub(crate) folder: PathBuf,
    /// The endpoint with figures and failures.
    pub(crate) busy: String,
    /// The `aloft` whose answers are known.
    pub(crate) program: PathBuf,
    /// As `folder`, with a thousand versions of one model.
    pub(crate) many: PathBuf,
}

/// Registers models of the runs in a filled workspace and serves them.
pub(crate) fn plant(folder: &Path, many: &Path, runs: [&str; 2], claims: &mut Vec<(Workspace, Claim)>) -> Result<Live> {
    let workspace = Workspace::open(folder)?;
    for (nth, run) in runs.iter().cycle().take(3).enumerate() {
        version(&workspace, "penguins", Some(run), nth as u32)?;
    }
    registry::describe_model(
        &workspace,
        "penguins",
        "Which species a penguin is, from its bill and flippers",
    )?;
    registry::move_alias(&workspace, "penguins", "champion", 1, "registered")?;
    registry::move_alias(
        &workspace,
        "penguins",
        "champion",
        2,
        "promoted: better on 52 rows of its test part",
    )?;
    registry::move_alias(
        &workspace,
        "penguins",
        "challenger",
        3,
        "to be tried on a tenth of the requests",
    )?;
    for name in [
        "churn-of-customers-by-region-and-quarter-with-a-long-name",
        "wine-quality",
    ] {
        version(&workspace, name, None, 0)?;
    }
    registry::move_alias(&workspace, "wine-quality", "champion", 1, "registered")?;
    let busy = endpoints(&workspace, claims)?;
    let program = folder.join("answers");
    std::fs::write(&program, ANSWERS)?;
    executable(&program)?;

    let crowd = Workspace::open(many)?;
    for nth in 0..1_000 {
        version(&crowd, "sweep", None, nth)?;
    }
    registry::move_alias(&crowd, "sweep", "champion", 940, "the best of the sweep")?;
    Ok(Live {
        folder: folder.to_owned(),
        busy,
        program,
        many: many.to_owned(),
    })
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<()> {
    Ok(())
}

/// Says what the verbs `models compare` and `endpoints test` say.
const ANSWERS: &str = r#"#!/bin/sh
case "$1 $2" in
"models compare") echo '{"comparison": {"task": "multi_class", "target": "species", "rows": 52, "agreement": 0.9423,
"a": {"accuracy": 0.9423, "balanced_accuracy": 0.9319, "log_loss": 0.1702}, "b": {"accuracy": 0.9808, "balanced_accuracy": 0.9744, "log_loss": 0.0813},
"bootstrap": {"metric": "log_loss", "difference": -0.0889, "low": -0.1631, "high": -0.0214, "resamples": 2000, "share_better": 0.994},
"verdict": "better", "sentence": "The new model is better: on the same 52 rows its log loss is 0.0889 lower (95 % interval of the difference -0.1631 to -0.0214).",
"disagreements": 3, "shown": [{"row": 17, "actual": "Chinstrap", "a": "Adelie", "b": "Chinstrap"}, {"row": 203, "actual": "Adelie", "a": "Adelie", "b": "Chinstrap"}, {"row": 291, "actual": "Gentoo", "a": "Chinstrap", "b": "Gentoo"}]}}' | tr -d '\n' ;;
"endpoints test") cat > /dev/null; echo '{"status": 200, "latency_ms": 1.9, "answer": {"model": "penguins", "version": 2, "predictions": [{"species": "Adelie", "probabilities": {"Adelie": 0.9971, "Chinstrap": 0.0021, "Gentoo": 0.0008}}]}}' ;;
*) echo '{"error": {"kind": "unsupported", "message": "This program only answers what a picture needs", "hint": ""}}'; exit 1 ;;
esac
"#;

/// A version as registering writes it: files first, then the row.
fn version(workspace: &Workspace, model: &str, of: Option<&str>, nth: u32) -> Result<()> {
    let id = aloft_base::id::new('m');
    let folder = workspace.version_folder(&id);
    std::fs::create_dir_all(&folder)?;
    let card = format!(
        "# {model}\n\nA classifier of penguins by species, trained on 344 rows of the Palmer Station.\n\n## Intended use\n\nTo try Aloft. Not for birds in need.\n"
    );
    std::fs::write(folder.join("README.md"), card)?;
    let kind = ["linear", "mlp"][nth as usize % 2];
    let recipe = format!(
        "version = 1\n\n[model]\nkind = \"{kind}\"\n\n[training]\nepochs = {}\n",
        25 + 5 * nth
    );
    std::fs::write(folder.join("recipe.toml"), recipe)?;
    std::fs::write(folder.join("model.safetensors"), [0_u8; 64])?;
    let run = of.map(|id| run::get(workspace, id)).transpose()?;
    let accuracy = 0.91 + 0.0008 * f64::from(nth % 97);
    let new = NewVersion {
        id: id.clone(),
        model: model.to_owned(),
        run: of.map(str::to_owned),
        description: match nth {
            0 => "The first that was good enough".to_owned(),
            1 => "With the bill's depth".to_owned(),
            _ => String::new(),
        },
        tags: [
            ("season".to_owned(), "2026".to_owned()),
            ("team".to_owned(), "birds".to_owned()),
        ]
        .into(),
        facts: facts(accuracy, run.as_ref().map_or("", |run| run.dataset.as_str())),
        digest: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".to_owned(),
        bytes: 41_300 + u64::from(nth) * 97,
        alias: None,
    };
    registry::add(workspace, &new)?;
    Ok(())
}

fn facts(accuracy: f64, dataset: &str) -> Value {
    json!({
        "signature": {
            "features": [
                {"name": "island", "kind": "category", "categories": ["Biscoe", "Dream", "Torgersen"]},
                {"name": "bill_length_mm", "kind": "number"},
                {"name": "bill_depth_mm", "kind": "number"},
                {"name": "flipper_length_mm", "kind": "number"},
                {"name": "body_mass_g", "kind": "number"},
                {"name": "sex", "kind": "category", "categories": ["female", "male"]},
                {"name": "year", "kind": "number"},
            ],
            "target": {"name": "species", "kind": "category", "classes": ["Adelie", "Chinstrap", "Gentoo"]},
        },
        "metrics": {
            "test": {"accuracy": accuracy, "balanced_accuracy": accuracy - 0.012, "log_loss": 1.0 - accuracy},
            "baseline": {"accuracy": 0.4423, "balanced_accuracy": 0.3333, "log_loss": 1.0421},
        },
        "lineage": {"dataset": dataset, "fingerprint": "b3:9f2c1ab7", "recipe": "version = 1"},
        "environment": {"aloft": "0.2.0", "device": "cpu", "git_commit": "176eb29", "platform": "linux x86_64"},
        "example": {"rows": [{
            "island": "Torgersen", "bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181,
            "body_mass_g": 3750, "sex": "male", "year": 2007,
        }]},
    })
}

/// Endpoints in every state of health; answers the one with figures.
fn endpoints(workspace: &Workspace, claims: &mut Vec<(Workspace, Claim)>) -> Result<String> {
    let champion = || Serving {
        model: "penguins".to_owned(),
        version: Selector::Alias("champion".to_owned()),
        ..Serving::default()
    };
    let busy = serve(workspace, "penguins", champion(), 8080, claims)?;
    figures(workspace, &busy, 1.0)?;
    health::set(
        workspace,
        &busy,
        Health::Down,
        "It did not answer within 2 seconds.",
        None,
        0,
    )?;
    health::set(
        workspace,
        &busy,
        Health::Healthy,
        "It answers its example rightly, in 1.9 ms.",
        Some(1.9),
        0,
    )?;
    health::mark_seen(workspace, i64::MAX)?;
    health::add_failures(workspace, &busy, &failures())?;

    let pinned = Serving {
        version: Selector::Version(1),
        ..champion()
    };
    let slow = serve(workspace, "penguins-first", pinned, 8081, claims)?;
    figures(workspace, &slow, 40.0)?;
    health::set(
        workspace,
        &slow,
        Health::Healthy,
        "It answers its example rightly.",
        Some(2.0),
        0,
    )?;
    let reason = "Its 99th percentile is 1,240 ms, above the limit of 1,000 ms.";
    health::set(workspace, &slow, Health::Degraded, reason, Some(310.0), 1)?;

    // As after kill -9: the row says running, and nobody holds the lock.
    let alone = Serving {
        keep_up: false,
        ..champion()
    };
    let killed = serve(workspace, "penguins-nightly", alone, 8082, claims)?;
    health::set(
        workspace,
        &killed,
        Health::Healthy,
        "It answers its example rightly.",
        Some(2.0),
        0,
    )?;
    drop(claims.pop());

    endpoint::create(
        workspace,
        "wine-quality",
        &Spec::Local(Serving {
            model: "wine-quality".to_owned(),
            ..champion()
        }),
    )?;
    let external = External {
        url: "http://10.0.0.5:8080".to_owned(),
        check: Check::OpenInference {
            model: "penguins".to_owned(),
        },
        latency_limit_ms: 500.0,
    };
    let peer = endpoint::create(workspace, "mlserver-of-the-lab", &Spec::External(external))?;
    health::set(
        workspace,
        &peer.id,
        Health::Healthy,
        "Live, ready, and penguins is ready.",
        Some(12.0),
        0,
    )?;
    Ok(busy)
}

/// An endpoint whose job this process holds.
fn serve(
    workspace: &Workspace,
    name: &str,
    serving: Serving,
    port: u16,
    claims: &mut Vec<(Workspace, Claim)>,
) -> Result<String> {
    let number = registry::resolve(workspace, &serving.model, &serving.version)?.number;
    let made = endpoint::create(workspace, name, &Spec::Local(serving))?;
    token::make(workspace, &made.id, "you")?;
    let job = endpoint::start(workspace, &made.id)?;
    let own = Workspace::open(workspace.folder())?;
    let claim = job::claim(&own, &job)?;
    claims.push((own, claim));
    let since_ms = time::now_ms() - 2 * 3_600_000;
    let status = Status {
        url: format!("http://127.0.0.1:{port}"),
        port,
        pid: std::process::id(),
        ready_ms: since_ms,
        versions: vec![Served {
            role: Role::Main,
            number,
            share: 1.0,
            since_ms,
        }],
        problem: None,
    };
    endpoint::set_status(workspace, &made.id, &status)?;
    Ok(made.id)
}

/// Ten minutes of figures, as a server writes them each second.
fn figures(workspace: &Workspace, id: &str, slowness: f64) -> Result<()> {
    let mut writer = Writer::open(workspace, id)?;
    let start_ms = time::now_ms() - 600_000;
    let mut points = Vec::new();
    for step in 0..600_i64 {
        let noise = ((step * 7919) % 1009) as f64 / 1009.0;
        let wave = (step as f64 / 47.0).sin();
        let requests = 420.0 + 160.0 * wave + 60.0 * noise;
        let errors = if step % 97 < 3 { 4.0 * noise } else { 0.0 };
        let values = [
            ("requests_per_sec", requests),
            ("p50_ms", (0.8 + 0.2 * noise) * slowness),
            ("p95_ms", (1.6 + 0.5 * noise) * slowness),
            ("p99_ms", (2.4 + 1.6 * noise + 0.8 * wave.abs()) * slowness),
            ("errors_per_sec", errors),
            ("in_flight", 3.0 + noise),
            ("memory_mb", 41.0 + step as f64 / 300.0),
        ];
        points.extend(values.map(|(name, value)| {
            let time_ms = start_ms + step * 1000;
            (name, Point { step, time_ms, value })
        }));
    }
    writer.append(workspace, &points)?;
    Ok(())
}

fn failures() -> Vec<Failure> {
    let failure = |seconds: i64, status: u16, kind: &str, message: &str, request: &str| Failure {
        seq: 0,
        time_ms: time::now_ms() - seconds * 1000,
        status,
        kind: kind.to_owned(),
        message: message.to_owned(),
        request: request.to_owned(),
    };
    vec![
        failure(520, 401, "unauthorised", "The request has no token", "POST /predict"),
        failure(
            310,
            422,
            "invalid",
            "Row 1, bill_length_mm: a number was expected, a text was given",
            r#"POST /predict [{"island": "…", "bill_length_mm": "…", "bill_depth_mm": …}]"#,
        ),
        failure(
            44,
            413,
            "too_large",
            "The body has 18 MB; the limit is 16 MB",
            "POST /predict",
        ),
    ]
}
