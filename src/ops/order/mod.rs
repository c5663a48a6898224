//! An order for an image: given once, whoever else gives the same one and whatever becomes of the answer.
//!
//! What may follow is decided by what is known: the images in the service's list, and the order that was given and not
//! answered, which is on disk ([`Intent`]). The service has no token that would make an order safe to repeat.

mod next;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use self::next::{Next, next};
use super::image::{ImageMatch, Ordered};
pub use super::intent::without_order_mark;
use super::intent::{Intent, IntentFile};
use super::wait::{Awaited, Deadline, Look, Pace};
use super::{Error, Result};
use crate::cloud;
use crate::faas::{Faas, Image, NewImage};

/// The service takes one order for an image in this time.
const BETWEEN_ORDERS: SignedDuration = SignedDuration::from_mins(30);
/// How long an image may be missing in the list after its order was executed.
const LISTING_LAG: Duration = Duration::from_mins(1);
/// How long an order may still arrive, or what it made appear, after no answer came.
pub const ORDER_LIFE: Duration = Duration::from_mins(2);
/// After so many lost answers no further order is given.
const LOST_ANSWERS: usize = 3;
/// Between looking and ordering passes about one round trip, in which another machine may order. Those that begin
/// together are spread over so many of them.
const SPREAD: u32 = 30;

/// How an image is ordered.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is to be made, as the user says it.
    pub image: NewImage,
    /// The content's mark, where it is known; it goes into the tags.
    pub content: Option<String>,
    /// What tells the object from another under the same key: its checksum or its `ETag`.
    pub object: Option<String>,
    /// What another image must have to stand in for this one; None where none does.
    pub stand_in: Option<ImageMatch>,
    /// Whether a new image is wanted whatever there is.
    pub anew: bool,
    /// Whether to wait while the service takes no order (`FREQUENCY ERROR`).
    pub wait_for_turn: bool,
    /// How long an order without an answer is looked for before it is given again.
    pub life: Duration,
}

impl Order {
    fn is_known(&self) -> bool {
        self.content.is_some() || self.object.is_some()
    }

    /// What tells this order from others: of one for which an image may stand in, what that one must have, and of any other
    /// all that was said.
    fn identity(&self) -> String {
        match &self.stand_in {
            Some(stand_in) => format!("{stand_in:?}"),
            None => format!("{:?} {:?} {:?}", self.image, self.content, self.object),
        }
    }

    fn stand_in(&self) -> Option<&ImageMatch> {
        self.stand_in.as_ref().filter(|_| !self.anew)
    }
}

/// The service as far as an order needs it.
pub(super) trait Images {
    async fn list(&self) -> cloud::Result<Vec<Image>>;
    async fn order(&self, image: &NewImage) -> cloud::Result<Image>;
    /// The service's time, as far as it is known.
    fn now(&self) -> Timestamp;
}

impl Images for Faas {
    async fn list(&self) -> cloud::Result<Vec<Image>> {
        Ok(self.images().await?.view)
    }

    async fn order(&self, image: &NewImage) -> cloud::Result<Image> {
        Ok(self.create_image(image).await?.view)
    }

    fn now(&self) -> Timestamp {
        self.cloud().clock().now()
    }
}

/// Orders an image, unless one stands in for it or an order of an earlier run, which was ended before the answer, made
/// it. After a lost answer the image is looked for as long as the order may still arrive; then the order is given again.
///
/// # Errors
/// The service's refusal; the lost answer, if several orders had none and no image appeared; the end of the waiting.
pub async fn place(faas: &Faas, deadline: &Deadline, order: &Order) -> Result<Ordered> {
    let file = IntentFile::of(faas, &order.identity()).await;
    if file.0.is_none() {
        deadline
            .progress()
            .warn("there is no HOME: nothing on this machine guards against a second order".into());
    }
    Box::pin(Placing::new(faas, deadline, order, &file).run()).await
}

/// An order that is being given.
struct Placing<'a, S> {
    service: &'a S,
    deadline: &'a Deadline,
    order: &'a Order,
    file: &'a IntentFile,
    /// The order whose answer is missing.
    open: RefCell<Option<Intent>>,
    /// What was heard in this run instead of an answer.
    lost: RefCell<Vec<cloud::Error>>,
    /// The service refused the tags, with this: the marks go into the description.
    refused_tags: RefCell<Option<cloud::Error>>,
    /// When the service's half hour ends.
    turn: Cell<Option<Timestamp>>,
}

