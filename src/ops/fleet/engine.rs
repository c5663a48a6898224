//! What carries a run: who is ready is sent to, what was sent is looked at, what came of it is judged.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::agent::URL;
use super::fold::folded;
use super::outcome::ended;
use super::ready::ready_of;
use super::record::{Batch, HostRecord, Record};
use super::script::script;
use super::silence::Silence;
use super::summary::{Ended, Summary};
use super::{Counts, Outcome, Services};
use crate::base::progress::Event;
use crate::base::secret::Secret;
use crate::cloud;
use crate::ecs::{CommandOrder, CommandResult, CommandState, Instance, InstanceFilter};
use crate::ops::Result;
use crate::ops::wait::Look;

/// The tag of what was sent for a run; by it one call tells of all hosts.
const RUN_TAG: &str = "faascmd-run";
/// Hosts of one call; the service takes 50 at least everywhere.
const MOST: usize = 50;
/// How often what did not arrive, or whose answer was cut, is sent.
const TRIES: u32 = 3;
/// What the assistant may take beyond the command's own time.
const MARGIN: u32 = 60;
/// What may be needed before the command begins.
const PREPARING: u32 = 240;
/// As long as the service certainly remembers a token.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(1);
/// How long what was stopped may take to end.
const STOPPING: Duration = Duration::from_secs(10);

/// A run under way.
pub(super) struct Engine<'a> {
    services: Services<'a>,
    judge: fn(i32) -> Outcome,
    secret: Option<&'a Secret>,
    canary: BTreeSet<String>,
    began: Instant,
    silence: RefCell<Silence>,
    record: RefCell<Record>,
}

/// How a run is to be carried.
pub(super) struct Manner<'a> {
    pub(super) judge: fn(i32) -> Outcome,
    pub(super) secret: Option<&'a Secret>,
    pub(super) canary: BTreeSet<String>,
}

impl<'a> Engine<'a> {
    pub(super) fn new(services: Services<'a>, manner: Manner<'a>, record: Record) -> Self {
        let Manner { judge, secret, canary } = manner;
        let (silence, record) = (RefCell::default(), RefCell::new(record));
        Self { services, judge, secret, canary, began: Instant::now(), silence, record }
    }

    pub(super) fn into_record(self) -> Record {
        self.record.into_inner()
    }
}

