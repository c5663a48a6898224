//! By which endpoint a command reaches its bucket.

use clap::{Args, ValueEnum};

use super::context::Context;
use super::error::Failure;
use crate::ops::oss_endpoint::{self, EndpointType};
use crate::oss::Oss;

/// Flags of commands that move objects.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct RouteArgs {
    /// Which of OSS's endpoints: auto takes the internal one on an instance of the bucket's region
    #[arg(
        long,
        env = "FAASCMD_ENDPOINT_TYPE",
        hide_env = true,
        value_name = "TYPE",
        value_enum,
        default_value_t
    )]
    endpoint_type: Wanted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Wanted {
    #[default]
    Auto,
    Public,
    Internal,
    Accelerate,
}

impl RouteArgs {
    /// The bucket, reached that way.
    pub(super) async fn oss(self, cx: &Context) -> Result<Oss, Failure> {
        let (bucket, cloud) = (cx.bucket()?, cx.cloud().await?);
        let wanted = match self.endpoint_type {
            Wanted::Auto => EndpointType::Auto,
            Wanted::Public => EndpointType::Public,
            Wanted::Internal => EndpointType::Internal,
            Wanted::Accelerate => EndpointType::Accelerate,
        };
        let endpoint = oss_endpoint::choose(cloud, bucket, wanted, cx.metadata()?).await;
        Ok(Oss::new(cloud.clone(), bucket).at(endpoint))
    }
}
