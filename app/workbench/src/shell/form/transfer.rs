//! Moving data: what, where to, and what happens where a name is taken. Says what will happen first.

use std::path::{Path, PathBuf};

use aloft_base::connection::Connection;
use aloft_base::{ErrorKind, Report};
use aloft_cloud::transfer::{Conflict, Order, Place, Verb};
use aloft_cloud::{Ability, Encryption};
use egui::{Context, Ui};
use egui_phosphor::regular as icons;

use crate::address::{above, address, parse, place_address};
use crate::command::bucket::name_of;
use crate::command::{BucketCommand, CommandSender, Selected};
use crate::context::AppContext;
use crate::dialog::Pick;
use crate::format;
use crate::route::BucketPlace;
use crate::widget::{self, Button, combo_ui, segmented_ui, text_field_ui};
use crate::work::{Answer, Fetch, Lane};

use super::parts::{FIELD, Step, dialog_ui, end_ui, field_ui, remark_ui, row_ui};

/// Counting ends here: then it says "more than".
const MOST_COUNTED: u64 = 200_000;
/// How many paths are named.
const NAMED: usize = 4;

/// What is done.
enum Purpose {
    Upload(BucketPlace),
    Download(Selected),
    Copy(Selected),
    Move(Selected),
    Rename(Selected),
}

/// How much there is in files and folders of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Measure {
    files: u64,
    bytes: u64,
}

/// How uploads are encrypted, as the dialog asks it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rest {
    #[default]
    Bucket,
    Provider,
    Kms,
}

pub(in crate::shell) struct Form {
    purpose: Purpose,
    paths: Vec<PathBuf>,
    /// A path of this machine, an address, or a new name.
    typed: String,
    conflict: Conflict,
    rest: Rest,
    kms_key: String,
    measured: Fetch<Measure>,
    measured_of: Vec<PathBuf>,
    can_encrypt: Fetch<bool>,
}

impl Form {
    pub(super) fn upload(paths: Vec<PathBuf>, to: BucketPlace) -> Self {
        Self {
            paths,
            ..Self::new(Purpose::Upload(to), String::new())
        }
    }

    pub(super) fn download(selected: Selected) -> Self {
        let folder = aloft_base::env::path("HOME").map(|home| home.join("Downloads"));
        let folder = folder.unwrap_or_else(std::env::temp_dir);
        Self::new(Purpose::Download(selected), folder.display().to_string())
    }

    pub(super) fn copy(selected: Selected, moves: bool, ctx: &AppContext<'_>) -> Self {
        let here = place_address(ctx.library, &selected.place);
        let purpose = if moves {
            Purpose::Move(selected)
        } else {
            Purpose::Copy(selected)
        };
        Self::new(purpose, here)
    }

    pub(super) fn rename(selected: Selected) -> Self {
        let key = selected.objects.first().or(selected.folders.first());
        let name = key.map(|key| name_of(key).to_owned()).unwrap_or_default();
        Self::new(Purpose::Rename(selected), name)
    }

    fn new(purpose: Purpose, typed: String) -> Self {
        Self {
            purpose,
            paths: Vec::new(),
            typed,
            conflict: Conflict::default(),
            rest: Rest::default(),
            kms_key: String::new(),
            measured: Fetch::Idle,
            measured_of: Vec::new(),
            can_encrypt: Fetch::Idle,
        }
    }

    /// What a person chose in a dialog of the desktop.
    pub(super) fn picked(&mut self, pick: Pick, paths: Vec<PathBuf>) {
        match pick {
            Pick::UploadFiles | Pick::UploadFolder => {
                for path in paths {
                    if !self.paths.contains(&path) {
                        self.paths.push(path);
                    }
                }
            }
            Pick::Folder => {
                if let Some(folder) = paths.first() {
                    self.typed = folder.display().to_string();
                }
            }
        }
    }

