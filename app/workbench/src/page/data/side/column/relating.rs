//! What columns have to do with the target: asked of a child, the newest question wins.

use aloft_base::dataset::Dataset;
use aloft_base::{Report, Workspace};
use aloft_data::{Ask, NamedSource, QueryOrder, Relations, Source, kept_relations};

use crate::context::AppContext;
use crate::work::{Answer, Fetch, Lane, Ticket, start_question};

/// The target that columns are compared with, and what came of it.
#[derive(Default)]
pub(in super::super::super) struct Relating {
    /// The target that was chosen here; else it is the one of the findings.
    pub(super) target: Option<String>,
    pub(super) found: Fetch<Relations>,
    /// The question that was asked last, and its ticket.
    asked: Option<(String, Ticket)>,
    /// The question that is answered, or that cannot be.
    ended: Option<String>,
}

impl Relating {
    /// Takes in what came and asks for what is shown: the table with this key and this source.
    pub(in super::super::super) fn logic(
        &mut self,
        ctx: &AppContext<'_>,
        row: &Dataset,
        target_of_findings: &str,
        key: &str,
        source: Source,
    ) {
        if self.found.poll() {
            let is_stopped = self
                .found
                .report()
                .is_some_and(|report| report.kind == aloft_base::ErrorKind::Stopped);
            self.ended = self.asked.take().map(|(question, _)| question).filter(|_| !is_stopped);
        }
        if self.target.is_none() && !target_of_findings.is_empty() {
            self.target = Some(target_of_findings.to_owned());
        }
        let Some(target) = self.target.clone() else { return };
        let ask = Ask::Relate(target);
        let question = ask.name(&[key]);
        if let Some((asked, ticket)) = &self.asked {
            if *asked != question {
                ticket.call_off();
            }
            return;
        }
        if self.ended.as_ref() == Some(&question) {
            return;
        }
        let (ticket, subject, asked) = (Ticket::default(), row.id.clone(), question.clone());
        let its = ticket.clone();
        ctx.work.fetch(Lane::Questions, &mut self.found, move |workspace| {
            relate(workspace, &question, &subject, source, ask, &its)
        });
        if self.found.is_pending() {
            self.asked = Some((asked, ticket));
        }
    }

    /// Compares with this column from now on.
    pub(in super::super::super) fn set_target(&mut self, target: &str) {
        self.target = Some(target.to_owned());
    }

    /// What was asked is not wanted now: something else waits for the answer of a child.
    pub(in super::super::super) fn call_off(&mut self) {
        if let Some((_, ticket)) = &self.asked {
            ticket.call_off();
        }
        if self.found.poll() {
            self.asked = None;
        }
    }
}

/// Has a child compare the columns, unless that was done before. Called on a worker.
fn relate(
    workspace: &Workspace,
    question: &str,
    subject: &str,
    source: Source,
    ask: Ask,
    ticket: &Ticket,
) -> Answer<Relations> {
    let out = workspace.answer_cache(&format!("{question}.json"));
    let fault = |error: aloft_data::DataError| Report::of(&error);
    if let Some(kept) = kept_relations(&out).map_err(fault)? {
        return Ok(kept);
    }
    let order = QueryOrder::scratch(vec![NamedSource::table(source)], ask, out.clone());
    start_question(workspace, &order, subject, ticket)?;
    kept_relations(&out).map_err(fault)?.ok_or_else(|| {
        Report::new(
            aloft_base::ErrorKind::Corrupt,
            "What the columns have to do with the target cannot be read",
            "Choose the target again to have it measured anew.",
        )
    })
}
