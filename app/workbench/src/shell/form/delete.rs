//! Deleting: how much it is, and a word to type where it is much.

use std::sync::mpsc::{Receiver, TryRecvError};

use aloft_base::Report;
use aloft_cloud::ListRequest;
use aloft_cloud::transfer::{Order, Verb};
use egui::Context;
use egui_phosphor::regular as icons;

use crate::command::{BucketCommand, CommandSender, Selected};
use crate::context::AppContext;
use crate::format;
use crate::widget::{self, Tone};

use super::parts::{Step, dialog_ui, end_danger_ui, field_ui};
use super::transfer::address_of;

/// More objects than this, or a folder, want the word.
const MANY: u64 = 100;
/// The word.
const WORD: &str = "delete";

/// What counting says: so much more, an error, or nothing more when it ends.
type Counted = Result<(u64, u64), Report>;

pub(in crate::shell) struct Form {
    selected: Selected,
    counting: Option<Receiver<Counted>>,
    begun: bool,
    objects: u64,
    bytes: u64,
    problem: Option<Report>,
    typed: String,
}

impl Form {
    pub(super) fn new(selected: Selected) -> Self {
        Self {
            objects: selected.objects.len() as u64,
            bytes: selected.bytes,
            counting: None,
            begun: selected.folders.is_empty(),
            problem: None,
            typed: String::new(),
            selected,
        }
    }

    /// Counts what is in the folders.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>) {
        if !self.begun
            && let Some(connection) = ctx.library.connection(&self.selected.place.connection)
        {
            let (bucket, folders) = (self.selected.place.bucket.clone(), self.selected.folders.clone());
            self.counting = ctx.work.stream_remote(connection, 8, move |session, storage, sink| {
                let storage = match storage {
                    Ok(storage) => storage,
                    Err(report) => {
                        sink.send(Err(report));
                        return;
                    }
                };
                for prefix in folders {
                    let mut request = ListRequest {
                        bucket: bucket.clone(),
                        prefix,
                        ..ListRequest::default()
                    };
                    loop {
                        let page = match session.wait(storage.list(&request)) {
                            Ok(page) => page,
                            Err(error) => {
                                sink.send(Err(Report::of(&error)));
                                return;
                            }
                        };
                        let bytes = page.objects.iter().map(|object| object.bytes).sum();
                        if !sink.send(Ok((page.objects.len() as u64, bytes))) {
                            return;
                        }
                        request.token = page.token;
                        if request.token.is_none() {
                            break;
                        }
                    }
                }
            });
            self.begun = self.counting.is_some();
        }
        while let Some(counting) = &self.counting {
            match counting.try_recv() {
                Ok(Ok((objects, bytes))) => {
                    self.objects += objects;
                    self.bytes += bytes;
                }
                Ok(Err(report)) => {
                    self.problem = Some(report);
                    self.counting = None;
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.counting = None,
            }
        }
    }

    pub(super) fn ui(&mut self, ctx: &AppContext<'_>, egui_ctx: &Context, commands: &mut CommandSender) -> bool {
        let title = format!("Delete {}", self.selected.words());
        let counting = !self.begun || self.counting.is_some();
        dialog_ui(ctx, egui_ctx, &title, 480.0, |ui| {
            let so_far = if counting { " so far, counting…" } else { "" };
            let much = format!(
                "{}, {}{so_far}",
                format::plural(self.objects, "object", "objects"),
                format::bytes(self.bytes)
            );
            let from = address_of(ctx, &self.selected.place, &self.selected.place.prefix);
            widget::paragraph_ui(ui, &format!("{much}, from {from}"));
            if let Some(report) = &self.problem {
                widget::problem_ui(ui, "Could not count all of it", report, false, commands);
            }
            let text = "Where versions are kept, each object gets a mark that can be taken back. Elsewhere it is \
                        gone for good.";
            widget::notice_ui(ui, Tone::Warning, icons::WARNING, text);
            let needs_word = !self.selected.folders.is_empty() || self.objects > MANY;
            if needs_word {
                let name = format!("Type “{WORD}”");
                field_ui(ui, &name, "Type the word delete", &mut self.typed, WORD);
            }
            let problem =
                (needs_word && self.typed.trim() != WORD).then(|| format!("Type “{WORD}” to delete this much"));
            match end_danger_ui(ui, "Delete", icons::TRASH, problem.as_deref()) {
                Step::Stay => false,
                Step::Cancel => true,
                Step::Go => {
                    commands.send(BucketCommand::Transfer {
                        title: format!("Delete {much} from {from}").replace(so_far, ""),
                        orders: self.orders(ctx),
                    });
                    true
                }
            }
        })
    }

    fn orders(&self, ctx: &AppContext<'_>) -> Vec<Order> {
        let Some(connection) = ctx.library.connection(&self.selected.place.connection) else {
            return Vec::new();
        };
        let scheme = connection.spec.provider.scheme();
        self.selected.orders(scheme, |sources, recursive| Order {
            verb: Verb::Delete,
            sources,
            recursive,
            ..Order::default()
        })
    }
}
