//! What has to be known to make an image from an object that is in the bucket.

use std::path::PathBuf;
use std::time::Duration;

use super::chip::{self, Wanted};
use super::deploy::Services;
use super::transfer::bytes_of;
use super::{Error, Result, caller, shell};
use crate::bitstream::{self, Examination, Family, Kind, Target};
use crate::faas::Chip;
use crate::oss::Range;

/// An image that is to be made from an object.
#[derive(Clone, Debug)]
pub struct Request {
    /// The object's key.
    pub key: String,
    /// The shell; None to find out.
    pub shell: Option<String>,
    /// The type of chip; None for what the object says.
    pub family: Option<Family>,
    /// The instance whose chips may be asked for their shell.
    pub instance_id: Option<String>,
    /// The chip to ask, by UUID or index.
    pub fpga: Option<String>,
    /// Whether to look at the object.
    pub check: bool,
    /// Whether callers are let through for whom the service makes no images.
    pub force: bool,
    /// How long an order without an answer is looked for before it is given again.
    pub order_life: Duration,
}

/// What an order for an image needs.
#[derive(Clone, Debug)]
pub struct Found {
    /// The type of chip.
    pub family: Family,
    /// The shell.
    pub shell: String,
    /// The role for the service.
    pub role_arn: String,
    /// What tells the object from another under the same key; None where the caller may not look.
    pub object: Option<String>,
}

/// Finds out type, shell and role; changes nothing.
///
/// # Errors
/// When the object is not there or fits no chip, the caller can't make images, or the shell can't be learned.
pub async fn survey(services: Services<'_>, request: &Request) -> Result<Found> {
    let role_arn = caller::role_for_images(services.faas, !request.force).await?;
    let family = family(services, request).await?;
    let shell = match &request.shell {
        Some(shell) => shell.clone(),
        None => shell_of(services, request, family).await?,
    };
    let object = identity(services, request).await?;
    Ok(Found { family, shell, role_arn, object })
}

async fn family(services: Services<'_>, request: &Request) -> Result<Family> {
    let looks = request.check || request.family.is_none();
    let mut exam = if looks { Some(examine(services, request).await?) } else { None };
    if let Some(exam) = &mut exam {
        // An image is for a chip in any case: of the type that was named, else of the object's own.
        let family = request.family.or_else(|| exam.family());
        exam.hold_against(&Target { family, shell: request.shell.clone() });
    }
    let path = PathBuf::from(&request.key);
    if let Some(exam) =
        exam.as_ref().filter(|exam| request.check && (exam.has_errors() || !exam.kind.is_loadable()))
    {
        return Err(Error::Unfit { path, exam: Box::new(exam.clone()) });
    }
    let family = request.family.or_else(|| exam.as_ref().and_then(Examination::family));
    let kind = exam.map_or(Kind::Unknown, |exam| exam.kind).title();
    family.ok_or(Error::UnknownType { path, kind })
}

/// What tells the object from another that may take its place.
async fn identity(services: Services<'_>, request: &Request) -> Result<Option<String>> {
    match services.oss.head(&request.key).await {
        Ok(head) => Ok(head.map(|head| format!("{} {:?} {:?}", head.size, head.crc64, head.etag))),
        Err(error) if error.code() == Some("AccessDenied") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Looks at the object's ends.
async fn examine(services: Services<'_>, request: &Request) -> Result<Examination> {
    let target = Target::default();
    let (oss, key) = (services.oss, request.key.as_str());
    let head = oss
        .head(key)
        .await?
        .ok_or_else(|| Error::NoSuchObject { bucket: oss.bucket().to_owned(), key: key.to_owned() })?;
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

async fn shell_of(services: Services<'_>, request: &Request, family: Family) -> Result<String> {
    let faas = services.faas;
    let chips = match &request.instance_id {
        Some(instance_id) => faas.chips(instance_id).await?.view,
        None => Vec::new(),
    };
    let chip = choose(&chips, request, family)?;
    let images = faas.images().await?.view;
    Ok(shell::for_new_image(family, &chips, chip, &images)?)
}

fn choose<'c>(chips: &'c [Chip], request: &Request, family: Family) -> Result<Option<&'c Chip>> {
    let Some(instance_id) = &request.instance_id else { return Ok(None) };
    let wanted = Wanted { named: request.fpga.as_deref(), family: Some(family), image: None };
    match chip::choose(chips, instance_id, &wanted) {
        Ok(chip) => Ok(Some(chip)),
        Err(_) if request.fpga.is_none() && family == Family::Intel => Ok(None),
        Err(error) => chip::any_of_one_shell(chips, family).map_or(Err(error.into()), |chip| Ok(Some(chip))),
    }
}
