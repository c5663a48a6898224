//! The chips of the instances: what each reports and what it carries.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::image::Image;
use super::{load_time, need, refusals, role};
use crate::bitstream::Family;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::fpga::Chip as Device;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, INSTANCE_ID, INTEL_FPGA, REGION, XILINX_FPGA};
use crate::sandbox::keys::Caller;
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::ram::allowed;

/// What the first chip reports, and the only one that it takes.
pub(super) const XILINX_SHELL: &str = "f30001";
/// What the second chip takes; it reports the first of them, as f1 does whatever its images are made for.
pub(super) const INTEL_SHELLS: [&str; 3] = ["V0.11", "V1.0", "V1.1"];

/// What f2's chips take; they report the first.
const F2_SHELLS: [&str; 2] = ["20171121", "V1.0"];
/// Where the chips of an instance sit, in their order.
const BDFS: [&str; 4] = ["05:00.0", "06:00.0", "07:00.0", "08:00.0"];

/// The registers behind a chip.
#[derive(Debug)]
pub(in crate::sandbox::rpc) enum Hardware {
    /// Nobody looks at them.
    None,
    /// The device of the sandbox itself.
    Sandbox,
    /// A device of a simulated instance.
    Own(Device),
}

/// One chip.
#[derive(Debug)]
pub(super) struct Chip {
    pub(super) uuid: String,
    /// The instance that it sits in.
    pub(super) instance: String,
    pub(super) family: Family,
    hardware: Hardware,
    device_id: &'static str,
    bdf: &'static str,
    /// The shells of images that it takes; it reports the first.
    shells: &'static [&'static str],
    /// The last load that was begun.
    pub(super) load: Option<Load>,
    /// The image that it carries.
    carries: Option<String>,
}

/// An image on its way onto a chip.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) image: String,
    pub(super) shell: String,
    pub(super) encrypted: bool,
    pub(super) began: Timestamp,
    pub(super) takes: Duration,
    pub(super) fails: bool,
    /// Whether the chip has got what the load brings.
    settled: bool,
}

/// How far a load is, in the service's words; `invalid` is our inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Committed,
    Operating,
    Valid,
    Invalid,
}

impl Progress {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Operating => "operating",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
}

impl Load {
    /// A load that begins now.
    pub(super) fn begin(call: &Call<'_>, image: &Image) -> Self {
        Self {
            image: image.uuid.clone(),
            shell: image.shell.clone(),
            encrypted: image.encrypted,
            began: call.now,
            takes: load_time(call.cloud),
            fails: call.cloud.faults.load_fails(),
            settled: false,
        }
    }

    /// `committed` for the first tenth of its time, then `operating` to the end.
    pub(super) fn progress(&self, now: Timestamp) -> Progress {
        if now >= self.began + self.takes {
            return if self.fails { Progress::Invalid } else { Progress::Valid };
        }
        if now >= self.began + self.takes / 10 { Progress::Operating } else { Progress::Committed }
    }
}

impl Chip {
    /// Whether an image for this shell may be loaded.
    pub(super) fn takes(&self, shell: &str) -> bool {
        self.shells.contains(&shell)
    }

    pub(super) fn progress(&self, now: Timestamp) -> Option<Progress> {
        self.load.as_ref().map(|load| load.progress(now))
    }

    pub(super) fn is_busy(&self, now: Timestamp) -> bool {
        matches!(self.progress(now), Some(Progress::Committed | Progress::Operating))
    }

