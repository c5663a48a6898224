//! What can be wrong with a setting or with the file that it comes from.

use std::io;
use std::path::{Path, PathBuf};

use super::{Name, Origin};
use crate::base::private_file;

/// A setting that can't be used; never carries the text of a line, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is there but can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// A file can't be written.
    #[error("can't write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    /// A line of a file can't be understood, or what it should hold is missing.
    #[error("{}:{line}: {problem}", path.display())]
    Malformed {
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An endpoint that is none.
    #[error("`{text}` is not an endpoint: {problem}")]
    Endpoint {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A region, bucket or instance id that can't be one.
    #[error("{origin}: {text:?} is not a valid {name}: it must be {}", name.rule())]
    Name {
        /// What it is meant to be.
        name: Name,
        /// What was given.
        text: String,
        /// Where it comes from.
        origin: Origin,
    },
    /// An endpoint without TLS on another machine.
    #[error("{origin}: {url} is not https: what is sent there can be read and altered on its way")]
    InTheClear {
        url: String,
        /// Where it comes from.
        origin: Origin,
    },
    /// A file with a key or a program in it that somebody else could have put there.
    #[error("{} {problem}, who could have chosen what is in it", path.display())]
    Foreign {
        path: PathBuf,
        /// Whose it is, or who may write it.
        problem: String,
    },
    /// A file that was named and is not there.
    #[error("--credentials-file: there is no {}", .0.display())]
    NoCredentialsFile(PathBuf),
    /// A value that a file of one line per value can't hold.
    #[error("{what} must be one line without control characters")]
    NotOneLine {
        /// Which value.
        what: &'static str,
    },
    /// There is no home folder, and so no default place for the file.
    #[error("HOME is not set, so there is no place for {what}")]
    NoHome {
        /// Which file has no place.
        what: &'static str,
    },
}

impl ConfigError {
    /// A line that can't be understood.
    pub fn malformed(path: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), line, problem: problem.into() }
    }
}

/// The text of a file; `None` when there is none.
///
/// # Errors
/// When it is there and can't be read, or is not UTF-8.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, ConfigError> {
    let bytes = match private_file::read_own(path) {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(uid)) => {
            let problem = format!("belongs to user {uid}, and neither to this one nor to root");
            return Err(ConfigError::Foreign { path: path.to_owned(), problem });
        }
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    };
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let sound = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + sound.iter().filter(|byte| **byte == b'\n').count();
        ConfigError::malformed(path, line, "this is not UTF-8 text")
    })
}
