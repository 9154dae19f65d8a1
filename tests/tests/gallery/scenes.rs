//! What is drawn: a page, the state it is in, and what must be readable on it.

use std::path::PathBuf;
use std::time::Duration;

use aloft_tests::stage::Stage;
use aloft_workbench::command::{DataCommand, ViewCommand};
use aloft_workbench::route::Route;
use aloft_workbench::settings::Drawer;
use anyhow::Result;
use egui::{Event, HoveredFile, pos2};

use crate::seeds::Seeds;

/// Brings a page into its state.
type Arrange = Box<dyn Fn(&mut Stage) -> Result<()>>;

/// One picture's subject.
pub(crate) struct Scene {
    /// `page-state`, the name of its file.
    pub(crate) name: &'static str,
    pub(crate) workspace: PathBuf,
    pub(crate) route: Route,
    /// Brings the page into its state.
    pub(crate) arrange: Arrange,
    /// Words that must be on it.
    pub(crate) shows: &'static [&'static str],
}

/// All of them, as they are gathered.
pub(crate) struct Scenes(Vec<Scene>);

impl Scenes {
    pub(crate) fn add(
        &mut self,
        name: &'static str,
        workspace: &std::path::Path,
        route: Route,
        shows: &'static [&'static str],
    ) {
        self.with(name, workspace, route, shows, |_| Ok(()));
    }

    pub(crate) fn with(
        &mut self,
        name: &'static str,
        workspace: &std::path::Path,
        route: Route,
        shows: &'static [&'static str],
        arrange: impl Fn(&mut Stage) -> Result<()> + 'static,
    ) {
        self.0.push(Scene {
            name,
            workspace: workspace.to_owned(),
            route,
            arrange: Box::new(arrange),
            shows,
        });
    }
}

fn data(id: &str) -> Route {
    Route::Data {
        dataset: Some(id.to_owned()),
    }
}

fn plan(id: &str) -> Route {
    Route::Train {
        dataset: Some(id.to_owned()),
        run: None,
    }
}

fn run(id: &str) -> Route {
    Route::Run { run: id.to_owned() }
}

fn live(dataset: &str, run: &str) -> Route {
    Route::Train {
        dataset: Some(dataset.to_owned()),
        run: Some(run.to_owned()),
    }
}

