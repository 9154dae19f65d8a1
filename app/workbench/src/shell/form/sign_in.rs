//! Signing in where a person has to confirm it: IAM Identity Center's code in a browser, or the code of a device for a
//! role. What comes of it goes to the keychain; the form stays open until it is kept.

use aloft_base::connection::{Connection, SignIn};
use aloft_base::secret::{self, Keep, Secrets};
use aloft_base::{Redacted, Report};
use aloft_cloud::credentials::{DeviceSignIn, begin_device_sign_in, finish_device_sign_in, take_role};
use egui::{Context, CornerRadius, Frame, Margin, RichText, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{self, Button, Tone, notice_ui, problem_ui, segmented_ui};
use crate::work::{Fetch, Lane, Wanted};

use super::parts::{Step, dialog_ui, done_ui, end_ui, row_ui};

/// Width of the dialog.
const WIDTH: f32 = 480.0;
/// Said where nothing real could be had to try it against.
const UNVERIFIED: &str = "Written after AWS's published API and not verified against the real service.";

pub(in crate::shell) struct Form {
    id: String,
    /// Found once the workspace tells of it: a connection that was just made is news.
    connection: Option<Connection>,
    begun: Fetch<DeviceSignIn>,
    signed: Fetch<Signed>,
    saving: Fetch<()>,
    /// What is asked goes on for as long as the form is open.
    wanted: Wanted,
    keep: Keep,
    /// The code of a device, as it is typed.
    code: String,
    wants: Wants,
}

/// What is to be done in the next frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wants {
    #[default]
    Nothing,
    SignIn,
    Save,
}

/// What came of a sign-in.
#[derive(Clone, Debug)]
struct Signed {
    secrets: Secrets,
    /// Unix milliseconds.
    expires_ms: Option<i64>,
}

impl Form {
    /// Signs in to the connection with this id.
    pub(super) fn new(id: String, ctx: &AppContext<'_>) -> Self {
        Self {
            connection: ctx.library.connection(&id).cloned(),
            id,
            begun: Fetch::Idle,
            signed: Fetch::Idle,
            saving: Fetch::Idle,
            wanted: Wanted::default(),
            keep: Keep::Keychain,
            code: String::new(),
            wants: Wants::Nothing,
        }
    }

