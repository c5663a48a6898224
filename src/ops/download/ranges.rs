//! The bytes of an object: ranges in parallel, each going on after the last byte that came when its connection breaks.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use crc_fast::{CrcAlgorithm, Digest};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{DownloadError, Resume, Target};
use crate::base::progress::Event;
use crate::cloud::{Error, ErrorKind, OssAnswer, Service};
use crate::ops::transfer::CombinedCrc;
use crate::ops::transfer::{BODY, Part, Plan};
use crate::oss::{Head, Oss, Range};

/// An object that is being read.
pub(super) struct Fetch<'a> {
    pub(super) oss: &'a Oss,
    pub(super) key: &'a str,
    pub(super) head: Head,
}

/// Takes bytes and their place in the object.
type Sink<'a> = dyn FnMut(&[u8], u64) -> Result<(), DownloadError> + Send + 'a;

/// How far a range has come.
struct Got {
    at: u64,
    digest: Digest,
}

impl Fetch<'_> {
    /// Reads all of it into the file; gives its checksum.
    pub(super) async fn fill(
        &self,
        plan: Plan,
        jobs: Option<usize>,
        target: &Target,
        resume: Option<&Resume>,
    ) -> Result<u64, DownloadError> {
        let one = async |number| {
            let part = Part { number, range: plan.range(number) };
            let length = part.range.end - part.range.start;
            if let Some(resume) = resume.filter(|resume| resume.has(&part)) {
                if let Some(crc64) = resume.checksum(target, &part) {
                    return Ok::<_, DownloadError>((length, crc64));
                }
                self.oss.cloud().progress().event(Event::Untransferred(length));
            }
            let mut write = |bytes: &[u8], at| target.write_at(bytes, at);
            let crc64 = self.range(part.range.clone(), &mut write).await?;
            if let Some(resume) = resume {
                resume.note(&part, crc64);
            }
            Ok((length, crc64))
        };
        let numbers = stream::iter(plan.numbers());
        let parts: Vec<_> = numbers.map(one).buffered(plan.jobs(jobs)).try_collect().await?;
        let crc = parts.into_iter().fold(CombinedCrc::new(), |crc, (length, crc64)| crc.and(length, crc64));
        Ok(crc.checksum())
    }

    /// Writes all of it to the stream, in order; gives its checksum.
    pub(super) async fn write_to(&self, to: &mut (dyn Write + Send)) -> Result<u64, DownloadError> {
        let mut write = |bytes: &[u8], _at| to.write_all(bytes).map_err(DownloadError::Stream);
        let crc64 = self.range(0..self.head.size, &mut write).await?;
        to.flush().map_err(DownloadError::Stream)?;
        Ok(crc64)
    }

    /// Reads a range to its end; gives its checksum.
    async fn range(&self, range: std::ops::Range<u64>, write: &mut Sink<'_>) -> Result<u64, DownloadError> {
        let got = Mutex::new((Got { at: range.start, digest: Digest::new(CrcAlgorithm::Crc64Xz) }, write));
        let end = range.end;
        let attempt = async || -> Result<(), DownloadError> {
            let first = lock(&got).0.at;
            if first == end {
                return Ok(());
            }
            let asked = Some(Range { first, end });
            let mut answer = self.oss.get_once(self.key, asked, self.head.etag.as_deref()).await?;
            while let Some(bytes) = answer.chunk().await? {
                let (got, write) = &mut *lock(&got);
                if got.at + bytes.len() as u64 > end {
                    return Err(too_much(&answer).into());
                }
                write(&bytes, got.at)?;
                got.digest.update(&bytes);
                got.at += bytes.len() as u64;
                self.oss.cloud().progress().event(Event::Transferred(bytes.len() as u64));
            }
            if lock(&got).0.at < end { Err(too_little().into()) } else { Ok(()) }
        };
        match self.oss.cloud().with_retries(BODY, attempt).await {
            Ok(()) => {}
            Err(e) if matches!(e.code(), Some("PreconditionFailed" | "NoSuchKey")) => {
                let (bucket, key) = (self.oss.bucket().to_owned(), self.key.to_owned());
                return Err(DownloadError::Changed { bucket, key });
            }
            Err(e) => return Err(e),
        }
        let (got, _) = got.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(got.digest.finalize())
    }
}

fn lock<T>(got: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    got.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_much(answer: &OssAnswer) -> Error {
    OssAnswer::unreadable("GetObject", answer.status(), "more came than was asked for", "")
}

fn too_little() -> Error {
    Error::new(Service::Oss, "GetObject", ErrorKind::Incomplete("it ended before all had come"))
}
