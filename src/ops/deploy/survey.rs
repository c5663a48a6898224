//! What has to be known of the file and the chip before anything is changed.

use tokio::time::Instant;

use super::Work;
use super::report::{Step, StepName};
use crate::bitstream::Family;
use crate::device::RegisterMap;
use crate::faas::{Image, LoadStatus};
use crate::ops::content::Content;
use crate::ops::image::ImageMatch;
use crate::ops::prepare::{Prepared, Subject, examine_file, prepare};
use crate::ops::{Error, Result, register_map};

/// The facts that a deployment goes by.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    pub(super) prepared: Prepared,
    pub(super) content: Content,
    /// What an image must have to stand in for a new one.
    pub(super) image_match: ImageMatch,
    /// What the chip carries, where it is to be loaded.
    pub(super) loaded: Option<LoadStatus>,
    /// The registers of the kernels in the file.
    pub(super) registers: Option<RegisterMap>,
}

impl Survey {
    /// The image that stands in for a new one, as far as can be told now.
    pub(super) fn stand_in(&self) -> Option<&Image> {
        self.image_match.find(&self.prepared.images)
    }

    /// Whether the chip carries that image.
    pub(super) fn is_loaded(&self) -> bool {
        let carries = |image: &Image| self.loaded.as_ref().is_some_and(|s| s.is_loaded_with(&image.uuid));
        self.stand_in().is_some_and(carries)
    }
}

impl Work<'_> {
    /// Looks at everything; changes nothing.
    pub(super) async fn survey(self, steps: &mut Vec<Step>) -> Result<Survey> {
        let Self { services, request } = self;
        let subject = self.check(steps).await?;
        let path = request.file.clone();
        let content = self.aside(move || Content::of(&path)).await?;
        let registers = subject.exam.as_ref().and_then(|exam| register_map::of_deployed(&exam.facts));
        let prepared = prepare(services, &request.image, subject, request.load).await?;
        let loaded = match (&request.image.instance_id, &prepared.chip) {
            (Some(instance_id), Some(chip)) if request.load => {
                Some(services.faas.load_status(instance_id, &chip.uuid).await?.view)
            }
            _ => None,
        };
        self.warn_of_shell(&prepared);
        let image_match = prepared.image_match(&request.image, content.mark());
        Ok(Survey { prepared, content, image_match, loaded, registers })
    }

    /// Looks into the file, and says what it is.
    async fn check(self, steps: &mut Vec<Step>) -> Result<Subject> {
        let began = Instant::now();
        let (path, whole) = (self.request.file.clone(), self.request.image.check);
        let exam = self.aside(move || examine_file(&path, whole)).await?;
        let mut subject = Subject { name: self.request.file.clone(), exam: Some(exam) };
        let family = subject.family(&self.request.image);
        let name = self.request.file.display();
        if let (true, Some(exam)) = (whole && !matches!(family, Err(Error::Unfit { .. })), &subject.exam) {
            for finding in exam.warnings() {
                let warning = format!("{name}: {} ({})", finding.message, finding.advice);
                self.services.deadline.progress().warn(warning);
            }
            self.services.step_done("checked", format!("{name}  {}", exam.summary()), false);
        }
        let family = family?;
        steps.push(Step::ended(StepName::Check, !whole, began));
        if self.request.for_tests && family != Family::Xilinx {
            return Err(Error::NoTests(self.request.file.clone()));
        }
        Ok(subject)
    }

    /// Reads the file on a thread of its own, so that signals and timers go on.
    async fn aside<T: Send + 'static>(
        self,
        read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let done = tokio::task::spawn_blocking(read).await;
        let outcome = done.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
        outcome.map_err(Error::of_file(&self.request.file))
    }

    fn warn_of_shell(self, prepared: &Prepared) {
        let shell = &prepared.shell;
        let reported = prepared.chip.as_ref().and_then(|chip| chip.shell.as_ref());
        if let (true, Family::Xilinx, Some(reported)) = (self.request.load, prepared.family, reported)
            && reported != shell
        {
            self.services.deadline.progress().warn(format!(
                "the image is made for shell {shell}, but the chip reports {reported} and will refuse it"
            ));
        }
    }
}
