//! What the simulated chip does at each look at its registers.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::sandbox::faults::ChipFaults;

/// The registers of the reference design.
pub(super) mod register {
    pub(in crate::sandbox::fpga) const SMOKE_START: u64 = 0x14;
    pub(in crate::sandbox::fpga) const PRBS_START: u64 = 0x1c;
    pub(in crate::sandbox::fpga) const PRBS_STOP: u64 = 0x20;
    pub(in crate::sandbox::fpga) const SMOKE_DONE: u64 = 0x24;
    pub(in crate::sandbox::fpga) const PRBS_DONE: u64 = 0x28;
    pub(in crate::sandbox::fpga) const ERROR: u64 = 0x30;
}
use register::{ERROR, PRBS_DONE, PRBS_START, PRBS_STOP, SMOKE_DONE, SMOKE_START};

/// Long enough for a program on a busy machine to see that done was cleared.
const SMOKE_TIME: Duration = Duration::from_millis(300);
const PRBS_STOP_TIME: Duration = Duration::from_millis(5);
/// From a start until a chip with `dead-link` or `shrink` dies, and until one with `ddr-error` finds the error.
const FAULT_AFTER: Duration = Duration::from_millis(10);
/// What the error register of a faulty memory reads.
const SOME_ERRORS: u32 = 0x124e;

/// What the chip has seen since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Starts of the smoke test.
    pub smoke_starts: u32,
    /// Starts of the PRBS test.
    pub prbs_starts: u32,
    /// Stops of a running PRBS test.
    pub prbs_stops: u32,
}

/// What the thread keeps.
#[derive(Debug)]
pub(super) struct Design {
    file: File,
    length: u64,
    faults: ChipFaults,
    state: State,
    smoke_done: Option<Instant>,
    prbs_running: bool,
    prbs_done: Option<Instant>,
    error: Option<Instant>,
    dies: Option<Instant>,
    /// Whether the stop register was set at the last look: a stop is a change.
    stop_was_set: bool,
    pub(super) seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    Loaded,
    Dead,
}

impl Design {
    pub(super) fn new(file: File, length: u64, faults: ChipFaults) -> Self {
        Self {
            file,
            length,
            faults,
            state: State::Empty,
            smoke_done: None,
            prbs_running: false,
            prbs_done: None,
            error: None,
            dies: None,
            stop_was_set: false,
            seen: Seen::default(),
        }
    }

    pub(super) fn load(&mut self) -> io::Result<()> {
        self.reset(State::Loaded);
        if self.faults.all_ones {
            return self.fill(0xff);
        }
        self.fill(0)?;
        if self.faults.stale_done {
            self.set(SMOKE_DONE, 1)?;
            self.set(PRBS_DONE, 1)?;
        }
        Ok(())
    }

    pub(super) fn unload(&mut self) -> io::Result<()> {
        self.reset(State::Empty);
        self.fill(0xff)
    }

    fn reset(&mut self, state: State) {
        self.state = state;
        (self.smoke_done, self.prbs_done, self.error, self.dies) = (None, None, None, None);
        (self.prbs_running, self.stop_was_set) = (false, false);
    }

    /// Whether something goes on that ends by itself.
    pub(super) fn is_busy(&self) -> bool {
        let due = [self.smoke_done, self.prbs_done, self.error, self.dies];
        self.prbs_running || due.iter().any(Option::is_some)
    }

    /// One look at the registers.
    pub(super) fn look(&mut self, now: Instant) -> io::Result<()> {
        if self.state != State::Loaded || self.faults.all_ones {
            return self.swallow_writes();
        }
        self.start_smoke(now)?;
        self.start_prbs(now)?;
        self.stop_prbs(now)?;
        let (smoke, prbs) = (due(&mut self.smoke_done, now), due(&mut self.prbs_done, now));
        // However short the test was, its errors are there when it is done.
        if due(&mut self.error, now) || (smoke || prbs) && self.error.take().is_some() {
            self.set(ERROR, SOME_ERRORS)?;
        }
        if smoke {
            self.set(SMOKE_DONE, 1)?;
        }
        if prbs {
            self.set(PRBS_DONE, 1)?;
        }
        if due(&mut self.dies, now) { self.die() } else { Ok(()) }
    }

