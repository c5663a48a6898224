//! FPGA images: made from an object in the caller's bucket, listed, deleted, published.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Answered, Faas, Time, action};
use crate::cloud::{Fields, Result, Retry, RpcCall, list_of};

/// An image.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Image {
    /// `FpgaImageUUID`.
    pub uuid: String,
    /// Its name.
    pub name: Option<String>,
    /// How far it is.
    pub state: ImageState,
    /// `ShellUUID`: the shell that it was built for.
    pub shell: Option<String>,
    /// Whether it is encrypted with a key of the key service; not told is None.
    pub encrypted: Option<bool>,
    /// What its maker wrote about it.
    pub description: Option<String>,
    /// Its tags, one text.
    pub tags: Option<String>,
    /// When it was asked for.
    pub create_time: Option<Time>,
    /// When its state last changed.
    pub update_time: Option<Time>,
    /// When it was published.
    pub publish_time: Option<Time>,
    /// Fields that this program does not know.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
    /// All of it, as the service gave it.
    #[serde(skip)]
    pub raw: Value,
}

/// How far an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageState {
    /// Accepted.
    Queued,
    /// Being made.
    Compiling,
    /// Can be loaded.
    Success,
    /// Can't be made.
    Failed,
    /// Another word, kept as it came; empty when none came.
    Other(String),
}

impl Default for ImageState {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl ImageState {
    /// The state of this name, in any case.
    pub fn of(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "queued" => Self::Queued,
            "compiling" => Self::Compiling,
            "success" => Self::Success,
            "failed" => Self::Failed,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The service's word.
    pub fn name(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Compiling => "compiling",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Other(text) => text,
        }
    }

    /// Whether it can be loaded, or may yet become so, as far as is known: a word of tomorrow is no reason to order again.
    pub fn is_alive(&self) -> bool {
        *self != Self::Failed
    }
}

impl fmt::Display for ImageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ImageState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Image {
    pub(crate) fn read(mut fields: Fields) -> Self {
        Self {
            raw: fields.whole(),
            uuid: fields.text("FpgaImageUUID").unwrap_or_default(),
            name: said(fields.text("Name")),
            state: ImageState::of(&fields.text("State").unwrap_or_default()),
            shell: fields.text("ShellUUID"),
            encrypted: fields.flag("Encrypted"),
            description: said(fields.text("Description")),
            tags: said(fields.text("Tags")),
            create_time: fields.time("CreateTime"),
            update_time: fields.time("UpdateTime"),
            publish_time: fields.time("PublishTime"),
            other: fields.rest(),
        }
    }

    /// The same; one that can't be called by its UUID is none.
    fn named(fields: Fields) -> Result<Self, String> {
        let image = Self::read(fields);
        if image.uuid.is_empty() { Err("there is no FpgaImageUUID in it".into()) } else { Ok(image) }
    }

    /// The point in time when it was asked for, if the service tells it in a form that is known.
    pub fn created(&self) -> Option<jiff::Timestamp> {
        self.create_time.as_ref().and_then(Time::timestamp)
    }
}

/// The old tool sends `None` where its user says nothing, and the service gives that back.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| text != "None")
}

/// What an image is to be made from.
#[derive(Clone, Debug, Default)]
pub struct NewImage {
    /// The bucket; in the caller's region.
    pub bucket: String,
    /// The object's key.
    pub object: String,
    /// `intel` or `xilinx`.
    pub fpga_type: String,
    /// The shell that the file was compiled for.
    pub shell: String,
    /// The role that the service assumes to read the object and to write its log.
    pub role_arn: String,
    /// A name.
    pub name: Option<String>,
    /// What to say about it.
    pub description: Option<String>,
    /// Tags, one text.
    pub tags: Option<String>,
    /// The key of the key service to encrypt it with; None for no encryption.
    pub kms_key: Option<String>,
}

