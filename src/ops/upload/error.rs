//! Why a file did not become an object.

use std::path::{Path, PathBuf};

use crate::base::size::ByteSize;
use crate::cloud::{self, CallError};
use crate::ops::Error;

/// A failed upload.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file can't be opened or read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// It is a directory, a pipe or a device.
    #[error("{} is {what}, not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The file is not what it was when the upload began; nothing was completed.
    #[error("{} changed while it was sent ({how}); nothing was stored", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// In what.
        how: String,
    },
    /// An object of other content is there, and is to stay.
    #[error("oss://{bucket}/{key} is there already, with other content")]
    Taken {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The service put together something else than was sent.
    #[error("oss://{bucket}/{key} is not what was sent: its checksum is {theirs}, the file's {ours}")]
    WrongObject {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// CRC-64/XZ of the file.
        ours: u64,
        /// The same of the object, as the service says.
        theirs: u64,
    },
    /// The service can't be reached, refuses, or gives no answer.
    #[error(transparent)]
    Cloud(Box<cloud::Error>),
    /// Another process was still uploading the same file to the same key when the waiting time was over.
    #[error(transparent)]
    Pending(Box<Error>),
    /// A signal stopped it.
    #[error("stopped{}", kept.map(how_much).unwrap_or_default())]
    Stopped {
        /// The signal.
        signal: i32,
        /// Bytes that the next run need not send, at least; None when it begins anew.
        kept: Option<u64>,
    },
}

fn how_much(kept: u64) -> String {
    if kept == 0 {
        " before the first part was whole".to_owned()
    } else {
        format!(" with {} there", ByteSize(kept))
    }
}

impl From<cloud::Error> for UploadError {
    fn from(error: cloud::Error) -> Self {
        Self::Cloud(Box::new(error))
    }
}

impl CallError for UploadError {
    fn as_call(&mut self) -> Option<&mut cloud::Error> {
        match self {
            Self::Cloud(error) => Some(error),
            _ => None,
        }
    }
}

impl UploadError {
    pub(super) fn unreadable(path: &Path, error: std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), error }
    }

    pub(super) fn changed(path: &Path, how: impl Into<String>) -> Self {
        Self::Changed { path: path.to_owned(), how: how.into() }
    }

    /// Whether it is about a call that was made more than once.
    pub(super) fn was_repeated(&self) -> bool {
        matches!(self, Self::Cloud(e) if e.tries > 1)
    }

    /// The service's code, if it was the service that refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Cloud(e) => e.code(),
            _ => None,
        }
    }
}
