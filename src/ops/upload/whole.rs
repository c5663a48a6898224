//! A small file: one request.

use std::time::Duration;

use super::slices::{Pool, Sending, Slicer};
use super::{Job, UploadError, Uploaded};
use crate::base::cancel::Cancel;
use crate::base::progress::Event;
use crate::cloud::{Error, Service};
use crate::net::{NetError, Trouble};
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
            Ok(crc64) => crc64?,
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

    /// Gives the checksum. A file that can't be read is final: it is no outcome that is tried again.
    async fn put_once(&self, slicer: &Slicer) -> Result<Result<u64, UploadError>, Error> {
        let (body, sending) = slicer.body(0..self.plan.size);
        let outcome = self.oss.put_once(&self.request.key, self.request.existing, body).await;
        self.judged("PutObject", outcome, &sending).map(|sent| sent.map(|(_, crc64)| crc64))
    }

    /// Compares what the service says with what was sent; gives the receipt and the checksum.
    pub(super) fn judged(
        &self,
        operation: &str,
        outcome: Result<Receipt, Error>,
        sending: &Sending,
    ) -> Result<Result<(Receipt, u64), UploadError>, Error> {
        let judged = outcome.and_then(|receipt| compared(operation, receipt, sending.checksum()));
        if judged.is_err() {
            self.progress.event(Event::Untransferred(sending.taken()));
            if let Err(fault) = self.source.check() {
                return Ok(Err(fault));
            }
        }
        judged.map(Ok)
    }

    /// When the answer to the first try was lost, the second one may find the object of the first in its way.
    async fn refused(&self, error: Error) -> Result<u64, UploadError> {
        if self.request.existing == Existing::Keep && error.code() == Some("FileAlreadyExists") {
            let ours = super::same_as(self.oss, &self.source, &self.request.key).await?;
            return ours.ok_or_else(|| self.taken());
        }
        Err(error.into())
    }

    pub(super) fn taken(&self) -> UploadError {
        UploadError::Taken { bucket: self.oss.bucket().to_owned(), key: self.request.key.clone() }
    }
}

fn compared(operation: &str, receipt: Receipt, ours: Option<u64>) -> Result<(Receipt, u64), Error> {
    let (tries, spent, service, action) = (1, Duration::ZERO, Service::Oss, operation.to_owned());
    let Some(ours) = ours else {
        let error = NetError {
            method: "PUT".into(),
            url: String::new(),
            trouble: Trouble::Broken,
            detail: "answered before all was sent".into(),
        };
        return Err(Error::Net { service, action, error, tries, spent });
    };
    match receipt.crc64 {
        Some(theirs) if theirs != ours => {
            Err(Error::WrongChecksum { service, action, ours, theirs, tries, spent })
        }
        _ => Ok((receipt, ours)),
    }
}
