//! Registered models: their versions and aliases.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use aloft_base::registry::{self, Model};
use aloft_base::{Error, Report, Workspace};
use egui_phosphor::regular as icon;
use serde_json::Value;

use super::{Availability, Command, Describe};
use crate::context::AppContext;
use crate::library::model_row;
use crate::outcome::Outcome;
use crate::work::{Answer, Lane, Session, Work};

/// Registers, moves, describes, deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelCommand {
    Register {
        run: String,
        name: String,
        alias: Option<String>,
        description: String,
    },
    /// Makes an alias mean a version.
    MoveAlias {
        model: String,
        alias: String,
        number: u32,
        reason: String,
    },
    RemoveAlias {
        model: String,
        alias: String,
    },
    /// Makes an alias mean what it meant before.
    RollBack {
        model: String,
        alias: String,
    },
    DescribeModel {
        model: String,
        description: String,
    },
    Describe {
        model: String,
        number: u32,
        description: String,
        tags: BTreeMap<String, String>,
    },
    Delete {
        model: String,
        number: u32,
    },
    Restore {
        model: String,
        number: u32,
    },
    Export {
        model: String,
        number: u32,
        path: PathBuf,
    },
    Import {
        path: PathBuf,
        name: Option<String>,
        alias: Option<String>,
    },
    Predict {
        model: String,
        number: u32,
        file: PathBuf,
        out: PathBuf,
    },
}

impl Describe for ModelCommand {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::Register { .. } => "Register".into(),
            Self::MoveAlias { alias, .. } => format!("Move {alias}").into(),
            Self::RemoveAlias { alias, .. } => format!("Remove {alias}").into(),
            Self::RollBack { .. } => "Roll back".into(),
            Self::DescribeModel { .. } | Self::Describe { .. } => "Save".into(),
            Self::Delete { .. } => "Delete".into(),
            Self::Restore { .. } => "Restore".into(),
            Self::Export { .. } => "Export".into(),
            Self::Import { .. } => "Import".into(),
            Self::Predict { .. } => "Predict".into(),
        }
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Register { .. } | Self::Import { .. } => "The next version of this name; it never changes",
            Self::MoveAlias { .. } => "Endpoints that serve the alias follow at once",
            Self::RemoveAlias { .. } => "Its history stays",
            Self::RollBack { .. } => "To the version it meant before; endpoints that serve it follow at once",
            Self::DescribeModel { .. } | Self::Describe { .. } => "The files stay as they are",
            Self::Delete { .. } => "Can be undone",
            Self::Restore { .. } => "Bring the version back",
            Self::Export { .. } => "One file that any Aloft can import",
            Self::Predict { .. } => "The rows keep their order",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::Register { .. } => icon::CUBE,
            Self::MoveAlias { .. } => icon::TAG,
            Self::RemoveAlias { .. } => icon::X,
            Self::RollBack { .. } | Self::Restore { .. } => icon::ARROW_U_UP_LEFT,
            Self::DescribeModel { .. } | Self::Describe { .. } => icon::CHECK,
            Self::Delete { .. } => icon::TRASH,
            Self::Export { .. } => icon::EXPORT,
            Self::Import { .. } => icon::DOWNLOAD_SIMPLE,
            Self::Predict { .. } => icon::LIGHTNING,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        if !ctx.environment.is_open() {
            return Availability::Not("The workspace is not open".into());
        }
        let Self::Delete { model, number } = self else {
            return Availability::Ready;
        };
        let row = ctx.library.model(model);
        let held = row.and_then(|row| row.model.aliases.iter().find(|(_, held)| held == number));
        match held {
            Some((alias, _)) => Availability::Not(format!("It is {alias}: move or remove that alias first").into()),
            None => Availability::Ready,
        }
    }
}

/// Does it; what came of it arrives as outcomes.
pub(crate) fn apply(command: ModelCommand, work: &Work) {
    let lane = match command {
        ModelCommand::Register { .. }
        | ModelCommand::Export { .. }
        | ModelCommand::Import { .. }
        | ModelCommand::Predict { .. } => Lane::Models,
        _ => Lane::Workspace,
    };
    work.perform_with(lane, move |session| perform(session, command));
}

fn perform(session: &mut Session, command: ModelCommand) -> Outcome {
    match command {
        ModelCommand::Register {
            run,
            name,
            alias,
            description,
        } => {
            let mut arguments = vec!["models", "register", &run, "--name", &name];
            if let Some(alias) = &alias {
                arguments.extend(["--alias", alias]);
            }
            if !description.is_empty() {
                arguments.extend(["--description", &description]);
            }
            registered(session, &arguments, "Could not register the model")
        }
        ModelCommand::Import { path, name, alias } => {
            let path = path.display().to_string();
            let mut arguments = vec!["models", "import", &path];
            if let Some(name) = &name {
                arguments.extend(["--name", name]);
            }
            if let Some(alias) = &alias {
                arguments.extend(["--alias", alias]);
            }
            registered(session, &arguments, "Could not import the model")
        }
        ModelCommand::Export { model, number, path } => {
            let (reference, out) = (format!("{model}:{number}"), path.display().to_string());
            let arguments = ["models", "export", &reference, "--out", &out];
            let done = session.aloft(&arguments, None);
            said(
                done,
                "Could not export the model",
                &format!("Exported {model} version {number}"),
                &out,
            )
        }
        ModelCommand::Predict {
            model,
            number,
            file,
            out,
        } => {
            let reference = format!("{model}:{number}");
            let (file, out) = (file.display().to_string(), out.display().to_string());
            let done = session.aloft(&["predict", &reference, &file, "--out", &out], None);
            let text = done
                .as_ref()
                .map_or_else(|_| String::new(), |answer| predicted(answer, &out));
            said(done, "Could not predict the file", "Predicted every row", &text)
        }
        command => match session.workspace() {
            Ok(workspace) => write(workspace, command),
            Err(report) => Outcome::Failed {
                what: "Could not use the workspace".into(),
                report,
            },
        },
    }
}

