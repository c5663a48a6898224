//! How long runs are kept on this machine: those that somebody may still ask for.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::record::Record;

/// A run is kept for so long.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// So many are kept in a region at most, besides their parts.
const MOST: usize = 200;

/// Removes the runs that nobody comes back to; the newest are first.
pub(super) fn remove_stale(kept: &[Record]) {
    for record in stale(kept) {
        // What stays is tried again at the next run.
        std::fs::remove_dir_all(record.folder()).ok();
    }
}

/// Old runs, and those beyond the number that is kept, but for the last one of each target, which `--on failed` and `report`
/// go by, and those that go on. A part stays as long as its whole.
fn stale(kept: &[Record]) -> Vec<&Record> {
    let mut targets = BTreeSet::new();
    let (mut stale, mut staying, mut places) = (Vec::new(), BTreeSet::new(), 0);
    for whole in kept.iter().filter(|record| record.part_of.is_none()) {
        let is_last = whole.is_asked_for() && targets.insert(&whole.target);
        if is_last || whole.is_open() || places < MOST && whole.age() <= LIFE {
            staying.insert(&whole.run);
        } else {
            stale.push(whole);
        }
        places += 1;
    }
    let is_of_none = |part: &Record, whole: &String| {
        !staying.contains(whole) && (part.age() > LIFE || stale.iter().any(|record| record.run == *whole))
    };
    let is_stale = |part: &&Record| {
        !part.is_open() && part.part_of.as_ref().is_some_and(|whole| is_of_none(part, whole))
    };
    let parts: Vec<_> = kept.iter().filter(is_stale).collect();
    [stale, parts].concat()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn record(run: &str, target: &str, days: i64, part_of: Option<&str>) -> Record {
        let started = Some(Timestamp::now() - SignedDuration::from_hours(24 * days + 1));
        let (kind, part_of) = ("run".to_owned(), part_of.map(str::to_owned));
        let (run, target) = (run.to_owned(), target.to_owned());
        Record { run, target, kind, started, part_of, finished: started, ..Record::default() }
    }

    fn names(kept: &[Record]) -> Vec<&str> {
        stale(kept).into_iter().map(|record| record.run.as_str()).collect()
    }

    #[test]
    fn old_runs_go_with_their_parts_and_the_last_of_each_target_stays() {
        let mut kept = [
            record("new", "ddr", 0, None),
            record("part-of-new", "ddr", 40, Some("new")),
            record("old", "ddr", 31, None),
            record("part-of-old", "ddr", 0, Some("old")),
            record("last-of-other", "other", 400, None),
            record("part-of-nothing", "other", 400, Some("gone")),
            record("part-of-last", "other", 400, Some("last-of-other")),
        ];
        assert_eq!(names(&kept), ["old", "part-of-old", "part-of-nothing"]);
        kept[3].finished = None;
        assert_eq!(names(&kept), ["old", "part-of-nothing"]);
    }

    #[test]
    fn of_many_the_oldest_go_but_for_those_that_are_not_over() {
        let mut kept: Vec<_> = (0..MOST + 3).map(|_| record("same", "ddr", 0, None)).collect();
        kept[MOST].finished = None;
        kept[MOST + 1].target = "other".into();
        assert_eq!(stale(&kept).len(), 1);
    }
}
