//! Why an object did not become a file.

use std::path::{Path, PathBuf};

use crate::base::size::ByteSize;
use crate::cloud::{self, CallError};

/// A failed download; the file, if there was one, is what it was.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// There is no such object.
    #[error("there is no object {key} in bucket {bucket}")]
    NotThere {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The file can't be written.
    #[error("{}: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// The file is there, and is to stay.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The stream that it goes to can't be written.
    #[error("writing the object: {0}")]
    Stream(std::io::Error),
    /// The object was replaced or deleted while it was read.
    #[error("oss://{bucket}/{key} changed while it was read")]
    Changed {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// What arrived is not what is stored.
    #[error(
        "oss://{bucket}/{key} arrived with errors: its checksum is {theirs}, that of what arrived {ours}"
    )]
    WrongChecksum {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// CRC-64/XZ of what arrived.
        ours: u64,
        /// The same of the object, as the service says.
        theirs: u64,
    },
    /// The service can't be reached, refuses, or gives no answer.
    #[error(transparent)]
    Cloud(Box<cloud::Error>),
    /// A signal stopped it.
    #[error("stopped{}", kept.map(|bytes| format!(" with {} there", ByteSize(bytes))).unwrap_or("; nothing was written".into()))]
    Stopped {
        /// The signal.
        signal: i32,
        /// Bytes that the next run need not fetch; None when it begins anew.
        kept: Option<u64>,
    },
}

impl From<cloud::Error> for DownloadError {
    fn from(error: cloud::Error) -> Self {
        Self::Cloud(Box::new(error))
    }
}

impl CallError for DownloadError {
    fn as_call(&mut self) -> Option<&mut cloud::Error> {
        match self {
            Self::Cloud(error) => Some(error),
            _ => None,
        }
    }
}

impl DownloadError {
    /// The service's code, if it was the service that refused.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Cloud(error) => error.code(),
            _ => None,
        }
    }

    pub(super) fn is_of_a_server_without_ranges(&self) -> bool {
        matches!(self, Self::Cloud(error) if matches!(error.kind, cloud::ErrorKind::NoRanges(_)))
    }

    pub(super) fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::Unwritable { path: path.to_owned(), error }
    }
}
