//! The steps of a dataset as a person edits them, and the rows that they leave.

mod answer;

use aloft_base::dataset::Dataset;
use aloft_base::{ErrorKind, Report};
use aloft_data::{ColumnProfile, NamedSource, Step, StepEntry};

use crate::command::{CommandSender, DataCommand};
use crate::context::AppContext;
use crate::grid::GridState;
use crate::work::{Fetch, Lane, Ticket};

use super::sheet::Sheet;
use super::table::{self, Table};

pub(super) use answer::{Answered, ask};

/// How many states can be gone back to.
const MOST_UNDONE: usize = 200;

/// The steps of a dataset and what they leave of it.
#[derive(Default)]
pub(super) struct View {
    steps: Vec<StepEntry>,
    /// What the workspace had when it was looked at last.
    stored: serde_json::Value,
    /// What was sent to the workspace and has not been seen there yet, in order.
    sent: Vec<serde_json::Value>,
    undo: Vec<Vec<StepEntry>>,
    redo: Vec<Vec<StepEntry>>,
    /// A step that is being written, and where it will stand; it is tried already.
    draft: Option<(usize, Step)>,
    answer: Fetch<Answered>,
    /// All rows, while only the first are shown.
    rest: Fetch<Answered>,
    profiles: Fetch<Vec<ColumnProfile>>,
    /// The question that was asked last, and its ticket.
    asked: Option<(String, Ticket)>,
    /// The question that cannot be answered, so that it is not asked for ever.
    failed: Option<String>,
    pub(super) sheet: Sheet,
}

impl View {
    pub(super) fn steps(&self) -> &[StepEntry] {
        &self.steps
    }

    /// The rows that the steps leave, while there are steps and once they are there.
    pub(super) fn answered(&self) -> Option<&Answered> {
        if self.is_plain() {
            return None;
        }
        self.answer.value()
    }

    /// The same, and where the person is in it.
    pub(super) fn answered_mut(&mut self) -> Option<(&Table, &mut GridState)> {
        if self.is_plain() {
            return None;
        }
        Some((&self.answer.value()?.table, &mut self.sheet.grid))
    }

    /// Whether nothing is done to the table.
    pub(super) fn is_plain(&self) -> bool {
        self.draft.is_none() && self.steps.iter().all(|entry| !entry.enabled)
    }

    /// Whether the rows that are shown are not yet those that the steps leave.
    pub(super) fn is_busy(&self) -> bool {
        !self.is_plain() && (self.answer.is_pending() || self.rest.is_pending())
    }

    /// How many rows are shown while the others are on their way.
    pub(super) fn first_rows(&self) -> Option<u64> {
        let answered = self.answered()?;
        answered.is_head.then_some(answered.table.rows)
    }

    /// Whether the columns are being profiled.
    pub(super) fn is_profiling(&self) -> bool {
        self.profiles.is_pending()
    }

    /// Why the steps cannot be done, if so.
    pub(super) fn report(&self) -> Option<&Report> {
        if self.is_plain() {
            return None;
        }
        self.answer.report().or(self.sheet.reading.report())
    }

    /// Calls off what is being answered and takes back what led to it.
    pub(super) fn cancel(&mut self, id: &str, commands: &mut CommandSender) {
        if let Some((_, ticket)) = &self.asked {
            ticket.call_off();
        }
        if self.draft.take().is_none() {
            self.undo(id, commands);
        }
    }

