//! The steps of a command whose answer they are: on stdout, each when it is done.

use std::borrow::Cow;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr as _;

use super::Ui;
use super::page::cut;
use super::progress::step_line;
use super::ui::DONE;
use crate::base::progress::{Event, Progress};

/// Before each step.
const MARK: &str = "✓";

/// Writes finished steps to stdout and leaves the rest to another.
struct OnStdout {
    ui: Ui,
    rest: Arc<dyn Progress>,
}

impl Progress for OnStdout {
    fn event(&self, event: Event) {
        match event {
            Event::StepDone { step, detail, skipped } => {
                // The width is that of the line without colours.
                let line = step_line("", step, &detail, skipped);
                let mark = self.ui.painted_answer(DONE, MARK);
                self.ui.write_ahead(&format!("{mark}{}", within(&line)));
            }
            other => self.rest.event(other),
        }
    }
}

/// On a terminal a line that it would wrap has its long ids and numbers shortened, and is cut where that is not enough; a
/// pipe gets it whole.
fn within(line: &str) -> Cow<'_, str> {
    let columns =
        terminal_size::terminal_size_of(std::io::stdout()).map_or(usize::MAX, |(width, _)| width.0.into());
    let columns = columns.saturating_sub(MARK.width());
    if line.width() <= columns {
        return Cow::Borrowed(line);
    }
    Cow::Owned(cut(&line.split(' ').map(shortened).collect::<Vec<_>>().join(" "), columns))
}

fn shortened(word: &str) -> String {
    let is_uuid = word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4;
    let is_checksum = word.len() > 12 && word.bytes().all(|byte| byte.is_ascii_digit());
    match word {
        _ if is_uuid => format!("{}-…", &word[..8]),
        _ if is_checksum => format!("{}…", &word[..4]),
        _ => word.to_owned(),
    }
}

impl Ui {
    /// Steps on stdout and the rest to `rest`; with `--output json` all of it.
    pub(in crate::cli) fn steps(&self, rest: Arc<dyn Progress>) -> Arc<dyn Progress> {
        if self.is_json() { rest } else { Arc::new(OnStdout { ui: self.clone(), rest }) }
    }
}
