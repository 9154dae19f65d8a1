//! A workspace with trained versions, a server over it, and a client.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use aloft_base::endpoint::token::{self, Token};
use aloft_base::endpoint::{self, Serving, Spec, Status};
use aloft_base::random::Generator;
use aloft_base::registry::{self, NewVersion, Selector};
use aloft_base::workspace::Workspace;
use aloft_data::{Format, Source, SplitMethod, SplitSpec, Task};
use aloft_train::{
    Control, DataSection, FeaturesSection, ModelSpec, Observer, PackageFacts, Point, Progress, Recipe, RunSection,
    Start, TargetSection, TrainingSpec, package, train,
};
use serde_json::Value;

use crate::error::ServeError;

/// Listens to nothing.
struct Silent;

impl Observer for Silent {
    fn control(&mut self) -> Control {
        Control::Continue
    }
    fn points(&mut self, _: &[Point<'_>]) -> aloft_base::Result<()> {
        Ok(())
    }
    fn progress(&mut self, _: &Progress) {}
    fn paused(&mut self, _: bool) {}
    fn note(&mut self, _: &str) {}
    fn resumed(&mut self, _: u64) {}
    fn fingerprint(&mut self, _: &str) {}
}

/// The models that all tests share, in folders of their own.
struct Models {
    folder: tempfile::TempDir,
}

/// The folder of a model: `first` and `second` tell three plants apart, `height` predicts a
/// number, `plain` reads numbers alone.
pub(in crate::server) fn model(name: &str) -> PathBuf {
    static MODELS: OnceLock<Models> = OnceLock::new();
    let models = MODELS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut generator = Generator::new(11);
        let mut text = String::from("length,width,soil,wet,height,kind\n");
        for row in 0..240 {
            let kind = row % 3;
            let length = 2.0 * kind as f64 + generator.normal();
            let width = if kind == 1 { 3.0 } else { 0.0 } + generator.normal();
            let soil = ["clay", "sand", "peat"][if generator.uniform() < 0.6 { kind } else { 0 }];
            let wet = generator.uniform() < 0.5;
            let height = 100.0 + 5.0 * length - 3.0 * width + 0.5 * generator.normal();
            let name = ["iris", "lily", "rose"][kind];
            writeln!(text, "{length:.4},{width:.4},{soil},{wet},{height:.4},{name}").unwrap();
        }
        std::fs::write(folder.path().join("plants.csv"), text).unwrap();
        let all = ["length", "width", "soil", "wet"];
        for (name, features, target, task, epochs) in [
            ("first", &all[..], "kind", Task::MultiClass, 8),
            ("second", &all[..], "kind", Task::MultiClass, 2),
            ("height", &all[..], "height", Task::Regression, 8),
            ("plain", &all[..2], "kind", Task::MultiClass, 4),
        ] {
            fit(folder.path(), name, features, target, task, epochs);
        }
        Models { folder }
    });
    models.folder.path().join(name).join("package")
}

fn fit(folder: &Path, name: &str, features: &[&str], target: &str, task: Task, epochs: u32) {
    let source = Source {
        path: folder.join("plants.csv"),
        format: Format::Csv,
        csv: None,
        remote: None,
    };
    let recipe = Recipe {
        version: 1,
        data: DataSection::from(source),
        target: TargetSection {
            column: target.into(),
            task,
        },
        features: FeaturesSection {
            include: features.iter().map(|name| (*name).to_owned()).collect(),
            left_out: vec![],
        },
        split: SplitSpec {
            method: SplitMethod::Random,
            valid: 0.2,
            test: 0.2,
            seed: 1,
            ..SplitSpec::default()
        },
        prepare: aloft_data::PrepareSpec::default(),
        model: ModelSpec::Linear { l2: 1.0 },
        training: TrainingSpec {
            epochs,
            batch_size: 16,
            learning_rate: 0.02,
            seed: 5,
            ..TrainingSpec::default()
        },
        run: RunSection::default(),
    };
    let run = folder.join(name);
    train(&recipe, &run, &folder.join("cache"), &mut Silent, Start::Fresh).unwrap();
    let facts = PackageFacts {
        name: name.to_owned(),
        ..PackageFacts::default()
    };
    package(&run.join("model"), &run.join("package"), &facts).unwrap();
}

/// Copies a model into a version's folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// An answer as a client sees it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) version: Option<String>,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A workspace with the model `plants`, whose versions are those that were registered.
pub(super) struct Rig {
    pub(super) folder: tempfile::TempDir,
    pub(super) workspace: Workspace,
    pub(super) endpoint: String,
    pub(super) token: Token,
}

