//! A file becomes a loaded chip: check, upload, order, wait, load; what is done already is not done again.

mod object;
mod report;
mod survey;

use std::path::PathBuf;

use tokio::time::Instant;

pub use report::{Chip, Deployment, Object};
use survey::Survey;
pub use survey::check;

use super::driver::Driver;
use super::load::{self, Loaded, Loading};
use super::lock::{self, Claim};
use super::order::{self, Order};
use super::prepare::{ImageRequest, Services, Subject};
use super::register_map;
use super::step::{Step, StepName};
use super::{Result, image};
use crate::base::duration::spent;
use crate::base::progress::Event;
use crate::device::Roots;
use crate::faas::{Image, ImageState};

/// What is to be deployed, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// The key that the object is to have.
    pub key: String,
    /// Bytes of a part of the upload; None for the usual.
    pub part_size: Option<u64>,
    /// Parts in flight at once; None for as many as suit.
    pub jobs: Option<usize>,
    /// The image.
    pub image: ImageRequest,
    /// Whether to load the image.
    pub load: bool,
    /// Whether to do everything anew.
    pub force: bool,
    /// Whether the chip is to be tested afterwards, which only Xilinx chips can be.
    pub for_tests: bool,
    /// The driver to take out before the load and to bring back after it.
    pub driver: Option<Driver>,
    /// This machine's devices, where the instance is this machine.
    pub this_machine: Option<Roots>,
    /// Whether to say only what would be done.
    pub dry_run: bool,
}

/// Deploys a file, or says what that would do.
///
/// # Errors
/// When a step fails or the waiting ends; the same request, made again, goes on where it stopped.
pub async fn deploy(services: Services<'_>, request: &Request) -> Result<Deployment> {
    let mut done = Deployment::default();
    let subject = check(services.deadline.progress(), request, &mut done.steps).await?;
    deploy_checked(services, request, subject, &mut done).await?;
    Ok(done)
}

/// Does what follows the check of the file; what has been done is told as it goes, so that it is known where it ends.
///
/// # Errors
/// As [`deploy`].
pub async fn deploy_checked(
    services: Services<'_>,
    request: &Request,
    subject: Subject,
    done: &mut Deployment,
) -> Result<()> {
    let work = Work { services, request };
    let survey = work.survey(subject).await?;
    let lock = work.lock(&survey).await?;
    let object = work.upload(&survey, &mut done.steps).await?;
    let object = done.object.insert(object);
    work.image(&survey, object, lock, (&mut done.steps, &mut done.image)).await?;
    if let (Some(registers), Some(image), false) = (&survey.registers, &done.image, request.dry_run) {
        register_map::remember(registers, &image.uuid);
    }
    done.fpga = work.load(&survey, done.image.as_ref(), &mut done.steps).await?;
    Ok(())
}

/// One deployment at work.
#[derive(Clone, Copy)]
struct Work<'a> {
    services: Services<'a>,
    request: &'a Request,
}

