//! The steps of the table as chips, and what else can be done with it.

use aloft_base::dataset::Dataset;
use aloft_data::{Step, StepEntry};
use egui::{Align, CornerRadius, Layout, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Button, Tone, progress_bar_ui};

use super::columns_menu::columns_menu_ui;
use super::side::{ReadingPanel, Side};
use super::tab::Tab;

/// Chips are at most so wide.
const CHIP_TEXT: f32 = 220.0;

/// Draws the row between the size of the table and the grid.
pub(super) fn toolbar_ui(
    tab: &mut Tab,
    sql_open: &mut bool,
    row: &Dataset,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            sides_ui(tab, sql_open, row, ui);
            columns_ui(tab, ctx, ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                steps_ui(tab, row, ctx, ui, commands);
            });
        });
    });
}

/// The buttons that open what stands beside and below the grid.
fn sides_ui(tab: &mut Tab, sql_open: &mut bool, row: &Dataset, ui: &mut Ui) {
    let sql = Button::quiet("SQL")
        .glyph(icons::TERMINAL_WINDOW)
        .selected(*sql_open)
        .tooltip("Ask the open datasets a question in SQL");
    if ui.add(sql).clicked() {
        *sql_open = !*sql_open;
    }
    for (side, glyph, name, tooltip) in [
        (
            Side::Findings,
            icons::LIGHTBULB,
            "Findings",
            "What is odd about this table, and how to mend it",
        ),
        (
            Side::Steps,
            icons::LIST_CHECKS,
            "Steps",
            "What is done to the table before it is used",
        ),
        (
            Side::Reading,
            icons::SLIDERS_HORIZONTAL,
            "Reading",
            "How the file is read and why: delimiter, quotes, header, encoding, decimals, dates, missing values",
        ),
    ] {
        if side == Side::Reading && !ReadingPanel::fits(row) {
            continue;
        }
        let is_open = tab.side.as_ref() == Some(&side);
        let count = if side == Side::Findings {
            tab.findings.count()
        } else {
            0
        };
        let name = if count > 0 {
            format!("{name} {count}")
        } else {
            name.to_owned()
        };
        if ui
            .add(Button::quiet(&name).glyph(glyph).selected(is_open).tooltip(tooltip))
            .clicked()
        {
            tab.side = (!is_open).then_some(side);
        }
    }
}

/// The menu of all columns.
fn columns_ui(tab: &mut Tab, ctx: &AppContext<'_>, ui: &mut Ui) {
    // Taken out while the rest of the tab is only looked at.
    let (mut menu, mut layout) = (std::mem::take(&mut tab.columns_menu), std::mem::take(&mut tab.layout));
    let wanted = tab
        .shown()
        .and_then(|table| columns_menu_ui(&mut menu, &mut layout.layout, &table.heads, ctx, ui));
    tab.columns_menu = menu;
    tab.layout = layout;
    if let Some(column) = wanted
        && let Some((_, grid)) = tab.shown_mut()
    {
        grid.go_to_column(column);
    }
}

