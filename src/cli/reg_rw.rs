//! The program `reg_rw`: Xilinx's tool, with its command line and its output.

use std::process::ExitCode;

/// Runs `reg_rw` with the arguments of the process.
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
