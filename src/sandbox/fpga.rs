//! A simulated FPGA: a file that behaves as the register BAR of the DDR reference design.
//!
//! A thread looks at the file every half millisecond and answers as the design would. What a file can't show: the
//! driver's errors at the BAR's end, side effects of a read, and write pulses (two equal writes within one look are
//! one). The start registers read 0 again once the chip has seen them; the stop register keeps the 1 that was
//! written until the next start.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::faults::ChipFaults;

/// Bytes of the BAR.
pub const BAR_LENGTH: u64 = 64 * 1024;

/// The registers of the reference design.
mod register {
    pub(super) const SMOKE_START: u64 = 0x14;
    pub(super) const PRBS_START: u64 = 0x1c;
    pub(super) const PRBS_STOP: u64 = 0x20;
    pub(super) const SMOKE_DONE: u64 = 0x24;
    pub(super) const PRBS_DONE: u64 = 0x28;
    pub(super) const ERROR: u64 = 0x30;
}
use register::{ERROR, PRBS_DONE, PRBS_START, PRBS_STOP, SMOKE_DONE, SMOKE_START};

const LOOK_EVERY: Duration = Duration::from_micros(500);
const SMOKE_TIME: Duration = Duration::from_millis(40);
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

/// A simulated chip; it stops when dropped, the file stays.
#[derive(Debug)]
pub struct Chip {
    path: PathBuf,
    silicon: Arc<Mutex<Silicon>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Chip {
    /// Starts an empty chip behind the file, which reads all ones until [`Chip::load`].
    ///
    /// A new file gets [`BAR_LENGTH`]; one that is there keeps its own length.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn start(path: &Path, faults: ChipFaults) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let length = Some(file.metadata()?.len()).filter(|length| *length > 0).unwrap_or(BAR_LENGTH);
        let mut silicon = Silicon::new(file, length, faults);
        silicon.unload()?;
        let silicon = Arc::new(Mutex::new(silicon));
        let ended = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("fpga".into()).spawn({
            let (silicon, ended) = (silicon.clone(), ended.clone());
            move || live(&silicon, &ended)
        })?;
        Ok(Self { path: path.into(), silicon, ended, thread: Some(thread) })
    }

    /// The file, for `FAASCMD_DEVICE`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An image is in: the registers read their reset values.
    pub fn load(&self) {
        told(locked(&self.silicon).load());
    }

    /// The image is out, as during the load of another one: the BAR reads all ones.
    pub fn unload(&self) {
        told(locked(&self.silicon).unload());
    }

    /// What the chip has seen so far.
    pub fn seen(&self) -> Seen {
        locked(&self.silicon).seen
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A chip that panicked has said so on stderr.
            thread.join().ok();
        }
    }
}

/// The file may be gone with the sandbox's folder; then nobody looks at this chip any more.
fn told(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%error, "the simulated chip can't reach its file");
    }
}

fn live(silicon: &Mutex<Silicon>, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        // Somebody cut the file off: there is nothing to look at until the next load.
        locked(silicon).look(Instant::now()).ok();
        std::thread::sleep(LOOK_EVERY);
    }
}

fn locked(silicon: &Mutex<Silicon>) -> MutexGuard<'_, Silicon> {
    silicon.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread keeps.
#[derive(Debug)]
struct Silicon {
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
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    Loaded,
    Dead,
}

impl Silicon {
    fn new(file: File, length: u64, faults: ChipFaults) -> Self {
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

    fn load(&mut self) -> io::Result<()> {
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

    fn unload(&mut self) -> io::Result<()> {
        self.reset(State::Empty);
        self.fill(0xff)
    }

    fn reset(&mut self, state: State) {
        self.state = state;
        (self.smoke_done, self.prbs_done, self.error, self.dies) = (None, None, None, None);
        (self.prbs_running, self.stop_was_set) = (false, false);
    }

    /// One look at the registers.
    fn look(&mut self, now: Instant) -> io::Result<()> {
        if self.state != State::Loaded || self.faults.all_ones {
            return self.swallow_writes();
        }
        self.start_smoke(now)?;
        self.start_prbs(now)?;
        self.stop_prbs(now)?;
        if due(&mut self.smoke_done, now) {
            self.set(SMOKE_DONE, 1)?;
        }
        if due(&mut self.prbs_done, now) {
            self.set(PRBS_DONE, 1)?;
        }
        if due(&mut self.error, now) {
            self.set(ERROR, SOME_ERRORS)?;
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

    fn get(&self, register: u64) -> io::Result<u32> {
        let mut word = [0; 4];
        self.file.read_exact_at(&mut word, register)?;
        Ok(u32::from_le_bytes(word))
    }

    fn set(&self, register: u64, value: u32) -> io::Result<()> {
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

    /// A loaded chip whose time the test makes.
    fn loaded(faults: ChipFaults) -> Silicon {
        let mut silicon = Silicon::new(tempfile::tempfile().unwrap(), BAR_LENGTH, faults);
        silicon.load().unwrap();
        silicon
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
    fn a_start_and_a_stop_within_one_look_are_both_seen() {
        let mut chip = loaded(ChipFaults::default());
        chip.set(PRBS_START, 1).unwrap();
        chip.set(PRBS_STOP, 1).unwrap();
        chip.look(Instant::now()).unwrap();
        assert_eq!((chip.seen.prbs_starts, chip.seen.prbs_stops), (1, 1));
    }

    #[test]
    fn an_empty_chip_reads_all_ones_and_takes_no_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bar");
        let chip = Chip::start(&path, ChipFaults::default()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), vec![0xff; usize::try_from(BAR_LENGTH).unwrap()]);
        {
            let mut silicon = locked(&chip.silicon);
            silicon.set(SMOKE_START, 1).unwrap();
            silicon.look(Instant::now()).unwrap();
            assert_eq!(silicon.get(SMOKE_START).unwrap(), u32::MAX);
        }
        chip.load();
        assert_eq!(locked(&chip.silicon).get(SMOKE_DONE).unwrap(), 0);
        chip.unload();
        assert_eq!(locked(&chip.silicon).get(SMOKE_DONE).unwrap(), u32::MAX);
        assert_eq!(chip.seen(), Seen::default());
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
