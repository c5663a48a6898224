//! What has to be known before an image is ordered, whether from a file or from an object: type, chip, shell, role.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::chip::{self, Wanted};
use super::content::Content;
use super::image::ImageMatch;
use super::order::Order;
use super::transfer::bytes_of;
use super::upload::open_plain;
use super::wait::Deadline;
use super::{Error, Result, caller, shell};
use crate::bitstream::{self, Examination, Family, Kind, Target};
use crate::faas::{Chip, Faas, Image, NewImage};
use crate::oss::{Head, Oss, Range};

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

/// The image that is wanted, as the user says it.
#[derive(Clone, Debug, Default)]
pub struct ImageSpec {
    /// Its name.
    pub name: Option<String>,
    /// What to say about it.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Option<String>,
    /// The shell to make it for; None to find out.
    pub shell: Option<String>,
    /// The type of chip; None for what the file or object says.
    pub family: Option<Family>,
    /// The chip, by UUID or index.
    pub fpga: Option<String>,
    /// The key to encrypt it with.
    pub kms_key: Option<String>,
}

/// How it is ordered.
#[derive(Clone, Debug)]
pub struct ImageRequest {
    /// The image.
    pub spec: ImageSpec,
    /// The instance; None where no chip is to be asked or loaded.
    pub instance_id: Option<String>,
    /// Whether to look into the file or the object first.
    pub check: bool,
    /// Whether the service is asked although it is known to refuse this caller.
    pub any_caller: bool,
    /// Whether a new image is wanted whatever there is.
    pub anew: bool,
    /// Whether to wait for what takes its time.
    pub wait: bool,
    /// How long an order without an answer is looked for before it is given again.
    pub order_life: Duration,
}

/// What the image is made from, and what was found in it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The file or the key, as errors name it.
    pub name: PathBuf,
    /// None where nobody looked.
    pub exam: Option<Examination>,
}

/// What an order needs.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The type of chip.
    pub family: Family,
    /// The shell.
    pub shell: String,
    /// The role for the service.
    pub role_arn: String,
    /// The chip that is to be loaded, or whose shell was asked.
    pub chip: Option<Chip>,
    /// The images that there are.
    pub images: Vec<Image>,
}

/// Finds out what an order needs; changes nothing.
///
/// # Errors
/// When file or object fit no chip, the caller can't make images, the chip to be loaded can't be chosen, or the shell not
/// be learned.
pub async fn prepare(
    services: Services<'_>,
    request: &ImageRequest,
    mut subject: Subject,
    loads: bool,
) -> Result<Prepared> {
    let Services { faas, .. } = services;
    let spec = &request.spec;
    let family = subject.family(request)?;
    let role_arn = caller::role_for_images(faas, !request.any_caller).await?;
    let chips = match &request.instance_id {
        Some(instance_id) => faas.chips(instance_id).await?.view,
        None => Vec::new(),
    };
    let chip = choose(&chips, request, family, loads)?.cloned();
    // The shell may tell which part the chip has.
    let reported = chip.as_ref().and_then(|chip| chip.shell.clone());
    if let Some(shell) = reported.or_else(|| spec.shell.clone()) {
        let family = spec.family.or(chip.as_ref().and_then(Chip::family)).or(Some(family));
        subject.hold_against(request, &Target { family, shell: Some(shell) })?;
    }
    let images = faas.images().await?.view;
    let shell = match &spec.shell {
        Some(shell) => shell.clone(),
        None => shell::for_new_image(family, &chips, chip.as_ref(), &images)?,
    };
    Ok(Prepared { family, shell, role_arn, chip, images })
}

impl Subject {
    /// An object, looked at by its ends where its content matters.
    ///
    /// # Errors
    /// When it is not there or can't be read.
    pub async fn object(oss: &Oss, key: &str, request: &ImageRequest) -> Result<Self> {
        let looks = request.check || request.spec.family.is_none();
        let exam = if looks { Some(examine_object(oss, key).await?) } else { None };
        Ok(Self { name: PathBuf::from(key), exam })
    }

    /// The type of chip: the one that was named, else the subject's own. An image is for a chip in any case.
    pub(super) fn family(&mut self, request: &ImageRequest) -> Result<Family> {
        let family = request.spec.family.or_else(|| self.exam.as_ref().and_then(Examination::family));
        self.hold_against(request, &Target { family, shell: None })?;
        let kind = self.exam.as_ref().map_or(Kind::Unknown, |exam| exam.kind).title();
        family.ok_or_else(|| Error::UnknownType { path: self.name.clone(), kind })
    }

