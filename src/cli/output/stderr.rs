//! Text for stderr, which may be closed.

use std::io::Write as _;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Whether a line can be written without waiting for whoever reads it; they may have stalled.
pub(in crate::cli) fn takes_more(file: &impl AsFd) -> bool {
    let mut looked = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];
    poll(&mut looked, PollTimeout::ZERO) != Ok(0)
}

/// Writes one line to stderr; a closed stderr is nobody's fault.
pub(super) fn line(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Writes to stderr as it is.
pub(super) fn text(text: &str) {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{text}").and_then(|()| stderr.flush()).ok();
}
