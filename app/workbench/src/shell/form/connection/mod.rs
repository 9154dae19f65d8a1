//! The dialog of a connection: where buckets are, how to sign in, a test, and saving it.
//!
//! It stays open until the keychain has taken the secrets, so that nothing typed is lost when it is locked.

mod draft;
mod fields;
#[cfg(test)]
mod tests;
mod trial;
mod way;

use aloft_base::connection::{Connection, Provider};
use aloft_base::secret::{self, Keep, State};
use aloft_cloud::credentials::{self, Profile, ProfileKind};
use egui::{Align, Context, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::connection::is_confirmed_by_person;
use crate::command::{Ask, CommandSender};
use crate::context::AppContext;
use crate::theme::size;
use crate::widget::{Button, ButtonKind, Tone, command_button_ui, notice_ui, problem_ui, segmented_ui, text_field_ui};
use crate::work::{Fetch, Lane};

use super::parts::{Step, dialog_ui, end_ui, remark_ui, row_ui};
use draft::{Draft, Typed};
use fields::{FIELD, field_ui};
use trial::Trial;

/// Width of the dialog.
const WIDTH: f32 = 580.0;
/// Height of what scrolls in it, always the same: a dialog that grows moves under the pointer.
const HEIGHT: f32 = 560.0;
/// What the window keeps around a dialog, and the dialog around its fields.
const AROUND: f32 = 200.0;
/// So many profiles are offered as buttons; more are typed.
const OFFERED: usize = 6;

pub(in crate::shell) struct Form {
    title: String,
    draft: Draft,
    trial: Trial,
    keychain: Fetch<State>,
    profiles: Fetch<Vec<Profile>>,
    saving: Fetch<Connection>,
    wants_test: bool,
    wants_save: bool,
    /// Something came below the fields that is to be seen.
    has_news: bool,
    /// What became of what was pasted.
    pasted: Option<String>,
}

impl Form {
    /// Asks for a new connection, or changes the one with this id.
    pub(super) fn new(id: Option<&str>, ctx: &AppContext<'_>) -> Self {
        let connection = id.and_then(|id| ctx.library.connection(id));
        Self {
            title: connection.map_or_else(
                || "Connect a bucket".to_owned(),
                |connection| format!("Change {}", connection.name),
            ),
            draft: connection.map_or_else(Draft::new, Draft::of),
            trial: Trial::default(),
            keychain: Fetch::Idle,
            profiles: Fetch::Idle,
            saving: Fetch::Idle,
            wants_test: false,
            wants_save: false,
            has_news: false,
            pasted: None,
        }
    }

    /// The connection with this id, being tested.
    pub(super) fn tested(id: &str, ctx: &AppContext<'_>) -> Self {
        Self {
            wants_test: true,
            ..Self::new(Some(id), ctx)
        }
    }

    /// Asks how the keychain is, and does what was asked for.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.trial.poll();
        self.keychain.poll();
        self.profiles.poll();
        if self.saving.poll() && self.saving.report().is_some() {
            // It may have been unlocked or locked meanwhile.
            self.keychain = Fetch::Idle;
            self.has_news = true;
        }
        if self.keychain.is_idle() {
            ctx.work
                .fetch_with(Lane::Secrets, &mut self.keychain, |_| Ok(secret::state()));
        }
        if self.profiles.is_idle() {
            ctx.work
                .fetch_with(Lane::System, &mut self.profiles, |_| Ok(credentials::profiles()));
        }
        if std::mem::take(&mut self.wants_test) {
            self.trial.start(self.draft.plan(), ctx.work.waker().clone());
            self.has_news = true;
        }
        if self.wants_save && !self.saving.is_pending() {
            let plan = self.draft.plan();
            ctx.work
                .fetch(Lane::Secrets, &mut self.saving, move |workspace| plan.save(workspace));
            self.wants_save = !self.saving.is_pending();
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        if let Fetch::Ready(saved) = &self.saving {
            self.draft.typed = Typed::default();
            if self.draft.id.is_none() && is_confirmed_by_person(&saved.spec.sign_in) {
                let connection = saved.id.clone();
                commands.send(Ask::SignIn { connection });
            }
            return true;
        }
        let title = self.title.clone();
        dialog_ui(ctx, egui_ctx, &title, WIDTH, |ui| {
            let height = (egui_ctx.content_rect().height() - AROUND).clamp(200.0, HEIGHT);
            ScrollArea::vertical()
                .id_salt("connection")
                .max_height(height)
                .auto_shrink([false, false])
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = size::GAP;
                    self.fields_ui(ui);
                    self.keychain_ui(ui);
                    self.trial.ui(ctx, ui, commands);
                    self.sign_in_ui(ctx, ui, commands);
                    if let Some(report) = self.saving.report() {
                        problem_ui(ui, "The connection was not saved", report, false, commands);
                    }
                    if std::mem::take(&mut self.has_news) {
                        ui.scroll_to_cursor(Some(Align::BOTTOM));
                    }
                });
            self.buttons_ui(ctx, ui)
        })
    }

    fn fields_ui(&mut self, ui: &mut Ui) {
        self.take_pasted(ui);
        if self.draft.id.is_none() {
            let choices = [
                (Provider::S3, "Amazon S3"),
                (Provider::S3Compatible, "S3-compatible"),
                (Provider::Gcs, "Google Cloud"),
                (Provider::Azure, "Azure"),
                (Provider::Local, "Local folder"),
            ];
            let mut provider = self.draft.provider;
            if segmented_ui(ui, &mut provider, &choices) {
                self.draft.set_provider(provider);
                self.trial = Trial::default();
            }
            self.offers_ui(ui);
        }
        let named = field_ui(
            ui,
            "Name",
            "Name of the connection",
            &mut self.draft.name,
            "for example Lab",
        );
        if self.draft.id.is_none() && named.changed() {
            self.draft.is_named = !self.draft.name.is_empty();
        }
        fields::place_ui(&mut self.draft, ui);
        fields::sign_in_ui(&mut self.draft, ui);
        fields::buckets_ui(&mut self.draft, ui);
    }

    /// What need not be typed: profiles of this machine, and a block of keys that was copied.
    fn offers_ui(&mut self, ui: &mut Ui) {
        if !matches!(self.draft.provider, Provider::S3 | Provider::S3Compatible) {
            return;
        }
        let profiles = self.profiles.value().map(Vec::as_slice).unwrap_or_default();
        let mut chosen = None;
        if !profiles.is_empty() {
            row_ui(ui, "Found here", |ui| {
                ui.horizontal_wrapped(|ui| {
                    let usable = profiles.iter().filter(|profile| profile.kind != ProfileKind::Other);
                    for profile in usable.take(OFFERED) {
                        let says = format!("Profile {}", profile.name);
                        let button = Button::new(&says)
                            .glyph(icons::USER_CIRCLE)
                            .selected(self.draft.texts.profile == profile.name)
                            .max_width(180.0);
                        let how = format!("{}: {}", profile.name, profile.kind.label());
                        if ui.add(button.tooltip(how)).clicked() {
                            chosen = Some(profile.clone());
                        }
                    }
                });
            });
        }
        if let Some(profile) = chosen {
            self.draft.take_profile(&profile);
        }
        row_ui(ui, "Copied keys", |ui| {
            // What comes here is no block of keys, since those were taken, and it may be part of a secret: it never stays.
            let mut pasted = String::new();
            let hint = "paste the block of keys that AWS shows";
            if text_field_ui(ui, "Paste copied keys", &mut pasted, hint, FIELD).changed() {
                self.pasted =
                    Some("No keys were found in that: copy the whole block, with its id and its secret.".to_owned());
            }
        });
        if let Some(words) = &self.pasted {
            remark_ui(ui, words);
        }
    }

    /// Takes a block of keys out of what was pasted, whatever field has the focus: a field would show the secret.
    fn take_pasted(&mut self, ui: &Ui) {
        if !matches!(self.draft.provider, Provider::S3 | Provider::S3Compatible) {
            return;
        }
        let mut taken = None;
        ui.input_mut(|input| {
            input.events.retain(|event| {
                let keys = match event {
                    egui::Event::Paste(text) => credentials::parse_pasted(text),
                    _ => None,
                };
                let stays = keys.is_none();
                taken = keys.or(taken.take());
                stays
            });
        });
        if let Some(keys) = taken {
            self.draft.take_pasted(&keys);
            self.pasted = Some(format!(
                "The keys of {} were taken; the secret is shown as dots.",
                keys.access_key_id
            ));
        }
    }

    /// A test that failed because nobody has confirmed the sign-in leads to where that is done.
    fn sign_in_ui(&self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let plan = self.draft.plan();
        let Some(id) = plan.id.filter(|_| is_confirmed_by_person(&plan.spec.sign_in)) else {
            return;
        };
        // What was changed here and is not saved would not be what is signed in to.
        let is_saved = ctx.library.connection(&id).is_some_and(|saved| saved.spec == plan.spec);
        if self.trial.has_failed() && is_saved {
            command_button_ui(ui, ctx, commands, Ask::SignIn { connection: id }, ButtonKind::Secondary);
        }
    }

    /// Where secrets go, when that is not plain.
    fn keychain_ui(&mut self, ui: &mut Ui) {
        if !self.draft.has_secrets() {
            return;
        }
        let state = self.keychain.value().copied().unwrap_or(State::Ready);
        if state == State::Ready && self.draft.keep == Keep::Keychain {
            return;
        }
        if state != State::Ready {
            let words = format!("{}. {}", state.sentence(), state.hint());
            notice_ui(ui, Tone::Warning, icons::LOCK_KEY, &words);
        }
        row_ui(ui, "Keep secrets", |ui| {
            let choices = [
                (Keep::Keychain, "In the keychain"),
                (Keep::Session, "This session only"),
            ];
            segmented_ui(ui, &mut self.draft.keep, &choices);
            if state != State::Ready
                && ui
                    .add(Button::quiet("Try again").glyph(icons::ARROW_CLOCKWISE))
                    .clicked()
            {
                self.keychain = Fetch::Idle;
                ui.ctx().request_repaint();
            }
        });
        if self.draft.keep == Keep::Session {
            remark_ui(ui, "They are forgotten when this window closes; enter them again then.");
        }
    }

    fn buttons_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui) -> bool {
        let problem = self.draft.problem();
        ui.horizontal(|ui| {
            let running = self.trial.is_running().then_some("The test is running");
            let why_not = problem.as_deref().or(running);
            let words = if running.is_some() {
                "Testing…"
            } else {
                "Test connection"
            };
            let tooltip = "Signs in, lists, and writes and deletes a small object of its own";
            let button = Button::new(words)
                .glyph(icons::PLUGS)
                .disabled(why_not)
                .tooltip(tooltip);
            if ui.add(button).clicked() {
                self.wants_test = true;
                ui.ctx().request_repaint();
            }
        });
        let name = self.draft.name.trim();
        let taken = ctx
            .library
            .connections()
            .iter()
            .any(|other| other.name == name && Some(&other.id) != self.draft.id.as_ref());
        let why_not = problem
            .or_else(|| draft::name_problem(name))
            .or_else(|| taken.then(|| format!("A connection {name} exists already")))
            .or_else(|| {
                let is_saving = self.saving.is_pending() || self.wants_save;
                is_saving.then(|| "It is being saved".to_owned())
            });
        match end_ui(ui, "Save connection", icons::CHECK, why_not.as_deref()) {
            Step::Stay => false,
            Step::Cancel => {
                self.draft.typed = Typed::default();
                true
            }
            Step::Go => {
                self.wants_save = true;
                ui.ctx().request_repaint();
                false
            }
        }
    }
}
