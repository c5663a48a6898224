//! What a deployment did.

use serde::Serialize;
use tokio::time::Instant;

use crate::faas::{Image, LoadStatus, TaskStatus};
use crate::ops::content::Content;

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

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// What became of it.
    pub state: StepState,
    /// How long it took.
    pub seconds: f64,
}

/// The steps of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The file is looked into.
    Check,
    /// It goes into the bucket.
    Upload,
    /// The image is ordered and made.
    Create,
    /// It goes into the chip.
    Load,
    /// The smoke test of the memory.
    Smoke,
    /// The PRBS test of the memory.
    Prbs,
}

impl StepName {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Upload => "upload",
            Self::Create => "create",
            Self::Load => "load",
            Self::Smoke => "smoke",
            Self::Prbs => "prbs",
        }
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It was done now.
    Done,
    /// It had been done before, or was not asked for.
    Skipped,
    /// It would be done.
    Planned,
    /// A device test that did not pass.
    Failed,
}

impl Step {
    /// A step that began then and ends now.
    pub fn ended(name: StepName, skipped: bool, began: Instant) -> Self {
        let state = if skipped { StepState::Skipped } else { StepState::Done };
        // Milliseconds are all that anybody can use.
        let seconds = began.elapsed().as_secs_f64();
        Self { name, state, seconds: (seconds * 1000.0).round() / 1000.0 }
    }

    /// A device test that began then and ends now.
    pub fn tested(name: StepName, passed: bool, began: Instant) -> Self {
        let state = if passed { StepState::Done } else { StepState::Failed };
        Self { state, ..Self::ended(name, false, began) }
    }

    /// A step that would be done unless it is done already.
    pub(super) fn planned(name: StepName, is_done: bool) -> Self {
        let state = if is_done { StepState::Skipped } else { StepState::Planned };
        Self { name, state, seconds: 0.0 }
    }
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
