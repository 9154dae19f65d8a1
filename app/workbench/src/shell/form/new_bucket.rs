//! Naming a new bucket, or a new folder of a place.

use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{BucketCommand, CommandSender};
use crate::context::AppContext;
use crate::route::BucketPlace;

use super::parts::{Step, dialog_ui, end_ui, field_ui, remark_ui};
use super::transfer::address_of;

/// What is made.
enum Purpose {
    /// In the connection with this id.
    Bucket(String),
    Folder(BucketPlace),
}

pub(in crate::shell) struct Form {
    purpose: Purpose,
    name: String,
}

impl Form {
    pub(super) fn bucket(connection: String) -> Self {
        Self {
            purpose: Purpose::Bucket(connection),
            name: String::new(),
        }
    }

    pub(super) fn folder(place: BucketPlace) -> Self {
        Self {
            purpose: Purpose::Folder(place),
            name: String::new(),
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = match &self.purpose {
            Purpose::Bucket(id) => {
                let name = ctx.library.connection(id).map_or(id.as_str(), |row| row.name.as_str());
                format!("New bucket in {name}")
            }
            Purpose::Folder(place) => format!("New folder in {}", address_of(ctx, place, &place.prefix)),
        };
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            let (action, says) = match self.purpose {
                Purpose::Bucket(_) => ("Create bucket", "Name of the bucket"),
                Purpose::Folder(_) => ("Make folder", "Name of the folder"),
            };
            field_ui(ui, "Name", says, &mut self.name, "name");
            let problem = match self.purpose {
                Purpose::Bucket(_) => {
                    remark_ui(
                        ui,
                        "3 to 63 letters in lower case, digits, dots and hyphens. Names are shared by all \
                                   accounts of a provider, so take one that nobody else would.",
                    );
                    bucket_problem(&self.name)
                }
                Purpose::Folder(_) => {
                    remark_ui(
                        ui,
                        "An empty object whose name ends with a slash: folders are only names here.",
                    );
                    folder_problem(&self.name)
                }
            };
            match end_ui(ui, action, icons::PLUS, problem) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    let name = self.name.clone();
                    commands.send(match &self.purpose {
                        Purpose::Bucket(connection) => BucketCommand::CreateBucket {
                            connection: connection.clone(),
                            name,
                        },
                        Purpose::Folder(place) => BucketCommand::NewFolder {
                            place: place.clone(),
                            name,
                        },
                    });
                    true
                }
            }
        })
    }
}

/// What no provider takes; the rest is the provider's to say.
fn bucket_problem(name: &str) -> Option<&'static str> {
    let fits =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '-' | '_');
    if name.is_empty() {
        Some("Give the bucket a name")
    } else if !(3..=63).contains(&name.len()) {
        Some("It needs 3 to 63 letters")
    } else if !name.chars().all(fits) {
        Some("It may have letters in lower case, digits, dots and hyphens")
    } else {
        None
    }
}

fn folder_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("Give the folder a name")
    } else if name.starts_with('/') || name.ends_with('/') || name.contains("//") {
        Some("It may not have an empty part")
    } else if name.split('/').any(|part| matches!(part, "." | "..")) {
        Some("A part of dots alone cannot be a folder")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nobody_takes_are_refused_before_asking() {
        for name in ["", "ab", "Data", "a b c"] {
            assert!(bucket_problem(name).is_some(), "{name}");
        }
        assert_eq!(bucket_problem("my-data.2026"), None);
        for name in ["", "/a", "a/", "a//b", "../x"] {
            assert!(folder_problem(name).is_some(), "{name}");
        }
        assert_eq!(folder_problem("raw/2026 é"), None);
    }
}
