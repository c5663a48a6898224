//! Memory for transfers, placed as the driver wants it.

/// The low bits in which the driver wants a buffer and the card's address to agree are within these.
const PAGE: usize = 4096;

/// Bytes whose place in their page can be that of any address of the card.
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// Where the first page begins.
    page: usize,
}

impl Buffer {
    /// Room for transfers of so many bytes; the system gives the pages when they are touched.
    pub fn new(length: usize) -> Self {
        let bytes = vec![0; length + 2 * PAGE];
        let page = bytes.as_ptr().align_offset(PAGE);
        Self { bytes, page }
    }

    /// The first so many bytes for a transfer at an address.
    pub fn at(&mut self, address: u64, length: usize) -> &mut [u8] {
        let inside = usize::try_from(address % PAGE as u64).expect("less than a page");
        let start = self.page + inside;
        &mut self.bytes[start..start + length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_agrees_with_the_address_in_the_low_bits() {
        let mut buffer = Buffer::new(100);
        for address in [0_u64, 1, 64, 4095, 0x1_0000_0123] {
            let bytes = buffer.at(address, 100);
            assert_eq!(bytes.as_ptr().addr() % PAGE, usize::try_from(address).unwrap() % PAGE);
            assert_eq!(bytes.len(), 100);
        }
    }
}
