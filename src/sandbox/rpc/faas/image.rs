//! Images: what is kept of them, the state that the clock makes of it, and the actions that read and change them.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{chip, done, javascript_date, log, need, refusals};
use crate::bitstream::Family;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::identity::{FOREIGN_IMAGE, OLD_IMAGE, OTHER_ACCOUNT, USER_ID};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::ram::owner_id;
use crate::sandbox::rpc::refusal::Refusal;

/// How many characters a name, a description, or tags may have: the service's own limits are not documented.
const NAME_LIMIT: usize = 128;
const DESCRIPTION_LIMIT: usize = 256;
const TAGS_LIMIT: usize = 128;

/// An image, from the task that makes it on.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) uuid: String,
    /// The RAM user or account that it belongs to.
    pub(super) owner: String,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tags: Option<String>,
    pub(super) family: Family,
    pub(super) shell: String,
    pub(super) encrypted: bool,
    pub(super) created: Timestamp,
    /// How long it is built.
    pub(super) takes: Duration,
    /// What is wrong with it, if its build fails; and where the log goes.
    pub(super) failure: Option<Failure>,
    /// The ECS images that it is published with.
    pub(super) published: BTreeSet<String>,
}

/// Why a build fails.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) reason: String,
    /// The package or .gbs.
    pub(super) object: String,
    /// Where the log is left, once it is time; None when the role may not write there, or when it is written.
    pub(super) log: Option<(String, String)>,
}

/// The states of an image, in the service's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Queued,
    Compiling,
    Success,
    Failed,
}

impl Stage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Compiling => "compiling",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

impl Image {
    /// When the build leaves the queue: after a fifth of its time.
    fn compiling_from(&self) -> Timestamp {
        self.created + self.takes / 5
    }

    fn ends(&self) -> Timestamp {
        self.created + self.takes
    }

    /// Its state, and since when.
    pub(super) fn stage(&self, now: Timestamp) -> (Stage, Timestamp) {
        if now >= self.ends() {
            let end = if self.failure.is_some() { Stage::Failed } else { Stage::Success };
            (end, self.ends())
        } else if now >= self.compiling_from() {
            (Stage::Compiling, self.compiling_from())
        } else {
            (Stage::Queued, self.created)
        }
    }

    pub(super) fn is_success(&self, now: Timestamp) -> bool {
        self.stage(now).0 == Stage::Success
    }

    /// Leaves the log of a build that has failed by now.
    pub(super) fn settle(&mut self, cloud: &Cloud, now: Timestamp) {
        if self.stage(now).0 != Stage::Failed {
            return;
        }
        let text = log::of(self);
        let Some((bucket, key)) = self.failure.as_mut().and_then(|failure| failure.log.take()) else {
            return;
        };
        if let Err(error) = cloud.store.put(&bucket, &key, text.as_bytes(), now) {
            tracing::warn!("the log of a failed build was not written: {error}");
        }
    }

    /// The fields as `DescribeFpgaImages` gives them. What was not given reads `None`, as the documents show it.
    pub(super) fn fields(&self, now: Timestamp) -> Value {
        let (stage, since) = self.stage(now);
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "None".to_owned());
        json!({
            "Name": text(&self.name),
            "Tags": text(&self.tags),
            "ShellUUID": self.shell,
            "Description": text(&self.description),
            "FpgaImageUUID": self.uuid,
            "State": stage.name(),
            "CreateTime": javascript_date(self.created),
            "Encrypted": self.encrypted.to_string(),
            "UpdateTime": javascript_date(since),
        })
    }

    /// Takes over the name, the description and the tags that a call gives.
    ///
    /// The service refuses some texts and does not say which: here, whatever is longer than our limits or has
    /// control characters in it.
    pub(super) fn describe_by(&mut self, call: &Call<'_>) -> Result<(), Refusal> {
        let fitting = |name: &str, limit: usize| match call.get(name) {
            Some(text) if text.chars().count() > limit || text.chars().any(char::is_control) => {
                Err(refusals::PARAMETER_INVALIDATE)
            }
            given => Ok(given.map(str::to_owned)),
        };
        let (name, description, tags) = (
            fitting("Name", NAME_LIMIT)?,
            fitting("Description", DESCRIPTION_LIMIT)?,
            fitting("Tags", TAGS_LIMIT)?,
        );
        self.name = name.or(self.name.take());
        self.description = description.or(self.description.take());
        self.tags = tags.or(self.tags.take());
        Ok(())
    }
}

/// Every image that the caller made.
pub(super) fn describe(call: &Call<'_>, state: &mut State) -> Answer {
    let owner = owner_id(&call.caller, &state.ram);
    let own = state.faas.images.iter().filter(|image| image.owner == owner);
    let fields: Vec<Value> = own.map(|image| image.fields(call.now)).collect();
    Ok(json!({"FpgaImages": {"fpgaImage": fields}}))
}

/// Deletes an image, in whatever state it is.
pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Answer {
    let uuid = own_image(call, state)?.uuid.clone();
    state.faas.images.retain(|image| image.uuid != uuid);
    done(json!({"FpgaImageUUID": uuid}))
}

/// Changes the name, the description and the tags.
pub(super) fn update(call: &Call<'_>, state: &mut State) -> Answer {
    own_image(call, state)?.describe_by(call)?;
    Ok(json!({"Message": "success"}))
}

