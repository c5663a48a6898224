//! One command on many hosts: sent in batches, looked at together, told apart by how it ended.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::agent::{Agent, URL};
use super::ready::is_online;
use super::record::{Batch, HostRecord, Record};
use super::script::script;
use super::summary::{Ended, Summary};
use super::target::Target;
use super::{Counts, Outcome, Services};
use crate::cloud;
use crate::ecs::{CommandOrder, CommandResult, CommandState, Instance, InstanceFilter};
use crate::ops::Result;
use crate::ops::lock::{self, Claim};
use crate::ops::wait::{Awaited, Look, Pace};

/// The tag of what was sent for a run; by it one call tells of all hosts.
const RUN_TAG: &str = "faascmd-run";
/// Hosts of one call; the service takes 50 at least everywhere.
const MOST: usize = 50;
/// For what takes seconds to hours.
const RUNNING: Pace = Pace { least: Duration::from_secs(1), share: 8, most: Duration::from_secs(15) };
/// How long a host that is not online is waited for.
const OFFLINE: Duration = Duration::from_mins(2);
/// How often what did not arrive, or whose answer was cut, is sent.
const TRIES: u32 = 3;
/// What the assistant may take beyond the command's own time.
const MARGIN: u32 = 60;
/// As long as the service certainly remembers a token.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(1);

/// What is to be run where.
#[derive(Clone, Debug)]
pub struct RunRequest<'a> {
    /// What the hosts were called.
    pub target: &'a Target,
    /// The hosts.
    pub hosts: Vec<Instance>,
    /// `run`, `test`…
    pub kind: &'static str,
    /// What a shell runs there.
    pub command: String,
    /// After this time it is ended.
    pub timeout: Duration,
    /// So many hosts first; the others only if it passes there.
    pub canary: usize,
    /// How an exit code is judged.
    pub judge: fn(i32) -> Outcome,
    /// The program that the command needs on the hosts.
    pub agent: Option<&'a Agent>,
}

/// An exit code of a command of the user's: anything but 0 is a failure.
pub fn judge_command(code: i32) -> Outcome {
    if code == 0 { Outcome::Passed } else { Outcome::Failed }
}

/// Runs a command on hosts and waits for its end. Killed and started again, it takes up the same run: no host that has begun
/// begins again.
///
/// # Errors
/// Those of a call or a wait; how it went on the hosts is in the record and no error.
pub async fn run(services: Services<'_>, request: &RunRequest<'_>) -> Result<Record> {
    let name = format!("fleet-run-{}-{}", services.region(), request.target).replace(['/', ','], "_");
    let name: String = name.chars().take(120).collect();
    let work = format!("a run on {} by another process", request.target);
    let _lock = lock::take(services.deadline, Claim { name: &name, work: &work, wait: true }).await?;
    let record = take_up(services, request)?;
    record.write()?;
    services.note(format!("run {} on {} hosts", record.run, record.hosts.len()));
    let canary = request.hosts.iter().take(request.canary).map(|host| host.id.clone()).collect();
    let engine = Engine {
        services,
        judge: request.judge,
        agent: request.agent,
        canary,
        began: Instant::now(),
        record: RefCell::new(record),
    };
    engine.ask_again().await?;
    let look = || engine.look();
    let waited = services.deadline.wait(Awaited::Hosts(request.target.to_string()), RUNNING, look).await;
    let mut record = engine.record.into_inner();
    match waited {
        Ok(()) => record.finished = Some(Timestamp::now()),
        Err(crate::ops::Error::Pending { .. }) => {}
        Err(error) => {
            record.write()?;
            return Err(error);
        }
    }
    record.write()?;
    Ok(record)
}

