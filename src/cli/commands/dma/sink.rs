//! Where `dma read` puts what it read: stdout, a device or pipe, or a file that is there only when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::base::replace::{folder_of, followed, permit_as};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;

pub(super) enum Sink {
    Stdout,
    /// What is there and is no ordinary file.
    Open(File, PathBuf),
    Whole(NamedTempFile, PathBuf),
}

impl Sink {
    /// Whether it would be a file that is there only when it is whole.
    pub(super) fn makes_a_file(file: Option<&Path>) -> bool {
        let named = file.filter(|path| *path != Path::new("-"));
        named.is_some_and(|path| fs::metadata(path).map_or(true, |there| there.is_file()))
    }

    /// Opens it before anything is read.
    pub(super) fn open(file: Option<&Path>, cx: &Context) -> Result<Self, Failure> {
        let Some(path) = file.filter(|path| *path != Path::new("-")) else { return stdout(cx) };
        // A link stays a link: what it names is replaced.
        let path = followed(path).map_err(|e| unwritable(path, &e))?;
        let unwritable = |e| unwritable(&path, &e);
        if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
            let file = OpenOptions::new().write(true).open(&path).map_err(unwritable)?;
            return Ok(Self::Open(file, path));
        }
        let made = tempfile::Builder::new().prefix(".faascmd-").tempfile_in(folder_of(&path));
        Ok(Self::Whole(made.map_err(unwritable)?, path))
    }

    /// Writes a piece; false when nobody reads any more.
    pub(super) fn write(&mut self, bytes: &[u8], cx: &Context) -> Result<bool, Failure> {
        let (result, path) = match self {
            Self::Stdout => return cx.ui.write_while_read(bytes),
            Self::Open(file, path) => (file.write_all(bytes), path),
            Self::Whole(file, path) => (file.write_all(bytes), path),
        };
        match result {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            result => result.map(|()| true).map_err(|e| unwritable(path, &e)),
        }
    }

    /// All of it is there.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Whole(file, path) => {
                let permitted = permit_as(file.as_file(), &path);
                let named = permitted.and_then(|()| file.persist(&path).map(drop).map_err(|e| e.error));
                named.map_err(|e| unwritable(&path, &e))
            }
            _ => Ok(()),
        }
    }
}

fn stdout(cx: &Context) -> Result<Sink, Failure> {
    let refused = |why: &str| {
        Err(Failure::new(Exit::Usage, why).hint("name a file: faascmd dma read ADDR --len SIZE FILE"))
    };
    if cx.ui.is_json() {
        return refused("stdout can't be the data and a JSON document at once");
    }
    if io::stdout().is_terminal() {
        return refused("the data would go to the terminal");
    }
    Ok(Sink::Stdout)
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{} can't be written: {error}", path.display()))
}
