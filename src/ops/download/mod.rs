//! An object becomes a file: in parallel ranges, verified against the whole object's checksum, named when it is right.

mod error;
mod ranges;
mod target;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::error::DownloadError;
use self::ranges::Fetch;
use self::target::Target;
use crate::base::cancel::Cancel;
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

/// Downloads an object into a file. Until all of it is there and right, the file is what it was.
///
/// # Errors
/// When the object is not there, changes meanwhile or arrives wrong, the file can't be written, the service refuses or
/// is out of reach, or `cancel` is set.
pub async fn download(
    oss: &Oss,
    request: &DownloadRequest,
    cancel: &Cancel,
) -> Result<Downloaded, DownloadError> {
    let work = async {
        let target = Arc::new(Target::beside(&request.file, request.keep_existing)?);
        let fetch = begin(oss, &request.key).await?;
        let plan = Plan::new(fetch.head.size, request.part_size);
        let crc64 = fetch.fill(plan, request.jobs, &target).await?;
        let downloaded = fetch.verified(crc64)?;
        Arc::into_inner(target).expect("every range is done").put_in_place()?;
        Ok(downloaded)
    };
    until_stopped(oss, work, cancel).await
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
        signal = cancel.cancelled() => Err(DownloadError::Stopped { signal }),
        outcome = work => outcome,
    };
    oss.cloud().progress().event(Event::TransferEnded);
    outcome
}

async fn begin<'a>(oss: &'a Oss, key: &'a str) -> Result<Fetch<'a>, DownloadError> {
    let not_there = || DownloadError::NotThere { bucket: oss.bucket().to_owned(), key: key.to_owned() };
    let head: Head = oss.head(key).await?.ok_or_else(not_there)?;
    let label = format!("oss://{}/{key}", oss.bucket());
    oss.cloud().progress().event(Event::TransferStarted { label, total: head.size, resumed: 0 });
    Ok(Fetch { oss, key, head })
}

impl Fetch<'_> {
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
