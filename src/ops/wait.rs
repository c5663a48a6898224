//! Waiting for what goes on in the cloud: one waiter for images, loads, turns and locks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::{Error, Result};
use crate::base::cancel::Cancel;
use crate::base::progress::{Event, Progress};

/// Failed looks in a row after which a wait gives up; each has had the retries of its call.
const TOLERATED: u32 = 10;
/// How long a look may take beyond the end of the waiting time.
const GRACE: Duration = Duration::from_secs(10);
/// How often the time spent is shown.
const TICK: Duration = Duration::from_secs(1);

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The build of an image, by its UUID.
    Image(String),
    /// What is being loaded into a chip.
    Load {
        /// The instance.
        instance_id: String,
        /// The chip.
        fpga_uuid: String,
        /// The image, if a certain one is meant.
        image_uuid: Option<String>,
    },
    /// The service to take another order, which it refuses for a while.
    Turn(String),
    /// The hosts of a target.
    Hosts(String),
    /// Another process of this machine that does the same work; the file that it holds locked.
    Lock(String),
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(uuid) => write!(f, "image {uuid}"),
            Self::Load { instance_id, fpga_uuid, .. } => write!(f, "fpga {fpga_uuid} on {instance_id}"),
            Self::Turn(order) => f.write_str(order),
            Self::Hosts(target) => write!(f, "{target}"),
            Self::Lock(work) => f.write_str(work),
        }
    }
}

/// What a look at the awaited thing found.
#[derive(Debug)]
pub enum Look<T> {
    /// Not there yet; its state in the service's word.
    Pending(String),
    /// Not there yet, and to be looked at then at the latest.
    PendingUntil(String, Instant),
    /// There.
    Done(T),
}

/// How the pauses between looks grow: with the time that has passed already.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The shortest pause.
    pub least: Duration,
    /// A pause is the time waited so far divided by this.
    pub share: u32,
    /// The longest pause.
    pub most: Duration,
}

impl Pace {
    /// For looking, which costs the service little: at most an eighth of the wait passes unseen, and never over 30 s.
    pub const LOOKING: Self =
        Self { least: Duration::from_millis(200), share: 8, most: Duration::from_secs(30) };
    /// For a load, which takes seconds.
    pub const LOADING: Self =
        Self { least: Duration::from_millis(200), share: 8, most: Duration::from_secs(10) };
    /// For asking again what was refused: each pause as long as the whole wait before it.
    pub const ASKING: Self = Self { least: Duration::from_secs(1), share: 1, most: Duration::from_mins(5) };

    /// The pause after so long a wait, up to a fifth longer or shorter by chance.
    fn pause(&self, waited: Duration) -> Duration {
        let pause = (waited / self.share).clamp(self.least, self.most);
        pause.mul_f64(0.8 + fastrand::f64() * 0.4)
    }
}

/// When the waiting ends, what ends it early, and who hears of it.
#[derive(Clone)]
pub struct Deadline {
    end: Instant,
    cancel: Cancel,
    progress: Arc<dyn Progress>,
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deadline({:?})", self.end)
    }
}

/// Why a wait ended before its time.
enum Stop {
    Cancelled(i32),
    TimeIsOver,
}

impl Deadline {
    /// Deadline for so long from now; the waits share it.
    pub fn new(timeout: Duration, cancel: Cancel, progress: Arc<dyn Progress>) -> Self {
        // A year is as good as for ever, and can be added to the time of any machine.
        let timeout = timeout.min(Duration::from_hours(24 * 366));
        Self { end: Instant::now() + timeout, cancel, progress }
    }

    /// Who hears of the progress.
    pub fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    /// The flag that ends all waiting.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// What is left of the time.
    pub fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Looks until the thing is there. At least one look is made, and the last when the time is over.
    ///
    /// Once a look has succeeded, up to ten in a row may fail for a passing reason.
    ///
    /// # Errors
    /// [`Error::Pending`] when the time is over, [`Error::Interrupted`] on a signal, and what a look fails with.
    pub async fn wait<T, F>(&self, awaited: Awaited, pace: Pace, look: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<Look<T>>>,
    {
        let started = Instant::now();
        let mut wait = Wait { deadline: self, awaited, pace, started, state: String::new(), next_look: None };
        let outcome = wait.until_done(look).await;
        self.progress.event(Event::WaitEnded);
        outcome
    }

    /// Does a piece of work that a signal ends. A wait within it is asked first, for it can say more.
    ///
    /// # Errors
    /// The work's, and [`Error::Interrupted`] on a signal.
    pub async fn unless_cancelled<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = std::pin::pin!(work);
        let signal = tokio::select! {
            biased;
            outcome = &mut work => return outcome,
            signal = self.cancel.cancelled() => signal,
        };
        // The signal may have come after the work was asked, which knows of it now.
        let none = Err(Error::Interrupted { signal, awaited: None, state: String::new() });
        work.now_or_never().unwrap_or(none)
    }
}

/// One wait.
struct Wait<'a> {
    deadline: &'a Deadline,
    awaited: Awaited,
    pace: Pace,
    started: Instant,
    state: String,
    next_look: Option<Instant>,
}

