//! `faascmd reg info`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::super::left_running::{self, stop_command};
use crate::base::private_file::state_folder;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::ddr::LeftRunning;
use crate::device::{Access, Info, Link, Node, locate};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg info
  faascmd reg info --device 05:00.0/2 -o json")]
pub(in crate::cli) struct InfoArgs {}

/// Runs the command.
pub(super) fn run(_args: &InfoArgs, cx: &Context) -> Outcome {
    let opener = cx.opener(false);
    let node = Node::open(locate(&opener.name, &opener.roots)?, Access::Read)?;
    let noted = |state: PathBuf| LeftRunning::noted(&state, &node.located().identity());
    let report = InfoReport { info: Info::of(&node)?, prbs_left_running: state_folder().and_then(noted) };
    if let Some(left) = &report.prbs_left_running {
        let device = cx.device_name();
        cx.ui.warn(&format!("{}; to stop it: {}", left_running::text(left, &device), stop_command(&device)));
    }
    cx.ui.print(&report)
}

#[derive(Debug, Serialize)]
struct InfoReport {
    #[serde(flatten)]
    info: Info,
    /// A soak that SIGKILL ended, as a note on disk tells.
    prbs_left_running: Option<LeftRunning>,
}

impl Report for InfoReport {
    const SCHEMA: &'static str = "faascmd.reg.info/1";

    fn human(&self, page: &mut Page) {
        self.info.human(page);
    }
}

impl Info {
    fn human(&self, page: &mut Page) {
        let mut facts = vec![
            ("device", self.device.clone()),
            ("kind", self.kind.to_owned()),
            ("length", format!("{:#x} ({} bytes)", self.length, self.length)),
        ];
        if let Some(pid) = self.locked_by {
            facts.push(("locked by", format!("process {pid}")));
        }
        if let Some(pci) = &self.pci {
            let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
            facts.push(("pci", pci.address.clone()));
            facts.push(("driver", or_none(&pci.driver)));
            facts.push(("ids", pair(&pci.vendor, &pci.device)));
            facts.push(("subsystem", pair(&pci.subsystem_vendor, &pci.subsystem_device)));
            facts.extend(pci.link.as_ref().map(|link| ("link", link_text(link))));
        }
        if let Some(xdma) = &self.xdma {
            facts.push(("xdma driver", xdma.driver_version.clone()));
            facts.push(("dma engine", xdma.dma_engine_version.clone()));
            facts.push(("feature id", xdma.feature_id.clone()));
        }
        page.facts(&facts);
    }
}

/// `10ee:9038`, as lspci writes it.
fn pair(vendor: &Option<String>, device: &Option<String>) -> String {
    let id = |id: &Option<String>| id.as_deref().unwrap_or("?").trim_start_matches("0x").to_owned();
    format!("{}:{}", id(vendor), id(device))
}

fn link_text(link: &Link) -> String {
    let Link { speed, max_speed, width, max_width, degraded } = link;
    let of = if *degraded {
        format!(" (degraded: the device can {max_speed} x{max_width})")
    } else {
        String::new()
    };
    format!("{speed} x{width}{of}")
}
