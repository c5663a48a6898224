//! Watching a chip until it carries an image, and whether it still does.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;

use crate::bitstream::Family;
use crate::faas::{Chip, Faas, LoadStatus, TaskStatus};
use crate::ops::wait::{Awaited, Deadline, Look, Pace};
use crate::ops::{Error, Result};

/// How long an Intel chip has to be `operating` with our image until that counts as loaded: f1 documents since 2019
/// show nothing else.
const OPERATING_IS_LOADED: Duration = Duration::from_mins(1);
/// A load that was taken shows in the chip's status within this time.
const SHOWN: Duration = Duration::from_mins(1);
/// After this time an unchanged status is believed to be that of the load that was just asked for.
const STALE: Duration = Duration::from_secs(5);

/// The load that is waited for.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The instance.
    pub instance_id: &'a str,
    /// The chip.
    pub chip: &'a Chip,
    /// The image; None for whatever is being loaded.
    pub image_uuid: Option<&'a str>,
    /// What the chip said before the load was ordered; None where the load was not ordered just now.
    pub before: Option<LoadStatus>,
}

/// Waits until a chip carries the image.
///
/// # Errors
/// [`Error::LoadFailed`], and those of a wait.
pub async fn until_loaded(faas: &Faas, deadline: &Deadline, expected: &Expected<'_>) -> Result<LoadStatus> {
    let watch = RefCell::new(Watch::new(expected));
    let look = || async {
        let status = faas.load_status(expected.instance_id, &expected.chip.uuid).await?.view;
        let verdict = watch.borrow_mut().judge(&status, Instant::now());
        match verdict {
            Verdict::Loaded => Ok(Look::Done(status)),
            Verdict::Failed => Err(expected.failed(&status)),
            Verdict::NeverShown => Err(expected.never_shown(&status)),
            Verdict::Replaced => Err(expected.replaced(&status)),
            Verdict::Pending(state) => Ok(Look::Pending(state)),
            Verdict::LongOperating => {
                let chips = faas.chips(expected.instance_id).await?.view;
                let chip = chips.into_iter().find(|chip| chip.uuid == expected.chip.uuid);
                let reported = chip.and_then(|chip| chip.fpga_status).unwrap_or_default();
                if !reported.eq_ignore_ascii_case("valid") {
                    return Ok(Look::Pending(status.task_status.to_string()));
                }
                deadline.progress().warn(format!(
                    "fpga {} has been operating with the image for a minute and is reported valid: taken as loaded",
                    expected.chip.uuid
                ));
                Ok(Look::Done(status))
            }
        }
    };
    let (instance_id, fpga_uuid) = (expected.instance_id.to_owned(), expected.chip.uuid.clone());
    let image_uuid = expected.image_uuid.map(str::to_owned);
    deadline.wait(Awaited::Load { instance_id, fpga_uuid, image_uuid }, Pace::LOADING, look).await
}

/// Looks whether a chip still carries the image once it was tested: where another load came in between, what the tests
/// said they said of that one. A call that fails is no more than warned of, for it says nothing of the chip.
///
/// # Errors
/// [`Error::LoadReplaced`].
pub async fn still_loaded(
    faas: &Faas,
    deadline: &Deadline,
    (instance_id, fpga_uuid, image_uuid): (&str, &str, &str),
) -> Result<()> {
    match faas.load_status(instance_id, fpga_uuid).await {
        Ok(answered) if answered.view.image_uuid.is_some() && !answered.view.names(image_uuid) => {
            Err(replaced(&answered.view, (instance_id, fpga_uuid, image_uuid)))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            deadline
                .progress()
                .warn(format!("can't see whether fpga {fpga_uuid} still carries {image_uuid}: {error}"));
            Ok(())
        }
    }
}

fn replaced(status: &LoadStatus, (instance_id, fpga_uuid, image_uuid): (&str, &str, &str)) -> Error {
    Error::LoadReplaced {
        image_uuid: image_uuid.to_owned(),
        fpga_uuid: fpga_uuid.to_owned(),
        instance_id: instance_id.to_owned(),
        by: status.image_uuid.clone().unwrap_or_else(|| "no image".into()),
        when: status.create_time.as_ref().map(|time| format!(", ordered at {time}")).unwrap_or_default(),
    }
}

