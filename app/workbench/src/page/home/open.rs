//! The ways to open data: four cards, a menu of samples, a field for a path; and what comes next.

use egui::{Align2, Popup, PopupCloseBehavior, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::command::{Ask, CommandSender, DataCommand, Describe};
use crate::context::AppContext;
use crate::samples::Sample;
use crate::theme::{font, size};
use crate::widget::{self, Button, Card, section_ui};

/// The height of the cards.
const CARD: f32 = 132.0;

/// The large cards.
pub(super) fn cards_ui(ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let width = ((ui.available_width() - 3.0 * size::GAP_WIDE) / 4.0).floor();
    let availability = DataCommand::OpenFiles.availability(ctx);
    let why_not = availability.why_not();
    let held = ui.input(|input| !input.raw.hovered_files.is_empty());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP_WIDE;
        let sample = Card {
            glyph: icons::FLASK,
            title: "Open sample",
            text: "Penguins, wine or digits: small, real, offline",
            trailing: "",
            tooltip: "Three datasets that come with Aloft",
            highlighted: false,
            why_not,
        }
        .show(ui, width, CARD);
        samples_ui(ctx, commands, &sample);
        let keys = DataCommand::OpenFiles
            .shortcut()
            .map(|keys| widget::keys_text(ui.ctx(), &keys))
            .unwrap_or_default();
        let open = Card {
            glyph: icons::FOLDER_OPEN,
            title: "Open file…",
            text: "CSV, TSV, Parquet, JSON Lines, Arrow IPC",
            trailing: &keys,
            tooltip: "Choose files in a dialog",
            highlighted: false,
            why_not,
        }
        .show(ui, width, CARD);
        if open.clicked() {
            commands.send(DataCommand::OpenFiles);
        }
        let drop = Card {
            glyph: icons::DOWNLOAD_SIMPLE,
            title: "Drop files here",
            text: "Anywhere in the window; they stay where they are",
            trailing: "",
            tooltip: "Drag files from your file manager. Pressing opens a dialog instead",
            highlighted: held,
            why_not,
        }
        .show(ui, width, CARD);
        if drop.clicked() {
            commands.send(DataCommand::OpenFiles);
        }
        let connect = Card {
            glyph: icons::PLUGS_CONNECTED,
            title: "Connect a bucket",
            text: "S3, Google Cloud, Azure, or a folder of this machine",
            trailing: &connected(ctx),
            tooltip: Ask::Connect.tooltip(),
            highlighted: false,
            why_not,
        }
        .show(ui, width, CARD);
        if connect.clicked() {
            commands.send(Ask::Connect);
        }
    });
}

/// How many connections there are.
fn connected(ctx: &AppContext<'_>) -> String {
    match ctx.library.connections().len() {
        0 => String::new(),
        1 => "1 connection".to_owned(),
        many => format!("{many} connections"),
    }
}

/// The menu of the samples, under their card.
fn samples_ui(ctx: &AppContext<'_>, commands: &mut CommandSender, card: &egui::Response) {
    Popup::menu(card)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .width(card.rect.width().min(340.0))
        .gap(4.0)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for sample in Sample::ALL {
                let tokens = ctx.tokens;
                let (rect, response) =
                    ui.allocate_exact_size(vec2(ui.available_width().max(280.0), 44.0), Sense::click());
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, sample.title()));
                if response.hovered() || response.has_focus() {
                    ui.painter().rect_filled(rect, size::RADIUS - 2, tokens.hover);
                }
                let left = rect.left() + 10.0;
                ui.painter().text(
                    pos2(left, rect.top() + 6.0),
                    Align2::LEFT_TOP,
                    sample.title(),
                    font::medium(),
                    tokens.text,
                );
                let below = pos2(left, rect.top() + 23.0);
                ui.painter().text(
                    below,
                    Align2::LEFT_TOP,
                    sample.description(),
                    font::label(),
                    tokens.text_secondary,
                );
                if response.clicked() {
                    commands.send(DataCommand::OpenSample(sample));
                }
            }
        });
}

/// A field for a path, for desktops without a dialog and for people with a terminal.
pub(super) fn path_ui(path: &mut String, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    ui.horizontal(|ui| {
        let button = 72.0;
        let width = ui.available_width() - button - size::GAP;
        let field = widget::text_field_ui(
            ui,
            "Path of a file",
            path,
            "Or paste the path of a file: /data/sales.csv",
            width,
        );
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let named = path.trim().to_owned();
        let why_not = if named.is_empty() {
            Some("Paste or type a path first")
        } else if ctx.environment.is_open() {
            None
        } else {
            Some("The workspace is not open")
        };
        let pressed = ui
            .add(Button::new("Open").min_width(button).disabled(why_not))
            .clicked();
        if (pressed || entered) && why_not.is_none() {
            let paths = crate::paths::paths_in(&named);
            commands.send(DataCommand::OpenPaths(if paths.is_empty() {
                vec![named.into()]
            } else {
                paths
            }));
            path.clear();
        }
    });
}

/// What an empty workspace is and what comes next.
pub(super) fn welcome_ui(ctx: &AppContext<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    section_ui(ui, "This workspace is empty");
    ui.add_space(4.0);
    widget::paragraph_ui(
        ui,
        "Open a table above and Aloft shows its rows at once and profiles every column. \
         Then choose a target, train, and watch the curve. Nothing leaves this machine.",
    );
    ui.add_space(size::GAP_WIDE);
    let steps = [
        (
            icons::TABLE,
            "Open",
            "Rows, types, gaps and histograms of any table, however long",
        ),
        (
            icons::GRAPH,
            "Train",
            "A linear model or a network, with sensible defaults and the reasons for them",
        ),
        (
            icons::CHART_LINE_UP,
            "Watch",
            "Loss and metrics live; pause, stop and resume. Closing the window stops nothing",
        ),
    ];
    let width = ((ui.available_width() - 2.0 * size::GAP_WIDE) / 3.0).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP_WIDE;
        for (nth, (glyph, title, text)) in steps.into_iter().enumerate() {
            let (rect, response) = ui.allocate_exact_size(vec2(width, 64.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{title}: {text}")));
            let painter = ui.painter();
            painter.text(
                rect.left_top() + vec2(10.0, 10.0),
                Align2::CENTER_CENTER,
                glyph,
                font::icon(18.0),
                tokens.text_secondary,
            );
            let head = format!("{}. {title}", nth + 1);
            painter.text(
                rect.left_top() + vec2(28.0, 2.0),
                Align2::LEFT_TOP,
                head,
                font::medium(),
                tokens.text,
            );
            let galley = painter.layout(text.to_owned(), font::body(), tokens.text_secondary, width - 32.0);
            painter.galley(rect.left_top() + vec2(28.0, 22.0), galley, tokens.text_secondary);
        }
    });
}
