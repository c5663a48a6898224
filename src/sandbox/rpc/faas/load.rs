//! `LoadFpgaImageTask` and `DescribeLoadTaskStatus`.

use serde_json::{Value, json};

use super::chip::{self, Chip, Load, Progress};
use super::image::Image;
use super::{javascript_date, need, need_family, refusals, role};
use crate::bitstream::Family;
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::ram::owner_id;
use crate::sandbox::rpc::refusal::Refusal;

/// Begins to load an image onto a chip.
pub(super) fn load(call: &Call<'_>, state: &mut State) -> Answer {
    let (family, shell) = (need_family(call)?, need(call, "ShellUUID")?);
    let image = need(call, "FpgaImageUUID")?;
    if need(call, "FpgaImageType")? != "afu" {
        return Err(refusals::PARAMETER_INVALIDATE);
    }
    role::check_optional(call, &state.ram)?;
    let instance = instance(call, state).ok_or(refusals::INSTANCE_ACCESS)?;
    let place = find(call, &state.faas.chips)?;
    let image = loadable(call, state, image)?;
    let load = Load::begin(call, image);
    let image_family = image.family;
    let chip = &mut state.faas.chips[place];
    if chip.family != family {
        return Err(refusals::PARAMETER_INVALIDATE);
    }
    if chip.family != image_family || !chip.takes(shell) || !chip.takes(&load.shell) {
        return Err(refusals::SHELL_NOT_MATCH);
    }
    if chip.is_busy(call.now) {
        return Err(refusals::ANOTHER_TASK_RUNNING);
    }
    let answer = json!({
        "FpgaImageUUID": load.image,
        "FpgaUUID": chip.uuid,
        "InstanceId": instance,
        "TaskStatus": Progress::Committed.name(),
    });
    chip.begin(load, call.cloud);
    Ok(answer)
}

/// How far the last load of a chip is. A chip that nothing was loaded onto is `valid`, without an image.
pub(super) fn status(call: &Call<'_>, state: &mut State) -> Answer {
    role::check_optional(call, &state.ram)?;
    need(call, "FpgaUUID")?;
    let instance = instance(call, state).ok_or(refusals::NOT_AUTHORIZED)?;
    let chip = &state.faas.chips[find(call, &state.faas.chips)?];
    let mut fields = json!({
        "shellUUID": chip.shell(),
        "FpgaUUID": chip.uuid,
        "InstanceId": instance,
        "TaskStatus": Progress::Valid.name(),
    });
    if let (Some(load), Value::Object(fields)) = (&chip.load, &mut fields) {
        fields.insert("shellUUID".to_owned(), json!(load.shell));
        fields.insert("FpgaImageUUID".to_owned(), json!(load.image));
        fields.insert("CreateTime".to_owned(), json!(javascript_date(load.began)));
        fields.insert("TaskStatus".to_owned(), json!(shown(call, chip, load)));
        fields.insert("Encrypted".to_owned(), encrypted(chip.family, load.encrypted));
    }
    Ok(fields)
}

/// The progress as it is told; the fault `stays-operating` hides the end of an Intel chip's load.
fn shown(call: &Call<'_>, chip: &Chip, load: &Load) -> &'static str {
    match load.progress(call.now) {
        Progress::Valid if chip.family == Family::Intel && call.cloud.faults.stays_operating() => {
            Progress::Operating.name()
        }
        progress => progress.name(),
    }
}

/// The documents show it as text for f1 and as a Boolean for f2.
fn encrypted(family: Family, encrypted: bool) -> Value {
    match family {
        Family::Intel => json!(encrypted.to_string()),
        Family::Xilinx => json!(encrypted),
    }
}

/// The instance that the call names, if the caller may see it.
fn instance<'a>(call: &Call<'a>, state: &State) -> Option<&'a str> {
    let named = call.get("InstanceId")?;
    (state.ecs.knows(named, call.now) && chip::may_see_instances(call, state)).then_some(named)
}

/// Where among the chips is the one that the call names.
fn find(call: &Call<'_>, chips: &[Chip]) -> Result<usize, Refusal> {
    let (instance, fpga) = (need(call, "InstanceId")?, need(call, "FpgaUUID")?);
    let found = chips.iter().position(|chip| chip.uuid == fpga && chip.instance == instance);
    found.ok_or(refusals::FPGA_NOT_FOUND)
}

