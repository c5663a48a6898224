//! A file becomes an object: in one request or in parts, in parallel, verified, going on where it stopped.

mod error;
mod leftovers;
mod many;
mod parts;
mod send;
mod slices;
mod source;
mod whole;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use self::error::UploadError;
pub use self::leftovers::{of_this_machine, sweep};
pub use self::many::upload_all;
use self::source::Source;
pub use self::source::open_plain;
use crate::base::cancel::Cancel;
use crate::base::private_file::state_folder;
use crate::base::progress::{Event, Progress};
use crate::base::size::ByteSize;
use crate::cloud::Error;
use crate::ops::content::Held;
use crate::ops::transfer::{Plan, SMALLEST_PART, is_small};
pub use crate::oss::Existing;
use crate::oss::Oss;

/// What is to be uploaded, and how.
#[derive(Clone, Debug)]
pub struct UploadRequest {
    /// The file.
    pub file: PathBuf,
    /// The object's key.
    pub key: String,
    /// Bytes of a part; None for 8 MiB. It grows where 10 000 parts would not do.
    pub part_size: Option<u64>,
    /// Parts in flight at once; None for as many as suit the size and the machine.
    pub jobs: Option<usize>,
    /// What becomes of an object of other content under that key.
    pub existing: Existing,
    /// Whether the file is sent although the object has the same size and checksum.
    pub always_send: bool,
    /// Whether the parts sent so far are removed when the upload fails or is stopped, instead of being kept for the
    /// next run.
    pub abort_on_failure: bool,
    /// How long another process of this machine that uploads the same file to the same key is waited for; None for as
    /// long as it takes.
    pub longest_wait: Option<Duration>,
}

impl UploadRequest {
    /// An upload that replaces what is there and leaves the rest to the engine.
    pub fn new(file: impl Into<PathBuf>, key: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            key: key.into(),
            part_size: None,
            jobs: None,
            existing: Existing::Replace,
            always_send: false,
            abort_on_failure: false,
            longest_wait: None,
        }
    }
}

/// An object that is there, whole and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// CRC-64/XZ of the file, and of the object where the service says it.
    pub crc64: u64,
    /// Bytes that this run sent, without what had to be sent again.
    pub sent: u64,
    /// Bytes that an earlier run had sent.
    pub resumed: u64,
    /// Whether the same content was there already, so that nothing was sent.
    pub skipped: bool,
}

/// Uploads a file.
///
/// # Errors
/// When the file can't be read or changes meanwhile, the service refuses or is out of reach, or `cancel` is set. What
/// the service has by then is kept for the next run, unless the request says otherwise.
pub async fn upload(oss: &Oss, request: &UploadRequest, cancel: &Cancel) -> Result<Uploaded, UploadError> {
    let job = Job::new(oss, request, oss.cloud().progress().clone())?;
    let outcome = job.run(cancel).await;
    job.progress.event(Event::TransferEnded);
    if outcome.is_ok() {
        sweep(oss).await;
    }
    outcome
}

/// One upload at work.
struct Job<'a> {
    oss: &'a Oss,
    request: &'a UploadRequest,
    progress: Arc<dyn Progress>,
    source: Arc<Source>,
    plan: Plan,
}

impl<'a> Job<'a> {
    fn new(
        oss: &'a Oss,
        request: &'a UploadRequest,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, UploadError> {
        let source = Arc::new(Source::open(&request.file)?);
        let plan = Plan::new(source.size(), request.part_size);
        if let Some(wanted) = request.part_size.filter(|wanted| *wanted != plan.part_size) {
            let (wanted, used) = (ByteSize(wanted), ByteSize(plan.part_size));
            progress.note(format!("parts of {wanted} won't do for this file: sending parts of {used}"));
        }
        Ok(Self { oss, request, progress, source, plan })
    }

    async fn run(&self, cancel: &Cancel) -> Result<Uploaded, UploadError> {
        if !self.plan.is_one_part() {
            return self.parts(cancel).await;
        }
        match self.whole(cancel).await {
            Err(UploadError::Cloud(error)) if self.may_go_in_parts(&error) => {
                self.say("the line breaks before the file is through: sending it in parts");
                let plan = Plan { part_size: (self.plan.size / 4).max(SMALLEST_PART), ..self.plan };
                let (progress, source) = (self.progress.clone(), self.source.clone());
                Job { oss: self.oss, request: self.request, progress, source, plan }.parts(cancel).await
            }
            outcome => outcome,
        }
    }

    /// Whether smaller requests may get through; a small one to a peer that says nothing was enough to know.
    fn may_go_in_parts(&self, error: &Error) -> bool {
        let is_known = error.is_silence() && is_small(self.plan.size);
        self.plan.size > SMALLEST_PART && error.is_of_the_line() && !is_known
    }

    /// The same content under the key, if that is to be looked for.
    async fn there_already(&self) -> Result<Option<Uploaded>, UploadError> {
        if self.request.always_send {
            return Ok(None);
        }
        Ok(match self.held().await? {
            Held::Same(crc64) => Some(Uploaded { skipped: true, ..self.uploaded(crc64, 0, 0) }),
            // Not every server knows the header that forbids to overwrite.
            Held::Other if self.request.existing == Existing::Keep => return Err(self.taken()),
            _ => None,
        })
    }

    /// What is under the key, beside the file.
    async fn held(&self) -> Result<Held, UploadError> {
        let checksum = async || self.source.checksum(0..self.plan.size).await;
        Held::look(self.oss, &self.request.key, self.plan.size, checksum).await
    }

    fn uploaded(&self, crc64: u64, sent: u64, resumed: u64) -> Uploaded {
        Uploaded {
            bucket: self.oss.bucket().to_owned(),
            key: self.request.key.clone(),
            size: self.plan.size,
            crc64,
            sent,
            resumed,
            skipped: false,
        }
    }

    fn started(&self, resumed: u64) {
        let label = format!("oss://{}/{}", self.oss.bucket(), self.request.key);
        self.progress.event(Event::TransferStarted { label, total: self.plan.size, resumed });
    }
}

fn checkpoint_folder() -> Option<PathBuf> {
    Some(state_folder()?.join("uploads"))
}
