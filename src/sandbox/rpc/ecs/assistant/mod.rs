//! Cloud Assistant: commands and files that go to instances, and what became of them.

mod command;
mod content;
mod file;
mod invocation;
mod progress;
mod records;
mod results;
mod script;
mod status;
mod stop;
mod summary;
#[cfg(test)]
mod tests;

pub(super) use command::{CREATE, INVOKE, RUN, create, invoke, run};
pub(super) use file::{FILE_RESULTS, SEND, file_results, send};
use invocation::Invocation;
pub(super) use progress::{host_gone, settle};
pub(super) use records::{INVOCATIONS, invocations};
pub(super) use results::{RESULTS, results};
pub(crate) use script::Script;
pub(super) use status::{INSTALL, STATUS, install, status};
pub(super) use stop::{STOP, stop};

use content::Content;

/// Commands that were kept, and all that was ever run.
#[derive(Debug, Default)]
pub(super) struct Assistant {
    commands: Vec<(String, Content)>,
    invocations: Vec<Invocation>,
    made: u64,
}

impl Assistant {
    /// The instances that a run goes to.
    pub(super) fn instances_of(&self, id: &str) -> Vec<String> {
        let found = self.invocations.iter().filter(|invocation| invocation.id == id);
        found.flat_map(|invocation| &invocation.runs).map(|run| run.instance.clone()).collect()
    }

    /// A new id with this first letter: `t-hz0…`.
    fn new_id(&mut self, letter: char, mark: &str) -> (String, u64) {
        self.made += 1;
        let random: String = std::iter::repeat_with(|| fastrand::char('a'..='z')).take(10).collect();
        (format!("{letter}-{mark}{:03}{random}", self.made % 1000), self.made)
    }
}