impl Work<'_> {
    fn step_done(&self, step: &'static str, detail: String, skipped: bool) {
        self.services.deadline.progress().event(Event::StepDone { step, detail, skipped });
    }

    /// One of this machine at a time uploads and orders a content.
    async fn lock(&self, survey: &Survey) -> Result<Option<lock::Held>> {
        let Self { services, request } = self;
        if request.dry_run {
            return Ok(None);
        }
        if request.load && request.driver.is_none() && (request.force || !survey.is_loaded()) {
            load::warn_of_driver(services.deadline, request.this_machine.as_ref());
        }
        let name = format!("deploy-{}", survey.content.mark(None));
        let work = format!("the upload and order of {} by another run", request.file.display());
        lock::take(services.deadline, Claim { name: &name, work: &work, wait: request.image.wait }).await
    }

    async fn upload(&self, survey: &Survey, steps: &mut Vec<Step>) -> Result<Object> {
        let (began, content, oss) = (Instant::now(), &survey.content, self.services.oss);
        if self.request.dry_run {
            let place = object::find_place(oss, self.request, content).await?;
            steps.push(Step::planned(StepName::Upload, place.is_there && !self.request.force));
            return Ok(Object::of(oss.bucket(), &place.key, content));
        }
        let uploaded = object::put(self.services, self.request, content).await?;
        let object = Object::of(&uploaded.bucket, &uploaded.key, content);
        let detail = format!("oss://{}/{}  crc64 {}", object.bucket, object.key, object.crc64);
        self.step_done("uploaded", detail, uploaded.skipped);
        steps.push(Step::ended(StepName::Upload, uploaded.skipped, began));
        Ok(object)
    }

    /// Finds or orders the image and waits for it. The lock is given back when the order is in.
    async fn image(
        &self,
        survey: &Survey,
        object: &Object,
        lock: Option<lock::Held>,
        done: (&mut Vec<Step>, &mut Option<Image>),
    ) -> Result<()> {
        let (steps, known) = done;
        if self.request.dry_run {
            *known = survey.stand_in().filter(|_| !self.request.force).cloned();
            steps.push(Step::planned(StepName::Create, known.is_some()));
            return Ok(());
        }
        let began = Instant::now();
        let Services { faas, deadline, .. } = self.services;
        let order = Order {
            content: Some(survey.image_match.mark.clone()),
            stand_in: Some(survey.image_match.clone()),
            ..survey.prepared.order(&self.request.image, &object.bucket, &object.key)
        };
        let ordered = order::place(faas, deadline, &order).await?;
        let skipped = !ordered.is_new;
        *known = Some(ordered.image.clone());
        drop(lock);
        let (image, states) = if self.request.image.wait && ordered.image.state != ImageState::Success {
            image::wait(faas, deadline, &ordered).await?
        } else {
            let states = vec![ordered.image.state.to_string()];
            (ordered.image, states)
        };
        let detail = format!("image {} ({}, {})", image.uuid, states.join(" → "), spent(began.elapsed()));
        self.step_done("created", detail, skipped);
        steps.push(Step::ended(StepName::Create, skipped, began));
        *known = Some(image);
        Ok(())
    }

    async fn load(
        &self,
        survey: &Survey,
        image: Option<&Image>,
        steps: &mut Vec<Step>,
    ) -> Result<Option<Chip>> {
        let request = self.request;
        if !request.load {
            return Ok(None);
        }
        if request.dry_run {
            let is_loaded = !request.force && survey.is_loaded();
            let load = Step::planned(StepName::Load, is_loaded);
            steps.extend(match &request.driver {
                Some(driver) => driver.planned_around(load, is_loaded),
                None => vec![load],
            });
            return Ok(survey.loaded.clone().map(Chip::from));
        }
        let image = image.filter(|image| image.state == ImageState::Success);
        let (Some(chip), Some(instance_id), Some(image)) =
            (&survey.prepared.chip, &request.image.instance_id, image)
        else {
            return Ok(None);
        };
        let began = Instant::now();
        let loading = Loading {
            instance_id,
            chip,
            image_uuid: &image.uuid,
            force: request.force,
            wait: request.image.wait,
            wait_for_turn: request.image.wait,
            order_life: request.image.order_life,
            this_machine: request.this_machine.as_ref(),
            driver: request.driver.as_ref(),
        };
        let Loaded { status, skipped, steps: of_load } =
            load::load(self.services.faas, self.services.deadline, &loading).await?;
        register_map::note_loaded(&image.uuid);
        let took = spent(began.elapsed());
        let detail = format!("fpga {} on {instance_id} ({}, {took})", chip.uuid, status.task_status);
        self.step_done("loaded", detail, skipped);
        steps.extend(of_load);
        Ok(Some(Chip::of(status, instance_id)))
    }
}
