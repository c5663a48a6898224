//! The tests of the DDR against chips that no file can play: what they read depends on what was read and written before.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::*;
use crate::base::duration::spent;
use crate::base::progress::Silent;
use crate::device::DeviceError;

/// A chip written from the guide alone: it sees each load and each store.
struct Chip {
    /// What 0x30 reads, look by look, then 0: it clears by reading.
    errors: RefCell<Vec<u32>>,
    /// What 0x28 reads, look by look; the last stays.
    prbs_done: RefCell<Vec<u32>>,
    /// What 0x24 reads once the smoke test runs.
    smoke_done: Cell<u32>,
    stores: RefCell<Vec<(u64, u32)>>,
    /// 0x28 reads 1 after the stop.
    stops: bool,
}

impl Chip {
    fn new() -> Self {
        Self {
            errors: RefCell::default(),
            prbs_done: vec![0].into(),
            smoke_done: 1.into(),
            stores: RefCell::default(),
            stops: true,
        }
    }

    fn stored(&self, offset: u64) -> bool {
        self.stores.borrow().contains(&(offset, 1))
    }

    fn prbs(&self, options: &PrbsOptions, cancel: &Cancel) -> TestReport {
        prbs(Harness { registers: self, cancel, progress: &Silent, state: None }, options, &mut |_| {})
            .unwrap()
    }
}

impl Registers for Chip {
    fn path(&self) -> &Path {
        Path::new("chip")
    }

    fn read(&self, offset: u64) -> Result<u32, DeviceError> {
        let next = |values: &RefCell<Vec<u32>>, keep: usize| {
            let mut values = values.borrow_mut();
            if values.len() > keep { values.remove(0) } else { values.first().copied().unwrap_or(0) }
        };
        Ok(match offset {
            0x24 if self.stored(0x14) => self.smoke_done.get(),
            0x28 if self.stops && self.stored(0x20) => 1,
            0x28 => next(&self.prbs_done, 1),
            0x30 => next(&self.errors, 0),
            _ => 0,
        })
    }

    fn write(&self, offset: u64, value: u32) -> Result<(), DeviceError> {
        self.stores.borrow_mut().push((offset, value));
        Ok(())
    }

    fn check_present(&self) -> Result<(), DeviceError> {
        Ok(())
    }
}

fn options(milliseconds: u64) -> PrbsOptions {
    PrbsOptions {
        duration: Duration::from_millis(milliseconds),
        sample: Duration::from_millis(1),
        bit_rate: Some(BitRate { bits_per_second: 1e11, confidence: 0.95 }),
        ..PrbsOptions::default()
    }
}

/// A chip whose soak ends after a number of looks and not after a time, which a busy machine may take for one look.
fn chip_of_looks(looks: usize, errors: Vec<u32>) -> Chip {
    let prbs_done = [vec![0; looks], vec![1]].concat().into();
    Chip { errors: errors.into(), prbs_done, ..Chip::new() }
}

#[test]
fn errors_that_a_read_clears_fail_the_test_and_are_not_summed() {
    let chip = chip_of_looks(12, vec![0, 0x12, 0x4d2, 0x12]);
    let report = chip.prbs(&options(3_600_000), &Cancel::new());
    assert_eq!((report.verdict, report.error_register), (Verdict::Failed, 0));
    let soak = report.soak.as_ref().unwrap();
    let seen = soak.errors.unwrap();
    assert_eq!((seen.first, seen.highest, seen.samples), (0x12, 0x4d2, 3));
    assert!(soak.ber.is_none(), "0x30 went down again, so it bounds nothing");
    let (whole, after, looks) = (spent(report.elapsed), spent(seen.after), soak.samples);
    assert_eq!(
        report.to_string(),
        format!(
            "failed: 0x30 reads 0x00000000 after {whole}; not 0 in 3 of {looks} looks, first 0x00000012 after {after}, highest 0x000004d2"
        )
    );
}

#[test]
fn a_single_transient_fails_the_test() {
    let chip = chip_of_looks(9, vec![0, 0, 1]);
    assert_eq!(chip.prbs(&options(3_600_000), &Cancel::new()).verdict, Verdict::Failed);
}

#[test]
fn an_interrupted_soak_says_what_it_saw() {
    let chip = Chip { errors: vec![0, 0x12].into(), ..Chip::new() };
    let cancel = Cancel::new();
    let harness = Harness { registers: &chip, cancel: &cancel, progress: &Silent, state: None };
    let report = prbs(harness, &options(3_600_000), &mut |sample| {
        if sample.error_register != 0 {
            cancel.set(2);
        }
    });
    let report = report.unwrap();
    assert_eq!((report.verdict, report.error_register), (Verdict::Interrupted(2), 0));
    let text = report.to_string();
    assert!(
        text.starts_with("interrupted and stopped after ") && text.contains("; not 0 in 1 of "),
        "{text}"
    );
    assert!(text.contains("first 0x00000012 after ") && text.ends_with(" highest 0x00000012"), "{text}");
}

#[test]
fn an_error_that_is_only_there_after_the_stop_fails_the_test() {
    // One look while it runs, one after it.
    let chip = Chip { errors: vec![0, 7].into(), ..Chip::new() };
    let report = chip.prbs(&PrbsOptions { sample: Duration::from_secs(9), ..options(5) }, &Cancel::new());
    assert_eq!((report.verdict, report.error_register), (Verdict::Failed, 7));
    let soak = report.soak.unwrap();
    assert_eq!((soak.samples, soak.errors.unwrap().samples), (2, 1));
}

