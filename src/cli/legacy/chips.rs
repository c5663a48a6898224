//! `list_instances`.

use clap::Args;

use super::answer::Said;
use super::faas;
use crate::cli::context::Context;
use crate::cli::error::Failure;

/// The instance.
#[derive(Debug, Args)]
pub(in crate::cli) struct Instance {
    /// Instance id; by default --instance-id, else the instance that this runs on
    #[arg(long = "instanceId", value_name = "ID")]
    instance: Option<String>,
}

impl Instance {
    async fn id(&self, cx: &Context) -> Result<String, Failure> {
        match &self.instance {
            Some(id) => Ok(id.clone()),
            None => cx.instance_id().await,
        }
    }
}

/// List the FPGAs of an instance
#[derive(Debug, Args)]
pub(in crate::cli) struct ListInstances {
    #[command(flatten)]
    instance: Instance,
}

impl ListInstances {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let instance = self.instance.id(cx).await?;
        Ok(faas(cx).await?.chips(&instance).await?.answer.raw.into())
    }
}
