//! A file cut into parts as it goes: as large as asked for, smaller where the line breaks before one is through.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use super::plan::{MOST_PARTS, Plan, SMALLEST_PART};
use crate::oss::ListedPart;

/// So many parts in a row without a break, and the next are twice as large again.
const IN_A_ROW: u32 = 4;

/// A part to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ops) struct Part {
    pub(in crate::ops) number: u32,
    pub(in crate::ops) range: Range<u64>,
}

/// A part that is there, and where in the file it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ops) struct Placed {
    pub(in crate::ops) at: u64,
    pub(in crate::ops) part: ListedPart,
}

impl Placed {
    /// Its bytes of the file.
    pub(in crate::ops) fn range(&self) -> Range<u64> {
        self.at..self.at.saturating_add(self.part.size)
    }

    /// The same, to be sent.
    pub(in crate::ops) fn as_part(&self) -> Part {
        Part { number: self.part.number, range: self.range() }
    }
}

/// What of a file is still to be sent.
#[derive(Clone, Debug)]
pub(in crate::ops) struct Cut {
    plan: Plan,
    /// Bytes of the parts that are cut now.
    part: u64,
    /// Parts that have their number and their bytes.
    given: VecDeque<Part>,
    /// Where the rest begins, and the number of its first part.
    at: u64,
    number: u32,
    in_a_row: u32,
}

impl Cut {
    /// Cuts what lies between and behind the parts that are known; gives the numbers of those that fit into it. Who wrote
    /// their sizes down may have been killed while it cut the file anew.
    pub(in crate::ops) fn around(plan: Plan, known: &BTreeMap<u32, Range<u64>>) -> (Self, BTreeSet<u32>) {
        let given = VecDeque::new();
        let mut cut = Self { plan, part: plan.part_size, given, at: 0, number: 1, in_a_row: 0 };
        let fit =
            known.iter().filter(|(number, range)| cut.takes(**number, range)).map(|(number, _)| *number);
        let fit = fit.collect();
        (cut, fit)
    }

    /// Takes a known part behind those that were taken before, if there is room for it.
    fn takes(&mut self, number: u32, range: &Range<u64>) -> bool {
        let is_large = range.end.saturating_sub(range.start) >= SMALLEST_PART || range.end == self.plan.size;
        let Some(gap) = range.start.checked_sub(self.at).filter(|_| is_large && range.end <= self.plan.size)
        else {
            return false;
        };
        let Some(count) = number.checked_sub(self.number) else { return false };
        if count == 0 && gap > 0 || gap < u64::from(count) * SMALLEST_PART {
            return false;
        }
        let place = |n: u32| self.at + gap * u64::from(n) / u64::from(count.max(1));
        let between = (0..count).map(|n| Part { number: self.number + n, range: place(n)..place(n + 1) });
        self.given.extend(between.collect::<Vec<_>>());
        (self.at, self.number) = (range.end, number + 1);
        true
    }

    /// The next part.
    pub(in crate::ops) fn next(&mut self) -> Option<Part> {
        if let Some(part) = self.given.pop_front() {
            return Some(part);
        }
        let length = self.part.max(self.least()).min(self.plan.size - self.at);
        let part = Part { number: self.number, range: self.at..self.at + length };
        (length > 0).then(|| {
            (self.at, self.number) = (part.range.end, self.number + 1);
            part
        })
    }

    /// Takes back a part that did not get through.
    pub(in crate::ops) fn give_back(&mut self, part: Part) {
        self.in_a_row = 0;
        self.given.push_back(part);
    }

    /// A part got through.
    pub(in crate::ops) fn got_through(&mut self) {
        self.in_a_row += 1;
        if self.in_a_row == IN_A_ROW {
            self.part = (self.part * 2).min(self.plan.part_size);
            self.in_a_row = 0;
        }
    }

    /// Whether parts can't be smaller: the service takes none, or no more of them.
    pub(in crate::ops) fn is_smallest(&self) -> bool {
        self.part <= self.least()
    }

