//! An order that was given and is not yet answered, kept on disk: a killed program must not give it twice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::fingerprint::carries_mark;
use crate::base::private_file::{open_state, replace_private, state_folder};
use crate::faas::{Faas, Image};

/// A file that nobody came back for in this time is of no use.
const OLD: Duration = Duration::from_hours(24);

/// An order for an image, written down before it is sent and removed after its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    /// A mark of this one order, in the image's tags or its description: the proof that an image is its own.
    pub(super) mark: String,
    /// Until then the order may still arrive, and what it made appear in the list.
    pub(super) until: Timestamp,
}

impl Intent {
    /// The intent to give an order now, which is alive for so long.
    pub(super) fn new(now: Timestamp, life: Duration) -> Self {
        let until = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        Self { mark: format!("fo-{:08x}", fastrand::u32(..)), until }
    }

    /// The image that the order made, if it did.
    pub(super) fn made<'i>(&self, images: &'i [Image]) -> Option<&'i Image> {
        let is_own = |image: &&Image| {
            let texts = [&image.tags, &image.description];
            texts.into_iter().flatten().any(|text| carries_mark(text, &self.mark))
        };
        images.iter().find(is_own)
    }
}

/// What the user wrote, of a text to which the mark of an order was added.
pub fn without_order_mark(text: &str) -> &str {
    let is_mark = |mark: &str| mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.rsplit_once("fo-") {
        Some((before, mark)) if is_mark(mark) => before.strip_suffix(',').unwrap_or(before),
        _ => text,
    }
}

/// The place of one intent on disk; without a state folder nothing is remembered.
#[derive(Debug)]
pub(super) struct IntentFile(pub(super) Option<PathBuf>);

impl IntentFile {
    /// Where the intent is kept: by who asks whom for what.
    pub(super) async fn of(faas: &Faas, what: &str) -> Self {
        let Some(folder) = state_folder().map(|folder| folder.join("intents")) else { return Self(None) };
        sweep(&folder);
        let endpoint = faas.cloud().locate(crate::cloud::Service::Faas).map(|e| e.to_string());
        let key = faas.cloud().credential().await.map(|credential| credential.id);
        let digest = Sha256::digest(format!("{endpoint:?} {:?} {what}", key.ok()));
        Self(Some(folder.join(&crate::base::fingerprint::hex(&digest)[..32])))
    }

    /// What an earlier run asked without hearing the answer.
    pub(super) fn read(&self) -> Option<Intent> {
        let path = self.0.as_ref().filter(|path| path.symlink_metadata().is_ok())?;
        serde_json::from_reader(open_state(path).ok()?).ok()
    }

    /// Writes the intent down.
    ///
    /// # Errors
    /// When that can't be done, with the file: an order that nobody remembers could be given twice.
    pub(super) fn write(&self, intent: &Intent) -> Result<(), (PathBuf, io::Error)> {
        let Some(path) = &self.0 else { return Ok(()) };
        let written = serde_json::to_vec(intent).map_err(io::Error::from);
        written.and_then(|bytes| replace_private(path, &bytes)).map_err(|error| (path.clone(), error))
    }

    /// The answer is there.
    pub(super) fn remove(&self) {
        if let Some(path) = &self.0 {
            fs::remove_file(path).ok();
        }
    }
}

/// Removes what earlier runs left and nobody came back for.
fn sweep(folder: &Path) {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age > OLD)) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::image;
    use super::*;

    #[test]
    fn an_image_is_ours_by_the_mark_of_the_order_and_by_nothing_else() {
        let intent = Intent::new(Timestamp::now(), Duration::from_secs(1));
        let tagged =
            |uuid: &str, tags: &str| Image { tags: Some(tags.into()), ..image(uuid, "s", "queued", "") };
        let other = tagged("other", "mine,fo-00000000");
        assert!(intent.made(std::slice::from_ref(&other)).is_none());
        let ours = tagged("ours", &format!("mine,fc-00,{}", intent.mark));
        assert_eq!(intent.made(&[other, ours]).unwrap().uuid, "ours");
        let described =
            Image { description: Some(format!("x,{}", intent.mark)), ..image("d", "s", "queued", "") };
        assert_eq!(intent.made(&[described]).unwrap().uuid, "d");
    }

    #[test]
    fn what_the_user_wrote_is_told_from_the_mark() {
        for (text, wrote) in [("mine,fo-0123abcd", "mine"), ("fo-0123abcd", ""), ("fo-x", "fo-x"), ("a", "a")]
        {
            assert_eq!(without_order_mark(text), wrote);
        }
    }

    #[test]
    fn what_nobody_came_back_for_goes() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        fs::write(&new, "").unwrap();
        let file = fs::File::create(&old).unwrap();
        file.set_modified(SystemTime::now() - OLD - Duration::from_secs(1)).unwrap();
        sweep(folder.path());
        assert!(!old.exists() && new.exists());
    }
}
