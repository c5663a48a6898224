//! The program `reg_rw`: Xilinx's tool, with its command line and its output, without its faults.
//!
//! `docs/reg_rw.md` lists each difference and its reason.

mod arguments;
mod lines;
mod strtoul;
mod usage;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::context::roots;
use super::exit::Exit;
use crate::base::private_file::state_folder;
use crate::ddr::forget_if_stopped;
use crate::device::{Access, Device, DeviceError, LastWords, Node, Width, locate_path};
use arguments::{Arguments, Operation, Options};
use lines::{Lines, errno_text};

/// How long a write waits for the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Why it did not do what was asked.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// Too few arguments: the old usage text is the whole answer.
    #[error("")]
    Usage,
    /// An option or a number that is wrong.
    #[error("{0}")]
    Argument(String),
    /// The device.
    #[error("{0}")]
    Device(#[from] DeviceError),
    /// stdout.
    #[error("can't write to stdout: {0}")]
    Output(#[from] io::Error),
}

/// Runs `reg_rw` with the arguments of the process.
pub fn main() -> ExitCode {
    let mut given = std::env::args_os();
    let program = given.next().unwrap_or_else(|| "reg_rw".into());
    let options = match Options::split(given) {
        Ok(options) => options,
        Err(refusal) => return refused(&refusal, &program, false),
    };
    let as_in_2019 = options.exit_value;
    let done = match options.information(&program) {
        Some(text) => io::stdout().write_all(text.as_bytes()).map(|()| 0).map_err(Refusal::from),
        None => Arguments::understood(options).and_then(|arguments| run(&arguments)),
    };
    match done {
        Ok(value) if as_in_2019 => value.into(),
        Ok(_) => ExitCode::SUCCESS,
        Err(refusal) => refused(&refusal, &program, as_in_2019),
    }
}

/// Says why on stderr; a closed stdout is nobody's fault.
fn refused(refusal: &Refusal, program: &OsString, as_in_2019: bool) -> ExitCode {
    let exit = match refusal {
        Refusal::Output(e) if e.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Refusal::Output(_) => Exit::Failed,
        Refusal::Usage | Refusal::Argument(_) => Exit::Usage,
        Refusal::Device(DeviceError::OutOfRange { .. } | DeviceError::Misaligned { .. }) => Exit::Usage,
        Refusal::Device(DeviceError::Locked { .. }) => Exit::Conflict,
        Refusal::Device(_) => Exit::NoDevice,
    };
    match refusal {
        Refusal::Usage => say(&usage::usage(program)),
        refusal => say(&format!("reg_rw: {refusal}\n")),
    }
    if as_in_2019 { ExitCode::FAILURE } else { exit.into() }
}

fn say(text: &str) {
    // Nothing can be done about a closed stderr.
    io::stderr().write_all(text.as_bytes()).ok();
}

/// Opens, maps, accesses once; gives the exit code of 2019.
fn run(arguments: &Arguments) -> Result<u8, Refusal> {
    for warning in arguments.warnings() {
        say(&format!("reg_rw: warning: {warning}\n"));
    }
    let mut lines = Lines::new(arguments);
    lines.header();
    let node = match open(arguments) {
        Ok(node) => node,
        Err(error) => {
            lines.not_opened(&errno_text(&error));
            lines.flush()?;
            return Err(error.into());
        }
    };
    lines.opened();
    // Whether anybody still reads, as under `| head -1`, is no reason to leave the access undone.
    let unread = lines.flush().err();
    let device = match mapped(node, arguments) {
        Ok(device) => device,
        Err(error) => {
            lines.not_mapped(&error);
            lines.flush()?;
            return Err(error.into());
        }
    };
    let at = device.address(arguments.address, arguments.width.bytes())?;
    lines.mapped(at);
    // Should the device go away under the access, what was done so far has been said.
    let unread = unread.or(lines.flush().err());
    let value = access(&device, arguments)?;
    lines.done(at, value);
    let unread = unread.or(lines.flush().err());
    value.map_or(Ok(()), |value| judge(&device, arguments, value))?;
    unread.map_or(Ok(exit_of_2019(arguments, value)), |unread| Err(unread.into()))
}

fn open(arguments: &Arguments) -> Result<Node, DeviceError> {
    let access = if arguments.operation == Operation::Read { Access::Read } else { Access::Write };
    Node::open(locate_path(Path::new(&arguments.device), &roots())?, access)
}

/// Maps, and refuses an access outside or askew before anything is locked or touched.
fn mapped(node: Node, arguments: &Arguments) -> Result<Device, DeviceError> {
    let vanished = DeviceError::Vanished { node: node.located().path.clone() };
    let exit = if arguments.exit_value { Exit::Failed } else { Exit::NoDevice };
    let mut device = node.map(LastWords { text: format!("reg_rw: {vanished}\n"), exit: exit.code() })?;
    device.check(arguments.address, arguments.width.bytes())?;
    if arguments.operation != Operation::Read && arguments.lock {
        device.lock_within(LOCK_TIMEOUT)?;
    }
    Ok(device)
}

/// The one access; gives what was read.
fn access(device: &Device, arguments: &Arguments) -> Result<Option<u32>, DeviceError> {
    let (address, width) = (arguments.address, arguments.width);
    let Operation::Write(value) = arguments.operation else {
        let word = device.read_width(address, width)?;
        return Ok(Some(u32::try_from(word).expect("no type has more than 32 bits")));
    };
    device.write_width(address, width, value.into())?;
    forget_if_stopped(state_folder().as_deref(), device, address, value.into());
    Ok(None)
}

/// A word of all ones from a dead link is no answer; without a configuration space to ask, it is worth a warning.
fn judge(device: &Device, arguments: &Arguments, value: u32) -> Result<(), DeviceError> {
    match device.check_alive(arguments.address, value.into(), arguments.width) {
        Err(suspicion @ DeviceError::AllOnes { .. }) => {
            say(&format!("reg_rw: warning: {suspicion}\n"));
            Ok(())
        }
        verdict => verdict,
    }
}

/// What 2019 exited with: the low byte of a word that was read, else 0.
fn exit_of_2019(arguments: &Arguments, value: Option<u32>) -> u8 {
    let [low, ..] = value.unwrap_or_default().to_le_bytes();
    if arguments.width == Width::W32 { low } else { 0 }
}
