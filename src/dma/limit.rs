//! What the PCIe link could move at most.

use serde::Serialize;

use crate::device::DmaNodes;

/// The limit of one direction; a link moves as much both ways at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LinkLimit {
    pub gigatransfers_per_second: f64,
    pub width: u32,
    /// The most bytes of a packet's data.
    pub payload_bytes: u32,
    /// Whether the card says so; else it is what most boards are set up with.
    pub payload_known: bool,
    pub bytes_per_second: f64,
}

/// What most boards are set up with.
const USUAL_PAYLOAD: u32 = 256;
/// Bytes around a packet's data: framing and sequence number (4), header with a 64-bit address (16), checksum (4).
const OVERHEAD: f64 = 24.0;

impl LinkLimit {
    /// The limit of a card's link; None where nothing tells its speed.
    pub fn of(nodes: &DmaNodes) -> Option<Self> {
        let link = nodes.link()?;
        let known = nodes.pci().and_then(|pci| pci.max_payload());
        let limit = Self::new(link.gigatransfers()?, link.width, known.unwrap_or(USUAL_PAYLOAD));
        Some(Self { payload_known: known.is_some(), ..limit })
    }

    fn new(gigatransfers_per_second: f64, width: u32, payload_bytes: u32) -> Self {
        // Up to 5 GT/s ten bits carry eight, from 8 GT/s on 130 carry 128 (PCIe Base Specification, 4.2).
        let coding = if gigatransfers_per_second < 8.0 { 0.8 } else { 128.0 / 130.0 };
        let raw = gigatransfers_per_second * 1e9 * f64::from(width) * coding / 8.0;
        let payload = f64::from(payload_bytes);
        let bytes_per_second = (raw * payload / (payload + OVERHEAD)).round();
        Self { gigatransfers_per_second, width, payload_bytes, payload_known: true, bytes_per_second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_what_the_packets_leave_of_the_lanes() {
        let gigabytes = |speed, width, payload| LinkLimit::new(speed, width, payload).bytes_per_second / 1e9;
        assert!((gigabytes(8.0, 16, 256) - 14.40).abs() < 0.01);
        assert!((gigabytes(8.0, 8, 128) - 6.63).abs() < 0.01);
        assert!((gigabytes(5.0, 8, 256) - 3.66).abs() < 0.01);
    }
}
