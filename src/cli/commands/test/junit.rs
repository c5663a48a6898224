//! Test results as JUnit XML, which CI servers show.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::result::{Case, Outcome, TestResult};
use super::told::{Broken, Told};

/// The whole file.
pub(super) fn document(told: &Told<'_>) -> String {
    let cases: Vec<Case<'_>> = told.results.iter().map(TestResult::case).collect();
    suite("ddr", &cases, told.broken)
}

/// The same of tests of any kind.
pub(super) fn suite(suite: &str, cases: &[Case<'_>], broken: Option<Broken<'_>>) -> String {
    let count = |outcome| cases.iter().filter(|case| case.result == outcome).count();
    let failures = count(Outcome::Failed);
    let errors = cases.len() - failures - count(Outcome::Passed) + usize::from(broken.is_some());
    let tests = cases.len() + usize::from(broken.is_some());
    // The sum of no numbers is -0.
    let seconds = cases.iter().fold(0.0, |sum, case| sum + case.seconds);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"0\" time=\"{seconds:.3}\">\n"
    );
    for one in cases {
        let outcome = match one.result {
            Outcome::Passed => None,
            Outcome::Failed => Some("failure"),
            Outcome::Inconclusive | Outcome::NotDone | Outcome::Interrupted => Some("error"),
        };
        case(&mut xml, (suite, one.name, one.seconds), outcome.map(|kind| (kind, one.detail)));
    }
    if let Some(broken) = broken {
        case(&mut xml, (suite, broken.test, 0.0), Some(("error", broken.why)));
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, (suite, test, seconds): (&str, &str, f64), outcome: Option<(&str, &str)>) {
    let inside = outcome
        .map_or_else(String::new, |(kind, message)| format!("<{kind} message=\"{}\"/>", escape(message)));
    writeln!(
        xml,
        "    <testcase classname=\"faascmd.{suite}\" name=\"{test}\" time=\"{seconds:.3}\">{inside}</testcase>"
    )
    .expect("a String takes everything");
}
