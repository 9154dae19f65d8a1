//! Going somewhere.

use std::borrow::Cow;

use aloft_base::job::{self, Job};
use egui::{Key, KeyboardShortcut, Modifiers};
use egui_phosphor::regular as icon;

use super::{Availability, Describe, shortcut};
use crate::context::AppContext;
use crate::library::{Library, dataset_name};
use crate::route::{BucketPlace, PageKind, Route};

/// Goes somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Navigate {
    /// To a page of the rail, as it was left.
    Page(PageKind),
    To(Route),
    /// To where the person was before.
    Back,
    /// To where the person was before going back.
    Forward,
}

/// Which ways lead from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    pub back: bool,
    pub forward: bool,
}

/// Where the person is and was.
#[derive(Debug, Default)]
pub struct Navigator {
    pub(crate) route: Route,
    history: Vec<Route>,
    /// Places that were left by going back, the next one last.
    ahead: Vec<Route>,
    /// Each page as it was left.
    left: Vec<Route>,
}

impl Navigate {
    /// To a dataset on the data page.
    pub fn dataset(id: &str) -> Self {
        Self::To(Route::Data {
            dataset: Some(id.to_owned()),
        })
    }

    /// To the recipe for a dataset.
    pub fn train(id: &str) -> Self {
        Self::To(Route::Train {
            dataset: Some(id.to_owned()),
            run: None,
        })
    }

    /// To a run.
    pub fn run(id: &str) -> Self {
        Self::To(Route::Run { run: id.to_owned() })
    }

    /// To a registered model.
    pub fn model(name: &str) -> Self {
        Self::To(Route::Models {
            model: Some(name.to_owned()),
        })
    }

    /// To an endpoint.
    pub fn endpoint(id: &str) -> Self {
        Self::To(Route::Endpoints {
            endpoint: Some(id.to_owned()),
        })
    }

    /// To a place in storage.
    pub fn bucket(place: BucketPlace) -> Self {
        Self::To(Route::Buckets { place: Some(place) })
    }

    /// To what a job works on; a job of the background has no page.
    pub fn subject(job: &Job) -> Option<Self> {
        match job.kind {
            job::Kind::Profile => Some(Self::dataset(&job.subject)),
            job::Kind::Train => Some(Self::run(&job.subject)),
            job::Kind::Serve => Some(Self::endpoint(&job.subject)),
            job::Kind::Predict => Some(Self::model(&job.subject)),
            job::Kind::Transfer | job::Kind::Watch | job::Kind::Query => None,
        }
    }

    pub(super) fn fixed() -> Vec<Self> {
        let mut all: Vec<Self> = PageKind::ALL.into_iter().map(Self::Page).collect();
        all.extend([Self::Back, Self::Forward]);
        all
    }
}

