//! From a compiled bitstream to a tested FPGA on Alibaba Cloud f1, f2 and f3 instances.
//!
//! The modules are the floors of one house. A room imports only rooms on floors below its own, never one on the
//! same floor; `tests/architecture.rs` keeps that true.
//!
//! | floor | rooms |
//! |---|---|
//! | 7 | [`cli`] |
//! | 6 | [`ops`] |
//! | 5 | [`oss`], [`faas`], [`ram`], [`ecs`] |
//! | 4 | [`credentials`] |
//! | 3 | [`cloud`] |
//! | 2 | [`net`], [`ddr`], [`dma`], [`sandbox`] |
//! | 1 | [`config`], [`sign`], [`bitstream`], [`device`], [`codes`] |
//! | 0 | [`base`] |

mod base;
mod bitstream;
mod cli;
mod cloud;
mod codes;
mod config;
mod credentials;
mod ddr;
mod device;
mod dma;
mod ecs;
mod faas;
mod net;
mod ops;
mod oss;
mod ram;
mod sandbox;
mod sign;

pub use cli::main;
pub use cli::reg_rw::main as reg_rw;

/// What tests and fuzz targets look at besides the programs; everything else is closed, so that what has no caller is
/// found.
#[doc(hidden)]
pub mod testing {
    pub use crate::cli::{Exit, command, completion_script};

    pub mod bitstream {
        pub use crate::bitstream::{
            Examination, Facts, Family, Kind, Severity, Stage, Target, examine, examine_head, sample,
        };
    }

    pub mod dma {
        pub use crate::dma::{Data, Pattern};
    }

    pub mod codes {
        pub use crate::codes::{all, rows};
    }

    pub mod device {
        pub use crate::device::RegisterMap;
    }

    pub mod ecs {
        pub use crate::base::progress::Silent;
        pub use crate::cloud::{Cloud, Fixed, OssSignature, OssStyle, Setup};
        pub use crate::config::{Endpoints, Origin};
        pub use crate::ecs::*;
        pub use crate::net::Http;
    }

    pub mod sandbox {
        pub use crate::sandbox::{
            Chip, ChipFaults, FAULTS, FaultPlan, Options, Sandbox, Seen, oss_refusals, rpc_refusals,
        };
    }

    pub mod sign {
        pub use crate::sign::{Credential, OssRequest, Pairs, acs3, encode, oss_v1, oss_v4, rpc_v1};
    }
}
