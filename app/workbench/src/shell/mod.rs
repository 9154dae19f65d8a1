//! The frame around the pages: rail, bars, drawer, inspector, and what floats.

pub(crate) mod alert;
mod drawer;
mod drop;
mod form;
mod inspector;
mod palette;
mod rail;
mod shortcuts;
mod status_bar;
mod toast;
mod top_bar;
mod transfers;
mod workspace_error;

use std::path::PathBuf;

use aloft_base::endpoint::token::Token;
use egui::{CentralPanel, Event, Frame, Margin, Ui};

use crate::command::view::Floating;
use crate::command::{Ask, Command, CommandSender, DataCommand, shortcut};
use crate::context::AppContext;
use crate::dialog::Pick;
use crate::environment::WorkspaceState;
use crate::page::Pages;
use crate::theme::size;

/// What the shell keeps between frames.
#[derive(Default)]
pub(crate) struct Shell {
    pub(crate) toasts: toast::Toasts,
    /// What Ctrl+Enter does on the page that was drawn last.
    pub(crate) primary: Option<Command>,
    pub(crate) alerts: alert::Alerts,
    floating: Floating,
    /// The dialog that is open, if any.
    form: Option<form::Form>,
    palette: palette::State,
    drawer: drawer::State,
    rail: rail::State,
}

impl Shell {
    /// Takes in what workers brought.
    pub(crate) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.drawer.logic(ctx);
        if let Some(form) = &mut self.form {
            form.logic(ctx);
        }
    }

    /// Opens a dialog.
    pub(crate) fn ask(&mut self, ask: Ask, ctx: &AppContext<'_>) {
        self.form = Some(form::Form::new(ask, ctx));
    }

    /// Tells the token of an endpoint, this once.
    pub(crate) fn show_token(&mut self, endpoint: &str, token: Token) {
        self.form = Some(form::Form::token(endpoint, token));
    }

    /// Hands what was chosen in a dialog of the desktop to the dialog that asked.
    pub(crate) fn picked(&mut self, pick: Pick, paths: Vec<PathBuf>) {
        if let Some(form) = &mut self.form {
            form.picked(pick, paths);
        }
    }

    /// Shows this over the window.
    pub(crate) fn float(&mut self, floating: Floating) {
        self.floating = if self.floating == floating {
            Floating::Nothing
        } else {
            floating
        };
        self.palette = palette::State::default();
    }

    /// Draws everything.
    pub(crate) fn ui(&mut self, ctx: &AppContext<'_>, pages: &mut Pages, ui: &mut Ui, commands: &mut CommandSender) {
        for command in shortcut::pressed(ui.ctx()) {
            commands.send(command);
        }
        self.escape(ctx, ui, commands);
        if let WorkspaceState::Closed(report) = &ctx.environment.state {
            workspace_error::page_ui(ctx, report, ui, commands);
        } else {
            take_files(self.form.is_some(), ctx, ui, commands);
            rail::panel_ui(&mut self.rail, ctx, ui, commands);
            status_bar::panel_ui(ctx, ui, commands);
            self.drawer.panel_ui(ctx, ui, commands);
            top_bar::panel_ui(ctx, ui, commands);
            inspector::panel_ui(ctx, ui, commands);
            let frame = Frame::new()
                .fill(ctx.tokens.background)
                .inner_margin(Margin::same(size::PAGE_MARGIN));
            CentralPanel::no_frame()
                .frame(frame)
                .show(ui, |ui| pages.ui(ctx, ui, commands));
            self.primary = commands.take_primary();
            drop::overlay_ui(ctx, ui.ctx());
        }
        match self.floating {
            Floating::Nothing => {}
            Floating::Palette => {
                if palette::modal_ui(&mut self.palette, ctx, ui.ctx(), commands) {
                    self.floating = Floating::Nothing;
                }
            }
            Floating::Shortcuts => {
                if shortcuts::modal_ui(ctx, ui.ctx()) {
                    self.floating = Floating::Nothing;
                }
            }
        }
        if let Some(form) = &mut self.form
            && form.ui(ctx, ui.ctx(), commands)
        {
            self.form = None;
        }
        self.toasts.ui(ctx, ui.ctx(), commands);
    }

    /// Esc closes the innermost thing. What floats closes itself; a field that has the focus gives it up first.
    fn escape(&mut self, ctx: &AppContext<'_>, ui: &Ui, commands: &mut CommandSender) {
        let free = self.floating == Floating::Nothing
            && self.form.is_none()
            && !ui.ctx().any_popup_open()
            && ui.memory(|m| m.focused().is_none());
        if !free || !ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            return;
        }
        if self.toasts.dismiss_newest() {
            return;
        }
        if let Some(drawer) = ctx.settings.drawer {
            commands.send(crate::command::ViewCommand::Drawer(drawer));
        }
    }
}

/// Files that were dropped on the window, and paths pasted where nothing is being typed. What is pasted while a dialog
/// is open is the dialog's: it may be a secret.
fn take_files(has_dialog: bool, ctx: &AppContext<'_>, ui: &Ui, commands: &mut CommandSender) {
    let dropped: Vec<std::path::PathBuf> = ui.input(|input| {
        input
            .raw
            .dropped_files
            .iter()
            .map(|file| file.path().to_owned())
            .collect()
    });
    if !dropped.is_empty() {
        match drop::upload_place(ctx) {
            Some(to) => commands.send(Ask::Upload {
                paths: dropped,
                to: to.clone(),
            }),
            None => commands.send(DataCommand::OpenPaths(dropped)),
        }
    }
    if has_dialog || ui.ctx().text_edit_focused() || !ctx.environment.is_open() {
        return;
    }
    let pasted: Vec<String> = ui.input(|input| {
        let texts = input.events.iter().filter_map(|event| {
            if let Event::Paste(text) = event {
                Some(text.clone())
            } else {
                None
            }
        });
        texts.collect()
    });
    for text in pasted {
        let paths = crate::paths::paths_in(&text);
        if !paths.is_empty() {
            commands.send(DataCommand::OpenPaths(paths));
        }
    }
}
