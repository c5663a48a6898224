//! What a page shows of the DMA test: throughput over size, faults, how it was run.

use super::dma_result::DmaResult;
use super::dma_speed::{COLUMNS, Speed, link_limit};
use crate::base::size::ByteSize;
use crate::cli::commands::dma::rate;
use crate::cli::picture::{Axis, Cell, Line, Plot, Scale, Shape, Table};
use crate::dma::Way;

/// How it was run, besides what is told of every test.
pub(super) fn facts(result: &DmaResult) -> [(&'static str, String); 3] {
    let unknown = || "not known".to_owned();
    let link = result.link.as_ref().map(|link| format!("{} x{}", link.speed, link.width));
    let limit = result.limit.map(|limit| {
        let (rate, payload) = (rate(limit.bytes_per_second), limit.payload_bytes);
        format!("{rate} each way, with payloads of {payload} bytes")
    });
    [
        ("link", link.unwrap_or_else(unknown)),
        ("limit", limit.unwrap_or_else(unknown)),
        ("seed", result.seed.clone()),
    ]
}

/// A line for each direction and number of channels, and one for what the link can move.
pub(in crate::cli::commands) fn plot(speeds: &[Speed]) -> Option<Plot> {
    let mut counts: Vec<usize> = speeds.iter().map(|speed| speed.channels).collect();
    counts.sort_unstable();
    counts.dedup();
    let ways = Way::ALL.into_iter().flat_map(|way| counts.iter().map(move |count| (way, *count)));
    let lines = ways.map(|(way, count)| line(speeds, (way, count)));
    let mut lines: Vec<Line> = lines.filter(|line| !line.points.is_empty()).collect();
    let sizes = || speeds.iter().map(|speed| speed.size as f64);
    let (least, most) = (sizes().min_by(f64::total_cmp)?, sizes().max_by(f64::total_cmp)?);
    if let Some(limit) = link_limit(speeds) {
        let gigabytes = limit / 1e9;
        let points = vec![(least, gigabytes), (most, gigabytes)];
        lines.push(Line { name: "link, one way".to_owned(), shape: Shape::Joined, points });
    }
    Some(Plot {
        title: "Throughput over size".to_owned(),
        about: "each direction and both at once, by the size of a transfer and the number of channels"
            .to_owned(),
        x: Axis { label: "size of a transfer".to_owned(), scale: Scale::Sizes },
        y: Axis { label: "GB/s".to_owned(), scale: Scale::Linear },
        lines,
    })
}

fn line(speeds: &[Speed], (way, channels): (Way, usize)) -> Line {
    let of_line = speeds.iter().filter(|it| it.way == way && it.channels == channels);
    Line {
        name: format!("{} ×{channels}", way.word()),
        shape: Shape::Joined,
        points: of_line.map(|it| (it.size as f64, it.bytes_per_second / 1e9)).collect(),
    }
}

pub(super) fn tables(result: &DmaResult) -> Vec<Table> {
    let text = |row: Vec<String>| row.into_iter().map(Cell::Text).collect();
    let faults = result.faults.iter().map(|fault| {
        let row = [fault.kind, &fault.address_hex, &fault.expected, &fault.found, &fault.detail];
        text(row.map(str::to_owned).into_iter().chain([fault.words.to_string()]).collect())
    });
    let more = result.faults_left_out;
    let more = (more > 0).then(|| text(vec![format!("and {more} more")]));
    let patterns = result.patterns.iter().map(|pass| {
        let (bytes, seconds) = (ByteSize(pass.bytes).to_string(), format!("{:.3} s", pass.seconds));
        text(vec![pass.pattern.to_owned(), bytes, seconds, pass.wrong_words.to_string()])
    });
    let speeds = result.told_speeds();
    let speeds = speeds.iter().map(|speed| text(speed.row()));
    let tables = [
        (
            "Faults",
            vec!["fault", "address", "expected", "found", "what", "words"],
            faults.chain(more).collect(),
        ),
        ("Patterns", vec!["pattern", "compared", "time", "wrong words"], patterns.collect()),
        ("Speeds", COLUMNS.to_vec(), speeds.collect::<Vec<_>>()),
    ];
    let tables = tables.into_iter().filter(|(_, _, rows): &(_, _, Vec<_>)| !rows.is_empty());
    tables.map(|(title, head, rows)| Table { title, head, rows }).collect()
}
