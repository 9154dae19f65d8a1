//! Settings: connections and the keychain, appearance, workspace, limits, devices, about.

mod connections;
mod limits;

use aloft_base::workspace::Journal;
use egui::{Align, Layout, RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::environment::{Device, WorkspaceState};
use crate::route::Route;
use crate::settings::ThemeChoice;
use crate::theme::{font, size};
use crate::widget::{self, Button, ButtonKind, Tone, card_ui, command_button_ui, pill_ui, section_ui, segmented_ui};

/// The licences of what is compiled in and carries one that asks to be shown.
const LICENCES: [(&str, &str); 5] = [
    ("Aloft", include_str!("../../../../LICENSE")),
    ("Inter", include_str!("../../../../assets/fonts/OFL-Inter.txt")),
    (
        "JetBrains Mono",
        include_str!("../../../../assets/fonts/OFL-JetBrainsMono.txt"),
    ),
    (
        "Phosphor icons",
        "MIT License. Copyright (c) 2023 Phosphor Icons. https://phosphoricons.com",
    ),
    ("Sample data", include_str!("../../../../assets/data/LICENSES.md")),
];

/// What the page keeps between frames.
#[derive(Default)]
pub struct State {
    /// The licence that is shown.
    licence: Option<usize>,
    connections: connections::State,
    limits: limits::State,
}

/// Looks at the keychain; the window reads the devices.
pub fn page_logic(state: &mut State, ctx: &AppContext<'_>, _commands: &mut CommandSender) {
    let is_shown = *ctx.route == Route::Settings;
    connections::logic(&mut state.connections, ctx, is_shown);
    limits::logic(&mut state.limits, ctx, is_shown);
}

/// Draws the page.
pub fn page_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    widget::page_scroll_ui(ui, |ui| {
        ui.set_max_width(760.0);
        connections::section(&mut state.connections, ctx, ui, commands);
        ui.add_space(size::GAP_SECTION);
        appearance_ui(ctx, ui, commands);
        ui.add_space(size::GAP_SECTION);
        workspace_ui(ctx, ui, commands);
        ui.add_space(size::GAP_SECTION);
        limits::section(&mut state.limits, ctx, ui);
        ui.add_space(size::GAP_SECTION);
        devices_ui(ctx, ui, commands);
        ui.add_space(size::GAP_SECTION);
        about_ui(state, ctx, ui);
    });
}

/// A name and what it is for at the left, its control at the right.
fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, name: &str, text: &str, add_control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.set_width(ui.available_width() - 300.0);
            ui.label(RichText::new(name).font(font::medium()).color(ctx.tokens.text));
            widget::paragraph_ui(ui, text);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), add_control);
    });
}

fn appearance_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Appearance");
    card_ui(ui, |ui| {
        row_ui(ctx, ui, "Theme", "Dark, light, or as the desktop is set", |ui| {
            let mut theme = ctx.settings.theme;
            let choices =
                [ThemeChoice::Light, ThemeChoice::Dark, ThemeChoice::System].map(|choice| (choice, choice.label()));
            if segmented_ui(ui, &mut theme, &choices) {
                commands.send(ViewCommand::Theme(theme));
            }
        });
        widget::hairline_ui(ui);
        row_ui(ctx, ui, "Zoom", "The size of everything in the window", |ui| {
            widget::command_icon_ui(ui, ctx, commands, ViewCommand::ZoomIn);
            let zoom = format!("{:.0} %", ctx.settings.zoom * 100.0);
            let tooltip = "Zoom to 100 %  (Ctrl+0)";
            let why_not = (ctx.settings.zoom == 1.0).then_some("The window is at 100 %");
            if ui
                .add(Button::quiet(&zoom).min_width(64.0).disabled(why_not).tooltip(tooltip))
                .clicked()
            {
                commands.send(ViewCommand::ZoomReset);
            }
            widget::command_icon_ui(ui, ctx, commands, ViewCommand::ZoomOut);
        });
        widget::hairline_ui(ui);
        row_ui(
            ctx,
            ui,
            "Motion",
            "Panels and lists may slide for a tenth of a second",
            |ui| {
                let mut reduced = ctx.settings.reduced_motion;
                if segmented_ui(ui, &mut reduced, &[(false, "Allow"), (true, "Reduce")]) {
                    commands.send(ViewCommand::ReducedMotion(reduced));
                }
            },
        );
    });
}

