//! The contents that a dataset was seen with, and what changed from one to the next.

use aloft_base::Report;
use aloft_base::change::Topic;
use aloft_base::dataset::{self, Dataset, Version};
use egui::{RichText, Ui};

use crate::command::{CommandSender, Navigate};
use crate::context::AppContext;
use crate::format;
use crate::route::Route;
use crate::theme::{font, size};
use crate::widget::{Button, card_ui, label_ui, paragraph_ui, problem_ui, skeleton_rows_ui};
use crate::work::{Fetch, Lane};

/// How many columns are named of those that changed.
const NAMED: usize = 6;

/// What is known of the contents of a dataset, as it was read last.
#[derive(Default)]
pub(in super::super) struct History {
    versions: Fetch<Vec<Version>>,
    looked_at: Option<u64>,
}

impl History {
    /// Takes in what was read, and reads again when the dataset changed.
    pub(in super::super) fn logic(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        self.versions.poll();
        let revision = ctx.library.revision(Topic::Dataset, &row.id);
        if self.looked_at == Some(revision) || self.versions.is_pending() {
            return;
        }
        let id = row.id.clone();
        ctx.work.fetch(Lane::Rows, &mut self.versions, move |workspace| {
            dataset::versions(workspace, &id).map_err(|error| Report::of(&error))
        });
        if self.versions.is_pending() {
            self.looked_at = Some(revision);
        }
    }
}

pub(super) fn history_ui(
    history: &History,
    row: &Dataset,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    if let Some(report) = history.versions.report() {
        problem_ui(ui, "The history cannot be read", report, false, commands);
        return;
    }
    let Some(versions) = history.versions.value() else {
        skeleton_rows_ui(ui, 4);
        return;
    };
    paragraph_ui(
        ui,
        "Each content that this dataset was opened with. A run names the one that it learned from.",
    );
    ui.add_space(size::GAP);
    for (nth, version) in versions.iter().enumerate() {
        card_ui(ui, |ui| {
            ui.set_width(ui.available_width());
            version_ui(ui, ctx, version, version.key == row.key);
            if let Some(older) = versions.get(nth + 1) {
                for change in changes(older, version) {
                    ui.add(egui::Label::new(RichText::new(change).color(ctx.tokens.text)).wrap());
                }
            }
            runs_ui(ui, ctx, version, commands);
        });
        ui.add_space(4.0);
    }
}

fn version_ui(ui: &mut Ui, ctx: &AppContext<'_>, version: &Version, is_now: bool) {
    let when = if is_now {
        "There now".to_owned()
    } else {
        format!("Until {}", format::absolute(version.opened_ms))
    };
    ui.label(RichText::new(when).font(font::medium()).color(ctx.tokens.text));
    label_ui(
        ui,
        &format!("First opened {}", format::ago(ctx.now_ms, version.seen_ms)),
    )
    .on_hover_text(format::absolute(version.seen_ms));
    let mut facts = vec![];
    if let Some(rows) = version.rows {
        facts.push(format::plural(rows, "row", "rows"));
    }
    if let Some(schema) = &version.schema {
        facts.push(format::plural(schema.len() as u64, "column", "columns"));
    }
    if !facts.is_empty() {
        label_ui(ui, &facts.join(", "));
    }
    match &version.fingerprint {
        Some(fingerprint) => {
            let short: String = fingerprint.chars().take(12).collect();
            label_ui(ui, &format!("Fingerprint {short}"))
                .on_hover_text(format!("BLAKE3 of the content: {fingerprint}"));
        }
        None => {
            label_ui(ui, "The fingerprint is taken when a run reads it");
        }
    }
}

/// The runs that learned from this content.
fn runs_ui(ui: &mut Ui, ctx: &AppContext<'_>, version: &Version, commands: &mut CommandSender) {
    let Some(fingerprint) = &version.fingerprint else {
        return;
    };
    let used = ctx.library.runs().iter();
    for run in used
        .filter(|run| run.fingerprint.as_ref() == Some(fingerprint))
        .take(NAMED)
    {
        if ui
            .add(
                Button::quiet(&run.name)
                    .max_width(270.0)
                    .tooltip("A run that learned from it"),
            )
            .clicked()
        {
            commands.send(Navigate::To(Route::Run { run: run.id.clone() }));
        }
    }
}

/// What is different in a newer content, one sentence each.
fn changes(old: &Version, new: &Version) -> Vec<String> {
    let mut changes = vec![];
    if let (Some(old), Some(new)) = (&old.fingerprint, &new.fingerprint)
        && old == new
    {
        return vec!["The content is the same; the file was written again or is read otherwise.".to_owned()];
    }
    if let (Some(before), Some(after)) = (old.rows, new.rows) {
        let difference = format::plural(before.abs_diff(after), "row", "rows");
        match after.cmp(&before) {
            std::cmp::Ordering::Greater => changes.push(format!("{difference} more than before")),
            std::cmp::Ordering::Less => changes.push(format!("{difference} fewer than before")),
            std::cmp::Ordering::Equal => {}
        }
    }
    let (Some(before), Some(after)) = (&old.schema, &new.schema) else {
        return changes;
    };
    let kind = |schema: &[(String, String)], name: &str| {
        schema
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, kind)| kind.clone())
    };
    let gone = before.iter().filter(|(name, _)| kind(after, name).is_none());
    let added = after.iter().filter(|(name, _)| kind(before, name).is_none());
    for (what, names) in [
        (
            "No longer there",
            gone.map(|(name, _)| name.clone()).collect::<Vec<_>>(),
        ),
        ("New", added.map(|(name, _)| name.clone()).collect()),
        (
            "Of another type",
            after
                .iter()
                .filter_map(|(name, now)| {
                    let was = kind(before, name)?;
                    (was != *now).then(|| format!("{name} ({was} → {now})"))
                })
                .collect(),
        ),
    ] {
        if !names.is_empty() {
            let more = if names.len() > NAMED { ", …" } else { "" };
            changes.push(format!("{what}: {}{more}", names[..names.len().min(NAMED)].join(", ")));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(rows: u64, schema: &[(&str, &str)], fingerprint: Option<&str>) -> Version {
        let pair = |(name, kind): &(&str, &str)| ((*name).to_owned(), (*kind).to_owned());
        Version {
            key: format!("k{rows}"),
            seen_ms: 0,
            opened_ms: 0,
            rows: Some(rows),
            schema: Some(schema.iter().map(pair).collect()),
            fingerprint: fingerprint.map(str::to_owned),
        }
    }

    #[test]
    fn what_changed_is_said_in_words() {
        let old = version(1200, &[("a", "integer"), ("b", "string"), ("c", "float")], None);
        let new = version(1000, &[("a", "float"), ("c", "float"), ("d", "date")], None);
        assert_eq!(
            changes(&old, &new),
            [
                "200 rows fewer than before",
                "No longer there: b",
                "New: d",
                "Of another type: a (integer → float)"
            ]
        );
        assert_eq!(changes(&old, &old), Vec::<String>::new());
        let again = version(1, &[], Some("f"));
        assert_eq!(changes(&again, &again).len(), 1);
    }
}