    /// Cuts all from here on anew, into smaller parts.
    pub(in crate::ops) fn smaller_from(&mut self, at: u64, number: u32) {
        (self.at, self.number, self.in_a_row) = (at, number, 0);
        self.given.clear();
        self.part = (self.part / 4).max(self.least());
    }

    fn least(&self) -> u64 {
        let numbers = (MOST_PARTS + 1).saturating_sub(u64::from(self.number)).max(1);
        SMALLEST_PART.max((self.plan.size - self.at).div_ceil(numbers))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(mut cut: Cut) -> Vec<Part> {
        let mut parts: Vec<_> = std::iter::from_fn(|| cut.next()).collect();
        parts.sort_by_key(|part| part.number);
        parts
    }

    /// The parts follow each other without a gap, and the service takes them.
    fn is_whole(plan: Plan, parts: &[Part]) {
        let end = parts.iter().fold(0, |end, part| {
            assert_eq!(part.range.start, end, "{parts:?}");
            part.range.end
        });
        assert_eq!(end, plan.size);
        assert!(parts.windows(2).all(|two| two[0].number < two[1].number));
        assert!(parts.last().is_none_or(|last| u64::from(last.number) <= MOST_PARTS));
        let short = parts.iter().filter(|part| part.range.end - part.range.start < SMALLEST_PART);
        assert!(short.count() <= 1);
    }

    proptest! {
        #[test]
        fn what_is_known_and_what_is_cut_are_the_file(
            size in (1_u64 << 20)..(1 << 33),
            wanted in SMALLEST_PART..(1 << 24),
            known in proptest::collection::btree_map(1..40_u32, (0..1_u64 << 24, 1..1_u64 << 23), 0..6),
        ) {
            let plan = Plan::new(size, Some(wanted));
            let known: BTreeMap<_, _> = known.into_iter().map(|(n, (at, length))| (n, at..at + length)).collect();
            let (cut, fit) = Cut::around(plan, &known);
            let there = fit.iter().map(|number| Part { number: *number, range: known[number].clone() });
            let mut parts: Vec<_> = all(cut).into_iter().chain(there).collect();
            parts.sort_by_key(|part| part.number);
            is_whole(plan, &parts);
        }

        #[test]
        fn cut_anew_at_any_time_it_is_still_the_file(
            size in (1_u64 << 20)..(1 << 31),
            breaks in proptest::collection::vec((0..20_usize, any::<bool>()), 0..12),
        ) {
            let plan = Plan::new(size, None);
            let (mut cut, _) = Cut::around(plan, &BTreeMap::new());
            let mut parts: Vec<Part> = Vec::new();
            for (count, gets_through) in breaks {
                for _part in 0..count {
                    parts.extend(cut.next());
                    cut.got_through();
                }
                if !gets_through {
                    parts.truncate(parts.len() / 2);
                    let (at, number) = parts.last().map_or((0, 1), |last| (last.range.end, last.number + 1));
                    cut.smaller_from(at, number);
                }
            }
            parts.extend(all(cut));
            is_whole(plan, &parts);
        }
    }

    #[test]
    fn parts_shrink_to_what_the_service_takes_and_grow_again() {
        let (mut cut, _) = Cut::around(Plan::new(64 << 20, None), &BTreeMap::new());
        let sizes = [(); 4].map(|()| {
            cut.smaller_from(0, 1);
            cut.next().unwrap().range.end >> 10
        });
        assert_eq!(sizes, [2048, 512, 128, 100]);
        assert!(cut.is_smallest());
        assert_eq!(cut.next().unwrap().range.end - (100 << 10), 100 << 10);
        (0..4 * 7).for_each(|_| cut.got_through());
        assert_eq!(cut.part, 8 << 20);
        // 1000 MiB in 10 000 parts need a little more than 100 KiB each.
        let (mut large, _) = Cut::around(Plan::new(1000 << 20, None), &BTreeMap::new());
        (0..9).for_each(|_| large.smaller_from(0, 1));
        assert_eq!(all(large).len(), 10_000);
    }
}
