//! The one file with `unsafe`: the mapping and its volatile accesses, the length probe, the ioctl, and SIGBUS.
//!
//! Three rules keep it sound. The mapped memory is reached by a raw pointer, never by a reference: hardware changes
//! it behind the compiler's back. Every access is checked for range and alignment here, whatever the caller checked
//! before. Every access is one volatile load or store of its own width.
#![expect(unsafe_code, reason = "a BAR is mapped memory, and the kernel reports its loss by a signal")]

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// What the program says and how it exits when mapped memory is gone; prepared while there is time.
#[derive(Clone, Debug, Default)]
pub struct LastWords {
    /// The whole text for stderr, with its line ends.
    pub text: String,
    pub exit: u8,
}

/// What one access moves: `u8`, `u16`, `u32` or `u64`, little-endian in the device.
pub trait Word: sealed::Sealed + Copy {
    const WIDTH: u8;
    /// Swaps the bytes on a big-endian host; the same swap serves both directions.
    #[must_use]
    fn little_endian(self) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! word {
    ($($word:ty: $width:literal),+) => {$(
        impl sealed::Sealed for $word {}
        impl Word for $word {
            const WIDTH: u8 = $width;
            fn little_endian(self) -> Self {
                Self::from_le(self)
            }
        }
    )+};
}
word!(u8: 1, u16: 2, u32: 4, u64: 8);

/// A part of a device in memory.
#[derive(Debug)]
pub(super) struct Mapping {
    memory: MmapRaw,
    length: usize,
    writable: bool,
    watch: &'static Watch,
}

/// What to map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Where the part begins in the device; a multiple of the page.
    pub(super) start: u64,
    pub(super) length: usize,
    /// For reading only, the MMU itself refuses a write.
    pub(super) writable: bool,
}

impl Mapping {
    /// Maps a part of a device.
    pub(super) fn new(file: &File, options: Options, last_words: LastWords) -> io::Result<Self> {
        let Options { start, length, writable } = options;
        let mut map = MmapOptions::new();
        map.offset(start).len(length);
        let memory = if writable { map.map_raw(file) } else { map.map_raw_read_only(file) }?;
        let watch = Watch::over(memory.as_ptr() as usize, length, last_words)?;
        Ok(Self { memory, length, writable, watch })
    }

    /// One volatile load at `offset`.
    pub(super) fn load<W: Word>(&self, offset: usize) -> W {
        let cell = self.cell::<W>(offset);
        // SAFETY: `cell` lies inside the live mapping and is aligned to its width. The memory is plain bytes, valid
        // for every bit pattern. Should the pages behind it go away, SIGBUS ends the process.
        let word = unsafe { cell.read_volatile() };
        word.little_endian()
    }

    /// One volatile store at `offset`.
    pub(super) fn store<W: Word>(&self, offset: usize, word: W) {
        assert!(self.writable, "a device that was opened for reading is never written");
        let cell = self.cell::<W>(offset);
        // SAFETY: as for the load, and the pages were mapped for writing.
        unsafe { cell.write_volatile(word.little_endian()) }
    }

    /// The address of `offset` in this process; `reg_rw` prints it.
    pub(super) fn address(&self, offset: usize) -> usize {
        self.memory.as_ptr().wrapping_add(offset) as usize
    }

    fn cell<W: Word>(&self, offset: usize) -> *mut W {
        let width = size_of::<W>();
        assert!(
            offset.checked_add(width).is_some_and(|end| end <= self.length),
            "offset {offset:#x} is outside"
        );
        assert!(offset.is_multiple_of(width), "offset {offset:#x} is misaligned");
        self.memory.as_mut_ptr().wrapping_add(offset).cast()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.watch.end();
    }
}

/// Whether so many bytes from the first can be mapped; touches none of them.
///
/// The xdma driver refuses a mapping from offset 0 exactly when it is longer than the BAR (cdev_ctrl.c,
/// `bridge_mmap`), so this measures the BAR.
pub(super) fn can_map(file: &File, length: NonZeroUsize) -> nix::Result<()> {
    // SAFETY: the kernel chooses an address that is free, and PROT_NONE lets nobody touch what is there.
    let start = unsafe { mmap(None, length, ProtFlags::PROT_NONE, MapFlags::MAP_SHARED, file, 0) }?;
    // SAFETY: exactly what the line above mapped, and nobody else knows of it.
    unsafe { munmap(start, length.get()) }
}