    /// Takes in what came and asks for what the steps leave now.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, row: &Dataset, commands: &mut CommandSender) {
        self.take_stored(row);
        self.take_answer();
        let (handle, table) = (
            self.answer.value().map(|answered| &answered.handle),
            self.answer.value().map(|answered| &answered.table),
        );
        if !self.is_plain() {
            self.sheet.logic(ctx, commands, handle, table);
        }
        self.ask(ctx, row);
    }

    /// The steps as the workspace has them: another window or the command line may have changed them.
    fn take_stored(&mut self, row: &Dataset) {
        if self.stored == row.steps {
            if self.sent.last() == Some(&row.steps) {
                self.sent.clear();
            }
            return;
        }
        self.stored.clone_from(&row.steps);
        if let Some(at) = self.sent.iter().position(|sent| *sent == row.steps) {
            // What this window sent arrives; a newer one may be on its way.
            self.sent.drain(..=at);
            return;
        }
        self.sent.clear();
        // Steps of a newer Aloft are left alone; the table is shown without them.
        self.steps = serde_json::from_value(row.steps.clone()).unwrap_or_default();
    }

    fn take_answer(&mut self) {
        if self.answer.poll() {
            match &self.answer {
                Fetch::Ready(_) => {
                    self.sheet.outdate();
                    (self.profiles, self.rest) = (Fetch::Idle, Fetch::Idle);
                    self.failed = None;
                }
                Fetch::Failed { report, .. } if report.kind == ErrorKind::Stopped => self.asked = None,
                _ => self.failed = self.asked.as_ref().map(|(question, _)| question.clone()),
            }
        }
        if self.rest.poll() {
            self.answer = std::mem::take(&mut self.rest);
            match &self.answer {
                // The file of the first rows is gone: what is being read of it comes to nothing.
                Fetch::Ready(_) => self.sheet.outdate(),
                Fetch::Failed { report, .. } if report.kind == ErrorKind::Stopped => self.asked = None,
                _ => self.failed = self.asked.as_ref().map(|(question, _)| question.clone()),
            }
        }
        if self.profiles.poll()
            && let Fetch::Ready(profiles) = &self.profiles
            && let Fetch::Ready(answered) = &mut self.answer
        {
            for (head, profile) in answered.table.heads.iter_mut().zip(profiles) {
                if head.name == profile.name {
                    head.profile = Some(profile.clone());
                    answered.table.profiled += 1;
                }
            }
        }
    }

    fn ask(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        if self.is_plain() {
            if let Some((_, ticket)) = self.asked.take() {
                ticket.call_off();
            }
            return;
        }
        if row.key.is_empty() {
            return;
        }
        let ask = answer::of_steps(&self.effective());
        let question = ask.name(&[&row.key]);
        let is_asked = self.asked.as_ref().is_some_and(|(asked, _)| *asked == question);
        if self.answer.is_pending() {
            if !is_asked && let Some((_, ticket)) = &self.asked {
                ticket.call_off();
            }
            return;
        }
        let is_there = matches!(&self.answer, Fetch::Ready(answered) if answered.question == question);
        if !is_there && self.failed.as_ref() != Some(&question) {
            let Ok(source) = table::source_of(row) else { return };
            if let Some((_, ticket)) = &self.asked {
                ticket.call_off();
            }
            let (ticket, subject, asked) = (Ticket::default(), row.id.clone(), question.clone());
            let its = ticket.clone();
            ctx.work.fetch(Lane::Questions, &mut self.answer, move |workspace| {
                answer::ask(
                    workspace,
                    question,
                    &subject,
                    vec![NamedSource::table(source)],
                    ask,
                    &its,
                )
            });
            if self.answer.is_pending() {
                self.asked = Some((asked, ticket));
                self.rest = Fetch::Idle;
            }
            return;
        }
        let Fetch::Ready(answered) = &self.answer else { return };
        let (job, out) = (answered.job.clone(), answered.out.clone());
        let asked = self.asked.as_ref().map(|(_, ticket)| ticket.clone());
        let ticket = asked.unwrap_or_default();
        if let Some(job) = job.clone().filter(|_| answered.is_head) {
            if self.rest.is_idle() {
                let question = answered.question.clone();
                ctx.work.fetch(Lane::Questions, &mut self.rest, move |workspace| {
                    answer::rest(workspace, question, job, &out, &ticket)
                });
            }
        } else if self.profiles.is_idle() {
            ctx.work.fetch(Lane::Questions, &mut self.profiles, move |workspace| {
                answer::profiles(workspace, job.as_deref(), &out, &ticket)
            });
        }
    }

    /// The steps with the one that is being written.
    fn effective(&self) -> Vec<StepEntry> {
        let mut steps = self.steps.clone();
        if let Some((at, step)) = &self.draft {
            let entry = StepEntry::from(step.clone());
            if let Some(edited) = steps.get_mut(*at) {
                *edited = entry;
            } else {
                steps.push(entry);
            }
        }
        steps
    }

    /// Tries a step before it is one: in the place of another, or after the last.
    pub(super) fn try_step(&mut self, at: usize, step: Option<Step>) {
        self.draft = step.map(|step| (at, step));
    }

    /// Replaces the steps, in a way that can be taken back.
    pub(super) fn set_steps(&mut self, id: &str, steps: Vec<StepEntry>, commands: &mut CommandSender) {
        if steps == self.steps {
            return;
        }
        let before = std::mem::replace(&mut self.steps, steps);
        self.undo.push(before);
        if self.undo.len() > MOST_UNDONE {
            self.undo.remove(0);
        }
        self.redo.clear();
        self.store(id, commands);
    }

    /// Adds a step at the end. A filter on the column that the last step filters takes its place.
    pub(super) fn add(&mut self, id: &str, step: Step, commands: &mut CommandSender) {
        let mut steps = self.steps.clone();
        let column = |step: &Step| match step {
            Step::Filter(condition) => condition.column().map(str::to_owned),
            _ => None,
        };
        let replaces = steps.last().is_some_and(|last| {
            let both_sort = matches!((&last.step, &step), (Step::Sort { .. }, Step::Sort { .. }));
            both_sort || (column(&step).is_some() && column(&last.step) == column(&step))
        });
        if replaces {
            steps.pop();
        }
        steps.push(step.into());
        self.set_steps(id, steps, commands);
    }

    pub(super) fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    pub(super) fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    pub(super) fn undo(&mut self, id: &str, commands: &mut CommandSender) {
        if let Some(before) = self.undo.pop() {
            self.redo.push(std::mem::replace(&mut self.steps, before));
            self.store(id, commands);
        }
    }

    pub(super) fn redo(&mut self, id: &str, commands: &mut CommandSender) {
        if let Some(after) = self.redo.pop() {
            self.undo.push(std::mem::replace(&mut self.steps, after));
            self.store(id, commands);
        }
    }

    fn store(&mut self, id: &str, commands: &mut CommandSender) {
        let steps = serde_json::to_value(&self.steps).unwrap_or_default();
        self.sent.push(steps.clone());
        commands.send(DataCommand::SetSteps {
            id: id.to_owned(),
            steps,
        });
    }
}
