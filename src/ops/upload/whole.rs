//! A small file: one request.

use super::slices::{Pool, Sending, Slicer};
use super::{Job, UploadError, Uploaded};
use crate::base::cancel::Cancel;
use crate::base::progress::Event;
use crate::cloud::{Error, ErrorKind, Service};
use crate::ops::content::Held;
use crate::ops::transfer::BODY;
use crate::oss::{Existing, Receipt};

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
        let crc64 = self.oss.cloud().with_retries(BODY, || self.put_once(&slicer)).await;
        let crc64 = match crc64 {
            Ok(crc64) => crc64,
            Err(e) => self.refused(e).await?,
        };
        self.source.check_unchanged()?;
        Ok(self.uploaded(crc64, self.plan.size, 0))
    }

    /// Bodies of the file for so many requests at once.
    pub(super) fn slicer(&self, jobs: usize) -> Slicer {
        let (source, progress) = (self.source.clone(), self.progress.clone());
        Slicer { source, progress, pool: Pool::for_jobs(jobs) }
    }

    /// Gives the checksum.
    async fn put_once(&self, slicer: &Slicer) -> Result<u64, UploadError> {
        let (body, sending) = slicer.body(0..self.plan.size);
        let outcome = self.oss.put_once(&self.request.key, self.request.existing, body).await;
        self.judged("PutObject", outcome, &sending).map(|(_, crc64)| crc64)
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