pub(crate) fn all(seeds: &Seeds) -> Vec<Scene> {
    let mut scenes = Scenes(Vec::new());
    let (empty, rich, busy) = (&seeds.empty, &seeds.rich, &seeds.busy);
    let states = &seeds.states;

    scenes.add(
        "home-empty",
        empty,
        Route::Home,
        &["Open sample", "Open file…", "This workspace is empty"],
    );
    scenes.with(
        "home-samples",
        empty,
        Route::Home,
        &["Palmer penguins", "Handwritten digits"],
        |stage| {
            stage.click("Open sample")?;
            stage.rest(Duration::from_secs(1));
            Ok(())
        },
    );
    scenes.with("home-dropping", empty, Route::Home, &["Open sample"], |stage| {
        stage.hover_files(vec![HoveredFile {
            path: Some("/data/sales.csv".into()),
            ..HoveredFile::default()
        }]);
        Ok(())
    });
    transfers(&mut scenes, empty, &seeds.moved);
    scenes.add(
        "home-recent",
        &rich.folder,
        Route::Home,
        &["Recent datasets", "Open penguins.csv"],
    );
    scenes.add("home-busy", busy, Route::Home, &["Running now", "digits, two layers"]);
    scenes.add("home-damaged", &seeds.damaged, Route::Home, &["Retry"]);

    crate::stored::scenes(&mut scenes, empty, &seeds.stored);
    scenes.add(
        "data-empty",
        empty,
        Route::Data { dataset: None },
        &["No dataset is open"],
    );
    scenes.add(
        "data-penguins",
        &rich.folder,
        data(&rich.penguins),
        &["344 rows × 8 columns", "bill_length_mm", "Adelie"],
    );
    scenes.add(
        "data-wine",
        &rich.folder,
        data(&rich.wine),
        &["1,599 rows × 12 columns", "fixed acidity"],
    );
    scenes.add(
        "data-digits",
        &rich.folder,
        data(&rich.digits),
        &["1,797 rows × 65 columns", "pixel_0_0"],
    );
    scenes.add(
        "data-wide",
        &seeds.odd,
        data(&seeds.wide),
        &["station_000_mean_temperature_of_the_surface_in_kelvin"],
    );
    crate::ugly::scenes(&mut scenes, seeds);
    scenes.add(
        "data-profiling",
        busy,
        data(&states.profiling),
        &["Profiled 3 of 12 columns"],
    );
    scenes.add(
        "data-gone",
        &seeds.odd,
        data(&seeds.gone),
        &["This file cannot be read now"],
    );
    scenes.with(
        "data-inspector",
        &rich.folder,
        data(&rich.penguins),
        &["species"],
        |stage| stage.send(ViewCommand::ToggleInspector),
    );

    scenes.add(
        "train-empty",
        empty,
        Route::Train {
            dataset: None,
            run: None,
        },
        &[],
    );
    scenes.add("train-plan", &rich.folder, plan(&rich.penguins), &["Train"]);
    scenes.add("train-wine", &rich.folder, plan(&rich.wine), &["Train"]);
    scenes.add(
        "train-running",
        busy,
        live(&rich.digits, &states.running),
        &["Pause", "Stop"],
    );
    scenes.add("train-paused", busy, live(&rich.digits, &states.paused), &["Resume"]);
    scenes.add("train-failed", busy, live(&rich.penguins, &states.failed), &["NaN"]);

    scenes.add("runs-empty", empty, Route::Runs, &[]);
    scenes.add("runs-list", &rich.folder, Route::Runs, &["linear"]);
    scenes.add(
        "runs-states",
        busy,
        Route::Runs,
        &["Running", "Paused", "Interrupted", "Failed", "Stopped"],
    );
    scenes.add("runs-many", &seeds.many, Route::Runs, &["sweep 1999"]);

    scenes.add("run-classified", &rich.folder, run(&rich.classified), &["Done"]);
    for (name, tab, id) in [
        ("run-evaluation", "Evaluation", &rich.classified),
        ("run-residuals", "Evaluation", &rich.regressed),
        ("run-recipe", "Recipe", &rich.linear),
        ("run-log", "Log", &rich.classified),
    ] {
        scenes.with(name, &rich.folder, run(id), &["Done"], move |stage| {
            stage.click_tab(tab)?;
            stage.rest(Duration::from_secs(2));
            Ok(())
        });
    }
    scenes.add("run-running", busy, run(&states.running), &["Pause", "Stop"]);
    scenes.add("run-paused", busy, run(&states.paused), &["Resume"]);
    scenes.add(
        "run-interrupted",
        busy,
        run(&states.interrupted),
        &["Interrupted", "Resume"],
    );
    scenes.add("run-failed", busy, run(&states.failed), &["Failed", "NaN"]);
    scenes.add("run-stopped", busy, run(&states.stopped), &["Stopped"]);
    scenes.with("run-hover", &rich.folder, run(&rich.classified), &["Done"], |stage| {
        stage.event(Event::PointerMoved(pos2(640.0, 380.0)));
        stage.rest(Duration::from_secs(1));
        Ok(())
    });

    served(seeds, &mut scenes);
    scenes.add("settings-all", &rich.folder, Route::Settings, &["Theme"]);
    scenes.with("window-palette", &rich.folder, Route::Home, &["Open file…"], |stage| {
        stage.send(ViewCommand::OpenPalette)
    });
    scenes.with("window-shortcuts", &rich.folder, Route::Home, &[], |stage| {
        stage.send(ViewCommand::OpenShortcuts)
    });
    scenes.with("window-jobs", busy, Route::Runs, &["digits, two layers"], |stage| {
        stage.send(ViewCommand::Drawer(Drawer::Jobs))
    });
    scenes.with(
        "window-log",
        busy,
        run(&states.running),
        &["the validation loss did not improve"],
        |stage| stage.send(ViewCommand::Drawer(Drawer::Log)),
    );
    scenes.with(
        "window-problem",
        &rich.folder,
        Route::Home,
        &["Could not open nowhere.csv"],
        |stage| stage.send(DataCommand::OpenPaths(vec!["/data/nowhere.csv".into()])),
    );
    scenes.with(
        "window-small-rail",
        &rich.folder,
        data(&rich.penguins),
        &["species"],
        |stage| stage.send(ViewCommand::ToggleRail),
    );
    scenes.0
}

