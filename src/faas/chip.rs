//! The chips of an instance.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Answered, Faas, action};
use crate::bitstream::Family;
use crate::cloud::{Fields, Result, list_of};

/// A chip.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Chip {
    /// `FpgaUUID`.
    pub uuid: String,
    /// The instance that it is plugged into.
    pub instance_id: Option<String>,
    /// `intel` or `xilinx`.
    pub fpga_type: Option<String>,
    /// `ShellUUID`: the shell in it.
    pub shell: Option<String>,
    /// The service's word for its condition.
    pub fpga_status: Option<String>,
    /// The image in it, where the service says so here; [`Faas::load_status`] says it for sure.
    pub image_uuid: Option<String>,
    /// Its address on the PCI bus.
    pub device_bdf: Option<String>,
    /// Its number on the instance.
    pub device_id: Option<String>,
    /// Fields that this program does not know.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
}

impl Chip {
    fn read(mut fields: Fields) -> Self {
        Self {
            uuid: fields.text("FpgaUUID").unwrap_or_default(),
            instance_id: fields.text("InstanceId"),
            fpga_type: fields.text("FpgaType"),
            shell: fields.text("ShellUUID"),
            fpga_status: fields.text("FpgaStatus"),
            image_uuid: fields.text("FpgaImageUUID"),
            device_bdf: fields.text("DeviceBDF"),
            device_id: fields.text("DeviceId"),
            other: fields.rest(),
        }
    }

    /// Its maker, if the service names one that is known.
    pub fn family(&self) -> Option<Family> {
        self.fpga_type.as_deref().and_then(Family::named)
    }
}

impl Faas {
    /// The chips of an instance (`DescribeFpgaInstances`), in the service's order.
    ///
    /// # Errors
    /// When the call fails, or the answer has no list.
    pub async fn chips(&self, instance_id: &str) -> Result<Answered<Vec<Chip>>> {
        let call = action("DescribeFpgaInstances")
            .with("InstanceId", instance_id)
            .with_some("RoleArn", self.role_arn());
        self.call(&call, |answer| {
            let items = list_of(&answer.raw, "Instances", "instance")?;
            Ok(items.into_iter().map(|item| Chip::read(Fields::of(item))).collect())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_documents_sample() {
        let sample = json!({
            "ShellUUID": "V0.11", "FpgaType": "intel", "FpgaUUID": "0x6c92bf4786940500",
            "InstanceId": "i-bp15n6gzu", "DeviceBDF": "05:00.0", "FpgaStatus": "valid"
        });
        let chip = Chip::read(Fields::of(&sample));
        assert_eq!(chip.family(), Some(Family::Intel));
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(
            chip,
            Chip {
                uuid: "0x6c92bf4786940500".into(),
                instance_id: of("i-bp15n6gzu"),
                fpga_type: of("intel"),
                shell: of("V0.11"),
                fpga_status: of("valid"),
                device_bdf: of("05:00.0"),
                ..Chip::default()
            }
        );
    }
}
