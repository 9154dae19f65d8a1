//! Where a dataset, as its steps leave it, is to be written.

use std::path::PathBuf;

use aloft_data::Output;
use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand};
use crate::context::AppContext;
use crate::library::dataset_name;

use super::parts::{Step, dialog_ui, end_ui, field_ui, remark_ui};

pub(in crate::shell) struct Form {
    dataset: String,
    name: String,
    path: String,
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
            partition_by: String::new(),
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Export {}", self.name);
        dialog_ui(ctx, egui_ctx, &title, 460.0, |ui| {
            field_ui(ui, "File", "File to write", &mut self.path, "/home/me/table.parquet");
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
            let path = self.path.trim();
            let problem = if path.is_empty() {
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
                        out: PathBuf::from(path),
                        partition_by: columns,
                    });
                    true
                }
            }
        })
    }

    fn columns(&self) -> Vec<String> {
        let names = self.partition_by.split(',').map(|name| name.trim().to_owned());
        names.filter(|name| !name.is_empty()).collect()
    }
}