#[test]
fn prbs_that_ends_by_itself_proves_nothing() {
    for before in [vec![0, 0, 1], vec![1, 0, 0, 1]] {
        let chip = Chip { prbs_done: before.into(), ..Chip::new() };
        let report = chip.prbs(&options(3_600_000), &Cancel::new());
        assert_eq!(report.verdict, Verdict::EndedEarly);
        let text = report.to_string();
        assert!(
            text.starts_with("inconclusive: it ended by itself after ") && text.contains(" of 1h 00m "),
            "{text}"
        );
        assert!(chip.stored(0x20), "it is stopped all the same");
    }
    let failed = Chip { prbs_done: vec![0, 1].into(), errors: vec![3].into(), ..Chip::new() };
    assert_eq!(failed.prbs(&options(3_600_000), &Cancel::new()).verdict, Verdict::Failed);
}

#[test]
fn a_signal_before_the_start_starts_nothing() {
    let chip = Chip::new();
    let cancel = Cancel::new();
    cancel.set(2);
    let report = chip.prbs(&options(3_600_000), &cancel);
    assert_eq!((report.verdict, chip.stores.borrow().len()), (Verdict::Interrupted(2), 0));
}

#[test]
fn only_1_is_done() {
    for word in [3, 0x8000_0001] {
        let chip = Chip { smoke_done: word.into(), ..Chip::new() };
        let harness = Harness { registers: &chip, cancel: &Cancel::new(), progress: &Silent, state: None };
        let options = SmokeOptions { timeout: Duration::from_millis(2), accept_stale: true };
        let report = smoke(harness, &options).unwrap();
        assert_eq!((report.verdict, report.done_register), (Verdict::NotDone, word));
        let text = report.to_string();
        assert!(text.ends_with(&format!(": 0x24 reads {word:#010x}, and done is 1")), "{text}");
    }
}

#[test]
fn stale_done_that_is_accepted_is_waited_for_to_the_end() {
    let chip = Chip { prbs_done: vec![1].into(), ..Chip::new() };
    let timeout = Duration::from_millis(1200);
    let options = PrbsOptions { timeout, accept_stale: true, ..options(1) };
    let report = chip.prbs(&options, &Cancel::new());
    assert_eq!((report.verdict, report.stale_before), (Verdict::Passed, true));
    assert!(report.elapsed >= timeout, "{:?}", report.elapsed);
    assert_eq!(
        chip.prbs(&PrbsOptions { accept_stale: false, ..options }, &Cancel::new()).verdict,
        Verdict::Stale
    );
}

#[test]
fn what_a_killed_process_left_running_is_found_once_nobody_holds_its_note() {
    let state = tempfile::tempdir().unwrap();
    let chip = Chip::new();
    let cancel = Cancel::new();
    let harness = Harness { registers: &chip, cancel: &cancel, progress: &Silent, state: Some(state.path()) };
    assert_eq!(LeftRunning::of(harness).unwrap(), None);
    let note = left_running::Note::take(harness, false).unwrap();
    assert_eq!(LeftRunning::noted(state.path(), "chip"), None, "its process lives");
    drop(note);
    let left = LeftRunning::of(harness).unwrap().unwrap();
    assert_eq!(left.pid, std::process::id());

    left.stop(harness).unwrap();
    assert!(chip.stored(0x20));
    assert_eq!(LeftRunning::noted(state.path(), "chip"), None);

    drop(left_running::Note::take(harness, false));
    assert_eq!(LeftRunning::of(harness).unwrap(), None, "0x28 says that it has stopped");
    prbs(harness, &options(1), &mut |_| {}).unwrap();
    assert_eq!(LeftRunning::noted(state.path(), "chip"), None);
}

#[test]
fn done_that_was_never_seen_clear_does_not_tell_that_what_was_left_running_has_stopped() {
    let state = tempfile::tempdir().unwrap();
    let cancel = Cancel::new();
    let stale = Chip { prbs_done: vec![1].into(), ..Chip::new() };
    let harness =
        Harness { registers: &stale, cancel: &cancel, progress: &Silent, state: Some(state.path()) };
    let mut note = left_running::Note::take(harness, true).unwrap();
    note.done_is_clear();
    drop(note);
    assert_eq!(LeftRunning::of(harness).unwrap(), None, "0x28 was seen clear, and says that it has stopped");
    drop(left_running::Note::take(harness, true));
    assert!(LeftRunning::of(harness).unwrap().is_some(), "0x28 says what it said before the start");

    // The note of a test that runs, at its first look.
    let noted = |chip: &Chip| {
        let (harness, mut notes) = (Harness { registers: chip, ..harness }, Vec::new());
        let options = PrbsOptions { timeout: Duration::ZERO, ..options(5) };
        prbs(harness, &options, &mut |_| {
            let folder = std::fs::read_dir(state.path().join("prbs")).unwrap();
            notes.extend(folder.map(|note| std::fs::read_to_string(note.unwrap().path()).unwrap()));
        })
        .unwrap();
        notes.swap_remove(0)
    };
    assert!(noted(&stale).contains("\"stale_done\":true"));
    let cleared = Chip { prbs_done: vec![1, 0].into(), ..Chip::new() };
    assert!(noted(&cleared).contains("\"stale_done\":false"));
}
