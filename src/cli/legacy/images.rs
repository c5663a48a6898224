//! `create_image`, `list_images`, `delete_image` and `publish_image`.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::answer::{Said, agreed};
use crate::base::cancel::Cancel;
use crate::bitstream::Family;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::exit::Exit;
use crate::ops::order::{Order, place, without_order_mark};
use crate::ops::prepare::{ImageRequest, ImageSpec, Services, Subject, identity, prepare};
use crate::ops::wait::Deadline;

/// How long an order whose answer was lost is looked for.
const TIMEOUT: Duration = Duration::from_mins(10);

/// The clap parser of a chip's type.
pub(super) fn family(text: &str) -> Result<Family, String> {
    Family::named(text).ok_or_else(|| "intel or xilinx is meant".to_owned())
}

fn flag(text: &str) -> Result<bool, String> {
    text.to_ascii_lowercase().parse().map_err(|_| "true or false is meant".to_owned())
}

/// Order an image to be made from an object; the answer comes before it is made, `list_images` tells when it is
#[derive(Debug, Args)]
pub(in crate::cli) struct CreateImage {
    /// Key of the compiled file in the bucket
    #[arg(long, value_name = "KEY")]
    object: String,
    /// intel or xilinx; by default what the object is made for
    #[arg(long, value_name = "TYPE", value_parser = family)]
    fpgatype: Option<Family>,
    /// true: encrypt the image with --kmskey
    #[arg(long, value_name = "BOOL", value_parser = flag)]
    encrypted: Option<bool>,
    /// Key of the key management service
    #[arg(long, value_name = "ID")]
    kmskey: Option<String>,
    /// Shell that the file was compiled for; by default chosen as `image create` does
    #[arg(long, value_name = "SHELL")]
    shell: Option<String>,
    /// Name of the image
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// What to say about it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Tags, one text
    #[arg(long, value_name = "TEXT")]
    tags: Option<String>,
}

impl CreateImage {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let (faas, oss) = (cx.faas().await?, cx.oss().await?);
        // Nothing here ends tidily on a signal that would not end as well without: an order is written down first.
        let deadline = Deadline::new(TIMEOUT, Cancel::new(), cx.ui.progress());
        let services = Services { faas: &faas, oss: &oss, deadline: &deadline };
        let request = self.request(cx).await?;
        let subject = Subject::object(&oss, &self.object, &request).await?;
        let prepared = prepare(services, &request, subject, false).await?;
        let order = Order {
            object: identity(&oss, &self.object).await?,
            ..prepared.order(&request, oss.bucket(), &self.object)
        };
        Ok(place(&faas, &deadline, &order).await?.image.raw.into())
    }

    /// Encryption that one of the two flags asks for is done or refused.
    fn kms_key(&self) -> Result<Option<String>, Failure> {
        match (self.encrypted, self.kmskey.as_deref().filter(|key| !key.is_empty())) {
            (Some(true), Some(key)) => Ok(Some(key.to_owned())),
            (Some(false), _) | (None, None) => Ok(None),
            (Some(true), None) => Err(Failure::new(Exit::Usage, "--encrypted=true needs --kmskey")
                .hint("add --kmskey=ID, the key of the key management service to encrypt with")),
            (None, Some(_)) => Err(Failure::new(Exit::Usage, "--kmskey needs --encrypted=true")
                .hint("add --encrypted=true, or leave --kmskey out for an image that is not encrypted")),
        }
    }

    /// What the flags do not say is found out; what they say is for the service to judge, as with the old tool.
    async fn request(&self, cx: &Context) -> Result<ImageRequest, Failure> {
        let instance_id = match &self.shell {
            Some(_) => None,
            None => cx.instance_id().await.ok(),
        };
        let spec = ImageSpec {
            name: self.name.clone(),
            description: self.description.clone(),
            tags: self.tags.clone(),
            shell: self.shell.clone(),
            family: self.fpgatype,
            fpga: None,
            kms_key: self.kms_key()?,
        };
        let (check, any_caller, anew, wait) = (false, true, false, false);
        Ok(ImageRequest { spec, instance_id, check, any_caller, anew, wait, order_life: cx.order_life()? })
    }
}

/// List the images
#[derive(Debug, Args)]
pub(in crate::cli) struct ListImages {}

impl ListImages {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let mut answer = cx.faas().await?.images().await?.answer.raw;
        strip_order_marks(&mut answer);
        Ok(answer.into())
    }
}

/// The old tool's list shows what its user wrote; `image ls` shows the marks, too.
fn strip_order_marks(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            for name in ["Tags", "Description"] {
                let wrote = fields.get(name).and_then(Value::as_str).map(without_order_mark);
                // What its user does not say is `None` with the old tool.
                let wrote = wrote.map(|wrote| if wrote.is_empty() { "None" } else { wrote }.to_owned());
                fields.extend(wrote.map(|wrote| (name.to_owned(), Value::String(wrote))));
            }
            fields.values_mut().for_each(strip_order_marks);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_order_marks),
        _ => {}
    }
}

/// Delete an image
#[derive(Debug, Args)]
pub(in crate::cli) struct DeleteImage {
    /// Image, as `list_images` names it
    #[arg(long, value_name = "UUID")]
    imageuuid: String,
}

impl DeleteImage {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        agreed(cx, &format!("Delete image {}?", self.imageuuid))?;
        Ok(cx.faas().await?.delete_image(&self.imageuuid).await?.answer.raw.into())
    }
}

/// Publish an image to the Marketplace, together with an ECS image
#[derive(Debug, Args)]
pub(in crate::cli) struct PublishImage {
    /// Image, as `list_images` names it
    #[arg(long, value_name = "UUID")]
    imageuuid: String,
    /// ECS image of the FPGA instance
    #[arg(long, value_name = "ID")]
    imageid: String,
}

impl PublishImage {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        Ok(cx.faas().await?.publish_image(&self.imageuuid, &self.imageid).await?.answer.raw.into())
    }
}
