//! CRC-64/XZ of a whole, combined from those of its parts.

/// The polynomial, reflected: the first bit of a byte is its lowest.
const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;
/// The polynomial 1.
const ONE: u64 = 1 << 63;
/// The polynomial x^8: a byte further.
const BYTE: u64 = ONE >> 8;

/// Combines checksums of parts in their order.
///
/// The parts of a transfer have the same length but for the last one, so the factor that shifts a checksum by that length
/// is computed once; a crate's function, which computes it for each part, took a tenth of an upload's time.
#[derive(Clone, Copy, Debug)]
pub(in crate::ops) struct CombinedCrc {
    checksum: u64,
    length: u64,
    factor: u64,
}

impl CombinedCrc {
    /// Nothing so far.
    pub(in crate::ops) fn new() -> Self {
        Self { checksum: 0, length: 0, factor: ONE }
    }

    /// The same with a part after it.
    #[must_use]
    pub(in crate::ops) fn and(self, length: u64, checksum: u64) -> Self {
        let factor = if length == self.length { self.factor } else { power(BYTE, length) };
        Self { checksum: product(self.checksum, factor) ^ checksum, length, factor }
    }

    /// The checksum of all of it.
    pub(in crate::ops) fn checksum(&self) -> u64 {
        self.checksum
    }
}

/// `a` times `b` modulo the polynomial.
fn product(a: u64, mut b: u64) -> u64 {
    let mut sum = 0;
    for bit in (0..64).rev() {
        if a >> bit & 1 == 1 {
            sum ^= b;
        }
        b = b >> 1 ^ if b & 1 == 1 { POLYNOMIAL } else { 0 };
    }
    sum
}

/// `base` to the `exponent` modulo the polynomial.
fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = ONE;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = product(result, base);
        }
        base = product(base, base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use crc_fast::{CrcAlgorithm, checksum};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_give_the_checksum_of_the_whole(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
            length in 1..1000_usize,
        ) {
            let of = |part: &[u8]| checksum(CrcAlgorithm::Crc64Xz, part);
            let combined = bytes.chunks(length).fold(CombinedCrc::new(), |crc, part| crc.and(part.len() as u64, of(part)));
            prop_assert_eq!(combined.checksum(), of(&bytes));
        }
    }
}
