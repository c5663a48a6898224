//! The steps of a command whose answer they are: on stdout, each when it is done.

use std::sync::Arc;

use super::Ui;
use super::progress::step_line;
use super::ui::DONE;
use crate::base::progress::{Event, Progress};

/// Writes finished steps to stdout and leaves the rest to another.
struct OnStdout {
    ui: Ui,
    rest: Arc<dyn Progress>,
}

impl Progress for OnStdout {
    fn event(&self, event: Event) {
        match event {
            Event::StepDone { step, detail, skipped } => {
                let line = step_line(&self.ui.painted_answer(DONE, "✓"), step, &detail, skipped);
                // A full disk behind stdout shows when the command writes its end.
                self.ui.write(format!("{line}\n").as_bytes()).ok();
            }
            other => self.rest.event(other),
        }
    }
}

impl Ui {
    /// Steps on stdout and the rest to `rest`; with `--output json` all of it.
    pub(in crate::cli) fn steps(&self, rest: Arc<dyn Progress>) -> Arc<dyn Progress> {
        if self.is_json() { rest } else { Arc::new(OnStdout { ui: self.clone(), rest }) }
    }
}
