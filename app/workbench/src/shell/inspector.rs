//! The inspector: details of what is in front. Nothing important lives only here.

use aloft_base::dataset::Dataset;
use aloft_base::run::Run;
use egui::{Frame, Margin, Panel, RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand, Navigate, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::library::dataset_name;
use crate::theme::{font, size};
use crate::widget::{
    self, Button, ButtonKind, Tone, command_button_ui, key_value_ui, label_ui, section_ui, state_pill_ui,
};

/// Draws the panel when it is open.
pub(super) fn panel_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    if !ctx.settings.inspector {
        return;
    }
    let frame = Frame::new().fill(ctx.tokens.panel).inner_margin(Margin::same(16));
    Panel::right("inspector")
        .resizable(false)
        .exact_size(size::INSPECTOR)
        .frame(frame)
        .show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                let run = ctx.route.run().and_then(|id| ctx.library.run(id));
                let dataset = ctx.route.dataset().and_then(|id| ctx.library.dataset(id));
                match (run, dataset) {
                    (None, None) => workspace_ui(ctx, ui),
                    (run, dataset) => {
                        if let Some(run) = run {
                            run_ui(ctx, ui, commands, run);
                            ui.add_space(size::GAP_SECTION);
                        }
                        if let Some(dataset) = dataset {
                            dataset_ui(ctx, ui, commands, dataset);
                        }
                    }
                }
            });
        });
}

fn workspace_ui(ctx: &AppContext<'_>, ui: &mut Ui) {
    section_ui(ui, "Workspace");
    ui.add_space(4.0);
    key_value_ui(ui, "Folder", &ctx.environment.folder.display().to_string());
    key_value_ui(ui, "Datasets", &format::count(ctx.library.datasets().len() as u64));
    key_value_ui(ui, "Runs", &format::count(ctx.library.runs().len() as u64));
    key_value_ui(ui, "Models", &format::count(ctx.library.models().len() as u64));
    key_value_ui(ui, "Endpoints", &format::count(ctx.library.endpoints().len() as u64));
    key_value_ui(
        ui,
        "Jobs running",
        &format::count(ctx.library.active_jobs().count() as u64),
    );
    ui.add_space(size::GAP_WIDE);
    widget::paragraph_ui(ui, "Open a dataset or a run to see its details here.");
}

fn dataset_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, dataset: &Dataset) {
    section_ui(ui, &dataset_name(dataset));
    ui.add_space(4.0);
    key_value_ui(ui, "Path", &dataset.path.display().to_string());
    let format = dataset
        .source
        .get("format")
        .and_then(|format| format.as_str())
        .unwrap_or("unknown");
    key_value_ui(ui, "Format", &format.replace('_', " "));
    key_value_ui(
        ui,
        "Rows",
        &dataset.rows.map_or_else(|| "not counted yet".to_owned(), format::count),
    );
    key_value_ui(
        ui,
        "Columns",
        &dataset
            .columns
            .map_or_else(|| "not profiled yet".to_owned(), format::count),
    );
    key_value_ui(ui, "Opened", &format::ago(ctx.now_ms, dataset.opened_ms))
        .on_hover_text(format::absolute(dataset.opened_ms));
    for warning in &dataset.warnings {
        ui.add_space(4.0);
        widget::notice_ui(ui, Tone::Warning, icons::WARNING, warning);
    }
    ui.add_space(size::GAP_WIDE);
    ui.horizontal_wrapped(|ui| {
        if ui.add(Button::new("Copy path").glyph(icons::COPY)).clicked() {
            commands.send(ViewCommand::Copy(dataset.path.display().to_string()));
        }
        command_button_ui(
            ui,
            ctx,
            commands,
            DataCommand::Profile(dataset.id.clone()),
            ButtonKind::Secondary,
        );
    });
}

fn run_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender, run: &Run) {
    section_ui(ui, &run.name);
    ui.add_space(4.0);
    state_pill_ui(ui, run.state);
    ui.add_space(4.0);
    key_value_ui(ui, "Run", &run.id);
    key_value_ui(ui, "Data", &run.dataset);
    key_value_ui(ui, "Target", &run.target);
    key_value_ui(ui, "Task", &run.task.replace('_', " "));
    key_value_ui(ui, "Model", &run.model);
    key_value_ui(ui, "Made", &format::ago(ctx.now_ms, run.created_ms)).on_hover_text(format::absolute(run.created_ms));
    if let Some(start) = run.started_ms {
        let end = run.ended_ms.unwrap_or(ctx.now_ms);
        key_value_ui(ui, "Duration", &format::duration((end - start).max(0) as f64 / 1000.0));
    }
    if let Some(metrics) = run
        .result
        .as_ref()
        .and_then(|result| result.get("metrics")?.get("test")?.as_object())
    {
        ui.add_space(size::GAP_WIDE);
        label_ui(ui, "On the test part");
        for (name, value) in metrics {
            key_value_ui(
                ui,
                &name.replace('_', " "),
                &value.as_f64().map_or_else(|| "–".to_owned(), format::value),
            );
        }
    }
    if let Some(report) = &run.error {
        ui.add_space(size::GAP_WIDE);
        widget::problem_ui(ui, "The run failed", report, false, commands);
    }
    ui.add_space(size::GAP_WIDE);
    if ctx.route.page() != crate::route::PageKind::Runs
        && ui.add(Button::new("Open run").glyph(icons::CHART_LINE)).clicked()
    {
        commands.send(Navigate::run(&run.id));
    }
    ui.label(
        RichText::new(format::absolute(run.created_ms))
            .font(font::mono_label())
            .color(ctx.tokens.text_secondary),
    );
}