fn workspace_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Workspace");
    card_ui(ui, |ui| {
        let folder = ctx.environment.folder.display().to_string();
        row_ui(ctx, ui, "Folder", &folder, |ui| {
            command_button_ui(
                ui,
                ctx,
                commands,
                ViewCommand::Reveal(ctx.environment.folder.clone()),
                ButtonKind::Secondary,
            );
            if ui.add(Button::quiet("Copy path").glyph(icons::COPY)).clicked() {
                commands.send(ViewCommand::Copy(folder.clone()));
            }
        });
        widget::hairline_ui(ui);
        let (text, tone, word) = match &ctx.environment.state {
            WorkspaceState::Open(Journal::WriteAhead) => (
                "Readers never wait for a writer; several windows and jobs write at once",
                Tone::Good,
                "Write-ahead log",
            ),
            WorkspaceState::Open(Journal::Rollback) => (
                "This file system does not allow write-ahead logging, as network drives do not; writes are slower",
                Tone::Warning,
                "Rollback journal",
            ),
            WorkspaceState::Opening => ("The workspace is being opened", Tone::Neutral, "Opening"),
            WorkspaceState::Closed(_) => ("The workspace cannot be used", Tone::Bad, "Closed"),
        };
        row_ui(ctx, ui, "Journal", text, |ui| {
            pill_ui(ui, tone, icons::DATABASE, word);
        });
        widget::hairline_ui(ui);
        let text = "Start Aloft with --workspace DIR, or set ALOFT_WORKSPACE";
        row_ui(ctx, ui, "Another workspace", text, |_| {});
    });
}

fn devices_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Devices");
    if let Some(report) = ctx.devices.report() {
        if widget::problem_ui(
            ui,
            "Could not find out what this machine can train on",
            report,
            true,
            commands,
        ) {
            commands.send(ViewCommand::ReadDevices);
        }
        return;
    }
    card_ui(ui, |ui| {
        let Some(devices) = ctx.devices.value() else {
            widget::skeleton_rows_ui(ui, 2);
            return;
        };
        for (position, device) in devices.iter().enumerate() {
            if position > 0 {
                widget::hairline_ui(ui);
            }
            device_ui(ctx, ui, device);
        }
        ui.add_space(4.0);
        command_button_ui(ui, ctx, commands, ViewCommand::ReadDevices, ButtonKind::Secondary);
    });
}

fn device_ui(ctx: &AppContext<'_>, ui: &mut Ui, device: &Device) {
    let name = if device.name.is_empty() {
        &device.id
    } else {
        &device.name
    };
    row_ui(ctx, ui, name, &device.why, |ui| {
        if device.available {
            pill_ui(ui, Tone::Good, icons::CHECK_CIRCLE, "Available");
        } else {
            pill_ui(ui, Tone::Neutral, icons::MINUS_CIRCLE, "Not available");
        }
        widget::mono_ui(ui, &device.id);
    });
}

fn about_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui) {
    section_ui(ui, "About");
    card_ui(ui, |ui| {
        let version = format!("Aloft {}", env!("CARGO_PKG_VERSION"));
        row_ui(
            ctx,
            ui,
            &version,
            "A workbench for machine learning. No account, no telemetry; everything works offline",
            |_| {},
        );
        widget::hairline_ui(ui);
        widget::label_ui(ui, "Licences");
        ui.horizontal_wrapped(|ui| {
            for (position, (name, _)) in LICENCES.iter().enumerate() {
                let shown = state.licence == Some(position);
                if ui.add(Button::new(name).selected(shown)).clicked() {
                    state.licence = if shown { None } else { Some(position) };
                }
            }
        });
        if let Some((_, text)) = state.licence.and_then(|position| LICENCES.get(position)) {
            ui.add_space(4.0);
            ScrollArea::vertical()
                .id_salt("licence")
                .max_height(280.0)
                .show(ui, |ui| {
                    let text = RichText::new(*text)
                        .font(font::mono_label())
                        .color(ctx.tokens.text_secondary);
                    ui.add(egui::Label::new(text).wrap().selectable(true));
                });
        }
    });
}
