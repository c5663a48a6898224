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

/// How often what came wrong is read again: a checksum is there of the whole only, so the range that is wrong shows by
/// coming otherwise the next time.
const MOST_READINGS: usize = 6;
/// So many ways to make up the object of what came are tried.
const MOST_CHOICES: usize = 4096;

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
        let jobs = plan.jobs(jobs);
        let mut parts: Vec<_> =
            plan.numbers().map(|number| Part { number, range: plan.range(number) }).collect();
        let mut crcs = match self.parts(&parts, jobs, (target, resume)).await {
            Err(error) if error.is_of_a_server_without_ranges() => {
                parts = vec![Part { number: 1, range: 0..self.head.size }];
                self.parts(&parts, 1, (target, None)).await?
            }
            read => read?,
        };
        let mut seen: Vec<Vec<u64>> = crcs.iter().map(|crc64| vec![*crc64]).collect();
        for _ in 0..MOST_READINGS {
            if self.is_right(&parts, &crcs) {
                break;
            }
            let right = self.fitting(&parts, &seen);
            let is_wrong = |i: &usize| right.as_ref().is_none_or(|right| right[*i] != crcs[*i]);
            let wrong: Vec<usize> = (0..parts.len()).filter(is_wrong).collect();
            let again: Vec<_> = wrong.iter().map(|i| parts[*i].clone()).collect();
            let read = self.read_again(&again, jobs, target).await?;
            for (i, crc64) in wrong.into_iter().zip(read) {
                crcs[i] = crc64;
                resume.iter().for_each(|resume| resume.note(&parts[i], crc64));
                if !seen[i].contains(&crc64) {
                    seen[i].push(crc64);
                }
            }
        }
        Ok(combined(&parts, &crcs))
    }

    /// Which of the checksums that each part came with make up the object's.
    fn fitting(&self, parts: &[Part], seen: &[Vec<u64>]) -> Option<Vec<u64>> {
        let choices: usize =
            seen.iter().map(Vec::len).try_fold(1_usize, |all, more| all.checked_mul(more))?;
        (0..choices.min(MOST_CHOICES)).find_map(|mut choice| {
            let pick = |crcs: &Vec<u64>| {
                let crc64 = crcs[choice % crcs.len()];
                choice /= crcs.len();
                crc64
            };
            let picked: Vec<u64> = seen.iter().map(pick).collect();
            self.is_right(parts, &picked).then_some(picked)
        })
    }

    /// Reads parts once more.
    async fn read_again(
        &self,
        parts: &[Part],
        jobs: usize,
        target: &Target,
    ) -> Result<Vec<u64>, DownloadError> {
        let progress = self.oss.cloud().progress();
        progress.warn("what came has not the checksum of the object: reading it again".to_owned());
        let bytes = parts.iter().map(|part| part.range.end - part.range.start).sum();
        progress.event(Event::Untransferred(bytes));
        self.parts(parts, jobs, (target, None)).await
    }

    /// Whether the service says nothing else of the whole.
    fn is_right(&self, parts: &[Part], crcs: &[u64]) -> bool {
        self.head.crc64.is_none_or(|theirs| theirs == combined(parts, crcs))
    }

    /// Reads parts into the file, some at once, but for those that an earlier run has read; gives their checksums.
    async fn parts(
        &self,
        parts: &[Part],
        jobs: usize,
        to: (&Target, Option<&Resume>),
    ) -> Result<Vec<u64>, DownloadError> {
        let (target, resume) = to;
        let one = async |part: Part| {
            if let Some(resume) = resume.filter(|resume| resume.has(&part)) {
                if let Some(crc64) = resume.checksum(target, &part) {
                    return Ok::<_, DownloadError>(crc64);
                }
                let length = part.range.end - part.range.start;
                self.oss.cloud().progress().event(Event::Untransferred(length));
            }
            let mut write = |bytes: &[u8], at| target.write_at(bytes, at);
            let crc64 = self.range(part.range.clone(), &mut write).await?;
            if let Some(resume) = resume {
                resume.note(&part, crc64);
            }
            Ok(crc64)
        };
        stream::iter(parts.to_vec()).map(one).buffered(jobs).try_collect().await
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
            let is_whole = first == 0 && end == self.head.size;
            let asked = (!is_whole).then_some(Range { first, end });
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

/// The checksum of ranges that follow on each other.
fn combined(parts: &[Part], crcs: &[u64]) -> u64 {
    let with_length = parts.iter().map(|part| part.range.end - part.range.start).zip(crcs);
    with_length.fold(CombinedCrc::new(), |crc, (length, crc64)| crc.and(length, *crc64)).checksum()
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
