//! Images: made once and never twice, found again by what they are made of, waited for.

use std::cell::RefCell;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::intent::{Intent, IntentFile};
use super::wait::{Awaited, Deadline, Look, Pace};
use super::{Error, Result};
use crate::base::fingerprint::carries_mark;
use crate::faas::{Faas, Image, ImageState, NewImage};

/// The service takes one order for an image in this time.
const BETWEEN_ORDERS: SignedDuration = SignedDuration::from_mins(30);
/// How long after a lost answer it is looked whether the image appears.
const LOOKS_AFTER: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// How often an order whose answer was lost is given again.
const ORDERS: u32 = 3;

/// What an image has to have, so that another need not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageMatch {
    /// The content's mark, in the tags or in the description.
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
}

/// How an image is ordered.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is to be made.
    pub image: NewImage,
    /// The content's mark, to be put into the tags.
    pub mark: Option<String>,
    /// Whether to wait while the service takes no order (`FREQUENCY ERROR`).
    pub wait_for_turn: bool,
}

/// Orders an image. After a lost answer, or a run that was killed before its answer came, it is looked first whether
/// the image is there.
///
/// # Errors
/// The service's refusal; the lost answer, if several orders had none and no image appeared; the end of the deadline.
pub async fn create(faas: &Faas, deadline: &Deadline, order: &Order) -> Result<Image> {
    let marked =
        NewImage { tags: with_mark(order.image.tags.as_ref(), order.mark.as_deref()), ..order.image.clone() };
    let refused = match create_once(faas, deadline, &marked, order.wait_for_turn).await {
        Err(error) if order.mark.is_some() && error.is_refused_with("PARAMETER INVALIDATE") => error,
        outcome => return outcome,
    };
    deadline
        .progress()
        .note("the service refuses the tags; the content's mark goes into the description".into());
    let described = NewImage {
        description: with_mark(order.image.description.as_ref(), order.mark.as_deref()),
        ..order.image.clone()
    };
    // Refused again: then it was something else, and the first refusal says it of what the user gave.
    create_once(faas, deadline, &described, order.wait_for_turn)
        .await
        .map_err(|again| if again.is_refused_with("PARAMETER INVALIDATE") { refused } else { again })
}

fn with_mark(text: Option<&String>, mark: Option<&str>) -> Option<String> {
    match (text, mark) {
        (Some(text), Some(mark)) => Some(format!("{text},{mark}")),
        (text, mark) => text.cloned().or_else(|| mark.map(str::to_owned)),
    }
}

async fn create_once(
    faas: &Faas,
    deadline: &Deadline,
    order: &NewImage,
    wait_for_turn: bool,
) -> Result<Image> {
    let file = IntentFile::of(faas, order).await;
    if let Some(earlier) = file.recall()
        && let Some(image) = appeared(faas, order, &earlier).await?
        && image.state.is_alive()
    {
        deadline.progress().note(format!(
            "an earlier run has ordered image {}, and was ended before the answer",
            image.uuid
        ));
        file.forget();
        return Ok(image);
    }
    let asking = Asking { faas, deadline, order, file: &file };
    let image = if wait_for_turn { asking.until_taken().await? } else { asking.once().await? };
    file.forget();
    Ok(image)
}

/// The image that an order made whose answer nobody heard.
async fn appeared(faas: &Faas, order: &NewImage, intent: &Intent) -> Result<Option<Image>> {
    let looks = if intent.is_settled() { &LOOKS_AFTER[..1] } else { &LOOKS_AFTER };
    for pause in looks {
        tokio::time::sleep(*pause).await;
        let images = faas.images().await?.view;
        if let Some(image) = intent.made(order, &images) {
            return Ok(Some(image.clone()));
        }
    }
    Ok(None)
}

/// An order that is being given.
#[derive(Clone, Copy)]
struct Asking<'a> {
    faas: &'a Faas,
    deadline: &'a Deadline,
    order: &'a NewImage,
    file: &'a IntentFile,
}

impl Asking<'_> {
    /// Asks until the service takes the order; it takes one in half an hour.
    async fn until_taken(self) -> Result<Image> {
        let until = tokio::sync::OnceCell::new();
        let look = || async {
            match self.once().await {
                Err(error) if error.is_refused_with("FREQUENCY ERROR") => {
                    let until = until.get_or_init(|| self.end_of_the_half_hour()).await;
                    let state = format!("refused (FREQUENCY ERROR: one in half an hour), until {until:.0}");
                    Ok(Look::PendingUntil(state, instant_of(*until)))
                }
                outcome => outcome.map(Look::Done),
            }
        };
        self.deadline.wait(Awaited::Turn("the order for an image".into()), Pace::ASKING, look).await
    }

    /// When the half hour after the newest image ends, at the latest.
    async fn end_of_the_half_hour(self) -> Timestamp {
        let now = self.faas.cloud().clock().now();
        let images = self.faas.images().await.map(|answered| answered.view).unwrap_or_default();
        let newest = images.iter().filter_map(Image::created).filter(|time| *time <= now).max();
        let end = newest.unwrap_or(now).saturating_add(BETWEEN_ORDERS).unwrap_or(now);
        // An image that was deleted since no longer tells; then the half hour begins now.
        if end > now { end } else { now.saturating_add(BETWEEN_ORDERS).unwrap_or(now) }
    }

    async fn once(self) -> Result<Image> {
        let mut orders = 0;
        loop {
            orders += 1;
            let intent = Intent::now(&self.faas.images().await?.view);
            self.file.keep(&intent);
            let error = match self.faas.create_image(self.order).await {
                Ok(made) => return Ok(made.view),
                Err(error) if !error.may_have_happened() => {
                    self.file.forget();
                    return Err(error.into());
                }
                Err(error) => error,
            };
            self.deadline
                .progress()
                .warn(format!("{error}; looking whether the image was ordered all the same"));
            if let Some(image) = appeared(self.faas, self.order, &intent).await? {
                return Ok(image);
            }
            if orders == ORDERS {
                return Err(error.into());
            }
        }
    }
}

/// The same point in the program's own time.
fn instant_of(time: Timestamp) -> Instant {
    let left = Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default();
    Instant::now() + left + Duration::from_secs(1)
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

    #[test]
    fn the_mark_goes_behind_what_the_user_wrote() {
        let of = |text: Option<&str>| with_mark(text.map(str::to_owned).as_ref(), Some("fc-00"));
        assert_eq!([of(Some("a b")), of(None)], [Some("a b,fc-00".into()), Some("fc-00".into())]);
    }
}
