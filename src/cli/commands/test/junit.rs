//! Test results as JUnit XML, which CI servers show.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use quick_xml::escape::escape;

use super::result::{Outcome, TestResult};
use crate::cli::Exit;
use crate::cli::error::Failure;

/// The file, open before the first test starts: days of soak must not end in a path that can't be written.
#[derive(Debug)]
pub(super) struct Junit {
    path: PathBuf,
    file: File,
    /// Whether it can be written anew; a pipe can't.
    is_regular: bool,
}

/// What the file says until a test has come to its end: nobody can write it any more after SIGKILL or SIGBUS.
const NOT_ENDED: &str =
    "the test did not come to its end: the program was killed, or the device vanished or shrank";

impl Junit {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            let is_regular = file.metadata()?.is_file();
            Ok(Self { path: path.to_owned(), file, is_regular })
        };
        opened().map_err(|e: io::Error| {
            Failure::new(Exit::Failed, format!("the JUnit file {} can't be written: {e}", path.display()))
        })
    }

    /// Writes what is known before a test.
    pub(super) fn begin(&mut self, results: &[TestResult], test: &'static str) -> Result<(), String> {
        if self.is_regular { self.write(results, Some((test, NOT_ENDED))) } else { Ok(()) }
    }

    /// Writes the results, and the test that could not be carried out if there is one.
    pub(super) fn write(
        &mut self,
        results: &[TestResult],
        broken: Option<(&'static str, &str)>,
    ) -> Result<(), String> {
        let document = document(results, broken);
        let mut written = || {
            if self.is_regular {
                self.file.rewind()?;
                self.file.set_len(0)?;
            }
            self.file.write_all(document.as_bytes())
        };
        written().map_err(|e| format!("the JUnit file {} can't be written: {e}", self.path.display()))
    }
}

fn document(results: &[TestResult], broken: Option<(&'static str, &str)>) -> String {
    let count = |outcome| results.iter().filter(|result| result.result == outcome).count();
    let failures = count(Outcome::Failed);
    let errors = results.len() - failures - count(Outcome::Passed) + usize::from(broken.is_some());
    let tests = results.len() + usize::from(broken.is_some());
    // The sum of no numbers is -0.
    let seconds = results.iter().fold(0.0, |sum, result| sum + result.seconds);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n  <testsuite name=\"ddr\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"0\" time=\"{seconds:.3}\">\n"
    );
    for result in results {
        let outcome = match result.result {
            Outcome::Passed => None,
            Outcome::Failed => Some("failure"),
            Outcome::Inconclusive | Outcome::NotDone | Outcome::Interrupted => Some("error"),
        };
        case(&mut xml, (result.test, result.seconds), outcome.map(|kind| (kind, result.detail.as_str())));
    }
    if let Some((test, message)) = broken {
        case(&mut xml, (test, 0.0), Some(("error", message)));
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, (test, seconds): (&str, f64), outcome: Option<(&str, &str)>) {
    let inside = outcome
        .map_or_else(String::new, |(kind, message)| format!("<{kind} message=\"{}\"/>", escape(message)));
    writeln!(
        xml,
        "    <testcase classname=\"faascmd.ddr\" name=\"{test}\" time=\"{seconds:.3}\">{inside}</testcase>"
    )
    .expect("a String takes everything");
}
