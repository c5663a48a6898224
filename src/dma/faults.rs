//! Faults that an ordinary file plays as a memory: `NODE.faults` beside it says which.
//!
//! Only for files: nobody can make a real card lie by a file beside its node.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use nix::libc::EIO;
use serde::Deserialize;

use super::error::DmaError;
use crate::device::number;

/// Bytes that cross the card's data bus at once: 512 bits.
const BEAT: usize = 64;
/// Bytes of one packet, the least that gets lost.
const BURST: u64 = 256;
const PAGE: u64 = 4096;
const PAGE_BYTES: usize = 4096;

/// What the file says; the names are those of the sandbox's `--fault`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Plan {
    /// A share of the beats has one bit turned, each way.
    #[serde(default)]
    dma_bit_flip: f64,
    /// This bit of each beat is read as 1.
    dma_stuck: Option<usize>,
    /// This bit of each address is taken for 0.
    dma_alias: Option<u32>,
    /// A share of the packets is not written.
    #[serde(default)]
    dma_drop: f64,
    /// What is read is what stands so many bytes further on.
    #[serde(default)]
    dma_shift: i64,
    /// No transfer goes past this address.
    dma_eio: Option<Address>,
    /// A share of the transfers moves a part only.
    #[serde(default)]
    dma_short: f64,
    /// Bytes per second.
    dma_slow: Option<u64>,
    /// Makes the random ones repeat.
    seed: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Address {
    Number(u64),
    Text(String),
}

/// The faults of one open node.
#[derive(Debug)]
pub(super) struct Faults {
    plan: Plan,
    eio: Option<u64>,
    rng: Rng,
}

impl Faults {
    /// Those that the file beside a node tells of, if there is one.
    pub(super) fn beside(node: &Path) -> Result<Option<Self>, DmaError> {
        let mut path = node.as_os_str().to_owned();
        path.push(".faults");
        let broken = |why: String| DmaError::Faults { path: path.clone().into(), why };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(broken(e.to_string())),
        };
        let plan: Plan = serde_json::from_str(&text).map_err(|e| broken(e.to_string()))?;
        Self::of(plan).map(Some).map_err(broken)
    }

    fn of(plan: Plan) -> Result<Self, String> {
        let shares = [plan.dma_bit_flip, plan.dma_drop, plan.dma_short];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) {
            return Err("a share is from 0 to 1".to_owned());
        }
        let bits =
            plan.dma_stuck.is_none_or(|bit| bit < 8 * BEAT) && plan.dma_alias.is_none_or(|bit| bit < 63);
        if !bits {
            return Err("dma-stuck is a bit of 512, dma-alias one of 63".to_owned());
        }
        let eio = match &plan.dma_eio {
            None => None,
            Some(Address::Number(address)) => Some(*address),
            Some(Address::Text(text)) => Some(number(text).map_err(|e| e.to_string())?),
        };
        let rng = plan.seed.map_or_else(Rng::new, Rng::with_seed);
        Ok(Self { plan, eio, rng })
    }

    /// `pread` as the faulty memory makes it.
    pub(super) fn read(&mut self, file: &File, buffer: &mut [u8], address: u64) -> io::Result<usize> {
        let length = self.length(address, buffer.len())?;
        let buffer = &mut buffer[..length];
        let from = address.saturating_add_signed(self.plan.dma_shift);
        // Before the first address there is nothing.
        let before = from.wrapping_sub(address).wrapping_sub(self.plan.dma_shift.cast_unsigned());
        let (nothing, rest) =
            buffer.split_at_mut(usize::try_from(before).map_or(length, |it| it.min(length)));
        nothing.fill(0);
        match self.plan.dma_alias {
            Some(bit) => read_aliased(file, rest, from, bit)?,
            None => read_whole(file, rest, from)?,
        }
        self.flip(buffer, address);
        if let Some(bit) = self.plan.dma_stuck {
            let first = beat_offset(address);
            let at = (BEAT + bit / 8 - first) % BEAT;
            buffer.iter_mut().skip(at).step_by(BEAT).for_each(|byte| *byte |= 1 << (bit % 8));
        }
        Ok(length)
    }

    /// `pwrite` as the faulty memory makes it.
    pub(super) fn write(&mut self, file: &File, bytes: &[u8], address: u64) -> io::Result<usize> {
        let length = self.length(address, bytes.len())?;
        let mut bytes = bytes[..length].to_vec();
        self.flip(&mut bytes, address);
        if self.plan.dma_drop == 0.0 {
            return self.store(file, &bytes, address).map(|()| length);
        }
        let mut at = 0;
        while at < length {
            let left = BURST - (address + at as u64) % BURST;
            let end = length.min(at + usize::try_from(left).expect("a burst is short"));
            if !self.strikes(self.plan.dma_drop) {
                self.store(file, &bytes[at..end], address + at as u64)?;
            }
            at = end;
        }
        Ok(length)
    }

    fn store(&self, file: &File, bytes: &[u8], address: u64) -> io::Result<()> {
        match self.plan.dma_alias {
            Some(bit) => write_aliased(file, bytes, address, bit),
            None => file.write_all_at(bytes, address),
        }
    }

    /// How much this transfer moves, after the time that it takes.
    fn length(&mut self, address: u64, length: usize) -> io::Result<usize> {
        let mut length = length;
        if let Some(eio) = self.eio.filter(|eio| (address..address + length as u64).contains(eio)) {
            length = usize::try_from(eio - address).expect("less than the transfer's length");
            if length == 0 {
                return Err(io::Error::from_raw_os_error(EIO));
            }
        }
        if length > 1 && self.strikes(self.plan.dma_short) {
            length = self.rng.usize(1..length);
        }
        if let Some(rate) = self.plan.dma_slow.filter(|rate| *rate > 0) {
            std::thread::sleep(Duration::from_secs_f64(length as f64 / rate as f64));
        }
        Ok(length)
    }

    fn strikes(&mut self, share: f64) -> bool {
        share > 0.0 && self.rng.f64() < share
    }

    fn flip(&mut self, bytes: &mut [u8], address: u64) {
        if self.plan.dma_bit_flip == 0.0 {
            return;
        }
        let mut at = 0;
        while at < bytes.len() {
            let end = bytes.len().min(at + BEAT - beat_offset(address + at as u64));
            if self.strikes(self.plan.dma_bit_flip) {
                bytes[self.rng.usize(at..end)] ^= 1 << self.rng.u8(..8);
            }
            at = end;
        }
    }
}

