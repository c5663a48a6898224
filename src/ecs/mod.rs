//! Elastic Compute Service, API version 2014-05-26: instances, what they cost, and Cloud Assistant, which runs commands on
//! them.
//!
//! Every list is read to its end; every item keeps the answer's own words beside what we read in them. A call that makes
//! something carries a client token of its caller: sent twice with the same parameters, it makes one thing.

mod account;
mod assistant;
mod command;
mod file;
mod fpga_types;
mod history;
mod instance;
mod instance_role;
mod lifecycle;
mod network;
mod page;
mod price;
mod renewal;
mod result;
mod run_instances;
mod stock;
mod system_image;
mod tag;

use crate::cloud::{Answered, Cloud, Result, RpcAnswer, RpcCall, Service, unreadable};

pub use account::Quotas;
pub use assistant::AssistantStatus;
pub use command::{CommandOrder, Invocation, LONGEST_COMMAND};
pub use file::{FileOrder, FileResult, LARGEST_FILE};
pub use fpga_types::{FPGA_TYPES, FpgaType, fpga_type};
pub use history::SystemEvent;
pub use instance::{Instance, InstanceFilter, InstanceState};
pub use instance_role::RoleGiven;
pub use lifecycle::{Changed, StopMode};
pub use network::{SecurityGroup, VSwitch};
pub use price::{Price, PriceOf, SpotPrice};
pub use renewal::{Period, PeriodUnit, Renewal, RenewalState};
pub use result::{CommandResult, CommandState};
pub use run_instances::{Charge, InstanceOrder, Launched, minute_of};
pub use stock::{Stock, ZoneStock};
pub use system_image::SystemImage;

/// The only version that there is.
const VERSION: &str = "2014-05-26";

/// The service as a caller reaches it.
#[derive(Clone, Debug)]
pub struct Ecs {
    cloud: Cloud,
}

impl Ecs {
    /// Makes it; nothing is sent.
    pub fn new(cloud: Cloud) -> Self {
        Self { cloud }
    }

    /// What the calls go through.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn call<T>(
        &self,
        call: &RpcCall,
        read: impl FnOnce(&RpcAnswer) -> Result<T, String>,
    ) -> Result<Answered<T>> {
        let answer = self.cloud.rpc(call).await?;
        let view = read(&answer).map_err(|reason| unreadable(call, reason, &answer.text))?;
        Ok(Answered { view, answer })
    }

    /// A call of which only the success counts.
    async fn done(&self, call: &RpcCall) -> Result<()> {
        self.cloud.rpc(call).await.map(drop)
    }
}

/// A call of this service.
fn action(name: &'static str) -> RpcCall {
    RpcCall::new(Service::Ecs, VERSION, name)
}
