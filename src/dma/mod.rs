//! The card's memory through the xdma driver's DMA nodes: whole transfers, what is wrong with the memory, how fast the
//! link is.
//!
//! A transfer is `pread` or `pwrite` at the card's address. The driver pins the pages of the buffer, wants buffer and
//! address to agree in their low bits, and may move less than was asked for; an engine that hangs answers after ten
//! seconds with an error number that the C library has no text for.

mod buffer;
mod channel;
mod diagnosis;
mod error;
mod explain;
mod faults;
mod limit;
mod pattern;
mod speed;
#[cfg(test)]
mod tests;
mod verify;

pub use buffer::Buffer;
pub use channel::Channel;
pub use diagnosis::{Fault, Kind};
pub use error::DmaError;
pub use explain::Cause;
pub use limit::LinkLimit;
pub use pattern::{Data, Pattern};
pub use speed::{Measure, SpeedPlan, Way, measure};
pub use verify::{Pass, Verified, VerifyPlan, verify};

/// A part of the card's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: u64,
    pub length: u64,
}

impl Range {
    /// The first address after it.
    pub fn end(self) -> u64 {
        self.start + self.length
    }

    /// Whether a word of it begins there.
    fn holds(self, address: u64) -> bool {
        (self.start..self.end()).contains(&address)
    }

    /// Its pieces of a size, the last one as long as it is.
    fn pieces(self, size: u64) -> impl Iterator<Item = Self> {
        let starts = (0..self.length.div_ceil(size)).map(move |n| n * size);
        starts.map(move |at| Self { start: self.start + at, length: size.min(self.length - at) })
    }
}
