//! Addresses and sizes as people write them for a memory.

use crate::base::size::ByteSize;
use crate::device::number;
use crate::dma::Range;

/// `0x1000`, `4096` or `4KiB`.
pub(in crate::cli::commands) fn amount(text: &str) -> Result<u64, String> {
    number(text).or_else(|not_a_number| {
        let size: Result<ByteSize, _> = text.parse();
        // A leading 0 is told as what it is.
        size.ok()
            .filter(|_| !text.starts_with('0'))
            .map(|size| size.0)
            .ok_or_else(|| format!("{not_a_number}, or a size such as 64MiB"))
    })
}

/// `START+BYTES`, in whole words of 8 bytes.
pub(in crate::cli::commands) fn range(text: &str) -> Result<Range, String> {
    let (start, length) = text.split_once('+').ok_or("write START+BYTES, such as 0x0+64MiB")?;
    let (start, length) = (amount(start)?, amount(length)?);
    if length == 0 {
        return Err("it is empty".to_owned());
    }
    if !start.is_multiple_of(8) || !length.is_multiple_of(8) {
        return Err("it does not begin and end at a multiple of 8".to_owned());
    }
    if start.checked_add(length).is_none_or(|end| end > 1 << 62) {
        return Err("it has no end".to_owned());
    }
    Ok(Range { start, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, bytes) in [("0x1000", 4096), ("4K", 4096), ("1MiB", 1 << 20), ("0", 0), ("1_000", 1000)] {
            assert_eq!(amount(text), Ok(bytes), "{text}");
        }
        for text in ["", "x", "010", "1.5M", "-1", "0x"] {
            assert!(amount(text).is_err(), "{text}");
        }
        assert_eq!(range("0x1000+1M"), Ok(Range { start: 4096, length: 1 << 20 }));
        for text in ["0x1000", "0+0", "4+8", "0+9", "0xfffffffffffffff8+8", "0..64", "+8"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
