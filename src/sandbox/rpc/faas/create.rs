//! `CreateFpgaImageTask`: what it takes for an image, and what the service refuses first.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::image::{Image, Stage, new_uuid};
use super::role::{self, Role};
use super::{build, build_time, chip, javascript_date, need, need_family, refusals};
use crate::bitstream::Family;
use crate::sandbox::identity::{ACCOUNT, KMS_KEY};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::ram::{is_ram_user, owner_id};
use crate::sandbox::rpc::refusal::Refusal;
use crate::sandbox::store::Object;

/// How many images a RAM user may have.
const QUOTA: usize = 30;
/// The time between two tasks (`--strict-frequency`).
const HALF_AN_HOUR: Duration = Duration::from_mins(30);

/// Takes a task: the image is queued.
pub(super) fn create(call: &Call<'_>, state: &mut State) -> Answer {
    if !is_ram_user(&call.caller) {
        return Err(refusals::CALLER_TYPE_FOR_CREATE);
    }
    let family = need_family(call)?;
    let (bucket, key, shell) = (need(call, "Bucket")?, need(call, "Object")?, need(call, "ShellUUID")?);
    let encrypted = check_encryption(call)?;
    let role = role::assume(&state.ram, call.given("RoleArn").unwrap_or_default())?;
    check_quota(call, state)?;
    check_frequency(call, state)?;
    check_shell(family, shell)?;
    let object = find_object(call, (bucket, key), &role)?;
    let mut image = Image {
        uuid: new_uuid(call.now),
        owner: owner_id(&call.caller, &state.ram),
        name: None,
        description: None,
        tags: None,
        family,
        shell: shell.to_owned(),
        encrypted,
        created: call.now,
        takes: build_time(call.cloud, family),
        failure: None,
        published: BTreeSet::new(),
    };
    image.describe_by(call)?;
    image.failure = build::failure(call.cloud, &image, (bucket, key), (&object, &role));
    let answer = json!({
        "Name": image.name.as_deref().unwrap_or("None"),
        "CreateTime": javascript_date(image.created),
        "ShellUUID": image.shell,
        "State": Stage::Queued.name(),
        "Description": image.description.as_deref().unwrap_or("None"),
        "FpgaImageUUID": image.uuid,
    });
    state.faas.last_task.insert(image.owner.clone(), call.now);
    state.faas.images.push(image);
    Ok(answer)
}

/// Whether the image is to be encrypted; then the key has to be there.
fn check_encryption(call: &Call<'_>) -> Result<bool, Refusal> {
    let encrypted = call.flag("Encrypted").ok_or(refusals::PARAMETER_INVALIDATE)?;
    if encrypted && need(call, "KeyId")? != KMS_KEY {
        return Err(refusals::KEY_NOT_FOUND);
    }
    Ok(encrypted)
}

fn check_quota(call: &Call<'_>, state: &State) -> Result<(), Refusal> {
    let owner = owner_id(&call.caller, &state.ram);
    let count = state.faas.images.iter().filter(|image| image.owner == owner).count();
    if count >= QUOTA { Err(refusals::IMAGE_NUMBER_EXCEED) } else { Ok(()) }
}

/// Half an hour has to lie between two tasks that were taken.
fn check_frequency(call: &Call<'_>, state: &State) -> Result<(), Refusal> {
    let last = state.faas.last_task.get(&owner_id(&call.caller, &state.ram));
    let wait = call.cloud.scaled(HALF_AN_HOUR);
    let too_soon = last.is_some_and(|last| call.now < *last + wait);
    if call.cloud.options.strict_frequency && too_soon { Err(refusals::FREQUENCY_ERROR) } else { Ok(()) }
}

/// The shells that images can be made for: those that the documents of f1, f2 and f3 name.
fn check_shell(family: Family, shell: &str) -> Result<(), Refusal> {
    let known: &[&str] = match family {
        Family::Intel => &chip::INTEL_SHELLS,
        Family::Xilinx => &["V1.0", "20171121", chip::XILINX_SHELL],
    };
    if known.contains(&shell) { Ok(()) } else { Err(refusals::SHELL_NOT_SUPPORT) }
}

