//! The system images that instances are made from. FPGA development images are shared by the cloud's support.

use serde::Serialize;

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result};

/// A system image.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SystemImage {
    /// `ImageId`.
    pub id: String,
    /// `ImageName`.
    pub name: String,
    /// `system`, `self`, `others` (shared) or `marketplace`.
    pub owner: String,
    /// What is in it.
    pub os: String,
    /// How large the system disk must be, in GiB.
    pub size_gib: Option<u64>,
    /// Whether it runs what it is given for the first boot.
    pub cloud_init: Option<bool>,
}

impl SystemImage {
    fn read(mut fields: Fields) -> Self {
        Self {
            id: fields.text("ImageId").unwrap_or_default(),
            name: fields.text("ImageName").unwrap_or_default(),
            owner: fields.text("ImageOwnerAlias").unwrap_or_default(),
            os: fields.text("OSName").unwrap_or_default(),
            size_gib: fields.number("Size"),
            cloud_init: fields.flag("IsSupportCloudinit"),
        }
    }
}

impl Ecs {
    /// The images of an owner that run on an instance type (`DescribeImages`).
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn system_images(&self, owner: &str, instance_type: &str) -> Result<Vec<SystemImage>> {
        let call =
            action("DescribeImages").with("ImageOwnerAlias", owner).with("InstanceType", instance_type);
        self.by_number(&call, Pages::of("Images", "Image", 100), SystemImage::read).await
    }
}
