//! Each floor's errors as failures of a command: exit code, words, next step. One file a floor.

mod auth;
mod cloud;
mod config;
mod ddr;
pub(super) mod device;
mod dma;
mod download;
mod fleet;
mod ops;
mod upload;
