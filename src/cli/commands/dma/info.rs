//! `faascmd dma info`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::moved::rate;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::device::{Direction, Link};
use crate::dma::LinkLimit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd dma info
  faascmd dma info --device 05:00.0 -o json")]
pub(in crate::cli) struct InfoArgs {}

#[derive(Debug, Serialize)]
struct InfoReport {
    device: String,
    channels: Vec<ChannelInfo>,
    link: Option<Link>,
    limit: Option<LinkLimit>,
}

#[derive(Debug, Serialize)]
struct ChannelInfo {
    direction: Direction,
    channel: u8,
    node: PathBuf,
    /// `memory` or `stream`; null where nothing tells.
    kind: Option<&'static str>,
}

/// Runs the command.
pub(super) fn run(_: &InfoArgs, cx: &Context) -> Outcome {
    let nodes = cx.dma_nodes()?;
    let ways = [Direction::H2c, Direction::C2h].into_iter();
    let all = ways.flat_map(|way| nodes.channels(way).into_iter().map(move |channel| (way, channel)));
    let channels = all.map(|(direction, channel)| {
        let is_stream = cx.is_stream(&nodes, direction, channel);
        let kind = is_stream.map(|is_stream| if is_stream { "stream" } else { "memory" });
        ChannelInfo { direction, channel, node: nodes.path(direction, channel), kind }
    });
    let device = nodes.stem().to_owned();
    let channels = channels.collect();
    cx.ui.print(&InfoReport { device, channels, link: nodes.link(), limit: LinkLimit::of(&nodes) })
}

impl Report for InfoReport {
    const SCHEMA: &'static str = "faascmd.dma.info/1";

    fn human(&self, page: &mut Page) {
        let rows = self.channels.iter().map(|it| {
            let node = it.node.display().to_string();
            let kind = it.kind.unwrap_or("?").to_owned();
            vec![it.direction.word().to_owned(), it.channel.to_string(), kind, node]
        });
        page.table(&["direction", "channel", "kind", "node"], &rows.collect::<Vec<_>>());
        let mut facts = Vec::new();
        if let Some(link) = &self.link {
            let degraded = if link.degraded {
                format!(", and could be {} x{}", link.max_speed, link.max_width)
            } else {
                String::new()
            };
            facts.push(("link", format!("{} x{}{degraded}", link.speed, link.width)));
        }
        if let Some(limit) = &self.limit {
            let payload = limit.payload_bytes;
            let how = if limit.payload_known { "" } else { ", which is assumed" };
            facts.push((
                "limit",
                format!("{} each way, with payloads of {payload} bytes{how}", rate(limit.bytes_per_second)),
            ));
        }
        page.facts(&facts);
    }
}
