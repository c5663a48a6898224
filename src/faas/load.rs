//! Loading an image into a chip, and what the chip carries.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Answered, Faas, Time, action};
use crate::cloud::{Fields, Result, Retry};

/// What is to be loaded into which chip.
#[derive(Clone, Debug, Default)]
pub struct LoadImage {
    /// The instance.
    pub instance_id: String,
    /// The chip.
    pub fpga_uuid: String,
    /// `intel` or `xilinx`.
    pub fpga_type: String,
    /// The shell that the chip reports.
    pub shell: String,
    /// The image.
    pub image_uuid: String,
}

/// What a chip carries, or is about to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LoadStatus {
    /// `FpgaUUID`: the chip.
    pub uuid: String,
    /// The instance.
    pub instance_id: Option<String>,
    /// How far the load is.
    pub task_status: TaskStatus,
    /// The image.
    pub image_uuid: Option<String>,
    /// `shellUUID`, as this action spells it.
    pub shell: Option<String>,
    /// Whether the image is encrypted.
    pub encrypted: Option<bool>,
    /// When the load was asked for.
    pub create_time: Option<Time>,
    /// Fields that this program does not know.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
    /// All of it, as the service gave it.
    #[serde(skip)]
    pub raw: Value,
}

/// How far a load is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    /// The service took the order.
    Committed,
    /// Being loaded; f1 documents since 2019 call a loaded chip so, too.
    Operating,
    /// Loaded.
    Valid,
    /// Another word, kept as it came; empty when none came.
    Other(String),
}

impl Default for TaskStatus {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl TaskStatus {
    /// The status of this name, in any case.
    pub fn of(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "committed" => Self::Committed,
            "operating" => Self::Operating,
            "valid" => Self::Valid,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The service's word.
    pub fn name(&self) -> &str {
        match self {
            Self::Committed => "committed",
            Self::Operating => "operating",
            Self::Valid => "valid",
            Self::Other(text) => text,
        }
    }

    /// Whether the word says that the load failed. The documents name none; these are what it could be.
    pub fn is_failure(&self) -> bool {
        const FAILURES: [&str; 4] = ["failed", "fail", "error", "invalid"];
        matches!(self, Self::Other(text) if FAILURES.iter().any(|word| word.eq_ignore_ascii_case(text)))
    }

    /// Whether a load goes on.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Committed | Self::Operating)
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for TaskStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl LoadStatus {
    fn read(mut fields: Fields, fpga_uuid: &str) -> Self {
        Self {
            raw: fields.whole(),
            uuid: fields.text("FpgaUUID").unwrap_or_else(|| fpga_uuid.to_owned()),
            instance_id: fields.text("InstanceId"),
            task_status: TaskStatus::of(&fields.text("TaskStatus").unwrap_or_default()),
            image_uuid: fields.text("FpgaImageUUID"),
            shell: fields.text("shellUUID").or_else(|| fields.text("ShellUUID")),
            encrypted: fields.flag("Encrypted"),
            create_time: fields.time("CreateTime"),
            other: fields.rest(),
        }
    }

    /// Whether it is about this image.
    pub fn names(&self, image_uuid: &str) -> bool {
        self.image_uuid.as_deref().is_some_and(|uuid| uuid.eq_ignore_ascii_case(image_uuid))
    }

    /// Whether the chip carries this image and is ready.
    pub fn is_loaded_with(&self, image_uuid: &str) -> bool {
        self.task_status == TaskStatus::Valid && self.names(image_uuid)
    }
}

impl Faas {
    /// Asks that an image be loaded (`LoadFpgaImageTask`). Never repeated when it may have happened: look at
    /// [`Faas::load_status`] first.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn load(&self, load: &LoadImage) -> Result<Answered<LoadStatus>> {
        let call = action("LoadFpgaImageTask")
            .with("InstanceId", &load.instance_id)
            .with("FpgaUUID", &load.fpga_uuid)
            .with("FpgaType", &load.fpga_type)
            .with("FpgaImageUUID", &load.image_uuid)
            .with("FpgaImageType", "afu")
            .with("ShellUUID", &load.shell)
            .with_some("RoleArn", self.role_arn())
            .retried(Retry::ONCE);
        self.call(&call, |answer| {
            let status = LoadStatus::read(Fields::of_answer(&answer.raw), &load.fpga_uuid);
            let says_something = status.image_uuid.is_some() || !status.task_status.name().is_empty();
            says_something
                .then_some(status)
                .ok_or_else(|| "there is neither FpgaImageUUID nor TaskStatus in it".into())
        })
        .await
    }

    /// What a chip carries (`DescribeLoadTaskStatus`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn load_status(&self, instance_id: &str, fpga_uuid: &str) -> Result<Answered<LoadStatus>> {
        let call = action("DescribeLoadTaskStatus")
            .with("InstanceId", instance_id)
            .with("FpgaUUID", fpga_uuid)
            .with_some("RoleArn", self.role_arn());
        self.call(&call, |answer| Ok(LoadStatus::read(Fields::of_answer(&answer.raw), fpga_uuid))).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: &Value) -> LoadStatus {
        LoadStatus::read(Fields::of_answer(answer), "0x1")
    }

    #[test]
    fn reads_the_documents_sample_with_its_own_spelling() {
        let status = read(&json!({
            "RequestId": "x", "shellUUID": "V1.0", "FpgaImageUUID": "91598d20", "FpgaUUID": "0x6c92bf4786940500",
            "InstanceId": "i-bp1", "CreateTime": "Mon Oct 23 2017 23:03:18 GMT+0800 (CST)",
            "TaskStatus": "valid", "Encrypted": "false"
        }));
        assert_eq!(status.shell.as_deref(), Some("V1.0"));
        assert!(status.is_loaded_with("91598D20") && !status.is_loaded_with("other"));
        assert!(status.other.is_empty());
    }

    #[test]
    fn a_word_is_a_failure_only_if_it_says_so() {
        let of = |word: &str| read(&json!({"TaskStatus": word})).task_status;
        assert!(of("failed").is_failure() && of("Invalid").is_failure());
        assert!(!of("reconfiguring").is_failure() && !of("").is_failure() && !of("operating").is_failure());
    }
}
