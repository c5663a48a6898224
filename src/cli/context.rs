//! What a command works with: settings, the user's streams, the cancel flag.

use std::sync::OnceLock;

use super::Exit;
use super::args::GlobalArgs;
use super::error::Failure;
use super::output::Ui;
use crate::base::cancel::Cancel;
use crate::base::private_file::readable_by_others;
use crate::config::{Environment, Settings};

/// The world of one command.
#[derive(Debug)]
pub(super) struct Context {
    /// The global flags as given.
    pub(super) global: GlobalArgs,
    /// stdout and stderr.
    pub(super) ui: Ui,
    settings: OnceLock<Settings>,
}

impl Context {
    /// Makes it from the flags; nothing is read or sent yet.
    pub(super) fn new(global: GlobalArgs) -> Result<Self, (Ui, Failure)> {
        let ui = Ui::new(&global);
        Ok(Self { global, ui, settings: OnceLock::new() })
    }

    /// Where and as what the command works; looked for once, when a command first asks.
    ///
    /// # Errors
    /// When a file that holds settings is broken.
    pub(super) fn settings(&self) -> Result<&Settings, Failure> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = Settings::find(self.global.given()?, Environment::of_process())?;
        self.warn_of_exposure(&settings);
        Ok(self.settings.get_or_init(|| settings))
    }

    fn warn_of_exposure(&self, settings: &Settings) {
        for url in settings.endpoints().in_the_clear() {
            self.ui
                .warn(&format!("{url} is not https: what is sent there can be read and altered on its way"));
        }
        if let Ok(path) = settings.credentials_file()
            && let Some(mode) = readable_by_others(path)
        {
            let path = path.display();
            self.ui.warn(&format!("{path} can be read by others (mode {mode:04o}); chmod 600 {path}"));
        }
    }

    /// A flag that SIGINT and SIGTERM set from now on. Call it once a command, before work that must end tidily.
    pub(super) fn cancel(&self) -> Result<Cancel, Failure> {
        Cancel::on_signals()
            .map_err(|e| Failure::new(Exit::Internal, format!("can't install the signal handlers: {e}")))
    }
}
