//! A run as one page that asks nobody for anything: verdict, hosts and chips, failures, how it was run.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::outcomes::RanHost;
use super::reported::{Reported, tail};
use crate::ops::fleet::Outcome;

/// Readable in light, in dark, and on paper.
const STYLE: &str = "
:root{color-scheme:light dark;--passed:#1a7f37;--fault:#cf222e;--failed:#bc4c00;--not_run:#6e7781;--running:#0969da}
@media(prefers-color-scheme:dark){:root{--passed:#3fb950;--fault:#f85149;--failed:#db6d28;--not_run:#8b949e;--running:#58a6ff}}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1 b,td b{color:var(--c)}
.passed{--c:var(--passed)}.fault{--c:var(--fault)}.failed{--c:var(--failed)}.not_run{--c:var(--not_run)}.running{--c:var(--running)}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
.chip{display:inline-block;border:2px solid var(--c);color:var(--c);border-radius:.3rem;padding:0 .4rem;margin:0 .2rem .2rem 0;font-weight:600}
pre{overflow:auto;border-left:4px solid var(--c);padding:.5rem .8rem;white-space:pre-wrap}
@media print{pre{white-space:pre-wrap}body{margin:0}}";

/// The whole page.
pub(super) fn document(reported: &Reported) -> String {
    let ran = &reported.ran;
    let verdict = reported.verdict.name();
    let title = format!("{} on {}", ran.kind, ran.target);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{0}: {verdict}</title><style>{STYLE}</style></head>\n\
         <body class=\"{verdict}\"><h1>{0}: <b>{1}</b></h1>\n<p>{2}</p>\n",
        escape(&title),
        words(reported.verdict),
        escape(ran.counts.line()),
    );
    grid(&mut page, &ran.hosts);
    failures(&mut page, &ran.hosts);
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "not over".to_owned(), |at| at.to_string());
    let _infallible = writeln!(
        page,
        "<h2>How it was run</h2><table><tr><th>run<td>{}<tr><th>begun<td>{}<tr><th>over<td>{}\
         <tr><th>logs<td>{}<tr><th>program<td>faascmd {}</table></body></html>",
        escape(&ran.run),
        time(reported.started),
        time(reported.finished),
        escape(ran.logs.display().to_string()),
        env!("CARGO_PKG_VERSION"),
    );
    page
}

fn words(outcome: Outcome) -> String {
    outcome.name().replace('_', " ")
}

/// A row for each host with its chips; a letter says what the colour says.
fn grid(page: &mut String, hosts: &[RanHost]) {
    page.push_str("<h2>Hosts and chips</h2><table><tr><th>host<th>outcome<th>chips<th>time\n");
    for host in hosts {
        let chips: String = host
            .fpgas
            .iter()
            .map(|chip| {
                let (class, letter) = (chip.outcome.name(), words(chip.outcome)[..1].to_uppercase());
                let label =
                    escape(format!("{} {}: {}", chip.device, chip.test, words(chip.outcome))).into_owned();
                format!(
                    "<span class=\"chip {class}\" title=\"{label}\">{letter} {}</span>",
                    escape(&chip.test)
                )
            })
            .collect();
        let seconds = host.seconds.map(|seconds| format!("{seconds} s")).unwrap_or_default();
        let _infallible = writeln!(
            page,
            "<tr class=\"{}\"><td>{}<br><small>{}</small><td><b>{}</b><td>{chips}<td>{seconds}",
            host.outcome.name(),
            escape(&host.name),
            escape(&host.instance_id),
            escape(host.ended()),
        );
    }
    page.push_str("</table>\n");
}

fn failures(page: &mut String, hosts: &[RanHost]) {
    let failed: Vec<&RanHost> = hosts.iter().filter(|host| host.outcome != Outcome::Passed).collect();
    if failed.is_empty() {
        return;
    }
    page.push_str("<h2>What did not pass</h2>\n");
    for host in failed {
        let _infallible = writeln!(
            page,
            "<h3>{}: {}</h3><pre class=\"{}\">{}</pre>",
            escape(&host.name),
            escape(host.ended()),
            host.outcome.name(),
            escape(tail(&host.output)),
        );
    }
}
