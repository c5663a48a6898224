//! Whether an image's build will go well: what the service finds in the object.

use std::io;

use super::image::{Failure, Image};
use super::role::Role;
use crate::bitstream::{Family, Kind, Target, examine};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::store::Object;

/// Where the logs go, as the prerequisites of `auth` have it.
const LOGS: &str = "compiling_logs";

/// Why the build fails and where its log goes; None if it goes well. The object is read when the task is taken.
pub(super) fn failure(
    cloud: &Cloud,
    image: &Image,
    at: (&str, &str),
    found: (&Object, &Role<'_>),
) -> Option<Failure> {
    let ((bucket, key), (object, role)) = (at, found);
    let reason = if cloud.faults.build_fails() {
        Some("[Route 35-54] 12 nets of the custom logic could not be routed.".to_owned())
    } else {
        fault_of(image.family, object).unwrap_or_else(|error| Some(format!("[Common 17-55] {error}")))
    }?;
    let log = format!("{LOGS}/{}/{}", image.uuid, log_name(image.family));
    let log = role.allows("oss:PutObject", bucket, &log).then(|| (bucket.to_owned(), log));
    Some(Failure { reason, object: key.to_owned(), log })
}

/// `vivado.log`, which the documents look for after a failed build; for Intel the name that the helper scripts print.
fn log_name(family: Family) -> &'static str {
    match family {
        Family::Xilinx => "vivado.log",
        Family::Intel => "faas_compiling.log",
    }
}

/// What keeps the service from building the object.
fn fault_of(family: Family, object: &Object) -> io::Result<Option<String>> {
    let exam = examine(object.reader(), object.size, &Target::of_family(family))?;
    let buildable = match family {
        Family::Xilinx => matches!(exam.kind, Kind::Package | Kind::Tar),
        Family::Intel => matches!(exam.kind, Kind::Gbs | Kind::GbsLegacy | Kind::GbsSigned),
    };
    if !buildable {
        let wanted = if family == Family::Xilinx { "a package with a checkpoint" } else { "a .gbs" };
        return Ok(Some(format!("[Project 1-11] the object is not {wanted}: {}.", exam.kind.title())));
    }
    Ok(exam
        .errors()
        .next()
        .map(|finding| format!("[Project 1-12] the object is damaged: {}.", finding.message)))
}

#[cfg(test)]
mod tests {
    use crate::bitstream::sample;
    use crate::sandbox::identity::{ROLE_NAME, role_arn};
    use crate::sandbox::rpc::testing::{Cloud, creation, with};

    /// The state in which an image of these bytes ends, and its log.
    fn end_of(cloud: &mut Cloud, bytes: &[u8], family: (&str, &str)) -> (String, Option<String>) {
        let arn = role_arn(ROLE_NAME);
        cloud.put("object", bytes);
        let given =
            with(&creation(&arn), &[("Object", "object"), ("FpgaType", family.0), ("ShellUUID", family.1)]);
        let uuid = cloud.call("CreateFpgaImageTask", &given)["FpgaImageUUID"].as_str().unwrap().to_owned();
        cloud.later(4);
        let images = cloud.later(1).call("DescribeFpgaImages", &[]);
        let last = images["FpgaImages"]["fpgaImage"].as_array().unwrap().last().unwrap();
        let name = if family.0 == "intel" { "faas_compiling.log" } else { "vivado.log" };
        let log = cloud.text_of(&format!("compiling_logs/{uuid}/{name}"));
        (last["State"].as_str().unwrap().to_owned(), log)
    }

    const XILINX: (&str, &str) = ("xilinx", "f30001");
    const INTEL: (&str, &str) = ("intel", "V1.1");

    #[test]
    fn packages_and_green_bitstreams_are_built_and_nothing_else_is() {
        let cloud = &mut Cloud::new();
        let (package, gbs) = (sample::package("xcvu9p-flgb2104-2-i"), sample::gbs(64));
        assert_eq!(end_of(cloud, &package, XILINX), ("success".into(), None));
        assert_eq!(end_of(cloud, &gbs, INTEL), ("success".into(), None));
        for (bytes, family) in [(&gbs, XILINX), (&package, INTEL), (&b"text".to_vec(), XILINX)] {
            let (state, log) = end_of(cloud, bytes, family);
            assert_eq!(state, "failed");
            assert!(log.unwrap().contains("\nERROR: [Project 1-11] the object is not "));
        }
    }

    #[test]
    fn a_build_that_is_to_fail_leaves_its_log_when_its_time_is_over() {
        let cloud = &mut Cloud::with_faults(&["build-fails"]);
        let (state, log) = end_of(cloud, &sample::package("xcvu9p-flgb2104-2-i"), XILINX);
        assert_eq!(state, "failed");
        let log = log.unwrap();
        assert!(log.lines().count() >= 30 && log.contains("\nERROR: [Route 35-54] 12 nets"), "{log}");
    }
}
