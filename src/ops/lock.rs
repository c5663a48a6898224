//! One process of this machine at a time does a piece of work; the others wait for it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::wait::{Awaited, Deadline, Look, Pace};
use super::{Error, Result};
use crate::base::lock::open_locked;
use crate::base::private_file::{create_private_folder, state_folder};

/// A lock that is held; the end of the process, however it comes, gives it back.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    _locked: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Removed while it is locked: who opened it before sees that the name is gone and opens anew.
        fs::remove_file(&self.path).ok();
    }
}

/// Which lock is to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Its name.
    pub name: &'a str,
    /// What another holder is doing.
    pub work: &'a str,
    /// Whether to wait for the other.
    pub wait: bool,
}

/// Takes a lock. Without a home there is none, which is said.
///
/// # Errors
/// [`Error::Busy`] when another has it and nobody wants to wait; [`Error::NoState`] when it can't be kept: then nothing is
/// sent that a second run would double; and those of a wait.
pub async fn take(deadline: &Deadline, claim: Claim<'_>) -> Result<Option<Held>> {
    let Some(folder) = state_folder().map(|folder| folder.join("locks")) else {
        deadline
            .progress()
            .warn("there is no HOME: nothing guards against a second run on this machine".into());
        return Ok(None);
    };
    let path = folder.join(claim.name);
    create_private_folder(&folder).map_err(|error| Error::NoState { path: folder.clone(), error })?;
    let look = || async {
        match attempt(&path).map_err(|error| Error::NoState { path: path.clone(), error })? {
            Ok(held) => Ok(Look::Done(held)),
            Err(holder) if claim.wait => Ok(Look::Pending(format!("in the hands of process {holder}"))),
            Err(holder) => Err(Error::Busy { work: claim.work.to_owned(), holder }),
        }
    };
    deadline.wait(Awaited::Lock(claim.work.to_owned()), Pace::LOOKING, look).await.map(Some)
}

/// The lock, or the process that has it.
fn attempt(path: &Path) -> std::io::Result<Result<Held, String>> {
    let Some(mut locked) = open_locked(path)? else { return Ok(Err(holder(path))) };
    locked.set_len(0)?;
    write!(locked, "{}", std::process::id())?;
    Ok(Ok(Held { path: path.to_owned(), _locked: locked }))
}

fn holder(path: &Path) -> String {
    fs::read_to_string(path).ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy-x");
        let first = attempt(&path).unwrap().unwrap();
        assert_eq!(attempt(&path).unwrap().unwrap_err(), std::process::id().to_string());
        drop(first);
        assert!(!path.exists());
        drop(attempt(&path).unwrap().unwrap());
    }
}
