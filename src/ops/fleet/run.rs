//! One command on many hosts: sent in batches, looked at together, told apart by how it ended.

use std::time::Duration;

use sha2::{Digest, Sha256};
use signal_hook::consts::SIGINT;

use super::engine::{Engine, Manner};
use super::keep::remove_stale;
use super::price::cost_of;
use super::record::{Record, only_looks};
use super::target::Target;
use super::{Outcome, PACE, Services};
use crate::base::fingerprint::hex;
use crate::base::secret::Secret;
use crate::ecs::Instance;
use crate::ops::lock::{self, Claim};
use crate::ops::wait::Awaited;
use crate::ops::{Error, Result};

/// How long a person may think about a second Ctrl-C.
const SECOND_THOUGHTS: Duration = Duration::from_secs(5);

/// What is to be run where.
#[derive(Clone, Debug)]
pub struct RunRequest<'a> {
    /// What the hosts were called.
    pub target: &'a Target,
    /// The hosts.
    pub hosts: Vec<Instance>,
    /// `run`, `test`…
    pub kind: &'static str,
    /// What a shell does before; where it does not end with 0 the command is not begun, and the host is sent to again.
    pub prepare: String,
    /// What a shell runs there.
    pub command: String,
    /// After this time it is ended.
    pub timeout: Duration,
    /// So many hosts first; the others only if it passes there.
    pub canary: usize,
    /// How an exit code is judged.
    pub judge: fn(i32) -> Outcome,
    /// What is put in for [`URL`](super::agent::URL) when the command is sent: on disk it is not.
    pub secret: Option<&'a Secret>,
    /// The run that it is a part of.
    pub part_of: Option<String>,
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
    // A target may have any letters, and more of them than a file's name.
    let target = hex(&Sha256::digest(request.target.to_string())[..8]);
    let name = format!("fleet-run-{}-{target}", services.region());
    let work = format!("a run on {} by another process", request.target);
    let _lock = lock::take(services.deadline, Claim { name: &name, work: &work, wait: true }).await?;
    let mut record = take_up(services, request).await?;
    if record.finished.is_some() {
        return Ok(record);
    }
    if record.cost.is_none() {
        record.cost = cost_of(services.ecs, &request.hosts).await;
    }
    record.write()?;
    services.note(format!("run {} on {} hosts", record.run, record.hosts.len()));
    let canary = request.hosts.iter().take(request.canary).map(|host| host.id.clone()).collect();
    let manner = Manner { judge: request.judge, secret: request.secret, canary };
    let engine = Engine::new(services, manner, record);
    let waited = until_over(services, request.target, &engine).await;
    let mut record = engine.into_record();
    match waited {
        Ok(()) => record.finish()?,
        Err(Error::Pending { .. }) => record.write()?,
        Err(error) => {
            // A part is not over by itself: what it is a part of goes on with it.
            let is_over = record.batches.is_empty() && record.part_of.is_none();
            if is_over && !matches!(error, Error::Interrupted { .. }) {
                record.not_begun(&error.to_string());
            } else {
                record.write()?;
            }
            return Err(error);
        }
    }
    Ok(record)
}

/// The first Ctrl-C leaves the hosts at it, a second one stops them; unless who called has something else in mind, and
/// holds the signals himself.
async fn until_over(services: Services<'_>, target: &Target, engine: &Engine<'_>) -> Result<()> {
    let cancel = services.deadline.cancel();
    let may_stop = !cancel.is_held();
    let _hold = cancel.hold();
    services.deadline.unless_cancelled(engine.ask_again()).await?;
    let look = || engine.look();
    let waited = services.deadline.wait(Awaited::Hosts(target.to_string()), PACE, look).await;
    if may_stop && matches!(waited, Err(Error::Interrupted { signal: SIGINT, .. })) {
        let warn = |text: String| services.deadline.progress().warn(text);
        warn("it goes on on the hosts; another Ctrl-C, in the next 5 s, stops it there".to_owned());
        if tokio::time::timeout(SECOND_THOUGHTS, cancel.asked_again()).await.is_ok() {
            match engine.stop().await {
                Ok(count) => warn(format!("stopped on {count} hosts")),
                Err(error) => warn(format!("it could not be stopped: {error}")),
            }
        }
    }
    waited
}

/// The run of the same command that was not finished, else a new one. What only looks tells of now, and begins anew.
async fn take_up(services: Services<'_>, request: &RunRequest<'_>) -> Result<Record> {
    // 0 would be no limit at all.
    let begun = u64::from(request.timeout.subsec_nanos() > 0);
    let seconds = u32::try_from(request.timeout.as_secs() + begun).unwrap_or(u32::MAX);
    let target = request.target.to_string();
    let same = |record: &Record| {
        let goes_on = record.is_open()
            && (&record.prepare, &record.command) == (&request.prepare, &request.command)
            && record.timeout_seconds == seconds;
        // What is a part of a larger piece of work is done once in it, also when this program was replaced meanwhile.
        (goes_on || record.finished.is_some() && record.part_of.is_some())
            && record.part_of == request.part_of
            && (record.kind.as_str(), record.target.as_str()) == (request.kind, target.as_str())
            && !only_looks(request.kind)
    };
    let kept = Record::all(services.region())?;
    for record in kept.iter().filter(|record| same(record)) {
        if record.is_on(services.ecs, &request.hosts).await? {
            services.note(format!("taking up run {}", record.run));
            return Ok(record.clone());
        }
    }
    remove_stale(&kept);
    let mut new = Record::new(services.region(), request.kind, &target, &request.hosts)?;
    (new.prepare, new.command) = (request.prepare.clone(), request.command.clone());
    new.timeout_seconds = seconds;
    new.part_of.clone_from(&request.part_of);
    Ok(new)
}