    /// The shell that the chip reports.
    pub(super) fn shell(&self) -> &'static str {
        self.shells.first().copied().unwrap_or_default()
    }

    /// Begins a load. What the chip carried is gone.
    pub(super) fn begin(&mut self, load: Load, cloud: &Cloud) {
        self.load = Some(load);
        self.carries = None;
        if let Some(device) = self.device(cloud) {
            device.unload();
        }
    }

    /// Ends a load whose time is over.
    pub(super) fn settle(&mut self, cloud: &Cloud, now: Timestamp) {
        let progress = self.progress(now);
        let Some(load) = self.load.as_mut().filter(|load| !load.settled) else { return };
        if !matches!(progress, Some(Progress::Valid | Progress::Invalid)) {
            return;
        }
        load.settled = true;
        if progress == Some(Progress::Valid) {
            self.carries = Some(load.image.clone());
            if let Some(device) = self.device(cloud) {
                device.load();
            }
        }
    }

    /// The registers, where there are any.
    fn device<'a>(&'a self, cloud: &'a Cloud) -> Option<&'a Device> {
        match &self.hardware {
            Hardware::None => None,
            Hardware::Sandbox => Some(&cloud.chip),
            Hardware::Own(device) => Some(device),
        }
    }

    /// Its power was off: what it carried is gone.
    pub(super) fn forget(&mut self, cloud: &Cloud) {
        (self.load, self.carries) = (None, None);
        if let Some(device) = self.device(cloud) {
            device.unload();
        }
    }

    /// The fields as `DescribeFpgaInstances` gives them; the image only where there is one.
    fn fields(&self, now: Timestamp) -> Value {
        let status = match self.progress(now) {
            Some(Progress::Committed | Progress::Operating) => Progress::Operating,
            Some(Progress::Invalid) => Progress::Invalid,
            Some(Progress::Valid) | None => Progress::Valid,
        };
        let mut fields = json!({
            "ShellUUID": self.shell(),
            "FpgaType": self.family.name(),
            "FpgaUUID": self.uuid,
            "InstanceId": self.instance,
            "DeviceId": self.device_id,
            "DeviceBDF": self.bdf,
            "FpgaStatus": status.name(),
        });
        if let (Some(image), Value::Object(fields)) = (&self.carries, &mut fields) {
            fields.insert("FpgaImageUUID".to_owned(), json!(image));
        }
        fields
    }
}

/// The two chips of the first instance as they are at the start: they carry nothing.
pub(super) fn both() -> Vec<Chip> {
    let chip = |uuid: &str, family, (device_id, bdf), shells| Chip {
        uuid: uuid.to_owned(),
        instance: INSTANCE_ID.to_owned(),
        hardware: if family == Family::Xilinx { Hardware::Sandbox } else { Hardware::None },
        family,
        device_id,
        bdf,
        shells,
        load: None,
        carries: None,
    };
    vec![
        chip(XILINX_FPGA, Family::Xilinx, ("0x9038", BDFS[0]), &[XILINX_SHELL]),
        chip(INTEL_FPGA, Family::Intel, ("0x09c4", BDFS[1]), &INTEL_SHELLS),
    ]
}

/// The nth chip of an instance of this type, new to it.
pub(super) fn new(instance: &str, kind: (Family, &str), nth: usize, hardware: Hardware) -> Chip {
    let (family, type_family) = kind;
    let shells: &'static [&'static str] = match (family, type_family) {
        (Family::Intel, _) => &INTEL_SHELLS,
        (Family::Xilinx, "ecs.f2") => &F2_SHELLS,
        (Family::Xilinx, _) => &[XILINX_SHELL],
    };
    Chip {
        uuid: format!("0x{:016x}", fastrand::u64(1 << 60..)),
        instance: instance.to_owned(),
        hardware,
        family,
        device_id: if family == Family::Intel { "0x09c4" } else { "0x9038" },
        bdf: BDFS[nth % BDFS.len()],
        shells,
        load: None,
        carries: None,
    }
}

/// The chips of an instance.
pub(super) fn describe(call: &Call<'_>, state: &mut State) -> Answer {
    if call.caller == Caller::Fixed(FixedCaller::Root) {
        return Err(refusals::CALLER_TYPE);
    }
    let instance = need(call, "InstanceId")?;
    role::check_optional(call, &state.ram)?;
    let may = may_see_instances(call, state);
    if !may || !state.ecs.knows(instance, call.now) {
        return Err(refusals::NOT_AUTHORIZED);
    }
    let chips = state.faas.chips.iter().filter(|chip| chip.instance == instance);
    let fields: Vec<Value> = chips.map(|chip| chip.fields(call.now)).collect();
    if fields.is_empty() {
        return Err(refusals::INSTANCE_INVALIDATE);
    }
    Ok(json!({"Instances": {"instance": fields}}))
}

/// Whether the caller has `ecs:DescribeInstances`.
pub(super) fn may_see_instances(call: &Call<'_>, state: &State) -> bool {
    let any = format!("acs:ecs:{REGION}:{ACCOUNT}:instance/*");
    allowed(&call.caller, &state.ram, "ecs:DescribeInstances", &any)
}
