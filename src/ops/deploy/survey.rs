//! What has to be known of the file and the chip before anything is changed.

use std::path::Path;

use tokio::time::Instant;

use super::{Request, Work};
use crate::base::progress::{Event, Progress};
use crate::bitstream::Family;
use crate::device::RegisterMap;
use crate::faas::{Image, LoadStatus};
use crate::ops::content::Content;
use crate::ops::image::ImageMatch;
use crate::ops::prepare::{Prepared, Subject, examine_file, prepare};
use crate::ops::step::{Step, StepName};
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

/// Looks into the file, and says what it is. Nothing else is asked: what is wrong with a file is told first.
///
/// # Errors
/// When it can't be read, or holds what no chip can be loaded with.
pub async fn check(progress: &dyn Progress, request: &Request, steps: &mut Vec<Step>) -> Result<Subject> {
    let began = Instant::now();
    let (path, whole) = (request.file.clone(), request.image.check);
    let exam = aside(move || examine_file(&path, whole)).await?;
    let mut subject = Subject { name: request.file.clone(), exam: Some(exam) };
    let family = subject.family(&request.image);
    let name = request.file.display();
    if let (true, Some(exam)) = (whole && !matches!(family, Err(Error::Unfit { .. })), &subject.exam) {
        for finding in exam.warnings() {
            progress.warn(format!("{name}: {} ({})", finding.message, finding.advice));
        }
        let detail = format!("{name}  {}", exam.summary());
        progress.event(Event::StepDone { step: "checked", detail, skipped: false });
    }
    let family = family?;
    steps.push(Step::ended(StepName::Check, !whole, began));
    if request.for_tests && family != Family::Xilinx {
        return Err(Error::NoTests(request.file.clone()));
    }
    Ok(subject)
}

/// Reads a file on a thread of its own, so that signals and timers go on.
async fn aside<T: Send + 'static>(read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(read).await;
    done.unwrap_or_else(|panic| Err(Error::of_file(Path::new(""))(std::io::Error::other(panic))))
}

impl Work<'_> {
    /// Looks at everything; changes nothing.
    pub(super) async fn survey(self, subject: Subject) -> Result<Survey> {
        let Self { services, request } = self;
        let path = request.file.clone();
        let content = aside(move || Content::of(&path).map_err(Error::of_file(&path))).await?;
        let registers = subject.exam.as_ref().and_then(|exam| register_map::of_deployed(&exam.facts));
        let prepared = prepare(services, &request.image, subject, request.load).await?;
        let loaded = match (&request.image.instance_id, &prepared.chip) {
            (Some(instance_id), Some(chip)) if request.load => {
                Some(services.faas.load_status(instance_id, &chip.uuid).await?.view)
            }
            _ => None,
        };
        self.judge_shell(&prepared)?;
        let image_match = prepared.image_match(&request.image, &content);
        Ok(Survey { prepared, content, image_match, loaded, registers })
    }

    /// A build takes hours, and a Xilinx chip refuses what was made for another shell.
    fn judge_shell(self, prepared: &Prepared) -> Result<()> {
        let shell = &prepared.shell;
        let Some(chip) = prepared.chip.as_ref().filter(|_| self.request.load) else { return Ok(()) };
        let reported = match &chip.shell {
            Some(reported) if prepared.family == Family::Xilinx && reported != shell => reported.clone(),
            _ => return Ok(()),
        };
        let refused = Error::ShellRefused { shell: shell.clone(), chip: chip.uuid.clone(), reported };
        if self.request.force {
            self.services.deadline.progress().warn(refused.to_string());
            return Ok(());
        }
        Err(refused)
    }
}
