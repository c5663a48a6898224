//! What a command works with: settings, the user's streams, the cancel flag.

use super::Exit;
use super::args::GlobalArgs;
use super::error::Failure;
use super::output::Ui;
use crate::base::cancel::Cancel;

/// The world of one command.
#[derive(Debug)]
pub(super) struct Context {
    /// The global flags as given.
    pub(super) global: GlobalArgs,
    /// stdout and stderr.
    pub(super) ui: Ui,
}

impl Context {
    /// Makes it from the flags; nothing is read or sent yet.
    pub(super) fn new(global: GlobalArgs) -> Result<Self, (Ui, Failure)> {
        let ui = Ui::new(&global);
        Ok(Self { global, ui })
    }

    /// A flag that SIGINT and SIGTERM set from now on. Call it once a command, before work that must end tidily.
    pub(super) fn cancel(&self) -> Result<Cancel, Failure> {
        Cancel::on_signals()
            .map_err(|e| Failure::new(Exit::Internal, format!("can't install the signal handlers: {e}")))
    }
}