impl NewImage {
    pub(crate) fn call(&self) -> RpcCall {
        let encrypted = self.kms_key.as_ref().map(|_| "true");
        action("CreateFpgaImageTask")
            .with("Bucket", &self.bucket)
            .with("Object", &self.object)
            .with("FpgaType", &self.fpga_type)
            .with("ShellUUID", &self.shell)
            .with("RoleArn", &self.role_arn)
            .with_some("Name", self.name.as_deref())
            .with_some("Description", self.description.as_deref())
            .with_some("Tags", self.tags.as_deref())
            .with_some("Encrypted", encrypted)
            .with_some("KeyId", self.kms_key.as_deref())
            .retried(Retry::ONCE)
    }
}

impl Faas {
    /// Asks for an image (`CreateFpgaImageTask`). Asking twice makes two, so after an error that
    /// [may have happened](crate::cloud::Error::may_have_happened) look into [`Faas::images`] first.
    ///
    /// # Errors
    /// When the call fails, or the answer names no image.
    pub async fn create_image(&self, image: &NewImage) -> Result<Answered<Image>> {
        self.call(&image.call(), |answer| Image::named(Fields::of_answer(&answer.raw))).await
    }

    /// The caller's images (`DescribeFpgaImages`), in the service's order; there are no pages.
    ///
    /// # Errors
    /// When the call fails, or the answer has no list, or an image without a UUID in it.
    pub async fn images(&self) -> Result<Answered<Vec<Image>>> {
        self.call(&action("DescribeFpgaImages"), |answer| {
            let items = list_of(&answer.raw, "FpgaImages", "fpgaImage")?;
            items.into_iter().map(|item| Image::named(Fields::of(item))).collect()
        })
        .await
    }

    /// Deletes an image (`DeleteFpgaImage`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete_image(&self, uuid: &str) -> Result<Answered<()>> {
        let call = action("DeleteFpgaImage").with("FpgaImageUUID", uuid);
        self.call(&call, |_| Ok(())).await
    }

    /// Publishes an image together with an ECS image (`PublishFpgaImage`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn publish_image(&self, uuid: &str, ecs_image: &str) -> Result<Answered<()>> {
        let call = action("PublishFpgaImage").with("FpgaImageUUID", uuid).with("ImageID", ecs_image);
        self.call(&call, |_| Ok(())).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_documents_sample_and_keeps_what_it_does_not_know() {
        let sample = json!({
            "Name": "mm", "Tags": "123", "ShellUUID": "V1.0", "Description": "None",
            "FpgaImageUUID": "91598d20-b802-11e7-879a-8db5a2e0d5a1", "State": "success",
            "CreateTime": "Sat Oct 21 2017 15:52:19 GMT+0800 (CST)", "Encrypted": "false",
            "UpdateTime": "Sat Oct 21 2017 18:53:02 GMT+0800 (CST)", "OwnerAlias": "self"
        });
        let shown = serde_json::to_value(Image::read(Fields::of(&sample))).unwrap();
        assert_eq!(
            shown,
            json!({
                "uuid": "91598d20-b802-11e7-879a-8db5a2e0d5a1", "name": "mm", "state": "success",
                "shell": "V1.0", "encrypted": false, "description": null, "tags": "123",
                "create_time": "2017-10-21T07:52:19Z", "update_time": "2017-10-21T10:53:02Z",
                "publish_time": null, "other": {"OwnerAlias": "self"}
            })
        );
    }

    #[test]
    fn a_new_image_is_asked_for_once_and_only_with_what_was_given() {
        let image = NewImage { bucket: "b".into(), kms_key: Some("k".into()), ..NewImage::default() };
        let call = image.call();
        assert!(!call.retry.idempotent);
        let names: Vec<&str> = call.query.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Bucket", "Object", "FpgaType", "ShellUUID", "RoleArn", "Encrypted", "KeyId"]);
    }

    #[test]
    fn an_unknown_state_is_kept_and_is_alive() {
        let state = ImageState::of("Packaging");
        assert_eq!((state.name(), state.is_alive()), ("Packaging", true));
        assert!(!ImageState::of("FAILED").is_alive());
        assert!(ImageState::of("SUCCESS").is_alive());
    }
}
