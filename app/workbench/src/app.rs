//! The application: takes in what came, applies commands, draws the shell and the page.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use aloft_base::change::{Change, Update, Watcher};
use egui::{Context, Ui};

use crate::command::view::Effect;
use crate::command::{
    self, BucketCommand, Command, CommandSender, DataCommand, Describe, Navigate, navigate::Navigator,
};
use crate::context::AppContext;
use crate::environment::{self, Device, Environment, WorkspaceState};
use crate::library::{self, Library};
use crate::outcome::Outcome;
use crate::page::Pages;
use crate::page::buckets::News;
use crate::route::{PageKind, Route};
use crate::settings::Settings;
use crate::shell::Shell;
use crate::theme::{self, Themes};
use crate::work::{Fetch, Lane, Work, repaint_waker};

/// How long one frame may spend on taking in finished work.
const DRAIN_LIMIT: Duration = Duration::from_millis(10);

/// Where the window keeps its settings in eframe's storage.
const SETTINGS_KEY: &str = "aloft";

/// How a window is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// Files to open at once.
    pub files: Vec<PathBuf>,
    pub settings: Settings,
    /// The `aloft` that does work which computes; by default the one beside this program.
    pub program: Option<PathBuf>,
}

/// The window.
pub struct App {
    environment: Environment,
    settings: Settings,
    navigator: Navigator,
    library: Library,
    reading: Reading,
    devices: Fetch<Vec<Device>>,
    pages: Pages,
    shell: Shell,
    commands: CommandSender,
    find_requested: bool,
    /// Files of the command line, opened when the workspace is.
    files: Vec<PathBuf>,
    watcher: Option<Watcher>,
    finished: Receiver<Outcome>,
    work: Work,
}

/// What of the workspace has to be read anew.
#[derive(Debug, Default)]
struct Reading {
    /// A worker reads now.
    busy: bool,
    changes: Vec<Change>,
    everything: bool,
}

impl App {
    /// Starts the workers and opens the workspace on one of them; the first frame does not wait for it.
    pub fn new(ctx: &Context, options: Options) -> std::io::Result<Self> {
        let settings = options.settings.sanitized();
        theme::install(ctx, Themes::built_in());
        theme::follow(ctx, Themes::built_in(), &settings);
        let folder = std::path::absolute(&options.workspace)?;
        let (work, finished) = Work::start(&folder, options.program.as_deref(), repaint_waker(ctx))?;
        work.open_workspace();
        aloft_base::remote::install(std::sync::Arc::new(aloft_cloud::Buckets::new(&folder)));
        Ok(Self {
            environment: Environment::new(folder),
            navigator: Navigator::new(settings.route.clone()),
            settings,
            library: Library::default(),
            reading: Reading::default(),
            devices: Fetch::Idle,
            pages: Pages::default(),
            shell: Shell::default(),
            commands: CommandSender::default(),
            find_requested: false,
            files: options.files,
            watcher: None,
            finished,
            work,
        })
    }

    /// Takes in finished work for a moment, lets pages ask for more, and applies commands.
    pub fn logic(&mut self, ctx: &Context, window: Option<&eframe::Frame>) {
        theme::follow(ctx, Themes::built_in(), &self.settings);
        let deadline = Instant::now() + DRAIN_LIMIT;
        while let Ok(outcome) = self.finished.try_recv() {
            self.take_in(outcome);
            if Instant::now() >= deadline {
                // The rest waits for the next frame, which comes at once.
                ctx.request_repaint();
                break;
            }
        }
        self.take_in_changes();
        self.devices.poll();
        let mut commands = std::mem::take(&mut self.commands);
        if self.environment.is_open() {
            let (context, pages, shell) = self.context(ctx);
            shell.logic(&context);
            pages.logic(&context, &mut commands);
        }
        self.commands = commands;
        self.apply_commands(ctx, window);
    }

    /// Draws the window, then applies what was asked for.
    pub fn ui(&mut self, ui: &mut Ui, window: Option<&eframe::Frame>) {
        let ctx = ui.ctx().clone();
        let mut commands = std::mem::take(&mut self.commands);
        let (context, pages, shell) = self.context(&ctx);
        shell.ui(&context, pages, ui, &mut commands);
        self.find_requested = false;
        self.commands = commands;
        if self.apply_commands(&ctx, window) {
            ctx.request_repaint();
        }
        // "3 min ago" grows old: one frame a minute keeps it true.
        ctx.request_repaint_after(Duration::from_mins(1));
    }

