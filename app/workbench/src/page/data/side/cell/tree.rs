//! JSON as lines that fold.

use std::collections::BTreeSet;

use egui::{Align2, CornerRadius, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;
use serde_json::Value;

use crate::theme::{self, font};
use crate::widget::{label_ui, one_line};

const LINE: f32 = 20.0;
const STEP: f32 = 16.0;
/// With more parts than this, only the outer ones are open at first.
const MANY: usize = 200;
/// No more lines are shown.
const MOST_LINES: usize = 20_000;

/// A value that is unfolded in parts.
#[derive(Default)]
pub(super) struct Tree {
    lines: Vec<Line>,
    /// The parts that are folded, by their number in the order of reading.
    folded: BTreeSet<usize>,
    is_cut: bool,
}

struct Line {
    depth: usize,
    /// A key or a number, and what stands there.
    name: String,
    text: String,
    /// The number of the part that it opens, and whether that is open.
    part: Option<(usize, bool)>,
}

impl Tree {
    pub(super) fn new(value: &Value) -> Self {
        let mut tree = Self::default();
        let mut parts = vec![];
        number(value, 0, &mut parts);
        if parts.len() > MANY {
            let inner = parts.iter().enumerate().filter(|(_, depth)| **depth > 0);
            tree.folded = inner.map(|(part, _)| part).collect();
        }
        tree.unfold(value);
        tree
    }

    fn unfold(&mut self, value: &Value) {
        self.lines.clear();
        let mut next = 0;
        self.add(value, String::new(), 0, &mut next, true);
        self.is_cut = self.lines.len() >= MOST_LINES;
    }

    fn add(&mut self, value: &Value, name: String, depth: usize, next: &mut usize, is_seen: bool) {
        let is_seen = is_seen && self.lines.len() < MOST_LINES;
        let (count, words) = match value {
            Value::Object(fields) => (fields.len(), "fields"),
            Value::Array(items) => (items.len(), "items"),
            _ => {
                if is_seen {
                    self.lines.push(Line {
                        depth,
                        name,
                        text: value.to_string(),
                        part: None,
                    });
                }
                return;
            }
        };
        let part = *next;
        *next += 1;
        let is_open = !self.folded.contains(&part);
        if is_seen {
            let brackets = if value.is_object() { ["{", "}"] } else { ["[", "]"] };
            let words = if count == 1 { words.trim_end_matches('s') } else { words };
            self.lines.push(Line {
                depth,
                name,
                text: format!("{} {count} {words} {}", brackets[0], brackets[1]),
                part: Some((part, is_open)),
            });
        }
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.add(value, key.clone(), depth + 1, next, is_seen && is_open);
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    self.add(value, at.to_string(), depth + 1, next, is_seen && is_open);
                }
            }
            _ => {}
        }
    }

    fn toggle(&mut self, part: usize, value: &Value) {
        if !self.folded.remove(&part) {
            self.folded.insert(part);
        }
        self.unfold(value);
    }
}

/// How deep each part stands, in the order of reading.
fn number(value: &Value, depth: usize, parts: &mut Vec<usize>) {
    match value {
        Value::Object(fields) => {
            parts.push(depth);
            for value in fields.values() {
                number(value, depth + 1, parts);
            }
        }
        Value::Array(items) => {
            parts.push(depth);
            for value in items {
                number(value, depth + 1, parts);
            }
        }
        _ => {}
    }
}

pub(super) fn tree_ui(tree: &mut Tree, value: &Value, ui: &mut Ui) {
    if tree.is_cut {
        label_ui(ui, "Only its beginning is shown; copy it to have all of it.");
    }
    let mut toggled = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("json")
        .auto_shrink(false)
        .show_rows(ui, LINE, tree.lines.len(), |ui, range| {
            for line in tree.lines.get(range).unwrap_or_default() {
                if line_ui(ui, line) {
                    toggled = line.part.map(|(part, _)| part);
                }
            }
        });
    if let Some(part) = toggled {
        tree.toggle(part, value);
    }
}

/// One line. Answers whether it is to be folded or unfolded.
fn line_ui(ui: &mut Ui, line: &Line) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let sense = if line.part.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 12.0, LINE), sense);
    let said = if line.name.is_empty() {
        line.text.clone()
    } else {
        format!("{}: {}", line.name, line.text)
    };
    let role = if line.part.is_some() { Role::Button } else { Role::Label };
    response.widget_info(|| WidgetInfo::labeled(role, true, &said));
    if line.part.is_some() && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, CornerRadius::same(3), tokens.hover);
    }
    let mut left = rect.left() + STEP * line.depth.min(24) as f32;
    if let Some((_, is_open)) = line.part {
        let caret = if is_open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
        ui.painter().text(
            pos2(left + 6.0, rect.center().y),
            Align2::CENTER_CENTER,
            caret,
            font::icon(11.0),
            tokens.text_secondary,
        );
    }
    left += 16.0;
    if !line.name.is_empty() {
        let room = (rect.right() - left) * 0.6;
        let galley = one_line(ui, &line.name, font::mono(), tokens.accent, room);
        let width = galley.size().x;
        ui.painter().galley(
            pos2(left, rect.center().y - galley.size().y / 2.0),
            galley,
            tokens.accent,
        );
        left += width + 8.0;
    }
    let ink = if line.part.is_some() {
        tokens.text_secondary
    } else {
        tokens.text
    };
    let galley = one_line(ui, &line.text, font::mono(), ink, rect.right() - left);
    let is_cut = galley.elided;
    ui.painter()
        .galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, ink);
    let clicked = response.clicked();
    if is_cut {
        response.on_hover_text(&said);
    }
    clicked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fold_and_unfold_and_keep_their_numbers() {
        let value = serde_json::json!({"a": {"b": [1, 2]}, "c": null});
        let mut tree = Tree::new(&value);
        let names = |tree: &Tree| tree.lines.iter().map(|line| line.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&tree), ["", "a", "b", "0", "1", "c"]);
        tree.toggle(1, &value);
        assert_eq!(names(&tree), ["", "a", "c"]);
        tree.toggle(1, &value);
        tree.toggle(2, &value);
        assert_eq!(names(&tree), ["", "a", "b", "c"]);
    }

    #[test]
    fn a_large_value_begins_folded_and_its_lines_are_bounded() {
        let value = Value::from(vec![serde_json::json!({"x": [1]}); 30_000]);
        let mut tree = Tree::new(&value);
        assert!(tree.is_cut && tree.lines.len() == MOST_LINES);
        tree.toggle(0, &value);
        assert_eq!(tree.lines.len(), 1);
    }
}
