//! Tables set in columns.

use crate::text::shortened;

/// A cell is cut beyond this many characters, but for those of the last column.
const WIDEST: usize = 44;
const WIDEST_LAST: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table for people: a header, a rule, and rows.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[(&str, Align)]) -> Self {
        Self {
            header: header
                .iter()
                .map(|(name, align)| ((*name).to_owned(), *align))
                .collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let last = self.header.len().saturating_sub(1);
        let most = |column| if column == last { WIDEST_LAST } else { WIDEST };
        self.rows.push(
            cells
                .into_iter()
                .enumerate()
                .map(|(column, cell)| shortened(&cell, most(column)))
                .collect(),
        );
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |column: usize, name: &str| {
            let cells = self
                .rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count());
            cells.chain([name.chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = self
            .header
            .iter()
            .enumerate()
            .map(|(column, (name, _))| width(column, name))
            .collect();
        let set = |((cell, (_, align)), width): ((&String, &(String, Align)), &usize)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        };
        let line = |cells: &[String]| {
            let set: Vec<String> = cells.iter().zip(&self.header).zip(&widths).map(set).collect();
            set.join("  ").trim_end().to_owned()
        };
        let names: Vec<String> = self.header.iter().map(|(name, _)| name.clone()).collect();
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat((*width).min(WIDEST))).collect();
        writeln!(f, "{}", line(&names))?;
        writeln!(f, "{}", line(&rules))?;
        for row in &self.rows {
            writeln!(f, "{}", line(row))?;
        }
        Ok(())
    }
}

/// Lines of a name and what it is, set in two columns.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}\n"))
        .collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_their_widest_cell() {
        let mut table = Table::new(&[("Name", Align::Left), ("Rows", Align::Right)]);
        table.row(["été".to_owned(), "1,024".to_owned()]);
        table.row(["a".to_owned(), "7".to_owned()]);
        let expected = "Name   Rows\n────  ─────\nété   1,024\na         7\n";
        assert_eq!(table.to_string(), expected);
    }
}