/// Changes rows, which takes a moment.
fn write(workspace: &Workspace, command: ModelCommand) -> Outcome {
    match command {
        ModelCommand::MoveAlias {
            model,
            alias,
            number,
            reason,
        } => told(
            registry::move_alias(workspace, &model, &alias, number, &reason),
            "Could not move the alias",
            || format!("{alias} is version {number} of {model}"),
        ),
        ModelCommand::RemoveAlias { model, alias } => told(
            registry::remove_alias(workspace, &model, &alias, "removed in the window"),
            "Could not remove the alias",
            || format!("{alias} means no version of {model} now"),
        ),
        ModelCommand::RollBack { model, alias } => match registry::roll_back(workspace, &model, &alias) {
            Ok(number) => Outcome::Said {
                title: format!("{alias} is version {number} of {model} again"),
                text: String::new(),
                undo: None,
            },
            Err(error) => failed("Could not roll back", &error),
        },
        ModelCommand::DescribeModel { model, description } => {
            match registry::describe_model(workspace, &model, &description) {
                Ok(()) => Outcome::Done,
                Err(error) => failed("Could not describe the model", &error),
            }
        }
        ModelCommand::Describe {
            model,
            number,
            description,
            tags,
        } => {
            let done = registry::set_description(workspace, &model, number, &description)
                .and_then(|()| registry::set_tags(workspace, &model, number, &tags));
            match done {
                Ok(()) => Outcome::Done,
                Err(error) => failed("Could not describe the version", &error),
            }
        }
        ModelCommand::Delete { model, number } => match registry::delete(workspace, &model, number) {
            Ok(()) => Outcome::Said {
                title: format!("Deleted version {number} of {model}"),
                text: "Its files stay until they are purged.".to_owned(),
                undo: Some(Box::new(ModelCommand::Restore { model, number }.into())),
            },
            Err(error) => failed("Could not delete the version", &error),
        },
        ModelCommand::Restore { model, number } => told(
            registry::restore(workspace, &model, number),
            "Could not restore the version",
            || format!("Version {number} of {model} is back"),
        ),
        ModelCommand::Register { .. }
        | ModelCommand::Import { .. }
        | ModelCommand::Export { .. }
        | ModelCommand::Predict { .. } => Outcome::Done,
    }
}

/// Runs a verb that makes a version; the window then goes to its model.
fn registered(session: &mut Session, arguments: &[&str], what: &str) -> Outcome {
    let made = session.aloft(arguments, None).and_then(|answer| {
        let workspace = session.workspace()?;
        let name = answer.get("model").and_then(Value::as_str).unwrap_or_default();
        let number = answer.get("version").and_then(Value::as_u64).unwrap_or_default();
        let row = registry::model_named(workspace, name).and_then(|model: Model| model_row(workspace, model));
        row.map(|row| (row, number)).map_err(|error| Report::of(&error))
    });
    match made {
        Ok((row, number)) => Outcome::ModelRegistered {
            row: Box::new(row),
            number: u32::try_from(number).unwrap_or_default(),
        },
        Err(report) => Outcome::Failed {
            what: what.to_owned(),
            report,
        },
    }
}

/// What a prediction of a file says of itself, if it does.
fn predicted(answer: &Value, out: &str) -> String {
    let count = |key: &str| answer.get(key).and_then(Value::as_u64);
    let rows = count("rows").map(|rows| crate::format::plural(rows, "row", "rows"));
    let skipped = count("skipped").filter(|rows| *rows > 0);
    let skipped = skipped.map(|rows| format!("{} skipped", crate::format::count(rows)));
    let parts: Vec<String> = rows
        .into_iter()
        .chain(skipped)
        .chain([format!("written to {out}")])
        .collect();
    parts.join(", ")
}

fn said(done: Answer<Value>, what: &str, title: &str, text: &str) -> Outcome {
    match done {
        Ok(_) => Outcome::Said {
            title: title.to_owned(),
            text: text.to_owned(),
            undo: None,
        },
        Err(report) => Outcome::Failed {
            what: what.to_owned(),
            report,
        },
    }
}

fn told(done: aloft_base::Result<()>, what: &str, title: impl FnOnce() -> String) -> Outcome {
    match done {
        Ok(()) => Outcome::Said {
            title: title(),
            text: String::new(),
            undo: None::<Box<Command>>,
        },
        Err(error) => failed(what, &error),
    }
}

fn failed(what: &str, error: &Error) -> Outcome {
    Outcome::Failed {
        what: what.to_owned(),
        report: Report::of(error),
    }
}
