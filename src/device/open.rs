//! An open device: checked accesses of one register, in the parts of it that are mapped.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;

use super::error::DeviceError;
use super::locate::{Located, locate};
use super::lock::Lock;
use super::mapping::{self, LastWords, Mapping, Word};
use super::node::{Access, Node};
use super::pci::{PciDevice, Roots};
use super::width::Width;

/// Most BARs are no longer than this, and so are mapped at once; of a longer one, only what is accessed.
const CHUNK: u64 = 1 << 20;

/// The parts of a device that are mapped, by their offset.
#[derive(Debug, Default)]
struct Chunks {
    length: u64,
    last_words: LastWords,
    first: OnceCell<Mapping>,
    others: RefCell<BTreeMap<u64, Mapping>>,
}

/// A mapped device.
#[derive(Debug)]
pub struct Device {
    node: Node,
    chunks: Chunks,
    lock: Option<Lock>,
}

impl Node {
    /// Maps the device's beginning, and the rest when it is accessed; `last_words` are said if its memory goes away.
    pub fn map(self, last_words: LastWords) -> Result<Device, DeviceError> {
        let length = self.length()?;
        self.check_enabled()?;
        self.check_alignment()?;
        let chunks = Chunks { length, last_words, ..Chunks::default() };
        let device = Device { node: self, chunks, lock: None };
        // What can't be mapped at all is told now.
        device.at(0, 1, |_, _| ())?;
        Ok(device)
    }

    /// Fails when the device answers no memory access, as its configuration space tells.
    pub fn check_enabled(&self) -> Result<(), DeviceError> {
        match self.located().pci.as_ref().filter(|pci| !pci.answers_memory() && !pci.is_gone()) {
            Some(pci) => {
                Err(DeviceError::NotEnabled { address: pci.address(), directory: pci.directory().into() })
            }
            None => Ok(()),
        }
    }

    /// Whether it is a PCI device that is off the bus.
    pub fn is_off_the_bus(&self) -> bool {
        self.located().pci.as_ref().is_some_and(PciDevice::is_gone)
    }
}