    /// Asks for a code, waits for the person, and keeps what comes of it.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.begun.poll();
        if self.signed.poll() && self.signed.value().is_some() {
            self.wants = Wants::Save;
        }
        self.saving.poll();
        if self.connection.is_none() {
            self.connection = ctx.library.connection(&self.id).cloned();
        }
        let Some(connection) = self.connection.clone() else {
            return;
        };
        match (&connection.spec.sign_in, self.wants) {
            (_, Wants::Save) => self.save(ctx, &connection),
            (
                SignIn::IdentityCenter {
                    start_url, sso_region, ..
                },
                wants,
            ) => {
                if self.begun.is_idle() || wants == Wants::SignIn {
                    let (url, region) = (start_url.clone(), sso_region.clone());
                    (self.begun, self.signed) = (Fetch::Idle, Fetch::Idle);
                    ctx.work.fetch_cloud(&mut self.begun, &self.wanted, async move {
                        begin_device_sign_in(&url, &region).await
                    });
                    self.wants = if self.begun.is_pending() { Wants::Nothing } else { wants };
                } else if let (Fetch::Ready(begun), Fetch::Idle) = (&self.begun, &self.signed) {
                    let begun = begun.clone();
                    ctx.work.fetch_cloud(&mut self.signed, &self.wanted, async move {
                        let token = finish_device_sign_in(&begun).await?;
                        Ok(Signed {
                            secrets: [("access_token".to_owned(), token.access_token)].into(),
                            expires_ms: Some(token.expires_ms),
                        })
                    });
                }
            }
            (SignIn::Role { .. }, Wants::SignIn) => {
                let code = Redacted::new(self.code.trim().to_owned());
                let (name, spec) = (connection.name.clone(), connection.spec.clone());
                self.signed = Fetch::Idle;
                ctx.work.fetch_cloud(&mut self.signed, &self.wanted, async move {
                    let taken = take_role(&name, &spec, &code).await?;
                    Ok(Signed {
                        secrets: [("role_keys".to_owned(), taken.role_keys)].into(),
                        expires_ms: taken.expires_ms,
                    })
                });
                if self.signed.is_pending() {
                    // It serves once.
                    self.code.clear();
                    self.wants = Wants::Nothing;
                }
            }
            _ => {}
        }
    }

    fn save(&mut self, ctx: &AppContext<'_>, connection: &Connection) {
        let Some(signed) = self.signed.value().cloned() else {
            self.wants = Wants::Nothing;
            return;
        };
        if self.saving.is_pending() {
            return;
        }
        let (connection, keep) = (connection.clone(), self.keep);
        ctx.work.fetch(Lane::Secrets, &mut self.saving, move |workspace| {
            let (id, name, spec) = (&connection.id, &connection.name, &connection.spec);
            secret::change(workspace, id, name, spec, Some(&signed.secrets), keep)
                .map(drop)
                .map_err(|error| Report::of(&error))
        });
        if self.saving.is_pending() {
            self.wants = Wants::Nothing;
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = self.connection.as_ref().map_or_else(
            || "Sign in".to_owned(),
            |connection| format!("Sign in to {}", connection.name),
        );
        dialog_ui(ctx, egui_ctx, &title, WIDTH, |ui| {
            let Some(connection) = self.connection.clone() else {
                widget::spinner_ui(ui, "Reading the connection");
                return false;
            };
            if self.signed.value().is_some() {
                return self.signed_ui(ctx, ui, commands);
            }
            match &connection.spec.sign_in {
                SignIn::IdentityCenter { .. } => self.center_ui(ctx, ui, commands),
                SignIn::Role {
                    mfa_serial: Some(serial),
                    ..
                } => self.code_ui(serial, ui, commands),
                _ => {
                    widget::paragraph_ui(ui, "This connection signs in by itself: nothing has to be confirmed.");
                    done_ui(ui)
                }
            }
        })
    }

    /// The code to confirm in a browser, and how far that is.
    fn center_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) -> bool {
        let failed = self.begun.report().or(self.signed.report());
        if let Some(report) = failed {
            if problem_ui(ui, "Nobody is signed in", report, true, commands) {
                self.wants = Wants::SignIn;
                ui.ctx().request_repaint();
            }
            widget::secondary_ui(ui, UNVERIFIED);
            return end_without_action_ui(ui);
        }
        let Some(begun) = self.begun.value() else {
            widget::spinner_ui(ui, "Asking IAM Identity Center for a code");
            return end_without_action_ui(ui);
        };
        widget::paragraph_ui(
            ui,
            "Open the page in a browser, sign in there as usual, and confirm that it shows this code:",
        );
        Frame::new()
            .fill(ctx.tokens.field)
            .corner_radius(CornerRadius::same(size::RADIUS))
            .inner_margin(Margin::same(12))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                let code = RichText::new(&begun.user_code)
                    .font(egui::FontId::new(22.0, font::mono().family))
                    .color(ctx.tokens.text);
                ui.vertical_centered(|ui| ui.add(egui::Label::new(code).selectable(true)));
            });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::GAP;
            let open = Button::primary("Open in browser").glyph(icons::ARROW_SQUARE_OUT);
            if ui.add(open.tooltip(&begun.url)).clicked() {
                ui.ctx().open_url(egui::OpenUrl::new_tab(&begun.url));
            }
            if ui.add(Button::new("Copy address").glyph(icons::COPY)).clicked() {
                commands.send(ViewCommand::Copy(begun.url.clone()));
            }
            if ui.add(Button::new("Copy code").glyph(icons::COPY)).clicked() {
                commands.send(ViewCommand::Copy(begun.user_code.clone()));
            }
        });
        let text = RichText::new(&begun.url).color(ctx.tokens.text_secondary);
        widget::ellipsis_ui(ui, text, &begun.url);
        let lasts = format::duration(begun.expires_secs as f64);
        widget::spinner_ui(
            ui,
            &format!("Waiting for you to confirm it; the code serves for {lasts}"),
        );
        widget::secondary_ui(ui, UNVERIFIED);
        end_without_action_ui(ui)
    }

    /// The field for the code of a device.
    fn code_ui(&mut self, serial: &str, ui: &mut Ui, commands: &mut CommandSender) -> bool {
        widget::paragraph_ui(
            ui,
            "The role asks for the code that your device shows now. Each code serves once; what comes of it serves for an \
             hour, here and for transfers.",
        );
        row_ui(ui, "Device", |ui| {
            widget::ellipsis_ui(ui, RichText::new(serial), serial)
        });
        row_ui(ui, "Code", |ui| {
            let field = widget::text_field_ui(ui, "Code of the device", &mut self.code, "123456", 120.0);
            if self.code.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
                field.request_focus();
            }
        });
        if let Some(report) = self.signed.report() {
            problem_ui(ui, "The role was not taken", report, false, commands);
        }
        let busy = self.signed.is_pending() || self.wants == Wants::SignIn;
        let why_not = if busy {
            Some("Taking the role…")
        } else {
            let digits = self.code.trim();
            let is_code = digits.len() >= 6 && digits.chars().all(|letter| letter.is_ascii_digit());
            (!is_code).then_some("Enter the six digits that the device shows")
        };
        match end_ui(ui, "Sign in", icons::SIGN_IN, why_not) {
            Step::Stay => false,
            Step::Cancel => true,
            Step::Go => {
                self.wants = Wants::SignIn;
                ui.ctx().request_repaint();
                false
            }
        }
    }

    /// It was confirmed: it is being kept, is kept, or could not be.
    fn signed_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) -> bool {
        if let Some(report) = self.saving.report() {
            problem_ui(
                ui,
                "You are signed in, but it could not be kept",
                report,
                false,
                commands,
            );
            row_ui(ui, "Keep it", |ui| {
                let choices = [
                    (Keep::Keychain, "In the keychain"),
                    (Keep::Session, "This session only"),
                ];
                segmented_ui(ui, &mut self.keep, &choices);
            });
            return match end_ui(ui, "Keep", icons::CHECK, None) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    self.wants = Wants::Save;
                    ui.ctx().request_repaint();
                    false
                }
            };
        }
        if !matches!(self.saving, Fetch::Ready(())) {
            widget::spinner_ui(ui, "Keeping it in the keychain");
            return false;
        }
        let until = self.signed.value().and_then(|signed| signed.expires_ms);
        let words = match until {
            Some(then) => format!(
                "You are signed in for {}, until {}.",
                format::duration((then - ctx.now_ms).max(0) as f64 / 1000.0),
                format::absolute(then)
            ),
            None => "You are signed in.".to_owned(),
        };
        notice_ui(ui, Tone::Good, icons::CHECK_CIRCLE, &words);
        done_ui(ui)
    }
}

/// The end of a dialog that only waits. Answers whether it is to be closed.
fn end_without_action_ui(ui: &mut Ui) -> bool {
    ui.add_space(size::GAP);
    let mut cancelled = false;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            cancelled = ui.add(Button::new("Cancel")).clicked();
        });
    });
    cancelled
}
