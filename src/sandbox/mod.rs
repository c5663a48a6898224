//! A private cloud and a simulated FPGA on this machine.
//!
//! One port serves OSS, the RPC services (FaaS, RAM, STS) and the instance metadata. It is strict where the cloud is
//! strict, and it shares no code with the clients: a mistake made by both would hide itself. `docs/sandbox.md` says
//! for each behaviour where it is documented and what is our inference.

mod faults;
mod fpga;
mod http;
mod identity;
mod keys;
mod options;
mod rpc;
mod store;
mod world;

pub use faults::{ChipFaults, FaultPlan, NotAFault, TABLE as FAULTS};
pub use fpga::{BAR_LENGTH, Chip, Seen};
pub use options::Options;

/// Every refusal that the RPC services here can send: the service (`rpc` for the gateway), HTTP status and code.
pub fn rpc_refusals() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    rpc::refusals()
}