/// Models and endpoints.
fn served(seeds: &Seeds, scenes: &mut Scenes) {
    let live = &seeds.live;
    let models = Route::Models { model: None };
    let penguins = || Route::Models {
        model: Some("penguins".to_owned()),
    };
    scenes.add(
        "models-empty",
        &seeds.empty,
        models.clone(),
        &["No models yet", "Go to Runs"],
    );
    scenes.add(
        "models-list",
        &live.folder,
        models,
        &["Open model penguins", "challenger → 3"],
    );
    scenes.add(
        "models-versions",
        &live.folder,
        penguins(),
        &[
            "Show version 3",
            "Show version 1",
            "bill_length_mm",
            "Serve",
            "champion → 2",
        ],
    );
    let sweep = Route::Models {
        model: Some("sweep".to_owned()),
    };
    scenes.add("models-many", &live.many, sweep, &["Show version 1000"]);
    scenes.with(
        "models-compare",
        &live.folder,
        penguins(),
        &["The new model is better", "Where they disagree"],
        |stage| {
            stage.wait_for("Show version 3", Duration::from_secs(10))?;
            stage.click("Compare with…")?;
            stage.rest(Duration::from_secs(1));
            stage.click("Compare with version 2")?;
            Ok(())
        },
    );
    scenes.with(
        "models-promote",
        &live.folder,
        penguins(),
        &["Promote to champion", "The new model is better"],
        |stage| {
            stage.wait_for("Show version 3", Duration::from_secs(10))?;
            stage.click("Promote…")
        },
    );
    scenes.with(
        "models-history",
        &live.folder,
        penguins(),
        &["Audit log whole"],
        |stage| stage.click_tab("Alias history"),
    );
    scenes.with(
        "models-register",
        &live.folder,
        run(&seeds.rich.linear),
        &["Register", "Name of the model"],
        |stage| {
            stage.wait_for("Register model…", Duration::from_secs(10))?;
            stage.click("Register model…")
        },
    );
    let endpoints = Route::Endpoints { endpoint: None };
    let busy = || Route::Endpoints {
        endpoint: Some(live.busy.clone()),
    };
    scenes.add(
        "endpoints-empty",
        &seeds.empty,
        endpoints.clone(),
        &["No endpoints yet"],
    );
    scenes.add(
        "endpoints-cards",
        &live.folder,
        endpoints.clone(),
        &["Health: healthy", "Health: degraded", "Health: down", "Health: stopped"],
    );
    scenes.with(
        "endpoints-new",
        &live.folder,
        endpoints.clone(),
        &["Start endpoint"],
        |stage| {
            stage.wait_for("New endpoint…", Duration::from_secs(10))?;
            stage.click("New endpoint…")
        },
    );
    scenes.with("endpoints-watch", &live.folder, endpoints, &["Speaks"], |stage| {
        stage.wait_for("Watch a URL…", Duration::from_secs(10))?;
        stage.click("Watch a URL…")
    });
    scenes.add(
        "endpoints-live",
        &live.folder,
        busy(),
        &["Plot of Latency", "Last failures", "a number was expected"],
    );
    scenes.with(
        "endpoints-traffic",
        &live.folder,
        busy(),
        &["In the shadow, ask"],
        |stage| {
            stage.wait_for("Traffic", Duration::from_secs(10))?;
            stage.click("Traffic")
        },
    );
    scenes.with(
        "endpoints-test",
        &live.folder,
        busy(),
        &["Status 200", "1.9 ms"],
        |stage| {
            stage.click_tab("Test")?;
            stage.wait_for("Value of bill_length_mm", Duration::from_secs(10))?;
            stage.click("Send")
        },
    );
    scenes.with("endpoints-snippets", &live.folder, busy(), &["Copy snippet"], |stage| {
        stage.click_tab("Snippets")
    });
    scenes.with(
        "endpoints-history",
        &live.folder,
        busy(),
        &["did not answer within"],
        |stage| stage.click_tab("Health history"),
    );
    scenes.add(
        "home-alerts",
        &live.folder,
        Route::Home,
        &["Endpoint degraded", "Mark as seen"],
    );
}

/// The drawer of transfers.
fn transfers(scenes: &mut Scenes, empty: &std::path::Path, moved: &std::path::Path) {
    scenes.with(
        "transfers-empty",
        empty,
        Route::Home,
        &["No transfers yet. Drop files onto a bucket, or download from one; they go on when the window is closed, and from where they were after anything."],
        |stage| stage.send(ViewCommand::Drawer(Drawer::Transfers)),
    );
    scenes.with(
        "transfers-running",
        moved,
        Route::Home,
        &["Transfer weather stations", "station-00000.parquet", "Waiting 5,797"],
        |stage| stage.send(ViewCommand::Drawer(Drawer::Transfers)),
    );
    scenes.with("transfers-failed", moved, Route::Home, &["Failed 3"], |stage| {
        stage.send(ViewCommand::Drawer(Drawer::Transfers))?;
        stage.wait_for("Transfer images", Duration::from_secs(10))?;
        stage.click("Transfer station notes with a name that is far too long for this list and 411 more")?;
        stage.wait_for("Failed 3", Duration::from_secs(10))?;
        stage.click("Failed 3")
    });
}