    fn start_smoke(&mut self, now: Instant) -> io::Result<()> {
        if self.get(SMOKE_START)? == 0 {
            return Ok(());
        }
        self.set(SMOKE_START, 0)?;
        self.seen.smoke_starts += 1;
        self.begin(SMOKE_DONE, now)?;
        self.smoke_done = (!self.faults.never_done).then_some(now + SMOKE_TIME);
        Ok(())
    }

    fn start_prbs(&mut self, now: Instant) -> io::Result<()> {
        if self.get(PRBS_START)? == 0 {
            return Ok(());
        }
        self.set(PRBS_START, 0)?;
        if self.stop_was_set {
            self.set(PRBS_STOP, 0)?;
        }
        self.seen.prbs_starts += 1;
        self.begin(PRBS_DONE, now)?;
        (self.prbs_running, self.prbs_done) = (true, None);
        Ok(())
    }

    fn stop_prbs(&mut self, now: Instant) -> io::Result<()> {
        self.stop_was_set = self.get(PRBS_STOP)? != 0;
        if self.prbs_running && self.stop_was_set {
            self.prbs_running = false;
            self.seen.prbs_stops += 1;
            self.prbs_done = (!self.faults.never_done).then_some(now + PRBS_STOP_TIME);
        }
        Ok(())
    }

    /// What every start does: the done bit and the error register are cleared, and the faults begin to count.
    fn begin(&mut self, done: u64, now: Instant) -> io::Result<()> {
        if !self.faults.stale_done {
            self.set(done, 0)?;
        }
        self.set(ERROR, 0)?;
        self.error = self.faults.ddr_error.then_some(now + FAULT_AFTER);
        let mortal = self.faults.dead_link || self.faults.shrink;
        self.dies = self.dies.or_else(|| mortal.then_some(now + FAULT_AFTER));
        Ok(())
    }

    fn die(&mut self) -> io::Result<()> {
        self.state = State::Dead;
        if self.faults.shrink { self.file.set_len(0) } else { self.fill(0xff) }
    }

    /// A chip that does not answer takes no writes either.
    fn swallow_writes(&self) -> io::Result<()> {
        let mut registers = [0; 0x40];
        let ones = [0xff; 0x40];
        if self.file.read_at(&mut registers, 0)? == registers.len() && registers != ones {
            self.file.write_all_at(&ones, 0)?;
        }
        Ok(())
    }

    fn fill(&self, byte: u8) -> io::Result<()> {
        self.file.set_len(self.length)?;
        let page = [byte; 4096];
        let mut at = 0;
        while at < self.length {
            let part = usize::try_from(self.length - at).map_or(page.len(), |left| left.min(page.len()));
            self.file.write_all_at(&page[..part], at)?;
            at += part as u64;
        }
        Ok(())
    }

    pub(super) fn get(&self, register: u64) -> io::Result<u32> {
        let mut word = [0; 4];
        self.file.read_exact_at(&mut word, register)?;
        Ok(u32::from_le_bytes(word))
    }

    pub(super) fn set(&self, register: u64, value: u32) -> io::Result<()> {
        self.file.write_all_at(&value.to_le_bytes(), register)
    }
}

