//! Loading an image into a chip, once, and knowing when it is there.

mod watch;

pub use watch::{Expected, still_loaded, until_loaded};

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::driver::{Driver, TakenOut};
use super::intent::{Intent, IntentFile};
use super::lock::{self, Claim};
use super::step::{Step, StepName};
use super::wait::{Awaited, Deadline, Look, Pace};
use super::{Error, Result};
use crate::base::progress::Progress;
use crate::device::{Roots, driver_in_use};
use crate::faas::{Chip, Faas, LoadImage, LoadStatus};

/// What is to be loaded where.
#[derive(Clone, Debug)]
pub struct Loading<'a> {
    /// The instance.
    pub instance_id: &'a str,
    /// The chip.
    pub chip: &'a Chip,
    /// The image.
    pub image_uuid: &'a str,
    /// Load it even if the chip carries it.
    pub force: bool,
    /// Whether to wait: for a chip that is busy, and for the load.
    pub wait: bool,
    /// Whether to wait for another run of this machine that loads the same chip.
    pub wait_for_turn: bool,
    /// How long an order without an answer may still arrive; it is not given again before.
    pub order_life: Duration,
    /// The driver to take out before the load and to bring back after it.
    pub driver: Option<&'a Driver>,
    /// This machine's devices, where the instance is this machine.
    pub this_machine: Option<&'a Roots>,
}

/// How a load ended.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the service says of the chip.
    pub status: LoadStatus,
    /// Whether nothing was asked for, because the chip carried the image or was getting it.
    pub skipped: bool,
    /// The load, and what was done to the driver around it.
    pub steps: Vec<Step>,
}

/// Loads an image, unless the chip carries it already, and waits until it is there.
///
/// # Errors
/// The service's refusal, [`Error::LoadFailed`], and those of a wait.
pub async fn load(faas: &Faas, deadline: &Deadline, loading: &Loading<'_>) -> Result<Loaded> {
    let name = format!("load-{}-{}", loading.instance_id, loading.chip.uuid).replace('/', "_");
    let work = format!("the load into fpga {} on {} by another run", loading.chip.uuid, loading.instance_id);
    let _lock = lock::take(deadline, Claim { name: &name, work: &work, wait: loading.wait_for_turn }).await?;
    let work = Work { faas, deadline, loading };
    let before = faas.load_status(loading.instance_id, &loading.chip.uuid).await?.view;
    let there = !loading.force && before.is_loaded_with(loading.image_uuid);
    let mut steps = Vec::new();
    if there {
        steps.push(Step::ended(StepName::Load, true, Instant::now()));
        if let Some(driver) = loading.driver.filter(|_| loading.wait) {
            steps.push(driver.bring_back_if_out(deadline.progress()).await?);
        }
        return Ok(Loaded { status: before, skipped: true, steps });
    }
    let taken_out = loading.free_the_chip(deadline.progress(), &mut steps).await?;
    let began = Instant::now();
    let on_its_way = !loading.force && before.task_status.is_busy() && before.names(loading.image_uuid);
    let answer = if on_its_way { None } else { Some(work.order(&before).await?) };
    if !loading.wait {
        steps.push(Step::ended(StepName::Load, on_its_way, began));
        return Ok(Loaded { status: answer.unwrap_or(before), skipped: on_its_way, steps });
    }
    let before = if on_its_way { None } else { Some(before) };
    let status = until_loaded(
        faas,
        deadline,
        &Expected {
            instance_id: loading.instance_id,
            chip: loading.chip,
            image_uuid: Some(loading.image_uuid),
            before,
        },
    )
    .await?;
    steps.push(Step::ended(StepName::Load, on_its_way, began));
    if let Some(driver) = taken_out {
        steps.push(driver.bring_back().await?);
    }
    Ok(Loaded { status, skipped: on_its_way, steps })
}

impl<'a> Loading<'a> {
    /// No driver may hold the chip while it is loaded.
    async fn free_the_chip(
        &self,
        progress: &'a dyn Progress,
        steps: &mut Vec<Step>,
    ) -> Result<Option<TakenOut<'a>>> {
        if let Some(driver) = self.driver {
            let (taken_out, step) = TakenOut::take(driver, progress).await?;
            steps.push(step);
            return Ok(Some(taken_out));
        }
        match self.this_machine.and_then(driver_in_use) {
            Some(driver) if !self.force => {
                Err(Error::DriverInUse { driver: driver.name, devices: driver.devices })
            }
            _ => Ok(None),
        }
    }
}

