//! What the split comes to: asked of a child while the recipe is edited, and drawn.

use std::time::Duration;

use aloft_base::dataset::Dataset;
use aloft_base::{ErrorKind, Report, Workspace};
use aloft_data::{
    Ask, DangerKind, DangerLevel, NamedSource, PartReport, QueryOrder, Source, SplitDanger, SplitMethod, SplitQuestion,
    SplitReport, Step, Suspects,
};
use egui::{CornerRadius, Rect, RichText, Sense, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Button, Tone, notice_ui};
use crate::work::{Answer, Fetch, Lane, Ticket, start_question};

use super::draft::Draft;
use super::split;

/// A recipe that is being changed is not asked about before it has been left alone so long.
const PATIENCE: Duration = Duration::from_millis(250);
/// So many dangers are shown.
const SHOWN: usize = 6;
/// So many classes have a colour and a name.
const CLASSES: usize = 8;

/// The newest report, and what it is of.
#[derive(Default)]
pub(super) struct Parts {
    report: Fetch<SplitReport>,
    /// What the recipe asks, worked out when it was changed last.
    wanted: Option<Wanted>,
    /// The question that was asked last, and its ticket.
    asked: Option<(String, Ticket)>,
    /// The question that waits, and since when, in milliseconds.
    waits: Option<(String, i64)>,
}

/// What a recipe asks about its split.
struct Wanted {
    /// The recipe as text, and the key of its data.
    of: (String, String),
    /// The question and its name; nothing while the recipe cannot be trained.
    question: Option<(Ask, String)>,
}

impl Wanted {
    fn of(draft: &Draft, row: &Dataset) -> Self {
        let named = |question| {
            let ask = Ask::Split(Box::new(question));
            let name = ask.name(&[&row.key]);
            (ask, name)
        };
        Self {
            of: (draft.text.clone(), row.key.clone()),
            question: question_of(draft).map(named),
        }
    }

    fn is_of(&self, draft: &Draft, row: &Dataset) -> bool {
        self.of.0 == draft.text && self.of.1 == row.key
    }
}

impl Parts {
    /// A report that is there.
    #[cfg(test)]
    pub(super) fn of(report: SplitReport) -> Self {
        Self {
            report: Fetch::Ready(report),
            ..Self::default()
        }
    }

    /// The report of the recipe as it is, unless it is not there yet.
    pub(super) fn report(&self) -> Option<&SplitReport> {
        if let Fetch::Ready(report) = &self.report {
            Some(report)
        } else {
            None
        }
    }

    /// Whether somebody must look again soon for the question to be asked.
    pub(super) fn look_again(&self) -> Option<Duration> {
        self.waits.is_some().then_some(PATIENCE)
    }

    /// Takes in what came, and asks again when the recipe is another one.
    pub(super) fn logic(&mut self, draft: &Draft, row: &Dataset, ctx: &AppContext<'_>) {
        self.report.poll();
        if !self.wanted.as_ref().is_some_and(|wanted| wanted.is_of(draft, row)) {
            self.wanted = Some(Wanted::of(draft, row));
        }
        let question = self.wanted.as_ref().and_then(|wanted| wanted.question.as_ref());
        let Some((ask, name)) = question else {
            self.waits = None;
            return;
        };
        if self.asked.as_ref().is_some_and(|(asked, _)| asked == name) {
            self.waits = None;
            return;
        }
        match &self.waits {
            Some((waiting, since)) if waiting == name => {
                if ctx.now_ms - since < i64::try_from(PATIENCE.as_millis()).unwrap_or_default() {
                    return;
                }
            }
            _ => {
                self.waits = Some((name.clone(), ctx.now_ms));
                return;
            }
        }
        if let Some((_, ticket)) = &self.asked {
            ticket.call_off();
        }
        if self.report.is_pending() {
            return;
        }
        let Ok(source) = serde_json::from_value::<Source>(row.source.clone()) else {
            return;
        };
        let (ticket, subject, asked) = (Ticket::default(), row.id.clone(), name.clone());
        let (its, ask, name) = (ticket.clone(), ask.clone(), name.clone());
        ctx.work.fetch(Lane::Questions, &mut self.report, move |workspace| {
            ask_child(workspace, &name, &subject, source, ask, &its)
        });
        if self.report.is_pending() {
            self.asked = Some((asked, ticket));
            self.waits = None;
        }
    }
}

/// What is asked of a recipe that can be trained.
fn question_of(draft: &Draft) -> Option<SplitQuestion> {
    if draft.problem.is_some() || !draft.plan.problems.is_empty() {
        return None;
    }
    let recipe = &draft.recipe;
    Some(SplitQuestion {
        steps: recipe.data.steps.clone(),
        split: recipe.split.clone(),
        target: recipe.target.column.clone(),
        task: recipe.target.task,
        features: recipe.features.include.clone(),
        suspects: suspects(draft),
    })
}

