//! What has to be known before anything is changed: the file, the caller, the chip, the shell, the images.

use std::fs::File;
use std::path::Path;

use tokio::time::Instant;

use super::report::Step;
use super::{Request, Work};
use crate::bitstream::{self, Examination, Family, Target};
use crate::device::RegisterMap;
use crate::faas::{Chip, Image, LoadStatus};
use crate::ops::chip::{self, Wanted};
use crate::ops::content::Content;
use crate::ops::image::ImageMatch;
use crate::ops::{Error, Result, caller, register_map, shell};

/// The facts that a deployment goes by.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    pub(super) family: Family,
    pub(super) content: Content,
    pub(super) role_arn: String,
    pub(super) images: Vec<Image>,
    /// What an image must have to stand in for a new one.
    pub(super) image_match: ImageMatch,
    /// The chip that is to be loaded, or whose shell was asked.
    pub(super) chip: Option<Chip>,
    /// What that chip carries, where it is to be loaded.
    pub(super) loaded: Option<LoadStatus>,
    /// The registers of the kernels in the file.
    pub(super) registers: Option<RegisterMap>,
}

impl Survey {
    /// Looks at everything; changes nothing.
    pub(super) async fn make(work: Work<'_>, steps: &mut Vec<Step>) -> Result<Self> {
        let Work { services, request } = work;
        let (family, exam) = work.check(steps).await?;
        if request.for_tests && family != Family::Xilinx {
            return Err(Error::NoTests(request.file.clone()));
        }
        let content = work.read().await?;
        let role_arn = caller::role_for_images(services.faas, !request.force).await?;
        let chips = work.chips().await?;
        let chip = work.choose(&chips, family)?;
        let registers = register_map::of_deployed(&exam.facts);
        work.check_for(exam, chip.as_ref())?;
        let images = services.faas.images().await?.view;
        let shell = match &request.shell {
            Some(shell) => shell.clone(),
            None => shell::for_new_image(family, &chips, chip.as_ref(), &images)?,
        };
        let loaded = work.loaded(chip.as_ref()).await?;
        work.warn_of_shell(family, &shell, chip.as_ref());
        let image_match = ImageMatch::of(content.mark(), shell, request);
        Ok(Self { family, content, role_arn, images, image_match, chip, loaded, registers })
    }

    /// Whether the chip does not carry the image yet, as far as can be told now.
    pub(super) fn chip_needs_load(&self, request: &Request) -> bool {
        let image = self.image_match.find(&self.images);
        let carries = |image: &Image| self.loaded.as_ref().is_some_and(|s| s.is_loaded_with(&image.uuid));
        request.force || !image.is_some_and(carries)
    }
}

impl Work<'_> {
    /// The type of chip that the file is for, and what else is known of the file.
    async fn check(self, steps: &mut Vec<Step>) -> Result<(Family, Examination)> {
        let began = Instant::now();
        let path = self.request.file.clone();
        let whole = self.request.check;
        let mut exam = self.aside(move || examine(&path, &Target::default(), whole)).await?;
        // A deployment is for a chip in any case: of the type that was named, else of the file's own.
        let family = self.request.family.or_else(|| exam.family());
        exam.hold_against(&Target { family, shell: None });
        self.refuse_unfit(&exam)?;
        let name = self.request.file.display();
        for finding in exam.warnings().filter(|_| self.request.check) {
            let warning = format!("{name}: {} ({})", finding.message, finding.advice);
            self.services.deadline.progress().warn(warning);
        }
        if self.request.check {
            self.services.step_done("checked", format!("{name}  {}", exam.summary()), false);
        }
        steps.push(Step::ended("check", !self.request.check, began));
        match family {
            Some(family) => Ok((family, exam)),
            None => Err(Error::UnknownType { path: self.request.file.clone(), kind: exam.kind.title() }),
        }
    }

    /// Holds the file against the chosen chip: its shell may tell which part it has.
    fn check_for(self, mut exam: Examination, chip: Option<&Chip>) -> Result<()> {
        let Some(chip) = chip.filter(|chip| chip.shell.is_some()) else { return Ok(()) };
        exam.hold_against(&Target {
            family: self.request.family.or(chip.family()),
            shell: chip.shell.clone(),
        });
        self.refuse_unfit(&exam)
    }

    fn refuse_unfit(self, exam: &Examination) -> Result<()> {
        let unfit = exam.has_errors() || !exam.kind.is_loadable();
        if self.request.check && unfit {
            return Err(Error::Unfit { path: self.request.file.clone(), exam: Box::new(exam.clone()) });
        }
        Ok(())
    }

    async fn read(self) -> Result<Content> {
        let path = self.request.file.clone();
        self.aside(move || Content::of(&path)).await
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

    /// The instance's chips, where one is to be loaded or has to tell its shell.
    async fn chips(self) -> Result<Vec<Chip>> {
        match &self.request.instance_id {
            Some(instance_id) => Ok(self.services.faas.chips(instance_id).await?.view),
            None => Ok(Vec::new()),
        }
    }

    fn choose(self, chips: &[Chip], family: Family) -> Result<Option<Chip>> {
        let Some(instance_id) = &self.request.instance_id else { return Ok(None) };
        let wanted = Wanted { named: self.request.fpga.as_deref(), family: Some(family), image: None };
        match chip::choose(chips, instance_id, &wanted) {
            Ok(chip) => Ok(Some(chip.clone())),
            Err(error) if self.request.load => Err(error.into()),
            // Only the shell matters, and chips of one instance that report the same one are as good as each other.
            Err(error) => {
                chip::any_of_one_shell(chips, family).map_or(Err(error.into()), |chip| Ok(Some(chip.clone())))
            }
        }
    }

    async fn loaded(self, chip: Option<&Chip>) -> Result<Option<LoadStatus>> {
        let (Some(instance_id), Some(chip), true) = (&self.request.instance_id, chip, self.request.load)
        else {
            return Ok(None);
        };
        Ok(Some(self.services.faas.load_status(instance_id, &chip.uuid).await?.view))
    }

    fn warn_of_shell(self, family: Family, shell: &str, chip: Option<&Chip>) {
        let reported = chip.and_then(|chip| chip.shell.as_deref());
        if let (true, Family::Xilinx, Some(reported)) = (self.request.load, family, reported)
            && reported != shell
        {
            self.services.deadline.progress().warn(format!(
                "the image is made for shell {shell}, but the chip reports {reported} and will refuse it"
            ));
        }
    }
}

/// Examines the file, or with `whole` false only its first bytes.
fn examine(path: &Path, target: &Target, whole: bool) -> std::io::Result<Examination> {
    use std::io::Read;
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let mut file = File::open(path)?;
    if whole {
        return bitstream::examine(file, metadata.len(), target);
    }
    let mut head = Vec::new();
    (&mut file).take(bitstream::HEAD as u64).read_to_end(&mut head)?;
    Ok(bitstream::examine_head(&head, &[], metadata.len(), target))
}
