//! A private cloud and a simulated FPGA on this machine.
//!
//! One port serves OSS, the RPC services (FaaS, RAM, STS) and the instance metadata. It is strict where the cloud is
//! strict, and it shares no code with the clients: a mistake made by both would hide itself. `docs/sandbox.md` says
//! for each behaviour where it is documented and what is our inference.

mod child;
mod cloud;
mod environment;
mod exchange;
mod faults;
mod fpga;
mod guard;
mod host;
mod http;
mod identity;
mod keys;
mod ledger;
mod leftovers;
mod log;
mod options;
mod oss;
mod route;
mod rpc;
mod server;
mod store;
mod supervisor;
mod time;

pub use child::{Endings, Forwarding, NotRun};
pub use faults::{ChipFaults, FaultPlan, TABLE as FAULTS};
pub use fpga::{Chip, Seen};
pub use options::{Exec, MOST_HOSTS, Options};
pub use server::Sandbox;
#[cfg(test)]
pub(crate) use {
    identity::{BUCKET, ROLE_NAME, role_arn},
    rpc::testing::Cloud as CloudAtATime,
};

/// Every refusal that the RPC services here can send: the service (`rpc` for the gateway), HTTP status and code.
pub fn rpc_refusals() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    rpc::refusals()
}

/// Every refusal that object storage here can send: HTTP status, code and exact cause (EC; empty where there is none).
pub fn oss_refusals() -> impl Iterator<Item = (u16, &'static str, &'static str)> {
    oss::refusals()
}