impl Device {
    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.node.located().path
    }

    /// The node it was mapped from.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Bytes that can be accessed.
    pub fn length(&self) -> u64 {
        self.chunks.length
    }

    /// The address in this process of a word of the device.
    pub fn address(&self, offset: u64, width: u8) -> Result<usize, DeviceError> {
        self.at(offset, width, Mapping::address)
    }

    /// Takes the lock, or says who has it.
    pub fn lock(&mut self) -> Result<(), DeviceError> {
        self.lock = Some(Lock::take(self.path(), self.node.file())?);
        Ok(())
    }

    /// Takes the lock as soon as it is free, until the time is over.
    pub fn lock_within(&mut self, time: Duration) -> Result<(), DeviceError> {
        self.lock = Some(Lock::take_within(self.path(), self.node.file(), time)?);
        Ok(())
    }

    /// Reads 32 bits.
    pub fn read32(&self, offset: u64) -> Result<u32, DeviceError> {
        self.read(offset)
    }

    /// Writes 32 bits.
    pub fn write32(&self, offset: u64, value: u32) -> Result<(), DeviceError> {
        self.write(offset, value)
    }

    /// Reads a register of this width.
    pub fn read_width(&self, offset: u64, width: Width) -> Result<u64, DeviceError> {
        Ok(match width {
            Width::W8 => self.read::<u8>(offset)?.into(),
            Width::W16 => self.read::<u16>(offset)?.into(),
            Width::W32 => self.read::<u32>(offset)?.into(),
            Width::W64 => self.read(offset)?,
        })
    }

    /// Writes a register of this width: the low bits of a value.
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
    pub fn write_width(&self, offset: u64, width: Width, value: u64) -> Result<(), DeviceError> {
        match width {
            Width::W8 => self.write(offset, value as u8),
            Width::W16 => self.write(offset, value as u16),
            Width::W32 => self.write(offset, value as u32),
            Width::W64 => self.write(offset, value),
        }
    }

    /// Refuses an access that this machine would split, or that the device is known not to take.
    pub fn check_width(&self, width: Width) -> Result<(), DeviceError> {
        let narrow = cfg!(not(target_pointer_width = "64")) && width == Width::W64;
        if narrow || width != Width::W32 && self.node.located().takes_only_32_bits() {
            let why = if narrow { "this machine makes it in two" } else { "it takes 32 bits at a time" };
            return Err(DeviceError::WrongWidth { node: self.path().into(), width, why });
        }
        Ok(())
    }

    /// Reads 32 bits and makes sure that somebody answered.
    pub fn read_live32(&self, offset: u64) -> Result<u32, DeviceError> {
        let value = self.read32(offset)?;
        self.check_alive(offset, value.into(), Width::W32)?;
        Ok(value)
    }

    /// Reads one word of any width: one load, after the checks.
    pub fn read<W: Word>(&self, offset: u64) -> Result<W, DeviceError> {
        self.at(offset, W::WIDTH, Mapping::load)
    }

    /// Writes one word of any width: one store, after the checks.
    pub fn write<W: Word>(&self, offset: u64, word: W) -> Result<(), DeviceError> {
        self.at(offset, W::WIDTH, |mapping, at| mapping.store(at, word))
    }

    /// Refuses an access that is misaligned or leaves the device.
    pub fn check(&self, offset: u64, width: u8) -> Result<(), DeviceError> {
        let length = self.length();
        if offset.checked_add(width.into()).is_none_or(|end| end > length) {
            return Err(DeviceError::OutOfRange { node: self.path().into(), offset, width, length });
        }
        if !offset.is_multiple_of(width.into()) {
            return Err(DeviceError::Misaligned { offset, width });
        }
        Ok(())
    }

    /// Checks an access and makes it in the chunk where it is; a word that is aligned lies in one.
    fn at<T>(
        &self,
        offset: u64,
        width: u8,
        access: impl FnOnce(&Mapping, usize) -> T,
    ) -> Result<T, DeviceError> {
        self.check(offset, width)?;
        let start = offset - offset % CHUNK;
        let inside = usize::try_from(offset - start).expect("a chunk is small");
        if start > 0 {
            let mut others = self.chunks.others.borrow_mut();
            let mapping = match others.entry(start) {
                Entry::Occupied(mapped) => mapped.into_mut(),
                Entry::Vacant(free) => free.insert(self.mapped(start)?),
            };
            return Ok(access(mapping, inside));
        }
        if let Some(first) = self.chunks.first.get() {
            return Ok(access(first, inside));
        }
        let first = self.mapped(0)?;
        Ok(access(self.chunks.first.get_or_init(|| first), inside))
    }

    fn mapped(&self, start: u64) -> Result<Mapping, DeviceError> {
        let length = usize::try_from(CHUNK.min(self.length() - start)).expect("a chunk is small");
        let options = mapping::Options { start, length, writable: self.node.is_writable() };
        Mapping::new(self.node.file(), options, self.chunks.last_words.clone())
            .map_err(|e| self.node.unmappable(errno(&e)))
    }

    /// All ones may be a value or a dead link: the PCI configuration space tells, and without one it is suspicious.
    ///
    /// Of fewer than 32 bits, all ones are a value like any other.
    pub fn check_alive(&self, offset: u64, value: u64, width: Width) -> Result<(), DeviceError> {
        if width < Width::W32 || value != width.all_ones() {
            return Ok(());
        }
        match &self.node.located().pci {
            Some(pci) if pci.is_gone() => Err(DeviceError::LinkDead { address: pci.address(), offset }),
            Some(_) => Ok(()),
            None => Err(DeviceError::AllOnes { node: self.path().into(), offset }),
        }
    }
}

/// How to open a device, kept until it is time: after a load, the device is another one.
#[derive(Clone)]
pub struct Opener {
    /// What the user named.
    pub name: String,
    /// The kernel's trees.
    pub roots: Roots,
    /// Whether [`Opener::open_locked`] takes the lock.
    pub lock: bool,
    /// Makes the last words from the error that they stand for.
    pub last_words: std::sync::Arc<dyn Fn(DeviceError) -> LastWords + Send + Sync>,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("name", &self.name).field("lock", &self.lock).finish_non_exhaustive()
    }
}

impl Opener {
    /// Finds the device; nothing is opened.
    ///
    /// # Errors
    /// When it is not there.
    pub fn locate(&self) -> Result<Located, DeviceError> {
        locate(&self.name, &self.roots)
    }

    /// Opens and maps.
    ///
    /// # Errors
    /// When the device is not there, may not be opened or can't be mapped.
    pub fn open(&self, access: Access) -> Result<Device, DeviceError> {
        let node = Node::open(self.locate()?, access)?;
        let vanished = DeviceError::Vanished { node: node.located().path.clone() };
        node.map((self.last_words)(vanished))
    }