impl<'a, S: Images> Placing<'a, S> {
    fn new(service: &'a S, deadline: &'a Deadline, order: &'a Order, file: &'a IntentFile) -> Self {
        // An object that can't be told from another under its key may be another by now.
        let may_be_ours = |intent: &Intent| order.is_known() || service.now() < intent.until;
        let open = file.read().filter(|intent| !order.anew && may_be_ours(intent));
        Self {
            service,
            deadline,
            order,
            file,
            open: RefCell::new(open),
            lost: RefCell::default(),
            refused_tags: RefCell::default(),
            turn: Cell::default(),
        }
    }

    async fn run(&self) -> Result<Ordered> {
        let awaited = Awaited::Turn("the order for an image".into());
        self.deadline.wait(awaited, Pace::ASKING, || self.step()).await
    }

    /// Looks, and does what follows from it.
    async fn step(&self) -> Result<Look<Ordered>> {
        let began = Instant::now();
        let images = self.service.list().await?;
        let trip = began.elapsed();
        match self.next(&images) {
            Next::StandIn(image) => return Ok(self.done(image, self.has_lost() && self.is_own(image))),
            Next::Own(image) => return Ok(self.adopted(image)),
            Next::Look(until) => return Ok(self.look_again(until)),
            Next::Ask => self.judge_losses()?,
        }
        // Whoever began at the same time is seen now, or sees us.
        tokio::time::sleep(jitter(trip)).await;
        let images = self.service.list().await?;
        if let Next::StandIn(image) = self.next(&images) {
            return Ok(self.done(image, false));
        }
        self.ask(&images, trip).await
    }

