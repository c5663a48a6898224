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
            Kind::Resource | Kind::File(_) => {
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
        let fits = |pages: NonZeroUsize| mapping::can_map(&self.file, page.saturating_mul(pages));
        fits(NonZeroUsize::MIN).map_err(|e| self.unmappable(e))?;
        Ok((longest(|pages| fits(pages).is_ok()) * page.get()) as u64)
    }

    /// The kernel maps whole pages, so a short BAR that begins within one would be read at the wrong place.
    pub(super) fn check_alignment(&self) -> Result<(), DeviceError> {
        let Located { path, kind: Kind::Resource, pci: Some(pci) } = &self.located else { return Ok(()) };
        let Some(start) = pci.start_of(path).filter(|start| start % page_size().get() as u64 != 0) else {
            return Ok(());
        };
        Err(DeviceError::ShortBar { node: path.clone(), start })
    }

    pub(super) fn unmappable(&self, errno: Errno) -> DeviceError {
        let pci = self.located.pci.as_ref();
        let driver = pci.and_then(PciDevice::driver);
        let said = errno.desc();
        let mut cure = None;
        let why = match (self.located.kind, driver, errno) {
            (Kind::Resource, Some(driver), Errno::EINVAL) => {
                cure = pci.map(|pci| way_around(&driver, &pci.address()));
                format!("the kernel refuses a resource while the driver {driver} is bound to it ({said})")
            }
            (Kind::Node, _, Errno::EINVAL) => {
                format!("its BAR is shorter than a page of {} bytes ({said})", page_size())
            }
            (_, None, Errno::ENODEV) => format!("it has no memory to map ({said})"),
            (_, Some(driver), _) => format!("{said} (driver {driver})"),
            (_, None, _) => said.to_owned(),
        };
        DeviceError::Unmappable { node: self.located.path.clone(), why, cure, source: errno.into() }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn is_writable(&self) -> bool {
        self.access == Access::Write
    }
}

/// How to come at the registers of a device that a driver holds.
fn way_around(driver: &str, address: &str) -> String {
    match driver {
        "xdma" => format!("while xdma is bound to the device, use its node: --device {address}"),
        _ => format!("to take it from the driver: echo {address} > /sys/bus/pci/drivers/{driver}/unbind"),
    }
}

/// The most pages that fit, where one does; fewer than [`MOST_PAGES`].
///
/// Doubling finds a power of two that is too long, halving the exact end.
fn longest(fits: impl Fn(NonZeroUsize) -> bool) -> usize {
    let fits = |pages| NonZeroUsize::new(pages).is_some_and(&fits);
    let (mut good, mut bad) = (1, 2);
    while bad < MOST_PAGES && fits(bad) {
        (good, bad) = (bad, bad * 2);
    }
    while bad - good > 1 {
        let middle = usize::midpoint(good, bad);
        if fits(middle) { good = middle } else { bad = middle }
    }
    good
}

/// Bytes of a page, as the kernel says.
pub fn page_size() -> NonZeroUsize {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| usize::try_from(size).ok())
        .and_then(NonZeroUsize::new)
        .expect("Linux tells its page size")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::device::{LastWords, Roots, locate};

    proptest! {
        #[test]
        fn the_end_is_found_exactly(length in 1..MOST_PAGES) {
            prop_assert_eq!(longest(|pages| pages.get() <= length), length);
        }
    }

    #[test]
    fn a_node_without_an_end_is_taken_for_a_long_one() {
        assert_eq!(longest(|_| true), MOST_PAGES - 1);
    }

    #[test]
    fn a_short_bar_that_begins_within_a_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: folder.path().into(), ..Roots::default() };
        let directory = roots.sysfs.join("bus/pci/devices/0000:05:00.0");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("vendor"), "0x10ee\n").unwrap();
        fs::write(directory.join("resource1"), [0; 64]).unwrap();
        let map = |start: &str| {
            let lines = format!("0x0 0x0 0x0\n{start} 0x0 0x40200\n");
            fs::write(directory.join("resource"), lines).unwrap();
            let node = Node::open(locate("05:00.0/1", &roots).unwrap(), Access::Read).unwrap();
            node.map(LastWords::default()).map(|device| device.length()).map_err(|e| e.to_string())
        };
        assert_eq!(map("0x00000000fea00000"), Ok(64));
        let error = map("0x00000000fea00100").unwrap_err();
        assert!(error.contains("its BAR begins within a page, at 0xfea00100,"), "{error}");
    }
}
