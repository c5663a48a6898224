//! Orders by several machines over bad lines, in paused time, against a service that counts what it made.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::cancel::Cancel;
use crate::base::progress::Silent;
use crate::cloud::{ErrorKind, Service, ServiceError};
use crate::faas::{ImageState, Time};

/// What becomes of one order on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    /// Executed; the connection breaks before the answer.
    AnswerLost,
    /// Broken before it arrived.
    Lost,
    /// The connection breaks, and the order arrives so many seconds later.
    Late(u64),
    /// Executed, and answered with an internal error.
    Failed,
}

/// The truth: every image that was made, from when on it is listed, and what the service does next.
struct Truth {
    start: Instant,
    images: RefCell<Vec<(Instant, Image)>>,
    fates: RefCell<Vec<Fate>>,
    /// One round trip.
    trip: Duration,
    /// How long an image is missing in the list.
    lag: Duration,
    half_hour: bool,
}

fn base() -> Timestamp {
    "2024-01-01T00:00:00Z".parse().unwrap()
}

impl Truth {
    fn time(&self, at: Instant) -> Timestamp {
        base() + SignedDuration::try_from(at.duration_since(self.start)).unwrap()
    }

    fn make(&self, order: &NewImage, at: Instant) -> Image {
        let image = Image {
            uuid: format!("{:08x}", self.images.borrow().len()),
            shell: Some(order.shell.clone()),
            tags: order.tags.clone(),
            description: order.description.clone(),
            state: ImageState::Queued,
            create_time: Some(Time::read(&self.time(at).to_string())),
            ..Image::default()
        };
        self.images.borrow_mut().push((at + self.lag, image.clone()));
        image
    }

    fn is_too_soon(&self) -> bool {
        let half_hour = Duration::from_mins(30);
        let last = self.images.borrow().iter().map(|(listed, _)| *listed - self.lag).max();
        self.half_hour && last.is_some_and(|last| last + half_hour > Instant::now())
    }
}

fn broken() -> cloud::Error {
    cloud::Error::new(Service::Faas, "CreateFpgaImageTask", ErrorKind::Incomplete("gone"))
}

fn refused(http_status: u16, code: &str) -> cloud::Error {
    let refusal = ServiceError { http_status, code: code.into(), ..ServiceError::default() };
    cloud::Error::new(Service::Faas, "CreateFpgaImageTask", Box::new(refusal))
}

impl Images for Rc<Truth> {
    async fn list(&self) -> cloud::Result<Vec<Image>> {
        tokio::time::sleep(self.trip / 2).await;
        let now = Instant::now();
        let listed =
            self.images.borrow().iter().filter(|(from, _)| *from <= now).map(|(_, i)| i.clone()).collect();
        tokio::time::sleep(self.trip / 2).await;
        Ok(listed)
    }

    async fn order(&self, order: &NewImage) -> cloud::Result<Image> {
        tokio::time::sleep(self.trip / 2).await;
        if self.is_too_soon() {
            return Err(refused(503, "FREQUENCY ERROR"));
        }
        let fate = self.fates.borrow_mut().pop().unwrap_or(Fate::Answered);
        let outcome = match fate {
            Fate::Answered => Ok(self.make(order, Instant::now())),
            Fate::AnswerLost => {
                self.make(order, Instant::now());
                Err(broken())
            }
            Fate::Failed => {
                self.make(order, Instant::now());
                Err(refused(500, "InternalError"))
            }
            Fate::Lost => Err(broken()),
            Fate::Late(seconds) => {
                let (truth, order) = (Self::clone(self), order.clone());
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    truth.make(&order, Instant::now());
                });
                Err(broken())
            }
        };
        tokio::time::sleep(self.trip / 2).await;
        outcome
    }

    fn now(&self) -> Timestamp {
        self.time(Instant::now())
    }
}

/// The same file on every machine.
fn order(anew: bool) -> Order {
    let stand_in = ImageMatch { mark: "fc-00".into(), shell: "s".into(), encrypted: false };
    Order {
        image: NewImage { shell: "s".into(), tags: Some("mine".into()), ..NewImage::default() },
        content: Some("fc-00".into()),
        object: None,
        stand_in: Some(stand_in),
        anew,
        wait_for_turn: true,
        life: ORDER_LIFE,
    }
}

/// One run of one machine, killed after that time if it is not done by then.
async fn run(truth: &Rc<Truth>, home: &Path, order: &Order, killed_after: Option<u64>) -> Option<Ordered> {
    let file = IntentFile(Some(home.to_owned()));
    let deadline = Deadline::new(Duration::from_hours(9), Cancel::new(), Arc::new(Silent));
    let placing = Placing::new(truth, &deadline, order, &file);
    match killed_after {
        None => Some(placing.run().await.unwrap()),
        Some(millis) => {
            tokio::time::timeout(Duration::from_millis(millis), placing.run()).await.ok().map(Result::unwrap)
        }
    }
}

