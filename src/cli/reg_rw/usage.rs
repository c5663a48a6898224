//! How `reg_rw` is to be called, in the old tool's words and in ours.

use std::ffi::OsStr;

/// The usage text of both tools, on stderr.
pub(super) fn usage(program: &OsStr) -> String {
    format!(
        "\nUsage:\t{} <device> <address> [[type] data]\n\
         \tdevice  : character device to access\n\
         \taddress : memory address to access\n\
         \ttype    : access operation type : [b]yte, [h]alfword, [w]ord\n\
         \tdata    : data to be written for a write\n\n",
        program.display()
    )
}

/// The usage text with our options.
pub(super) fn help(program: &OsStr) -> String {
    let options = "Options of this reg_rw, before, between or after the arguments:
  --format 2019|2020  output of the driver releases until 2020.1 (default) or since 2020.2
  --fixed             say `read` for a read with a type, where the old tools say `write`
  --exit-value        exit as in 2019: with the low byte of a word that was read, 1 for every error
  --no-lock           write although another process has the device's lock
Numbers are C's: 31, 0x1f, 037. Exit codes: 0 done, 2 wrong arguments, 6 locked, 10 no usable device.
";
    format!("{}{options}", usage(program).trim_start_matches('\n'))
}
