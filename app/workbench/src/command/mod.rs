//! Everything a person can make the window do, as one type.
//!
//! Buttons, the palette, shortcuts and tests all read a command's words, icon, shortcut
//! and whether it can be done now. Views send commands; they are applied before and after drawing.

mod ask;
pub mod bucket;
pub mod connection;
pub mod data;
pub mod endpoint;
pub mod model;
pub mod navigate;
mod sender;
pub mod shortcut;
mod start_job;
pub mod train;
pub mod transfer;
pub mod view;

use std::borrow::Cow;

use egui::KeyboardShortcut;

pub use ask::Ask;
pub(crate) use ask::{CHAMPION, champion};
pub use bucket::{BucketCommand, Selected};
pub use connection::ConnectionCommand;
pub use data::DataCommand;
pub use endpoint::EndpointCommand;
pub use model::ModelCommand;
pub use navigate::Navigate;
pub use sender::CommandSender;
pub use train::{RunRef, TrainCommand};
pub use transfer::TransferCommand;
pub use view::ViewCommand;

use crate::context::AppContext;

/// Whether a command can be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    Ready,
    /// It cannot, and this is why, as a sentence for a person.
    Not(Cow<'static, str>),
}

impl Availability {
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }

    /// Why not, if so.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Not(why) => Some(why),
        }
    }

    /// Ready if `condition`, else not, because of `why`.
    pub fn when(condition: bool, why: impl Into<Cow<'static, str>>) -> Self {
        if condition { Self::Ready } else { Self::Not(why.into()) }
    }
}

/// What a command says of itself. Each domain's commands implement it.
pub trait Describe {
    /// On a button or in the palette: a verb first, sentence case, `…` when more input follows.
    fn text(&self, ctx: &AppContext<'_>) -> Cow<'static, str>;
    /// What it does, for a tooltip.
    fn tooltip(&self) -> &'static str;
    /// A Phosphor icon.
    fn icon(&self) -> &'static str;
    /// The keys that do it.
    fn shortcut(&self) -> Option<KeyboardShortcut> {
        None
    }
    /// Whether it can be done now, and why not.
    fn availability(&self, ctx: &AppContext<'_>) -> Availability;
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Going somewhere.
    Navigate(Navigate),
    /// Files and datasets.
    Data(DataCommand),
    /// Runs and their jobs.
    Train(TrainCommand),
    /// Registered models.
    Model(ModelCommand),
    Endpoint(EndpointCommand),
    /// Connected storage.
    Bucket(BucketCommand),
    /// Where buckets are.
    Connection(ConnectionCommand),
    Transfer(TransferCommand),
    /// Opening a dialog.
    Ask(Ask),
    /// The window itself.
    View(ViewCommand),
}

impl Command {
    fn describe(&self) -> &dyn Describe {
        match self {
            Self::Navigate(command) => command,
            Self::Data(command) => command,
            Self::Train(command) => command,
            Self::Model(command) => command,
            Self::Endpoint(command) => command,
            Self::Bucket(command) => command,
            Self::Connection(command) => command,
            Self::Transfer(command) => command,
            Self::Ask(command) => command,
            Self::View(command) => command,
        }
    }

    /// The commands that stand for themselves: they need nothing but the window.
    /// The palette adds those that name a dataset or a run.
    pub fn fixed() -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        all.extend(Navigate::fixed().into_iter().map(Self::Navigate));
        all.extend(DataCommand::fixed().into_iter().map(Self::Data));
        all.extend(TrainCommand::fixed().into_iter().map(Self::Train));
        all.extend(BucketCommand::fixed().into_iter().map(Self::Bucket));
        all.extend(Ask::fixed().into_iter().map(Self::Ask));
        all.extend(ViewCommand::fixed().into_iter().map(Self::View));
        all
    }

    /// What the palette offers: the fixed commands, then going to each dataset, run, model and endpoint.
    pub fn offered(ctx: &AppContext<'_>) -> Vec<Self> {
        /// So many of the newest; the lists of the pages hold the rest.
        const EACH: usize = 200;
        let mut all = Self::fixed();
        let datasets = ctx.library.datasets().iter().take(EACH);
        all.extend(datasets.clone().map(|dataset| Navigate::dataset(&dataset.id).into()));
        all.extend(datasets.map(|dataset| Navigate::train(&dataset.id).into()));
        all.extend(
            ctx.library
                .runs()
                .iter()
                .take(EACH)
                .map(|run| Navigate::run(&run.id).into()),
        );
        let models = ctx.library.models().iter().take(EACH);
        all.extend(models.map(|row| Navigate::model(&row.model.name).into()));
        if let Some(model) = ctx.route.model() {
            all.push(
                Ask::Serve {
                    model: Some(model.to_owned()),
                    version: None,
                }
                .into(),
            );
            let model = model.to_owned();
            all.push(Ask::DescribeModel { model }.into());
        }
        if let Some(id) = ctx.route.endpoint() {
            all.push(EndpointCommand::Start(id.to_owned()).into());
            all.push(EndpointCommand::Stop(id.to_owned()).into());
            all.push(EndpointCommand::NewToken(id.to_owned()).into());
        }
        let endpoints = ctx.library.endpoints().iter().take(EACH);
        all.extend(endpoints.map(|endpoint| Navigate::endpoint(&endpoint.id).into()));
        all
    }
}

impl Describe for Command {
    fn text(&self, ctx: &AppContext<'_>) -> Cow<'static, str> {
        self.describe().text(ctx)
    }

    fn tooltip(&self) -> &'static str {
        self.describe().tooltip()
    }

    fn icon(&self) -> &'static str {
        self.describe().icon()
    }

    fn shortcut(&self) -> Option<KeyboardShortcut> {
        self.describe().shortcut()
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        self.describe().availability(ctx)
    }
}

impl From<Navigate> for Command {
    fn from(command: Navigate) -> Self {
        Self::Navigate(command)
    }
}

impl From<DataCommand> for Command {
    fn from(command: DataCommand) -> Self {
        Self::Data(command)
    }
}

impl From<TrainCommand> for Command {
    fn from(command: TrainCommand) -> Self {
        Self::Train(command)
    }
}

impl From<ModelCommand> for Command {
    fn from(command: ModelCommand) -> Self {
        Self::Model(command)
    }
}

impl From<EndpointCommand> for Command {
    fn from(command: EndpointCommand) -> Self {
        Self::Endpoint(command)
    }
}

impl From<BucketCommand> for Command {
    fn from(command: BucketCommand) -> Self {
        Self::Bucket(command)
    }
}

impl From<ConnectionCommand> for Command {
    fn from(command: ConnectionCommand) -> Self {
        Self::Connection(command)
    }
}

impl From<TransferCommand> for Command {
    fn from(command: TransferCommand) -> Self {
        Self::Transfer(command)
    }
}

impl From<Ask> for Command {
    fn from(command: Ask) -> Self {
        Self::Ask(command)
    }
}

impl From<ViewCommand> for Command {
    fn from(command: ViewCommand) -> Self {
        Self::View(command)
    }
}