impl Expected<'_> {
    fn failed(&self, status: &LoadStatus) -> Error {
        let image = self.image_uuid.map(str::to_owned).or_else(|| status.image_uuid.clone());
        Error::LoadFailed {
            image_uuid: image.unwrap_or_default(),
            fpga_uuid: self.chip.uuid.clone(),
            instance_id: self.instance_id.to_owned(),
            status: format!("the chip is {}", status.task_status),
        }
    }

    fn never_shown(&self, status: &LoadStatus) -> Error {
        let what = status.image_uuid.as_deref().unwrap_or("no image");
        Error::LoadFailed {
            image_uuid: self.image_uuid.unwrap_or_default().to_owned(),
            fpga_uuid: self.chip.uuid.clone(),
            instance_id: self.instance_id.to_owned(),
            status: format!(
                "the service took the order, and after a minute the chip still says {} with {what}",
                status.task_status
            ),
        }
    }

    fn replaced(&self, status: &LoadStatus) -> Error {
        replaced(status, (self.instance_id, &self.chip.uuid, self.image_uuid.unwrap_or_default()))
    }
}

/// What one status says about the awaited load.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Loaded,
    Failed,
    /// The order was taken, and nothing came of it.
    NeverShown,
    /// Somebody else's load came after ours.
    Replaced,
    Pending(String),
    /// `operating` with our image for so long, on Intel, that the chip's own status decides.
    LongOperating,
}

