//! A simulated FPGA: a file that behaves as the register BAR of the DDR reference design.
//!
//! A thread looks at the file every two milliseconds, and every half one while a test runs, and answers as the design would. What a file can't show: the
//! driver's errors at the BAR's end, side effects of a read, and write pulses (two equal writes within one look are
//! one). The start registers read 0 again once the chip has seen them; the stop register keeps the 1 that was
//! written until the next start.

mod design;
mod memory;

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::faults::ChipFaults;
use crate::device::mark_as_device;
use design::Design;
pub use design::Seen;
pub(super) use memory::{link as link_memory, make as make_memory};

/// Bytes of the BAR.
pub const BAR_LENGTH: u64 = 64 * 1024;

const LOOK_EVERY: Duration = Duration::from_micros(500);
/// How often it looks while nothing happens, and how often one of many chips.
const IDLE: Duration = Duration::from_millis(2);
const IDLE_OF_MANY: Duration = Duration::from_millis(5);

/// A simulated chip; it stops when dropped, the file stays.
#[derive(Debug)]
pub struct Chip {
    path: PathBuf,
    design: Arc<Mutex<Design>>,
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
        Self::begin(path, faults, IDLE)
    }

    fn begin(path: &Path, faults: ChipFaults, idle: Duration) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        // Where the file system keeps no attributes, tests of this file need --yes.
        told(mark_as_device(path));
        let length = Some(file.metadata()?.len()).filter(|length| *length > 0).unwrap_or(BAR_LENGTH);
        let mut design = Design::new(file, length, faults);
        design.unload()?;
        let design = Arc::new(Mutex::new(design));
        let ended = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("fpga".into()).spawn({
            let (design, ended) = (design.clone(), ended.clone());
            move || live(&design, &ended, idle)
        })?;
        Ok(Self { path: path.into(), design, ended, thread: Some(thread) })
    }

    /// The same for one of many chips: it looks less often still while nothing happens.
    pub(super) fn start_idle(path: &Path, faults: ChipFaults) -> io::Result<Self> {
        Self::begin(path, faults, IDLE_OF_MANY)
    }

    /// The file, for `FAASCMD_DEVICE`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An image is in: the registers read their reset values.
    pub fn load(&self) {
        told(locked(&self.design).load());
    }

    /// The image is out, as during the load of another one: the BAR reads all ones.
    pub fn unload(&self) {
        told(locked(&self.design).unload());
    }

    /// What the chip has seen so far.
    pub fn seen(&self) -> Seen {
        locked(&self.design).seen
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
        tracing::debug!(%error, "the simulated chip can't reach or mark its file");
    }
}

fn live(design: &Mutex<Design>, ended: &AtomicBool, idle: Duration) {
    while !ended.load(Ordering::Relaxed) {
        // Somebody cut the file off: there is nothing to look at until the next load.
        locked(design).look(Instant::now()).ok();
        let busy = locked(design).is_busy();
        std::thread::sleep(if busy { LOOK_EVERY } else { idle });
    }
}

fn locked(design: &Mutex<Design>) -> MutexGuard<'_, Design> {
    design.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::design::register::{SMOKE_DONE, SMOKE_START};
    use super::*;

    #[test]
    fn an_empty_chip_reads_all_ones_and_takes_no_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bar");
        let chip = Chip::start(&path, ChipFaults::default()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), vec![0xff; usize::try_from(BAR_LENGTH).unwrap()]);
        {
            let mut design = locked(&chip.design);
            design.set(SMOKE_START, 1).unwrap();
            design.look(Instant::now()).unwrap();
            assert_eq!(design.get(SMOKE_START).unwrap(), u32::MAX);
        }
        chip.load();
        assert_eq!(locked(&chip.design).get(SMOKE_DONE).unwrap(), 0);
        chip.unload();
        assert_eq!(locked(&chip.design).get(SMOKE_DONE).unwrap(), u32::MAX);
        assert_eq!(chip.seen(), Seen::default());
    }
}
