//! Orders by several machines over bad lines, in paused time, against the sandbox's own service, which tells what was made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use serde_json::Value;

use super::*;
use crate::base::cancel::Cancel;
use crate::base::progress::Silent;
use crate::bitstream::sample;
use crate::cloud::{ErrorKind, Fields, Service, ServiceError, list_of};
use crate::sandbox::{BUCKET, CloudAtATime, Options, ROLE_NAME, role_arn};

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
    /// Not executed: not yet, says the service.
    NotYet,
}

/// The truth: the sandbox's own service with its states, checks and refusals, and what becomes of orders on their way.
struct Truth {
    start: Instant,
    began: Timestamp,
    sandbox: RefCell<CloudAtATime>,
    /// From when on an image is listed.
    listed: RefCell<BTreeMap<String, Instant>>,
    fates: RefCell<Vec<Fate>>,
    /// One round trip.
    trip: Duration,
    /// How long an image is missing in the list.
    lag: Duration,
}

impl Truth {
    fn new(story: &Story) -> Rc<Self> {
        let options = Options { strict_frequency: story.half_hour, ..Options::default() };
        let sandbox = CloudAtATime::with(options);
        sandbox.put("bit.tar.gz", &sample::package("xcvu9p-flgb2104-2-i"));
        Rc::new(Self {
            start: Instant::now(),
            began: sandbox.now,
            sandbox: RefCell::new(sandbox),
            listed: RefCell::default(),
            fates: RefCell::new(story.fates.clone()),
            trip: Duration::from_millis(story.trip),
            lag: Duration::from_secs(story.lag),
        })
    }

    fn time(&self) -> Timestamp {
        self.began + SignedDuration::try_from(self.start.elapsed()).unwrap()
    }

    fn ask(&self, action: &str, given: &[(String, String)]) -> cloud::Result<Value> {
        let mut sandbox = self.sandbox.borrow_mut();
        sandbox.now = self.time();
        let given: Vec<_> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sandbox.asked(action, &given).map_err(|(status, code)| refused(status, &code))
    }

    fn make(&self, order: &NewImage) -> cloud::Result<Image> {
        let answer = self.ask("CreateFpgaImageTask", &order.call().query)?;
        let image = Image::read(Fields::of_answer(&answer));
        self.listed.borrow_mut().insert(image.uuid.clone(), Instant::now() + self.lag);
        Ok(image)
    }

    fn all(&self) -> Vec<Image> {
        let answer = self.ask("DescribeFpgaImages", &[]).unwrap();
        let items = list_of(&answer, "FpgaImages", "fpgaImage").unwrap();
        items.into_iter().map(|item| Image::read(Fields::of(item))).collect()
    }

    /// What was made in this story, in its order.
    fn made(&self) -> Vec<Image> {
        let is_ours = |image: &Image| image.tags.as_ref().is_some_and(|tags| tags.contains("mine"));
        self.all().into_iter().filter(is_ours).collect()
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
        let is_listed =
            |image: &Image| self.listed.borrow().get(&image.uuid).is_none_or(|from| *from <= Instant::now());
        let listed = self.all().into_iter().filter(is_listed).collect();
        tokio::time::sleep(self.trip / 2).await;
        Ok(listed)
    }

    async fn order(&self, order: &NewImage) -> cloud::Result<Image> {
        tokio::time::sleep(self.trip / 2).await;
        let fate = self.fates.borrow_mut().pop().unwrap_or(Fate::Answered);
        let outcome = match fate {
            Fate::Answered => self.make(order),
            Fate::AnswerLost => self.make(order).and(Err(broken())),
            Fate::Failed => self.make(order).and_then(|_| Err(refused(500, "InternalError"))),
            Fate::Lost => Err(broken()),
            Fate::NotYet => Err(refused(503, "FREQUENCY ERROR")),
            Fate::Late(seconds) => {
                let (truth, order) = (Self::clone(self), order.clone());
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    // It may be refused then, and nobody hears of it.
                    truth.make(&order).ok();
                });
                Err(broken())
            }
        };
        tokio::time::sleep(self.trip / 2).await;
        outcome
    }

    fn now(&self) -> Timestamp {
        self.time()
    }
}