/// The run of the same command that was not finished, else a new one.
fn take_up(services: Services<'_>, request: &RunRequest<'_>) -> Result<Record> {
    let seconds = u32::try_from(request.timeout.as_secs()).unwrap_or(u32::MAX);
    let target = request.target.to_string();
    let ids: BTreeSet<_> = request.hosts.iter().map(|host| &host.id).collect();
    let same = |record: &Record| {
        record.finished.is_none()
            && (record.kind.as_str(), record.target.as_str()) == (request.kind, target.as_str())
            && record.command == request.command
            && record.timeout_seconds == seconds
            // A host that is gone meanwhile is still one of its.
            && ids.iter().all(|id| record.hosts.contains_key(*id))
    };
    if let Some(record) = Record::all(services.region())?.into_iter().find(same) {
        services.note(format!("taking up run {}", record.run));
        return Ok(record);
    }
    let mut new = Record::new(services.region(), request.kind, &target, &request.hosts)?;
    (new.command, new.timeout_seconds) = (request.command.clone(), seconds);
    Ok(new)
}

struct Engine<'a> {
    services: Services<'a>,
    judge: fn(i32) -> Outcome,
    agent: Option<&'a Agent>,
    canary: BTreeSet<String>,
    began: Instant,
    record: RefCell<Record>,
}

impl Engine<'_> {
    /// Sends again, with its token, what was sent without hearing the answer.
    async fn ask_again(&self) -> Result<()> {
        let batches = self.record.borrow().batches.clone();
        for batch in batches.into_iter().filter(|batch| batch.invoke_id.is_none()) {
            if Timestamp::now().duration_since(batch.asked) < TOKEN_LIVES {
                // Whatever stands against it: what was sent is found by its tag, and what was not is sent anew.
                self.send(&batch).await.ok();
            }
        }
        Ok(())
    }

    async fn look(&self) -> Result<Look<()>> {
        self.send_to_who_is_ready().await?;
        self.look_at_what_was_sent().await?;
        let record = self.record.borrow();
        record.write()?;
        if record.hosts.values().all(|host| host.outcome != Outcome::Running) {
            return Ok(Look::Done(()));
        }
        Ok(Look::Pending(Counts::of(record.hosts.values().map(|host| host.outcome)).line()))
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

    async fn send_to_who_is_ready(&self) -> Result<()> {
        self.give_up_after_the_canary();
        let waiting = self.waiting();
        if waiting.is_empty() {
            return Ok(());
        }
        let ecs = self.services.ecs;
        let hosts = ecs.instances(&InstanceFilter::Ids(waiting.clone())).await?;
        let assistants = super::online(ecs, &hosts).await?;
        let ready: Vec<_> =
            hosts.iter().filter(|host| is_online(host, &assistants)).map(|host| host.id.clone()).collect();
        if self.began.elapsed() > OFFLINE {
            let offline = waiting.iter().filter(|id| !ready.contains(id));
            offline.for_each(|id| self.not_run(id, &why_offline(&hosts, id)));
        }
        for some in ready.chunks(MOST) {
            self.order(some).await?;
        }
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
            let command = match self.agent {
                Some(agent) => record.command.replace(URL, agent.url().expose()),
                None => record.command.clone(),
            };
            CommandOrder {
                script: script(&record.run, &command, record.timeout_seconds),
                instance_ids: batch.instance_ids.clone(),
                timeout_seconds: record.timeout_seconds.saturating_add(MARGIN),
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
            (None, CommandState::Terminated) => self.end(id, Outcome::Failed, "it was stopped"),
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
        let Some(host) = record.hosts.get_mut(id) else { return Ok(()) };
        (host.seconds, host.size) = (Some(summary.seconds), summary.size);
        (host.outcome, host.exit_code, host.why) = match summary.ended {
            Ended::Code(code) => ((self.judge)(code), Some(code), None),
            Ended::TimedOut => (Outcome::Failed, None, Some("it did not end in its time".to_owned())),
            Ended::Interrupted => {
                (Outcome::Failed, None, Some("its host was restarted on the way".to_owned()))
            }
        };
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
