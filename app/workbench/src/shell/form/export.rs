//! Where a dataset, as its steps leave it, is to be written.

use std::path::PathBuf;

use aloft_cloud::transfer::Place;
use aloft_data::Output;
use egui::{Context, Ui};
use egui_phosphor::regular as icons;

use crate::address::parse;
use crate::command::{CommandSender, DataCommand};
use crate::context::AppContext;
use crate::library::dataset_name;
use crate::widget::{combo_ui, segmented_ui};

use super::parts::{FIELD, Step, dialog_ui, end_ui, field_ui, remark_ui, row_ui};

pub(in crate::shell) struct Form {
    dataset: String,
    name: String,
    path: String,
    /// Whether it goes into a bucket.
    is_remote: bool,
    /// The connection whose address was proposed last.
    connection: String,
    url: String,
    partition_by: String,
}

impl Form {
    pub(super) fn new(dataset: String, ctx: &AppContext<'_>) -> Self {
        let name = ctx.library.dataset(&dataset).map_or_else(String::new, dataset_name);
        let stem = name.split('.').next().unwrap_or("table").to_owned();
        let path = super::file::home()
            .join(format!("{stem} prepared.parquet"))
            .display()
            .to_string();
        Self {
            dataset,
            name,
            path,
            is_remote: false,
            connection: String::new(),
            url: String::new(),
            partition_by: String::new(),
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Export {}", self.name);
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            row_ui(ui, "To", |ui| {
                segmented_ui(ui, &mut self.is_remote, &[(false, "This machine"), (true, "A bucket")]);
            });
            if self.is_remote {
                self.bucket_ui(ctx, ui);
            } else {
                field_ui(ui, "File", "File to write", &mut self.path, "/home/me/table.parquet");
            }
            field_ui(
                ui,
                "Partition by",
                "Columns to partition by",
                &mut self.partition_by,
                "none: one file",
            );
            let columns = self.columns();
            remark_ui(
                ui,
                if columns.is_empty() {
                    "The rows that the steps leave. The ending says the format: .csv, .tsv, .parquet, .arrow or .jsonl."
                } else {
                    "A new folder of Parquet files, one for each value of these columns, as in year=2024."
                },
            );
            let target = self.target(ctx);
            let path = if self.is_remote {
                self.url.trim()
            } else {
                self.path.trim()
            };
            let problem = if let Some(Err(problem)) = &target {
                Some(problem.clone())
            } else if path.is_empty() {
                Some("Name a file".to_owned())
            } else if columns.is_empty() {
                Output::of_path(path.as_ref()).err().map(|error| error.to_string())
            } else {
                None
            };
            match end_ui(ui, "Export", icons::EXPORT, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(DataCommand::Export {
                        id: self.dataset.clone(),
                        out: out_of(path, self.is_remote),
                        partition_by: columns,
                        target: target.and_then(Result::ok),
                    });
                    true
                }
            }
        })
    }

    /// The connection, and the address of the new object.
    fn bucket_ui(&mut self, ctx: &AppContext<'_>, ui: &mut Ui) {
        let connections = ctx.library.connections();
        if self.connection.is_empty()
            && let Some(first) = connections.first()
        {
            self.connection.clone_from(&first.id);
        }
        let shown = ctx.library.connection(&self.connection);
        row_ui(ui, "Connection", |ui| {
            let name = shown.map_or("None yet: connect storage under Buckets", |shown| shown.name.as_str());
            combo_ui(ui, "Connection", name, FIELD, |ui| {
                for connection in connections {
                    ui.selectable_value(&mut self.connection, connection.id.clone(), &connection.name);
                }
            });
        });
        let scheme = ctx
            .library
            .connection(&self.connection)
            .map_or("s3", |connection| connection.spec.provider.scheme());
        let stem = self.name.split('.').next().unwrap_or("table");
        let hint = format!("{scheme}://bucket/{stem}.parquet");
        field_ui(ui, "Address", "Address to write to", &mut self.url, &hint);
    }

    /// Where in a bucket it goes, or what is wrong with the address.
    fn target(&self, ctx: &AppContext<'_>) -> Option<Result<Place, String>> {
        self.is_remote.then(|| {
            let url = self.url.trim().trim_end_matches('/');
            let (place, name) = parse(url, ctx.library, Some(&self.connection))?;
            let connection = ctx.library.connection(&place.connection);
            let connection = connection.ok_or_else(|| "Connect storage first".to_owned())?;
            let key = format!("{}{}", place.prefix, name.unwrap_or_default());
            if place.bucket.is_empty() || key.is_empty() {
                return Err("Name the bucket and the object in it".to_owned());
            }
            Ok(Place::Object {
                connection: Some(connection.id.clone()),
                scheme: connection.spec.provider.scheme().to_owned(),
                bucket: place.bucket,
                key,
            })
        })
    }

    fn columns(&self) -> Vec<String> {
        let names = self.partition_by.split(',').map(|name| name.trim().to_owned());
        names.filter(|name| !name.is_empty()).collect()
    }
}

/// What is written here: the file itself, or one that has the name of the object.
fn out_of(path: &str, is_remote: bool) -> PathBuf {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((_, name)) if is_remote => PathBuf::from(name),
        _ => PathBuf::from(path),
    }
}
