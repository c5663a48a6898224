//! Why a transfer did not come about.

use std::io;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::libc;

use crate::device::DeviceError;

/// A DMA node that can't be used, or a transfer that failed.
#[derive(Debug, thiserror::Error)]
pub enum DmaError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The engine, or the driver, gave an error.
    #[error("{}: {verb} {length} bytes at {address:#x} failed: {}", node.display(), said(source))]
    Transfer { node: PathBuf, verb: &'static str, address: u64, length: usize, source: io::Error },
    /// The memory has an end, and the transfer goes beyond it.
    #[error("{}: {verb} {length} bytes at {address:#x} goes beyond the memory's end at {end:#x}", node.display())]
    End { node: PathBuf, verb: &'static str, address: u64, length: u64, end: u64 },
    /// The engine moves a stream, which has no addresses.
    #[error("{} is a stream: it has no addresses, so there is no memory behind it to read or write", node.display())]
    Stream { node: PathBuf },
    /// What a node is to play can't be read.
    #[error("{} tells no faults: {why}", path.display())]
    Faults { path: PathBuf, why: String },
}

/// The kernel's own number for a system call to be restarted, which the driver gives when an engine did not answer in time.
const ERESTARTSYS: i32 = 512;

impl DmaError {
    /// Whether the engine does not move any more: it gave an error, or did not answer in time.
    pub fn is_engine(&self) -> bool {
        let Self::Transfer { source, .. } = self else { return false };
        matches!(source.raw_os_error(), Some(ERESTARTSYS | libc::EIO | libc::ETIMEDOUT))
    }

    /// Whether the driver refused the buffer or the address, or the node is for the other direction.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Transfer { source, .. } if source.raw_os_error() == Some(libc::EINVAL))
    }
}

fn said(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(ERESTARTSYS) => "the engine did not finish in time (error 512 of the driver)".to_owned(),
        Some(number) => format!("{} ({:?})", Errno::from_raw(number).desc(), Errno::from_raw(number)),
        None => error.to_string(),
    }
}