/// Whether the time has come; then it is taken away.
fn due(at: &mut Option<Instant>, now: Instant) -> bool {
    at.take_if(|at| *at <= now).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::fpga::BAR_LENGTH;

    /// A loaded chip whose time the test makes.
    fn loaded(faults: ChipFaults) -> Design {
        let mut design = Design::new(tempfile::tempfile().unwrap(), BAR_LENGTH, faults);
        design.load().unwrap();
        design
    }

    #[test]
    fn the_smoke_test_clears_done_and_sets_it_when_its_time_is_over() {
        let mut chip = loaded(ChipFaults::default());
        let start = Instant::now();
        for _ in 0..2 {
            chip.set(SMOKE_START, 1).unwrap();
            chip.look(start).unwrap();
            assert_eq!((chip.get(SMOKE_START).unwrap(), chip.get(SMOKE_DONE).unwrap()), (0, 0));
            chip.look(start + SMOKE_TIME).unwrap();
            assert_eq!((chip.get(SMOKE_DONE).unwrap(), chip.get(ERROR).unwrap()), (1, 0));
        }
        assert_eq!(chip.seen.smoke_starts, 2);
    }

    #[test]
    fn prbs_runs_until_it_is_stopped() {
        let mut chip = loaded(ChipFaults { ddr_error: true, ..ChipFaults::default() });
        let start = Instant::now();
        for run in 1..=2 {
            chip.set(PRBS_START, 1).unwrap();
            chip.look(start).unwrap();
            assert_eq!(chip.get(PRBS_STOP).unwrap(), 0, "the stop of an earlier run is over");
            chip.look(start + Duration::from_secs(60)).unwrap();
            assert_eq!((chip.get(PRBS_DONE).unwrap(), chip.get(ERROR).unwrap()), (0, SOME_ERRORS));
            chip.set(PRBS_STOP, 1).unwrap();
            chip.look(start).unwrap();
            chip.look(start + PRBS_STOP_TIME).unwrap();
            assert_eq!((chip.get(PRBS_DONE).unwrap(), chip.get(PRBS_STOP).unwrap()), (1, 1));
            assert_eq!((chip.seen.prbs_starts, chip.seen.prbs_stops), (run, run));
        }
    }

    #[test]
    fn the_errors_of_a_short_test_are_there_when_it_is_done() {
        let mut chip = loaded(ChipFaults { ddr_error: true, ..ChipFaults::default() });
        let start = Instant::now();
        chip.set(PRBS_START, 1).unwrap();
        chip.set(PRBS_STOP, 1).unwrap();
        chip.look(start).unwrap();
        chip.look(start + PRBS_STOP_TIME).unwrap();
        assert_eq!((chip.get(PRBS_DONE).unwrap(), chip.get(ERROR).unwrap()), (1, SOME_ERRORS));
    }

    #[test]
    fn a_start_and_a_stop_within_one_look_are_both_seen() {
        let mut chip = loaded(ChipFaults::default());
        chip.set(PRBS_START, 1).unwrap();
        chip.set(PRBS_STOP, 1).unwrap();
        chip.look(Instant::now()).unwrap();
        assert_eq!((chip.seen.prbs_starts, chip.seen.prbs_stops), (1, 1));
    }

    #[test]
    fn each_fault_shows() {
        let start = Instant::now();
        let after = |faults| {
            let mut chip = loaded(faults);
            chip.set(SMOKE_START, 1).unwrap();
            chip.look(start).unwrap();
            let early = chip.get(SMOKE_DONE).unwrap();
            chip.look(start + SMOKE_TIME).unwrap();
            (early, chip.get(SMOKE_DONE).ok(), chip.get(ERROR).ok())
        };
        let none = ChipFaults::default();
        assert_eq!(after(ChipFaults { never_done: true, ..none }), (0, Some(0), Some(0)));
        assert_eq!(after(ChipFaults { stale_done: true, ..none }), (1, Some(1), Some(0)));
        assert_eq!(after(ChipFaults { ddr_error: true, ..none }), (0, Some(1), Some(SOME_ERRORS)));
        assert_eq!(after(ChipFaults { dead_link: true, ..none }), (0, Some(u32::MAX), Some(u32::MAX)));
        assert_eq!(after(ChipFaults { shrink: true, ..none }), (0, None, None));
        assert_eq!(after(ChipFaults { all_ones: true, ..none }).0, u32::MAX);
    }
}
