//! Connections and the keychain: what there is, how it is, and what can be done with each.

use aloft_base::connection::{Connection, Provider};
use aloft_base::secret::{self, State as Keychain};
use egui::{Align, Layout, RichText, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::command::connection::is_confirmed_by_person;
use crate::command::{Ask, CommandSender};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{
    self, Button, ButtonKind, Tone, card_ui, command_button_ui, command_icon_ui, ellipsis_ui, hairline_ui, pill_ui,
    section_ui,
};
use crate::work::{Fetch, Lane};

/// Height of a connection's row.
const ROW: f32 = 40.0;

/// What the section keeps between frames.
#[derive(Default)]
pub(super) struct State {
    keychain: Fetch<Keychain>,
    /// Whether the page has been in front since the keychain was looked at.
    is_shown: bool,
}

/// Looks at the keychain when the page comes to the front.
pub(super) fn logic(state: &mut State, ctx: &AppContext<'_>, is_in_front: bool) {
    state.keychain.poll();
    if is_in_front && !state.is_shown {
        state.keychain = Fetch::Idle;
    }
    state.is_shown = is_in_front;
    if is_in_front && state.keychain.is_idle() {
        ctx.work
            .fetch_with(Lane::Secrets, &mut state.keychain, |_| Ok(secret::state()));
    }
}

/// Draws the section.
pub(super) fn section(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    section_ui(ui, "Connections");
    card_ui(ui, |ui| {
        ui.set_width(ui.available_width());
        let connections = ctx.library.connections();
        if connections.is_empty() {
            widget::paragraph_ui(
                ui,
                "None yet. A connection says where buckets are and how to sign in; then their files are listed, \
                 read in place, copied here and back.",
            );
        }
        for connection in connections {
            ui.push_id(&connection.id, |ui| connection_ui(connection, ctx, ui, commands));
            hairline_ui(ui);
        }
        ui.add_space(4.0);
        command_button_ui(ui, ctx, commands, Ask::Connect, ButtonKind::Secondary);
    });
    ui.add_space(size::GAP);
    card_ui(ui, |ui| keychain_ui(state, ctx, ui));
}

/// The icon of a kind of storage.
fn glyph(provider: Provider) -> &'static str {
    match provider {
        Provider::S3 | Provider::Gcs | Provider::Azure => icons::CLOUD,
        Provider::S3Compatible => icons::HARD_DRIVES,
        Provider::Local => icons::FOLDER,
    }
}

fn connection_ui(connection: &Connection, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let id = || connection.id.clone();
    ui.horizontal(|ui| {
        ui.set_min_height(ROW);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            command_icon_ui(ui, ctx, commands, Ask::RemoveConnection { connection: id() });
            command_icon_ui(ui, ctx, commands, Ask::ChangeConnection { connection: id() });
            if is_confirmed_by_person(&connection.spec.sign_in) {
                command_button_ui(
                    ui,
                    ctx,
                    commands,
                    Ask::SignIn { connection: id() },
                    ButtonKind::Secondary,
                );
            }
            let says = format!("Test {}", connection.name);
            let test = Button::new("Test").glyph(icons::PLUGS).tooltip(&says);
            let pressed = ui.add(test);
            if pressed.clicked() {
                commands.send(Ask::TestConnection { connection: id() });
            }
            ui.add_space(size::GAP);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = size::GAP_WIDE;
                ui.label(
                    RichText::new(glyph(connection.spec.provider))
                        .font(font::icon(20.0))
                        .color(ctx.tokens.text_secondary),
                );
                ui.allocate_ui_with_layout(vec2(ui.available_width(), ROW), Layout::top_down(Align::Min), |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    ui.add_space(2.0);
                    let name = RichText::new(&connection.name)
                        .font(font::medium())
                        .color(ctx.tokens.text);
                    ellipsis_ui(ui, name, &connection.name);
                    let below = describe(connection);
                    ellipsis_ui(ui, RichText::new(&below).color(ctx.tokens.text_secondary), &below);
                });
            });
        });
    });
}

/// Kind, place and sign-in in one line.
fn describe(connection: &Connection) -> String {
    let spec = &connection.spec;
    let mut parts = vec![spec.provider.label().to_owned()];
    parts.extend(Some(spec.place()).filter(|place| !place.is_empty()));
    if spec.provider != Provider::Local {
        parts.push(spec.sign_in.in_words());
    }
    if secret::is_in_session(&connection.id) {
        parts.push("secrets for this session only".to_owned());
    }
    parts.join(" · ")
}

fn keychain_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui) {
    let seen = state.keychain.value().copied();
    let (words, tone, glyph, pill) = match seen {
        None => (
            "Looking at it…".to_owned(),
            Tone::Neutral,
            icons::HOURGLASS_MEDIUM,
            "Looking",
        ),
        Some(Keychain::Ready) => (
            "Secrets are in the keychain of this system and nowhere else".to_owned(),
            Tone::Good,
            icons::CHECK_CIRCLE,
            "Ready",
        ),
        Some(other) => {
            let words = format!("{}. {}", other.sentence(), other.hint());
            let (tone, pill) = match other {
                Keychain::Locked => (Tone::Warning, "Locked"),
                Keychain::Absent => (Tone::Warning, "Absent"),
                Keychain::Denied => (Tone::Bad, "Denied"),
                Keychain::Ready | Keychain::Slow => (Tone::Warning, "No answer"),
            };
            (words, tone, icons::LOCK_KEY, pill)
        }
    };
    super::row_ui(ctx, ui, "Keychain", &words, |ui| {
        pill_ui(ui, tone, glyph, pill);
        if seen.is_some_and(|seen| seen != Keychain::Ready)
            && ui.add(Button::new("Try again").glyph(icons::ARROW_CLOCKWISE)).clicked()
        {
            state.is_shown = false;
            ui.ctx().request_repaint();
        }
    });
}