fn beat_offset(address: u64) -> usize {
    usize::try_from(address % BEAT as u64).expect("less than a beat")
}

/// What is beyond the file's end is read as 0: it is not what the caller asked for, but where a fault leads.
fn read_whole(file: &File, buffer: &mut [u8], address: u64) -> io::Result<()> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], address + done as u64)? {
            0 => {
                buffer[done..].fill(0);
                break;
            }
            read => done += read,
        }
    }
    Ok(())
}

fn read_aliased(file: &File, buffer: &mut [u8], address: u64, bit: u32) -> io::Result<()> {
    for_pages(address, buffer.len(), |page, from, part| {
        let mut bytes = [0; PAGE_BYTES];
        read_whole(file, &mut bytes, page & !(1 << bit))?;
        for (n, byte) in buffer[part].iter_mut().enumerate() {
            *byte = bytes[inside(from + n as u64, bit)];
        }
        Ok(())
    })
}

fn write_aliased(file: &File, bytes: &[u8], address: u64, bit: u32) -> io::Result<()> {
    for_pages(address, bytes.len(), |page, from, part| {
        let mut held = [0; PAGE_BYTES];
        let base = page & !(1 << bit);
        read_whole(file, &mut held, base)?;
        for (n, byte) in bytes[part].iter().enumerate() {
            held[inside(from + n as u64, bit)] = *byte;
        }
        file.write_all_at(&held, base)
    })
}

/// Where in its page an address leads when one of its bits is not looked at.
fn inside(address: u64, bit: u32) -> usize {
    usize::try_from(address & !(1 << bit) & (PAGE - 1)).expect("less than a page")
}

/// Each page of a transfer: its beginning, where the transfer begins in it, and which bytes of the transfer it has.
fn for_pages(
    address: u64,
    length: usize,
    mut each: impl FnMut(u64, u64, std::ops::Range<usize>) -> io::Result<()>,
) -> io::Result<()> {
    let mut done = 0;
    while done < length {
        let from = address + done as u64;
        let left = usize::try_from(PAGE - from % PAGE).expect("a page is short");
        let part = done..length.min(done + left);
        done = part.end;
        each(from - from % PAGE, from, part)?;
    }
    Ok(())
}
