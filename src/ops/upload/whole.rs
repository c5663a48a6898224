//! A small file: one request.

use std::cell::{Cell, RefCell};

use super::slices::{Pool, Sending, Slicer};
use super::{Job, UploadError, Uploaded};
use crate::base::cancel::Cancel;
use crate::base::progress::Event;
use crate::cloud::{Error, ErrorKind, Service};
use crate::ops::content::Held;
use crate::ops::transfer::{SMALLEST_PART, body_of};
use crate::oss::{Existing, Receipt};

/// A request that has broken so often is too long for the line.
const BREAKS: u32 = 2;

impl Job<'_> {
    /// Sends the file in one request.
    pub(super) async fn whole(&self, cancel: &Cancel) -> Result<Uploaded, UploadError> {
        tokio::select! {
            biased;
            signal = cancel.cancelled() => Err(UploadError::Stopped { signal, kept: None }),
            outcome = self.put() => outcome,
        }
    }

    async fn put(&self) -> Result<Uploaded, UploadError> {
        if let Some(done) = self.there_already().await? {
            return Ok(done);
        }
        self.started(0);
        let slicer = self.slicer(1);
        let (wrong, breaks) = (RefCell::new(None), Cell::new(0));
        let attempt = async || match self.put_once(&slicer, &wrong).await {
            // Sent again and again it would break again and again; in parts it gets through.
            Err(UploadError::Cloud(error)) if self.breaks_too_soon(&error, &breaks) => Ok(Err(error)),
            outcome => outcome.map(Ok),
        };
        let crc64 = self.oss.cloud().with_retries(body_of(self.plan.size), attempt).await;
        let crc64 = match crc64 {
            Ok(crc64) => crc64.map_err(UploadError::Cloud)?,
            Err(e) => self.refused(e).await?,
        };
        self.source.check_unchanged()?;
        Ok(self.uploaded(crc64, self.plan.size, 0))
    }

    fn breaks_too_soon(&self, error: &Error, breaks: &Cell<u32>) -> bool {
        let broke = error.is_of_the_line() && error.may_have_happened() && !error.is_silence();
        breaks.set(breaks.get() + u32::from(broke));
        self.plan.size > SMALLEST_PART && broke && breaks.get() == BREAKS
    }

    /// Bodies of the file for so many requests at once.
    pub(super) fn slicer(&self, jobs: usize) -> Slicer {
        let (source, progress) = (self.source.clone(), self.progress.clone());
        Slicer { source, progress, pool: Pool::for_jobs(jobs) }
    }

    /// Gives the checksum. `wrong` is the `ETag` of what an earlier try stored and found wrong: that much is replaced, also
    /// where other objects are to stay.
    async fn put_once(&self, slicer: &Slicer, wrong: &RefCell<Option<String>>) -> Result<u64, UploadError> {
        let own = wrong.take();
        let existing = match own {
            Some(etag) if self.is_stored(&etag).await? => Existing::Replace,
            _ => self.request.existing,
        };
        let (body, sending) = slicer.body(0..self.plan.size);
        let outcome = self.oss.put_once(&self.request.key, existing, body).await;
        let stored = outcome.as_ref().ok().map(|receipt| receipt.etag.clone());
        let judged = self.judged("PutObject", outcome, &sending).map(|(_, crc64)| crc64);
        if let Err(UploadError::Cloud(error)) = &judged
            && matches!(error.kind, ErrorKind::WrongChecksum { .. })
        {
            wrong.replace(stored);
        }
        judged
    }

    async fn is_stored(&self, etag: &str) -> Result<bool, UploadError> {
        match self.oss.head(&self.request.key).await {
            Ok(head) => Ok(head.is_some_and(|head| head.etag.as_deref() == Some(etag))),
            // Uploading takes no permission to look.
            Err(e) if e.code() == Some("AccessDenied") => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Compares what the service says with what was sent; gives the receipt and the checksum. Where the file could not be
    /// read, that is the error: trying again would not help.
    pub(super) fn judged(
        &self,
        operation: &'static str,
        outcome: Result<Receipt, Error>,
        sending: &Sending,
    ) -> Result<(Receipt, u64), UploadError> {
        let judged = outcome.and_then(|receipt| compared(operation, receipt, sending.checksum()));
        if judged.is_err() {
            self.progress.event(Event::Untransferred(sending.taken()));
            self.source.check()?;
        }
        Ok(judged?)
    }

    /// When the answer to the first try was lost, the second one may find the object of the first in its way.
    async fn refused(&self, error: UploadError) -> Result<u64, UploadError> {
        if self.request.existing == Existing::Keep && error.code() == Some("FileAlreadyExists") {
            let Held::Same(crc64) = self.held().await? else { return Err(self.taken()) };
            return Ok(crc64);
        }
        Err(error)
    }

    pub(super) fn taken(&self) -> UploadError {
        UploadError::Taken { bucket: self.oss.bucket().to_owned(), key: self.request.key.clone() }
    }
}

fn compared(operation: &'static str, receipt: Receipt, ours: Option<u64>) -> Result<(Receipt, u64), Error> {
    let wrong = |kind: ErrorKind| Err(Error::new(Service::Oss, operation, kind));
    let Some(ours) = ours else { return wrong(ErrorKind::Incomplete("answered before all was sent")) };
    match receipt.crc64 {
        Some(theirs) if theirs != ours => wrong(ErrorKind::WrongChecksum { ours, theirs }),
        _ => Ok((receipt, ours)),
    }
}