    /// Measures what is to be uploaded, and asks whether its encryption can be chosen.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        self.measured.poll();
        self.can_encrypt.poll();
        let Purpose::Upload(to) = &self.purpose else { return };
        if self.measured_of != self.paths && !self.measured.is_pending() {
            let paths = self.paths.clone();
            ctx.work
                .fetch_with(Lane::System, &mut self.measured, move |_| measure(&paths));
            if self.measured.is_pending() {
                self.measured_of.clone_from(&self.paths);
            }
        }
        if self.can_encrypt.is_idle()
            && let Some(connection) = ctx.library.connection(&to.connection)
        {
            ctx.work
                .fetch_remote(&mut self.can_encrypt, connection, |storage| async move {
                    Ok(storage.can(Ability::ChooseEncryption))
                });
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let (verb, glyph) = match self.purpose {
            Purpose::Upload(_) => ("Upload", icons::UPLOAD_SIMPLE),
            Purpose::Download(_) => ("Download", icons::DOWNLOAD_SIMPLE),
            Purpose::Copy(_) => ("Copy", icons::COPY_SIMPLE),
            Purpose::Move(_) => ("Move", icons::ARROW_BEND_UP_RIGHT),
            Purpose::Rename(_) => ("Rename", icons::PENCIL_SIMPLE),
        };
        let what = self.what();
        let title = match &self.purpose {
            Purpose::Upload(to) => format!("Upload to {}", place_address(ctx.library, to)),
            Purpose::Download(_) | Purpose::Copy(_) | Purpose::Move(_) | Purpose::Rename(_) => {
                format!("{verb} {}", what.clone().unwrap_or_default())
            }
        };
        dialog_ui(ctx, egui_ctx, &title, 520.0, |ui| {
            let problem = match &self.purpose {
                Purpose::Upload(_) => self.sources_ui(ui, commands),
                Purpose::Download(_) => {
                    row_ui(ui, "To", |ui| {
                        text_field_ui(
                            ui,
                            "Folder to download to",
                            &mut self.typed,
                            "/home/me/Downloads",
                            262.0,
                        );
                        let browse = Button::new("Browse…").glyph(icons::FOLDER_OPEN);
                        if ui.add(browse).clicked() {
                            commands.send(BucketCommand::Pick(Pick::Folder));
                        }
                    });
                    (!Path::new(self.typed.trim()).is_absolute())
                        .then(|| "Name a folder of this machine by its whole path".to_owned())
                }
                Purpose::Copy(selected) | Purpose::Move(selected) => {
                    field_ui(ui, "To", "Address to copy to", &mut self.typed, "s3://bucket/prefix/");
                    remark_ui(
                        ui,
                        "A bucket or folder of any connection; what is copied keeps its name in it.",
                    );
                    let parsed = parse(&self.typed, ctx.library, Some(&selected.place.connection));
                    match parsed {
                        Ok((place, _)) if place.bucket.is_empty() => Some("Name a bucket to copy to".to_owned()),
                        Ok(_) => None,
                        Err(problem) => Some(problem),
                    }
                }
                Purpose::Rename(selected) => {
                    field_ui(ui, "New name", "New name", &mut self.typed, "name");
                    remark_ui(ui, "It is copied under the new name, then the old one is deleted.");
                    let key = selected.objects.first().or(selected.folders.first());
                    if self.typed.is_empty() {
                        Some("Give it a name".to_owned())
                    } else if key.is_some_and(|key| name_of(key) == self.typed) {
                        Some("This is its name".to_owned())
                    } else {
                        None
                    }
                }
            };
            if !matches!(self.purpose, Purpose::Rename(_)) {
                row_ui(ui, "Name is taken", |ui| {
                    let choices = [
                        (Conflict::Replace, "Replace"),
                        (Conflict::Skip, "Skip"),
                        (Conflict::KeepBoth, "Keep both"),
                        (Conflict::Newer, "If newer"),
                    ];
                    segmented_ui(ui, &mut self.conflict, &choices);
                });
            }
            self.encryption_ui(ui);
            let action = match (&self.purpose, &what) {
                (Purpose::Upload(_), Some(what)) => format!("{verb} {what}"),
                _ => verb.to_owned(),
            };
            match end_ui(ui, &action, glyph, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    let title = self.title(ctx, verb, what.as_deref().unwrap_or_default());
                    commands.send(BucketCommand::Transfer {
                        title,
                        orders: self.orders(ctx),
                    });
                    true
                }
            }
        })
    }

    /// What is moved, in words; nothing while that is being counted.
    fn what(&self) -> Option<String> {
        match &self.purpose {
            Purpose::Upload(_) => {
                let measured = self.measured.value().filter(|_| self.measured_of == self.paths)?;
                let more = if measured.files >= MOST_COUNTED {
                    "more than "
                } else {
                    ""
                };
                (!self.paths.is_empty()).then(|| {
                    format!(
                        "{more}{}, {}",
                        format::plural(measured.files, "file", "files"),
                        format::bytes(measured.bytes)
                    )
                })
            }
            Purpose::Download(selected)
            | Purpose::Copy(selected)
            | Purpose::Move(selected)
            | Purpose::Rename(selected) => Some(selected.words()),
        }
    }

    /// What is uploaded, and ways to add to it. Answers why it cannot be, if so.
    fn sources_ui(&mut self, ui: &mut Ui, commands: &mut CommandSender) -> Option<String> {
        for path in self.paths.iter().take(NAMED) {
            let text = path.display().to_string();
            widget::ellipsis_ui(ui, egui::RichText::new(&text), &text);
        }
        if self.paths.len() > NAMED {
            let more = self.paths.len() - NAMED;
            widget::secondary_ui(ui, &format!("and {} more", format::count(more as u64)));
        }
        let mut add = false;
        row_ui(ui, "Add", |ui| {
            let field = text_field_ui(
                ui,
                "Path to upload",
                &mut self.typed,
                "/data/folder or file",
                FIELD - 70.0,
            );
            add = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            add |= ui.add(Button::new("Add").glyph(icons::PLUS)).clicked();
        });
        row_ui(ui, "", |ui| {
            if ui.add(Button::new("Choose files…").glyph(icons::FILE)).clicked() {
                commands.send(BucketCommand::Pick(Pick::UploadFiles));
            }
            if ui
                .add(Button::new("Choose a folder…").glyph(icons::FOLDER_OPEN))
                .clicked()
            {
                commands.send(BucketCommand::Pick(Pick::UploadFolder));
            }
        });
        if add {
            self.paths.extend(crate::paths::paths_in(&self.typed));
            self.typed.clear();
        }
        if let Some(report) = self.measured.report() {
            return Some(report.message.clone());
        }
        if self.paths.is_empty() {
            return Some("Choose what to upload".to_owned());
        }
        self.what().is_none().then(|| "Counting…".to_owned())
    }

    fn encryption_ui(&mut self, ui: &mut Ui) {
        if self.can_encrypt.value() != Some(&true) {
            return;
        }
        let label = |rest: Rest| match rest {
            Rest::Bucket => "As the bucket says",
            Rest::Provider => "The provider's key (SSE-S3)",
            Rest::Kms => "A key of the key service (SSE-KMS)",
        };
        row_ui(ui, "Encryption", |ui| {
            combo_ui(ui, "Encryption at rest", label(self.rest), FIELD, |ui| {
                for rest in [Rest::Bucket, Rest::Provider, Rest::Kms] {
                    ui.selectable_value(&mut self.rest, rest, label(rest));
                }
            });
        });
        if self.rest == Rest::Kms {
            field_ui(ui, "Key", "Id of the key", &mut self.kms_key, "the bucket's own");
        }
    }

    fn title(&self, ctx: &AppContext<'_>, verb: &str, what: &str) -> String {
        match &self.purpose {
            Purpose::Upload(to) => format!("Upload {what}, to {}", place_address(ctx.library, to)),
            Purpose::Rename(_) => format!("Rename {what} to {}", self.typed),
            Purpose::Download(_) | Purpose::Copy(_) | Purpose::Move(_) => {
                format!("{verb} {what} to {}", self.typed.trim())
            }
        }
    }

    fn orders(&self, ctx: &AppContext<'_>) -> Vec<Order> {
        match &self.purpose {
            Purpose::Upload(to) => {
                let Some(connection) = ctx.library.connection(&to.connection) else {
                    return Vec::new();
                };
                let sources = self.paths.iter().cloned().map(Place::File).collect();
                let target = object(connection, &to.bucket, to.prefix.clone());
                vec![self.order(Verb::Copy, sources, target, true, true)]
            }
            Purpose::Download(selected) => {
                let target = Place::File(PathBuf::from(self.typed.trim()));
                Self::from(ctx, selected, |sources, recursive| {
                    self.order(Verb::Copy, sources, target.clone(), recursive, true)
                })
            }
            Purpose::Copy(selected) | Purpose::Move(selected) => {
                let parsed = parse(&self.typed, ctx.library, Some(&selected.place.connection));
                let Ok((place, name)) = parsed else { return Vec::new() };
                let Some(connection) = ctx.library.connection(&place.connection) else {
                    return Vec::new();
                };
                let folder = name.map_or_else(String::new, |name| format!("{name}/"));
                let target = object(connection, &place.bucket, format!("{}{folder}", place.prefix));
                let verb = if matches!(self.purpose, Purpose::Move(_)) {
                    Verb::Move
                } else {
                    Verb::Copy
                };
                Self::from(ctx, selected, |sources, recursive| {
                    self.order(verb, sources, target.clone(), recursive, true)
                })
            }
            Purpose::Rename(selected) => {
                let Some(connection) = ctx.library.connection(&selected.place.connection) else {
                    return Vec::new();
                };
                let key = selected.objects.first().or(selected.folders.first());
                let parent = key.and_then(|key| {
                    above(&BucketPlace {
                        prefix: key.clone(),
                        ..selected.place.clone()
                    })
                });
                let parent = parent.map(|place| place.prefix).unwrap_or_default();
                Self::from(ctx, selected, |sources, recursive| {
                    let end = if recursive { "/" } else { "" };
                    let key = format!("{parent}{}{end}", self.typed);
                    let target = object(connection, &selected.place.bucket, key);
                    self.order(Verb::Move, sources, target, recursive, false)
                })
            }
        }
    }

    fn from(ctx: &AppContext<'_>, selected: &Selected, make: impl Fn(Vec<Place>, bool) -> Order) -> Vec<Order> {
        let connection = ctx.library.connection(&selected.place.connection);
        connection.map_or_else(Vec::new, |connection| {
            selected.orders(connection.spec.provider.scheme(), make)
        })
    }

    fn order(&self, verb: Verb, sources: Vec<Place>, target: Place, recursive: bool, into: bool) -> Order {
        Order {
            verb,
            sources,
            target: Some(target),
            recursive,
            into,
            conflict: self.conflict,
            encryption: match self.rest {
                Rest::Bucket => Encryption::Bucket,
                Rest::Provider => Encryption::Provider,
                Rest::Kms => Encryption::Kms(self.kms_key.trim().to_owned()),
            },
            ..Order::default()
        }
    }
}