    /// What is remembered until the next start.
    pub fn settings(&self) -> Settings {
        Settings {
            route: self.navigator.route.clone(),
            ..self.settings.clone()
        }
    }

    /// Where the person is.
    pub fn route(&self) -> &Route {
        &self.navigator.route
    }

    /// The workspace as last read.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Asks for a command, as a view would.
    pub fn send(&mut self, command: impl Into<Command>) {
        self.commands.send(command);
    }

    /// The context of this frame, and what it does not borrow.
    fn context(&mut self, ctx: &Context) -> (AppContext<'_>, &mut Pages, &mut Shell) {
        let context = AppContext {
            tokens: Themes::built_in().of(ctx.theme()),
            library: &self.library,
            settings: &self.settings,
            route: &self.navigator.route,
            work: &self.work,
            environment: &self.environment,
            devices: &self.devices,
            now_ms: aloft_base::time::now_ms(),
            can_go: self.navigator.can_go(),
            find_requested: self.find_requested,
        };
        (context, &mut self.pages, &mut self.shell)
    }

    fn take_in(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Workspace(Ok((journal, watcher))) => {
                self.environment.state = WorkspaceState::Open(journal);
                self.watcher = Some(watcher);
                self.reading = Reading {
                    everything: true,
                    ..Reading::default()
                };
                self.read_devices();
                if !self.files.is_empty() {
                    self.commands
                        .send(DataCommand::OpenPaths(std::mem::take(&mut self.files)));
                }
            }
            Outcome::Workspace(Err(report)) => self.environment.state = WorkspaceState::Closed(report),
            Outcome::Library(Ok(delta)) => {
                self.reading.busy = false;
                self.environment.feed = None;
                self.library.apply(delta);
                self.shell.alerts.tell(&self.library, &mut self.shell.toasts);
                self.navigator.forget_missing(&self.library);
            }
            Outcome::Library(Err(report)) => {
                self.reading.busy = false;
                self.environment.feed = Some(report);
            }
            Outcome::DatasetOpened {
                dataset,
                unprofiled,
                then_train,
            } => {
                self.commands.send(if then_train {
                    Navigate::train(&dataset.id)
                } else {
                    Navigate::dataset(&dataset.id)
                });
                let name = library::dataset_name(&dataset);
                if let Some(report) = unprofiled {
                    self.shell.toasts.fail(&format!("Could not profile {name}"), report);
                }
                self.library.insert_dataset(*dataset);
            }
            Outcome::RunStarted(run) => {
                let dataset = self.navigator.route.dataset().map(str::to_owned);
                self.commands.send(Navigate::To(Route::Train {
                    dataset,
                    run: Some(run.id.clone()),
                }));
                self.library.insert_run(*run);
            }
            Outcome::ModelRegistered { row, number } => {
                let name = row.model.name.clone();
                self.library.insert_model(*row);
                self.commands.send(Navigate::model(&name));
                self.shell.toasts.say(&format!("{name} has version {number}"), "");
            }
            Outcome::EndpointMade {
                endpoint,
                token,
                unstarted,
            } => {
                if let Some(report) = unstarted {
                    let what = format!("Could not start {}", endpoint.name);
                    self.shell.toasts.fail(&what, report);
                }
                self.commands.send(Navigate::endpoint(&endpoint.id));
                if let Some(token) = token {
                    self.shell.show_token(&endpoint.name, token);
                }
                self.library.insert_endpoint(*endpoint);
            }
            Outcome::TokenMade { name, token } => self.shell.show_token(&name, token),
            Outcome::Said { title, text, undo } => match undo {
                Some(undo) => self.shell.toasts.offer(&title, &text, *undo),
                None => self.shell.toasts.say(&title, &text),
            },
            Outcome::FilesPicked(paths) => {
                if !paths.is_empty() {
                    self.commands.send(DataCommand::OpenPaths(paths));
                }
            }
            Outcome::Picked { pick, paths } => self.shell.picked(pick, paths),
            Outcome::StorageChanged => self.pages.tell_buckets(News::Changed),
            Outcome::DialogMissing => self.shell.toasts.warn(
                "This desktop has no file dialog",
                "Neither a desktop portal nor zenity answers. Drop the file on the window or paste its path on Home; \
                 installing zenity brings the dialog back.",
            ),
            Outcome::Done => {}
            Outcome::Failed { what, report } => self.shell.toasts.fail(&what, report),
        }
    }

    /// Takes in what the watcher says, and has the rows read anew.
    fn take_in_changes(&mut self) {
        while let Some(update) = self.watcher.as_ref().and_then(Watcher::try_next) {
            match update {
                Update::Changed(changes) => {
                    self.library.note(&changes);
                    self.reading.changes.extend(changes);
                    self.environment.feed = None;
                }
                Update::Everything => {
                    self.library.note_everything();
                    self.reading.everything = true;
                    self.environment.feed = None;
                }
                Update::Failed(report) => self.environment.feed = Some(report),
            }
        }
        let owed = self.reading.everything || !self.reading.changes.is_empty();
        if self.reading.busy || !owed {
            return;
        }
        self.reading.busy = true;
        let mut changes = std::mem::take(&mut self.reading.changes);
        changes.sort();
        changes.dedup();
        let everything = std::mem::take(&mut self.reading.everything);
        self.work.perform(Lane::Workspace, move |workspace| {
            Outcome::Library(if everything {
                library::read_everything(workspace)
            } else {
                library::read_rows(workspace, &changes)
            })
        });
    }

    fn read_devices(&mut self) {
        self.work
            .fetch_with(Lane::System, &mut self.devices, |_| environment::read_devices());
    }

    /// Applies what was asked for; answers whether there was anything.
    fn apply_commands(&mut self, ctx: &Context, window: Option<&eframe::Frame>) -> bool {
        let mut any = false;
        // A command may lead to another one, never to many.
        for _ in 0..4 {
            let commands = self.commands.take();
            if commands.is_empty() {
                break;
            }
            any = true;
            for command in commands {
                self.apply(command, ctx, window);
            }
        }
        any
    }

    fn apply(&mut self, command: Command, ctx: &Context, window: Option<&eframe::Frame>) {
        let availability = {
            let (context, ..) = self.context(ctx);
            command.availability(&context)
        };
        if let Some(why) = availability.why_not() {
            self.shell.toasts.warn("This cannot be done now", why);
            return;
        }
        match command {
            Command::Navigate(command) => self.navigator.apply(command),
            Command::Data(DataCommand::AskConsole) => self.pages.ask_console(),
            Command::Data(command) => command::data::apply(command, &self.work, window),
            Command::Train(command) => {
                command::train::apply(command, &self.work, &self.library, &self.navigator.route);
            }
            Command::Model(command) => command::model::apply(command, &self.work),
            Command::Endpoint(command) => command::endpoint::apply(command, &self.work),
            Command::Bucket(BucketCommand::GoTo) => {
                self.navigator.apply(Navigate::Page(PageKind::Buckets));
                self.pages.tell_buckets(News::GoTo);
            }
            Command::Bucket(command) => command::bucket::apply(command, &self.work, &self.library, window),
            Command::Connection(command) => command::connection::apply(command, &self.work),
            Command::Transfer(command) => command::transfer::apply(command, &self.work),
            Command::Ask(ask) => {
                let (context, _, shell) = self.context(ctx);
                shell.ask(ask, &context);
            }
            Command::View(command) => {
                let effect = command::view::apply(command, &mut self.settings, ctx);
                self.take_effect(effect);
            }
        }
    }

    fn take_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Find => self.find_requested = true,
            Effect::Primary => match self.shell.primary.take() {
                Some(command) => self.commands.send(command),
                None => self.shell.toasts.say("This page has no main action now", ""),
            },
            Effect::Float(floating) => self.shell.float(floating),
            Effect::RetryWorkspace => {
                self.environment.state = WorkspaceState::Opening;
                self.work.open_workspace();
            }
            Effect::ReadDevices => self.read_devices(),
            Effect::Say(text) => self.shell.toasts.say(&text, ""),
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        Self::logic(self, ctx, Some(frame));
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        Self::ui(self, ui, Some(frame));
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Ok(text) = serde_json::to_string(&self.settings()) {
            storage.set_string(SETTINGS_KEY, text);
        }
    }

    fn auto_save_interval(&self) -> Duration {
        // Checked when a frame is drawn, so an idle window writes nothing.
        Duration::from_secs(5)
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

/// The settings as they were stored, or the defaults where there are none that can be read.
pub fn stored_settings(storage: Option<&dyn eframe::Storage>) -> Settings {
    storage
        .and_then(|storage| storage.get_string(SETTINGS_KEY))
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}
