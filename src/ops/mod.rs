//! Work of several steps: deploy, upload, wait, load, doctor. It says what goes on by events and leaves drawing to others.

pub mod auth;
pub mod build_log;
pub mod caller;
pub mod chip;
pub mod content;
pub mod create;
pub mod deploy;
pub mod doctor;
pub mod download;
mod error;
pub mod image;
mod intent;
mod joined;
pub mod load;
pub mod lock;
mod plan;
mod range;
pub mod route;
#[cfg(test)]
mod samples;
pub mod shell;
pub mod upload;
pub mod wait;

pub use error::{Error, Result};
pub use plan::{LARGEST_PART, SMALLEST_PART};
