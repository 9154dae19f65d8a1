//! How a person laid the columns out: their order, which are frozen or hidden, how wide they
//! are and how numbers are written. By name, so that it outlives a change of the file or a step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::columns::{Columns, MAX_WIDTH, MIN_WIDTH};
use super::header::Head;
use super::number_format::NumberFormat;

/// What differs from how a table is shown at first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Columns that stay at the left, in their order.
    frozen: Vec<String>,
    /// All others in their order, once one was moved; what is not named comes after them.
    order: Vec<String>,
    hidden: BTreeSet<String>,
    widths: BTreeMap<String, f32>,
    formats: BTreeMap<String, NumberFormat>,
    /// Goes up with each change.
    #[serde(skip)]
    revision: u64,
    /// Whether it is being changed by a drag, which is not over.
    #[serde(skip)]
    pub(super) is_held: bool,
}

impl Layout {
    /// Another number after each change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether a change is under way that would be kept in vain.
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    pub fn is_hidden(&self, name: &str) -> bool {
        self.hidden.contains(name)
    }

    pub fn is_frozen(&self, name: &str) -> bool {
        self.frozen.iter().any(|frozen| frozen == name)
    }

    /// How the numbers of a column are written.
    pub fn format(&self, name: &str) -> NumberFormat {
        self.formats.get(name).copied().unwrap_or_default()
    }

    /// How many of these columns are hidden.
    pub fn hidden_among(&self, heads: &[Head]) -> usize {
        if self.hidden.is_empty() {
            return 0;
        }
        heads.iter().filter(|head| self.hidden.contains(&head.name)).count()
    }

    /// Whether anything differs from how the table is shown at first.
    pub fn is_changed(&self) -> bool {
        !(self.frozen.is_empty()
            && self.order.is_empty()
            && self.hidden.is_empty()
            && self.widths.is_empty()
            && self.formats.is_empty())
    }

    pub fn set_hidden(&mut self, name: &str, hidden: bool) {
        if hidden {
            self.hidden.insert(name.to_owned());
        } else {
            self.hidden.remove(name);
        }
        self.revision += 1;
    }

    /// Hides all of these columns but one.
    pub fn hide_others(&mut self, heads: &[Head], name: &str) {
        let others = heads.iter().filter(|head| head.name != name);
        self.hidden.extend(others.map(|head| head.name.clone()));
        self.hidden.remove(name);
        self.revision += 1;
    }

    pub fn show_all(&mut self) {
        self.hidden.clear();
        self.revision += 1;
    }

    /// As the table is shown at first.
    pub fn reset(&mut self) {
        *self = Self {
            revision: self.revision + 1,
            ..Self::default()
        };
    }

    /// Takes another layout, as it was kept.
    pub fn replace(&mut self, other: Self) {
        *self = Self {
            revision: self.revision + 1,
            ..other
        };
    }

    pub fn set_frozen(&mut self, name: &str, frozen: bool) {
        self.frozen.retain(|known| known != name);
        if frozen {
            self.frozen.push(name.to_owned());
        }
        self.revision += 1;
    }

    pub fn set_format(&mut self, name: &str, format: NumberFormat) {
        if format == NumberFormat::default() {
            self.formats.remove(name);
        } else {
            self.formats.insert(name.to_owned(), format);
        }
        self.revision += 1;
    }

    pub fn set_width(&mut self, name: &str, width: f32) {
        self.widths
            .insert(name.to_owned(), width.clamp(MIN_WIDTH, MAX_WIDTH).round());
        self.revision += 1;
    }

    /// Moves a column before another one, or to the end. Beside a frozen column it is frozen too.
    pub fn move_before(&mut self, heads: &[Head], name: &str, before: Option<&str>) {
        if before == Some(name) {
            return;
        }
        let mut frozen = self.frozen.clone();
        let others = self.others(heads).into_iter().map(|at| heads[at].name.clone());
        let mut others: Vec<String> = others.filter(|other| other != name).collect();
        frozen.retain(|other| other != name);
        let place = |list: &[String]| before.and_then(|before| list.iter().position(|other| other == before));
        match (place(&frozen), place(&others)) {
            (Some(at), _) => frozen.insert(at, name.to_owned()),
            (None, Some(at)) => others.insert(at, name.to_owned()),
            (None, None) => others.push(name.to_owned()),
        }
        self.frozen = frozen;
        self.order = others;
        self.revision += 1;
    }

