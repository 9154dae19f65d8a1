//! What is in the chosen object, from as few of its bytes as will do.

mod cells;
mod lists;
mod read;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use aloft_base::Report;
use aloft_base::connection::Connection;
use aloft_cloud::{Address, ObjectDetails};
use aloft_data::{Content, ImageFormat, TablePreview};
use egui::Ui;
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::theme::size;
use crate::widget::{self, Tone, key_value_ui, label_ui, picture_ui};

use lists::Wanted;
use read::{Found, Reading};

/// One content of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subject {
    connection: String,
    at: Address,
    bytes: u64,
    etag: String,
    /// Unix milliseconds.
    modified_ms: Option<i64>,
}

/// How far the preview is.
#[derive(Debug, Default)]
enum State {
    #[default]
    Wanted,
    Reading(Reading),
    Read(Box<Found>),
    Failed(Report),
}

/// What the preview keeps between frames.
#[derive(Debug, Default)]
pub(super) struct Preview {
    subject: Option<Subject>,
    state: State,
    wanted: Wanted,
    /// Where the columns of the grid begin.
    edges: Vec<f32>,
    turn: Arc<Mutex<()>>,
}

impl Preview {
    /// Another object is chosen, or none: what is read for the last one is dropped.
    pub(super) fn clear(&mut self) {
        *self = Self {
            turn: Arc::clone(&self.turn),
            ..Self::default()
        };
    }

    /// Takes in what came, and begins to read what an object holds by now.
    pub(super) fn logic(
        &mut self,
        ctx: &AppContext<'_>,
        connection: &Connection,
        bucket: &str,
        key: &str,
        details: &ObjectDetails,
    ) {
        let is_same = self.subject.as_ref().is_some_and(|subject| {
            subject.connection == connection.id
                && subject.at.bucket == bucket
                && subject.at.key == key
                && subject.bytes == details.bytes
                && subject.etag == details.etag
                && subject.modified_ms == details.modified_ms
        });
        if !is_same {
            self.clear();
        }
        let subject = self.subject.get_or_insert_with(|| Subject {
            connection: connection.id.clone(),
            at: Address::new(bucket.to_owned(), key.to_owned()),
            bytes: details.bytes,
            etag: details.etag.clone(),
            modified_ms: details.modified_ms,
        });
        match &self.state {
            // An empty object has nothing to read.
            State::Wanted if subject.bytes > 0 => {
                if let Some(reading) = Reading::start(ctx.work, connection, subject, &self.turn) {
                    self.state = State::Reading(reading);
                }
            }
            State::Reading(reading) => match reading.poll() {
                Some(Ok(found)) => {
                    if let Content::Table(table) = &found.preview.content {
                        self.edges = cells::edges(table);
                    }
                    self.state = State::Read(Box::new(found));
                }
                Some(Err(report)) => self.state = State::Failed(report),
                None => {}
            },
            State::Wanted | State::Read(_) | State::Failed(_) => {}
        }
    }

    /// Whether it was found to be a table.
    pub(super) fn is_table(&self) -> bool {
        matches!(&self.state, State::Read(found) if matches!(found.preview.content, Content::Table(_)))
    }

    /// Draws it over the width there is. Answers whether it is to be read again.
    pub(super) fn ui(&mut self, ui: &mut Ui, commands: &mut CommandSender) -> bool {
        match &mut self.state {
            State::Wanted if self.subject.as_ref().is_some_and(|subject| subject.bytes == 0) => {
                widget::secondary_ui(ui, "This object is empty");
            }
            State::Wanted | State::Reading(_) => {
                widget::secondary_ui(ui, "Reading its first bytes…");
                widget::skeleton_rows_ui(ui, 5);
            }
            State::Failed(report) => {
                if widget::problem_ui(ui, "Could not read what is in it", report, true, commands) {
                    self.state = State::Wanted;
                    return true;
                }
            }
            State::Read(found) => found_ui(found, &self.edges, &mut self.wanted, ui),
        }
        false
    }
}

fn found_ui(found: &mut Found, edges: &[f32], wanted: &mut Wanted, ui: &mut Ui) {
    let Found { preview, picture } = found;
    let what = what(&preview.content);
    widget::section_ui(ui, &what);
    // Parts of a small object may have been read twice.
    let bytes_read = preview.bytes_read.min(preview.bytes_total);
    let (read, total) = (format::bytes(bytes_read), format::bytes(preview.bytes_total));
    label_ui(ui, &format!("Read {read} of {total}")).on_hover_text(format!(
        "{} of {} bytes",
        format::count(bytes_read),
        format::count(preview.bytes_total)
    ));
    for note in &preview.notes {
        widget::notice_ui(ui, Tone::Neutral, icons::INFO, note);
    }
    ui.add_space(4.0);
    match &preview.content {
        Content::Table(table) => table_ui(table, edges, wanted, ui),
        Content::Text(text) => lists::lines_ui("text", &text.lines, false, ui),
        Content::Image(_) => {
            if let Some(picture) = picture {
                picture_ui(picture, &what, ui);
            }
        }
        Content::Tensors(tensors) => lists::tensors_ui(tensors, wanted, ui),
        Content::Binary(binary) => lists::lines_ui("bytes", &binary.lines, true, ui),
    }
}

fn table_ui(table: &TablePreview, edges: &[f32], wanted: &mut Wanted, ui: &mut Ui) {
    if table.head_rows() > 0 {
        cells::cells_ui(table, edges, ui);
    }
    ui.add_space(size::GAP);
    lists::columns_ui(table, wanted, ui);
    if !table.row_groups.is_empty() {
        ui.add_space(size::GAP);
        lists::row_groups_ui(&table.row_groups, ui);
    }
    if !table.written_by.is_empty() {
        ui.add_space(4.0);
        key_value_ui(ui, "Written by", &table.written_by);
    }
}

/// What it is, in a few words: `Parquet · 344 rows · 8 columns`.
fn what(content: &Content) -> String {
    match content {
        Content::Table(table) => {
            let rows = table.rows.map_or_else(
                || match table.head_rows() {
                    0 => "no rows".to_owned(),
                    rows => format!("first {}", format::plural(rows as u64, "row", "rows")),
                },
                |rows| format::plural(rows, "row", "rows"),
            );
            let columns = format::plural(table.schema.len() as u64, "column", "columns");
            format!("{} · {rows} · {columns}", table.format.label())
        }
        Content::Text(text) => {
            let count = format::plural(text.lines.len() as u64, "line", "lines");
            let count = if text.is_whole { count } else { format!("first {count}") };
            format!("Text · {count} · {}", text.encoding.label())
        }
        Content::Image(image) => {
            let format = match image.format {
                ImageFormat::Png => "PNG",
                ImageFormat::Jpeg => "JPEG",
            };
            let (width, height) = (u64::from(image.width), u64::from(image.height));
            format!("{format} · {} × {}", format::count(width), format::count(height))
        }
        Content::Tensors(tensors) => format!(
            "{} · {}",
            format::plural(tensors.tensors.len() as u64, "tensor", "tensors"),
            format::plural(tensors.parameters, "parameter", "parameters")
        ),
        Content::Binary(_) => "Bytes".to_owned(),
    }
}
