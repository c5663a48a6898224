//! What a deployment did.

use serde::Serialize;

use crate::faas::{Image, LoadStatus, TaskStatus};
use crate::ops::content::Content;
use crate::ops::step::Step;

/// A deployment, done or planned, or what there is of it so far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Deployment {
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// The object in the bucket, once it is there.
    pub object: Option<Object>,
    /// The image, once it is ordered; None where it is only planned.
    pub image: Option<Image>,
    /// The chip; None where nothing is to be loaded, or nothing could be yet.
    pub fpga: Option<Chip>,
}

/// The object that the image is made from.
#[derive(Clone, Debug, Serialize)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// CRC-64/XZ, in decimal as OSS prints it.
    pub crc64: String,
}

impl Object {
    pub(super) fn of(bucket: &str, key: &str, content: &Content) -> Self {
        let crc64 = content.crc64.to_string();
        Self { bucket: bucket.to_owned(), key: key.to_owned(), size: content.size, crc64 }
    }
}

/// The chip and what it carries.
#[derive(Clone, Debug, Serialize)]
pub struct Chip {
    /// Its UUID.
    pub uuid: String,
    /// The instance.
    pub instance_id: Option<String>,
    /// How far the load is.
    pub task_status: TaskStatus,
    /// The image in it.
    pub image_uuid: Option<String>,
}

impl Chip {
    pub(super) fn of(status: LoadStatus, instance_id: &str) -> Self {
        let instance_id = status.instance_id.clone().or_else(|| Some(instance_id.to_owned()));
        Self { instance_id, ..Self::from(status) }
    }
}

impl From<LoadStatus> for Chip {
    fn from(status: LoadStatus) -> Self {
        let LoadStatus { uuid, instance_id, task_status, image_uuid, .. } = status;
        Self { uuid, instance_id, task_status, image_uuid }
    }
}