/// The image, if the caller may load it: an own one, or one that is published with the ECS image of the instance.
/// Roles may load only the published ones.
fn loadable<'s>(call: &Call<'_>, state: &'s State, uuid: &str) -> Result<&'s Image, Refusal> {
    let image = state.faas.image(uuid).ok_or(refusals::IMAGE_TO_LOAD_NOT_FOUND)?;
    let ecs_image = call.get("InstanceId").and_then(|id| state.ecs.image_of(id));
    let linked = ecs_image.is_some_and(|image_of_instance| image.published.contains(image_of_instance));
    if call.caller.is_temporary() && !linked {
        let on_the_market = !image.published.is_empty();
        return Err(if on_the_market { refusals::IMAGE_TO_LOAD_NOT_FOUND } else { refusals::ASSUMED_ROLE });
    }
    if !linked && image.owner != owner_id(&call.caller, &state.ram) {
        return Err(refusals::IMAGE_ACCESS);
    }
    if !image.is_success(call.now) {
        return Err(refusals::IMAGE_NOT_IN_SUCCESS);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::identity::{
        ECS_IMAGE_ID, FOREIGN_IMAGE, FixedCaller, INSTANCE_ID, INTEL_FPGA, OLD_IMAGE, OPERATOR_ROLE_NAME,
        PLAIN_INSTANCE_ID, XILINX_FPGA,
    };
    use crate::sandbox::rpc::testing::{Cloud, key_of, loading, with, without};

    const INTEL: [(&str, &str); 3] =
        [("FpgaUUID", INTEL_FPGA), ("FpgaType", "intel"), ("ShellUUID", "V0.11")];

    fn status_of(cloud: &Cloud, fpga: &str) -> Value {
        cloud.call("DescribeLoadTaskStatus", &[("InstanceId", INSTANCE_ID), ("FpgaUUID", fpga)])
    }

    fn chips(cloud: &Cloud) -> Value {
        cloud.call("DescribeFpgaInstances", &[("InstanceId", INSTANCE_ID)])["Instances"]["instance"].clone()
    }

    #[test]
    fn a_load_is_committed_operating_and_valid_with_the_image() {
        let mut cloud = Cloud::new();
        let image = cloud.package();
        cloud.later(5);
        let begun = cloud.call("LoadFpgaImageTask", &loading(&image));
        assert_eq!((&begun["TaskStatus"], &begun["FpgaImageUUID"]), (&json!("committed"), &json!(image)));
        let statuses: Vec<Value> = [0, 1, 1]
            .map(|seconds| status_of(cloud.later(seconds), XILINX_FPGA)["TaskStatus"].clone())
            .into();
        assert_eq!(statuses, ["committed", "operating", "valid"]);
        let status = status_of(&cloud, XILINX_FPGA);
        assert_eq!((&status["FpgaImageUUID"], &status["Encrypted"]), (&json!(image), &json!(false)));
        assert_eq!(
            (&status["shellUUID"], &chips(&cloud)[0]["FpgaImageUUID"]),
            (&json!("f30001"), &json!(image))
        );
    }

    #[test]
    fn a_chip_that_nothing_was_loaded_onto_is_valid_without_an_image() {
        let cloud = Cloud::new();
        let status = status_of(&cloud, XILINX_FPGA);
        assert_eq!((&status["TaskStatus"], status.get("FpgaImageUUID")), (&json!("valid"), None));
        assert_eq!(
            (&chips(&cloud)[0]["FpgaStatus"], chips(&cloud)[0].get("FpgaImageUUID")),
            (&json!("valid"), None)
        );
    }

    #[test]
    fn the_intel_chip_reports_one_shell_and_takes_images_of_three() {
        let mut cloud = Cloud::new();
        assert_eq!(chips(&cloud)[1]["ShellUUID"], "V0.11");
        cloud.call("LoadFpgaImageTask", &with(&loading(OLD_IMAGE), &INTEL));
        let status = status_of(cloud.later(2), INTEL_FPGA);
        assert_eq!((&status["TaskStatus"], &status["Encrypted"]), (&json!("valid"), &json!("false")));
        assert_eq!(status["shellUUID"], "V1.1");
    }

    #[test]
    fn an_intel_load_may_be_shown_as_operating_for_ever_while_the_chip_is_valid() {
        let mut cloud = Cloud::with_faults(&["stays-operating"]);
        cloud.call("LoadFpgaImageTask", &with(&loading(OLD_IMAGE), &INTEL));
        cloud.later(600);
        assert_eq!(status_of(&cloud, INTEL_FPGA)["TaskStatus"], "operating");
        let chip = &chips(&cloud)[1];
        assert_eq!((&chip["FpgaStatus"], &chip["FpgaImageUUID"]), (&json!("valid"), &json!(OLD_IMAGE)));
        cloud.call("LoadFpgaImageTask", &with(&loading(OLD_IMAGE), &INTEL));
    }

    #[test]
    fn a_load_that_fails_says_invalid_and_leaves_the_chip_empty() {
        let mut cloud = Cloud::with_faults(&["load-fails"]);
        let image = cloud.package();
        cloud.later(5).call("LoadFpgaImageTask", &loading(&image));
        assert_eq!(status_of(cloud.later(2), XILINX_FPGA)["TaskStatus"], "invalid");
        let chip = &chips(&cloud)[0];
        assert_eq!((&chip["FpgaStatus"], chip.get("FpgaImageUUID")), (&json!("invalid"), None));
    }

    #[test]
    fn each_wrong_parameter_has_its_refusal() {
        let mut cloud = Cloud::new();
        let image = cloud.package();
        let load = |cloud: &Cloud, others: &[(&str, &str)]| {
            cloud.refused("LoadFpgaImageTask", &with(&loading(&image), others))
        };
        assert_eq!(load(&cloud, &[]), refusals::IMAGE_NOT_IN_SUCCESS);
        cloud.later(5);
        for name in ["InstanceId", "FpgaUUID", "FpgaType", "FpgaImageUUID", "FpgaImageType", "ShellUUID"] {
            let refusal = cloud.refused("LoadFpgaImageTask", &without(&loading(&image), name));
            assert!([refusals::PARAMETER_INVALIDATE, refusals::INSTANCE_ACCESS].contains(&refusal), "{name}");
        }
        assert_eq!(load(&cloud, &[("InstanceId", "i-none")]), refusals::INSTANCE_ACCESS);
        assert_eq!(load(&cloud, &[("FpgaUUID", "0x0")]), refusals::FPGA_NOT_FOUND);
        assert_eq!(load(&cloud, &[("InstanceId", PLAIN_INSTANCE_ID)]), refusals::FPGA_NOT_FOUND);
        assert_eq!(load(&cloud, &[("FpgaImageUUID", "none")]), refusals::IMAGE_TO_LOAD_NOT_FOUND);
        assert_eq!(load(&cloud, &[("FpgaImageUUID", FOREIGN_IMAGE)]), refusals::IMAGE_ACCESS);
        assert_eq!(load(&cloud, &[("FpgaType", "intel")]), refusals::PARAMETER_INVALIDATE);
        assert_eq!(load(&cloud, &[("ShellUUID", "V1.0")]), refusals::SHELL_NOT_MATCH);
        assert_eq!(load(&cloud, &INTEL), refusals::SHELL_NOT_MATCH);
        assert_eq!(load(&cloud, &[("RoleArn", "")]), refusals::ROLE_ACCESS);
        cloud.call("LoadFpgaImageTask", &loading(&image));
        assert_eq!(load(&cloud, &[]), refusals::ANOTHER_TASK_RUNNING);
        cloud.later(2).call("LoadFpgaImageTask", &loading(&image));
    }

    #[test]
    fn instances_are_seen_by_those_who_may() {
        let cloud = Cloud::new();
        let at = |instance| [("InstanceId", instance)];
        let refused = |action: &str, given: &[(&str, &str)]| cloud.refused(action, given);
        assert_eq!(refused("DescribeFpgaInstances", &[]), refusals::PARAMETER_INVALIDATE);
        assert_eq!(refused("DescribeFpgaInstances", &at("i-none")), refusals::NOT_AUTHORIZED);
        assert_eq!(refused("DescribeFpgaInstances", &at(PLAIN_INSTANCE_ID)), refusals::INSTANCE_INVALIDATE);
        let status = |instance| with(&at(instance), &[("FpgaUUID", "0x0")]);
        assert_eq!(refused("DescribeLoadTaskStatus", &status("i-none")), refusals::NOT_AUTHORIZED);
        assert_eq!(refused("DescribeLoadTaskStatus", &status(INSTANCE_ID)), refusals::FPGA_NOT_FOUND);
        let by =
            |caller| cloud.call_as(&key_of(caller), "DescribeFpgaInstances", &at(INSTANCE_ID)).unwrap_err();
        assert_eq!(by(FixedCaller::Root), refusals::CALLER_TYPE);
        assert_eq!(by(FixedCaller::Uploader), refusals::NOT_AUTHORIZED);
        let role = cloud.assume(OPERATOR_ROLE_NAME);
        assert!(cloud.call_as(&role, "DescribeFpgaInstances", &at(INSTANCE_ID)).is_ok());
    }

    #[test]
    fn a_role_loads_only_what_is_published_with_the_instance_s_own_image() {
        let cloud = Cloud::new();
        let role = cloud.assume(OPERATOR_ROLE_NAME);
        let given = with(&loading(OLD_IMAGE), &INTEL);
        let load = || cloud.call_as(&role, "LoadFpgaImageTask", &given);
        assert_eq!(load(), Err(refusals::ASSUMED_ROLE));
        let publish = |ecs| cloud.call("PublishFpgaImage", &[("FpgaImageUUID", OLD_IMAGE), ("ImageID", ecs)]);
        publish("m-another");
        assert_eq!(load(), Err(refusals::IMAGE_TO_LOAD_NOT_FOUND));
        publish(ECS_IMAGE_ID);
        assert!(load().is_ok());
    }
}
