//! The old tool's commands, flags and output, mapped onto the operations that the new commands use.
//!
//! `config` and `auth` are commands of both and stand in `commands/`.

mod answer;
mod spelling;

pub(super) use spelling::corrected;
