//! One DMA engine of the card: whole transfers, however many system calls they take.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::DmaError;
use super::faults::Faults;
use crate::device::{Direction, DmaNodes, Lock};

/// An open channel.
#[derive(Debug)]
pub struct Channel {
    node: PathBuf,
    verb: &'static str,
    file: File,
    /// The end of an ordinary file; the system would make it longer.
    end: Option<u64>,
    /// What an ordinary file is to do wrong.
    faults: Option<Mutex<Faults>>,
}

impl Channel {
    /// Opens a channel's node.
    ///
    /// # Errors
    /// When it is not there or may not be opened.
    pub fn open(nodes: &DmaNodes, direction: Direction, channel: u8) -> Result<Self, DmaError> {
        let (located, file) = nodes.open(direction, channel)?;
        let node = nodes.path(direction, channel);
        let verb = if direction == Direction::H2c { "writing" } else { "reading" };
        if !located.is_file() {
            return Ok(Self { node, verb, file, end: None, faults: None });
        }
        // A file that is still empty grows as it is written; one that has a length has that of the memory.
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let faults = Faults::beside(&node)?.map(Mutex::new);
        Ok(Self { node, verb, file, end: Some(length).filter(|length| *length > 0), faults })
    }

    /// The node.
    pub fn path(&self) -> &Path {
        &self.node
    }

    /// Takes the node's lock, which ends with the channel: one at a time writes the card's memory.
    ///
    /// # Errors
    /// When another has it.
    pub fn lock(&self) -> Result<Lock, DmaError> {
        Ok(Lock::take(&self.node, &self.file)?)
    }

    /// Fills the buffer from the card's memory, or fails.
    ///
    /// # Errors
    /// With the address at which the driver gave an error, or nothing more.
    pub fn read(&self, buffer: &mut [u8], address: u64) -> Result<(), DmaError> {
        self.check(address, buffer.len() as u64)?;
        let mut done = 0;
        while done < buffer.len() {
            let (at, rest) = (address + done as u64, &mut buffer[done..]);
            let length = rest.len();
            let read = match &self.faults {
                Some(faults) => locked(faults).read(&self.file, rest, at),
                None => self.file.read_at(rest, at),
            };
            done += self.moved(read, at, length)?;
        }
        Ok(())
    }

    /// Writes all bytes to the card's memory, or fails.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn write(&self, bytes: &[u8], address: u64) -> Result<(), DmaError> {
        self.check(address, bytes.len() as u64)?;
        let mut done = 0;
        while done < bytes.len() {
            let (at, rest) = (address + done as u64, &bytes[done..]);
            let written = match &self.faults {
                Some(faults) => locked(faults).write(&self.file, rest, at),
                None => self.file.write_at(rest, at),
            };
            done += self.moved(written, at, rest.len())?;
        }
        Ok(())
    }

    /// Refuses what goes beyond the end before a part of it is moved.
    ///
    /// # Errors
    /// When it does, as far as the end is known.
    pub fn check(&self, address: u64, length: u64) -> Result<(), DmaError> {
        let end = self.end.unwrap_or(i64::MAX.cast_unsigned());
        if address.checked_add(length).is_none_or(|after| after > end) {
            return Err(self.beyond(address, length, end));
        }
        Ok(())
    }

    /// How much one call moved: less than was asked for is no error, nothing is.
    fn moved(&self, result: io::Result<usize>, address: u64, length: usize) -> Result<usize, DmaError> {
        match result {
            Ok(0) => Err(self.beyond(address, length as u64, address)),
            Ok(moved) => Ok(moved),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(source) => {
                let (node, verb) = (self.node.clone(), self.verb);
                Err(DmaError::Transfer { node, verb, address, length, source })
            }
        }
    }

    fn beyond(&self, address: u64, length: u64, end: u64) -> DmaError {
        DmaError::End { node: self.node.clone(), verb: self.verb, address, length, end }
    }
}

fn locked(faults: &Mutex<Faults>) -> std::sync::MutexGuard<'_, Faults> {
    faults.lock().unwrap_or_else(PoisonError::into_inner)
}
