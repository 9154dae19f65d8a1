//! What each verb does, and how its answer is set.

mod buckets;
mod connect;
mod endpoints;
mod jobs;
mod models;
mod open;
mod predict;
mod profile;
mod query;
mod runs;
mod serve;
mod train;

use anyhow::Result;
use serde_json::json;

use crate::arguments::{Arguments, Verb};
use crate::context::Context;
use crate::output::Output;
use crate::signal::Stop;
use crate::table::{Align, Table};

/// Does what was typed; answers the exit code.
pub(crate) fn perform(arguments: &Arguments, output: &mut Output) -> Result<u8> {
    // Before anything else: a signal must never find a job without somebody who listens.
    let stop = match &arguments.verb {
        Verb::Profile { .. }
        | Verb::Open { .. }
        | Verb::Query(_)
        | Verb::Prepare(_)
        | Verb::Export(_)
        | Verb::Train(_)
        | Verb::Run { .. }
        | Verb::Resume { .. }
        | Verb::Predict { .. }
        | Verb::Serve(_)
        | Verb::Cp(_)
        | Verb::Mv(_)
        | Verb::Sync(_)
        | Verb::Rm(_)
        | Verb::Job { .. } => Stop::on_signal()?,
        Verb::Runs { .. }
        | Verb::Models { .. }
        | Verb::Endpoints { .. }
        | Verb::Ls(_)
        | Verb::Cat { .. }
        | Verb::Du { .. }
        | Verb::Mb { .. }
        | Verb::Connect { .. }
        | Verb::Jobs
        | Verb::Devices
        | Verb::Preview { .. } => Stop::at_once()?,
    };
    if let Verb::Devices = arguments.verb {
        return devices(output);
    }
    if let Verb::Serve(wanted) = &arguments.verb
        && let Some(folder) = serve::folder(wanted)
    {
        return serve::without_workspace(output, &stop, wanted, &folder);
    }
    let context = &mut Context::open(arguments.workspace.as_deref(), output, stop)?;
    match &arguments.verb {
        Verb::Open {
            file,
            connection,
            reading,
        } => open::open(context, file, connection.as_deref(), reading.as_deref()),
        Verb::Preview { file, connection } => open::show(context, file, connection.as_deref()),
        Verb::Query(wanted) => query::query(context, wanted),
        Verb::Prepare(wanted) => query::prepare(context, wanted),
        Verb::Export(wanted) => query::export(context, wanted),
        Verb::Profile {
            file,
            connection,
            target,
            html,
        } => {
            let wanted = profile::Wanted {
                target: target.as_deref(),
                html: html.as_deref(),
            };
            profile::perform(context, file, connection.as_deref(), &wanted)
        }
        Verb::Train(wanted) => train::propose_and_train(context, wanted),
        Verb::Run { recipe } => train::run_recipe(context, recipe),
        Verb::Resume { run } => train::resume(context, run),
        Verb::Runs { verb } => runs::perform(context, verb),
        Verb::Predict { run, file, out } => predict::perform(context, run, file, out.as_deref()),
        Verb::Models { verb } => models::perform(context, verb),
        Verb::Serve(wanted) => serve::perform(context, wanted),
        Verb::Endpoints { verb } => endpoints::perform(context, verb),
        Verb::Ls(wanted) => buckets::list(context, wanted),
        Verb::Cat { url, whose } => buckets::cat(context, url, whose),
        Verb::Du { urls, whose } => buckets::usage(context, urls, whose),
        Verb::Mb { url, whose } => buckets::make_bucket(context, url, whose),
        Verb::Cp(wanted) => buckets::copy(context, wanted, false),
        Verb::Mv(wanted) => buckets::copy(context, wanted, true),
        Verb::Sync(wanted) => buckets::sync(context, wanted),
        Verb::Rm(wanted) => buckets::remove(context, wanted),
        Verb::Connect { verb } => connect::perform(context, verb),
        Verb::Jobs => jobs::list(context),
        Verb::Job { verb } => jobs::perform(context, verb),
        Verb::Devices => Ok(0),
    }
}

fn devices(output: &mut Output) -> Result<u8> {
    let devices = aloft_train::devices();
    output.answer(&json!({ "devices": devices }), || {
        let mut table = Table::new(&[
            ("Device", Align::Left),
            ("Name", Align::Left),
            ("Available", Align::Left),
            ("", Align::Left),
        ]);
        for device in devices {
            let available = if device.available { "yes" } else { "no" };
            table.row([device.id, device.name, available.to_owned(), device.why]);
        }
        table.to_string()
    })?;
    Ok(0)
}