/// What the xdma driver tells of itself: `struct xdma_ioc_info` of its cdev_ctrl.h.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IocInfo {
    magic: u32,
    command: u32,
    pub(super) vendor: u16,
    pub(super) device: u16,
    pub(super) subsystem_vendor: u16,
    pub(super) subsystem_device: u16,
    pub(super) dma_engine_version: u32,
    pub(super) driver_version: u32,
    pub(super) feature_id: u64,
    pub(super) domain: u16,
    pub(super) bus: u8,
    pub(super) slot: u8,
    pub(super) function: u8,
}

/// `XDMA_XCL_MAGIC`, without which the driver answers ENOTTY.
const IOCINFO_MAGIC: u32 = 0x586c_0c6c;

nix::ioctl_readwrite!(xdma_iocinfo, b'x', 1, IocInfo);

/// Asks the xdma driver about itself. Only for its own nodes: to another driver the number may mean another thing.
pub(super) fn iocinfo(file: &File) -> nix::Result<IocInfo> {
    let mut info = IocInfo { magic: IOCINFO_MAGIC, ..IocInfo::default() };
    // SAFETY: the request number holds the size of `IocInfo`, to which the driver reads and writes.
    unsafe { xdma_iocinfo(file.as_raw_fd(), &raw mut info) }?;
    Ok(info)
}

/// A range of addresses whose loss has its last words; lives as long as the process.
#[derive(Debug)]
struct Watch {
    start: usize,
    /// 0 once the range is unmapped.
    length: AtomicUsize,
    last_words: LastWords,
    next: *const Self,
}

// SAFETY: `next` is set before the watch is published and never changed; it points to a leaked watch or is null.
unsafe impl Sync for Watch {}
// SAFETY: the same; nothing in a watch belongs to a thread.
unsafe impl Send for Watch {}

/// The newest watch; the handler follows `next` from it.
static WATCHES: AtomicPtr<Watch> = AtomicPtr::new(ptr::null_mut());

impl Watch {
    fn over(start: usize, length: usize, last_words: LastWords) -> io::Result<&'static Self> {
        catch_sigbus()?;
        let length = AtomicUsize::new(length);
        let watch = Box::leak(Box::new(Self { start, length, last_words, next: ptr::null() }));
        let mut newest = WATCHES.load(Ordering::Acquire);
        loop {
            watch.next = newest;
            match WATCHES.compare_exchange(newest, watch, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(watch),
                Err(other) => newest = other,
            }
        }
    }

    fn end(&self) {
        self.length.store(0, Ordering::Release);
    }

    fn covers(&self, address: usize) -> bool {
        address.wrapping_sub(self.start) < self.length.load(Ordering::Acquire)
    }

    /// The watch that covers an address; safe to ask in a signal handler.
    fn of(address: usize) -> Option<&'static Self> {
        let mut next: *const Self = WATCHES.load(Ordering::Acquire);
        loop {
            // SAFETY: null, or a watch that was leaked whole before it was published.
            let watch = unsafe { next.as_ref() }?;
            if watch.covers(address) {
                return Some(watch);
            }
            next = watch.next;
        }
    }
}

fn catch_sigbus() -> nix::Result<()> {
    let action = SigAction::new(SigHandler::SigAction(on_sigbus), SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler makes only calls that are allowed in a signal handler.
    unsafe { sigaction(Signal::SIGBUS, &action) }?;
    Ok(())
}

/// Says the last words of the mapping that was lost and exits; any other SIGBUS takes its default way.
extern "C" fn on_sigbus(signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t`, as the handler was installed with SA_SIGINFO.
    let info = unsafe { info.as_ref() };
    // SAFETY: SIGBUS comes with an address.
    let address = info.map(|info| unsafe { info.si_addr() } as usize);
    if let Some(watch) = address.and_then(Watch::of) {
        // Nothing can be done about a closed stderr.
        nix::unistd::write(io::stderr(), watch.last_words.text.as_bytes()).ok();
        signal_hook::low_level::exit(watch.last_words.exit.into());
    }
    signal_hook::low_level::emulate_default_handler(signal).ok();
}
