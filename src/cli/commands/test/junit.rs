//! Test results as JUnit XML, which CI servers show.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::any_result::AnyResult;
use super::result::{Case, Outcome};
use super::told::{Broken, Told};
use crate::base::text::harmless;

/// The whole file: a suite for each kind of work.
pub(super) fn document(told: &Told<'_>) -> String {
    let steps = told.steps.iter().filter(|step| !step.name.is_test()).map(|step| Case {
        name: step.name.word(),
        result: Outcome::Passed,
        detail: "",
        seconds: step.seconds,
    });
    let mut suites: [(&str, Vec<Case<'_>>); 3] =
        [("deploy", steps.collect()), ("ddr", Vec::new()), ("dma", Vec::new())];
    for result in told.results {
        let kind = if matches!(result, AnyResult::Dma(_)) { 2 } else { 1 };
        suites[kind].1.extend(result.cases());
    }
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (name, cases) in &suites {
        let broken = told.broken.filter(|_| told.suite == *name);
        if !cases.is_empty() || broken.is_some() {
            suite(&mut xml, (name, cases), broken);
        }
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, (suite, cases): (&str, &[Case<'_>]), broken: Option<Broken<'_>>) {
    let count = |outcome| cases.iter().filter(|case| case.result == outcome).count();
    let failures = count(Outcome::Failed);
    let errors = cases.len() - failures - count(Outcome::Passed) + usize::from(broken.is_some());
    let tests = cases.len() + usize::from(broken.is_some());
    // The sum of no numbers is -0.
    let seconds = cases.iter().fold(0.0, |sum, case| sum + case.seconds);
    writeln!(
        xml,
        "  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"0\" time=\"{seconds:.3}\">"
    )
    .expect("a String takes everything");
    for one in cases {
        let outcome = match one.result {
            Outcome::Passed => None,
            Outcome::Failed => Some("failure"),
            Outcome::Inconclusive | Outcome::NotDone | Outcome::Interrupted => Some("error"),
        };
        case(xml, (suite, one.name, one.seconds), outcome.map(|kind| (kind, one.detail)));
    }
    if let Some(broken) = broken {
        case(xml, (suite, broken.test, 0.0), Some(("error", broken.why)));
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, (suite, test, seconds): (&str, &str, f64), outcome: Option<(&str, &str)>) {
    // XML has no control characters, also not as references.
    let inside = outcome.map_or_else(String::new, |(kind, message)| {
        format!("<{kind} message=\"{}\"/>", escape(&*harmless(message)))
    });
    writeln!(
        xml,
        "    <testcase classname=\"faascmd.{suite}\" name=\"{test}\" time=\"{seconds:.3}\">{inside}</testcase>"
    )
    .expect("a String takes everything");
}
