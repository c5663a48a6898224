//! Failed uploads.

use std::io::ErrorKind;

use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::cli::output::typed;
use crate::ops::upload::UploadError;

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        let message = error.to_string();
        match error {
            UploadError::Cloud(e) => (*e).into(),
            UploadError::Pending(e) => (*e).into(),
            UploadError::Unreadable { path, error } if error.kind() == ErrorKind::NotFound => {
                let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
                let folder = folder.unwrap_or_else(|| std::path::Path::new(".")).display();
                Self::new(Exit::NotFound, message).hint(format!("ls -l {folder}"))
            }
            UploadError::Unreadable { path, .. } => {
                Self::new(Exit::Failed, message).hint(format!("ls -l {}", path.display()))
            }
            UploadError::NotAFile { path, .. } if path.is_dir() => Self::new(Exit::Usage, message)
                .hint("for the files in a directory: --recursive, with --to PREFIX/"),
            UploadError::NotAFile { path, .. } => Self::new(Exit::Usage, message).hint(format!(
                "write it into a file first: cat {} > FILE",
                typed::quoted(&path.display().to_string())
            )),
            UploadError::Changed { .. } => Self::new(Exit::Conflict, message)
                .hint(format!("let whatever writes it finish, then: {}", typed::command())),
            UploadError::Taken { key, .. } => Self::new(Exit::Conflict, message)
                .hint(format!("give it another key, or leave out --no-clobber to replace {key}")),
            UploadError::WrongObject { key, .. } => Self::new(Exit::Fault, message)
                .hint(format!("faascmd object rm {}", typed::quoted(&key)))
                .hint(format!("then send it again: {}", typed::command())),
            UploadError::Stopped { signal, kept } => {
                let hint = if kept.is_some_and(|bytes| bytes > 0) {
                    "to go on where it stopped"
                } else {
                    "to begin anew"
                };
                Self::new(Exit::by_signal(signal), message).hint(format!("{hint}: {}", typed::command()))
            }
        }
    }
}
