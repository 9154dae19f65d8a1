//! The SQL console: a question to the open datasets, its plan, and its answer as a grid.

mod ask;
mod complete;
mod saved;

use aloft_base::dataset::Dataset;
use aloft_data::{NamedSource, quoted};
use egui::{Align, Frame, Id, Key, Layout, Margin, Modifiers, Panel, RichText, ScrollArea, TextEdit, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::grid::{ColumnAct, Grid, Layout as ColumnLayout};
use crate::theme::{font, size};
use crate::widget::{Button, Tone, label_ui, paragraph_ui, problem_ui, progress_bar_ui, secondary_ui};
use crate::work::{Fetch, Lane, Ticket};

use ask::{Change, Questions};

use super::sheet::Sheet;
use super::table;
use super::view::{Answered, ask as ask_tables};

const HEIGHT: f32 = 340.0;
/// Lines of the field.
const LINES: usize = 3;

/// What the console keeps between frames.
#[derive(Default)]
pub(super) struct Console {
    pub(super) open: bool,
    /// What is written is to be asked.
    pub(super) wanted: bool,
    sql: String,
    answer: Fetch<Answered>,
    asked: Option<(String, Ticket)>,
    took_secs: Option<f64>,
    began: Option<std::time::Instant>,
    plan: Fetch<String>,
    shows_plan: bool,
    sheet: Sheet,
    /// How the columns of the answer are laid out.
    layout: ColumnLayout,
    questions: Fetch<Questions>,
    /// What is to be kept, in order.
    to_keep: Vec<Change>,
    keeping: Fetch<Questions>,
    /// The name under which what is written is to be saved, while it is typed.
    name: String,
}

impl Console {
    /// Takes in what came and asks for what is in sight.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, open: &[&Dataset], commands: &mut CommandSender) {
        if std::mem::take(&mut self.wanted) {
            self.ask(ctx, tables(open));
        }
        if self.answer.poll() {
            self.took_secs = self.began.take().map(|began| began.elapsed().as_secs_f64());
            if self.answer.report().is_none() {
                self.sheet.outdate();
                self.sheet = Sheet::default();
            }
        }
        self.plan.poll();
        self.keep_questions(ctx);
        let answered = self.answer.value();
        if self.open {
            self.sheet.logic(
                ctx,
                commands,
                answered.map(|answered| &answered.handle),
                answered.map(|answered| &answered.table),
            );
        }
    }

    /// Reads the questions of the workspace once, and writes what is to be kept, one at a time.
    fn keep_questions(&mut self, ctx: &AppContext<'_>) {
        self.questions.poll();
        if self.open && self.questions.is_idle() {
            ctx.work.fetch(Lane::Workspace, &mut self.questions, ask::questions);
        }
        if self.keeping.poll() && self.keeping.report().is_none() {
            self.questions = std::mem::take(&mut self.keeping);
        }
        if let Some(change) = self.to_keep.first().cloned()
            && !self.keeping.is_pending()
        {
            ctx.work.fetch(Lane::Workspace, &mut self.keeping, move |workspace| {
                ask::keep(workspace, change)
            });
            if self.keeping.is_pending() {
                self.to_keep.remove(0);
            }
        }
    }

    /// Asks what is written. Called from the page with the tables that are open.
    fn ask(&mut self, ctx: &AppContext<'_>, tables: Vec<(NamedSource, String)>) {
        let sql = self.sql.trim().trim_end_matches(';').to_owned();
        if sql.is_empty() {
            return;
        }
        if let Some((_, ticket)) = self.asked.take() {
            ticket.call_off();
        }
        if self.answer.is_pending() {
            return;
        }
        let keys: Vec<&str> = tables.iter().map(|(_, key)| key.as_str()).collect();
        let ask = aloft_data::Ask::Sql(sql.clone());
        let question = ask.name(&keys);
        let ticket = Ticket::default();
        let its = ticket.clone();
        let name = question.clone();
        let named = tables.into_iter().map(|(named, _)| named).collect();
        let subject = sql.clone();
        ctx.work.fetch(Lane::Questions, &mut self.answer, move |workspace| {
            ask_tables(workspace, question, &subject, named, ask, &its)
        });
        if self.answer.is_pending() {
            self.asked = Some((name, ticket));
            self.began = Some(std::time::Instant::now());
            self.shows_plan = false;
            self.to_keep.push(Change::Asked(sql));
        }
    }

    fn explain(&mut self, ctx: &AppContext<'_>, tables: Vec<(NamedSource, String)>) {
        let sql = self.sql.trim().trim_end_matches(';').to_owned();
        if sql.is_empty() || self.plan.is_pending() {
            return;
        }
        self.shows_plan = true;
        ctx.work.fetch(Lane::Questions, &mut self.plan, move |workspace| {
            ask::plan(workspace, tables.into_iter().map(|(named, _)| named).collect(), sql)
        });
    }
}

