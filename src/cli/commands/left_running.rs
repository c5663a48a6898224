//! PRBS that another test left running on the device, and what to do about it before its memory is used.

use crate::base::cancel::Cancel;
use crate::base::private_file::state_folder;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ddr::{Harness, LeftRunning};
use crate::device::{Access, Device, DmaNodes};

/// The registers that stand beside a memory that is to be written, locked: PRBS uses the same memory.
///
/// Where there are none, or they can't be opened, it is written all the same.
pub(super) fn registers_of(nodes: &DmaNodes, lock: bool, cx: &Context) -> Result<Option<Device>, Failure> {
    let locked = cx.registers_of(nodes, lock).map(|opener| opener.open_locked(Access::Write));
    locked.transpose().map_err(Failure::of_locking)
}

/// A PRBS test that nobody stopped uses the memory that is to be used: asks, and stops it.
pub(super) fn free((device, name): (&Device, &str), cancel: &Cancel, cx: &Context) -> Result<(), Failure> {
    let (progress, state) = (cx.ui.progress(), state_folder());
    let harness = Harness { registers: device, cancel, progress: &*progress, state: state.as_deref() };
    let Some(left) = LeftRunning::of(harness)? else { return Ok(()) };
    let said = text(&left, name);
    // Without a terminal, not being able to ask is a no.
    if cx.ui.confirms(&format!("{said}. Stop it?")).unwrap_or(false) {
        left.stop(harness)?;
        cx.ui.note("the PRBS test that was left running is stopped");
        return Ok(());
    }
    Err(Failure::new(Exit::Conflict, said)
        .hint(format!("to stop it: {}", stop_command(name)))
        .hint("--yes stops it first"))
}

/// `PRBS is still running on /dev/xdma0_user: process 77, …`
pub(super) fn text(left: &LeftRunning, device: &str) -> String {
    let LeftRunning { pid, since, .. } = left;
    format!(
        "PRBS is still running on {device}: process {pid}, which started it at {since:.0}, ended without stopping it"
    )
}

/// What stops it.
pub(super) fn stop_command(device: &str) -> String {
    let device = shlex::try_quote(device).unwrap_or(device.into());
    format!("faascmd reg write PRBS_STOP 1 --device {device}")
}
