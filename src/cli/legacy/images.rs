//! `list_images`, `delete_image` and `publish_image`.

use clap::Args;

use super::answer::Said;
use super::faas;
use crate::cli::context::Context;
use crate::cli::error::Failure;

/// List the images
#[derive(Debug, Args)]
pub(in crate::cli) struct ListImages {}

impl ListImages {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        Ok(faas(cx).await?.images().await?.answer.raw.into())
    }
}

/// Delete an image
#[derive(Debug, Args)]
pub(in crate::cli) struct DeleteImage {
    /// Image, as `list_images` names it
    #[arg(long, value_name = "UUID")]
    imageuuid: String,
}

impl DeleteImage {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        Ok(faas(cx).await?.delete_image(&self.imageuuid).await?.answer.raw.into())
    }
}

/// Publish an image to the Marketplace, together with an ECS image
#[derive(Debug, Args)]
pub(in crate::cli) struct PublishImage {
    /// Image, as `list_images` names it
    #[arg(long, value_name = "UUID")]
    imageuuid: String,
    /// ECS image of the FPGA instance
    #[arg(long, value_name = "ID")]
    imageid: String,
}

impl PublishImage {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        Ok(faas(cx).await?.publish_image(&self.imageuuid, &self.imageid).await?.answer.raw.into())
    }
}