fn object(connection: &Connection, bucket: &str, key: String) -> Place {
    Place::Object {
        connection: Some(connection.id.clone()),
        scheme: connection.spec.provider.scheme().to_owned(),
        bucket: bucket.to_owned(),
        key,
    }
}

/// Counts files and folders. Called on a worker. Links are not followed into folders.
fn measure(paths: &[PathBuf]) -> Answer<Measure> {
    let mut sums = Measure::default();
    let mut folders: Vec<PathBuf> = Vec::new();
    let failed = |path: &Path, error: &std::io::Error| {
        Report::new(
            ErrorKind::of_io(error),
            format!("Could not read {}: {error}", path.display()),
            "Choose something else.",
        )
    };
    for path in paths {
        let about = std::fs::metadata(path).map_err(|error| failed(path, &error))?;
        if about.is_dir() {
            folders.push(path.clone());
        } else {
            sums.files += 1;
            sums.bytes += about.len();
        }
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, &error))? {
            let entry = entry.map_err(|error| failed(&folder, &error))?;
            let about = entry.metadata().map_err(|error| failed(&entry.path(), &error))?;
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                sums.files += 1;
                sums.bytes += about.len();
            }
            if sums.files >= MOST_COUNTED {
                return Ok(sums);
            }
        }
    }
    Ok(sums)
}

/// The address of what is chosen, for the dialogs that have one.
pub(super) fn address_of(ctx: &AppContext<'_>, place: &BucketPlace, key: &str) -> String {
    let connection = ctx.library.connection(&place.connection);
    connection.map_or_else(|| key.to_owned(), |connection| address(connection, &place.bucket, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_counted_together() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/one"), [0; 30]).unwrap();
        std::fs::write(folder.path().join("two"), [0; 12]).unwrap();
        let paths = [folder.path().join("a"), folder.path().join("two")];
        assert_eq!(measure(&paths).unwrap(), Measure { files: 2, bytes: 42 });
        let report = measure(&[folder.path().join("gone")]).unwrap_err();
        assert_eq!(report.kind, ErrorKind::NotFound);
    }
}
