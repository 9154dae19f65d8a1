//! Connections: removing them, with what the keychain holds for them.

use std::borrow::Cow;

use aloft_base::connection::SignIn;
use aloft_base::secret::{self, Left};
use aloft_base::{Report, Workspace};
use egui_phosphor::regular as icon;

use super::{Availability, Describe};
use crate::context::AppContext;
use crate::outcome::Outcome;
use crate::work::{Lane, Work};

/// Changes connections. They are named by id. New ones and changes go through their dialog
/// ([`Ask::Connect`](super::Ask), [`Ask::ChangeConnection`](super::Ask)), which stays open until the
/// keychain has taken the secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionCommand {
    /// Forgets it and removes its secrets.
    Remove(String),
}

impl Describe for ConnectionCommand {
    fn text(&self, _: &AppContext<'_>) -> Cow<'static, str> {
        match self {
            Self::Remove(_) => "Remove connection".into(),
        }
    }

    fn tooltip(&self) -> &'static str {
        match self {
            Self::Remove(_) => "Forget it and remove its secrets; the buckets stay as they are",
        }
    }

    fn icon(&self) -> &'static str {
        match self {
            Self::Remove(_) => icon::TRASH,
        }
    }

    fn availability(&self, ctx: &AppContext<'_>) -> Availability {
        match self {
            Self::Remove(id) => Availability::when(
                ctx.library.connection(id).is_some(),
                "This connection is no longer in the workspace",
            ),
        }
    }
}

/// Whether a person has to confirm this way to sign in now and then: a code in a browser, or that of a device.
pub(crate) fn is_confirmed_by_person(sign_in: &SignIn) -> bool {
    match sign_in {
        SignIn::IdentityCenter { .. } => true,
        SignIn::Role { mfa_serial, .. } => mfa_serial.as_ref().is_some_and(|serial| !serial.trim().is_empty()),
        _ => false,
    }
}

/// Does it; what came of it arrives as outcomes.
pub(crate) fn apply(command: ConnectionCommand, work: &Work) {
    work.perform(Lane::Secrets, move |workspace| match command {
        ConnectionCommand::Remove(id) => remove(workspace, &id),
    });
}

fn remove(workspace: &Workspace, id: &str) -> Outcome {
    match secret::forget(workspace, id) {
        Ok(Left::None | Left::Removed) => Outcome::Done,
        Ok(Left::Unknown) => Outcome::Said {
            title: "The connection was removed".to_owned(),
            text: "There is no keychain here now; one that was here before may still hold its secrets.".to_owned(),
            undo: None,
        },
        Err(error) => Outcome::Failed {
            what: "Could not remove the connection".to_owned(),
            report: Report::of(&error),
        },
    }
}
