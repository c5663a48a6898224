//! The human form of an answer: lines and tables.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::base::text::harmless;

const HEADER: Style = Style::new().bold();

/// Collects the text of one answer.
#[derive(Debug)]
pub(in crate::cli) struct Page {
    terminal: bool,
    color: bool,
    text: String,
}

impl Page {
    pub(super) fn new(terminal: bool, color: bool) -> Self {
        Self { terminal, color, text: String::new() }
    }

    pub(in crate::cli) fn into_text(self) -> String {
        self.text
    }

    /// Whether what was written is worth a write of its own.
    pub(in crate::cli) fn is_long(&self) -> bool {
        self.text.len() > 32 * 1024
    }

    /// What was written since the last call.
    pub(in crate::cli) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// One line; control characters in it are spelled out.
    pub(in crate::cli) fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(&harmless(text.as_ref()));
        self.text.push('\n');
    }

    /// `name  value` lines, the names padded to one width; tab-separated off a terminal.
    pub(in crate::cli) fn facts(&mut self, facts: &[(&str, String)]) {
        let width = facts.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        for (name, value) in facts {
            if self.terminal {
                self.line(format!("{name:width$}  {value}"));
            } else {
                self.line_of(&[name, value]);
            }
        }
    }

    /// Cells of one line, between two spaces on a terminal, tab-separated off it; for lines that come one by one.
    pub(in crate::cli) fn cells(&mut self, cells: &[&str]) {
        if self.terminal { self.line(cells.join("  ")) } else { self.line_of(cells) }
    }

    /// A table with a header on a terminal; tab-separated lines without one off it.
    pub(in crate::cli) fn table(&mut self, columns: &[&str], rows: &[Vec<String>]) {
        if !self.terminal {
            for row in rows {
                self.line_of(&row.iter().map(String::as_str).collect::<Vec<_>>());
            }
            return;
        }
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| harmless(cell).into_owned()).collect()).collect();
        let width = |i: usize| {
            let longest = cells.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max();
            longest.unwrap_or(0).max(columns[i].width())
        };
        let widths: Vec<usize> = (0..columns.len()).map(width).collect();
        let header: Vec<String> = columns.iter().map(|column| column.to_uppercase()).collect();
        self.padded(&header, &widths, true);
        for row in &cells {
            self.padded(row, &widths, false);
        }
    }

    fn padded(&mut self, cells: &[String], widths: &[usize], bold: bool) {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width + 2 - cell.width()));
        }
        let line = line.trim_end();
        if bold && self.color {
            self.text.push_str(&format!("{HEADER}{line}{HEADER:#}\n"));
        } else {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn line_of(&mut self, cells: &[&str]) {
        let line: Vec<_> = cells.iter().map(|cell| harmless(cell)).collect();
        self.text.push_str(&line.join("\t"));
        self.text.push('\n');
    }
}