    /// Opens, maps and takes the lock, so that nobody else writes meanwhile.
    ///
    /// # Errors
    /// As [`Opener::open`], and when somebody else has the lock.
    pub fn open_locked(&self, access: Access) -> Result<Device, DeviceError> {
        let mut device = self.open(access)?;
        if self.lock {
            device.lock()?;
        }
        Ok(device)
    }
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opener(path: &Path) -> Opener {
        let last_words = |error: DeviceError| LastWords { text: format!("{error}\n"), exit: 10 };
        Opener {
            name: format!("file:{}", path.display()),
            roots: Roots::default(),
            lock: true,
            last_words: std::sync::Arc::new(last_words),
        }
    }

    fn file_of(bytes: usize) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(bytes as u64).unwrap();
        file
    }

    #[test]
    fn a_word_is_little_endian_and_of_its_width() {
        let file = file_of(100);
        let device = opener(file.path()).open(Access::Write).unwrap();
        device.write32(0x60, 0x1234_5678).unwrap();
        device.write(0x5e, 0xabcd_u16).unwrap();
        device.write(0x5d, 0xef_u8).unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        assert_eq!(bytes[0x5c..], [0, 0xef, 0xcd, 0xab, 0x78, 0x56, 0x34, 0x12]);
        assert_eq!(device.read32(0x5c).unwrap(), 0xabcd_ef00);
        device.write_width(0x58, Width::W64, 0x1122_3344_5566_7788).unwrap();
        assert_eq!(
            std::fs::read(file.path()).unwrap()[0x58..0x60],
            [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]
        );
        let read = |offset, width| device.read_width(offset, width).unwrap();
        assert_eq!((read(0x58, Width::W64), read(0x5a, Width::W16)), (0x1122_3344_5566_7788, 0x5566));
        assert_eq!((read(0x5c, Width::W32), read(0x5f, Width::W8)), (0x1122_3344, 0x11));
    }

    #[test]
    fn an_access_outside_or_askew_is_refused() {
        let file = file_of(4098);
        let device = opener(file.path()).open(Access::Read).unwrap();
        assert_eq!(device.read32(0xffc).unwrap(), 0);
        assert_eq!(device.read::<u16>(0x1000).unwrap(), 0);
        for offset in [0x1000, 0x1004, 0x8000, u64::MAX, u64::MAX - 3] {
            let error = device.read32(offset).unwrap_err();
            assert!(matches!(error, DeviceError::OutOfRange { length: 4098, .. }), "{offset:#x}: {error}");
        }
        assert!(matches!(device.read_width(0x4, Width::W64), Err(DeviceError::Misaligned { width: 8, .. })));
        for offset in [1, 2, 3, 0x41] {
            assert!(matches!(device.read32(offset), Err(DeviceError::Misaligned { width: 4, .. })));
        }
    }

    #[test]
    fn a_long_device_is_mapped_where_it_is_accessed() {
        let file = file_of((1 << 30) + 4);
        let device = opener(file.path()).open(Access::Write).unwrap();
        let offsets = [0, CHUNK - 4, CHUNK, 5 * CHUNK + 0x40, 1 << 30];
        for (offset, value) in offsets.into_iter().zip(1..) {
            device.write32(offset, value).unwrap();
        }
        let read: Vec<u32> = offsets.iter().map(|offset| device.read32(*offset).unwrap()).collect();
        assert_eq!(read, [1, 2, 3, 4, 5]);
        assert!(device.read32((1 << 30) + 4).is_err());
    }

    #[test]
    #[should_panic(expected = "never written")]
    fn what_is_open_for_reading_is_never_written() {
        let file = file_of(64);
        opener(file.path()).open(Access::Read).unwrap().write32(0, 1).ok();
    }

    #[test]
    fn all_ones_on_a_file_are_suspicious() {
        let file = file_of(64);
        std::fs::write(file.path(), [0xff; 64]).unwrap();
        let device = opener(file.path()).open(Access::Read).unwrap();
        assert_eq!(device.read32(0x10).unwrap(), u32::MAX);
        let error = device.read_live32(0x10).unwrap_err().to_string();
        assert!(error.starts_with("suspicious: all ones: offset 0x10 of "), "{error}");
    }

    #[test]
    fn a_node_without_memory_says_so() {
        let open = |path: &str| {
            Opener { name: path.into(), ..opener(Path::new(path)) }
                .open(Access::Read)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(open("/dev/null"), "/dev/null can't be mapped: it has no memory to map (No such device)");
        assert_eq!(open("/proc/version"), "/proc/version can't be mapped: I/O error");
        assert_eq!(open("/dev"), "/dev is a directory, not a device with registers");
    }

    #[test]
    fn a_node_without_an_end_can_be_used() {
        assert_eq!(opener(Path::new("/dev/zero")).open(Access::Read).unwrap().read32(0x40).unwrap(), 0);
    }
}
