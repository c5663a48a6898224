//! A run as JUnit XML: a suite for each host, a case for each test of a chip or for its command.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::outcomes::RanHost;
use super::reported::{Reported, tail};
use crate::ops::fleet::Outcome;

/// The whole file.
pub(super) fn document(reported: &Reported) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    reported.ran.hosts.iter().for_each(|host| suite(&mut xml, host, &reported.ran.kind));
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, host: &RanHost, kind: &str) {
    let mut cases: Vec<(String, Outcome)> =
        host.fpgas.iter().map(|chip| (format!("{} {}", chip.device, chip.test), chip.outcome)).collect();
    if cases.is_empty()
        || host.fpgas.iter().all(|chip| chip.outcome == Outcome::Passed) != (host.outcome == Outcome::Passed)
    {
        cases.push((kind.to_owned(), host.outcome));
    }
    let count = |wanted: &[Outcome]| cases.iter().filter(|(_, outcome)| wanted.contains(outcome)).count();
    let (failures, errors) =
        (count(&[Outcome::Fault]), count(&[Outcome::Failed, Outcome::NotRun, Outcome::Running]));
    let _infallible = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"{}\">",
        escape(tail(&host.name)),
        cases.len(),
        host.seconds.unwrap_or(0),
    );
    for (name, outcome) in cases {
        let inside = match outcome {
            Outcome::Passed => String::new(),
            Outcome::Fault => element("failure", host),
            Outcome::Failed | Outcome::NotRun | Outcome::Running => element("error", host),
        };
        let _infallible = writeln!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\">{inside}</testcase>",
            escape(&host.instance_id),
            escape(&name)
        );
    }
    xml.push_str("  </testsuite>\n");
}

fn element(kind: &str, host: &RanHost) -> String {
    format!("<{kind} message=\"{}\">{}</{kind}>", escape(tail(&host.ended())), escape(tail(&host.output)))
}
