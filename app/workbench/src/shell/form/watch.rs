//! Watching an address of somebody else's.

use aloft_base::endpoint::{Check, External};
use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, EndpointCommand};
use crate::context::AppContext;
use crate::widget::segmented_ui;

use super::parts::{Step, dialog_ui, end_ui, field_ui, name_problem, remark_ui, row_ui};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Protocol {
    #[default]
    OpenInference,
    Http,
}

#[derive(Default)]
pub(in crate::shell) struct Form {
    name: String,
    url: String,
    protocol: Protocol,
    model: String,
    status: String,
    contains: String,
    limit: String,
}

impl Form {
    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        dialog_ui(ctx, egui_ctx, "Watch a URL", 460.0, |ui| {
            field_ui(ui, "URL", "URL to watch", &mut self.url, "http://10.0.0.5:8080");
            field_ui(
                ui,
                "Name",
                "Name of the endpoint",
                &mut self.name,
                "for example mlserver",
            );
            row_ui(ui, "Speaks", |ui| {
                let choices = [
                    (Protocol::OpenInference, "Open inference"),
                    (Protocol::Http, "Plain HTTP"),
                ];
                segmented_ui(ui, &mut self.protocol, &choices);
            });
            match self.protocol {
                Protocol::OpenInference => {
                    field_ui(
                        ui,
                        "Model",
                        "Model that must be ready",
                        &mut self.model,
                        "its name there",
                    );
                    remark_ui(ui, "Open Inference Protocol v2: live, ready, and this model ready.");
                }
                Protocol::Http => {
                    field_ui(ui, "Status", "Status that is expected", &mut self.status, "200");
                    field_ui(ui, "Contains", "Text that is expected", &mut self.contains, "anything");
                }
            }
            field_ui(
                ui,
                "Slow above",
                "Latency limit in milliseconds",
                &mut self.limit,
                "1000 ms",
            );
            let problem = self.problem();
            match end_ui(ui, "Watch", icons::EYE, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(self.command());
                    true
                }
            }
        })
    }

    fn problem(&self) -> Option<String> {
        let url = self.url.trim();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Some("The URL begins with http:// or https://".to_owned());
        }
        if let Some(problem) = name_problem("endpoint", self.name.trim()) {
            return Some(problem);
        }
        if self.protocol == Protocol::OpenInference && self.model.trim().is_empty() {
            return Some("Name the model that must be ready".to_owned());
        }
        if number(&self.status, 200_u16).is_none() {
            return Some("The status is a number such as 200".to_owned());
        }
        let limit = number(&self.limit, 1000.0_f64).filter(|limit| *limit > 0.0);
        limit
            .is_none()
            .then(|| "The limit is a number of milliseconds".to_owned())
    }

    fn command(&self) -> EndpointCommand {
        let check = match self.protocol {
            Protocol::OpenInference => Check::OpenInference {
                model: self.model.trim().to_owned(),
            },
            Protocol::Http => Check::Http {
                status: number(&self.status, 200).unwrap_or(200),
                contains: self.contains.trim().to_owned(),
            },
        };
        EndpointCommand::Watch {
            name: self.name.trim().to_owned(),
            external: External {
                url: self.url.trim().to_owned(),
                check,
                latency_limit_ms: number(&self.limit, 1000.0).unwrap_or(1000.0),
            },
        }
    }
}

/// What was typed as a number, or the default where nothing was.
fn number<T: std::str::FromStr>(text: &str, default: T) -> Option<T> {
    let text = text.trim().trim_end_matches("ms").trim();
    if text.is_empty() {
        Some(default)
    } else {
        text.parse().ok()
    }
}
