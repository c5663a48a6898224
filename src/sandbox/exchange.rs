//! Bodies on their way: counted, slowed, broken off and corrupted as the faults want it.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};

use super::cloud::Cloud;
use super::http::{Download, Response};
use super::log::Entry;

/// Bytes of an object that are read and sent at a time.
const SLICE: usize = 128 * 1024;

/// The longest rest of a body that is read although nobody wants it.
const DRAINED_BYTES: u64 = 1 << 30;

/// An answer's body.
pub(super) type Outgoing = UnsyncBoxBody<Bytes, Broken>;

/// Why a connection ends without an answer, or in the middle of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// The client went away.
    #[error("the client closed the connection")]
    ByClient,
    /// A fault: the connection is reset.
    #[error("the connection is reset")]
    Reset,
    /// A fault: the answer is lost.
    #[error("the answer is lost")]
    AnswerLost,
    /// The sandbox's own disk refused.
    #[error("the disk of the sandbox refused")]
    Disk,
}

/// A request's body as it comes in.
#[derive(Debug)]
pub(crate) struct Intake {
    body: Incoming,
    cloud: Arc<Cloud>,
    received: Arc<AtomicU64>,
    corrupts: bool,
    limit: Option<u64>,
}

impl Intake {
    pub(super) fn new(body: Incoming, cloud: Arc<Cloud>, received: Arc<AtomicU64>) -> Self {
        Self { body, cloud, received, corrupts: false, limit: None }
    }

    /// Turns one bit of what comes next.
    pub(crate) fn corrupt(&mut self) {
        self.corrupts = true;
    }

    /// Lets no more bytes in per second than the request asked for.
    pub(crate) fn limit(&mut self, bytes_per_second: Option<u64>) {
        self.limit = bytes_per_second;
    }

    /// How long the limit held back what came in.
    pub(crate) fn delay(&self) -> Option<Duration> {
        let bytes = self.received.load(Ordering::SeqCst);
        self.limit.map(|rate| Duration::from_secs(1).mul_f64(bytes as f64 / rate as f64))
    }

    /// The next slice; None at the end.
    ///
    /// # Errors
    /// When the client breaks off, or a fault does.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| Broken::ByClient)?.into_data() else { continue };
            pass(&self.cloud, self.limit, data.len(), &self.received).await?;
            if std::mem::take(&mut self.corrupts) && !data.is_empty() {
                return Ok(Some(with_bit_turned(&data)));
            }
            return Ok(Some(data));
        }
    }

    /// The whole body, or None if it is longer than `limit` bytes.
    pub(crate) async fn collect(&mut self, limit: usize) -> Result<Option<Bytes>, Broken> {
        let mut whole = Vec::new();
        while let Some(slice) = self.next().await? {
            if whole.len() + slice.len() > limit {
                return Ok(None);
            }
            whole.extend_from_slice(&slice);
        }
        Ok(Some(whole.into()))
    }

    /// Reads to the end, so that a client that is still sending sees the answer and can send its next request on the
    /// same connection. False when the rest is too long for that.
    pub(crate) async fn drain(&mut self) -> Result<bool, Broken> {
        let mut left = DRAINED_BYTES;
        while self.body.size_hint().lower() <= left {
            let Some(slice) = self.next().await? else { return Ok(true) };
            left = left.saturating_sub(slice.len() as u64);
        }
        Ok(false)
    }
}

fn with_bit_turned(data: &Bytes) -> Bytes {
    let mut turned = data.to_vec();
    turned[0] ^= 1;
    turned.into()
}

/// Lets bytes pass, either way. The slower of the fault and the request's own limit, in bytes per second, counts.
async fn pass(cloud: &Cloud, limit: Option<u64>, bytes: usize, counter: &AtomicU64) -> Result<(), Broken> {
    counter.fetch_add(bytes as u64, Ordering::SeqCst);
    if let Some(rate) = cloud.faults.slow().into_iter().chain(limit).min() {
        tokio::time::sleep(Duration::from_secs(1).mul_f64(bytes as f64 / rate as f64)).await;
    }
    if cloud.faults.resets(bytes as u64) { Err(Broken::Reset) } else { Ok(()) }
}

/// What was done stays done; its answer may be lost.
pub(super) fn lose(cloud: &Cloud, action: &str, response: Response) -> Result<Response, Broken> {
    let succeeded = response.status < 300;
    if succeeded && cloud.faults.loses_answer(action) {
        return Err(Broken::AnswerLost);
    }
    let half = succeeded && cloud.faults.halves_answer(action);
    Ok(Response { half, ..response })
}

/// The first half of a small body, after which the connection ends.
pub(super) fn half(mut body: Bytes, mut entry: Entry) -> Outgoing {
    body.truncate(body.len() / 2);
    entry.struck("half-answer");
    entry.sent().fetch_add(body.len() as u64, Ordering::SeqCst);
    drop(entry);
    let frames = [Ok(Frame::data(body)), Err(Broken::AnswerLost)];
    StreamBody::new(stream::iter(frames)).boxed_unsync()
}

/// A small body. The entry ends here, before the client can see the answer.
pub(super) fn whole(body: Bytes, entry: Entry) -> Outgoing {
    entry.sent().fetch_add(body.len() as u64, Ordering::SeqCst);
    drop(entry);
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

/// An object's bytes; the entry lives until the last of them has gone out.
pub(super) fn streamed(download: &Download, cloud: Arc<Cloud>, entry: Entry) -> Outgoing {
    let state = Sending {
        reader: download.object.reader(),
        at: download.from,
        left: download.length,
        corrupts: download.corrupts,
        limit: download.limit,
        cloud,
        entry,
    };
    let slices = stream::unfold(Some(state), |state| async {
        let mut state = state?;
        match state.next().await {
            Ok(slice) => slice.map(|slice| (Ok(Frame::data(slice)), Some(state))),
            Err(broken) => {
                state.entry.struck("reset-after");
                Some((Err(broken), None))
            }
        }
    });
    StreamBody::new(slices).boxed_unsync()
}

struct Sending {
    reader: super::store::Reader,
    at: u64,
    left: u64,
    corrupts: bool,
    limit: Option<u64>,
    cloud: Arc<Cloud>,
    entry: Entry,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        if self.left == 0 {
            return Ok(None);
        }
        let length = usize::try_from(self.left).map_or(SLICE, |left| left.min(SLICE));
        let mut slice = vec![0; length];
        let read =
            self.reader.seek(SeekFrom::Start(self.at)).and_then(|_| self.reader.read_exact(&mut slice));
        read.map_err(|_| Broken::Disk)?;
        if std::mem::take(&mut self.corrupts) {
            slice[0] ^= 1;
        }
        self.at += length as u64;
        self.left -= length as u64;
        pass(&self.cloud, self.limit, length, &self.entry.sent()).await?;
        Ok(Some(slice.into()))
    }
}