/// The same file on every machine.
fn order(anew: bool) -> Order {
    let stand_in = ImageMatch { mark: "fc-00".into(), shell: "f30001".into(), encrypted: false };
    let image = NewImage {
        bucket: BUCKET.into(),
        object: "bit.tar.gz".into(),
        fpga_type: "xilinx".into(),
        shell: "f30001".into(),
        role_arn: role_arn(ROLE_NAME),
        tags: Some("mine".into()),
        ..NewImage::default()
    };
    Order {
        image,
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
        let truth = Truth::new(story);
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
        (truth.made(), used)
    }))
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Answered),
        Just(Fate::AnswerLost),
        Just(Fate::Lost),
        Just(Fate::Failed),
        Just(Fate::NotYet),
        (0..100_u64).prop_map(Fate::Late),
    ]
}

/// At most two orders get lost: of the third the user is told.
fn story(machines: std::ops::Range<usize>, half_hour: bool) -> impl Strategy<Value = Story> {
    let kills = proptest::collection::vec(1..200_000_u64, 0..4);
    let is_told = |fates: &Vec<Fate>| fates.iter().filter(|fate| **fate == Fate::Lost).count() > 2;
    let fates = proptest::collection::vec(fate(), 0..6).prop_filter("told", move |fates| !is_told(fates));
    (fates, proptest::collection::vec(kills, machines), 10..500_u64, 0..20_u64)
        .prop_map(move |(fates, machines, trip, lag)| Story { fates, machines, trip, lag, half_hour })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

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
fn a_lost_answer_is_looked_for_however_often_the_order_was_refused_or_lost_before() {
    use Fate::{AnswerLost, Late, Lost, NotYet};
    // The last comes first.
    for fates in
        [vec![AnswerLost, NotYet, NotYet, NotYet], vec![AnswerLost, Lost, Lost], vec![Late(90), Lost, Lost]]
    {
        let story = Story { fates, machines: vec![vec![]], trip: 50, lag: 0, half_hour: false };
        let (made, used) = told(&story);
        assert_eq!(used, [made[0].uuid.clone()], "{story:?}");
        assert_eq!(made.len(), 1, "{story:?}");
    }
}

#[test]
fn of_the_third_lost_order_the_user_is_told_when_it_can_t_arrive_any_more() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let story =
            Story { fates: vec![Fate::Lost; 9], machines: vec![], trip: 50, lag: 0, half_hour: false };
        let (truth, began) = (Truth::new(&story), Instant::now());
        let (file, order) = (IntentFile(None), order(false));
        let deadline = Deadline::new(Duration::from_hours(1), Cancel::new(), Arc::new(Silent));
        let error = Placing::new(&truth, &deadline, &order, &file).run().await.unwrap_err();
        assert!(matches!(error, Error::Unanswered(_)), "{error}");
        assert!(began.elapsed() >= 3 * ORDER_LIFE, "{:?}", began.elapsed());
        assert_eq!(truth.fates.borrow().len(), 6);
    });
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
        let truth =
            Truth::new(&Story { fates: vec![], machines: vec![], trip: 1000, lag: 0, half_hour: false });
        // Look, up to five seconds, look; half a second later the order has arrived, and its answer has not.
        let mut killed_after = 2_000;
        while truth.made().is_empty() {
            run(&truth, &home, &order(false), Some(killed_after)).await;
            killed_after += 400;
        }
        let anew = run(&truth, &home, &order(true), None).await.unwrap();
        assert!(anew.is_new);
        let made = truth.made();
        assert_eq!(made.len(), 2);
        assert!(made.iter().any(|image| image.uuid == anew.image.uuid));
    }));
}
