//! The transcripts of Alibaba's documents of 2017, command by command: f1 and f2, OpenCL and RTL.
//!
//! Each command stands as the document prints it, misspellings included, with the names of one's own replaced as the
//! document says. The sandbox's Xilinx chip is that of an f3: its shell comes from `list_instances`, as the documents
//! have it since 2019.

use faascmd::testing::bitstream::sample;
use serde_json::Value;

use crate::common::cloud::Cloud;
use crate::common::legacy::{Answer, answer};

/// A machine as the documents begin: no key, bucket or role is set, and no region.
struct Session {
    cloud: Cloud,
}

impl Session {
    fn new() -> Self {
        let cloud = Cloud::new();
        cloud.world.file("afu_fit.gbs", sample::gbs(64));
        cloud.world.file("dma_afu.gbs", sample::gbs(128));
        cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
        Self { cloud }
    }

    /// Runs a line in a shell, where only the sandbox's address and file are set.
    fn type_in(&self, line: &str) -> Answer {
        let unset = [
            "FAASCMD_REGION",
            "FAASCMD_BUCKET",
            "FAASCMD_INSTANCE_ID",
            "FAASCMD_ROLE_ARN",
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ];
        answer(&self.cloud.shell(&format!("unset {}; {line}", unset.join(" "))).exits(0))
    }

    /// Both lines with which every document begins.
    fn begin(&self) {
        let key = "--id=LTAI5tFaascmdSandboxUser --key=SandboxUserSecret0123456789abc";
        self.type_in(&format!("faascmd config {key}"));
        self.type_in("faascmd auth --bucket=faascmd-sandbox");
    }

    /// Types a line until its answer is as the document waits for it.
    fn until(&self, line: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let end = std::time::Instant::now() + std::time::Duration::from_mins(5);
        loop {
            let answer = self.type_in(line).json();
            if is_so(&answer) {
                return answer;
            }
            assert!(std::time::Instant::now() < end, "{line}: {answer:#}");
        }
    }

    /// The image is ordered, and made in the end.
    fn image(&self, create: &str) -> String {
        let ordered = self.type_in(create).json();
        assert_eq!(ordered["State"], "queued", "{ordered}");
        let uuid = ordered["FpgaImageUUID"].as_str().unwrap().to_owned();
        let find = |list: &Value| {
            let images = list["FpgaImages"]["fpgaImage"].as_array().unwrap();
            images.iter().find(|image| image["FpgaImageUUID"] == uuid.as_str()).cloned().unwrap()
        };
        let list = self.until("faascmd list_images", |list| find(list)["State"] == "success");
        assert_eq!(find(&list)["Name"], "hereIsFPGAImageName");
        assert_eq!(find(&list)["Tags"], "hereIsFPGAImageTag");
        uuid
    }

    /// The chip of a type, as `list_instances` shows it.
    fn chip(&self, fpga_type: &str) -> Value {
        let list = self.type_in("faascmd list_instances --instanceId=i-bp1faascmdsandbox0001").json();
        let chips = list["Instances"]["instance"].as_array().unwrap();
        chips.iter().find(|chip| chip["FpgaType"] == fpga_type).unwrap().clone()
    }

    /// The load is taken, and over in the end.
    fn load(&self, download: &str, status: &str, image: &str) {
        let taken = self.type_in(download).json();
        assert_eq!(
            (taken["TaskStatus"].as_str(), taken["FpgaImageUUID"].as_str()),
            (Some("committed"), Some(image))
        );
        let loaded = self.until(status, |answer| answer["TaskStatus"] == "valid");
        assert_eq!(loaded["FpgaImageUUID"], image);
    }
}

const INSTANCE: &str = "i-bp1faascmdsandbox0001";

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

#[test]
fn opencl_on_f1() {
    let session = Session::new();
    session.begin();
    session.type_in("faascmd upload_object --object=afu_fit.gbs --file=afu_fit.gbs");
    let image = session.image(
        "faascmd create_image --object=afu_fit.gbs --fpgatype=intel --name=hereIsFPGAImageName \
         --tags=hereIsFPGAImageTag --encrypted=false --shell =V1.0",
    );
    let chip = session.chip("intel");
    let fpga = text(&chip, "FpgaUUID");
    session.load(
        &format!(
            "faascmd download_image --instanceId={INSTANCE} --fpgauuid={fpga} --fpgatype=intel \
             --imageuuid={image} --imagetype=afu --shell=V1.0"
        ),
        &format!("faascmd fpga_status --fpgauid={fpga} --instanceId={INSTANCE}"),
        &image,
    );
}

#[test]
fn rtl_on_f1() {
    let session = Session::new();
    session.begin();
    session.type_in("faascmd upload_object --object=dma_afu.gbs --file=dma_afu.gbs");
    let image = session.image(
        "faascmd create_image --object=dma_afu.gbs --fpgatype=intel --name=hereIsFPGAImageName \
         --tags=hereIsFPGAImageTag --encrypted=false --shell =V1.0",
    );
    let chip = session.chip("intel");
    assert_eq!((text(&chip, "ShellUUID"), text(&chip, "FpgaStatus")), ("V0.11", "valid"));
    let fpga = text(&chip, "FpgaUUID");
    session.load(
        &format!(
            "faascmd download_image --instanceId={INSTANCE} --fpgauid={fpga} --fpgatype=intel \
             --imageuuid={image} --imagetype=afu --shell=V1.0"
        ),
        &format!("faascmd fpga_status --instanceId={INSTANCE} --fpgauid={fpga}"),
        &image,
    );
}

#[test]
fn opencl_on_f2() {
    let session = Session::new();
    session.begin();
    session.type_in("faascmd upload_object --object=bit.tar.gz --file=bit.tar.gz");
    assert_eq!(session.type_in("faascmd list_objects | grep \"bit\"").lines, ["bit.tar.gz"]);
    let chip = session.chip("xilinx");
    let (fpga, shell) = (text(&chip, "FpgaUUID"), text(&chip, "ShellUUID"));
    let image = session.image(&format!(
        "faascmd create_image --object=bit.tar.gz --fpgatype=xilinx --name=hereIsFPGAImageName \
         --tags=hereIsFPGAImageTag --encrypted=false --shell={shell}"
    ));
    session.load(
        &format!(
            "faascmd download_image --instanceId={INSTANCE} --fpgauid={fpga} --fpgatype=xilinx \
             --imageuid={image} --imagetype=afu --shell={shell}"
        ),
        &format!("faascmd fpga_status --instanceId={INSTANCE} --fpgauid={fpga}"),
        &image,
    );
}

#[test]
fn rtl_on_f2() {
    let session = Session::new();
    session.begin();
    session.type_in("faascmd upload_object --object=bit.tar.gz --file=bit.tar.gz");
    let chip = session.chip("xilinx");
    let (fpga, shell) = (text(&chip, "FpgaUUID"), text(&chip, "ShellUUID"));
    let image = session.image(&format!(
        "faascmd create_image --object=bit.tar.gz --fpgatype=xilinx --name=hereIsFPGAImageName \
         --tags=hereIsFPGAImageTag --encrypted=false --shell={shell}"
    ));
    session.load(
        &format!(
            "faascmd download_image --instanceId={INSTANCE} --fpgauid={fpga} --fpgatype=xilinx \
             --imageuuid={image} --imagetype=afu --shell={shell}"
        ),
        &format!("faascmd fpga_status --fpgauid={fpga} --instanceId={INSTANCE}"),
        &image,
    );
}
