//! What a test's reports tell: each makes a document of the same.

use jiff::Timestamp;

use super::looks::Looks;
use super::result::TestResult;

/// What is told.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) device: &'a str,
    pub(super) begun: Timestamp,
    pub(super) results: &'a [TestResult],
    pub(super) looks: &'a Looks,
    /// The test that has no result, and why.
    pub(super) broken: Option<Broken<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Broken<'a> {
    pub(super) test: &'static str,
    pub(super) why: &'a str,
}

/// What a file says until a test has come to its end: nobody can write it any more after SIGKILL or SIGBUS.
const NOT_ENDED: &str =
    "the test did not come to its end: the program was killed, or the device vanished or shrank";

impl Broken<'_> {
    /// A test that goes on.
    pub(super) fn unless_ended(test: &'static str) -> Self {
        Self { test, why: NOT_ENDED }
    }
}