impl Describe for Navigate {
    fn text(&self, ctx: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::Page(page) => format!("Go to {}", page.title()).into(),
            Self::Back => "Go back".into(),
            Self::Forward => "Go forward".into(),
            Self::To(Route::Data { dataset: Some(id) }) => format!(
                "Open {}",
                ctx.library.dataset(id).map_or_else(|| id.clone(), dataset_name)
            )
            .into(),
            Self::To(Route::Train { dataset: Some(id), .. }) => format!(
                "Train on {}…",
                ctx.library.dataset(id).map_or_else(|| id.clone(), dataset_name)
            )
            .into(),
            Self::To(Route::Run { run }) => format!(
                "Open run {}",
                ctx.library.run(run).map_or(run.as_str(), |run| run.name.as_str())
            )
            .into(),
            Self::To(Route::Models { model: Some(name) }) => format!("Open model {name}").into(),
            Self::To(Route::Endpoints { endpoint: Some(id) }) => format!(
                "Open endpoint {}",
                ctx.library
                    .endpoint(id)
                    .map_or(id.as_str(), |endpoint| endpoint.name.as_str())
            )
            .into(),
            Self::To(route) => format!("Go to {}", route.page().title()).into(),
        }
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Page(PageKind::Home) | Self::To(Route::Home) => {
                "Open data, see what is running and what needs a look"
            }
            Self::Page(PageKind::Buckets) | Self::To(Route::Buckets { .. }) => {
                "Connected storage: browse it, and move data in and out"
            }
            Self::Page(PageKind::Data) | Self::To(Route::Data { .. }) => "Rows and column profiles of open datasets",
            Self::Page(PageKind::Train) | Self::To(Route::Train { .. }) => "Choose a target and train a model",
            Self::Page(PageKind::Runs) | Self::To(Route::Runs) => "Every training, newest first",
            Self::Page(PageKind::Models) | Self::To(Route::Models { .. }) => {
                "Registered models: versions, aliases, and what was live when"
            }
            Self::Page(PageKind::Endpoints) | Self::To(Route::Endpoints { .. }) => {
                "Addresses that answer with a model, and how well they are"
            }
            Self::Page(PageKind::Settings) | Self::To(Route::Settings) => "Appearance, workspace, devices, licences",
            Self::To(Route::Run { .. }) => "Curves, evaluation, recipe and log of this run",
            Self::Back => "To where you were before",
            Self::Forward => "To where you were before you went back",
        }
    }

    fn icon(&self) -> &'static str {
        let page = match self {
            Self::Page(page) => *page,
            Self::To(Route::Run { .. }) => return icon::CHART_LINE,
            Self::To(route) => route.page(),
            Self::Back => return icon::ARROW_LEFT,
            Self::Forward => return icon::ARROW_RIGHT,
        };
        page_icon(page)
    }

    fn shortcut(&self) -> Option<KeyboardShortcut> {
        match self {
            Self::Page(PageKind::Home) => Some(shortcut::command(Key::Num1)),
            Self::Page(PageKind::Buckets) => Some(shortcut::command(Key::Num2)),
            Self::Page(PageKind::Data) => Some(shortcut::command(Key::Num3)),
            Self::Page(PageKind::Train) => Some(shortcut::command(Key::Num4)),
            Self::Page(PageKind::Runs) => Some(shortcut::command(Key::Num5)),
            Self::Page(PageKind::Models) => Some(shortcut::command(Key::Num6)),
            Self::Page(PageKind::Endpoints) => Some(shortcut::command(Key::Num7)),
            Self::Page(PageKind::Settings) => Some(shortcut::command(Key::Num8)),
            Self::Back => Some(KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft)),
            Self::Forward => Some(KeyboardShortcut::new(Modifiers::ALT, Key::ArrowRight)),
            Self::To(_) => None,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        match self {
            Self::To(Route::Data { dataset: Some(id) } | Route::Train { dataset: Some(id), .. }) => Availability::when(
                ctx.library.dataset(id).is_some(),
                "This dataset is no longer in the workspace",
            ),
            Self::To(Route::Run { run }) => {
                Availability::when(ctx.library.run(run).is_some(), "This run is no longer in the workspace")
            }
            Self::To(Route::Models { model: Some(name) }) => Availability::when(
                ctx.library.model(name).is_some(),
                "This model is no longer in the workspace",
            ),
            Self::To(Route::Endpoints { endpoint: Some(id) }) => Availability::when(
                ctx.library.endpoint(id).is_some(),
                "This endpoint is no longer in the workspace",
            ),
            Self::Back => Availability::when(ctx.can_go.back, "There is nothing to go back to"),
            Self::Forward => Availability::when(ctx.can_go.forward, "There is nothing to go forward to"),
            Self::Page(_) | Self::To(_) => Availability::Ready,
        }
    }
}

/// The icon of a page.
pub fn page_icon(page: PageKind) -> &'static str {
    match page {
        PageKind::Home => icon::HOUSE,
        PageKind::Buckets => icon::HARD_DRIVES,
        PageKind::Data => icon::TABLE,
        PageKind::Train => icon::GRAPH,
        PageKind::Runs => icon::CHART_LINE_UP,
        PageKind::Models => icon::CUBE,
        PageKind::Endpoints => icon::BROADCAST,
        PageKind::Settings => icon::GEAR_SIX,
    }
}

impl Navigator {
    pub(crate) fn new(route: Route) -> Self {
        Self {
            route,
            ..Self::default()
        }
    }