/// The image of the caller's that `FpgaImageUUID` names.
pub(super) fn own_image<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Image, Refusal> {
    let uuid = need(call, "FpgaImageUUID")?;
    let owner = owner_id(&call.caller, &state.ram);
    let found = state.faas.images.iter_mut().find(|image| image.uuid == uuid && image.owner == owner);
    found.ok_or(refusals::IMAGE_NOT_FOUND)
}

/// A UUID of version 1, which the service's look like.
pub(super) fn new_uuid(now: Timestamp) -> String {
    // 100 ns since 1582-10-15, in the order of the fields of RFC 9562.
    let ticks = u128::try_from(now.as_nanosecond() / 100).unwrap_or_default() + 0x01b2_1dd2_1381_4000;
    let (low, mid, high) = (ticks & 0xffff_ffff, ticks >> 32 & 0xffff, ticks >> 48 & 0x0fff);
    let node: u64 = fastrand::u64(..1 << 48) | 1 << 40;
    let sequence = fastrand::u16(..0x4000) | 0x8000;
    format!("{low:08x}-{mid:04x}-1{high:03x}-{sequence:04x}-{node:012x}")
}

/// The one that exists from the start.
pub(super) fn old_image() -> Image {
    Image {
        uuid: OLD_IMAGE.to_owned(),
        owner: USER_ID.to_owned(),
        name: Some("dma_afu".to_owned()),
        description: None,
        tags: None,
        family: Family::Intel,
        shell: "V1.1".to_owned(),
        encrypted: false,
        created: Timestamp::constant(1_508_770_682, 0),
        takes: Duration::from_secs(5),
        failure: None,
        published: BTreeSet::new(),
    }
}

/// One that the caller may not load.
pub(super) fn foreign_image() -> Image {
    Image {
        uuid: FOREIGN_IMAGE.to_owned(),
        owner: OTHER_ACCOUNT.to_owned(),
        name: Some("theirs".to_owned()),
        shell: chip::XILINX_SHELL.to_owned(),
        family: Family::Xilinx,
        ..old_image()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::rpc::testing::Cloud;

    #[test]
    fn a_build_waits_a_fifth_of_its_time_and_then_ends_one_way_or_the_other() {
        let start = Timestamp::UNIX_EPOCH;
        let mut image = Image { created: start, takes: Duration::from_secs(10), ..old_image() };
        let stage = |image: &Image, second| image.stage(start + Duration::from_secs(second)).0;
        assert_eq!(stage(&image, 0), Stage::Queued);
        assert_eq!(stage(&image, 2), Stage::Compiling);
        assert_eq!(stage(&image, 9), Stage::Compiling);
        assert_eq!(stage(&image, 10), Stage::Success);
        image.failure = Some(Failure { reason: String::new(), object: String::new(), log: None });
        assert_eq!(stage(&image, 10), Stage::Failed);
    }

    #[test]
    fn the_old_image_reads_as_in_the_document() {
        let fields = old_image().fields(Timestamp::now());
        assert_eq!(fields["CreateTime"], "Mon Oct 23 2017 22:58:02 GMT+0800 (CST)");
        assert_eq!(fields["UpdateTime"], "Mon Oct 23 2017 22:58:07 GMT+0800 (CST)");
        assert_eq!((&fields["Description"], &fields["Encrypted"]), (&json!("None"), &json!("false")));
    }

    #[test]
    fn ids_are_of_version_1_and_differ() {
        let now: Timestamp = "2017-10-24T12:00:00Z".parse().unwrap();
        let (one, other) = (new_uuid(now), new_uuid(now));
        assert_eq!(&one[9..18], "b8b2-11e7");
        assert_ne!(one, other);
        assert_eq!(uuid::Uuid::parse_str(&one).unwrap().get_version_num(), 1);
    }

    #[test]
    fn images_are_changed_and_deleted_by_their_owner_only() {
        let cloud = Cloud::new();
        cloud
            .call("UpdateImageAttribute", &[("FpgaImageUUID", OLD_IMAGE), ("Name", "new"), ("Tags", "fc-1")]);
        let images = cloud.call("DescribeFpgaImages", &[]);
        let image = &images["FpgaImages"]["fpgaImage"][0];
        assert_eq!((&image["Name"], &image["Tags"]), (&json!("new"), &json!("fc-1")));
        let refused = |action: &str, uuid: &str| cloud.refused(action, &[("FpgaImageUUID", uuid)]);
        assert_eq!(refused("DeleteFpgaImage", FOREIGN_IMAGE), refusals::IMAGE_NOT_FOUND);
        assert_eq!(refused("UpdateImageAttribute", "none"), refusals::IMAGE_NOT_FOUND);
        assert_eq!(refused("DeleteFpgaImage", ""), refusals::PARAMETER_INVALIDATE);
        let deleted = cloud.call("DeleteFpgaImage", &[("FpgaImageUUID", OLD_IMAGE)]);
        assert_eq!(deleted["FpgaImageUUID"], OLD_IMAGE);
        assert_eq!(cloud.call("DescribeFpgaImages", &[])["FpgaImages"]["fpgaImage"], json!([]));
    }
}
