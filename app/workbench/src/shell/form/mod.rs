//! Dialogs: each asks what has to be said, then sends one command.

mod alias;
mod connection;
mod delete;
mod describe;
mod export;
mod file;
mod forget;
mod link;
mod new_bucket;
mod parts;
mod promote;
mod register;
mod serve;
mod sign_in;
mod token;
mod transfer;
mod watch;

use std::path::PathBuf;

use aloft_base::endpoint::token::Token;
use egui::Context;

use crate::command::{Ask, CommandSender};
use crate::context::AppContext;
use crate::dialog::Pick;

/// The dialog that is open, and what was typed into it.
pub(super) enum Form {
    Register(register::Form),
    Promote(promote::Form),
    Alias(alias::Form),
    Describe(describe::Form),
    File(file::Form),
    Export(export::Form),
    Serve(serve::Form),
    Watch(watch::Form),
    Token(token::Form),
    Transfer(transfer::Form),
    Delete(delete::Form),
    NewBucket(new_bucket::Form),
    Link(link::Form),
    Connection(Box<connection::Form>),
    SignIn(Box<sign_in::Form>),
    Forget(forget::Form),
}

impl Form {
    /// The dialog that asks this, filled with what can be guessed.
    pub(super) fn new(ask: Ask, ctx: &AppContext<'_>) -> Self {
        match ask {
            Ask::Register { run } => Self::Register(register::Form::new(run, ctx)),
            Ask::Promote { model, number } => Self::Promote(promote::Form::new(model, number, ctx)),
            Ask::MoveAlias { model, number } => Self::Alias(alias::Form::new(model, number, ctx)),
            Ask::Describe {
                model,
                number,
                description,
                tags,
            } => Self::Describe(describe::Form::version(model, number, description, &tags)),
            Ask::DescribeModel { model } => Self::Describe(describe::Form::model(model, ctx)),
            Ask::Export { model, number } => Self::File(file::Form::export(model, number)),
            Ask::ExportDataset { dataset } => Self::Export(export::Form::new(dataset, ctx)),
            Ask::Import => Self::File(file::Form::import()),
            Ask::Predict { model, number } => Self::File(file::Form::predict(model, number)),
            Ask::Serve { model, version } => Self::Serve(serve::Form::new(model, version, ctx)),
            Ask::Watch => Self::Watch(watch::Form::default()),
            Ask::Upload { paths, to } => Self::Transfer(transfer::Form::upload(paths, to)),
            Ask::Download(selected) => Self::Transfer(transfer::Form::download(selected)),
            Ask::CopyTo(selected) => Self::Transfer(transfer::Form::copy(selected, false, ctx)),
            Ask::MoveTo(selected) => Self::Transfer(transfer::Form::copy(selected, true, ctx)),
            Ask::RenameObject(selected) => Self::Transfer(transfer::Form::rename(selected)),
            Ask::DeleteObjects(selected) => Self::Delete(delete::Form::new(selected)),
            Ask::NewFolder(place) => Self::NewBucket(new_bucket::Form::folder(place)),
            Ask::NewBucket(connection) => Self::NewBucket(new_bucket::Form::bucket(connection)),
            Ask::SignedLink { place, key } => Self::Link(link::Form::new(place, key)),
            Ask::Connect => Self::Connection(Box::new(connection::Form::new(None, ctx))),
            Ask::ChangeConnection { connection } => {
                Self::Connection(Box::new(connection::Form::new(Some(&connection), ctx)))
            }
            Ask::TestConnection { connection } => {
                Self::Connection(Box::new(connection::Form::tested(&connection, ctx)))
            }
            Ask::SignIn { connection } => Self::SignIn(Box::new(sign_in::Form::new(connection, ctx))),
            Ask::RemoveConnection { connection } => Self::Forget(forget::Form::new(connection, ctx)),
        }
    }

    /// Shows a token, this once.
    pub(super) fn token(endpoint: &str, token: Token) -> Self {
        Self::Token(token::Form::new(endpoint, token))
    }

    /// Asks for what the dialog shows and takes in what came.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        match self {
            Self::Promote(form) => form.logic(ctx),
            Self::Transfer(form) => form.logic(ctx),
            Self::Delete(form) => form.logic(ctx),
            Self::Link(form) => form.logic(ctx),
            Self::Connection(form) => form.logic(ctx),
            Self::SignIn(form) => form.logic(ctx),
            _ => {}
        }
    }

    /// Takes what a person chose in a dialog of the desktop.
    pub(super) fn picked(&mut self, pick: Pick, paths: Vec<PathBuf>) {
        if let Self::Transfer(form) = self {
            form.picked(pick, paths);
        }
    }

    /// Draws it. Answers whether it is to be closed.
    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        match self {
            Self::Register(form) => form.ui(ctx, egui_ctx, commands),
            Self::Promote(form) => form.ui(ctx, egui_ctx, commands),
            Self::Alias(form) => form.ui(ctx, egui_ctx, commands),
            Self::Describe(form) => form.ui(ctx, egui_ctx, commands),
            Self::File(form) => form.ui(ctx, egui_ctx, commands),
            Self::Export(form) => form.ui(ctx, egui_ctx, commands),
            Self::Serve(form) => form.ui(ctx, egui_ctx, commands),
            Self::Watch(form) => form.ui(ctx, egui_ctx, commands),
            Self::Token(form) => form.ui(ctx, egui_ctx, commands),
            Self::Transfer(form) => form.ui(ctx, egui_ctx, commands),
            Self::Delete(form) => form.ui(ctx, egui_ctx, commands),
            Self::NewBucket(form) => form.ui(ctx, egui_ctx, commands),
            Self::Link(form) => form.ui(ctx, egui_ctx, commands),
            Self::Connection(form) => form.ui(ctx, egui_ctx, commands),
            Self::SignIn(form) => form.ui(ctx, egui_ctx, commands),
            Self::Forget(form) => form.ui(ctx, egui_ctx, commands),
        }
    }
}
