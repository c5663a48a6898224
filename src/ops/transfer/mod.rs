//! What uploads and downloads share: the cut into parts, how many at once, the checksum of the whole.

mod checkpoint;
mod concurrency;
mod crc;
mod cut;
mod plan;
mod range;

pub(super) use checkpoint::{Begun, Binding, Checkpoint, Found, Header, left_behind, noted};
pub(super) use concurrency::Concurrency;
pub(super) use crc::CombinedCrc;
pub(super) use cut::{Cut, Part, Placed};
pub(super) use plan::{BODY, Plan, body_of, is_small};
pub use plan::{LARGEST_PART, SMALLEST_PART};
pub(super) use range::bytes_of;
