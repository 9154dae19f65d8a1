//! The pages. Each has a state, a function that looks at what came in, and one that draws.
//!
//! Pages never name each other: they send [`Command`](crate::command::Command)s.
//! For page `p`: `p::State` (with `Default`), `p::page_logic(&mut State, &AppContext, &mut CommandSender)`
//! called in each `logic`, also while the page is hidden, to poll and ask for values, and
//! `p::page_ui(&mut State, &AppContext, &mut Ui, &mut CommandSender)`, which only draws.

pub mod buckets;
pub mod data;
pub mod endpoints;
pub mod home;
pub mod models;
pub mod run;
pub mod runs;
pub mod settings;
pub mod train;

use egui::Ui;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::route::Route;

/// The states of all pages.
#[derive(Default)]
pub struct Pages {
    home: home::State,
    buckets: buckets::State,
    data: data::State,
    train: train::State,
    runs: runs::State,
    run: run::State,
    models: models::State,
    endpoints: endpoints::State,
    settings: settings::State,
}

impl Pages {
    /// Lets every page take in what came and ask for what it needs.
    pub fn logic(&mut self, ctx: &AppContext<'_>, commands: &mut CommandSender) {
        home::page_logic(&mut self.home, ctx, commands);
        buckets::page_logic(&mut self.buckets, ctx, commands);
        data::page_logic(&mut self.data, ctx, commands);
        train::page_logic(&mut self.train, ctx, commands);
        runs::page_logic(&mut self.runs, ctx, commands);
        run::page_logic(&mut self.run, ctx, commands);
        models::page_logic(&mut self.models, ctx, commands);
        endpoints::page_logic(&mut self.endpoints, ctx, commands);
        settings::page_logic(&mut self.settings, ctx, commands);
    }

    /// Something in storage changed by this window's doing, or a person asked for the path.
    pub(crate) fn tell_buckets(&mut self, news: buckets::News) {
        self.buckets.take(news);
    }

    /// The question that is written in the SQL console is to be asked.
    pub(crate) fn ask_console(&mut self) {
        self.data.ask_console();
    }

    /// Draws the page the person is on.
    pub fn ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        match ctx.route {
            Route::Home => home::page_ui(&mut self.home, ctx, ui, commands),
            Route::Buckets { .. } => buckets::page_ui(&mut self.buckets, ctx, ui, commands),
            Route::Data { .. } => data::page_ui(&mut self.data, ctx, ui, commands),
            Route::Train { .. } => train::page_ui(&mut self.train, ctx, ui, commands),
            Route::Runs => runs::page_ui(&mut self.runs, ctx, ui, commands),
            Route::Run { .. } => run::page_ui(&mut self.run, ctx, ui, commands),
            Route::Models { .. } => models::page_ui(&mut self.models, ctx, ui, commands),
            Route::Endpoints { .. } => endpoints::page_ui(&mut self.endpoints, ctx, ui, commands),
            Route::Settings => settings::page_ui(&mut self.settings, ctx, ui, commands),
        }
    }
}
