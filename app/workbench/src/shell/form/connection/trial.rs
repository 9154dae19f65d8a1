//! Testing a connection from the dialog: on a thread of its own, line by line.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::task::Waker;

use aloft_base::{ErrorKind, Report};
use aloft_cloud::{Check, CheckState, CheckStep, Session};
use egui::{Align, Layout, RichText, Role, Ui, WidgetInfo, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{self, problem_ui};

use super::draft::Plan;

/// More news than one test has.
const NEWS: usize = 16;
/// Height of a line.
const LINE: f32 = 24.0;

/// A test that runs or has run.
#[derive(Default)]
pub(super) struct Trial {
    lines: Vec<Check>,
    failure: Option<Report>,
    answers: Option<Receiver<News>>,
    was_started: bool,
}

enum News {
    Line(Check),
    Failed(Report),
}

impl Trial {
    pub(super) fn is_running(&self) -> bool {
        self.answers.is_some()
    }

    /// Whether it could not be done, or could not sign in.
    pub(super) fn has_failed(&self) -> bool {
        let first = self.lines.first();
        self.failure.is_some() || first.is_some_and(|line| line.state == CheckState::Failed)
    }

    /// Begins a test; one that runs is forgotten.
    pub(super) fn start(&mut self, plan: Plan, waker: Waker) {
        let (sender, answers) = sync_channel(NEWS);
        let begun = std::thread::Builder::new()
            .name("connection-test".into())
            .spawn(move || {
                run(&plan, &sender, &waker);
                drop(sender);
                waker.wake();
            });
        *self = Self {
            was_started: true,
            ..Self::default()
        };
        match begun {
            Ok(_) => self.answers = Some(answers),
            Err(error) => {
                let message = format!("The test could not be started: {error}");
                self.failure = Some(Report::new(ErrorKind::Unavailable, message, "Try again in a moment."));
            }
        }
    }

    /// Takes in what came.
    pub(super) fn poll(&mut self) {
        while let Some(answers) = &self.answers {
            match answers.try_recv() {
                Ok(News::Line(line)) => self.lines.push(line),
                Ok(News::Failed(report)) => self.failure = Some(report),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.answers = None,
            }
        }
    }

    /// Draws the lines; those that are awaited too, so that nothing jumps.
    pub(super) fn ui(&self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        if !self.was_started {
            return;
        }
        if let Some(report) = &self.failure {
            problem_ui(ui, "The connection could not be tested", report, false, commands);
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        for step in CheckStep::ALL {
            line_ui(step, self.lines.iter().find(|line| line.step == step), ctx, ui);
        }
    }
}

fn run(plan: &Plan, sender: &SyncSender<News>, waker: &Waker) {
    let attempt = || -> Result<(), Report> {
        let secrets = plan.secrets()?;
        let session = Session::start(1).map_err(|error| Report::of(&error))?;
        let name = if plan.name.is_empty() {
            "this connection"
        } else {
            &plan.name
        };
        session.wait(async {
            let store = aloft_cloud::open(name, &plan.spec, &secrets).map_err(|error| Report::of(&error))?;
            let mut told = |line: &Check| {
                // A dialog that was closed needs no more lines.
                drop(sender.send(News::Line(line.clone())));
                waker.wake_by_ref();
            };
            aloft_cloud::check(&*store, None, &plan.spec.buckets, &mut told).await;
            Ok(())
        })
    };
    if let Err(report) = attempt() {
        drop(sender.send(News::Failed(report)));
    }
}

fn line_ui(step: CheckStep, line: Option<&Check>, ctx: &AppContext<'_>, ui: &mut Ui) {
    let (glyph, ink, words) = match line.map(|line| (line.state, line.words.as_str())) {
        None => (icons::CIRCLE_DASHED, ctx.tokens.text_disabled, ""),
        Some((CheckState::Ok, words)) => (icons::CHECK_CIRCLE, ctx.tokens.good, words),
        Some((CheckState::Failed, words)) => (icons::X_CIRCLE, ctx.tokens.bad, words),
        Some((CheckState::Skipped, words)) => (icons::MINUS_CIRCLE, ctx.tokens.text_secondary, words),
    };
    let response = ui.allocate_ui_with_layout(
        vec2(ui.available_width(), LINE),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = size::GAP;
            ui.set_min_height(LINE);
            ui.label(RichText::new(glyph).font(font::icon(size::ICON)).color(ink));
            ui.allocate_ui_with_layout(vec2(112.0, LINE), Layout::left_to_right(Align::Center), |ui| {
                ui.set_width(112.0);
                ui.label(RichText::new(step.label()).color(ctx.tokens.text));
            });
            widget::ellipsis_ui(ui, RichText::new(words).color(ctx.tokens.text_secondary), words);
        },
    );
    let state = match line.map(|line| line.state) {
        None => "waiting",
        Some(CheckState::Ok) => "works",
        Some(CheckState::Failed) => "failed",
        Some(CheckState::Skipped) => "skipped",
    };
    response
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {state}. {words}", step.label())));
}
