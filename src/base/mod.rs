//! What every floor may use: secrets, sizes, durations, progress events, the cancel flag, private files.

pub mod cancel;
pub mod duration;
pub mod fingerprint;
pub mod lock;
pub mod private_file;
pub mod progress;
pub mod replace;
pub mod secret;
pub mod size;
pub mod text;
