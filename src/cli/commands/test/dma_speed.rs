//! A measurement of the link as tables tell it, and what is read from a table that a host printed.

use crate::base::size::ByteSize;
use crate::cli::commands::dma::rate;
use crate::device::MOST_CHANNELS;
use crate::dma::Way;

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli::commands) struct Speed {
    pub(in crate::cli::commands) way: Way,
    /// Bytes of a transfer.
    pub(in crate::cli::commands) size: u64,
    pub(in crate::cli::commands) channels: usize,
    pub(in crate::cli::commands) bytes_per_second: f64,
    /// Of what the link can move; both directions at once can move twice as much.
    pub(in crate::cli::commands) share_of_limit: Option<f64>,
    /// Microseconds of a transfer: half take no longer, and 99 of a hundred.
    pub(in crate::cli::commands) p50_us: f64,
    pub(in crate::cli::commands) p99_us: f64,
}

/// The heads of [`Speed::row`].
pub(super) const COLUMNS: [&str; 7] = ["direction", "size", "channels", "rate", "of the limit", "p50", "p99"];

impl Speed {
    /// The row of a table.
    pub(super) fn row(&self) -> Vec<String> {
        vec![
            self.way.word().to_owned(),
            ByteSize(self.size).to_string(),
            self.channels.to_string(),
            rate(self.bytes_per_second),
            self.share_of_limit.map(percent).unwrap_or_default(),
            format!("{:.1} µs", self.p50_us),
            format!("{:.1} µs", self.p99_us),
        ]
    }

    /// What a line of output tells that is such a row off a terminal, as far as its digits go.
    pub(in crate::cli::commands) fn read(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split('\t').collect();
        let [way, size, channels, rate, share, p50, p99] = cells[..] else { return None };
        let share = share.strip_suffix('%').map(|share| number(share).map(|percent| percent / 100.0));
        Some(Self {
            way: Way::ALL.into_iter().find(|it| it.word() == way)?,
            size: bytes(size).filter(|size| *size > 0)?,
            channels: channels.parse().ok().filter(|count| (1..=MOST_CHANNELS.into()).contains(count))?,
            bytes_per_second: in_unit(rate, &[("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3)])?,
            share_of_limit: share.flatten(),
            p50_us: in_unit(p50, &[("µs", 1.0)])?,
            p99_us: in_unit(p99, &[("µs", 1.0)])?,
        })
    }

    /// `12.31 GB/s, 85% of the link`
    pub(in crate::cli::commands) fn in_words(&self) -> String {
        let share = self.share_of_limit.map(|share| format!(", {} of the link", percent(share)));
        rate(self.bytes_per_second) + &share.unwrap_or_default()
    }
}

/// The fastest of one direction.
pub(in crate::cli::commands) fn best(speeds: &[Speed], way: Way) -> Option<&Speed> {
    let of_way = speeds.iter().filter(|speed| speed.way == way);
    of_way.max_by(|a, b| a.bytes_per_second.total_cmp(&b.bytes_per_second))
}

/// Bytes per second that the link can move one way, from what they are of it: a printed share has no tenths, so the
/// largest tells it best.
pub(super) fn link_limit(speeds: &[Speed]) -> Option<f64> {
    let shared = speeds.iter().filter_map(|speed| Some((speed, speed.share_of_limit?)));
    let (speed, share) = shared.max_by(|(_, a), (_, b)| a.total_cmp(b)).filter(|(_, share)| *share > 0.0)?;
    let ways = if speed.way == Way::Both { 2.0 } else { 1.0 };
    Some(speed.bytes_per_second / (share * ways))
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// What [`ByteSize`] prints, with its tenths.
fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let ByteSize(unit) = format!("1 {unit}").parse().ok()?;
    let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
    let (whole, tenths): (u64, u64) = (whole.parse().ok()?, tenths.parse().ok()?);
    whole.checked_mul(unit)?.checked_add(tenths.checked_mul(unit)? / 10)
}

fn in_unit(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (value, unit) = text.split_once(' ')?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number(value).map(|value| value * factor)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value| (0.0..1e12).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_printed() {
        let speed = Speed {
            way: Way::Both,
            size: 64 << 10,
            channels: 4,
            bytes_per_second: 12.34e9,
            share_of_limit: Some(0.85),
            p50_us: 3.2,
            p99_us: 10.0,
        };
        let slow = Speed { bytes_per_second: 2.5e6, size: 1536, share_of_limit: None, ..speed.clone() };
        for speed in [speed, slow] {
            assert_eq!(Speed::read(&speed.row().join("\t")), Some(speed));
        }
    }

    #[test]
    fn what_is_no_row_is_none() {
        let row = "h2c\t4 KiB\t1\t1.00 GB/s\t\t1.0 µs\t2.0 µs";
        assert!(Speed::read(row).is_some());
        for (right, wrong) in [
            ("h2c", "h2d"),
            ("4 KiB", "0 B"),
            ("4 KiB", "99999999999999 TiB"),
            ("\t1\t", "\t0\t"),
            ("\t1\t", "\t1000000\t"),
            ("1.00", "inf"),
            ("1.00", "NaN"),
            ("1.00", "-1"),
            ("GB/s", "B/s"),
            ("\t2.0 µs", ""),
        ] {
            assert_eq!(Speed::read(&row.replace(right, wrong)), None, "{wrong}");
        }
    }
}