/// Columns that may name what several rows are of, and those that say when.
fn suspects(draft: &Draft) -> Suspects {
    let target = &draft.recipe.target.column;
    let rows = draft.profile.rows;
    let others = || draft.profile.columns.iter().filter(|column| column.name != *target);
    let repeats = |distinct: u64| distinct > 1 && distinct * 2 <= rows;
    Suspects {
        groups: others()
            .filter(|column| aloft_train::is_id_name(&column.name) && repeats(column.distinct))
            .map(|column| column.name.clone())
            .collect(),
        times: others()
            .filter(|column| {
                matches!(
                    column.kind,
                    aloft_data::ColumnType::Date | aloft_data::ColumnType::Datetime
                )
            })
            .map(|column| column.name.clone())
            .collect(),
    }
}

/// Has a child look at the parts, unless that was done before. Called on a worker.
fn ask_child(
    workspace: &Workspace,
    name: &str,
    subject: &str,
    source: Source,
    ask: Ask,
    ticket: &Ticket,
) -> Answer<SplitReport> {
    let out = workspace.answer_cache(&format!("{name}.split.json"));
    if !out.is_file() {
        let order = QueryOrder::scratch(vec![NamedSource::table(source)], ask, out.clone());
        start_question(workspace, &order, subject, ticket)?;
    }
    let text = aloft_base::fs::read_text(&out).map_err(|error| Report::of(&error))?;
    serde_json::from_str(&text).map_err(|error| {
        Report::new(
            ErrorKind::Corrupt,
            format!("What the split comes to cannot be read: {error}"),
            "Change the split and take it back to have it worked out anew.",
        )
    })
}

/// Draws the parts and their dangers. Answers the change to the recipe that was wished for.
pub(super) fn parts_ui(parts: &Parts, draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) -> Option<Remedy> {
    match &parts.report {
        Fetch::Ready(report) => {
            report_ui(report, draft, ctx, ui);
            dangers_ui(report, draft, ui)
        }
        Fetch::Failed { report, .. } if report.kind != ErrorKind::Stopped => {
            notice_ui(ui, Tone::Warning, icons::WARNING, &report.to_string());
            None
        }
        other => {
            if let Some(report) = other.value() {
                report_ui(report, draft, ctx, ui);
            }
            if draft.problem.is_none() {
                widget::spinner_ui(ui, "Working out the parts");
            }
            None
        }
    }
}

/// Each part with its size, and how the target is distributed in it.
fn report_ui(report: &SplitReport, draft: &Draft, ctx: &AppContext<'_>, ui: &mut Ui) {
    let parts = [
        ("Training", &report.train),
        ("Validation", &report.valid),
        ("Test", &report.test),
    ];
    let all = parts.iter().map(|(_, part)| part.rows).sum::<u64>().max(1);
    ui.spacing_mut().item_spacing.y = 4.0;
    for (name, part) in parts {
        ui.horizontal(|ui| {
            ui.set_height(20.0);
            let (rect, response) = ui.allocate_exact_size(vec2(226.0, 18.0), Sense::hover());
            let share = format::percent(part.rows as f64 / all as f64);
            let words = format!("{} ({share})", format::plural(part.rows, "row", "rows"));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{name}: {words}")));
            let painter = ui.painter();
            painter.text(
                rect.left_center(),
                egui::Align2::LEFT_CENTER,
                name,
                font::body(),
                ctx.tokens.text,
            );
            painter.text(
                rect.left_center() + vec2(74.0, 0.0),
                egui::Align2::LEFT_CENTER,
                words,
                font::label(),
                ctx.tokens.text_secondary,
            );
            if part.counts.is_empty() {
                let words = match (part.mean, part.deviation) {
                    (Some(mean), Some(deviation)) => format!(
                        "{} {} ± {}",
                        draft.recipe.target.column,
                        format::value(mean),
                        format::value(deviation)
                    ),
                    _ => String::new(),
                };
                widget::ellipsis_ui(
                    ui,
                    RichText::new(&words)
                        .font(font::label())
                        .color(ctx.tokens.text_secondary),
                    &words,
                );
            } else {
                balance_ui(part, report, ctx, ui);
            }
        });
    }
    if !report.classes.is_empty() {
        legend_ui(report, ctx, ui);
    }
    let mut notes = Vec::new();
    if report.left_out > 0 {
        let rows = format::plural(report.left_out, "row", "rows");
        notes.push(format!("{rows} without a target or a value to split by are in no part"));
    }
    if report.dropped > 0 {
        let rows = format::plural(report.dropped, "row", "rows");
        notes.push(format!("{rows} are left out by steps"));
    }
    for note in notes {
        widget::label_ui(ui, &note);
    }
}

