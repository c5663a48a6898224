//! The object that an image is made from: found, or put under a key where no other content is.

use super::{Request, Services};
use crate::ops::content::{Content, Held};
use crate::ops::upload::{self, UploadError, UploadRequest, Uploaded};
use crate::ops::{Error, Result};
use crate::oss::{Existing, Oss};

/// Digits of the content's SHA-256 that are added to a key that is taken, one attempt after the other.
const DIGITS: [usize; 3] = [8, 16, 64];

/// Where the object is, or can be put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) key: String,
    /// Whether the content is there already.
    pub(super) is_there: bool,
    /// Whether an object of other content is in the way.
    is_taken: bool,
}

/// The first key under which the content is, or nothing.
pub(super) async fn find_place(oss: &Oss, request: &Request, content: &Content) -> Result<Place> {
    for key in keys(request, content) {
        let place = look(oss, key, content).await?;
        if !place.is_taken {
            return Ok(place);
        }
    }
    Err(Error::NoFreeKey(request.key.clone()))
}

fn keys(request: &Request, content: &Content) -> impl Iterator<Item = String> {
    let beside = DIGITS.map(|digits| content.key_beside(&request.key, digits));
    std::iter::once(request.key.clone()).chain(beside)
}

async fn look(oss: &Oss, key: String, content: &Content) -> Result<Place> {
    let held = Held::look(oss, &key, content.size, async || Ok::<_, Error>(content.crc64)).await?;
    // Where nobody may look, the service is asked not to overwrite.
    Ok(Place { key, is_there: matches!(held, Held::Same(_)), is_taken: held == Held::Other })
}

/// Puts the object into the bucket, unless it is there. No object of other content is overwritten, for a queued build
/// may still read it.
pub(super) async fn put(services: Services<'_>, request: &Request, content: &Content) -> Result<Uploaded> {
    for key in keys(request, content) {
        let place = look(services.oss, key, content).await?;
        if place.is_taken {
            let note = format!("{} is there with other content; trying another key", place.key);
            services.deadline.progress().note(note);
            continue;
        }
        if place.is_there && !request.force {
            upload::sweep(services.oss).await;
            return Ok(there_already(services.oss, &place.key, content));
        }
        match send(services, request, &place).await {
            // Somebody was faster.
            Err(UploadError::Taken { .. }) => {}
            outcome => return unchanged(outcome?, request, content),
        }
    }
    Err(Error::NoFreeKey(request.key.clone()))
}

async fn send(services: Services<'_>, request: &Request, place: &Place) -> Result<Uploaded, UploadError> {
    let existing = if place.is_there { Existing::Replace } else { Existing::Keep };
    let upload = UploadRequest {
        existing,
        always_send: place.is_there,
        part_size: request.part_size,
        jobs: request.jobs,
        longest_wait: Some(services.deadline.left()),
        ..UploadRequest::new(&request.file, &place.key)
    };
    upload::upload(services.oss, &upload, services.deadline.cancel()).await
}

/// The file that was sent has to be the one that was looked at before.
fn unchanged(uploaded: Uploaded, request: &Request, content: &Content) -> Result<Uploaded> {
    if uploaded.crc64 == content.crc64 && uploaded.size == content.size {
        return Ok(uploaded);
    }
    let how = "its content is not what it was a moment ago".to_owned();
    Err(UploadError::Changed { path: request.file.clone(), how }.into())
}

fn there_already(oss: &Oss, key: &str, content: &Content) -> Uploaded {
    Uploaded {
        bucket: oss.bucket().to_owned(),
        key: key.to_owned(),
        size: content.size,
        crc64: content.crc64,
        sent: 0,
        resumed: 0,
        skipped: true,
    }
}
