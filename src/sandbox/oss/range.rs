//! Which bytes a GET gives ("OSS document Range").
//!
//! A range that the service does not like is ignored, and the whole object comes with 200; only
//! `x-oss-range-behavior: standard` makes it clip (206) or refuse (416).

/// What comes of a `Range` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// 200 and everything.
    Whole,
    /// 206: from the first byte, that many.
    Part(u64, u64),
    /// 416.
    NotSatisfiable,
}

/// Reads the header for an object of `size` bytes.
pub(super) fn range(header: Option<&str>, standard: bool, size: u64) -> Range {
    let Some((first, last)) = header.and_then(|text| bounds(text, size)) else { return Range::Whole };
    match (standard, first < size, last < size) {
        (_, true, true) => Range::Part(first, last - first + 1),
        (true, true, false) => Range::Part(first, size - first),
        (true, false, _) => Range::NotSatisfiable,
        (false, _, _) => Range::Whole,
    }
}

/// First and last byte as asked for; None for what is no single range of bytes.
fn bounds(text: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let suffix: u64 = last.parse().ok().filter(|length| *length > 0)?;
        return Some((size.saturating_sub(suffix), size.saturating_sub(1)));
    }
    let first = first.parse().ok()?;
    let last = if last.is_empty() { size.saturating_sub(1).max(first) } else { last.parse().ok()? };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_within_the_object_is_given_either_way() {
        for standard in [false, true] {
            assert_eq!(range(Some("bytes=2-4"), standard, 10), Range::Part(2, 3));
            assert_eq!(range(Some("bytes=2-"), standard, 10), Range::Part(2, 8));
            assert_eq!(range(Some("bytes=-3"), standard, 10), Range::Part(7, 3));
            assert_eq!(range(Some("bytes=9-9"), standard, 10), Range::Part(9, 1));
        }
    }

    #[test]
    fn one_that_reaches_out_is_ignored_unless_the_standard_is_asked_for() {
        for text in ["bytes=5-10", "bytes=10-", "bytes=10-12", "bytes=99-100"] {
            assert_eq!(range(Some(text), false, 10), Range::Whole, "{text}");
        }
        assert_eq!(range(Some("bytes=5-10"), true, 10), Range::Part(5, 5));
        assert_eq!(range(Some("bytes=10-"), true, 10), Range::NotSatisfiable);
        assert_eq!(range(Some("bytes=99-100"), true, 10), Range::NotSatisfiable);
    }

    #[test]
    fn what_is_no_single_range_gives_the_whole() {
        for text in ["bytes=4-2", "bytes=-0", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=-"]
        {
            assert_eq!(range(Some(text), true, 10), Range::Whole, "{text}");
        }
        assert_eq!(range(None, true, 10), Range::Whole);
    }
}
