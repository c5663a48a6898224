//! A large file: a multipart upload, its parts in parallel, each retried by itself and verified.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::leftovers::{remove, remove_unheard};
use super::{Job, UploadError, Uploaded, checkpoint_folder};
use crate::base::cancel::Cancel;
use crate::cloud::{Error, Service};
use crate::ops::content::Held;
use crate::ops::transfer::{Begun, Binding, Checkpoint, CombinedCrc, Found, Placed};
use crate::ops::wait::Awaited;
use crate::oss::{Existing, ListedPart, Parts, Receipt};

/// How often another process's checkpoint is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long removing the parts may take when the upload is given up.
const CLEAN_UP: Duration = Duration::from_secs(10);
/// A longer list of parts is not sent over a line on which only small parts get through.
const LONGEST_LIST: usize = 1000;

/// What is known of the upload that goes on; it outlives the work, which a signal drops at any point.
#[derive(Default)]
pub(super) struct Session {
    checkpoint: Option<Checkpoint>,
    upload_id: Option<String>,
    /// Whether an earlier run began it.
    is_resumed: bool,
    /// When an upload began whose id was not heard, by the service's clock.
    unheard: Option<Timestamp>,
    /// The parts that the service is said to have, not yet compared with the file.
    pub(super) claimed: BTreeMap<u32, Placed>,
    /// The parts that it has.
    pub(super) done: BTreeMap<u32, Placed>,
    /// The highest number that a part was sent with.
    highest: u32,
    sent: u64,
    resumed: u64,
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
            // Parts that an earlier run left behind would only cost.
            self.remove_begun(session).await;
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
                // It may be only some of them, and from here on the note is of another upload.
                if let Some(upload_id) = session.upload_id.take() {
                    self.oss.abort(&self.request.key, &upload_id).await.ok();
                }
                session.start_anew();
                self.send_and_complete(session).await
            }
            other => other,
        }
    }

    /// Opens the checkpoint, waiting for another process that uploads the same file to the same place. Without a folder
    /// for it the upload goes on, and can't be gone on with later.
    async fn checkpoint(&self) -> Result<Option<Checkpoint>, UploadError> {
        let Some(folder) = checkpoint_folder() else { return Ok(None) };
        let (began, mut waiting) = (Instant::now(), false);
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
            let left =
                self.request.longest_wait.map_or(LOOK, |longest| longest.saturating_sub(began.elapsed()));
            if left.is_zero() {
                return Err(self.still_held(began.elapsed()));
            }
            tokio::time::sleep(LOOK.min(left)).await;
        }
    }

    fn still_held(&self, elapsed: Duration) -> UploadError {
        let work = format!("the upload of {} by another process", self.request.file.display());
        let (awaited, state) = (Awaited::Lock(work), "under way".to_owned());
        UploadError::Pending(Box::new(crate::ops::Error::Pending { awaited, state, elapsed }))
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

    /// Finds what an earlier run began, as far as the service still has it.
    async fn find(&self, session: &mut Session) -> Result<(), UploadError> {
        let Some(checkpoint) = &mut session.checkpoint else { return Ok(()) };
        let begun = match checkpoint.read() {
            Found::Nothing => return Ok(()),
            Found::Begun(begun) if begun.upload_id.is_empty() => {
                session.unheard = Some(begun.began);
                return Ok(());
            }
            Found::Begun(begun) => begun,
            Found::Useless { why, begun } => {
                self.say(&format!("what an earlier run noted {why}: beginning anew"));
                if let Some(begun) = begun {
                    // Its parts cost as long as they are stored, and nobody would ever complete it.
                    remove(self.oss, &self.request.key, &begun).await.ok();
                }
                return Ok(());
            }
        };
        if let Some(parts) = self.parts_of(&begun).await? {
            checkpoint.begin(&begun.upload_id, begun.began, &parts).ok();
            session.highest = parts.keys().next_back().copied().unwrap_or_default();
            session.claimed = parts;
            session.upload_id = Some(begun.upload_id);
            session.is_resumed = true;
        }
        Ok(())
    }

    /// The parts that the service has of an upload; what the checkpoint says where listing is not allowed.
    async fn parts_of(&self, begun: &Begun) -> Result<Option<BTreeMap<u32, Placed>>, UploadError> {
        match self.oss.list_parts(&self.request.key, &begun.upload_id).await {
            Ok(listed) => Ok(Some(listed.into_iter().map(|part| self.placed(part, begun)).collect())),
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

    /// Where a part belongs is what was noted of it, else where parts of one size would have it; its checksum tells whether
    /// that is true. A server that lists no checksums said them when it took the parts.
    fn placed(&self, mut part: ListedPart, begun: &Begun) -> (u32, Placed) {
        let noted =
            begun.parts.get(&part.number).filter(|noted| noted.part.receipt.etag == part.receipt.etag);
        part.receipt.crc64 = part.receipt.crc64.or(noted.and_then(|noted| noted.part.receipt.crc64));
        let usual = u64::from(part.number.saturating_sub(1)).saturating_mul(self.plan.part_size);
        (part.number, Placed { at: noted.map_or(usual, |noted| noted.at), part })
    }

    async fn send_and_complete(&self, session: &mut Session) -> Result<Uploaded, UploadError> {
        let upload_id = match &session.upload_id {
            Some(id) => id.clone(),
            None => self.begin(session).await?,
        };
        self.send(session, &upload_id).await?;
        self.complete(session, &upload_id).await
    }

    /// Asks for an upload's id. That it was asked for is noted before: what it began would otherwise stay for ever when the
    /// answer is not heard.
    async fn begin(&self, session: &mut Session) -> Result<String, UploadError> {
        let began = self.oss.cloud().clock().now();
        session.note(self, "", began);
        let outcome = self.oss.initiate(&self.request.key, self.request.existing).await;
        let (upload_id, tries) = outcome.map_err(|e| self.unless_taken(e))?;
        session.note(self, &upload_id, began);
        if tries > 1 {
            session.unheard = session.unheard.or(Some(began));
        }
        session.upload_id = Some(upload_id.clone());
        Ok(upload_id)
    }

    async fn complete(&self, session: &mut Session, upload_id: &str) -> Result<Uploaded, UploadError> {
        self.source.check_unchanged()?;
        let etags: Vec<_> =
            session.done.values().map(|p| (p.part.number, p.part.receipt.etag.clone())).collect();
        let crc64 = session.checksum();
        let parts = if self.is_all_of_small_parts(session) { Parts::All } else { Parts::Listed(&etags) };
        let outcome = self.oss.complete(&self.request.key, upload_id, parts, self.request.existing).await;
        match outcome {
            Ok(Receipt { crc64: Some(theirs), .. }) if theirs != crc64 => {
                self.must_be_there(crc64, self.wrong_object(crc64, theirs)).await?;
                session.forget();
            }
            Ok(_) => session.forget(),
            // An answer was lost, and the call that was repeated finds the first one's object; or it is another machine's,
            // and what was sent here is still there beside it.
            Err(e) if matches!(e.code(), Some("NoSuchUpload" | "FileAlreadyExists")) => {
                self.must_be_there(crc64, self.unless_taken(e)).await?;
                self.remove_begun(session).await;
            }
            Err(e) => return Err(e.into()),
        }
        if let Some(began) = session.unheard {
            remove_unheard(self.oss, &self.request.key, began).await;
        }
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

    /// Whether thousands of parts are small because no larger ones get through, and the service has no others.
    fn is_all_of_small_parts(&self, session: &Session) -> bool {
        let count = session.done.len();
        let is_small = |placed: &Placed| placed.part.size < self.plan.part_size;
        let are_small = session.done.values().filter(|placed| is_small(placed)).count() > count / 2;
        count > LONGEST_LIST && are_small && usize::try_from(session.highest) == Ok(count)
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
        if !self.remove_begun(session).await {
            self.say("the parts sent so far could not be removed: `faascmd object uploads abort` does it");
        }
    }

    /// Removes what this run or an earlier one began. It is forgotten only when it is gone, else a later run removes it; gives
    /// whether it is.
    async fn remove_begun(&self, session: &mut Session) -> bool {
        let noted = session.checkpoint.as_mut().and_then(|checkpoint| checkpoint.read().begun());
        // What could not be noted down is known to this run all the same.
        let own = session.upload_id.take().map(|upload_id| Begun { upload_id, ..Begun::default() });
        if let Some(begun) = own.or(noted) {
            let removed = tokio::time::timeout(CLEAN_UP, remove(self.oss, &self.request.key, &begun)).await;
            if !matches!(removed, Ok(Ok(()))) {
                return false;
            }
        }
        session.forget();
        true
    }

    pub(super) fn say(&self, text: &str) {
        self.progress.note(text.to_owned());
    }
}

impl Session {
    /// A part is there.
    pub(super) fn keep(&mut self, placed: Placed, was_there: bool) {
        let (number, size) = (placed.part.number, placed.part.size);
        self.highest = self.highest.max(number);
        if was_there {
            self.resumed += size;
        } else {
            self.sent += size;
            if let Some(checkpoint) = &mut self.checkpoint {
                // The next run asks the service; the checkpoint's own list is for those who may not ask.
                checkpoint.add(&placed).ok();
            }
        }
        self.done.insert(number, placed);
    }

    /// Gives up the parts behind the first one that is missing; gives its place, its number and the bytes given up.
    pub(super) fn back_to_the_first_gap(&mut self) -> (u64, u32, u64) {
        let (mut at, mut number) = (0, 1);
        while let Some(placed) = self.done.get(&number).filter(|placed| placed.at == at) {
            (at, number) = (at + placed.part.size, number + 1);
        }
        let bytes: u64 = self.done.split_off(&number).values().map(|placed| placed.part.size).sum();
        let of_others =
            std::mem::take(&mut self.claimed).values().map(|placed| placed.part.size).sum::<u64>();
        self.resumed = self.resumed.saturating_sub(bytes.saturating_sub(self.sent));
        self.sent = self.sent.saturating_sub(bytes);
        (at, number, bytes + of_others)
    }

    /// CRC-64/XZ of the parts in their order.
    fn checksum(&self) -> u64 {
        let checksum = |placed: &Placed| placed.part.receipt.crc64.unwrap_or_default();
        let parts = self.done.values();
        parts.fold(CombinedCrc::new(), |crc, placed| crc.and(placed.part.size, checksum(placed))).checksum()
    }

    fn note(&mut self, job: &Job<'_>, upload_id: &str, began: Timestamp) {
        if let Some(checkpoint) = &mut self.checkpoint {
            let begun = checkpoint.begin(upload_id, began, &BTreeMap::new());
            begun.unwrap_or_else(|e| job.say(&format!("can't note where this upload stands: {e}")));
        }
    }

    fn start_anew(&mut self) {
        let (checkpoint, unheard) = (self.checkpoint.take(), self.unheard);
        *self = Self { checkpoint, unheard, ..Self::default() };
    }

    fn forget(&mut self) {
        if let Some(checkpoint) = self.checkpoint.take() {
            checkpoint.remove();
        }
    }
}