    fn next<'i>(&self, images: &'i [Image]) -> Next<'i> {
        next(self.open.borrow().as_ref(), self.order.stand_in(), images, self.service.now())
    }

    async fn ask(&self, images: &[Image], trip: Duration) -> Result<Look<Ordered>> {
        loop {
            let intent = Intent::new(self.service.now(), self.order.life);
            self.file.write(&intent).map_err(|(path, error)| Error::NoState { path, error })?;
            *self.open.borrow_mut() = Some(intent.clone());
            let error = match self.service.order(&self.marked(&intent)).await {
                Ok(image) => return self.agreed(image, trip).await.map(Look::Done),
                Err(error) if error.may_have_happened() => return Ok(self.lost(error, intent)),
                Err(error) => error,
            };
            self.forget();
            if error.code() != Some("PARAMETER INVALIDATE") {
                return self.refused(error, images);
            }
            self.describe_instead(error)?;
        }
    }

    /// The service refuses the tags. Refused again, it was something else, and the first refusal says it of what the
    /// user gave.
    fn describe_instead(&self, error: cloud::Error) -> Result<()> {
        if let Some(first) = self.refused_tags.borrow_mut().take() {
            return Err(first.into());
        }
        let note = "the service refuses the tags; the marks of content and order go into the description";
        self.deadline.progress().note(note.into());
        *self.refused_tags.borrow_mut() = Some(error);
        Ok(())
    }

    /// The order as it is sent: with its own mark and that of the content.
    fn marked(&self, intent: &Intent) -> NewImage {
        let mut image = self.order.image.clone();
        let text =
            if self.refused_tags.borrow().is_some() { &mut image.description } else { &mut image.tags };
        let marks = self.order.content.iter().chain([&intent.mark]);
        *text = Some(text.iter().chain(marks).map(String::as_str).collect::<Vec<_>>().join(","));
        image
    }

    /// The image was ordered; if another machine ordered the same before, that one is taken.
    async fn agreed(&self, image: Image, trip: Duration) -> Result<Ordered> {
        let Some(stand_in) = self.order.stand_in() else {
            self.forget();
            return Ok(Ordered { image, is_new: true });
        };
        tokio::time::sleep(jitter(trip)).await;
        // The order is in: that the list can't be had is no failure of it.
        let images = self.service.list().await.unwrap_or_default();
        // A run that comes before the image is listed needs to know that it was ordered.
        if images.iter().any(|listed| listed.uuid == image.uuid) {
            self.forget();
        }
        let Some(earlier) = stand_in.earlier(&image, &images) else {
            return Ok(Ordered { image, is_new: true });
        };
        self.deadline.progress().warn(format!(
            "another machine ordered the same image at the same time: {} is used, and {} is one too many (faascmd image rm {})",
            earlier.uuid, image.uuid, image.uuid
        ));
        Ok(Ordered { image: earlier.clone(), is_new: false })
    }

    fn has_lost(&self) -> bool {
        !self.lost.borrow().is_empty()
    }

    /// Nothing came of the orders whose answers were lost. So many are no accident.
    fn judge_losses(&self) -> Result<()> {
        let mut lost = self.lost.borrow_mut();
        let last = if lost.len() < LOST_ANSWERS { None } else { lost.pop() };
        last.map_or(Ok(()), |error| Err(Error::Unanswered(Box::new(error))))
    }

    fn lost(&self, error: cloud::Error, mut intent: Intent) -> Look<Ordered> {
        // An answer came, although none that tells: nothing is under way any more.
        if error.http_status().is_some_and(|status| status == 500) && error.refusal().is_some() {
            let lag = LISTING_LAG.min(self.order.life);
            intent.until = self.service.now().saturating_add(lag).unwrap_or(Timestamp::MAX);
        }
        let text =
            format!("{error}; looking until {:.0} whether the image was ordered all the same", intent.until);
        self.deadline.progress().warn(text);
        let until = intent.until;
        *self.open.borrow_mut() = Some(intent);
        self.lost.borrow_mut().push(error);
        self.look_again(until)
    }

    fn refused(&self, error: cloud::Error, images: &[Image]) -> Result<Look<Ordered>> {
        match error.code() {
            Some("FREQUENCY ERROR") if self.order.wait_for_turn => {
                let until = self.turn.get().unwrap_or_else(|| self.end_of_the_half_hour(images));
                self.turn.set(Some(until));
                let state = format!("refused (FREQUENCY ERROR: one in half an hour), until {until:.0}");
                Ok(Look::PendingUntil(state, self.instant_of(until)))
            }
            _ => Err(error.into()),
        }
    }

    fn look_again(&self, until: Timestamp) -> Look<Ordered> {
        let state = format!("unknown, an answer was lost; looking for it until {until:.0}");
        // Soon at first, then every few seconds.
        let left = self.instant_of(until).saturating_duration_since(Instant::now());
        let pause = (self.order.life.saturating_sub(left) / 8).max(Duration::from_millis(200));
        Look::PendingUntil(state, Instant::now() + pause.min(left))
    }

    fn adopted(&self, image: &Image) -> Look<Ordered> {
        if !self.has_lost() {
            let uuid = &image.uuid;
            let note = format!("an earlier run has ordered image {uuid}, and was ended before the answer");
            self.deadline.progress().note(note);
        }
        self.done(image, true)
    }

    fn done(&self, image: &Image, is_new: bool) -> Look<Ordered> {
        self.forget();
        Look::Done(Ordered { image: image.clone(), is_new })
    }

    fn is_own(&self, image: &Image) -> bool {
        self.open.borrow().as_ref().is_some_and(|intent| intent.made(std::slice::from_ref(image)).is_some())
    }

    fn forget(&self) {
        self.open.borrow_mut().take();
        self.file.remove();
    }

    /// When the half hour after the newest image ends, at the latest.
    fn end_of_the_half_hour(&self, images: &[Image]) -> Timestamp {
        let now = self.service.now();
        let newest = images.iter().filter_map(Image::created).filter(|time| *time <= now).max();
        let end = newest.unwrap_or(now).saturating_add(BETWEEN_ORDERS).unwrap_or(now);
        // An image that was deleted since no longer tells; then the half hour begins now.
        if end > now { end } else { now.saturating_add(BETWEEN_ORDERS).unwrap_or(now) }
    }

    /// The same point in the program's own time.
    fn instant_of(&self, time: Timestamp) -> Instant {
        let left = Duration::try_from(time.duration_since(self.service.now())).unwrap_or_default();
        Instant::now() + left + Duration::from_secs(1)
    }
}

/// A pause by chance, of up to so many round trips.
fn jitter(trip: Duration) -> Duration {
    let most = (trip * SPREAD).clamp(Duration::from_millis(200), Duration::from_secs(5));
    most.mul_f64(fastrand::f64())
}
