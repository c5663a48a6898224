//! A large file: a multipart upload, its parts in parallel, each retried by itself and verified.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::checkpoint::{Begun, Binding, Checkpoint, Found};
use super::slices::Slicer;
use super::{Job, UploadError, Uploaded};
use crate::base::cancel::Cancel;
use crate::base::progress::Event;
use crate::cloud::{Error, Service};
use crate::ops::content::Held;
use crate::ops::transfer::BODY;
use crate::ops::transfer::CombinedCrc;
use crate::ops::transfer::Concurrency;
use crate::oss::{Existing, ListedPart, Receipt};

/// How often another process's checkpoint is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long removing the parts may take when the upload is given up.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// What is known of the upload that goes on; it outlives the work, which a signal drops at any point.
#[derive(Default)]
struct Session {
    checkpoint: Option<Checkpoint>,
    upload_id: Option<String>,
    /// Whether an earlier run began it.
    is_resumed: bool,
    /// The parts that the service is said to have, not yet compared with the file.
    claimed: BTreeMap<u32, ListedPart>,
    /// The parts that it has.
    done: BTreeMap<u32, ListedPart>,
    sent: u64,
    resumed: u64,
}

/// A part that the service has, and how it got there.
struct Done {
    part: ListedPart,
    was_there: bool,
}