/// Draws the console below the grid when it is open.
pub(super) fn console_ui(
    console: &mut Console,
    open: &[&Dataset],
    columns: &[String],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    if !console.open {
        return;
    }
    let frame = Frame::new().fill(ctx.tokens.panel).inner_margin(Margin::same(10));
    Panel::bottom("sql")
        .resizable(true)
        .default_size(HEIGHT)
        .min_size(160.0)
        .frame(frame)
        .show(ui, |ui| {
            // As tall as the person made it, whatever is in it.
            ui.set_min_height(ui.available_height());
            let tables = tables(open);
            editor_ui(console, &tables, columns, ctx, ui, commands);
            ui.add_space(6.0);
            buttons_ui(console, &tables, ctx, ui, commands);
            ui.add_space(4.0);
            answer_ui(console, ui, commands);
        });
}

/// The open datasets by the names that a question uses, and their keys.
fn tables(open: &[&Dataset]) -> Vec<(NamedSource, String)> {
    let places: Vec<_> = open.iter().map(|row| row.path.clone()).collect();
    aloft_data::table_names(&places)
        .into_iter()
        .zip(open)
        .filter(|(_, row)| !row.key.is_empty())
        .filter_map(|(name, row)| {
            let source = table::source_of(row).ok()?;
            Some((NamedSource { name, source }, row.key.clone()))
        })
        .collect()
}

fn editor_ui(
    console: &mut Console,
    tables: &[(NamedSource, String)],
    columns: &[String],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let id = Id::unique("sql editor");
    let names: Vec<&str> = tables.iter().map(|(named, _)| named.name.as_str()).collect();
    let hint = names.first().map_or_else(
        || "Open a dataset to ask it a question".to_owned(),
        |name| format!("SELECT * FROM {} LIMIT 10", quoted(name)),
    );
    let words = complete::candidates(&names, columns, &console.sql);
    let accept = !words.is_empty()
        && ui.memory(|memory| memory.has_focus(id))
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Tab));
    if accept && let Some(word) = words.first() {
        complete::accept(&mut console.sql, word);
        complete::cursor_to_end(ui.ctx(), id, &console.sql);
    }
    let edit = TextEdit::multiline(&mut console.sql)
        .id(id)
        .font(font::mono())
        .hint_text(RichText::new(hint).font(font::mono()).color(ctx.tokens.text_secondary))
        .desired_rows(LINES)
        .desired_width(f32::INFINITY)
        .lock_focus(true);
    let response = ui.add(edit);
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.set_label("SQL"));
    if response.has_focus() {
        commands.offer_primary(DataCommand::AskConsole);
    }
    if !words.is_empty() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            label_ui(ui, "Tab:");
            for word in words.iter().take(8) {
                if ui.add(Button::quiet(word)).clicked() {
                    complete::accept(&mut console.sql, word);
                    complete::cursor_to_end(ui.ctx(), id, &console.sql);
                    response.request_focus();
                }
            }
        });
    }
}

