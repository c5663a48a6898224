//! An open device: checked accesses of one register, in the parts of it that are mapped.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;

use super::error::DeviceError;
use super::locate::locate;
use super::lock::Lock;
use super::mapping::{self, LastWords, Mapping, Word};
use super::node::{Access, Node};
use super::pci::Roots;

/// What a read gives when nobody answers.
pub const ALL_ONES: u32 = u32::MAX;

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
        if let Some(pci) = self.located().pci.as_ref().filter(|pci| !pci.answers_memory() && !pci.is_gone()) {
            return Err(DeviceError::NotEnabled {
                address: pci.address(),
                directory: pci.directory().into(),
            });
        }
        self.check_alignment()?;
        let chunks = Chunks { length, last_words, ..Chunks::default() };
        let device = Device { node: self, chunks, lock: None };
        // What can't be mapped at all is told now.
        device.at(0, 1, |_, _| ())?;
        Ok(device)
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

    /// Reads 32 bits and makes sure that somebody answered.
    pub fn read_live32(&self, offset: u64) -> Result<u32, DeviceError> {
        let value = self.read(offset)?;
        self.check_alive(offset, value)?;
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
    pub fn check_alive(&self, offset: u64, value: u32) -> Result<(), DeviceError> {
        if value != ALL_ONES {
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
    /// Opens and maps.
    ///
    /// # Errors
    /// When the device is not there, may not be opened or can't be mapped.
    pub fn open(&self, access: Access) -> Result<Device, DeviceError> {
        let node = Node::open(locate(&self.name, &self.roots)?, access)?;
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
            name: path.to_str().unwrap().into(),
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
        assert_eq!(device.chunks.others.borrow().len(), 3);
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
        assert_eq!(device.read32(0x10).unwrap(), ALL_ONES);
        let error = device.read_live32(0x10).unwrap_err().to_string();
        assert!(error.starts_with("suspicious: all ones: offset 0x10 of "), "{error}");
    }

    #[test]
    fn a_node_without_memory_says_so() {
        let open = |path: &str| opener(Path::new(path)).open(Access::Read).unwrap_err().to_string();
        assert_eq!(open("/dev/null"), "/dev/null can't be mapped: it has no memory to map (No such device)");
        assert_eq!(open("/proc/version"), "/proc/version can't be mapped: I/O error");
        assert_eq!(open("/dev"), "/dev is a directory, not a device with registers");
    }

    #[test]
    fn a_node_without_an_end_can_be_used() {
        assert_eq!(opener(Path::new("/dev/zero")).open(Access::Read).unwrap().read32(0x40).unwrap(), 0);
    }
}
