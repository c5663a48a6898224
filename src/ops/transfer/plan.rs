//! How a transfer is cut into parts, and how often one is tried.

use std::ops::Range;
use std::time::Duration;

use crate::cloud::Retry;

/// The size of a part unless another is asked for.
pub(in crate::ops) const PART_SIZE: u64 = 8 << 20;
/// The service refuses to complete an upload with a smaller one, save the last (OSS document `UploadPart`).
pub const SMALLEST_PART: u64 = 100 << 10;
/// The largest part, and the largest object in one request (OSS documents `UploadPart`, `PutObject`).
pub const LARGEST_PART: u64 = 5 << 30;
/// Parts of one upload (OSS document `UploadPart`).
pub(super) const MOST_PARTS: u64 = 10_000;

/// A body may be slow, a network may be away for minutes, and a gateway may refuse half of what is sent: there are more
/// tries, and there is more time, than for a question. A few jobs take turns and spare the service by themselves, so
/// pauses stay short.
pub(in crate::ops) const BODY: Retry = Retry {
    idempotent: true,
    attempts: 32,
    within: Duration::from_secs(15 * 60),
    within_silence: Duration::from_secs(5 * 60),
    longest_pause: Duration::from_secs(3),
};
/// A larger body than this takes its time.
const SMALL: u64 = 1 << 20;

/// Whether a body is no reason to wait long for a peer that says nothing.
pub(in crate::ops) fn is_small(length: u64) -> bool {
    length < SMALL
}

/// How often a body of this length is tried.
pub(in crate::ops) fn body_of(length: u64) -> Retry {
    let within_silence = if is_small(length) { Retry::SOON } else { BODY.within_silence };
    Retry { within_silence, ..BODY }
}

/// A file's size and that of its parts; the last part is what remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) struct Plan {
    pub(in crate::ops) size: u64,
    pub(in crate::ops) part_size: u64,
}

impl Plan {
    /// Parts of the wanted size, or of the next whole MiB with which 10 000 suffice.
    pub(in crate::ops) fn new(size: u64, wanted: Option<u64>) -> Self {
        let wanted = wanted.unwrap_or(PART_SIZE).clamp(SMALLEST_PART, LARGEST_PART);
        let least = size.div_ceil(MOST_PARTS).next_multiple_of(1 << 20);
        let part_size = if wanted * MOST_PARTS >= size { wanted } else { least };
        Self { size, part_size }
    }

    /// Whether one request does.
    pub(in crate::ops) fn is_one_part(&self) -> bool {
        self.size <= self.part_size
    }

    /// The numbers of the parts.
    pub(in crate::ops) fn numbers(&self) -> std::ops::RangeInclusive<u32> {
        let count = self.size.div_ceil(self.part_size);
        1..=u32::try_from(count).expect("10 000 at most")
    }

    /// The bytes of a part.
    pub(in crate::ops) fn range(&self, number: u32) -> Range<u64> {
        let first = u64::from(number - 1) * self.part_size;
        first..(first + self.part_size).min(self.size)
    }

    /// Parts in flight at once: what was asked for, else two for each core, up to eight.
    pub(in crate::ops) fn jobs(&self, wanted: Option<usize>) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let suitable = wanted.unwrap_or((2 * cores).clamp(4, 8));
        suitable.clamp(1, self.numbers().count().max(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_cover_the_file_exactly_once(size in 1..48_u64 << 40, wanted in proptest::option::of(1..6_u64 << 30)) {
            let plan = Plan::new(size, wanted);
            let mut covered = 0;
            for number in plan.numbers() {
                let range = plan.range(number);
                prop_assert_eq!(range.start, covered);
                prop_assert!(range.end > range.start && range.end - range.start <= LARGEST_PART);
                prop_assert!(range.end - range.start >= SMALLEST_PART || range.end == size);
                covered = range.end;
            }
            prop_assert_eq!(covered, size);
            prop_assert!(plan.numbers().count() <= 10_000);
        }
    }

    #[test]
    fn a_part_grows_only_when_ten_thousand_do_not_suffice() {
        assert_eq!(Plan::new(10_000 * PART_SIZE, None).part_size, PART_SIZE);
        assert_eq!(Plan::new(10_000 * PART_SIZE + 1, None).part_size, PART_SIZE + (1 << 20));
        assert_eq!(Plan::new(1 << 30, Some(SMALLEST_PART)).part_size, 1 << 20);
        assert!(Plan::new(PART_SIZE, None).is_one_part());
        assert!(Plan::new(0, None).is_one_part());
    }

    #[test]
    fn there_are_never_more_jobs_than_parts() {
        assert_eq!(Plan::new(3 * PART_SIZE, None).jobs(None), 3);
        assert_eq!(Plan::new(1 << 30, None).jobs(Some(5)), 5);
        assert!((4..=8).contains(&Plan::new(1 << 30, None).jobs(None)));
    }
}