/// The object, if it is in a bucket of the account and the role may read it.
fn find_object(call: &Call<'_>, at: (&str, &str), role: &Role<'_>) -> Result<Object, Refusal> {
    let (bucket, key) = at;
    let info = call.cloud.store.bucket(bucket).ok_or(refusals::NO_SUCH_BUCKET)?;
    if info.owner != ACCOUNT {
        return Err(refusals::BUCKET_ACCESS);
    }
    let readable = role.allows("oss:GetObject", bucket, key);
    let object = readable.then(|| call.cloud.store.head(bucket, key)).flatten();
    object.ok_or(refusals::OBJECT_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitstream::sample;
    use crate::sandbox::identity::{
        BUCKET, FOREIGN_BUCKET, FixedCaller, OPERATOR_ROLE_NAME, ROLE_NAME, role_arn,
    };
    use crate::sandbox::options::Options;
    use crate::sandbox::rpc::testing::{Cloud, creation, key_of, with, without};

    fn ready(options: Options) -> Cloud {
        let cloud = Cloud::with(options);
        cloud.put("bit.tar.gz", &sample::package("xcvu9p-flgb2104-2-i"));
        cloud
    }

    fn state_of(cloud: &Cloud, uuid: &serde_json::Value) -> String {
        let images = cloud.call("DescribeFpgaImages", &[]);
        let list = images["FpgaImages"]["fpgaImage"].as_array().unwrap();
        let found = list.iter().find(|image| image["FpgaImageUUID"] == *uuid).unwrap();
        found["State"].as_str().unwrap().to_owned()
    }

    #[test]
    fn an_image_is_queued_compiled_and_successful() {
        let mut cloud = ready(Options::default());
        let arn = role_arn(ROLE_NAME);
        let given = with(&creation(&arn), &[("Name", "mine"), ("Encrypted", "False")]);
        let created = cloud.call("CreateFpgaImageTask", &given);
        assert_eq!((&created["State"], &created["Name"]), (&json!("queued"), &json!("mine")));
        assert_eq!(created["Description"], "None");
        let uuid = &created["FpgaImageUUID"];
        let states: Vec<String> = [0, 1, 3, 1].map(|seconds| state_of(cloud.later(seconds), uuid)).into();
        assert_eq!(states, ["queued", "compiling", "compiling", "success"]);
    }

    #[test]
    fn an_intel_image_takes_a_fifth_of_the_time_and_speed_divides_it() {
        let mut cloud = ready(Options { speed: 10.0, ..Options::default() });
        cloud.put("a.gbs", &sample::gbs(100));
        let arn = role_arn(ROLE_NAME);
        let given =
            with(&creation(&arn), &[("Object", "a.gbs"), ("FpgaType", "intel"), ("ShellUUID", "V1.1")]);
        let uuid = cloud.call("CreateFpgaImageTask", &given)["FpgaImageUUID"].clone();
        cloud.now += Duration::from_millis(100);
        assert_eq!(state_of(&cloud, &uuid), "success");
    }

    #[test]
    fn each_wrong_parameter_has_its_refusal() {
        let cloud = ready(Options::default());
        let arn = role_arn(ROLE_NAME);
        let code =
            |others: &[(&str, &str)]| cloud.refused("CreateFpgaImageTask", &with(&creation(&arn), others));
        for name in ["Bucket", "Object", "FpgaType", "ShellUUID"] {
            let refusal = cloud.refused("CreateFpgaImageTask", &without(&creation(&arn), name));
            assert_eq!(refusal, refusals::PARAMETER_INVALIDATE, "{name}");
        }
        assert_eq!(code(&[("FpgaType", "XILINX")]), refusals::PARAMETER_INVALIDATE);
        assert_eq!(code(&[("Encrypted", "perhaps")]), refusals::PARAMETER_INVALIDATE);
        assert_eq!(code(&[("Encrypted", "true")]), refusals::PARAMETER_INVALIDATE);
        assert_eq!(code(&[("Tags", &"t".repeat(129))]), refusals::PARAMETER_INVALIDATE);
        assert_eq!(code(&[("Encrypted", "true"), ("KeyId", "none")]), refusals::KEY_NOT_FOUND);
        assert_eq!(code(&[("ShellUUID", "f30002")]), refusals::SHELL_NOT_SUPPORT);
        assert_eq!(code(&[("Bucket", "no-such-bucket")]), refusals::NO_SUCH_BUCKET);
        assert_eq!(code(&[("Bucket", FOREIGN_BUCKET)]), refusals::BUCKET_ACCESS);
        assert_eq!(code(&[("Object", "none.tar.gz")]), refusals::OBJECT_NOT_FOUND);
        assert_eq!(code(&[("RoleArn", "")]), refusals::ROLE_ACCESS);
        assert_eq!(code(&[("RoleArn", "acs:ram::6543210987654321:role/x")]), refusals::ROLE_ACCESS);
        assert_eq!(code(&[("RoleArn", &role_arn("none"))]), refusals::ROLE_NOT_EXIST);
        assert_eq!(code(&[("RoleArn", &role_arn(OPERATOR_ROLE_NAME))]), refusals::ROLE_ACCESS);
    }

    #[test]
    fn a_key_of_the_key_management_service_encrypts() {
        let cloud = ready(Options::default());
        let arn = role_arn(ROLE_NAME);
        let given = with(&creation(&arn), &[("Encrypted", "true"), ("KeyId", KMS_KEY)]);
        cloud.call("CreateFpgaImageTask", &given);
        let images = cloud.call("DescribeFpgaImages", &[]);
        assert_eq!(images["FpgaImages"]["fpgaImage"][1]["Encrypted"], "true");
    }

    #[test]
    fn only_ram_users_may_create() {
        let cloud = ready(Options::default());
        let arn = role_arn(ROLE_NAME);
        for credential in [key_of(FixedCaller::Root), cloud.assume(OPERATOR_ROLE_NAME)] {
            let refusal = cloud.call_as(&credential, "CreateFpgaImageTask", &creation(&arn)).unwrap_err();
            assert_eq!(refusal, refusals::CALLER_TYPE_FOR_CREATE);
        }
    }

    #[test]
    fn the_role_must_exist_and_be_allowed_to_read_the_object() {
        let cloud = ready(Options { without_role: true, ..Options::default() });
        let arn = role_arn(ROLE_NAME);
        let create = || cloud.refused("CreateFpgaImageTask", &creation(&arn));
        assert_eq!(create(), refusals::ROLE_NOT_EXIST);
        let trust = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"Service":["faas.aliyuncs.com"]}}]}"#;
        cloud.call("CreateRole", &[("RoleName", ROLE_NAME), ("AssumeRolePolicyDocument", trust)]);
        assert_eq!(create(), refusals::OBJECT_NOT_FOUND);
        let policy = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"oss:GetObject",
                "Resource":"acs:oss:*:*:{BUCKET}/*"}}]}}"#
        );
        cloud.call("CreatePolicy", &[("PolicyName", "faasPolicy"), ("PolicyDocument", &policy)]);
        let attachment = [("PolicyType", "Custom"), ("PolicyName", "faasPolicy"), ("RoleName", ROLE_NAME)];
        cloud.call("AttachPolicyToRole", &attachment);
        cloud.call("CreateFpgaImageTask", &creation(&arn));
    }

    #[test]
    fn the_thirty_first_image_is_refused() {
        let cloud = ready(Options::default());
        let arn = role_arn(ROLE_NAME);
        for _ in 1..QUOTA {
            cloud.call("CreateFpgaImageTask", &creation(&arn));
        }
        assert_eq!(cloud.refused("CreateFpgaImageTask", &creation(&arn)), refusals::IMAGE_NUMBER_EXCEED);
        cloud.call("DeleteFpgaImage", &[("FpgaImageUUID", crate::sandbox::identity::OLD_IMAGE)]);
        cloud.call("CreateFpgaImageTask", &creation(&arn));
    }

    #[test]
    fn a_second_image_within_half_an_hour_is_refused_if_the_sandbox_is_that_strict() {
        let mut cloud = ready(Options { strict_frequency: true, speed: 10.0, ..Options::default() });
        let arn = role_arn(ROLE_NAME);
        cloud.call("CreateFpgaImageTask", &creation(&arn));
        cloud.later(179);
        assert_eq!(cloud.refused("CreateFpgaImageTask", &creation(&arn)), refusals::FREQUENCY_ERROR);
        cloud.later(1);
        cloud.call("CreateFpgaImageTask", &creation(&arn));
    }
}