/// The classes of a part as a bar.
fn balance_ui(part: &PartReport, report: &SplitReport, ctx: &AppContext<'_>, ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().max(40.0), 10.0), Sense::hover());
    let sum = part.counts.iter().sum::<u64>().max(1) as f64;
    let mut left = rect.left();
    for (class, count) in part.counts.iter().enumerate() {
        let width = rect.width() * (*count as f64 / sum) as f32;
        if width >= 0.5 {
            let place = Rect::from_min_size(
                egui::pos2(left, rect.top()),
                vec2((width - 1.0).max(0.5), rect.height()),
            );
            ui.painter()
                .rect_filled(place, CornerRadius::same(2), colour(class, ctx));
        }
        left += width;
    }
    response.on_hover_ui(|ui| {
        for (name, count) in report.classes.iter().zip(&part.counts).take(20) {
            let share = format::percent(*count as f64 / sum);
            widget::label_ui(ui, &format!("{name}: {} ({share})", format::count(*count)));
        }
    });
}

fn colour(class: usize, ctx: &AppContext<'_>) -> egui::Color32 {
    if class < CLASSES {
        ctx.tokens.series[class]
    } else {
        ctx.tokens.border
    }
}

fn legend_ui(report: &SplitReport, ctx: &AppContext<'_>, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        for (class, name) in report.classes.iter().enumerate().take(CLASSES) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let (dot, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                ui.painter().circle_filled(dot.center(), 4.0, colour(class, ctx));
                let short: String = name.chars().take(24).collect();
                widget::label_ui(ui, &short);
            });
        }
        if report.classes.len() > CLASSES {
            let more = (report.classes.len() - CLASSES) as u64;
            widget::label_ui(ui, &format!("and {} more", format::count(more)));
        }
    });
}

/// What may leak, each with what helps.
fn dangers_ui(report: &SplitReport, draft: &Draft, ui: &mut Ui) -> Option<Remedy> {
    let mut wished = None;
    if report.dangers.is_empty() {
        widget::secondary_ui(ui, "No row, group or moment is on both sides");
    }
    for danger in report.dangers.iter().take(SHOWN) {
        let (tone, glyph) = match danger.level {
            DangerLevel::Grave => (Tone::Bad, icons::WARNING),
            DangerLevel::Caution => (Tone::Warning, icons::INFO),
        };
        ui.add_space(size::GAP / 2.0);
        notice_ui(ui, tone, glyph, &format!("{} {}", danger.words, danger.advice));
        if let Some(remedy) = Remedy::of(danger, draft)
            && ui.add(Button::new(&remedy.label())).clicked()
        {
            wished = Some(remedy);
        }
    }
    if report.dangers.len() > SHOWN {
        let more = (report.dangers.len() - SHOWN) as u64;
        widget::label_ui(ui, &format!("and {} more", format::count(more)));
    }
    wished
}

/// A change to the recipe that takes a danger away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    RemoveDuplicates,
    GroupBy(String),
    OrderBy(String),
    Stratify,
}

impl Remedy {
    fn of(danger: &SplitDanger, draft: &Draft) -> Option<Self> {
        let recipe = &draft.recipe;
        match &danger.kind {
            // With steps there are no names yet for what is compared in the end.
            DangerKind::SameRows { .. } if !recipe.data.has_steps() => Some(Self::RemoveDuplicates),
            DangerKind::SharedGroups { column, .. } => Some(Self::GroupBy(column.clone())),
            DangerKind::TimeOverlap { column, .. } => Some(Self::OrderBy(column.clone())),
            DangerKind::RareClass { .. } | DangerKind::Shifted
                if recipe.split.method == SplitMethod::Random && recipe.target.task.is_classification() =>
            {
                Some(Self::Stratify)
            }
            _ => None,
        }
    }

    fn label(&self) -> String {
        match self {
            Self::RemoveDuplicates => "Remove duplicates first".to_owned(),
            Self::GroupBy(column) => format!("Group by {column}"),
            Self::OrderBy(column) => format!("Split by time with {column}"),
            Self::Stratify => "Split within each class".to_owned(),
        }
    }

    /// Changes the recipe.
    pub(super) fn apply(self, draft: &mut Draft) {
        match self {
            Self::RemoveDuplicates => {
                let mut columns = draft.recipe.features.include.clone();
                columns.push(draft.recipe.target.column.clone());
                columns.extend(draft.recipe.split.column.clone());
                columns.sort();
                columns.dedup();
                let step = Step::Deduplicate {
                    columns,
                    keep: aloft_data::Keep::First,
                };
                draft.recipe.data.steps.insert(0, step.into());
            }
            Self::GroupBy(column) => {
                split::choose(draft, SplitMethod::Grouped);
                draft.split_by(Some(column));
            }
            Self::OrderBy(column) => {
                split::choose(draft, SplitMethod::TimeOrdered);
                draft.split_by(Some(column));
            }
            Self::Stratify => split::choose(draft, SplitMethod::Stratified),
        }
    }
}