    /// The columns that are not frozen in their order, also those that are hidden.
    fn others(&self, heads: &[Head]) -> Vec<usize> {
        let free = heads.iter().enumerate().filter(|(_, head)| !self.is_frozen(&head.name));
        let mut others: Vec<usize> = free.map(|(at, _)| at).collect();
        if !self.order.is_empty() {
            let places: HashMap<&str, usize> = self
                .order
                .iter()
                .enumerate()
                .map(|(place, name)| (name.as_str(), place))
                .collect();
            others.sort_by_key(|at| places.get(heads[*at].name.as_str()).copied().unwrap_or(usize::MAX));
        }
        others
    }

    /// The columns of a table as they are shown.
    pub(super) fn arrange(&self, heads: &[Head]) -> Columns {
        let is_shown = |at: &usize| !self.hidden.contains(&heads[*at].name);
        let frozen = self
            .frozen
            .iter()
            .filter_map(|name| heads.iter().position(|head| head.name == *name));
        let mut slots: Vec<usize> = frozen.filter(is_shown).collect();
        let count = slots.len();
        slots.extend(self.others(heads).into_iter().filter(is_shown));
        let widths = slots
            .iter()
            .map(|at| {
                let head = &heads[*at];
                self.widths
                    .get(&head.name)
                    .copied()
                    .unwrap_or_else(|| head.usual_width())
            })
            .collect();
        let formats = slots.iter().map(|at| self.format(&heads[*at].name)).collect();
        Columns::new(slots, count, widths, formats)
    }
}

#[cfg(test)]
mod tests {
    use aloft_data::ColumnType;

    use super::*;

    fn heads(names: &[&str]) -> Vec<Head> {
        names
            .iter()
            .map(|name| Head {
                name: (*name).to_owned(),
                kind: ColumnType::Integer,
                profile: None,
            })
            .collect()
    }

    fn shown(layout: &Layout, heads: &[Head]) -> String {
        let columns = layout.arrange(heads);
        let names = (0..columns.len()).map(|slot| heads[columns.column(slot)].name.as_str());
        let names: Vec<&str> = names.collect();
        format!(
            "{}|{}",
            names[..columns.frozen()].join(""),
            names[columns.frozen()..].join("")
        )
    }

    #[test]
    fn columns_are_moved_hidden_and_frozen() {
        let heads = heads(&["a", "b", "c", "d"]);
        let mut layout = Layout::default();
        assert_eq!(shown(&layout, &heads), "|abcd");
        layout.move_before(&heads, "d", Some("b"));
        assert_eq!(shown(&layout, &heads), "|adbc");
        layout.set_hidden("b", true);
        assert_eq!(shown(&layout, &heads), "|adc");
        assert_eq!(layout.hidden_among(&heads), 1);
        layout.move_before(&heads, "a", None);
        layout.set_hidden("b", false);
        assert_eq!(shown(&layout, &heads), "|dbca", "a hidden column keeps its place");
        layout.set_frozen("c", true);
        assert_eq!(shown(&layout, &heads), "c|dba");
        layout.move_before(&heads, "a", Some("c"));
        assert_eq!(shown(&layout, &heads), "ac|db");
        layout.move_before(&heads, "c", Some("b"));
        assert_eq!(shown(&layout, &heads), "a|dcb");
        layout.reset();
        assert_eq!(shown(&layout, &heads), "|abcd");
        assert!(!layout.is_changed());
    }

    #[test]
    fn a_layout_is_kept_and_fits_a_table_with_other_columns() {
        let mut layout = Layout::default();
        let before = heads(&["a", "b", "c"]);
        layout.move_before(&before, "c", Some("a"));
        layout.set_width("b", 300.0);
        layout.set_format("c", NumberFormat::Percent);
        let kept: Layout = serde_json::from_str(&serde_json::to_string(&layout).unwrap()).unwrap();
        let after = heads(&["b", "new", "c"]);
        assert_eq!(shown(&kept, &after), "|cbnew");
        let columns = kept.arrange(&after);
        assert_eq!((columns.width(1), columns.format(0)), (300.0, NumberFormat::Percent));
    }
}
