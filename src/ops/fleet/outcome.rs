//! How work on a host ended: four outcomes that are never mixed, and the one of work that goes on.

use serde::{Deserialize, Serialize};

/// How it ended; the later, the worse for the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It went well.
    Passed,
    /// It goes on.
    #[default]
    Running,
    /// It could not be run: offline, not delivered.
    NotRun,
    /// A command ended otherwise than with 0.
    Failed,
    /// A test found a fault.
    Fault,
}

impl Outcome {
    /// The word in tables and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Running => "running",
            Self::NotRun => "not_run",
            Self::Failed => "failed",
            Self::Fault => "fault",
        }
    }
}

/// How something ended, in a few words: `exit 3`, `not run: its assistant is offline`.
pub fn ended(outcome: Outcome, exit_code: Option<i32>, why: Option<&str>) -> String {
    let words = || outcome.name().replace('_', " ");
    match (outcome, exit_code, why) {
        (Outcome::Passed, ..) => "passed".to_owned(),
        (_, Some(code), _) => format!("exit {code}"),
        (_, None, Some(why)) => format!("{}: {why}", words()),
        (_, None, None) => words(),
    }
}

/// How many ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    passed: usize,
    fault: usize,
    failed: usize,
    not_run: usize,
    running: usize,
}

impl Counts {
    /// Counts them.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            *match outcome {
                Outcome::Passed => &mut counts.passed,
                Outcome::Fault => &mut counts.fault,
                Outcome::Failed => &mut counts.failed,
                Outcome::NotRun => &mut counts.not_run,
                Outcome::Running => &mut counts.running,
            } += 1;
        }
        counts
    }

    /// `12 passed, 1 failed, 2 running`; what there is none of is left out.
    pub fn line(&self) -> String {
        let words = [
            (self.passed, "passed"),
            (self.fault, "with a fault"),
            (self.failed, "failed"),
            (self.not_run, "not run"),
            (self.running, "running"),
        ];
        let said =
            words.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        said.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_worse_than_a_failure_and_that_than_what_did_not_run() {
        use Outcome::{Failed, Fault, NotRun, Passed, Running};
        let worst = |of: &[Outcome]| of.iter().copied().max().unwrap();
        assert_eq!(worst(&[Passed, Running, NotRun, Failed, Fault]), Fault);
        assert_eq!(worst(&[Passed, Running, NotRun, Failed]), Failed);
        assert_eq!(worst(&[Passed, Running, NotRun]), NotRun);
        assert_eq!(worst(&[Passed, Running]), Running);
        assert_eq!(Counts::of([Passed, Passed, NotRun]).line(), "2 passed, 1 not run");
    }
}
