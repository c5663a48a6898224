//! Where `dma read` puts what it read: stdout, a device or pipe, or a file that is there only when it is whole.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let unwritable = |e| unwritable(&path, &e);
        let there = fs::metadata(&path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = OpenOptions::new().write(true).open(&path).map_err(unwritable)?;
            return Ok(Self::Open(file, path));
        }
        let mode = there.map_or(0o666, |there| there.permissions().mode() & 0o777);
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix(".faascmd-").permissions(Permissions::from_mode(mode));
        Ok(Self::Whole(builder.tempfile_in(folder).map_err(unwritable)?, path))
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
            Self::Whole(file, path) => file.persist(&path).map(drop).map_err(|e| unwritable(&path, &e.error)),
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
