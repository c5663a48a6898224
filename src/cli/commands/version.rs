//! `faascmd version`.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};

#[derive(Debug, Serialize)]
struct Version {
    version: &'static str,
    /// Null in a build that was not made from a clone, or not for use.
    commit: Option<&'static str>,
    /// The day of the commit.
    date: Option<&'static str>,
}

/// Runs it.
pub(in crate::cli) fn run(cx: &Context) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    cx.ui.print(&Version {
        version,
        commit: option_env!("FAASCMD_COMMIT"),
        date: option_env!("FAASCMD_DATE"),
    })
}

impl Report for Version {
    const SCHEMA: &'static str = "faascmd.version/1";

    fn human(&self, page: &mut Page) {
        let built = self.commit.zip(self.date).map(|(commit, date)| format!(" ({commit}, {date})"));
        page.line(format!("faascmd {}{}", self.version, built.unwrap_or_default()));
    }
}