impl Engine<'_> {
    /// Sends again, with its token, what was sent without hearing the answer.
    pub(super) async fn ask_again(&self) -> Result<()> {
        let batches = self.record.borrow().batches.clone();
        for batch in batches.into_iter().filter(|batch| batch.invoke_id.is_none()) {
            if Timestamp::now().duration_since(batch.asked) < TOKEN_LIVES {
                // Whatever stands against it: what was sent is found by its tag, and what was not is sent anew.
                self.send(&batch).await.ok();
            }
        }
        Ok(())
    }

    pub(super) async fn look(&self) -> Result<Look<()>> {
        let before = self.running();
        // Of what was sent just now nothing is to be seen yet.
        if !self.send_to_who_is_ready().await? && self.is_under_way() {
            self.look_at_what_was_sent().await?;
        }
        self.tell_of(&before);
        let record = self.record.borrow();
        record.write()?;
        if record.hosts.values().all(|host| host.outcome != Outcome::Running) {
            return Ok(Look::Done(()));
        }
        Ok(Look::Pending(Counts::of(record.hosts.values().map(|host| host.outcome)).line()))
    }

    fn running(&self) -> BTreeSet<String> {
        let record = self.record.borrow();
        let running = record.hosts.iter().filter(|(_, host)| host.outcome == Outcome::Running);
        running.map(|(id, _)| id.clone()).collect()
    }

    /// Whether something that was sent goes on somewhere.
    fn is_under_way(&self) -> bool {
        let is = |host: &HostRecord| host.outcome == Outcome::Running && host.invoke_id.is_some();
        self.record.borrow().hosts.values().any(is)
    }

    /// A line for each way in which hosts ended since; who is left is told to who asks.
    fn tell_of(&self, before: &BTreeSet<String>) {
        let record = self.record.borrow();
        let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for host in before.iter().filter_map(|id| record.hosts.get(id)) {
            let said = ended(host.outcome, host.exit_code, host.why.as_deref());
            let said = if host.outcome == Outcome::Running { "still running".to_owned() } else { said };
            alike.entry(said).or_default().push(&host.name);
        }
        let left = alike.remove("still running").unwrap_or_default();
        for (said, names) in alike {
            self.services.note(format!("{}: {said}", folded(&names)));
        }
        let left = format!("still running: {}", folded(&left));
        self.services.deadline.progress().event(Event::Details(left));
    }

    /// Stops what goes on on the hosts, and sees how it ended.
    pub(super) async fn stop(&self) -> Result<usize> {
        let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let running = self.running();
        for id in &running {
            let invoke_id = self.record.borrow().hosts.get(id).and_then(|host| host.invoke_id.clone());
            match invoke_id {
                Some(invoke_id) => sent.entry(invoke_id).or_default().push(id.clone()),
                None => self.end(id, Outcome::NotRun, "it was stopped before it began"),
            }
        }
        for (invoke_id, ids) in &sent {
            self.services.ecs.stop_invocation(invoke_id, ids).await?;
        }
        let began = Instant::now();
        while !self.running().is_empty() && began.elapsed() < STOPPING {
            tokio::time::sleep(Duration::from_millis(500)).await;
            self.look_at_what_was_sent().await?;
        }
        self.running().iter().for_each(|id| self.end(id, Outcome::Failed, "it was stopped"));
        self.record.borrow_mut().finish()?;
        Ok(running.len())
    }

    /// Those to whom nothing was sent that is still under way.
    fn waiting(&self) -> Vec<String> {
        let record = self.record.borrow();
        let idle = |host: &HostRecord| host.outcome == Outcome::Running && host.invoke_id.is_none();
        let waiting = record.hosts.iter().filter(|(_, host)| idle(host)).map(|(id, _)| id.clone());
        let waiting: Vec<_> = waiting.collect();
        let of_canary = |id: &String| record.hosts.get(id).map(|host| host.outcome);
        let outcomes: Vec<_> = self.canary.iter().filter_map(of_canary).collect();
        if outcomes.iter().all(|outcome| *outcome == Outcome::Passed) {
            return waiting;
        }
        waiting.into_iter().filter(|id| self.canary.contains(id)).collect()
    }

    /// Whether there was somebody.
    async fn send_to_who_is_ready(&self) -> Result<bool> {
        self.give_up_after_the_canary();
        let waiting = self.waiting();
        if waiting.is_empty() || !self.silence.borrow().is_to_be_broken(&waiting) {
            return Ok(false);
        }
        let ready = ready_of(self.services.ecs, &waiting).await?;
        let silent = waiting.into_iter().filter(|id| !ready.contains(id)).collect();
        let given_up = self.silence.borrow_mut().goes_on(silent);
        self.give_up(given_up).await?;
        for some in ready.chunks(MOST) {
            self.order(some).await?;
        }
        Ok(!ready.is_empty())
    }

    async fn give_up(&self, ids: Vec<String>) -> Result<()> {
        let hosts = self.services.ecs.instances(&InstanceFilter::Ids(ids.clone())).await?;
        ids.iter().for_each(|id| self.not_run(id, &why_offline(&hosts, id)));
        Ok(())
    }

    fn give_up_after_the_canary(&self) {
        let failed = {
            let record = self.record.borrow();
            let over =
                |id: &String| record.hosts.get(id).is_some_and(|host| host.outcome != Outcome::Running);
            let bad = |id: &String| record.hosts.get(id).is_some_and(|host| host.outcome != Outcome::Passed);
            self.canary.iter().all(over) && self.canary.iter().any(bad)
        };
        if failed {
            let ids: Vec<_> = self.record.borrow().hosts.keys().cloned().collect();
            let left = ids.iter().filter(|id| !self.canary.contains(*id));
            left.for_each(|id| self.not_run(id, "the canary did not pass"));
        }
    }

    /// Writes a batch down and sends it. One host that is not ready after all keeps the others from it: then each is looked
    /// at again.
    async fn order(&self, ids: &[String]) -> Result<()> {
        let batch = Batch {
            token: uuid::Uuid::new_v4().to_string(),
            asked: Timestamp::now(),
            invoke_id: None,
            instance_ids: ids.to_vec(),
        };
        self.record.borrow_mut().batches.push(batch.clone());
        self.record.borrow().write()?;
        match self.send(&batch).await {
            Ok(()) => Ok(()),
            Err(error) if is_about_a_host(&error) => {
                self.forget(&batch.token);
                if let [id] = ids {
                    self.tried(id, &error.to_string());
                }
                // Halves find the one that stands in the way, and the others go on.
                for half in ids.chunks(ids.len().div_ceil(2)).filter(|_| ids.len() > 1) {
                    Box::pin(self.order(half)).await?;
                }
                Ok(())
            }
            Err(error) => {
                if !error.may_have_happened() {
                    self.forget(&batch.token);
                }
                Err(error.into())
            }
        }
    }

    async fn send(&self, batch: &Batch) -> Result<(), cloud::Error> {
        let order = {
            let record = self.record.borrow();
            // The URL is good for some minutes and is put in here: on disk there is none.
            let with_url = |text: &str| match self.secret {
                Some(secret) => text.replace(URL, secret.expose()),
                None => text.to_owned(),
            };
            let (prepare, command) = (with_url(&record.prepare), with_url(&record.command));
            let margin = if prepare.is_empty() { MARGIN } else { MARGIN + PREPARING };
            CommandOrder {
                script: script(&record.run, &prepare, &command, record.timeout_seconds),
                instance_ids: batch.instance_ids.clone(),
                timeout_seconds: record.timeout_seconds.saturating_add(margin),
                name: format!("faascmd-{}", record.run),
                tags: vec![(RUN_TAG.to_owned(), record.run.clone())],
            }
        };
        let id = self.services.ecs.run_command(&order, &batch.token).await?.view;
        let mut record = self.record.borrow_mut();
        for host in &batch.instance_ids {
            if let Some(host) = record.hosts.get_mut(host) {
                host.invoke_id = Some(id.clone());
                host.tries += 1;
            }
        }
        let kept = record.batches.iter_mut().find(|own| own.token == batch.token);
        kept.into_iter().for_each(|own| own.invoke_id = Some(id.clone()));
        Ok(())
    }

    fn forget(&self, token: &str) {
        self.record.borrow_mut().batches.retain(|batch| batch.token != token);
    }

    /// One call tells how far all hosts are; results are fetched of those that came to an end since.
    async fn look_at_what_was_sent(&self) -> Result<()> {
        let run = self.record.borrow().run.clone();
        let ecs = self.services.ecs;
        for invocation in ecs.tagged_invocations(RUN_TAG, &run).await? {
            let awaited: BTreeSet<_> = {
                let record = self.record.borrow();
                let is_awaited = |id: &String| {
                    record.hosts.get(id).is_some_and(|host| {
                        host.outcome == Outcome::Running && host.invoke_id.as_ref() == Some(&invocation.id)
                    })
                };
                let over = invocation.hosts.iter().filter(|(_, state)| state.is_over());
                over.map(|(id, _)| id.clone()).filter(is_awaited).collect()
            };
            if awaited.is_empty() {
                continue;
            }
            let results = ecs.results(&invocation.id).await?;
            for result in results.iter().filter(|result| awaited.contains(&result.instance_id)) {
                self.judge_result(result)?;
            }
        }
        Ok(())
    }

    fn judge_result(&self, result: &CommandResult) -> Result<()> {
        if !result.state.is_over() {
            return Ok(());
        }
        let id = &result.instance_id;
        let run = self.record.borrow().run.clone();
        match (Summary::read(&result.output, &run), &result.state) {
            (Some(Summary { output: None, .. }), _) if self.may_ask_again(id) => {
                self.tried(id, "its output was cut");
            }
            (Some(summary), _) => self.ended(id, &summary)?,
            (None, CommandState::Timeout) => self.end(id, Outcome::Failed, "it did not end in its time"),
            (None, CommandState::Terminated | CommandState::Cancelled) => {
                self.end(id, Outcome::Failed, "it was stopped")
            }
            (None, CommandState::Success) => self.tried(id, "its answer was cut"),
            (None, _) => self.tried(id, &why_not_run(result)),
        }
        Ok(())
    }

    fn ended(&self, id: &str, summary: &Summary) -> Result<()> {
        let mut record = self.record.borrow_mut();
        // What the service cut again and again is still on the host.
        record.keep_log(
            id,
            summary
                .output
                .as_deref()
                .unwrap_or(b"(cut on the way, and whole on the host below /var/lib/faascmd)\n"),
        )?;
        let spent = self.began.elapsed().as_secs_f64();
        let wait = (spent - summary.seconds as f64).max(0.0);
        record.step(id, "wait", wait, Outcome::Passed);
        let Some(host) = record.hosts.get_mut(id) else { return Ok(()) };
        (host.seconds, host.size) = (Some(summary.seconds), summary.size);
        (host.outcome, host.exit_code, host.why) = match summary.ended {
            Ended::Code(code) => ((self.judge)(code), Some(code), None),
            Ended::TimedOut => (Outcome::Failed, None, Some("it did not end in its time".to_owned())),
            Ended::Interrupted => {
                (Outcome::Failed, None, Some("its host was restarted on the way".to_owned()))
            }
        };
        let outcome = host.outcome;
        record.step(id, "command", summary.seconds as f64, outcome);
        Ok(())
    }

    /// What was sent did not come through: it is sent again, some times.
    fn tried(&self, id: &str, why: &str) {
        let mut record = self.record.borrow_mut();
        let Some(host) = record.hosts.get_mut(id) else { return };
        host.invoke_id = None;
        host.why = Some(why.to_owned());
        if host.tries >= TRIES {
            host.outcome = Outcome::NotRun;
        }
        host.tries = host.tries.max(1);
    }

    fn may_ask_again(&self, id: &str) -> bool {
        self.record.borrow().hosts.get(id).is_some_and(|host| host.tries < TRIES)
    }

    fn not_run(&self, id: &str, why: &str) {
        let running = self.record.borrow().hosts.get(id).is_some_and(|host| host.outcome == Outcome::Running);
        if running {
            self.end(id, Outcome::NotRun, why);
        }
    }

    fn end(&self, id: &str, outcome: Outcome, why: &str) {
        if let Some(host) = self.record.borrow_mut().hosts.get_mut(id) {
            (host.outcome, host.why) = (outcome, Some(why.to_owned()));
        }
    }
}

fn is_about_a_host(error: &cloud::Error) -> bool {
    matches!(
        error.code(),
        Some(
            "InvalidInstance.NotFound"
                | "InvalidInstance.NotMatch"
                | "InvalidInstanceId.NotFound"
                | "IncorrectInstanceStatus"
        )
    )
}

fn why_offline(hosts: &[Instance], id: &str) -> String {
    match hosts.iter().find(|host| host.id == id) {
        None => "there is no such instance any more".to_owned(),
        Some(host) if host.state == crate::ecs::InstanceState::Running => {
            "its assistant is offline".to_owned()
        }
        Some(host) => format!("it is {}", host.state),
    }
}

/// `DeliveryTimeout: …`, or the first words that it wrote.
fn why_not_run(result: &CommandResult) -> String {
    let said = String::from_utf8_lossy(&result.output);
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let code = result.error_code.clone().unwrap_or_else(|| result.state.to_string());
    let words =
        [result.error_info.as_deref().unwrap_or_default(), said].into_iter().find(|words| !words.is_empty());
    words.map_or(code.clone(), |words| format!("{code}: {words}"))
}
