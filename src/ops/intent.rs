//! What was asked of the service and is not yet answered, kept on disk: a killed program must not ask twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::private_file::{state_folder, write_private};
use crate::faas::{Faas, Image, NewImage};

/// After this time the service has certainly done, or not done, what it was asked for.
const SETTLED: SignedDuration = SignedDuration::from_mins(2);

/// The place of one intent on disk; without a state folder it remembers nothing.
#[derive(Debug)]
pub(super) struct IntentFile(Option<PathBuf>);

/// An order for an image, written down before it is sent and removed after its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Intent {
    asked: Timestamp,
    /// The images that there were before; a new one beside them is ours.
    known: BTreeSet<String>,
}

impl Intent {
    /// The intent to make an image where there are these.
    pub(super) fn now(images: &[Image]) -> Self {
        Self { asked: Timestamp::now(), known: images.iter().map(|image| image.uuid.clone()).collect() }
    }

    /// Whether the answer must have come long ago, so that one look tells all.
    pub(super) fn is_settled(&self) -> bool {
        Timestamp::now().duration_since(self.asked) > SETTLED
    }

    /// The image that the order made, if it did.
    pub(super) fn made<'i>(&self, order: &NewImage, images: &'i [Image]) -> Option<&'i Image> {
        images.iter().find(|image| !self.known.contains(&image.uuid) && is_of_order(image, order))
    }
}

/// Whether the image has what the order asked for.
fn is_of_order(image: &Image, order: &NewImage) -> bool {
    image.shell.as_deref() == Some(&order.shell)
        && image.name == order.name
        && image.tags == order.tags
        && image.description == order.description
}

impl IntentFile {
    /// Where the intent for this order is kept: by who asks whom for what.
    pub(super) async fn of(faas: &Faas, order: &NewImage) -> Self {
        let endpoint = faas.cloud().locate(crate::cloud::Service::Faas).map(|e| e.to_string());
        let key = faas.cloud().credential().await.map(|credential| credential.id);
        let digest = Sha256::digest(format!("{endpoint:?} {:?} {order:?}", key.ok()));
        let name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Self(state_folder().map(|folder| folder.join("intents").join(name)))
    }

    /// What an earlier run asked without hearing the answer.
    pub(super) fn recall(&self) -> Option<Intent> {
        serde_json::from_slice(&fs::read(self.0.as_ref()?).ok()?).ok()
    }

    /// Writes the intent down. That this can't be done is no reason not to work.
    pub(super) fn keep(&self, intent: &Intent) {
        let Some(path) = &self.0 else { return };
        let written = serde_json::to_vec(intent).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|bytes| write_private(path, &bytes)) {
            tracing::warn!("{}: {error}; a crash now could not be told from a refusal", path.display());
        }
    }

    /// The answer is there.
    pub(super) fn forget(&self) {
        if let Some(path) = &self.0 {
            fs::remove_file(path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::image;
    use super::*;

    #[test]
    fn a_new_image_of_the_order_is_ours_an_old_or_another_is_not() {
        let order = NewImage { shell: "s".into(), tags: Some("mine".into()), ..NewImage::default() };
        let made =
            |uuid: &str, tags: &str| Image { tags: Some(tags.into()), ..image(uuid, "s", "queued", "") };
        let intent = Intent::now(&[made("old", "mine")]);
        let uuid = |images: &[Image]| intent.made(&order, images).map(|image| image.uuid.clone());
        assert_eq!(uuid(&[made("old", "mine"), made("other", "theirs")]), None);
        assert_eq!(uuid(&[made("old", "mine"), made("new", "mine")]), Some("new".into()));
    }
}