impl Rig {
    /// With one version, `champion`, and an endpoint that serves it once started.
    pub(super) fn new(name: &str, shape: impl FnOnce(&mut Serving)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path().join("w")).unwrap();
        register(&workspace, name, Some("champion"));
        let mut serving = Serving {
            model: "plants".to_owned(),
            version: Selector::Alias("champion".to_owned()),
            ..Serving::default()
        };
        shape(&mut serving);
        let endpoint = endpoint::create(&workspace, "plants", &Spec::Local(serving))
            .unwrap()
            .id;
        let token = token::make(&workspace, &endpoint, "test").unwrap();
        Self {
            folder,
            workspace,
            endpoint,
            token,
        }
    }

    /// Without tokens.
    pub(super) fn open(name: &str) -> Self {
        Self::new(name, |serving| serving.needs_token = false)
    }

    pub(super) fn register(&self, name: &str, alias: Option<&str>) -> u32 {
        register(&self.workspace, name, alias)
    }

    pub(super) fn version_folder(&self, number: u32) -> PathBuf {
        let version = registry::get(&self.workspace, "plants", number).unwrap();
        self.workspace.version_folder(&version.id)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Serving)) {
        let Spec::Local(mut serving) = endpoint::get(&self.workspace, &self.endpoint).unwrap().spec else {
            panic!("a local endpoint");
        };
        change(&mut serving);
        endpoint::change(&self.workspace, &self.endpoint, &Spec::Local(serving)).unwrap();
    }

    pub(super) fn status(&self) -> Status {
        endpoint::get(&self.workspace, &self.endpoint).unwrap().status.unwrap()
    }

    pub(super) fn start(&self) -> Running {
        self.try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn try_start(&self) -> Result<Running, ServeError> {
        let (folder, id) = (self.workspace.folder().to_owned(), self.endpoint.clone());
        Running::start(move |stop, ready| crate::server::serve(&folder, &id, stop, ready))
    }
}

pub(super) fn register(workspace: &Workspace, name: &str, alias: Option<&str>) -> u32 {
    let id = aloft_base::id::new('m');
    copy(&model(name), &workspace.version_folder(&id));
    let version = NewVersion {
        digest: aloft_train::verify(&workspace.version_folder(&id)).unwrap(),
        id,
        model: "plants".to_owned(),
        alias: alias.map(str::to_owned),
        ..NewVersion::default()
    };
    registry::add(workspace, &version).unwrap().number
}

/// A server on a thread of its own, stopped when it is dropped.
pub(super) struct Running {
    pub(super) status: Status,
    pub(super) stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
    agent: ureq::Agent,
}

impl Running {
    pub(super) fn start(
        work: impl FnOnce(Arc<AtomicBool>, &mut dyn FnMut(&Status)) -> Result<(), ServeError> + Send + 'static,
    ) -> Result<Self, ServeError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, ready) = sync_channel(1);
        let thread = {
            let stop = Arc::clone(&stop);
            std::thread::Builder::new()
                .name("server".into())
                .spawn(move || work(stop, &mut |status| sender.send(status.clone()).unwrap()))
                .unwrap()
        };
        let Ok(status) = ready.recv() else {
            return Err(thread.join().unwrap().expect_err("it ended without being ready"));
        };
        Ok(Self {
            status,
            stop,
            thread: Some(thread),
            agent: agent(),
        })
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.status.url));
        answer(request.call().unwrap())
    }

    pub(super) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.post_with(path, body, &[("content-type", "application/json")])
    }

    pub(super) fn post_with(&self, path: &str, body: impl AsRef<[u8]>, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.post(format!("{}{path}", self.status.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body.as_ref()).unwrap())
    }

    pub(super) fn metric(&self, line: &str) -> f64 {
        let text = self.get("/metrics").text;
        let found = text.lines().find_map(|found| found.strip_prefix(line));
        found.map_or(0.0, |rest| rest.trim().parse().unwrap())
    }

    /// Asks it to stop and waits for its end.
    pub(super) fn end(mut self) -> Result<(), ServeError> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

pub(super) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)));
    config.build().into()
}

pub(super) fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let version = response.headers().get("x-aloft-version");
    Answer {
        status: response.status().as_u16(),
        version: version.map(|value| value.to_str().unwrap().to_owned()),
        text: response.body_mut().read_to_string().unwrap(),
    }
}

/// Waits until something is so.
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not within 20 seconds: {what}");
}
