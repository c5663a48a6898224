//! Failed downloads.

use crate::cli::Exit;
use crate::cli::error::{Failure, ServiceAnswer};
use crate::cli::output::typed;
use crate::ops::download::DownloadError;

impl From<DownloadError> for Failure {
    fn from(error: DownloadError) -> Self {
        let message = error.to_string();
        match error {
            DownloadError::Cloud(e) => (*e).into(),
            DownloadError::NotThere { .. } => not_there(message),
            DownloadError::Unwritable { error, .. } if error.kind() == std::io::ErrorKind::NotFound => {
                Self::new(Exit::NotFound, message).hint("make the directory first")
            }
            DownloadError::Unwritable { .. } | DownloadError::Stream(_) => Self::new(Exit::Failed, message),
            DownloadError::Exists { .. } => {
                Self::new(Exit::Conflict, message).hint("name another file, or leave out --no-clobber")
            }
            DownloadError::Changed { .. } => {
                Self::new(Exit::Conflict, message).hint(format!("once more: {}", typed::command()))
            }
            DownloadError::WrongChecksum { .. } => {
                Self::new(Exit::Fault, message).hint(format!("once more: {}", typed::command()))
            }
            DownloadError::Stopped { signal, kept } => {
                let hint = if kept.is_some() { "to go on where it stopped" } else { "once more" };
                Self::new(Exit::by_signal(signal), message).hint(format!("{hint}: {}", typed::command()))
            }
        }
    }
}

/// The service has said no more than that, in the head of its answer.
fn not_there(message: String) -> Failure {
    let mut failure = Failure::new(Exit::NotFound, message).hint("faascmd object ls");
    failure.service = Some(Box::new(ServiceAnswer {
        service: "oss",
        action: "HeadObject".to_owned(),
        http_status: Some(404),
        code: Some("NoSuchKey".to_owned()),
        request_id: None,
        said: "The specified key does not exist.".to_owned(),
    }));
    failure
}
