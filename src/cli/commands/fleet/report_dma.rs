//! What the chips of a run told of their memories' speed: the slowest as plots, all in a table.

use super::outcomes::RanHost;
use crate::base::size::ByteSize;
use crate::cli::commands::test::{Speed, best, speed_plot};
use crate::cli::picture::{Cell, Part, Plot, Table};
use crate::dma::Way;
use crate::ops::fleet::chip_tests;

/// So many chips have a plot of their own: those that somebody would look at first.
const DRAWN: usize = 4;

/// What a chip told.
#[derive(Debug)]
struct Memory<'a> {
    host: &'a str,
    device: String,
    speeds: Vec<Speed>,
}

/// Plots and a table; nothing where no speed was measured.
pub(super) fn parts(hosts: &[RanHost]) -> Vec<Part> {
    let mut memories: Vec<Memory<'_>> = hosts.iter().flat_map(Memory::of).collect();
    if memories.is_empty() {
        return Vec::new();
    }
    memories.sort_by(|a, b| a.slower_way().total_cmp(&b.slower_way()));
    let plots = memories.iter().take(DRAWN).filter_map(|memory| memory.plot(memories.len()));
    plots.map(Part::Plot).chain([Part::Table(table(&memories))]).collect()
}

fn table(memories: &[Memory<'_>]) -> Table {
    let head = vec!["chip", "h2c", "c2h", "both", "p50 / p99 of the smallest, h2c"];
    Table {
        title: "Fastest transfers, the slowest chip first",
        head,
        rows: memories.iter().map(Memory::row).collect(),
    }
}

impl<'a> Memory<'a> {
    fn of(host: &'a RanHost) -> impl Iterator<Item = Self> {
        chip_tests::printed(&host.output).into_iter().filter_map(move |(chip, printed)| {
            let speeds: Vec<Speed> = printed.lines().filter_map(Speed::read).collect();
            let is_measured = chip.test == "dma" && !speeds.is_empty();
            is_measured.then(|| Self { host: &host.name, device: chip.device, speeds })
        })
    }

    /// Bytes per second of the direction that is the slower one.
    fn slower_way(&self) -> f64 {
        let of_a_way = |way| best(&self.speeds, way).map_or(0.0, |speed| speed.bytes_per_second);
        of_a_way(Way::H2c).min(of_a_way(Way::C2h))
    }

    fn plot(&self, of: usize) -> Option<Plot> {
        let plot = speed_plot(&self.speeds)?;
        let about = if of > DRAWN {
            format!("one of the {DRAWN} slowest of {of} chips; {}", plot.about)
        } else {
            plot.about
        };
        Some(Plot { title: format!("{}: {} {}", plot.title, self.host, self.device), about, ..plot })
    }

    fn row(&self) -> Vec<Cell> {
        let of_a_way = |way| Cell::Text(best(&self.speeds, way).map(Speed::in_words).unwrap_or_default());
        let to_card = self.speeds.iter().filter(|speed| speed.way == Way::H2c && speed.channels == 1);
        let smallest = to_card
            .min_by_key(|speed| speed.size)
            .map(|speed| format!("{}: {:.1} / {:.1} µs", ByteSize(speed.size), speed.p50_us, speed.p99_us));
        vec![
            Cell::Named { name: self.host.to_owned(), id: self.device.clone() },
            of_a_way(Way::H2c),
            of_a_way(Way::C2h),
            of_a_way(Way::Both),
            Cell::Text(smallest.unwrap_or_default()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fleet::Outcome;

    fn host(name: &str, gigabytes: f64) -> RanHost {
        let rows =
            [("h2c", gigabytes), ("c2h", gigabytes), ("both", gigabytes * 2.0)].map(|(way, gigabytes)| {
                format!(
                    "{way}\t4 KiB\t1\t{gigabytes:.2} GB/s\t50%\t1.0 µs\t2.0 µs\n\
                     {way}\t1 MiB\t1\t{:.2} GB/s\t90%\t1.0 µs\t2.0 µs\n",
                    gigabytes * 2.0
                )
            });
        let output = format!("✓ dma    passed\n{}@@faascmd /dev/xdma0_user dma 0\n", rows.concat());
        RanHost {
            instance_id: format!("i-{name}"),
            name: name.to_owned(),
            state: "over",
            outcome: Outcome::Passed,
            exit_code: Some(0),
            why: None,
            seconds: Some(1),
            output_bytes: output.len() as u64,
            fpgas: chip_tests::read(&output),
            output,
            log: None,
            loads: Vec::new(),
            phases: Vec::new(),
        }
    }

    #[test]
    fn however_many_chips_there_are_the_slowest_are_drawn_and_all_are_in_the_table() {
        let hosts: Vec<_> =
            (0..100).map(|n| host(&format!("ddr-{n:03}"), f64::from(100 - n) / 10.0)).collect();
        let parts = parts(&hosts);
        let titles: Vec<_> = parts
            .iter()
            .filter_map(|part| if let Part::Plot(plot) = part { Some(plot.title.as_str()) } else { None })
            .collect();
        let drawn = ["ddr-099", "ddr-098", "ddr-097", "ddr-096"];
        assert_eq!(titles, drawn.map(|name| format!("Throughput over size: {name} /dev/xdma0_user")));
        let Some(Part::Table(table)) = parts.last() else { panic!("{parts:?}") };
        assert_eq!(table.rows.len(), 100);
        let Some(Part::Plot(plot)) = parts.first() else { panic!("{parts:?}") };
        let link = plot.lines.iter().find(|line| line.name == "link, one way").unwrap();
        // 0.20 GB/s are 90 % of it.
        assert!(link.points.iter().all(|(_, gigabytes)| (gigabytes - 0.2 / 0.9).abs() < 1e-9), "{link:?}");
        let Cell::Text(fastest) = &table.rows[99][1] else { panic!("{table:?}") };
        assert_eq!(fastest, "20.00 GB/s, 90% of the link");
    }

    #[test]
    fn a_run_without_speeds_has_no_part() {
        let quiet = RanHost {
            output: "h2c\t4 KiB\t1\t1.00 GB/s\t\t1.0 µs\t2.0 µs\n@@faascmd /dev/xdma0_user smoke 0\n".into(),
            ..host("a", 1.0)
        };
        assert!(parts(&[quiet]).is_empty());
    }
}