/// Says early that a driver will be in the way of a load.
pub fn warn_of_driver(deadline: &Deadline, this_machine: Option<&Roots>) {
    if let Some(driver) = this_machine.and_then(driver_in_use) {
        let devices = driver.devices.join(", ");
        let name = driver.name;
        deadline.progress().warn(format!("{name} holds {devices}; before the load: sudo rmmod {name}"));
    }
}

/// An order to load that is being given.
#[derive(Clone, Copy)]
struct Work<'a> {
    faas: &'a Faas,
    deadline: &'a Deadline,
    loading: &'a Loading<'a>,
}

impl Work<'_> {
    /// Asks until the service takes the order; a chip that is busy with another load makes it refuse. An order without an
    /// answer, also that of a run that was killed, is looked for as long as it may still arrive.
    async fn order(self, before: &LoadStatus) -> Result<LoadStatus> {
        if !self.loading.wait {
            return Ok(self.ask().await?);
        }
        let end = self.now().saturating_add(self.deadline.left()).unwrap_or(Timestamp::MAX);
        let chip = &self.loading.chip.uuid;
        let what = format!("load {} {} {chip}", self.loading.image_uuid, self.loading.instance_id);
        let file = IntentFile::of(self.faas, &what).await;
        let earlier = file.read().filter(|_| !self.loading.force);
        let lost = Cell::new(earlier.map(|intent| intent.until));
        let look = || async {
            if let Some(until) = lost.get() {
                if let Some(status) = self.came_through(before).await? {
                    file.remove();
                    return Ok(Look::Done(status));
                }
                if self.now() < until {
                    return Ok(Look::Pending(format!("ordered without an answer, looking until {until:.0}")));
                }
            }
            let intent = Intent::new(self.now(), self.loading.order_life);
            file.write(&intent).map_err(|(path, error)| Error::NoState { path, error })?;
            let answer = self.ask().await;
            let is_lost = matches!(&answer, Err(error) if error.may_have_happened());
            if !is_lost {
                file.remove();
            }
            match answer {
                Ok(status) => Ok(Look::Done(status)),
                Err(error) if error.code() == Some("ANOTHER TASK RUNNING") => Ok(Look::Pending(format!(
                    "busy with another load (ANOTHER TASK RUNNING), asking until {end:.0}"
                ))),
                Err(error) if is_lost && lost.replace(Some(intent.until)).is_none() => {
                    let warning = format!("{error}; looking whether the load began all the same");
                    self.deadline.progress().warn(warning);
                    Ok(Look::Pending(format!("ordered without an answer, looking until {:.0}", intent.until)))
                }
                Err(error) => Err(error.into()),
            }
        };
        self.deadline.wait(self.awaited(), Pace::LOADING, look).await
    }

    fn now(self) -> Timestamp {
        self.faas.cloud().clock().now()
    }

    async fn came_through(self, before: &LoadStatus) -> Result<Option<LoadStatus>> {
        let chip = &self.loading.chip.uuid;
        let now = self.faas.load_status(self.loading.instance_id, chip).await?.view;
        let is_news = now.task_status.is_busy() || now.create_time != before.create_time;
        Ok((now.names(self.loading.image_uuid) && is_news).then_some(now))
    }

    async fn ask(self) -> Result<LoadStatus, crate::cloud::Error> {
        let chip = self.loading.chip;
        let order = LoadImage {
            instance_id: self.loading.instance_id.to_owned(),
            fpga_uuid: chip.uuid.clone(),
            fpga_type: chip.fpga_type.clone().unwrap_or_default(),
            shell: chip.shell.clone().unwrap_or_default(),
            image_uuid: self.loading.image_uuid.to_owned(),
        };
        Ok(self.faas.load(&order).await?.view)
    }

    fn awaited(self) -> Awaited {
        Awaited::Load {
            instance_id: self.loading.instance_id.to_owned(),
            fpga_uuid: self.loading.chip.uuid.clone(),
            image_uuid: Some(self.loading.image_uuid.to_owned()),
        }
    }
}
