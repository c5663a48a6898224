//! A note on disk that PRBS runs on a device, for the day when SIGKILL leaves nobody to stop it.
//!
//! The process that runs the test holds a lock on its note. A note that nobody holds was left by one that is gone.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Harness;
use super::done::{DONE, DoneRegister};
use super::registers::{Offsets, Registers};
use crate::base::fingerprint::hex;
use crate::base::private_file::create_private_folder;
use crate::device::DeviceError;

/// A PRBS test whose process ended without writing the stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftRunning {
    device: String,
    pub pid: u32,
    pub since: Timestamp,
}

/// What a note says.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    #[serde(flatten)]
    left: LeftRunning,
    /// Done has been set since before the start, and so does not tell that PRBS has stopped.
    #[serde(default)]
    stale_done: bool,
}

/// From a stop until PRBS no longer uses the memory.
const WINDS_DOWN: Duration = Duration::from_secs(1);

/// A note that is held by this process.
#[derive(Debug)]
pub(super) struct Note {
    path: PathBuf,
    locked: File,
    noted: Noted,
}

impl Note {
    /// Notes that PRBS is about to run; None where nothing can be kept.
    pub(super) fn take(harness: Harness<'_>, stale_done: bool) -> Option<Self> {
        let identity = harness.registers.identity();
        let noted = |folder: &Path| {
            create_private_folder(folder)?;
            forget_files_that_are_gone(folder);
            let path = note_of(folder, &identity);
            let left = LeftRunning { device: identity, pid: std::process::id(), since: Timestamp::now() };
            Self::begin(path, Noted { left, stale_done })
        };
        match noted(&folder_in(harness.state?)) {
            Ok(note) => note,
            Err(error) => {
                tracing::debug!(%error, "no note is kept that PRBS runs");
                None
            }
        }
    }

    fn begin(path: PathBuf, noted: Noted) -> io::Result<Option<Self>> {
        let locked = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        if locked.try_lock().is_err() {
            return Ok(None);
        }
        locked.set_len(0)?;
        let note = Self { path, locked, noted };
        note.write()?;
        Ok(Some(note))
    }

    fn write(&self) -> io::Result<()> {
        self.locked.write_all_at(serde_json::to_string(&self.noted)?.as_bytes(), 0)
    }

    /// Done was seen clear since the start: from now on it tells when PRBS has stopped.
    pub(super) fn done_is_clear(&mut self) {
        if std::mem::replace(&mut self.noted.stale_done, false) {
            // In one write, over a text that was shorter: whenever the process is killed, one of the two is there. Where
            // it can't be written, the old one is believed, which asks too often.
            self.write().ok();
        }
    }

    /// The stop is written.
    pub(super) fn end(self) {
        // One that stays is found by the next test, which asks the chip before it believes it.
        fs::remove_file(&self.path).ok();
    }
}

impl LeftRunning {
    /// What was left running on a device, as far as the notes tell; no register is touched.
    pub fn noted(state: &Path, identity: &str) -> Option<Self> {
        Noted::read(state, identity).map(|noted| noted.left)
    }

    /// What was left running, unless its done register says, and proves, that it has stopped since.
    ///
    /// # Errors
    /// When the device can't be read.
    pub fn of(harness: Harness<'_>) -> Result<Option<Self>, DeviceError> {
        let identity = harness.registers.identity();
        let Some(noted) = harness.state.and_then(|state| Noted::read(state, &identity)) else {
            return Ok(None);
        };
        let done = harness.registers.read(Offsets::of_reference_design().prbs_done)? == DONE;
        if done && !noted.stale_done {
            forget(harness.state, &identity);
            return Ok(None);
        }
        Ok(Some(noted.left))
    }

    /// Writes the stop.
    ///
    /// # Errors
    /// When the device can't be written.
    pub fn stop(self, harness: Harness<'_>) -> Result<(), DeviceError> {
        let offsets = Offsets::of_reference_design();
        harness.registers.write(offsets.prbs_stop, 1)?;
        forget(harness.state, &harness.registers.identity());
        // It should leave the memory alone before the next test begins; one that never says so is not waited for.
        DoneRegister::before_start(harness, offsets.prbs_done)?.wait(WINDS_DOWN, false)?;
        Ok(())
    }
}

impl Noted {
    /// The note on a device, where nobody holds it.
    fn read(state: &Path, identity: &str) -> Option<Self> {
        let mut file = File::open(note_of(&folder_in(state), identity)).ok()?;
        file.try_lock_shared().ok()?;
        serde_json::from_str(&io::read_to_string(&mut file).ok()?).ok()
    }
}

/// Forgets what was left running when somebody has just written its stop.
pub fn forget_if_stopped(state: Option<&Path>, registers: &dyn Registers, offset: u64, value: u64) {
    if offset == Offsets::of_reference_design().prbs_stop && value == 1 {
        forget(state, &registers.identity());
    }
}

/// Forgets all that was left running: an image was loaded, and with it what ran before is gone.
pub fn forget_all(state: Option<&Path>) {
    for entry in state.and_then(|state| fs::read_dir(folder_in(state)).ok()).into_iter().flatten().flatten() {
        if File::open(entry.path()).is_ok_and(|note| note.try_lock_shared().is_ok()) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn forget(state: Option<&Path>, identity: &str) {
    if let Some(state) = state.filter(|state| LeftRunning::noted(state, identity).is_some()) {
        fs::remove_file(note_of(&folder_in(state), identity)).ok();
    }
}

/// A file that simulates a device goes, a node in `/dev` may come back with its driver.
fn forget_files_that_are_gone(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let gone = |note: &Noted| {
            let device = Path::new(&note.left.device);
            device.is_absolute() && !device.starts_with("/dev") && !device.exists()
        };
        if serde_json::from_str(&text).is_ok_and(|note| gone(&note)) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn folder_in(state: &Path) -> PathBuf {
    state.join("prbs")
}

fn note_of(folder: &Path, identity: &str) -> PathBuf {
    folder.join(hex(&Sha256::digest(identity.as_bytes())[..8]))
}