impl Wait<'_> {
    async fn until_done<T, F>(&mut self, mut look: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<Look<T>>>,
    {
        let mut failures = 0;
        let mut is_last = false;
        loop {
            match self.bounded(look()).await.map_err(|stop| self.stopped(&stop))? {
                Ok(Look::Done(done)) => return Ok(done),
                Ok(Look::Pending(state)) => (self.state, self.next_look, failures) = (state, None, 0),
                Ok(Look::PendingUntil(state, at)) => {
                    (self.state, self.next_look, failures) = (state, Some(at), 0)
                }
                Err(error) if self.may_pass(&error, failures) => {
                    failures += 1;
                    self.deadline.progress.warn(format!("{error}; still waiting for {}", self.awaited));
                }
                Err(error) => return Err(error),
            }
            if is_last {
                return Err(self.stopped(&Stop::TimeIsOver));
            }
            match self.rest().await {
                Ok(()) => {}
                Err(Stop::TimeIsOver) => is_last = true,
                Err(stop) => return Err(self.stopped(&stop)),
            }
        }
    }

    /// Whether a failed look is no reason to give up: what was seen once will be seen again.
    fn may_pass(&self, error: &Error, failures: u32) -> bool {
        !self.state.is_empty() && failures < TOLERATED && error.is_transient()
    }

    async fn bounded<T>(&self, look: impl Future<Output = T>) -> Result<T, Stop> {
        let end = self.deadline.end.max(self.started) + GRACE;
        let end = end.max(Instant::now() + GRACE);
        tokio::select! {
            biased;
            signal = self.deadline.cancel.cancelled() => Err(Stop::Cancelled(signal)),
            found = look => Ok(found),
            () = tokio::time::sleep_until(end), if !self.state.is_empty() => Err(Stop::TimeIsOver),
        }
    }

    /// Pauses, and shows every second how long it has been.
    async fn rest(&self) -> Result<(), Stop> {
        let now = Instant::now();
        let end = now + self.pace.pause(self.started.elapsed());
        let end = self.next_look.filter(|at| *at > now).map_or(end, |at| end.min(at));
        loop {
            self.show();
            let now = Instant::now();
            let next = end.min(self.deadline.end).min(now + TICK);
            tokio::select! {
                biased;
                signal = self.deadline.cancel.cancelled() => return Err(Stop::Cancelled(signal)),
                () = tokio::time::sleep_until(next) => {}
            }
            if Instant::now() >= self.deadline.end {
                return Err(Stop::TimeIsOver);
            }
            if next == end {
                return Ok(());
            }
        }
    }

    fn show(&self) {
        let (thing, state) = (self.awaited.to_string(), self.state.clone());
        self.deadline.progress.event(Event::Waiting { thing, state, elapsed: self.started.elapsed() });
    }

    fn stopped(&self, stop: &Stop) -> Error {
        let (awaited, state) = (self.awaited.clone(), self.state.clone());
        // Whether another has a lock is known from the first look on.
        let is_known = !state.is_empty() || !matches!(awaited, Awaited::Lock(_));
        match stop {
            Stop::Cancelled(signal) => {
                Error::Interrupted { signal: *signal, awaited: is_known.then_some(awaited), state }
            }
            Stop::TimeIsOver => Error::Pending { awaited, state, elapsed: self.started.elapsed() },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::task::Poll;

    use super::*;
    use crate::base::progress::Silent;
    use crate::cloud;

    fn deadline(timeout: u64) -> Deadline {
        Deadline::new(Duration::from_secs(timeout), Cancel::new(), Arc::new(Silent))
    }

    fn image() -> Awaited {
        Awaited::Image("a8ce".into())
    }

    fn pending<T>() -> Result<Look<T>> {
        Ok(Look::Pending("compiling".into()))
    }

    fn unavailable<T>() -> Result<Look<T>> {
        let refusal =
            cloud::ServiceError { http_status: 503, code: "ServiceUnavailable".into(), ..Default::default() };
        Err(cloud::Error::new(cloud::Service::Faas, "DescribeFpgaImages", Box::new(refusal)).into())
    }

    /// Waits for what takes so many seconds; gives the looks that were needed and the seconds that passed.
    async fn waits_for(seconds: u64) -> (u32, u64) {
        let (started, looks) = (Instant::now(), Cell::new(0));
        let look = || async {
            looks.set(looks.get() + 1);
            if started.elapsed().as_secs() >= seconds { Ok(Look::Done(())) } else { pending() }
        };
        deadline(1 << 20).wait(image(), Pace::LOOKING, look).await.unwrap();
        (looks.get(), started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn looks_grow_rarer_and_the_end_is_seen_soon() {
        let (looks, seconds) = waits_for(3).await;
        assert!(looks < 25 && seconds <= 4, "{looks} looks in {seconds} s");
        let (looks, seconds) = waits_for(3 * 3600).await;
        assert!(looks < 500 && seconds <= 3 * 3600 + 36, "{looks} looks in {seconds} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_before_a_lock_was_looked_at_names_no_other_run() {
        for (before, names_it) in [(true, false), (false, true)] {
            let deadline = deadline(60);
            let set = || deadline.cancel.set(2);
            let look = || async {
                set();
                pending::<()>()
            };
            if before {
                set();
            }
            let work = Awaited::Lock("the load by another run".into());
            let said = deadline.wait(work, Pace::LOOKING, look).await.unwrap_err().to_string();
            assert_eq!(said.contains("another run"), names_it, "{said}");
            assert!(said.starts_with("stopped by a signal"), "{said}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn asking_again_takes_few_tries() {
        let (started, asked) = (Instant::now(), Cell::new(0));
        let ask = || async {
            asked.set(asked.get() + 1);
            if started.elapsed().as_secs() >= 1800 { Ok(Look::Done(())) } else { pending() }
        };
        deadline(3600).wait(Awaited::Turn("x".into()), Pace::ASKING, ask).await.unwrap();
        assert!(asked.get() < 20, "{}", asked.get());
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_that_is_known_is_not_slept_over() {
        let started = Instant::now();
        let ask = || async {
            let at = started + Duration::from_secs(1800);
            if Instant::now() >= at { Ok(Look::Done(())) } else { Ok(Look::PendingUntil("x".into(), at)) }
        };
        deadline(3600).wait(Awaited::Turn("x".into()), Pace::ASKING, ask).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 1800);
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_time_is_over_the_last_look_decides() {
        let started = Instant::now();
        let outcome = deadline(600).wait(image(), Pace::LOOKING, || async { pending::<()>() }).await;
        let Err(Error::Pending { state, elapsed, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((state.as_str(), elapsed.as_secs()), ("compiling", 600));
        let at_the_end =
            || async { if started.elapsed().as_secs() >= 1200 { Ok(Look::Done(())) } else { pending() } };
        deadline(600).wait(image(), Pace::LOOKING, at_the_end).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_there_is_one_look_more_at_most() {
        deadline(0).wait(image(), Pace::LOOKING, || async { Ok(Look::Done(())) }).await.unwrap();
        let outcome = deadline(0).wait(image(), Pace::LOOKING, || async { pending::<()>() }).await;
        assert!(matches!(outcome, Err(Error::Pending { .. })), "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn transient_errors_are_waited_out_but_not_for_ever_and_not_at_the_first_look() {
        let looks = Cell::new(0);
        let clears = || async {
            looks.set(looks.get() + 1);
            match looks.get() {
                1 => pending(),
                2..=10 => unavailable(),
                _ => Ok(Look::Done(())),
            }
        };
        deadline(3600).wait(image(), Pace::LOOKING, clears).await.unwrap();
        let looks = Cell::new(0);
        let stays = || async {
            looks.set(looks.get() + 1);
            if looks.get() == 1 { pending::<()>() } else { unavailable() }
        };
        let outcome = deadline(1 << 20).wait(image(), Pace::LOOKING, stays).await;
        assert!(matches!(outcome, Err(Error::Cloud(_))), "{outcome:?}");
        assert_eq!(looks.get(), 2 + TOLERATED);
        let outcome = deadline(3600).wait(image(), Pace::LOOKING, || async { unavailable::<()>() }).await;
        assert!(matches!(outcome, Err(Error::Cloud(_))), "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_ends_work_and_a_wait_within_it_has_the_word() {
        let deadline = deadline(3600);
        let wait = deadline.wait(image(), Pace::LOOKING, || async { pending::<()>() });
        let cancel = deadline.cancel().clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            cancel.set(15);
        });
        let outcome = deadline.unless_cancelled(wait).await;
        assert!(matches!(outcome, Err(Error::Interrupted { awaited: Some(_), .. })), "{outcome:?}");
        let outcome = deadline.unless_cancelled(std::future::pending::<Result<()>>()).await;
        assert!(matches!(outcome, Err(Error::Interrupted { signal: 15, awaited: None, .. })), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_signal_that_comes_just_after_the_wait_was_asked_is_told_by_the_wait() {
        let deadline = deadline(3600);
        let awaited = Some(image());
        let mut was_asked = false;
        let wait = std::future::poll_fn(|_| {
            if std::mem::replace(&mut was_asked, true) {
                let (awaited, state) = (awaited.clone(), String::new());
                return Poll::Ready(Err::<(), _>(Error::Interrupted { signal: 2, awaited, state }));
            }
            deadline.cancel().set(2);
            Poll::Pending
        });
        let outcome = deadline.unless_cancelled(wait).await;
        assert!(matches!(outcome, Err(Error::Interrupted { awaited: Some(_), .. })), "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_ends_it_also_within_a_look() {
        let deadline = deadline(3600);
        let cancel = deadline.cancel().clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            cancel.set(2);
        });
        let hangs = || async { std::future::pending::<Result<Look<()>>>().await };
        let outcome = deadline.wait(image(), Pace::LOOKING, hangs).await;
        assert!(matches!(outcome, Err(Error::Interrupted { signal: 2, .. })), "{outcome:?}");
    }
}