/// Judges one status after the other.
struct Watch<'a> {
    expected: &'a Expected<'a>,
    began: Instant,
    /// Whether the chip has named our image since the order.
    was_ours: bool,
    was_busy: bool,
    operating_since: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(expected: &'a Expected<'a>) -> Self {
        Self { expected, began: Instant::now(), was_ours: false, was_busy: false, operating_since: None }
    }

    fn judge(&mut self, status: &LoadStatus, now: Instant) -> Verdict {
        let ours = self.expected.image_uuid.is_none_or(|uuid| status.names(uuid));
        let task = &status.task_status;
        let operating = ours && *task == TaskStatus::Operating;
        self.operating_since = if operating { self.operating_since.or(Some(now)) } else { None };
        self.was_busy |= ours && task.is_busy();
        if !ours {
            return self.of_another(status, now);
        }
        self.was_ours = true;
        if self.is_stale(status, now) {
            return Verdict::Pending("committed".into());
        }
        match task {
            TaskStatus::Valid => Verdict::Loaded,
            task if task.is_failure() => Verdict::Failed,
            _ if self.has_operated_long(now) => Verdict::LongOperating,
            task => Verdict::Pending(task.to_string()),
        }
    }

    /// The chip names another image: the one from before, that ours is still to follow, or one that came after ours.
    fn of_another(&self, status: &LoadStatus, now: Instant) -> Verdict {
        let Some(before) = &self.expected.before else {
            let other = status.image_uuid.as_deref().unwrap_or("no image");
            let pending = Verdict::Pending(format!("{} with {other}", status.task_status));
            return if self.was_ours { Verdict::Replaced } else { pending };
        };
        let is_news = status.image_uuid.is_some()
            && (&status.image_uuid, &status.create_time) != (&before.image_uuid, &before.create_time);
        if self.was_ours || is_news {
            return Verdict::Replaced;
        }
        if now.duration_since(self.began) >= SHOWN {
            return Verdict::NeverShown;
        }
        Verdict::Pending("committed".into())
    }

    /// Whether the status is still that of an earlier load of the same image.
    fn is_stale(&self, status: &LoadStatus, now: Instant) -> bool {
        let earlier = self.expected.before.as_ref().and_then(|before| before.create_time.as_ref());
        let unchanged = earlier.is_some() && status.create_time.as_ref() == earlier;
        unchanged && !self.was_busy && now.duration_since(self.began) < STALE
    }

    fn has_operated_long(&self, now: Instant) -> bool {
        let intel = self.expected.chip.family() == Some(Family::Intel);
        intel && self.operating_since.is_some_and(|since| now.duration_since(since) >= OPERATING_IS_LOADED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faas::Time;
    use crate::ops::samples::chip;

    fn status(task: &str, image: &str) -> LoadStatus {
        LoadStatus {
            uuid: "0x1".into(),
            task_status: TaskStatus::of(task),
            image_uuid: Some(image.into()),
            ..LoadStatus::default()
        }
    }

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    fn expected(chip: &Chip) -> Expected<'_> {
        Expected { instance_id: "i-1", chip, image_uuid: Some("ours"), before: None }
    }

    #[tokio::test(start_paused = true)]
    async fn loaded_is_valid_with_our_image_and_nothing_else() {
        let chip = chip("0x1", "xilinx", "f30001");
        let expected = expected(&chip);
        let mut watch = Watch::new(&expected);
        let pending = |text: &str| Verdict::Pending(text.into());
        assert_eq!(watch.judge(&status("valid", "theirs"), after(0)), pending("valid with theirs"));
        assert_eq!(watch.judge(&status("invalid", "theirs"), after(0)), pending("invalid with theirs"));
        assert_eq!(watch.judge(&status("committed", "ours"), after(0)), pending("committed"));
        assert_eq!(watch.judge(&status("warming up", "ours"), after(0)), pending("warming up"));
        assert_eq!(watch.judge(&status("operating", "ours"), after(600)), pending("operating"));
        assert_eq!(watch.judge(&status("operating", "ours"), after(1200)), pending("operating"));
        assert_eq!(watch.judge(&status("valid", "OURS"), after(0)), Verdict::Loaded);
        assert_eq!(watch.judge(&status("invalid", "ours"), after(0)), Verdict::Failed);
    }

    #[tokio::test(start_paused = true)]
    async fn an_intel_chip_that_operates_for_a_minute_is_asked_about_itself() {
        let chip = chip("0x1", "intel", "V0.11");
        let expected = expected(&chip);
        let mut watch = Watch::new(&expected);
        let mut judge = |task: &str, image: &str, second| watch.judge(&status(task, image), after(second));
        assert_eq!(judge("operating", "ours", 0), Verdict::Pending("operating".into()));
        assert_eq!(judge("operating", "ours", 59), Verdict::Pending("operating".into()));
        assert_eq!(judge("valid", "ours", 59), Verdict::Loaded);
        assert_eq!(judge("operating", "ours", 61), Verdict::Pending("operating".into()));
        assert_eq!(judge("operating", "ours", 121), Verdict::LongOperating);
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_that_never_shows_and_one_that_another_replaced_are_told_at_once() {
        let chip = chip("0x1", "xilinx", "f30001");
        let time = |text: &str| Some(Time::read(text));
        let old = LoadStatus { create_time: time("2024-01-01T00:00:00Z"), ..status("valid", "old") };
        let theirs =
            LoadStatus { create_time: time("2024-01-02T00:00:00Z"), ..status("committed", "theirs") };
        let expected = Expected { before: Some(old.clone()), ..expected(&chip) };
        let mut watch = Watch::new(&expected);
        assert_eq!(watch.judge(&old, after(0)), Verdict::Pending("committed".into()));
        assert_eq!(watch.judge(&old, after(59)), Verdict::Pending("committed".into()));
        assert_eq!(watch.judge(&old, after(61)), Verdict::NeverShown);
        assert_eq!(watch.judge(&theirs, after(1)), Verdict::Replaced);
        // The old image again, by somebody else's order; and a chip that has carried ours.
        let again = LoadStatus { create_time: time("2024-01-02T00:00:00Z"), ..old.clone() };
        assert_eq!(watch.judge(&again, after(1)), Verdict::Replaced);
        assert_eq!(watch.judge(&status("operating", "ours"), after(2)), Verdict::Pending("operating".into()));
        assert_eq!(watch.judge(&old, after(3)), Verdict::Replaced);
        // An order that is only watched: what it replaced is not known.
        let watched = Expected { before: None, ..expected.clone() };
        let mut watch = Watch::new(&watched);
        assert_eq!(watch.judge(&old, after(61)), Verdict::Pending("valid with old".into()));
        watch.judge(&status("operating", "ours"), after(62));
        assert_eq!(watch.judge(&old, after(63)), Verdict::Replaced);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_an_earlier_load_is_not_taken_for_this_one() {
        let chip = chip("0x1", "xilinx", "f30001");
        let earlier = Some(Time::read("2024-01-01T00:00:00Z"));
        let before = LoadStatus { create_time: earlier.clone(), ..status("valid", "ours") };
        let expected = Expected { before: Some(before), ..expected(&chip) };
        let mut watch = Watch::new(&expected);
        let old = |task| LoadStatus { create_time: earlier.clone(), ..status(task, "ours") };
        assert_eq!(watch.judge(&old("valid"), after(0)), Verdict::Pending("committed".into()));
        assert_eq!(watch.judge(&old("invalid"), after(0)), Verdict::Pending("committed".into()));
        assert_eq!(watch.judge(&status("valid", "ours"), after(0)), Verdict::Loaded);
        assert_eq!(watch.judge(&old("valid"), after(5)), Verdict::Loaded);
        let mut watch = Watch::new(&expected);
        assert_eq!(watch.judge(&old("operating"), after(0)), Verdict::Pending("operating".into()));
        assert_eq!(watch.judge(&old("valid"), after(1)), Verdict::Loaded);
    }
}
