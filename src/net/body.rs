//! What a request carries.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;

use super::stall::Pulse;

type Slices = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// The body of a request.
#[derive(Default)]
pub enum Body {
    #[default]
    Empty,
    /// One that is held whole.
    Whole(Bytes),
    /// One that is made while it is sent; it can be sent once.
    Stream {
        /// Its length in bytes, which goes into `Content-Length`.
        length: u64,
        slices: Slices,
    },
}

impl Body {
    /// A body of known length that is made slice by slice while it is sent.
    pub fn stream(length: u64, slices: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static) -> Self {
        Self::Stream { length, slices: Box::pin(slices) }
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Stream { length, .. } => *length,
        }
    }

    pub(super) fn into_reqwest(self, pulse: &Arc<Pulse>) -> reqwest::Body {
        match self {
            Self::Empty => reqwest::Body::from(Bytes::new()),
            Self::Whole(bytes) => reqwest::Body::from(bytes),
            Self::Stream { slices, .. } => reqwest::Body::wrap_stream(pulse.felt(slices)),
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.length())
    }
}
