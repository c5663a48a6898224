//! What the reports of tests tell: each makes a document of the same.

use jiff::Timestamp;

use super::any_result::AnyResult;
use crate::ops::step::Step;

/// What is told.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::commands) struct Told<'a> {
    /// The kind of the work: `ddr`, `dma` or `deploy`.
    pub(in crate::cli::commands) suite: &'static str,
    /// `on /dev/xdma0_user`, `of bit.tar.gz`
    pub(in crate::cli::commands) subject: &'a str,
    /// What else is worth to be known of how it was run.
    pub(in crate::cli::commands) facts: &'a [(&'static str, String)],
    pub(in crate::cli::commands) begun: Timestamp,
    /// What was done before the tests.
    pub(in crate::cli::commands) steps: &'a [Step],
    pub(in crate::cli::commands) results: &'a [AnyResult],
    /// The looks at the error register: seconds from the start, and what it read.
    pub(in crate::cli::commands) looks: &'a [(f64, u32)],
    /// What has no result, and why.
    pub(in crate::cli::commands) broken: Option<Broken<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::cli::commands) struct Broken<'a> {
    pub(in crate::cli::commands) test: &'static str,
    pub(in crate::cli::commands) why: &'a str,
}

/// What a file says until the work has come to its end: nobody can write it any more after SIGKILL or SIGBUS.
const NOT_ENDED: &str =
    "it did not come to its end: the program was killed, or the device vanished or shrank";

impl<'a> Told<'a> {
    /// Of work that has no result yet.
    pub(in crate::cli::commands) fn of(suite: &'static str, subject: &'a str, begun: Timestamp) -> Self {
        Self { suite, subject, facts: &[], begun, steps: &[], results: &[], looks: &[], broken: None }
    }
}

impl Broken<'_> {
    /// Work that goes on.
    pub(in crate::cli::commands) fn unless_ended(test: &'static str) -> Self {
        Self { test, why: NOT_ENDED }
    }
}
