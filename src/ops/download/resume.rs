//! A download that an earlier run began: what it fetched is compared with what it noted, and the rest is fetched.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crc_fast::{CrcAlgorithm, Digest};
use jiff::{SignedDuration, Timestamp};

use super::ranges::Fetch;
use super::target::{Place, Target};
use super::{DownloadError, checkpoint_folder};
use crate::ops::transfer::{Binding, Checkpoint, Found, Part, Placed, Plan, left_behind};
use crate::oss::{ListedPart, Receipt};

/// Nobody comes back for what was begun so long ago.
const OLD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Bytes read and summed at once.
const SLICE: usize = 256 << 10;

/// What is known of a download that can be gone on with.
#[derive(Debug)]
pub(super) struct Resume {
    checkpoint: Mutex<Checkpoint>,
    /// The parts that an earlier run fetched, not yet compared.
    noted: BTreeMap<u32, Placed>,
    /// Bytes that the next run need not fetch.
    kept: Mutex<u64>,
}

impl Resume {
    /// Finds or begins it, with its file; None where it can't be noted, or another process fetches the same.
    pub(super) fn of(fetch: &Fetch<'_>, place: &Place, plan: Plan) -> Option<(Self, Target)> {
        let (folder, etag) = (checkpoint_folder()?, fetch.head.etag.clone()?);
        let path = std::path::absolute(&place.path).ok()?;
        let binding = Binding {
            path: path.to_string_lossy().into_owned(),
            size: fetch.head.size,
            modified: (fetch.head.last_modified.map_or(0, Timestamp::as_second), 0),
            bucket: fetch.oss.bucket().to_owned(),
            key: fetch.key.to_owned(),
            endpoint: fetch.oss.endpoint().ok()?.to_string(),
            part_size: plan.part_size,
        };
        sweep(&folder);
        let mut checkpoint = Checkpoint::open(&folder, binding.clone()).ok().flatten()?;
        let noted = match checkpoint.read() {
            Found::Begun(begun) if begun.upload_id == etag => begun.parts,
            _ => BTreeMap::new(),
        };
        checkpoint.begin(&etag, Timestamp::now(), &noted).ok()?;
        let Some(target) = unfinished(place, &binding) else {
            checkpoint.remove();
            return None;
        };
        Some((Self { checkpoint: Mutex::new(checkpoint), noted, kept: Mutex::default() }, target))
    }

    /// Whether a part was noted.
    pub(super) fn has(&self, part: &Part) -> bool {
        self.noted.contains_key(&part.number)
    }

    /// The checksum of a part that is in the file and right.
    pub(super) fn checksum(&self, target: &Target, part: &Part) -> Option<u64> {
        let noted = self.noted.get(&part.number).filter(|noted| noted.range() == part.range)?;
        let is = checksum(target, part).filter(|is| noted.part.receipt.crc64 == Some(*is))?;
        self.keeps(noted.part.size);
        Some(is)
    }

    /// Notes a part that was fetched.
    pub(super) fn note(&self, part: &Part, crc64: u64) {
        let size = part.range.end - part.range.start;
        let receipt = Receipt { etag: String::new(), crc64: Some(crc64) };
        let placed = Placed { at: part.range.start, part: ListedPart { number: part.number, size, receipt } };
        let noted = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).add(&placed);
        if noted.is_ok() {
            self.keeps(size);
        }
    }

    fn keeps(&self, bytes: u64) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
    }

    /// Bytes that an earlier run noted.
    pub(super) fn noted_bytes(&self) -> u64 {
        self.noted.values().map(|noted| noted.part.size).sum()
    }

    /// Bytes that the next run need not fetch.
    fn kept(&self) -> u64 {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The download is over.
    pub(super) fn remove(self) {
        self.checkpoint.into_inner().unwrap_or_else(PoisonError::into_inner).remove();
    }
}

fn checksum(target: &Target, part: &Part) -> Option<u64> {
    let (mut digest, mut buffer, mut at) =
        (Digest::new(CrcAlgorithm::Crc64Xz), vec![0; SLICE], part.range.start);
    while at < part.range.end {
        let length = usize::try_from(part.range.end - at).map_or(SLICE, |left| left.min(SLICE));
        target.read_at(&mut buffer[..length], at).ok()?;
        digest.update(&buffer[..length]);
        at += length as u64;
    }
    Some(digest.finalize())
}

/// Removes what was begun long ago, with the unfinished file.
fn sweep(folder: &std::path::Path) {
    for (checkpoint, header) in left_behind(folder) {
        if Timestamp::now().duration_since(header.began) < OLD {
            continue;
        }
        let place = Place::at(std::path::Path::new(&header.binding.path), false);
        if let Some(target) = place.ok().and_then(|place| unfinished(&place, &header.binding)) {
            target.discard();
        }
        checkpoint.remove();
    }
}

fn unfinished(place: &Place, binding: &Binding) -> Option<Target> {
    Target::named(place, binding.name().trim_end_matches(".jsonl"))
}

/// What becomes of the file and the note when a download ends without the whole object: they stay where the next run can
/// go on. Gives the error, which says so.
pub(super) fn leave(error: DownloadError, target: Target, resume: Option<Resume>) -> DownloadError {
    let kept = resume.as_ref().map(Resume::kept).filter(|bytes| *bytes > 0);
    let error = match error {
        DownloadError::Stopped { signal, .. } => DownloadError::Stopped { signal, kept },
        other => other,
    };
    if kept.is_none() || !matches!(error, DownloadError::Cloud(_) | DownloadError::Stopped { .. }) {
        target.discard();
        resume.into_iter().for_each(Resume::remove);
    }
    error
}
