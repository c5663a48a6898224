//! An open node: its permission, and the length of what can be mapped.

use std::fs::{File, OpenOptions};
use std::num::NonZeroUsize;
use std::os::unix::fs::OpenOptionsExt;

use nix::errno::Errno;
use nix::libc::{O_NOCTTY, O_NONBLOCK};

use super::error::DeviceError;
use super::locate::{Kind, Located, refused};
use super::mapping;
use super::pci::PciDevice;

/// What a device is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading; nothing can be written by mistake.
    Read,
    /// Reading and writing.
    Write,
}

/// No BAR is longer than 2⁴⁰ bytes; beyond that a node has no end, such as `/dev/zero`.
const MOST_PAGES: usize = 1 << 28;

/// A node that is open and not yet mapped.
#[derive(Debug)]
pub struct Node {
    located: Located,
    file: File,
    access: Access,
}

impl Node {
    /// Opens what was located. Nothing of the device is touched.
    pub fn open(located: Located, access: Access) -> Result<Self, DeviceError> {
        let wanted = if access == Access::Write { "writing" } else { "reading" };
        let mut options = OpenOptions::new();
        // A terminal must not become ours, and a pipe that took the file's place must not make us wait.
        options.read(true).write(access == Access::Write).custom_flags(O_NOCTTY | O_NONBLOCK);
        let file = options.open(&located.path).map_err(|e| refused(&located.path, wanted, e))?;
        Ok(Self { located, file, access })
    }

    /// What was located.
    pub fn located(&self) -> &Located {
        &self.located
    }

    /// The length in bytes of what can be mapped.
    pub fn length(&self) -> Result<u64, DeviceError> {
        let length = match self.located.kind {
            Kind::Node => self.measured()?,
            Kind::Resource | Kind::File => {
                let metadata = self.file.metadata();
                metadata.map_err(|e| refused(&self.located.path, "reading", e))?.len()
            }
        };
        if length == 0 {
            // Files of procfs have no length and no memory; the system says so better than their length does.
            mapping::can_map(&self.file, page_size()).map_err(|e| self.unmappable(e))?;
            return Err(DeviceError::NotRegisters { node: self.located.path.clone(), kind: "empty" });
        }
        Ok(length)
    }

    /// The longest mapping that a character device allows, in whole pages.
    fn measured(&self) -> Result<u64, DeviceError> {
        let page = page_size();
        let fits = |pages: usize| mapping::can_map(&self.file, page.saturating_mul(nonzero(pages)));
        fits(1).map_err(|e| self.unmappable(e))?;
        // Doubling finds the first power of two that is too long, halving the exact end.
        let (mut good, mut bad) = (1, 2);
        while bad < MOST_PAGES && fits(bad).is_ok() {
            (good, bad) = (bad, bad * 2);
        }
        while bad - good > 1 {
            let middle = usize::midpoint(good, bad);
            if fits(middle).is_ok() { good = middle } else { bad = middle }
        }
        Ok((good * page.get()) as u64)
    }

    pub(super) fn unmappable(&self, errno: Errno) -> DeviceError {
        let driver = self.located.pci.as_ref().and_then(PciDevice::driver);
        let said = errno.desc();
        let why = match (self.located.kind, driver, errno) {
            (Kind::Resource, Some(driver), Errno::EINVAL) => {
                format!("the kernel refuses a resource while the driver {driver} is bound to it ({said})")
            }
            (Kind::Node, _, Errno::EINVAL) => {
                format!("its BAR is shorter than a page of {} bytes ({said})", page_size())
            }
            (Kind::Node, _, Errno::ENODEV) => format!("it has no memory to map ({said})"),
            (_, Some(driver), _) => format!("{said} (driver {driver})"),
            (_, None, _) => said.to_owned(),
        };
        DeviceError::Unmappable { node: self.located.path.clone(), why, source: errno.into() }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn is_writable(&self) -> bool {
        self.access == Access::Write
    }
}

fn nonzero(pages: usize) -> NonZeroUsize {
    NonZeroUsize::new(pages).expect("a count of pages starts at 1")
}

/// Bytes of a page, as the kernel says.
pub fn page_size() -> NonZeroUsize {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| usize::try_from(size).ok())
        .and_then(NonZeroUsize::new)
        .expect("Linux tells its page size")
}
