//! What is odd about a table, each with its evidence and a step that mends it.

use aloft_base::change::Topic;
use aloft_base::dataset::Dataset;
use aloft_base::{Report, Workspace};
use aloft_data::{Correlations, Evidence, Finding, Found, Severity, Step, kept_found};
use egui::{RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{Button, Tone, card_ui, combo_ui, label_ui, paragraph_ui, problem_ui, progress_bar_ui};
use crate::work::{Answer, Fetch, Lane};

use super::super::tab::Tab;
use super::Side;

/// How many pieces of evidence are shown of one finding.
const SHOWN: usize = 4;

/// How many pairs of columns are told in words.
const TOLD: usize = 12;

/// Two columns by their places, and their correlation.
pub(super) type Pair = (usize, usize, f64);

/// What was found, and what of it is ranked for the page.
struct Seen {
    found: Found,
    /// The pairs of columns that go together most.
    strongest: Vec<Pair>,
}

/// What was found in a dataset, as it was looked for last.
#[derive(Default)]
pub(in super::super) struct Findings {
    found: Fetch<Seen>,
    /// The revision of the dataset that was looked at.
    looked_at: Option<u64>,
    /// The column that is to be predicted, if one was named.
    target: String,
}

impl Findings {
    /// Takes in what was found, and looks again when the dataset changed.
    pub(in super::super) fn logic(&mut self, ctx: &AppContext<'_>, row: &Dataset) {
        self.found.poll();
        let revision = ctx.library.revision(Topic::Dataset, &row.id);
        if self.looked_at == Some(revision) || self.found.is_pending() || row.key.is_empty() {
            return;
        }
        let key = row.key.clone();
        ctx.work
            .fetch(Lane::Rows, &mut self.found, move |workspace| read(workspace, &key));
        if self.found.is_pending() {
            self.looked_at = Some(revision);
        }
    }

    /// The column that is to be predicted; empty while none was named.
    pub(in super::super) fn target(&self) -> &str {
        &self.target
    }

    /// How columns of numbers go together, when that is known and there are two, and the strongest pairs.
    pub(super) fn correlations(&self) -> Option<(&Correlations, &[Pair])> {
        let seen = self.found.value()?;
        Some((seen.found.correlations.as_ref()?, &seen.strongest))
    }

    /// How many there are, when that is known.
    pub(in super::super) fn count(&self) -> usize {
        self.found.value().map_or(0, |seen| seen.found.findings.len())
    }
}

/// What the job that profiled the dataset found. Called on a worker.
fn read(workspace: &Workspace, key: &str) -> Answer<Seen> {
    let found = kept_found(&workspace.dataset_cache(key)).map_err(|error| Report::of(&error))?;
    let found = found.unwrap_or_default();
    let mut strongest = found
        .correlations
        .as_ref()
        .map_or_else(Vec::new, Correlations::strongest);
    strongest.truncate(TOLD);
    Ok(Seen { found, strongest })
}

pub(super) fn findings_ui(
    tab: &mut Tab,
    row: &Dataset,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    target_ui(tab, row, ctx, ui, commands);
    ui.add_space(size::GAP);
    if let Some(report) = tab.findings.found.report().cloned() {
        problem_ui(ui, "What was found cannot be read", &report, false, commands);
        return;
    }
    if row.columns.is_none() {
        paragraph_ui(ui, "Findings come with the profile of the columns.");
        return;
    }
    if tab.findings.correlations().is_some() {
        let open = Button::new("Heat map of correlations")
            .glyph(icons::GRID_NINE)
            .tooltip("How each column of numbers goes together with each other one");
        if ui.add(open).clicked() {
            tab.side = Some(Side::Correlations);
        }
        ui.add_space(4.0);
    }
    // Taken out while the rest of the tab may be changed: copying the findings would cost each frame.
    let fetched = std::mem::take(&mut tab.findings.found);
    let pressed = list_ui(tab, fetched.value().map(|seen| &seen.found), ctx, ui);
    tab.findings.found = fetched;
    if let Some(step) = pressed {
        tab.view.add(&row.id, step, commands);
    }
}

/// The findings, the worst first. Answers the step that mends one, when that was pressed.
fn list_ui(tab: &mut Tab, found: Option<&Found>, ctx: &AppContext<'_>, ui: &mut Ui) -> Option<Step> {
    let findings = found.map(|found| found.findings.as_slice()).unwrap_or_default();
    if findings.is_empty() {
        paragraph_ui(
            ui,
            "Nothing odd was found. Name the column to predict to look for columns that give it away.",
        );
        return None;
    }
    let mut done = None;
    for (nth, finding) in findings.iter().enumerate() {
        card_ui(ui, |ui| {
            ui.set_width(ui.available_width());
            if let Some(step) = finding_ui(ui, ctx, tab, nth, finding) {
                done = Some(step);
            }
        });
        ui.add_space(4.0);
    }
    done
}

/// The column that is to be predicted: with it leaks and rare classes are found.
fn target_ui(tab: &mut Tab, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    label_ui(ui, "Column to predict");
    let mut target = std::mem::take(&mut tab.findings.target);
    let before = target.clone();
    let shown = if target.is_empty() {
        "None yet".to_owned()
    } else {
        target.clone()
    };
    combo_ui(ui, "Column to predict", &shown, 280.0, |ui| {
        let heads = tab.whole().map(|table| table.heads.as_slice()).unwrap_or_default();
        for head in heads {
            if ui.selectable_label(target == head.name, &head.name).clicked() {
                target.clone_from(&head.name);
            }
        }
    });
    if target != before {
        commands.send(DataCommand::FindFor {
            id: row.id.clone(),
            target: target.clone(),
        });
        tab.relating.set_target(&target);
    }
    tab.findings.target = target;
    let is_busy = ctx.library.job_of(&row.id).is_some_and(|job| job.state.is_active());
    if is_busy {
        progress_bar_ui(ui, "Looking", None, Tone::Accent, 280.0);
    }
}

/// One finding. Answers the step that mends it, when that was pressed.
fn finding_ui(ui: &mut Ui, ctx: &AppContext<'_>, tab: &mut Tab, nth: usize, finding: &Finding) -> Option<Step> {
    let tokens = ctx.tokens;
    let (glyph, ink) = match finding.severity {
        Severity::Problem => (icons::WARNING_OCTAGON, tokens.bad),
        Severity::Warning => (icons::WARNING, tokens.warning),
        Severity::Note => (icons::INFO, tokens.text_secondary),
    };
    ui.horizontal_top(|ui| {
        ui.label(RichText::new(glyph).font(font::icon(15.0)).color(ink));
        ui.add(egui::Label::new(RichText::new(&finding.message).color(tokens.text)).wrap());
    });
    for evidence in finding.evidence.iter().take(SHOWN) {
        evidence_ui(ui, tab, finding, evidence);
    }
    if let Some(rows) = finding.sampled_rows {
        label_ui(ui, &format!("Looked for in {} rows", format::count(rows)));
    }
    let fix = finding.fix.clone().map(Step::from);
    let mut pressed = None;
    match fix {
        Some(step) => {
            let words = step.words();
            let name = format!("Mend finding {}: {words}", nth + 1);
            let response = ui.add(
                Button::new(&words)
                    .glyph(icons::WRENCH)
                    .max_width(270.0)
                    .tooltip(finding.advice.clone()),
            );
            response
                .ctx
                .accesskit_node_builder(response.id, |node| node.set_label(name));
            if response.clicked() {
                pressed = Some(step);
            }
        }
        None => {
            label_ui(ui, &finding.advice);
        }
    }
    pressed
}

/// A row that can be gone to, or a value and how often it is there.
fn evidence_ui(ui: &mut Ui, tab: &mut Tab, finding: &Finding, evidence: &Evidence) {
    let count = evidence
        .count
        .map_or_else(String::new, |count| format!(" × {}", format::count(count)));
    let figure = evidence
        .figure
        .map_or_else(String::new, |figure| format!(" ({})", format::value(figure)));
    let value = evidence
        .value
        .as_deref()
        .map_or_else(String::new, |value| format!("“{value}”"));
    match evidence.row {
        Some(row) => {
            let text = format!("Row {} {value}{count}{figure}", format::count(row + 1));
            // Rows are those of the file; what the steps leave has others.
            let why = tab
                .view
                .answered()
                .is_some()
                .then_some("The steps are shown: switch them off to go to rows of the file");
            let button = Button::quiet(text.trim()).glyph(icons::ARROW_RIGHT).disabled(why);
            if ui.add(button).clicked() {
                tab.go_to(row, finding.columns.first().map(String::as_str));
            }
        }
        None => {
            label_ui(ui, format!("{value}{count}{figure}").trim());
        }
    }
}