    /// Goes there.
    pub(crate) fn apply(&mut self, command: Navigate) {
        /// More than anybody goes back.
        const REMEMBERED: usize = 100;
        let next = match command {
            Navigate::Back => {
                if let Some(previous) = self.history.pop() {
                    self.leave();
                    self.ahead.push(std::mem::replace(&mut self.route, previous));
                }
                return;
            }
            Navigate::Forward => {
                if let Some(next) = self.ahead.pop() {
                    self.leave();
                    self.history.push(std::mem::replace(&mut self.route, next));
                }
                return;
            }
            // Pressing the rail on a page that shows one run leads back to the list.
            Navigate::Page(PageKind::Runs) if matches!(self.route, Route::Run { .. }) => Route::Runs,
            Navigate::Page(PageKind::Models) if self.route.model().is_some() => first_of(PageKind::Models),
            Navigate::Page(PageKind::Endpoints) if self.route.endpoint().is_some() => first_of(PageKind::Endpoints),
            Navigate::Page(page) if self.route.page() == page => return,
            Navigate::Page(page) => self
                .left
                .iter()
                .find(|route| route.page() == page)
                .cloned()
                .unwrap_or_else(|| first_of(page)),
            Navigate::To(route) => route,
        };
        if next == self.route {
            return;
        }
        self.leave();
        self.ahead.clear();
        self.history.push(std::mem::replace(&mut self.route, next));
        if self.history.len() > REMEMBERED {
            self.history.remove(0);
        }
    }

    /// Whether there is a place to go back to, and one to go forward to.
    pub(crate) fn can_go(&self) -> Ways {
        Ways {
            back: !self.history.is_empty(),
            forward: !self.ahead.is_empty(),
        }
    }

    /// Leaves places whose dataset or run is gone, also those that were remembered.
    pub(crate) fn forget_missing(&mut self, library: &Library) {
        let known = |route: &Route| match route {
            Route::Run { run } => library.run(run).is_some(),
            Route::Models { model: Some(name) } => library.model(name).is_some(),
            Route::Endpoints { endpoint: Some(id) } => library.endpoint(id).is_some(),
            Route::Buckets { place: Some(place) } => library.connection(&place.connection).is_some(),
            route => route.dataset().is_none_or(|id| library.dataset(id).is_some()),
        };
        self.history.retain(known);
        self.ahead.retain(known);
        self.left.retain(known);
        if !known(&self.route) {
            self.route = first_of(self.route.page());
        }
    }

    fn leave(&mut self) {
        let page = self.route.page();
        self.left.retain(|route| route.page() != page);
        self.left.push(self.route.clone());
    }
}

fn first_of(page: PageKind) -> Route {
    match page {
        PageKind::Home => Route::Home,
        PageKind::Buckets => Route::Buckets { place: None },
        PageKind::Data => Route::Data { dataset: None },
        PageKind::Train => Route::Train {
            dataset: None,
            run: None,
        },
        PageKind::Runs => Route::Runs,
        PageKind::Models => Route::Models { model: None },
        PageKind::Endpoints => Route::Endpoints { endpoint: None },
        PageKind::Settings => Route::Settings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_as_they_were_left_and_back_leads_back() {
        let mut navigator = Navigator::default();
        navigator.apply(Navigate::dataset("d1"));
        navigator.apply(Navigate::Page(PageKind::Home));
        assert_eq!(navigator.route, Route::Home);
        navigator.apply(Navigate::Page(PageKind::Data));
        assert_eq!(navigator.route.dataset(), Some("d1"));
        navigator.apply(Navigate::Back);
        assert_eq!(navigator.route, Route::Home);
        assert_eq!(
            navigator.can_go(),
            Ways {
                back: true,
                forward: true
            }
        );
        navigator.apply(Navigate::Forward);
        assert_eq!(navigator.route.dataset(), Some("d1"));
        navigator.apply(Navigate::run("r1"));
        assert!(!navigator.can_go().forward, "a new way leaves the old one");
        navigator.apply(Navigate::Page(PageKind::Runs));
        assert_eq!(navigator.route, Route::Runs);
    }

    #[test]
    fn a_place_that_is_gone_is_left() {
        let mut navigator = Navigator::new(Route::Data {
            dataset: Some("gone".into()),
        });
        navigator.apply(Navigate::run("gone too"));
        navigator.forget_missing(&Library::default());
        assert_eq!(navigator.route, Route::Runs);
        assert!(!navigator.can_go().back);
    }
}
