//! From a compiled bitstream to a tested FPGA on Alibaba Cloud f1, f2 and f3 instances.
//!
//! The modules are the floors of one house. A room imports only rooms on floors below its own, never one on the
//! same floor; `tests/architecture.rs` keeps that true.
//!
//! | floor | rooms |
//! |---|---|
//! | 7 | [`cli`] |
//! | 6 | [`ops`] |
//! | 5 | [`oss`], [`faas`], [`ram`] |
//! | 4 | [`credentials`] |
//! | 3 | [`cloud`] |
//! | 2 | [`net`], [`ddr`], [`sandbox`] |
//! | 1 | [`config`], [`sign`], [`bitstream`], [`device`], [`codes`] |
//! | 0 | [`base`] |

pub mod base;
pub mod bitstream;
pub mod cli;
pub mod cloud;
pub mod codes;
pub mod config;
pub mod credentials;
pub mod ddr;
pub mod device;
pub mod faas;
pub mod net;
pub mod ops;
pub mod oss;
pub mod ram;
pub mod sandbox;
pub mod sign;
