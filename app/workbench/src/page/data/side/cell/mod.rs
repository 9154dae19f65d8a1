//! One cell at length: text, JSON, a list of numbers or a picture. It follows the person through the grid.

mod content;
mod numbers;
mod tree;

use std::path::PathBuf;

use aloft_base::dataset::Dataset;
use egui::{RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, ViewCommand};
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{Button, label_ui, paragraph_ui, picture_ui, problem_ui, segmented_ui, skeleton_rows_ui};
use crate::work::{Fetch, Lane};

use super::super::tab::Tab;
use super::super::table::Handle;
use content::{Content, Looked};
use numbers::Figures;
use tree::Tree;

/// How much of a text is laid out.
const MOST_CHARS: usize = 50_000;
/// How many bytes are shown as such.
const MOST_BYTES: usize = 4096;

/// The cell that is shown.
#[derive(Default)]
pub(in super::super) struct CellView {
    looked: Fetch<Looked>,
    /// The table, row and column that was asked for last.
    asked: Option<(String, u64, usize)>,
    /// That of the value that is there.
    tree: Tree,
    figures: Figures,
    /// JSON as lines.
    pretty: String,
    /// Whether it is shown as it is written, and not as what it means.
    as_text: bool,
}

impl CellView {
    /// Looks at the cell the person is at; `table` says which table it is of.
    pub(in super::super) fn logic(
        &mut self,
        ctx: &AppContext<'_>,
        row: &Dataset,
        table: &str,
        handle: Option<Handle>,
        wanted: Option<(u64, usize)>,
    ) {
        if self.looked.poll()
            && let Fetch::Ready(looked) = &self.looked
        {
            match &looked.content {
                Content::Json(value) => {
                    self.tree = Tree::new(value);
                    self.pretty = serde_json::to_string_pretty(value).unwrap_or_default();
                }
                Content::Numbers(numbers) => self.figures = Figures::of(numbers),
                _ => {}
            }
        }
        let (Some((at, column)), Some(handle)) = (wanted, handle) else {
            return;
        };
        let is_asked = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.0 == table && (asked.1, asked.2) == (at, column));
        // One look at a time, and each at the cell the person is at by then.
        if is_asked || self.looked.is_pending() {
            return;
        }
        let folder: Option<PathBuf> = row.path.parent().map(std::path::Path::to_owned);
        ctx.work.fetch_with(Lane::Rows, &mut self.looked, move |_| {
            content::look(&handle, folder.as_deref(), at, column)
        });
        if self.looked.is_pending() {
            self.asked = Some((table.to_owned(), at, column));
        }
    }
}

pub(super) fn cell_ui(tab: &mut Tab, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
    let cursor = tab.shown_mut().and_then(|(table, grid)| {
        let (row, column) = grid.cursor()?;
        Some((row, table.heads.get(column)?.name.clone()))
    });
    let Some((row, name)) = cursor else {
        paragraph_ui(ui, "Press a cell to see all of it here.");
        return;
    };
    let view = &mut tab.cell;
    let title = format!("{name}, row {}", format::count(row + 1));
    crate::widget::ellipsis_ui(
        ui,
        RichText::new(&title).font(font::medium()).color(ctx.tokens.text),
        &title,
    );
    if let Some(report) = view.looked.report().cloned() {
        problem_ui(ui, "The cell cannot be read", &report, false, commands);
        return;
    }
    let CellView {
        looked,
        tree,
        figures,
        pretty,
        as_text,
        ..
    } = view;
    let (Fetch::Ready(looked)
    | Fetch::Pending {
        previous: Some(looked), ..
    }) = looked
    else {
        skeleton_rows_ui(ui, 3);
        return;
    };
    if !matches!(looked.content, Content::Missing | Content::NotANumber | Content::Empty) {
        head_ui(looked, as_text, ui, commands);
    }
    ui.add_space(size::GAP);
    if let Some(note) = &looked.note {
        paragraph_ui(ui, note);
    }
    match &mut looked.content {
        Content::Missing => {
            paragraph_ui(ui, "The value is missing (null).");
        }
        Content::NotANumber => {
            paragraph_ui(ui, "The value is not a number (NaN), which is not the same as missing.");
        }
        Content::Empty => {
            paragraph_ui(
                ui,
                "The value is a text without any character, which is not the same as missing.",
            );
        }
        Content::Json(value) if !*as_text => tree::tree_ui(tree, value, ui),
        Content::Numbers(values) if !*as_text => {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                numbers::numbers_ui(values, figures, ui);
            });
        }
        Content::Picture(picture) if !*as_text => {
            let [width, height] = picture.size();
            label_ui(ui, &format!("{width} × {height} pixels"));
            picture_ui(picture, &format!("Picture of {width} × {height} pixels"), ui);
        }
        Content::Bytes(bytes) => text_ui(&dump(bytes), true, ui),
        Content::Json(_) => text_ui(pretty, true, ui),
        Content::Text | Content::Numbers(_) | Content::Picture(_) => {
            text_ui(&looked.text, looked.kind.is_number(), ui);
        }
    }
}

/// What it is and how long, and copying it.
fn head_ui(looked: &Looked, as_text: &mut bool, ui: &mut Ui, commands: &mut CommandSender) {
    let what = match &looked.content {
        Content::Json(_) => Some("Tree"),
        Content::Numbers(_) => Some("Plot"),
        Content::Picture(_) => Some("Picture"),
        _ => None,
    };
    ui.horizontal(|ui| {
        if let Some(what) = what {
            segmented_ui(ui, as_text, &[(false, what), (true, "Text")]);
        }
        let copy = Button::quiet("Copy").glyph(icons::COPY).tooltip("Copy all of the cell");
        if ui.add(copy).clicked() {
            commands.send(ViewCommand::Copy(looked.text.clone()));
        }
        let length = match &looked.content {
            Content::Bytes(bytes) => format::bytes(bytes.len() as u64),
            _ => format::plural(looked.characters, "character", "characters"),
        };
        label_ui(ui, &format!("{}, {length}", looked.kind.label()));
    });
}

/// A text that wraps, scrolls and can be selected.
fn text_ui(text: &str, is_code: bool, ui: &mut Ui) {
    let tokens = crate::theme::tokens(ui.ctx());
    let cut = text.char_indices().nth(MOST_CHARS).map(|(at, _)| at);
    if cut.is_some() {
        let shown = format::count(MOST_CHARS as u64);
        label_ui(ui, &format!("The first {shown} characters; Copy takes all of them."));
    }
    let shown = cut.map_or(text, |at| &text[..at]);
    let font = if is_code { font::mono() } else { font::body() };
    ScrollArea::vertical()
        .id_salt("cell text")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.set_max_width(ui.available_width() - 12.0);
            let words = RichText::new(shown).font(font).color(tokens.text);
            ui.add(egui::Label::new(words).wrap().selectable(true));
        });
}

/// Bytes in rows of eight, with the letters that they may be.
fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (row, part) in bytes[..bytes.len().min(MOST_BYTES)].chunks(8).enumerate() {
        let digits: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters = part.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '·',
        });
        let letters: String = letters.collect();
        let line = format!("{:06x}  {:<23}  {letters}\n", row * 8, digits.join(" "));
        text.push_str(&line);
    }
    if bytes.len() > MOST_BYTES {
        text.push_str("…\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_beside_their_letters() {
        assert_eq!(dump(b"PNG\x00"), "000000  50 4e 47 00              PNG·\n");
        assert!(dump(&[0; 5000]).ends_with("…\n"));
    }
}