fn steps_ui(tab: &mut Tab, row: &Dataset, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let view = &mut tab.view;
    let why = (!view.can_undo()).then_some("Nothing to take back");
    if ui
        .add(Button::icon(icons::ARROW_U_UP_LEFT, "Undo step").disabled(why))
        .clicked()
    {
        view.undo(&row.id, commands);
    }
    let why = (!view.can_redo()).then_some("Nothing to do again");
    if ui
        .add(Button::icon(icons::ARROW_U_UP_RIGHT, "Redo step").disabled(why))
        .clicked()
    {
        view.redo(&row.id, commands);
    }
    if view.is_busy() {
        if let Some(rows) = view.first_rows() {
            let text = format!("First {} rows", format::count(rows));
            ui.label(egui::RichText::new(text).font(font::medium()).color(ctx.tokens.accent));
        }
        progress_bar_ui(ui, "Doing the steps", None, Tone::Accent, 64.0);
        if ui.add(Button::quiet("Cancel")).clicked() {
            view.cancel(&row.id, commands);
        }
    } else if let Some(answered) = view.answered() {
        let all = tab.refreshed.value().or(tab.opened.value().map(|opened| &opened.table));
        let of = match all {
            Some(all) if all.complete && all.rows != answered.table.rows => format!(" of {}", format::count(all.rows)),
            _ => String::new(),
        };
        let text = format!("{}{of} rows", format::count(answered.table.rows));
        ui.label(egui::RichText::new(text).font(font::medium()).color(ctx.tokens.accent));
        if view.is_profiling() {
            progress_bar_ui(ui, "Profiling the rows", None, Tone::Accent, 48.0);
        }
    }
    let steps = tab.view.steps();
    if steps.is_empty() && !tab.view.is_busy() {
        widget::label_ui(ui, "Press a bar above a column to filter, or its name for more");
        return;
    }
    let mut changed = None;
    ScrollArea::horizontal().id_salt("steps").show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (at, entry) in steps.iter().enumerate() {
            match chip_ui(ui, ctx, at, entry) {
                Press::None => {}
                Press::Toggle => {
                    let mut after = steps.to_vec();
                    after[at].enabled = !after[at].enabled;
                    changed = Some(after);
                }
                Press::Remove => {
                    let mut after = steps.to_vec();
                    after.remove(at);
                    changed = Some(after);
                }
            }
        }
    });
    if let Some(after) = changed {
        tab.view.set_steps(&row.id, after, commands);
    }
}

/// What a person did with a chip.
enum Press {
    None,
    Toggle,
    Remove,
}

fn chip_ui(ui: &mut Ui, ctx: &AppContext<'_>, at: usize, entry: &StepEntry) -> Press {
    let tokens = ctx.tokens;
    let words = entry.step.words();
    // What a filter keeps is enough to know it by.
    let short = match &entry.step {
        Step::Filter(condition) => condition.sql(),
        _ => words.clone(),
    };
    let ink = if entry.enabled {
        tokens.text
    } else {
        tokens.text_secondary
    };
    let mut job = egui::text::LayoutJob::simple_singleline(short, font::label(), ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(CHIP_TEXT);
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 36.0, 24.0), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, true, entry.enabled, format!("Step {}: {words}", at + 1)));
    let fill = if response.hovered() {
        tokens.hover
    } else if entry.enabled {
        tokens.selected
    } else {
        tokens.field
    };
    ui.painter().rect(
        rect,
        CornerRadius::same(12),
        fill,
        Stroke::new(
            1.0,
            if entry.enabled {
                tokens.accent.gamma_multiply(0.5)
            } else {
                tokens.border
            },
        ),
        StrokeKind::Inside,
    );
    let middle = rect.center().y;
    let left = pos2(rect.left() + 10.0, middle - galley.size().y / 2.0);
    let width = galley.size().x;
    ui.painter().galley(left, galley, ink);
    if !entry.enabled {
        ui.painter()
            .hline(left.x..=left.x + width, middle, Stroke::new(1.0, tokens.text_secondary));
    }
    let cross = egui::Rect::from_center_size(pos2(rect.right() - 13.0, middle), vec2(18.0, 18.0));
    let remove = ui.interact(cross, response.id.with("remove"), Sense::click());
    remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Remove step {}", at + 1)));
    if remove.hovered() {
        ui.painter().rect_filled(cross, CornerRadius::same(9), tokens.pressed);
    }
    ui.painter().text(
        cross.center(),
        egui::Align2::CENTER_CENTER,
        icons::X,
        font::icon(11.0),
        tokens.text_secondary,
    );
    let (removed, toggled) = (remove.clicked(), response.clicked());
    let hint = if entry.enabled {
        "Press to switch it off"
    } else {
        "Press to switch it on"
    };
    response.on_hover_text(format!("{words}\n{hint}"));
    if removed {
        Press::Remove
    } else if toggled {
        Press::Toggle
    } else {
        Press::None
    }
}
