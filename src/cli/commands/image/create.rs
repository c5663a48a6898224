//! `faascmd image create KEY`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::log::build_failed;
use super::make::MakeArgs;
use super::show::facts;
use crate::base::duration::duration;
use crate::cli::args::EndpointArgs;
use crate::cli::commands::object::address::Address;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report, typed};
use crate::faas::{Image, ImageState, NewImage, Time};
use crate::ops::image::{self, Ordered};
use crate::ops::order::{self, Order};
use crate::ops::prepare::{ImageRequest, Services, Subject, identity, prepare};
use crate::ops::{self, Error};

/// Make an image from an object in the bucket
///
/// A build takes seconds for Intel and up to hours for Xilinx, so this returns when the service has taken the order and
/// prints the command that waits.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd image create bit.tar.gz
  faascmd image create dma_afu.gbs --shell V1.1 --name dma --wait")]
pub(in crate::cli) struct CreateArgs {
    /// The object: its key, or oss://BUCKET/KEY
    #[arg(value_name = "KEY")]
    key: Address,
    #[command(flatten)]
    make: MakeArgs,
    /// Wait until the image is made; also for the service's half hour between two images
    #[arg(long)]
    wait: bool,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = duration)]
    timeout: Duration,
    /// Order it without looking at the object
    #[arg(long)]
    no_check: bool,
    /// Ask the service although it is known to refuse this caller
    #[arg(long)]
    force: bool,
    /// Say what would be ordered, and order nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Object {
    bucket: String,
    key: String,
}

/// An order, and the image that is made by it; without one, it was not given.
#[derive(Debug, Serialize)]
struct Created {
    dry_run: bool,
    object: Object,
    fpga_type: String,
    role_arn: String,
    kms_key: Option<String>,
    uuid: Option<String>,
    state: Option<ImageState>,
    name: Option<String>,
    shell: Option<String>,
    tags: Option<String>,
    description: Option<String>,
    encrypted: Option<bool>,
    create_time: Option<Time>,
    update_time: Option<Time>,
    publish_time: Option<Time>,
    #[serde(skip)]
    image: Option<Image>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &CreateArgs, cx: &Context) -> Outcome {
    let created = cx.block_on(work(args, cx))?;
    if let Some(uuid) = created.uuid.as_ref().filter(|_| !args.wait) {
        cx.ui.note(&format!("wait for it: {}", typed::with_settings(&format!("faascmd image wait {uuid}"))));
    }
    cx.ui.print(&created)
}

async fn work(args: &CreateArgs, cx: &Context) -> Result<Created, Failure> {
    let oss = args.key.of_object()?.oss(cx, EndpointArgs::default()).await?;
    let (faas, deadline) = (cx.faas().await?, cx.deadline(args.timeout).await?);
    let services = Services { faas: &faas, oss: &oss, deadline: &deadline };
    let request = args.request(cx).await?;
    match Box::pin(deadline.unless_cancelled(args.make(services, &request))).await {
        Ok(answer) => Ok(answer),
        Err(Error::BuildFailed(image)) => Err(build_failed(cx, Some(&oss), image).await),
        Err(error) => Err(error.into()),
    }
}

impl CreateArgs {
    /// Finds out what is to be made, orders it, and waits for it if that was asked for.
    async fn make(&self, services: Services<'_>, request: &ImageRequest) -> ops::Result<Created> {
        let Services { faas, oss, deadline } = services;
        let key = &self.key.key;
        let subject = Subject::object(oss, key, request).await?;
        let prepared = prepare(services, request, subject, false).await?;
        let order = prepared.order(request, oss.bucket(), key);
        let object = Object { bucket: oss.bucket().to_owned(), key: key.clone() };
        if self.dry_run {
            return Ok(Created::of(order.image, object, None));
        }
        let order = Order { object: identity(oss, key).await?, ..order };
        let Ordered { mut image, .. } = order::place(faas, deadline, &order).await?;
        if self.wait {
            (image, _) = image::wait(faas, deadline, &Ordered { image, is_new: true }).await?;
        }
        Ok(Created::of(order.image, object, Some(image)))
    }

    async fn request(&self, cx: &Context) -> Result<ImageRequest, Failure> {
        Ok(ImageRequest {
            spec: self.make.spec(),
            instance_id: self.make.instance_id(cx).await?,
            check: !self.no_check,
            any_caller: self.force,
            anew: self.force,
            wait: self.wait,
            order_life: cx.order_life()?,
        })
    }
}

impl Created {
    fn of(new: NewImage, object: Object, image: Option<Image>) -> Self {
        let NewImage { fpga_type, role_arn, kms_key, .. } = new;
        let asked = Image {
            name: new.name,
            shell: Some(new.shell),
            tags: new.tags,
            description: new.description,
            ..Image::default()
        };
        let told = image.clone().unwrap_or(asked);
        Self {
            dry_run: image.is_none(),
            object,
            fpga_type,
            role_arn,
            kms_key,
            uuid: image.as_ref().map(|image| image.uuid.clone()),
            state: image.as_ref().map(|image| image.state.clone()),
            name: told.name,
            shell: told.shell,
            tags: told.tags,
            description: told.description,
            encrypted: told.encrypted,
            create_time: told.create_time,
            update_time: told.update_time,
            publish_time: told.publish_time,
            image,
        }
    }
}

impl Report for Created {
    const SCHEMA: &'static str = "faascmd.image.create/1";

    fn human(&self, page: &mut Page) {
        if let Some(image) = &self.image {
            page.facts(&facts(image));
            return;
        }
        page.facts(&[
            ("would make", format!("an image from oss://{}/{}", self.object.bucket, self.object.key)),
            ("type", self.fpga_type.clone()),
            ("shell", self.shell.clone().unwrap_or_default()),
            ("role", self.role_arn.clone()),
        ]);
    }
}
