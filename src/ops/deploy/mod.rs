//! A file becomes a loaded chip: check, upload, order, wait, load; what is done already is not done again.

mod object;
mod report;
mod survey;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

pub use report::{Chip, Deployment, Object, Step, StepState};
use survey::Survey;

use super::Result;
use super::driver::Driver;
use super::image::{self, ImageMatch};
use super::load::{self, Loaded, Loading};
use super::lock::{self, Claim};
use super::order::{self, Order};
use super::register_map;
use super::wait::Deadline;
use crate::base::duration::spent;
use crate::base::progress::Event;
use crate::bitstream::Family;
use crate::device::Roots;
use crate::faas::{Faas, Image, ImageState, NewImage};
use crate::oss::Oss;

/// What is to be deployed, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// The key that the object is to have.
    pub key: String,
    /// The image's name.
    pub name: Option<String>,
    /// What to say about the image.
    pub description: Option<String>,
    /// The image's tags.
    pub tags: Option<String>,
    /// The shell to make the image for; None to find out.
    pub shell: Option<String>,
    /// The type of chip; None for what the file says.
    pub family: Option<Family>,
    /// The key to encrypt the image with.
    pub kms_key: Option<String>,
    /// The instance; None where no chip is to be asked or loaded.
    pub instance_id: Option<String>,
    /// The chip, by UUID or index.
    pub fpga: Option<String>,
    /// Whether to look into the file first.
    pub check: bool,
    /// Whether to load the image.
    pub load: bool,
    /// Whether to wait for what takes its time.
    pub wait: bool,
    /// Whether to do everything anew.
    pub force: bool,
    /// Whether the chip is to be tested afterwards, which only Xilinx chips can be.
    pub for_tests: bool,
    /// The driver to take out before the load and to bring back after it.
    pub driver: Option<Driver>,
    /// This machine's devices, where the instance is this machine.
    pub this_machine: Option<Roots>,
    /// How long an order without an answer is looked for before it is given again.
    pub order_life: Duration,
}

/// Who does it.
#[derive(Clone, Copy, Debug)]
pub struct Services<'a> {
    /// Images and chips.
    pub faas: &'a Faas,
    /// The bucket.
    pub oss: &'a Oss,
    /// How long it may take, and who hears of it.
    pub deadline: &'a Deadline,
}

impl Services<'_> {
    fn step_done(&self, step: &'static str, detail: String, skipped: bool) {
        self.deadline.progress().event(Event::StepDone { step, detail, skipped });
    }
}

/// Deploys a file.
///
/// # Errors
/// When a step fails or the deadline ends; the same request, made again, goes on where it stopped.
pub async fn deploy(services: Services<'_>, request: &Request) -> Result<Deployment> {
    let work = Work { services, request };
    let mut steps = Vec::new();
    let survey = Survey::make(work, &mut steps).await?;
    if request.load && request.driver.is_none() && survey.chip_needs_load(request) {
        load::warn_of_driver(services.deadline, request.this_machine.as_ref());
    }
    let name = format!("deploy-{}", survey.content.mark());
    let theirs = format!("the upload and order of {} by another run", request.file.display());
    let claim = Claim { name: &name, work: &theirs, wait: request.wait };
    let lock = lock::take(services.deadline, claim).await?;
    let object = work.upload(&survey, &mut steps).await?;
    let image = work.image(&survey, &object, lock, &mut steps).await?;
    if let Some(registers) = &survey.registers {
        register_map::remember(registers, &image.uuid);
    }
    let mut deployment = Deployment { steps, object, image: Some(image), fpga: None };
    if request.load && deployment.image.as_ref().is_some_and(|image| image.state == ImageState::Success) {
        work.load(&survey, &mut deployment).await?;
    }
    Ok(deployment)
}