/// A world with what happens in it.
#[derive(Clone, Debug)]
struct Story {
    fates: Vec<Fate>,
    /// For each machine, when its runs are killed; the last run of each goes on to its end.
    machines: Vec<Vec<u64>>,
    trip: u64,
    lag: u64,
    half_hour: bool,
}

/// What was made, and what each machine uses.
fn told(story: &Story) -> (Vec<Image>, Vec<String>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(tokio::task::LocalSet::new().run_until(async {
        let truth = Rc::new(Truth {
            start: Instant::now(),
            images: RefCell::default(),
            fates: RefCell::new(story.fates.clone()),
            trip: Duration::from_millis(story.trip),
            lag: Duration::from_secs(story.lag),
            half_hour: story.half_hour,
        });
        let machine = async |(number, kills): (usize, &Vec<u64>)| {
            let home: PathBuf = folder.path().join(number.to_string());
            for kill in kills {
                if let Some(done) = run(&truth, &home, &order(false), Some(*kill)).await {
                    return done.image.uuid;
                }
            }
            run(&truth, &home, &order(false), None).await.unwrap().image.uuid
        };
        let used = futures_util::future::join_all(story.machines.iter().enumerate().map(machine)).await;
        tokio::time::sleep(Duration::from_mins(10)).await;
        let made = truth.images.borrow().iter().map(|(_, image)| image.clone()).collect();
        (made, used)
    }))
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Answered),
        Just(Fate::AnswerLost),
        Just(Fate::Lost),
        Just(Fate::Failed),
        (0..100_u64).prop_map(Fate::Late),
    ]
}

/// At most two orders have no answer: of the third the user is told.
fn story(machines: std::ops::Range<usize>, half_hour: bool) -> impl Strategy<Value = Story> {
    let kills = proptest::collection::vec(1..200_000_u64, 0..4);
    let fates = proptest::collection::vec(fate(), 0..3);
    (fates, proptest::collection::vec(kills, machines), 10..500_u64, 0..20_u64)
        .prop_map(move |(fates, machines, trip, lag)| Story { fates, machines, trip, lag, half_hour })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn one_machine_orders_once_whatever_is_lost_late_or_killed(story in story(1..2, false)) {
        let (made, used) = told(&story);
        prop_assert_eq!(made.len(), 1, "{:?}", made);
        prop_assert_eq!(&used[0], &made[0].uuid);
    }

    #[test]
    fn where_the_service_takes_one_in_half_an_hour_any_number_of_machines_order_once(story in story(2..11, true)) {
        // An order that arrives late is not held back by the half hour of one that came before it.
        prop_assume!(!story.fates.iter().any(|fate| matches!(fate, Fate::Late(_))));
        let (made, used) = told(&story);
        prop_assert_eq!(made.len(), 1, "{:?}", made);
        prop_assert!(used.iter().all(|uuid| *uuid == made[0].uuid));
    }

    #[test]
    fn without_that_limit_every_machine_ends_with_an_image_and_the_next_run_with_the_same(story in story(2..11, false)) {
        let (made, used) = told(&story);
        // A late order may arrive after its machine has taken another's image.
        prop_assert!(!made.is_empty() && made.len() <= story.machines.len() + story.fates.len());
        prop_assert!(used.iter().all(|uuid| made.iter().any(|image| image.uuid == *uuid)));
    }
}

#[test]
fn ten_machines_at_once_order_far_fewer_than_ten() {
    let story = |_| Story { fates: vec![], machines: vec![vec![]; 10], trip: 50, lag: 0, half_hour: false };
    let images: usize = (0..20).map(|n| told(&story(n)).0.len()).sum();
    assert!(images < 60, "{images} images in 20 worlds of ten machines");
}

#[test]
fn who_wants_a_new_image_gets_one_although_an_earlier_run_ordered_one() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("intent");
    runtime.block_on(tokio::task::LocalSet::new().run_until(async {
        let truth = Rc::new(Truth {
            start: Instant::now(),
            images: RefCell::default(),
            fates: RefCell::default(),
            trip: Duration::from_secs(1),
            lag: Duration::ZERO,
            half_hour: false,
        });
        // Look, up to five seconds, look; half a second later the order has arrived, and its answer has not.
        let mut killed_after = 2_000;
        while truth.images.borrow().is_empty() {
            run(&truth, &home, &order(false), Some(killed_after)).await;
            killed_after += 400;
        }
        let anew = run(&truth, &home, &order(true), None).await.unwrap();
        assert!(anew.is_new);
        assert_eq!(truth.images.borrow().len(), 2);
        assert_eq!(anew.image.uuid, truth.images.borrow()[1].1.uuid);
    }));
}
