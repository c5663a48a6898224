//! What uploads and downloads share: the cut into parts, how many at once, the checksum of the whole.

mod concurrency;
mod crc;
mod plan;
mod range;

pub(super) use concurrency::Concurrency;
pub(super) use crc::CombinedCrc;
pub(super) use plan::{BODY, Plan};
pub use plan::{LARGEST_PART, SMALLEST_PART};
pub(super) use range::bytes_of;
