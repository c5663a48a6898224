//! When an ordinary file is a device: it must have been meant for one, or hold nothing that could be anybody's secret.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::DeviceError;

/// Why a file is taken for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeantBy {
    /// The user, who wrote `file:PATH`.
    Name,
    /// The sandbox, which marked it.
    Sandbox,
    /// Nobody; but it is the caller's own, and of whole pages as a BAR is.
    Nobody,
}

/// The extended attribute by which the sandbox marks the file of a simulated chip.
const MARK: &str = "user.faascmd";

/// The length of the smallest BAR that can be mapped everywhere.
const WHOLE: u64 = 4096;

impl MeantBy {
    /// Who meant a file for a device.
    ///
    /// # Errors
    /// When it is one of somebody else, or of any length: as root, `/etc/shadow` can be opened, and is no device.
    pub(super) fn looks(path: &Path, file: &Metadata) -> Result<Self, DeviceError> {
        if is_marked(path) {
            return Ok(Self::Sandbox);
        }
        if file.len().is_multiple_of(WHOLE) && file.uid() == nix::unistd::geteuid().as_raw() {
            return Ok(Self::Nobody);
        }
        Err(DeviceError::PlainFile { node: path.to_owned() })
    }
}

/// Whether the sandbox made a file.
pub(super) fn is_marked(path: &Path) -> bool {
    xattr::get_deref(path, MARK).is_ok_and(|mark| mark.is_some())
}

/// Marks the file of a simulated chip.
///
/// # Errors
/// Where the file system keeps no such attributes, as tmpfs before Linux 6.6.
pub fn mark_as_device(path: &Path) -> io::Result<()> {
    xattr::set(path, MARK, b"device")
}
