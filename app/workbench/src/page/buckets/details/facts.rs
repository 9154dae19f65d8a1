//! What is known of an object, line by line, and its versions.

use aloft_cloud::{ObjectDetails, ObjectVersion};
use egui::Ui;

use super::super::entry::escaped;
use crate::command::{BucketCommand, CommandSender};
use crate::context::AppContext;
use crate::format;
use crate::route::BucketPlace;
use crate::theme::size;
use crate::widget::{self, key_value_ui, label_ui};

/// The details that are there; what the provider did not say is left out.
pub(super) fn facts_ui(details: &ObjectDetails, ctx: &AppContext<'_>, ui: &mut Ui) {
    key_value_ui(ui, "Size", &format::bytes(details.bytes)).on_hover_text(format::plural(
        details.bytes,
        "byte",
        "bytes",
    ));
    if let Some(then) = details.modified_ms {
        key_value_ui(ui, "Modified", &format::ago(ctx.now_ms, then)).on_hover_text(format::absolute(then));
    }
    let said = [
        ("Type", &details.content_type),
        ("Storage class", &details.storage_class),
        ("ETag", &details.etag),
        ("Encryption", &details.encryption),
    ];
    for (name, value) in said.into_iter().filter(|(_, value)| !value.is_empty()) {
        key_value_ui(ui, name, value);
    }
    for (name, value) in &details.checksums {
        key_value_ui(ui, name, value);
    }
    if let Some(version) = &details.version {
        key_value_ui(ui, "Version", version);
    }
    for (head, pairs) in [("Metadata", &details.metadata), ("Tags", &details.tags)] {
        if pairs.is_empty() {
            continue;
        }
        ui.add_space(size::GAP_WIDE);
        label_ui(ui, head);
        for (name, value) in pairs {
            key_value_ui(ui, name, &escaped(value));
        }
    }
}

/// One version: when it was written, how large it is, and the way to remove it.
pub(super) fn version_ui(
    place: &BucketPlace,
    version: &ObjectVersion,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    ui.horizontal(|ui| {
        let when = version
            .modified_ms
            .map_or_else(String::new, |then| format::ago(ctx.now_ms, then));
        let what = match (version.is_delete_marker, version.is_latest) {
            (true, _) => "Deleted".to_owned(),
            (false, true) => format!("Now · {}", format::bytes(version.bytes)),
            (false, false) => format::bytes(version.bytes),
        };
        widget::secondary_ui(ui, &format!("{what} · {when}")).on_hover_text(&version.version);
        let remove = BucketCommand::RemoveVersion {
            place: place.clone(),
            key: version.key.clone(),
            version: version.version.clone(),
            is_delete_marker: version.is_delete_marker,
        };
        if version.is_delete_marker || !version.is_latest {
            widget::command_icon_ui(ui, ctx, commands, remove);
        }
    });
}
