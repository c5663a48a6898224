//! Images that are published with an ECS image for the Marketplace.

use serde_json::{Value, json};

use super::image::own_image;
use super::{done, need, refusals};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::refusal::Refusal;

/// Publishes an image with an ECS image.
pub(super) fn publish(call: &Call<'_>, state: &mut State) -> Answer {
    let ecs_image = ecs_image(call)?;
    need(call, "FpgaImageUUID")?;
    let image = own_image(call, state).map_err(|_| refusals::PUBLISH_NOT_FOUND)?;
    if !image.is_success(call.now) {
        return Err(refusals::PUBLISH_STATE);
    }
    image.published.insert(ecs_image.to_owned());
    done(json!({}))
}

/// Takes it back.
pub(super) fn withdraw(call: &Call<'_>, state: &mut State) -> Answer {
    let ecs_image = ecs_image(call)?;
    let image = own_image(call, state)?;
    if !image.published.remove(ecs_image) {
        return Err(refusals::IMAGE_NOT_FOUND);
    }
    done(json!({"FpgaImageUUID": image.uuid}))
}

/// The images that are published with an ECS image.
pub(super) fn describe(call: &Call<'_>, state: &mut State) -> Answer {
    let ecs_image = ecs_image(call)?;
    let published = state.faas.images.iter().filter(|image| image.published.contains(ecs_image));
    let fields: Vec<Value> = published.map(|image| image.fields(call.now)).collect();
    Ok(json!({"FpgaImages": {"fpgaImage": fields}}))
}

/// `ImageID`, the id of an ECS image: `m-…`.
fn ecs_image<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let id = need(call, "ImageID")?;
    if id.starts_with("m-") { Ok(id) } else { Err(refusals::PARAMETER_INVALIDATE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::identity::OLD_IMAGE;
    use crate::sandbox::rpc::testing::Cloud;

    #[test]
    fn an_image_is_published_shown_and_withdrawn() {
        let cloud = Cloud::new();
        let pair = [("FpgaImageUUID", OLD_IMAGE), ("ImageID", "m-1")];
        let shown = || cloud.call("DescribePublishFpgaImages", &[("ImageID", "m-1")])["FpgaImages"].clone();
        cloud.call("PublishFpgaImage", &pair);
        assert_eq!(shown()["fpgaImage"][0]["FpgaImageUUID"], OLD_IMAGE);
        cloud.call("DeletePublishFpgaImage", &pair);
        assert_eq!(shown(), json!({"fpgaImage": []}));
        assert_eq!(cloud.refused("DeletePublishFpgaImage", &pair), refusals::IMAGE_NOT_FOUND);
    }

    #[test]
    fn only_a_successful_image_of_one_s_own_is_published() {
        let cloud = Cloud::new();
        let publish = |image: &str, ecs| {
            cloud.refused("PublishFpgaImage", &[("FpgaImageUUID", image), ("ImageID", ecs)])
        };
        assert_eq!(publish(OLD_IMAGE, "i-1"), refusals::PARAMETER_INVALIDATE);
        assert_eq!(publish("none", "m-1"), refusals::PUBLISH_NOT_FOUND);
        assert_eq!(publish(&cloud.package(), "m-1"), refusals::PUBLISH_STATE);
    }
}
