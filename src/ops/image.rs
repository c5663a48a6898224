//! Images: found again by what they are made of, and waited for.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;

use super::wait::{Awaited, Deadline, Look, Pace};
use super::{Error, Result};
use crate::base::fingerprint::carries_mark;
use crate::faas::{Faas, Image, ImageState};

/// What an image has to have, so that another need not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageMatch {
    /// The mark of content and key, in the tags or in the description.
    pub mark: String,
    /// The shell.
    pub shell: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

impl ImageMatch {
    fn fits(&self, image: &Image) -> bool {
        let texts = [&image.tags, &image.description];
        image.state.is_alive()
            && image.shell.as_deref() == Some(&self.shell)
            && image.encrypted.unwrap_or(false) == self.encrypted
            && texts.into_iter().flatten().any(|text| carries_mark(text, &self.mark))
    }

    /// The image that is as good as a new one: a finished one before one that is being made, a newer before an older.
    pub fn find<'i>(&self, images: &'i [Image]) -> Option<&'i Image> {
        let rank = |image: &&Image| {
            (image.state == ImageState::Success, image.state == ImageState::Compiling, image.created())
        };
        images.iter().filter(|image| self.fits(image)).max_by_key(rank)
    }

    /// The image that was ordered before this one, and would have stood in for it.
    pub(super) fn earlier<'i>(&self, than: &Image, images: &'i [Image]) -> Option<&'i Image> {
        // Times of the service are whole seconds.
        let order = |image: &Image| (image.created(), image.uuid.clone());
        let others = images.iter().filter(|image| image.uuid != than.uuid && self.fits(image));
        let listed = images.iter().find(|image| image.uuid == than.uuid).unwrap_or(than);
        others.min_by_key(|image| order(image)).filter(|image| order(image) < order(listed))
    }
}

/// An image that is waited for.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// The image as it was last seen.
    pub image: Image,
    /// Whether it was ordered a moment ago, so that it may not be listed yet.
    pub is_new: bool,
}

/// Waits until an image can be loaded; gives it and the states that it went through.
///
/// # Errors
/// [`Error::BuildFailed`] when it can't be made, [`Error::NoSuchImage`] when there is none, and those of a wait.
pub async fn wait(faas: &Faas, deadline: &Deadline, ordered: &Ordered) -> Result<(Image, Vec<String>)> {
    let uuid = &ordered.image.uuid;
    let listed_by = Instant::now() + Duration::from_secs(if ordered.is_new { 60 } else { 0 });
    let states = RefCell::new(vec![ordered.image.state.to_string()]);
    let look = || async {
        let image = match find(faas, uuid).await {
            Err(Error::NoSuchImage(_)) if Instant::now() < listed_by => {
                return Ok(Look::Pending(ordered.image.state.to_string()));
            }
            found => found?,
        };
        let state = image.state.to_string();
        if states.borrow().last() != Some(&state) {
            states.borrow_mut().push(state.clone());
        }
        match image.state {
            ImageState::Success => Ok(Look::Done(image)),
            ImageState::Failed => Err(Error::BuildFailed(Box::new(image))),
            _ => Ok(Look::Pending(state)),
        }
    };
    let image = deadline.wait(Awaited::Image(uuid.clone()), Pace::LOOKING, look).await?;
    Ok((image, states.into_inner()))
}

/// The image of this UUID.
///
/// # Errors
/// [`Error::NoSuchImage`] when there is none, and a failed call.
pub async fn find(faas: &Faas, uuid: &str) -> Result<Image> {
    let images = faas.images().await?.view;
    let found = images.into_iter().find(|image| image.uuid.eq_ignore_ascii_case(uuid));
    found.ok_or_else(|| Error::NoSuchImage(uuid.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn marked(uuid: &str, state: &str, created: &str) -> Image {
        Image { tags: Some("mine,fc-00".into()), ..samples::image(uuid, "f30001", state, created) }
    }

    #[test]
    fn an_image_stands_in_for_a_new_one_only_if_everything_agrees() {
        let wanted = ImageMatch { mark: "fc-00".into(), shell: "f30001".into(), encrypted: false };
        let fits = |image: Image| wanted.find(&[image]).is_some();
        let good = marked("a", "queued", "");
        assert!(fits(good.clone()));
        assert!(fits(Image { tags: None, description: Some("x fc-00".into()), ..good.clone() }));
        assert!(!fits(Image { tags: None, ..good.clone() }));
        assert!(!fits(Image { shell: Some("f30002".into()), ..good.clone() }));
        assert!(!fits(Image { encrypted: Some(true), ..good.clone() }));
        assert!(!fits(Image { state: ImageState::Failed, ..good }));
    }

    #[test]
    fn a_finished_image_goes_before_one_that_is_made() {
        let wanted = ImageMatch { mark: "fc-00".into(), shell: "f30001".into(), encrypted: false };
        let images = [
            marked("old", "success", "2020-01-01T00:00:00Z"),
            marked("new", "success", "2021-01-01T00:00:00Z"),
            marked("building", "compiling", "2022-01-01T00:00:00Z"),
        ];
        assert_eq!(wanted.find(&images).unwrap().uuid, "new");
    }
}
