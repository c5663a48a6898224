//! A run as a page: verdict, hosts and chips, how fast memories are, failures, how it was run.

use super::outcomes::RanHost;
use super::report_dma;
use super::reported::{Reported, tail};
use crate::cli::picture::{Cell, Chip, Log, Part, Picture, Table, words};
use crate::ops::fleet::Outcome;

/// The whole page.
pub(super) fn document(reported: &Reported) -> String {
    let ran = &reported.ran;
    let mut parts = vec![Part::Table(hosts(&ran.hosts))];
    parts.extend(report_dma::parts(&ran.hosts));
    parts.extend(failures(&ran.hosts));
    let time =
        |at: Option<jiff::Timestamp>| at.map_or_else(|| "not over".to_owned(), |at| format!("{at:.0}"));
    Picture {
        title: format!("{} on {}", ran.kind, ran.target),
        verdict: reported.verdict,
        said: words(reported.verdict),
        summary: vec![ran.counts.line(), reported.cost_said()],
        parts,
        how: vec![
            ("run", ran.run.clone()),
            ("begun", time(reported.started)),
            ("over", time(reported.finished)),
            ("logs", ran.logs.display().to_string()),
        ],
    }
    .html()
}

fn hosts(hosts: &[RanHost]) -> Table {
    let row = |host: &RanHost| {
        let chip = |chip: &crate::ops::fleet::chip_tests::ChipTest| Chip {
            device: chip.device.clone(),
            name: chip.test.clone(),
            outcome: chip.outcome,
        };
        let loads = host.loads.iter().map(|load| Chip {
            device: load.fpga_uuid.clone(),
            name: "load".to_owned(),
            outcome: load.outcome,
        });
        let phases = host.phases.iter().map(|phase| format!("{} {} s", phase.name, phase.seconds));
        vec![
            Cell::Named { name: host.name.clone(), id: host.instance_id.clone() },
            Cell::Outcome(host.outcome, host.ended()),
            Cell::Chips(loads.chain(host.fpgas.iter().map(chip)).collect()),
            Cell::Text(phases.collect::<Vec<_>>().join(", ")),
        ]
    };
    let head = vec!["host", "outcome", "chips", "phases"];
    Table { title: "Hosts and chips", head, rows: hosts.iter().map(row).collect() }
}

fn failures(hosts: &[RanHost]) -> Option<Part> {
    let failed = hosts.iter().filter(|host| host.outcome != Outcome::Passed);
    let logs: Vec<Log> = failed
        .map(|host| Log {
            title: format!("{}: {}", host.name, host.ended()),
            outcome: host.outcome,
            text: tail(&host.output),
        })
        .collect();
    (!logs.is_empty()).then_some(Part::Logs { title: "What did not pass", logs })
}