    fn hold_against(&mut self, request: &ImageRequest, target: &Target) -> Result<()> {
        let Some(exam) = &mut self.exam else { return Ok(()) };
        exam.hold_against(target);
        if request.check && (exam.has_errors() || !exam.is_loadable()) {
            return Err(Error::Unfit { path: self.name.clone(), exam: Box::new(exam.clone()) });
        }
        Ok(())
    }
}

impl Prepared {
    /// The order of the image from an object.
    pub fn order(&self, request: &ImageRequest, bucket: &str, key: &str) -> Order {
        let ImageSpec { name, description, tags, kms_key, .. } = request.spec.clone();
        let image = NewImage {
            bucket: bucket.to_owned(),
            object: key.to_owned(),
            fpga_type: self.family.name().to_owned(),
            shell: self.shell.clone(),
            role_arn: self.role_arn.clone(),
            name,
            description,
            tags,
            kms_key,
        };
        Order {
            image,
            content: None,
            object: None,
            stand_in: None,
            anew: request.anew,
            wait_for_turn: request.wait,
            life: request.order_life,
        }
    }

    /// What an image of this content must have to stand in for a new one.
    pub(super) fn image_match(&self, request: &ImageRequest, content: &Content) -> ImageMatch {
        let kms_key = request.spec.kms_key.as_deref();
        ImageMatch { mark: content.mark(kms_key), shell: self.shell.clone(), encrypted: kms_key.is_some() }
    }
}

/// What tells an object from another that may take its place; None where the caller may not look.
///
/// # Errors
/// When the call fails.
pub async fn identity(oss: &Oss, key: &str) -> Result<Option<String>> {
    match oss.head(key).await {
        Ok(head) => Ok(head.map(|Head { size, crc64, etag, .. }| format!("{size} {crc64:?} {etag:?}"))),
        Err(error) if error.may_not_look() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn examine_object(oss: &Oss, key: &str) -> Result<Examination> {
    let target = Target::default();
    let not_there = || Error::NoSuchObject { bucket: oss.bucket().to_owned(), key: key.to_owned() };
    let head = oss.head(key).await?.ok_or_else(not_there)?;
    let (size, etag) = (head.size, head.etag.as_deref());
    if size == 0 {
        return Ok(bitstream::examine_head(&[], &[], 0, &target));
    }
    let first = Range { first: 0, end: size.min(bitstream::HEAD as u64) };
    let first = bytes_of(oss, key, first, etag).await?;
    let mut last = Vec::new();
    if bitstream::wants_tail(&first) {
        let range = Range { first: size.saturating_sub(bitstream::TAIL as u64), end: size };
        last = bytes_of(oss, key, range, etag).await?;
    }
    Ok(bitstream::examine_head(&first, &last, size, &target))
}

/// Examines a file, or with `whole` false only its first bytes.
pub(super) fn examine_file(path: &Path, whole: bool) -> Result<Examination> {
    use std::io::Read;
    if path.is_dir() {
        return Err(Error::of_file(path)(std::io::ErrorKind::IsADirectory.into()));
    }
    let (mut file, metadata) = open_plain(path)?;
    if whole {
        return bitstream::examine(file, metadata.len(), &Target::default()).map_err(Error::of_file(path));
    }
    let mut head = Vec::new();
    (&mut file).take(bitstream::HEAD as u64).read_to_end(&mut head).map_err(Error::of_file(path))?;
    Ok(bitstream::examine_head(&head, &[], metadata.len(), &Target::default()))
}

fn choose<'c>(
    chips: &'c [Chip],
    request: &ImageRequest,
    family: Family,
    loads: bool,
) -> Result<Option<&'c Chip>> {
    let Some(instance_id) = &request.instance_id else { return Ok(None) };
    let named = request.spec.fpga.as_deref();
    let wanted = Wanted { named, family: Some(family), image: None };
    match chip::choose(chips, instance_id, &wanted) {
        Ok(chip) => Ok(Some(chip)),
        Err(error) if loads => Err(error.into()),
        // Only the shell matters, and that of an Intel image is not the chip's.
        Err(_) if named.is_none() && family == Family::Intel => Ok(None),
        Err(error) if named.is_some() => Err(error.into()),
        // Chips of one instance that report the same shell are as good as each other.
        Err(error) => chip::any_of_one_shell(chips, family).map_or(Err(error.into()), |chip| Ok(Some(chip))),
    }
}