impl Job<'_> {
    /// Sends the file in parts, going on where an earlier run stopped.
    pub(super) async fn parts(&self, cancel: &Cancel) -> Result<Uploaded, UploadError> {
        let mut session = Session::default();
        let outcome = tokio::select! {
            biased;
            signal = cancel.cancelled() => Err(signal),
            outcome = self.go_on(&mut session) => Ok(outcome),
        };
        let outcome = outcome.unwrap_or_else(|signal| {
            let is_kept = session.upload_id.is_some() && !self.request.abort_on_failure;
            let kept = is_kept.then_some(session.sent + session.resumed);
            Err(UploadError::Stopped { signal, kept })
        });
        if let Err(error) = &outcome
            && (self.request.abort_on_failure || matches!(error, UploadError::Changed { .. }))
        {
            self.give_up(&mut session).await;
        }
        outcome
    }

    async fn go_on(&self, session: &mut Session) -> Result<Uploaded, UploadError> {
        session.checkpoint = self.checkpoint().await?;
        if let Some(uploaded) = self.there_already().await? {
            self.forget_earlier(session).await;
            return Ok(uploaded);
        }
        self.find(session).await?;
        let outcome = self.send_and_complete(session).await;
        match outcome {
            // Completed by a call whose answer was lost, they are gone too: for a caller who may not look at the object
            // it is sent once more.
            Err(e)
                if (session.is_resumed || e.was_repeated())
                    && matches!(e.code(), Some("NoSuchUpload" | "InvalidPart")) =>
            {
                self.say("the parts sent so far are gone: sending all of them");
                session.start_anew();
                self.send_and_complete(session).await
            }
            other => other,
        }
    }

    /// Opens the checkpoint, waiting for another process that uploads the same file to the same place. Without a folder
    /// for it the upload goes on, and can't be gone on with later.
    async fn checkpoint(&self) -> Result<Option<Checkpoint>, UploadError> {
        let Some(folder) = Self::checkpoint_folder() else { return Ok(None) };
        let mut waiting = false;
        loop {
            match Checkpoint::open(&folder, self.binding()?) {
                Ok(Some(checkpoint)) => return Ok(Some(checkpoint)),
                Ok(None) if !waiting => {
                    self.say("another process is uploading this file to this key: waiting for it")
                }
                Ok(None) => {}
                Err(e) => {
                    let folder = folder.display();
                    self.say(&format!("{folder}: {e}; if this upload is stopped, the next one begins anew"));
                    return Ok(None);
                }
            }
            waiting = true;
            tokio::time::sleep(LOOK).await;
        }
    }

    fn binding(&self) -> Result<Binding, UploadError> {
        let identity = self.source.identity();
        let endpoint = self.oss.endpoint();
        let endpoint = endpoint.map_err(|e| Error::new(Service::Oss, "InitiateMultipartUpload", e))?;
        Ok(Binding {
            path: self.source.path().to_string_lossy().into_owned(),
            size: identity.size,
            modified: identity.modified,
            bucket: self.oss.bucket().to_owned(),
            key: self.request.key.clone(),
            endpoint: endpoint.to_string(),
            part_size: self.plan.part_size,
        })
    }

    /// The object is there: parts that an earlier run left behind would only cost.
    async fn forget_earlier(&self, session: &mut Session) {
        let found = session.checkpoint.as_mut().map(Checkpoint::read);
        if let Some(upload_id) = found.and_then(Found::upload_id) {
            self.oss.abort(&self.request.key, &upload_id).await.ok();
        }
        session.forget();
    }

    /// Finds what an earlier run began, as far as the service still has it.
    async fn find(&self, session: &mut Session) -> Result<(), UploadError> {
        let Some(checkpoint) = &mut session.checkpoint else { return Ok(()) };
        let begun = match checkpoint.read() {
            Found::Nothing => return Ok(()),
            Found::Begun(begun) => begun,
            Found::Useless { why, upload_id } => {
                self.say(&format!("what an earlier run noted {why}: beginning anew"));
                if let Some(upload_id) = upload_id {
                    // Its parts cost as long as they are stored, and nobody would ever complete it.
                    self.oss.abort(&self.request.key, &upload_id).await.ok();
                }
                return Ok(());
            }
        };
        if let Some(parts) = self.parts_of(&begun).await? {
            checkpoint.begin(&begun.upload_id, &parts).ok();
            session.claimed = parts;
            session.upload_id = Some(begun.upload_id);
            session.is_resumed = true;
        }
        Ok(())
    }

    /// The parts that the service has of an upload; what the checkpoint says where listing is not allowed.
    async fn parts_of(&self, begun: &Begun) -> Result<Option<BTreeMap<u32, ListedPart>>, UploadError> {
        match self.oss.list_parts(&self.request.key, &begun.upload_id).await {
            Ok(listed) => Ok(Some(listed.into_iter().map(|part| self.with_checksum(part, begun)).collect())),
            Err(e) if e.code() == Some("NoSuchUpload") => {
                self.say("the upload that an earlier run began is gone: beginning anew");
                Ok(None)
            }
            Err(e) if e.http_status() == Some(403) => {
                self.say("the service does not tell which parts it has: going by what the earlier run noted");
                Ok(Some(begun.parts.clone()))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// A server that lists no checksums said them when it took the parts.
    fn with_checksum(&self, mut part: ListedPart, begun: &Begun) -> (u32, ListedPart) {
        let noted = begun.parts.get(&part.number).filter(|noted| noted.receipt.etag == part.receipt.etag);
        part.receipt.crc64 = part.receipt.crc64.or(noted.and_then(|noted| noted.receipt.crc64));
        (part.number, part)
    }

    async fn send_and_complete(&self, session: &mut Session) -> Result<Uploaded, UploadError> {
        let upload_id = match &session.upload_id {
            Some(id) => id.clone(),
            None => self.begin(session).await?,
        };
        self.send(session, &upload_id).await?;
        self.complete(session, &upload_id).await
    }

    async fn begin(&self, session: &mut Session) -> Result<String, UploadError> {
        let outcome = self.oss.initiate(&self.request.key, self.request.existing).await;
        let upload_id = outcome.map_err(|e| self.unless_taken(e))?;
        if let Some(checkpoint) = &mut session.checkpoint {
            let begun = checkpoint.begin(&upload_id, &BTreeMap::new());
            begun.unwrap_or_else(|e| self.say(&format!("can't note where this upload stands: {e}")));
        }
        session.upload_id = Some(upload_id.clone());
        Ok(upload_id)
    }

    /// Sends what is missing.
    async fn send(&self, session: &mut Session, upload_id: &str) -> Result<(), UploadError> {
        let claimed = std::mem::take(&mut session.claimed);
        let claimed: BTreeMap<_, _> = claimed.into_iter().filter(|(_, part)| self.fits(part)).collect();
        self.started(claimed.values().map(|part| part.size).sum());
        let jobs = self.plan.jobs(self.request.jobs);
        let slicer = self.slicer(jobs);
        let (mut numbers, mut in_flight) = (self.plan.numbers(), FuturesUnordered::new());
        let mut concurrency = Concurrency::new(jobs, self.plan.part_size);
        loop {
            let room = concurrency.now().saturating_sub(in_flight.len());
            let next = numbers.by_ref().take(room);
            in_flight.extend(next.map(|number| self.part(&slicer, upload_id, number, claimed.get(&number))));
            tokio::select! {
                done = in_flight.next() => match done {
                    Some(done) => session.keep(done?),
                    None => return Ok(()),
                },
                () = concurrency.widens() => continue,
            }
            concurrency.part_arrived();
        }
    }

    fn fits(&self, part: &ListedPart) -> bool {
        let range = self.plan.numbers().contains(&part.number).then(|| self.plan.range(part.number));
        range.is_some_and(|range| part.size == range.end - range.start) && part.receipt.crc64.is_some()
    }

    /// One part: sent, unless the one that the service has is this very one.
    async fn part(
        &self,
        slicer: &Slicer,
        upload_id: &str,
        number: u32,
        claimed: Option<&ListedPart>,
    ) -> Result<Done, UploadError> {
        let range = self.plan.range(number);
        if let Some(there) = claimed {
            if Some(self.source.checksum(range.clone()).await?) == there.receipt.crc64 {
                return Ok(Done { part: there.clone(), was_there: true });
            }
            self.progress.event(Event::Untransferred(there.size));
        }
        let attempt = async || {
            let (body, sending) = slicer.body(range.clone());
            let outcome = self.oss.upload_part_once(&self.request.key, upload_id, number, body).await;
            self.judged("UploadPart", outcome, &sending)
        };
        let (receipt, crc64) = self.oss.cloud().with_retries(BODY, attempt).await?;
        let receipt = Receipt { crc64: Some(crc64), ..receipt };
        let size = range.end - range.start;
        Ok(Done { part: ListedPart { number, size, receipt }, was_there: false })
    }

    async fn complete(&self, session: &mut Session, upload_id: &str) -> Result<Uploaded, UploadError> {
        self.source.check_unchanged()?;
        let etags: Vec<_> =
            session.done.values().map(|part| (part.number, part.receipt.etag.clone())).collect();
        let crc64 = session.checksum();
        let outcome = self.oss.complete(&self.request.key, upload_id, &etags, self.request.existing).await;
        match outcome {
            Ok(Receipt { crc64: Some(theirs), .. }) if theirs != crc64 => {
                self.must_be_there(crc64, self.wrong_object(crc64, theirs)).await?;
            }
            Ok(_) => {}
            // An answer was lost, and the call that was repeated finds the first one's object.
            Err(e) if matches!(e.code(), Some("NoSuchUpload" | "FileAlreadyExists")) => {
                self.must_be_there(crc64, self.unless_taken(e)).await?;
            }
            Err(e) => return Err(e.into()),
        }
        session.forget();
        Ok(self.uploaded(crc64, session.sent, session.resumed))
    }

    /// Gives the error unless the object is seen to be the one that was sent.
    async fn must_be_there(&self, crc64: u64, or: UploadError) -> Result<(), UploadError> {
        let sent = async || Ok::<_, UploadError>(crc64);
        match Held::look(self.oss, &self.request.key, self.plan.size, sent).await? {
            Held::Same(_) => Ok(()),
            _ => Err(or),
        }
    }

    fn wrong_object(&self, ours: u64, theirs: u64) -> UploadError {
        let (bucket, key) = (self.oss.bucket().to_owned(), self.request.key.clone());
        UploadError::WrongObject { bucket, key, ours, theirs }
    }

    fn unless_taken(&self, error: Error) -> UploadError {
        let taken = self.request.existing == Existing::Keep && error.code() == Some("FileAlreadyExists");
        if taken { self.taken() } else { error.into() }
    }

    /// Removes what was sent.
    async fn give_up(&self, session: &mut Session) {
        if let Some(upload_id) = session.upload_id.take() {
            let aborted = tokio::time::timeout(CLEAN_UP, self.oss.abort(&self.request.key, &upload_id)).await;
            if !matches!(aborted, Ok(Ok(()))) {
                self.say(
                    "the parts sent so far could not be removed: `faascmd object uploads abort` does it",
                );
                return;
            }
        }
        session.forget();
    }

    fn say(&self, text: &str) {
        self.progress.note(text.to_owned());
    }
}

impl Session {
    fn keep(&mut self, done: Done) {
        let Done { part, was_there } = done;
        if was_there {
            self.resumed += part.size;
        } else {
            self.sent += part.size;
            if let Some(checkpoint) = &mut self.checkpoint {
                // The next run asks the service; the checkpoint's own list is for those who may not ask.
                checkpoint.add(&part).ok();
            }
        }
        self.done.insert(part.number, part);
    }

    /// CRC-64/XZ of the parts in their order.
    fn checksum(&self) -> u64 {
        let checksum = |part: &ListedPart| part.receipt.crc64.unwrap_or_default();
        let parts = self.done.values();
        parts.fold(CombinedCrc::new(), |crc, part| crc.and(part.size, checksum(part))).checksum()
    }

    fn start_anew(&mut self) {
        let checkpoint = self.checkpoint.take();
        *self = Self { checkpoint, ..Self::default() };
    }

    fn forget(&mut self) {
        if let Some(checkpoint) = self.checkpoint.take() {
            checkpoint.remove();
        }
    }
}
