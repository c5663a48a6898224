//! FPGA as a Service, API version 2017-08-24: images, chips and what is loaded into them.
//!
//! Every answer is kept as it came beside the typed view of it, for the documents promise little: fields come and go,
//! lists have two shapes, flags are sometimes text. So every field is optional that a decision can do without.

mod caller;
mod chip;
mod image;
mod load;

use crate::cloud::{Cloud, Result, RpcAnswer, RpcCall, Service, unreadable};

pub use crate::cloud::{Answered, Time};
pub use caller::{Caller, CallerType, DEFAULT_ROLE};
pub use chip::Chip;
pub use image::{Image, ImageState, NewImage};
pub use load::{LoadImage, LoadStatus, TaskStatus};

/// The version that the documents and the old tool use; 2020-02-17 has no action that tells what a chip carries.
const VERSION: &str = "2017-08-24";

/// The service as a caller reaches it.
#[derive(Clone, Debug)]
pub struct Faas {
    cloud: Cloud,
    role_arn: Option<String>,
}

impl Faas {
    /// Makes it; nothing is sent. The role is passed on where the service takes one and the user named one.
    pub fn new(cloud: Cloud, role_arn: Option<String>) -> Self {
        Self { cloud, role_arn }
    }

    /// What the calls go through.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The role that the user named.
    pub fn role_arn(&self) -> Option<&str> {
        self.role_arn.as_deref()
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
}

/// A call of this service.
fn action(name: &'static str) -> RpcCall {
    RpcCall::new(Service::Faas, VERSION, name)
}
