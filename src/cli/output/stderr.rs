//! Text for stderr, which may be closed.

use std::io::Write as _;

/// Writes one line to stderr; a closed stderr is nobody's fault.
pub(super) fn line(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Writes to stderr as it is.
pub(super) fn text(text: &str) {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{text}").and_then(|()| stderr.flush()).ok();
}
