//! The human form of an answer: lines and tables.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::base::size::ByteSize;
use crate::base::text::{harmless, harmless_but_tabs};

const HEADER: Style = Style::new().bold();

/// Collects the text of one answer.
#[derive(Debug)]
pub(in crate::cli) struct Page {
    terminal: bool,
    color: bool,
    /// Columns of the terminal.
    width: usize,
    text: String,
}

/// A line that no terminal of this width has to wrap.
pub(super) fn cut(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut kept = String::new();
    for c in line.chars() {
        if kept.width() + c.width().unwrap_or(0) + 1 > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

impl Page {
    pub(super) fn new(terminal: bool, color: bool) -> Self {
        let width = if terminal {
            terminal_size::terminal_size().map_or(80, |(width, _)| width.0.into())
        } else {
            usize::MAX
        };
        Self { terminal, color, width, text: String::new() }
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

    /// A size as people read it on a terminal, in bytes off it.
    pub(in crate::cli) fn size(&self, bytes: u64) -> String {
        if self.terminal { ByteSize(bytes).to_string() } else { bytes.to_string() }
    }

    /// One line; control characters in it are spelled out.
    pub(in crate::cli) fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(&harmless(text.as_ref()));
        self.text.push('\n');
    }

    /// One line that a host or a build wrote: its tabs stay.
    pub(in crate::cli) fn foreign_line(&mut self, text: &str) {
        self.text.push_str(&harmless_but_tabs(text));
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
        let plain: Vec<_> = rows.iter().map(|row| (Style::new(), row.clone())).collect();
        self.colored_table(columns, &plain);
    }

    /// The same with a colour for the first cell of each row.
    pub(in crate::cli) fn colored_table(&mut self, columns: &[&str], rows: &[(Style, Vec<String>)]) {
        if !self.terminal {
            for (_, row) in rows {
                self.line_of(&row.iter().map(String::as_str).collect::<Vec<_>>());
            }
            return;
        }
        let shown = |row: &Vec<String>| row.iter().map(|cell| harmless(cell).into_owned()).collect();
        let cells: Vec<Vec<String>> = rows.iter().map(|(_, row)| shown(row)).collect();
        let width = |i: usize| {
            let longest = cells.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max();
            longest.unwrap_or(0).max(columns[i].width())
        };
        let widths: Vec<usize> = (0..columns.len()).map(width).collect();
        let header: Vec<String> = columns.iter().map(|column| column.to_uppercase()).collect();
        self.padded(&header, &widths, None);
        for (row, (style, _)) in cells.iter().zip(rows) {
            self.padded(row, &widths, Some(*style));
        }
    }

    /// A line of a table, within the terminal's width; `first` is the colour of its first cell, None for a header.
    fn padded(&mut self, cells: &[String], widths: &[usize], first: Option<Style>) {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width + 2 - cell.width()));
        }
        let line = cut(line.trim_end(), self.width);
        let line = match first {
            _ if !self.color => line,
            None => format!("{HEADER}{line}{HEADER:#}"),
            Some(style) => {
                // A narrow terminal has room for a part of the first cell only.
                let first = cells.first().map_or(0, String::len);
                let (cell, rest) = line.split_at_checked(first).unwrap_or((&line, ""));
                format!("{style}{cell}{style:#}{rest}")
            }
        };
        self.text.push_str(&line);
        self.text.push('\n');
    }

    fn line_of(&mut self, cells: &[&str]) {
        let line: Vec<_> = cells.iter().map(|cell| harmless(cell)).collect();
        self.text.push_str(&line.join("\t"));
        self.text.push('\n');
    }
}
