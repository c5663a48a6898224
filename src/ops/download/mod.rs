//! An object becomes a file: in parallel ranges, verified against the whole object's checksum, named when it is right.

mod error;
mod ranges;
mod resume;
mod target;

use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

pub use self::error::DownloadError;
use self::ranges::Fetch;
use self::resume::Resume;
use self::target::{Place, Target};
use crate::base::cancel::Cancel;
use crate::base::private_file::state_folder;
use crate::base::progress::Event;
use crate::ops::transfer::Plan;
use crate::oss::{Head, Oss};

/// What is to be downloaded, and how.
#[derive(Clone, Debug)]
pub struct DownloadRequest {
    /// The object's key.
    pub key: String,
    /// The file.
    pub file: PathBuf,
    /// Bytes of a range; None for 8 MiB.
    pub part_size: Option<u64>,
    /// Ranges in flight at once; None for as many as suit the size and the machine.
    pub jobs: Option<usize>,
    /// Whether a file that is there already stays as it is.
    pub keep_existing: bool,
}

/// An object that was read whole and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// CRC-64/XZ of what was read.
    pub crc64: u64,
    /// Whether the service said a checksum to compare with: copies may lack one.
    pub verified: bool,
}

/// Downloads an object into a file. Until all of it is there and right, the file is what it was. What a run that was
/// stopped has fetched is not fetched again.
///
/// # Errors
/// When the object is not there, changes meanwhile or arrives wrong, the file can't be written, the service refuses or
/// is out of reach, or `cancel` is set.
pub async fn download(
    oss: &Oss,
    request: &DownloadRequest,
    cancel: &Cancel,
) -> Result<Downloaded, DownloadError> {
    let begun = OnceLock::new();
    let work = async {
        let place = Place::at(&request.file, request.keep_existing)?;
        let fetch = begin(oss, &request.key).await?;
        let plan = Plan::new(fetch.head.size, request.part_size);
        let noted = if plan.is_one_part() { None } else { Resume::of(&fetch, &place, plan) };
        let (target, resume) = match noted {
            Some((resume, target)) => (target, Some(resume)),
            None => (Target::new(place)?, None),
        };
        // It outlives this work, which a signal drops at any point.
        let begun = begun.get_or_init(|| (target, resume));
        fetch.started(begun.1.as_ref().map_or(0, Resume::noted_bytes));
        let crc64 = fetch.fill(plan, request.jobs, &begun.0, begun.1.as_ref()).await?;
        fetch.verified(crc64)
    };
    let outcome = until_stopped(oss, work, cancel).await;
    let Some((target, resume)) = begun.into_inner() else { return outcome };
    match outcome {
        Ok(downloaded) => {
            target.put_in_place(downloaded.size)?;
            resume.into_iter().for_each(Resume::remove);
            Ok(downloaded)
        }
        Err(error) => Err(resume::leave(error, target, resume)),
    }
}

/// Writes an object to a stream as it arrives. What was written can't be taken back when it turns out to be wrong: the
/// error says so at the end.
///
/// # Errors
/// As [`download`]'s.
pub async fn stream(
    oss: &Oss,
    key: &str,
    to: &mut (dyn Write + Send),
    cancel: &Cancel,
) -> Result<Downloaded, DownloadError> {
    let work = async {
        let fetch = begin(oss, key).await?;
        fetch.started(0);
        let crc64 = fetch.write_to(to).await?;
        fetch.verified(crc64)
    };
    until_stopped(oss, work, cancel).await
}

async fn until_stopped(
    oss: &Oss,
    work: impl Future<Output = Result<Downloaded, DownloadError>>,
    cancel: &Cancel,
) -> Result<Downloaded, DownloadError> {
    let outcome = tokio::select! {
        biased;
        signal = cancel.cancelled() => Err(DownloadError::Stopped { signal, kept: None }),
        outcome = work => outcome,
    };
    oss.cloud().progress().event(Event::TransferEnded);
    outcome
}

async fn begin<'a>(oss: &'a Oss, key: &'a str) -> Result<Fetch<'a>, DownloadError> {
    let not_there = || DownloadError::NotThere { bucket: oss.bucket().to_owned(), key: key.to_owned() };
    let head: Head = oss.head(key).await?.ok_or_else(not_there)?;
    Ok(Fetch { oss, key, head })
}

fn checkpoint_folder() -> Option<PathBuf> {
    Some(state_folder()?.join("downloads"))
}

impl Fetch<'_> {
    fn started(&self, resumed: u64) {
        let label = format!("oss://{}/{}", self.oss.bucket(), self.key);
        let total = self.head.size;
        self.oss.cloud().progress().event(Event::TransferStarted { label, total, resumed });
    }

    fn verified(&self, crc64: u64) -> Result<Downloaded, DownloadError> {
        let (bucket, key) = (self.oss.bucket().to_owned(), self.key.to_owned());
        match self.head.crc64 {
            Some(theirs) if theirs != crc64 => {
                Err(DownloadError::WrongChecksum { bucket, key, ours: crc64, theirs })
            }
            said => Ok(Downloaded { bucket, key, size: self.head.size, crc64, verified: said.is_some() }),
        }
    }
}
