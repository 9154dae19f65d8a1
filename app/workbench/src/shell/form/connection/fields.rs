//! The fields of the dialog: where the buckets are, and how to sign in.

use aloft_base::connection::Provider;
use egui::{Response, Ui};

use crate::widget::{check_ui, combo_ui, secret_field_ui, text_field_ui};

use super::super::parts::{remark_ui, row_ui};
use super::draft::Draft;
use super::way::Way;

/// Width of the fields: an address needs more than a name.
pub(super) const FIELD: f32 = 444.0;

/// A named field for a line of text.
pub(super) fn field_ui(ui: &mut Ui, name: &str, says: &str, text: &mut String, hint: &str) -> Response {
    row_ui(ui, name, |ui| text_field_ui(ui, says, text, hint, FIELD))
}

/// Where the buckets are.
pub(super) fn place_ui(draft: &mut Draft, ui: &mut Ui) {
    match draft.provider {
        Provider::S3 => {
            field_ui(
                ui,
                "Region",
                "Region",
                &mut draft.texts.region,
                "as the profile says, else us-east-1",
            );
        }
        Provider::S3Compatible => {
            field_ui(
                ui,
                "Address",
                "Address of the server",
                &mut draft.texts.endpoint,
                "https://storage.example.org",
            );
            if is_plain_elsewhere(&draft.texts.endpoint) {
                row_ui(ui, "", |ui| {
                    check_ui(
                        ui,
                        "Allow plain http: keys and data can be read on the way",
                        &mut draft.allow_http,
                    )
                });
            }
            field_ui(
                ui,
                "Region",
                "Region",
                &mut draft.texts.region,
                "us-east-1, as most servers accept",
            );
            row_ui(ui, "", |ui| {
                check_ui(ui, "Bucket in the path, not in the host name", &mut draft.path_style)
                    .on_hover_text("https://server/bucket/key instead of https://bucket.server/key")
            });
        }
        Provider::Gcs => {
            field_ui(
                ui,
                "Project",
                "Project",
                &mut draft.texts.project,
                "whose buckets are listed",
            );
            field_ui(
                ui,
                "Address",
                "Address of the server",
                &mut draft.texts.endpoint,
                "Google's own",
            );
        }
        Provider::Azure => {
            field_ui(
                ui,
                "Account",
                "Storage account",
                &mut draft.texts.account,
                "name of the storage account",
            );
            field_ui(
                ui,
                "Address",
                "Address of the server",
                &mut draft.texts.endpoint,
                "https://ACCOUNT.blob.core.windows.net",
            );
        }
        Provider::Local => {
            field_ui(
                ui,
                "Folder",
                "Folder",
                &mut draft.texts.root,
                "/data; the folders in it are its buckets",
            );
        }
    }
}

/// How to sign in.
pub(super) fn sign_in_ui(draft: &mut Draft, ui: &mut Ui) {
    let provider = draft.provider;
    if provider == Provider::Local {
        return;
    }
    row_ui(ui, "Sign in", |ui| {
        combo_ui(ui, "Way to sign in", draft.way.label(provider), FIELD, |ui| {
            for way in Way::of_provider(provider) {
                ui.selectable_value(&mut draft.way, *way, way.label(provider));
            }
        });
    });
    if let Some(remark) = draft.way.remark(provider) {
        remark_ui(ui, remark);
    }
    let kept = if draft.has_kept() { "unchanged" } else { "" };
    let (texts, typed) = (&mut draft.texts, &mut draft.typed);
    match draft.way {
        Way::Profile => {
            field_ui(ui, "Profile", "Profile", &mut texts.profile, "default");
        }
        Way::Keys => {
            field_ui(ui, "Access key ID", "Access key ID", &mut texts.access_key_id, "AKIA…");
            secret_ui(
                ui,
                "Secret key",
                "Secret access key",
                &mut typed.secret_access_key,
                kept,
            );
            let hint = if kept.is_empty() {
                "only for temporary keys"
            } else {
                kept
            };
            secret_ui(ui, "Session token", "Session token", &mut typed.session_token, hint);
        }
        Way::Role => {
            field_ui(
                ui,
                "Role",
                "ARN of the role",
                &mut texts.role_arn,
                "arn:aws:iam::123456789012:role/name",
            );
            field_ui(
                ui,
                "Profile",
                "Profile",
                &mut texts.profile,
                "that takes the role; else the default sign-in",
            );
            field_ui(ui, "External ID", "External ID", &mut texts.external_id, "none");
            field_ui(ui, "MFA device", "MFA device", &mut texts.mfa_serial, "none");
        }
        Way::Process => {
            field_ui(
                ui,
                "Program",
                "Command line",
                &mut texts.command,
                "/usr/local/bin/keys --for lab",
            );
        }
        Way::IdentityCenter => {
            field_ui(
                ui,
                "Start URL",
                "Start URL",
                &mut texts.start_url,
                "https://company.awsapps.com/start",
            );
            field_ui(
                ui,
                "Its region",
                "Region of Identity Center",
                &mut texts.sso_region,
                "eu-central-1",
            );
            field_ui(ui, "Account", "Account number", &mut texts.account_id, "123456789012");
            field_ui(ui, "Role", "Name of the role", &mut texts.role_name, "ReadOnly");
        }
        Way::ServiceAccount => {
            let hint = if kept.is_empty() { "/home/you/key.json" } else { kept };
            field_ui(ui, "Key file", "Path of the key file", &mut texts.key_file, hint);
            remark_ui(ui, "Its text goes to the keychain; the file is not needed afterwards.");
        }
        Way::AccountKey => secret_ui(ui, "Account key", "Account key", &mut typed.account_key, kept),
        Way::Sas => secret_ui(
            ui,
            "SAS",
            "Shared access signature",
            &mut typed.sas_token,
            if kept.is_empty() { "?sv=…" } else { kept },
        ),
        Way::Default | Way::Environment | Way::InstanceMetadata | Way::Anonymous => {}
    }
}

/// Buckets by name, where they cannot be listed.
pub(super) fn buckets_ui(draft: &mut Draft, ui: &mut Ui) {
    if draft.provider != Provider::Local {
        let hint = "only where listing them is not allowed: a, b";
        field_ui(ui, "Buckets", "Buckets by name", &mut draft.texts.buckets, hint);
    }
}

fn secret_ui(ui: &mut Ui, name: &str, says: &str, text: &mut String, hint: &str) {
    row_ui(ui, name, |ui| secret_field_ui(ui, says, text, hint, FIELD));
}

/// Whether a URL asks for plain http to another machine.
fn is_plain_elsewhere(url: &str) -> bool {
    let Some(rest) = url.trim().strip_prefix("http://") else {
        return false;
    };
    let here = ["127.", "localhost", "[::1]"];
    !rest.is_empty() && !here.iter().any(|host| rest.starts_with(host))
}
