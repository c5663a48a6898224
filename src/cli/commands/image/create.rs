//! `faascmd image create KEY`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::log::build_failed;
use super::make::MakeArgs;
use super::show::facts;
use crate::base::duration::duration;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::faas::{Image, NewImage};
use crate::ops::create::{self, Found, Request};
use crate::ops::deploy::Services;
use crate::ops::image::{self, Ordered};
use crate::ops::order::{self, Order};
use crate::ops::{self, Error};
use crate::oss::Oss;

/// Make an image from an object in the bucket
///
/// A build takes seconds for Intel and up to hours for Xilinx, so this returns when the service has taken the order and
/// prints the command that waits.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd image create bit.tar.gz
  faascmd image create dma_afu.gbs --shell V1.1 --name dma --wait")]
pub(in crate::cli) struct CreateArgs {
    /// Key of the object, in the caller's bucket
    #[arg(value_name = "KEY")]
    key: String,
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
struct Created {
    #[serde(flatten)]
    image: Image,
    object: Object,
}

#[derive(Debug, Serialize)]
struct Object {
    bucket: String,
    key: String,
}

/// An order that was not given.
#[derive(Debug, Serialize)]
struct Planned {
    dry_run: bool,
    object: Object,
    fpga_type: String,
    shell: String,
    role_arn: String,
    name: Option<String>,
    tags: Option<String>,
    description: Option<String>,
    kms_key: Option<String>,
}

/// What became of the order.
enum Answer {
    Planned(Planned),
    Created(Created),
}

/// Runs the command.
pub(in crate::cli) fn run(args: &CreateArgs, cx: &Context) -> Outcome {
    match cx.block_on(work(args, cx))? {
        Answer::Planned(planned) => cx.ui.print(&planned),
        Answer::Created(created) => {
            if !args.wait {
                cx.ui.note(&format!("wait for it: faascmd image wait {}", created.image.uuid));
            }
            cx.ui.print(&created)
        }
    }
}

async fn work(args: &CreateArgs, cx: &Context) -> Result<Answer, Failure> {
    let (faas, oss, deadline) = (cx.faas().await?, cx.oss().await?, cx.deadline(args.timeout).await?);
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
    async fn make(&self, services: Services<'_>, request: &Request) -> ops::Result<Answer> {
        let Services { faas, oss, deadline } = services;
        let found = create::survey(services, request).await?;
        let identity = found.object.clone();
        let new = self.order(oss, found);
        let object = Object { bucket: new.bucket.clone(), key: new.object.clone() };
        if self.dry_run {
            return Ok(Answer::Planned(Planned::of(new, object)));
        }
        let order = Order {
            image: new,
            content: None,
            object: identity,
            stand_in: None,
            anew: self.force,
            wait_for_turn: self.wait,
            life: request.order_life,
        };
        let Ordered { mut image, .. } = order::place(faas, deadline, &order).await?;
        if self.wait {
            (image, _) = image::wait(faas, deadline, &Ordered { image, is_new: true }).await?;
        }
        Ok(Answer::Created(Created { image, object }))
    }

    async fn request(&self, cx: &Context) -> Result<Request, Failure> {
        let instance_id = match &self.make.shell {
            Some(_) => None,
            None => cx.instance_id().await.ok(),
        };
        Ok(Request {
            key: self.key.clone(),
            shell: self.make.shell.clone(),
            family: self.make.fpga_type,
            instance_id,
            fpga: self.make.fpga.clone(),
            check: !self.no_check,
            force: self.force,
            order_life: cx.order_life()?,
        })
    }

    fn order(&self, oss: &Oss, found: Found) -> NewImage {
        NewImage {
            bucket: oss.bucket().to_owned(),
            object: self.key.clone(),
            fpga_type: found.family.name().to_owned(),
            shell: found.shell,
            role_arn: found.role_arn,
            name: self.make.name.clone(),
            description: self.make.description.clone(),
            tags: self.make.tags.clone(),
            kms_key: self.make.kms_key.clone(),
        }
    }
}

impl Planned {
    fn of(new: NewImage, object: Object) -> Self {
        let NewImage { fpga_type, shell, role_arn, name, tags, description, kms_key, .. } = new;
        Self { dry_run: true, object, fpga_type, shell, role_arn, name, tags, description, kms_key }
    }
}

impl Report for Created {
    const SCHEMA: &'static str = "faascmd.image.create/1";

    fn human(&self, page: &mut Page) {
        page.facts(&facts(&self.image));
    }
}

impl Report for Planned {
    const SCHEMA: &'static str = "faascmd.image.create/1";

    fn human(&self, page: &mut Page) {
        page.facts(&[
            ("would make", format!("an image from oss://{}/{}", self.object.bucket, self.object.key)),
            ("type", self.fpga_type.clone()),
            ("shell", self.shell.clone()),
            ("role", self.role_arn.clone()),
        ]);
    }
}