/// Says what [`deploy`] would do, and changes nothing.
///
/// # Errors
/// When a question fails.
pub async fn plan(services: Services<'_>, request: &Request) -> Result<Deployment> {
    let work = Work { services, request };
    let mut steps = Vec::new();
    let survey = Survey::make(work, &mut steps).await?;
    let place = object::find_place(services.oss, request, &survey.content).await?;
    steps.push(Step::planned("upload", place.is_there && !request.force));
    let there = survey.image_match.find(&survey.images).filter(|_| !request.force).cloned();
    steps.push(Step::planned("create", there.is_some()));
    let fpga = survey.loaded.clone().map(Chip::from);
    if request.load {
        let carries = |image: &Image| survey.loaded.as_ref().is_some_and(|s| s.is_loaded_with(&image.uuid));
        steps.push(Step::planned("load", there.as_ref().is_some_and(carries)));
    }
    let object = Object::of(services.oss.bucket(), &place.key, &survey.content);
    Ok(Deployment { steps, object, image: there, fpga })
}

/// One deployment at work.
#[derive(Clone, Copy)]
struct Work<'a> {
    services: Services<'a>,
    request: &'a Request,
}

impl Work<'_> {
    async fn upload(&self, survey: &Survey, steps: &mut Vec<Step>) -> Result<Object> {
        let began = Instant::now();
        let uploaded = object::put(self.services, self.request, &survey.content).await?;
        let object = Object::of(&uploaded.bucket, &uploaded.key, &survey.content);
        let detail = format!("oss://{}/{}  crc64 {}", object.bucket, object.key, object.crc64);
        self.services.step_done("uploaded", detail, uploaded.skipped);
        steps.push(Step::ended("upload", uploaded.skipped, began));
        Ok(object)
    }

    /// Finds or orders the image and waits for it. The lock is given back when the order is in.
    async fn image(
        &self,
        survey: &Survey,
        object: &Object,
        lock: Option<lock::Held>,
        steps: &mut Vec<Step>,
    ) -> Result<Image> {
        let began = Instant::now();
        let Services { faas, deadline, .. } = self.services;
        let ordered = order::place(faas, deadline, &self.order(survey, object)).await?;
        let skipped = !ordered.is_new;
        drop(lock);
        let awaits = self.request.wait && ordered.image.state != ImageState::Success;
        let (image, states) = if awaits {
            image::wait(faas, deadline, &ordered).await?
        } else {
            let states = vec![ordered.image.state.to_string()];
            (ordered.image, states)
        };
        let detail = format!("image {} ({}, {})", image.uuid, states.join(" → "), spent(began.elapsed()));
        self.services.step_done("created", detail, skipped);
        steps.push(Step::ended("create", skipped, began));
        Ok(image)
    }

    fn order(&self, survey: &Survey, object: &Object) -> Order {
        let request = self.request;
        Order {
            image: NewImage {
                bucket: object.bucket.clone(),
                object: object.key.clone(),
                fpga_type: survey.family.name().to_owned(),
                shell: survey.image_match.shell.clone(),
                role_arn: survey.role_arn.clone(),
                name: request.name.clone(),
                description: request.description.clone(),
                tags: request.tags.clone(),
                kms_key: request.kms_key.clone(),
            },
            content: Some(survey.image_match.mark.clone()),
            object: None,
            stand_in: Some(survey.image_match.clone()),
            anew: request.force,
            wait_for_turn: request.wait,
            life: request.order_life,
        }
    }

    async fn load(&self, survey: &Survey, deployment: &mut Deployment) -> Result<()> {
        let began = Instant::now();
        let (Some(chip), Some(instance_id), Some(image)) =
            (&survey.chip, &self.request.instance_id, &deployment.image)
        else {
            return Ok(());
        };
        let loading = Loading {
            instance_id,
            chip,
            image_uuid: &image.uuid,
            force: self.request.force,
            wait: self.request.wait,
            driver: self.request.driver.as_ref(),
            this_machine: self.request.this_machine.as_ref(),
        };
        let Loaded { status, skipped } =
            load::load(self.services.faas, self.services.deadline, &loading).await?;
        register_map::note_loaded(&image.uuid);
        let took = spent(began.elapsed());
        let detail = format!("fpga {} on {instance_id} ({}, {took})", chip.uuid, status.task_status);
        self.services.step_done("loaded", detail, skipped);
        deployment.steps.push(Step::ended("load", skipped, began));
        deployment.fpga = Some(Chip::of(status, instance_id));
        Ok(())
    }
}

impl ImageMatch {
    fn of(mark: String, shell: String, request: &Request) -> Self {
        Self { mark, shell, encrypted: request.kms_key.is_some() }
    }
}
