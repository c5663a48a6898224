//! The old tools' lines, letter for letter: scripts read them.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use super::arguments::{Arguments, Format, Operation};
use crate::device::{DeviceError, Width, page_size};

/// What goes to stdout, collected so that it goes there in few writes.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    arguments: &'a Arguments,
    text: String,
}

impl<'a> Lines<'a> {
    pub(super) fn new(arguments: &'a Arguments) -> Self {
        Self { arguments, text: String::with_capacity(512) }
    }

    /// Writes out what was collected.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a String takes everything");
        self.text.push('\n');
    }

    /// What is printed before the device is opened.
    pub(super) fn header(&mut self) {
        let Arguments { argc, address, .. } = *self.arguments;
        let device = self.arguments.device.display();
        let access = self.access();
        match self.arguments.format {
            Format::Of2019 => {
                let low = address & 0xffff_ffff;
                self.line(format_args!("argc = {argc}\ndevice: {device}\naddress: {low:#010x}"));
                self.line(format_args!("access type: {access}"));
                if self.arguments.has_type() {
                    self.line(format_args!("access width given."));
                }
                self.line(format_args!("access width: {}", self.width()));
            }
            Format::Of2020 => {
                let (page, rest) = split(address);
                let place = format_args!("{address:#x} ({page:#x}+{rest:#x})");
                self.line(format_args!("device: {device}, address: {place}, access {access}."));
                let default = if self.arguments.is_type_unknown() { "default to " } else { "" };
                self.line(format_args!("access width: {default}{}", self.width()));
            }
        }
    }

    /// The old tools say `write` as soon as a type is given.
    fn access(&self) -> &'static str {
        let writes = match self.arguments.operation {
            Operation::Write(_) => true,
            Operation::Read => self.arguments.has_type() && !self.arguments.fixed,
        };
        if writes { "write" } else { "read" }
    }

    fn width(&self) -> &'static str {
        match self.arguments.width {
            Width::W8 => "byte (8-bits)",
            Width::W16 => "half word (16-bits)",
            Width::W32 | Width::W64 => "word (32-bits)",
        }
    }

    pub(super) fn opened(&mut self) {
        self.line(format_args!("character device {} opened.", self.arguments.device.display()));
    }

    /// 2019 says it on stderr, where our own message stands instead.
    pub(super) fn not_opened(&mut self, why: &str) {
        if self.arguments.format == Format::Of2020 {
            self.line(format_args!(
                "character device {} opened failed: {why}.",
                self.arguments.device.display()
            ));
        }
    }

    /// Only for a mapping that the system refused; what we refuse, the old tools did not know.
    pub(super) fn not_mapped(&mut self, error: &DeviceError) {
        if self.arguments.format == Format::Of2020
            && let DeviceError::Unmappable { source, .. } = error
        {
            let why = system_text(source);
            self.line(format_args!("Memory {:#x} mapped failed: {why}.", self.arguments.address));
        }
    }

    /// `at` is where the register is.
    pub(super) fn mapped(&mut self, at: usize) {
        let back = |bytes: u64| at.wrapping_sub(usize::try_from(bytes).unwrap_or(usize::MAX));
        let address = self.arguments.address;
        match self.arguments.format {
            Format::Of2019 => self.line(format_args!("Memory mapped at address {:#x}.", back(address))),
            Format::Of2020 => {
                let (page, rest) = split(address);
                self.line(format_args!("Memory {page:#x} mapped at address {:#x}.", back(rest)));
            }
        }
    }

    /// `at` is where the register is, `read` what it read.
    pub(super) fn done(&mut self, at: usize, read: Option<u32>) {
        match (self.arguments.operation, read) {
            (Operation::Write(value), _) => self.written(at, value),
            (Operation::Read, Some(value)) => self.read(at, value),
            (Operation::Read, None) => {}
        }
    }

    fn read(&mut self, at: usize, value: u32) {
        let place = self.place();
        match self.arguments.width {
            Width::W8 => {
                self.line(format_args!("Read 8-bits value at address {place} ({at:#x}): {value:#04x}"));
            }
            Width::W16 => {
                self.line(format_args!("Read 16-bit value at address {place} ({at:#x}): {value:#06x}"));
            }
            Width::W32 | Width::W64 => {
                self.line(format_args!("Read 32-bit value at address {place} ({at:#x}): {value:#010x}"));
            }
        }
    }

    /// The pointer has its 0x twice, as ever.
    fn written(&mut self, at: usize, value: u32) {
        let place = self.place();
        match self.arguments.width {
            Width::W8 => self.line(format_args!("Write 8-bits value {value:#04x} to {place} (0x{at:#x})")),
            Width::W16 => {
                self.line(format_args!("Write 16-bits value {value:#06x} to {place} (0x{at:#x})"));
            }
            Width::W32 | Width::W64 => {
                self.line(format_args!("Write 32-bits value {value:#010x} to {place} (0x{at:#x})"))
            }
        }
    }

    fn place(&self) -> String {
        match self.arguments.format {
            Format::Of2019 => format!("{:#010x}", self.arguments.address & 0xffff_ffff),
            Format::Of2020 => format!("{:#x}", self.arguments.address),
        }
    }
}

/// The page and the rest of an address.
fn split(address: u64) -> (u64, u64) {
    let rest = address % page_size().get() as u64;
    (address - rest, rest)
}

/// The system's words for an error on opening, as the tool of 2020 prints them.
pub(super) fn errno_text(error: &DeviceError) -> String {
    use nix::errno::Errno;
    match error {
        DeviceError::Missing { .. } => Errno::ENOENT.desc().to_owned(),
        DeviceError::Denied { .. } => Errno::EACCES.desc().to_owned(),
        DeviceError::NotRegisters { kind: "a directory", .. } => Errno::EISDIR.desc().to_owned(),
        DeviceError::Open { source, .. } => system_text(source),
        other => other.to_string(),
    }
}

fn system_text(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), |code| nix::errno::Errno::from_raw(code).desc().to_owned())
}
