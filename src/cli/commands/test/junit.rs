//! Test results as JUnit XML, which CI servers show.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::result::Outcome;
use super::told::Told;

/// The whole file.
pub(super) fn document(told: &Told<'_>) -> String {
    let Told { results, broken, .. } = told;
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
    for result in *results {
        let outcome = match result.result {
            Outcome::Passed => None,
            Outcome::Failed => Some("failure"),
            Outcome::Inconclusive | Outcome::NotDone | Outcome::Interrupted => Some("error"),
        };
        case(&mut xml, (result.test, result.seconds), outcome.map(|kind| (kind, result.detail.as_str())));
    }
    if let Some(broken) = broken {
        case(&mut xml, (broken.test, 0.0), Some(("error", broken.why)));
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
