//! Work of several steps: deploy, upload, wait, load, doctor. It says what goes on by events and leaves drawing to others.

pub mod auth;
pub mod build_log;
pub mod caller;
pub mod chip;
pub mod content;
pub mod deploy;
pub mod doctor;
pub mod download;
pub mod driver;
mod error;
pub mod fleet;
pub mod image;
mod intent;
pub mod load;
pub mod lock;
pub mod order;
pub mod oss_endpoint;
pub mod prepare;
pub mod register_map;
#[cfg(test)]
mod samples;
pub mod shell;
pub mod step;
mod transfer;
pub mod upload;
pub mod wait;

pub use error::{Error, Result};
pub use transfer::{LARGEST_PART, SMALLEST_PART};
