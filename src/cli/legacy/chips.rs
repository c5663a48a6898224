//! `list_instances`, `download_image` and `fpga_status`.

use std::time::Duration;

use clap::Args;

use super::answer::Said;
use super::images;
use crate::base::cancel::Cancel;
use crate::bitstream::Family;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::config::{Name, Origin};
use crate::device::driver_in_use;
use crate::faas::{Chip, Faas};
use crate::ops::Error;
use crate::ops::chip::{Wanted, choose};
use crate::ops::load::{Loading, load};
use crate::ops::wait::Deadline;

/// How long another run of this machine that loads the same chip is waited for.
const TIMEOUT: Duration = Duration::from_mins(10);

// The instance. (A doc comment would become that of each command.)
#[derive(Debug, Args)]
pub(in crate::cli) struct Instance {
    /// Instance id; by default --instance-id, else the instance that this runs on
    #[arg(long = "instanceId", value_name = "ID")]
    instance: Option<String>,
}

impl Instance {
    async fn id(&self, cx: &Context) -> Result<String, Failure> {
        match &self.instance {
            Some(id) => {
                Name::InstanceId.check_from(id, &Origin::Flag("--instanceId"))?;
                Ok(id.clone())
            }
            None => cx.instance_id().await,
        }
    }
}

// The chip. (A doc comment would become that of each command.)
#[derive(Debug, Args)]
pub(in crate::cli) struct Fpga {
    /// FPGA, as `list_instances` names it, or its number from 0; by default the only one that fits
    #[arg(long, alias = "fpga", value_name = "UUID")]
    fpgauuid: Option<String>,
}

impl Fpga {
    /// The UUID, where it was given: the old tool passed it on as it was.
    fn uuid(&self) -> Option<&str> {
        self.fpgauuid.as_deref().filter(|name| name.parse::<usize>().is_err())
    }

    async fn look_up(&self, faas: &Faas, instance_id: &str, family: Option<Family>) -> Result<Chip, Failure> {
        let chips = faas.chips(instance_id).await?.view;
        let wanted = Wanted { named: self.fpgauuid.as_deref(), family, image: None };
        Ok(choose(&chips, instance_id, &wanted).map_err(Error::from)?.clone())
    }
}

/// List the FPGAs of an instance
#[derive(Debug, Args)]
pub(in crate::cli) struct ListInstances {
    #[command(flatten)]
    instance: Instance,
}

impl ListInstances {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let instance = self.instance.id(cx).await?;
        Ok(cx.faas().await?.chips(&instance).await?.answer.raw.into())
    }
}

/// Load an image into an FPGA; the answer comes before it is loaded, `fpga_status` tells when it is
#[derive(Debug, Args)]
pub(in crate::cli) struct DownloadImage {
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    fpga: Fpga,
    /// intel or xilinx; by default what the FPGA is
    #[arg(long, value_name = "TYPE", value_parser = images::family)]
    fpgatype: Option<Family>,
    /// Image, as `list_images` names it
    #[arg(long, value_name = "UUID")]
    imageuuid: String,
    /// Kind of image: afu is the only one
    #[arg(long, value_name = "KIND", default_value = "afu", value_parser = ["afu"])]
    imagetype: String,
    /// Shell; by default what the FPGA reports
    #[arg(long, value_name = "SHELL")]
    shell: Option<String>,
}

impl DownloadImage {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let (faas, instance_id) = (cx.faas().await?, self.instance.id(cx).await?);
        let chip = self.chip(&faas, &instance_id).await?;
        self.warn_of_driver(cx, &instance_id).await?;
        let deadline = Deadline::new(TIMEOUT, Cancel::new(), cx.ui.progress());
        let loading = Loading {
            instance_id: &instance_id,
            chip: &chip,
            image_uuid: &self.imageuuid,
            // The old tool asked the service every time, and did not wait.
            force: true,
            wait: false,
            wait_for_turn: true,
            order_life: cx.order_life()?,
            driver: None,
            this_machine: None,
        };
        Ok(load(&faas, &deadline, &loading).await?.status.raw.into())
    }

    /// The old tool loaded under a driver's feet, and Makefiles that unload it only where they must rely on that.
    async fn warn_of_driver(&self, cx: &Context, instance_id: &str) -> Result<(), Failure> {
        if let Some(driver) = cx.drivers_of(instance_id).await?.as_ref().and_then(driver_in_use) {
            let name = driver.name;
            cx.ui.warn(&format!("driver {name} holds an FPGA of this machine: unload it first (sudo rmmod {name}), or the machine may hang"));
        }
        Ok(())
    }

    /// The chip with what the flags say of it; it is looked up only when they do not say all.
    async fn chip(&self, faas: &Faas, instance_id: &str) -> Result<Chip, Failure> {
        let said = Chip {
            fpga_type: self.fpgatype.map(|family| family.name().to_owned()),
            shell: self.shell.clone(),
            ..Chip::default()
        };
        if let (Some(uuid), Some(_), Some(_)) = (self.fpga.uuid(), &said.fpga_type, &said.shell) {
            return Ok(Chip { uuid: uuid.to_owned(), ..said });
        }
        let found = self.fpga.look_up(faas, instance_id, self.fpgatype).await?;
        let (fpga_type, shell) = (said.fpga_type.or(found.fpga_type), said.shell.or(found.shell));
        Ok(Chip { fpga_type, shell, ..found })
    }
}

/// Show what an FPGA carries and how far a load is
#[derive(Debug, Args)]
pub(in crate::cli) struct FpgaStatus {
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    fpga: Fpga,
}

impl FpgaStatus {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let (faas, instance_id) = (cx.faas().await?, self.instance.id(cx).await?);
        let uuid = match self.fpga.uuid() {
            Some(uuid) => uuid.to_owned(),
            None => self.fpga.look_up(&faas, &instance_id, None).await?.uuid,
        };
        Ok(faas.load_status(&instance_id, &uuid).await?.answer.raw.into())
    }
}