fn buttons_ui(
    console: &mut Console,
    tables: &[(NamedSource, String)],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_HEIGHT);
        let why = console.sql.trim().is_empty().then_some("Write a question first");
        let run = Button::primary("Run")
            .glyph(icons::PLAY)
            .disabled(why)
            .tooltip("Ctrl+Enter");
        if ui.add(run).clicked() {
            commands.send(DataCommand::AskConsole);
        }
        if ui
            .add(Button::new("Plan").disabled(why).tooltip("How it would be answered"))
            .clicked()
        {
            console.explain(ctx, tables.to_vec());
        }
        if console.answer.is_pending() {
            progress_bar_ui(ui, "Answering", None, Tone::Accent, 96.0);
            if ui.add(Button::quiet("Cancel")).clicked()
                && let Some((_, ticket)) = &console.asked
            {
                ticket.call_off();
            }
        } else if let Some(answered) = console.answer.value().filter(|_| console.answer.report().is_none()) {
            let took = console
                .took_secs
                .map_or_else(String::new, |secs| format!(" in {}", format::duration(secs)));
            label_ui(
                ui,
                &format!("{}{took}", format::plural(answered.table.rows, "row", "rows")),
            );
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Button::icon(icons::X, "Close SQL")).clicked() {
                console.open = false;
            }
            if let Some(answered) = console.answer.value() {
                let open = Button::quiet("Open as dataset")
                    .glyph(icons::TABLE)
                    .tooltip("Keeps the answer in the workspace and opens it as a table");
                if ui.add(open).clicked() {
                    commands.send(DataCommand::KeepAnswer {
                        path: answered.out.clone(),
                        name: "answer".to_owned(),
                        then_train: false,
                    });
                }
            }
            if let Some(answered) = console.answer.value() {
                let train = Button::quiet("Train on answer…")
                    .glyph(icons::GRAPH)
                    .tooltip("Keeps the answer in the workspace as a dataset, and chooses a target in it");
                if ui.add(train).clicked() {
                    commands.send(DataCommand::KeepAnswer {
                        path: answered.out.clone(),
                        name: "answer".to_owned(),
                        then_train: true,
                    });
                }
            }
            saved::saved_ui(console, ui);
            saved::earlier_ui(console, ui);
        });
    });
}

fn answer_ui(console: &mut Console, ui: &mut Ui, commands: &mut CommandSender) {
    if let Some(report) = console.keeping.report().or(console.questions.report()).cloned() {
        problem_ui(ui, "Questions are not kept", &report, false, commands);
    }
    if console.shows_plan {
        if let Some(report) = console.plan.report().cloned() {
            problem_ui(ui, "There is no plan", &report, false, commands);
        } else if let Some(plan) = console.plan.value() {
            ScrollArea::both().id_salt("plan").auto_shrink(false).show(ui, |ui| {
                ui.add(egui::Label::new(RichText::new(plan).font(font::mono())).selectable(true));
            });
        } else {
            secondary_ui(ui, "Planning…");
        }
        return;
    }
    if let Some(report) = console
        .answer
        .report()
        .filter(|report| report.kind != aloft_base::ErrorKind::Stopped)
        .cloned()
    {
        problem_ui(ui, "The question was not answered", &report, false, commands);
        return;
    }
    let Some(answered) = console.answer.value() else {
        paragraph_ui(
            ui,
            "Each open dataset is a table named by its file. Polars answers, in a process of its own that can be called off.",
        );
        return;
    };
    let grid = Grid {
        id: &answered.question,
        heads: &answered.table.heads,
        rows: answered.table.rows,
        tiles: &console.sheet.tiles,
        profiling: false,
    };
    ui.allocate_ui(vec2(ui.available_width(), ui.available_height()), |ui| {
        let response = grid.show(ui, &mut console.sheet.grid, &mut console.layout);
        if let Some((column, ColumnAct::CopyName)) = response.column_act
            && let Some(head) = answered.table.heads.get(column)
        {
            commands.send(ViewCommand::Copy(head.name.clone()));
        }
        if response.copy.is_some() {
            console.sheet.to_copy = response.copy;
        }
    });
}
