//! How runs go on: delivered, running, over.

use std::time::Duration;

use jiff::Timestamp;

use super::super::agent::HEARD_FOR;
use super::super::instance::{Instance, Status};
use super::super::life;
use super::invocation::{Fault, Phase, Run, What, Work};
use super::script::{Ending, Named};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::host::{Host, Output, Power, Script};
use crate::sandbox::rpc::State;

/// How long a run may wait for its agent.
const DELIVERY: Duration = Duration::from_mins(1);
/// How many run at once on one host; the others wait there.
const AT_ONCE: u64 = 10;
/// How many processes of all hosts there are at once.
const PROCESSES: usize = 64;
/// How often a process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The exit codes by which a command turns its machine off or restarts it.
const OFF: i32 = 193;
const RESTART: i32 = 194;

/// What a step of a run does to its instance.
enum Effect {
    None,
    Began,
    Over,
    Power(Power),
    Dies,
}

/// Lets every run that is due go a step on.
pub(in crate::sandbox::rpc::ecs) fn settle(state: &mut State, cloud: &Cloud, now: Timestamp) {
    let mut processes = count_processes(state);
    let mut effects = Vec::new();
    let State { ecs, .. } = state;
    for invocation in ecs.assistant.invocations.iter_mut().filter(|invocation| !invocation.is_done()) {
        let label = format!("{} {}", invocation.serial, invocation.id);
        for run in &mut invocation.runs {
            while !run.is_done() && run.due <= now {
                let place = ecs.instances.iter().position(|instance| instance.id == run.instance);
                let mut instance = place.map(|place| &mut ecs.instances[place]);
                let mut site = Site { cloud, now: run.due, what: &invocation.what, label: &label, processes };
                let effect = site.step(run, instance.as_deref_mut());
                processes = site.processes;
                if let Some(instance) = instance {
                    count(instance, &effect, now);
                    if matches!(effect, Effect::Power(_) | Effect::Dies) {
                        effects.push((run.instance.clone(), effect));
                        break;
                    }
                }
            }
        }
    }
    for (id, effect) in effects {
        let Some(place) = state.ecs.place(&id, now) else { continue };
        match effect {
            Effect::Power(Power::Off) => life::guest_stop(state, cloud, place, now),
            Effect::Power(Power::Reboot) => life::reboot(state, cloud, place, now),
            Effect::Dies => life::dies(state, cloud, place, now),
            Effect::None | Effect::Began | Effect::Over => {}
        }
    }
}

/// Keeps the agent's count of what runs.
fn count(instance: &mut Instance, effect: &Effect, now: Timestamp) {
    let agent = &mut instance.agent;
    match effect {
        Effect::None => {}
        Effect::Began => agent.begins(now),
        Effect::Over => agent.active = agent.active.saturating_sub(1),
        Effect::Power(_) | Effect::Dies => agent.active = 0,
    }
}

fn count_processes(state: &State) -> usize {
    let runs = state.ecs.assistant.invocations.iter().filter(|it| !it.is_done()).flat_map(|it| &it.runs);
    runs.filter(|run| {
        matches!(run.phase, Phase::Running(Work::Process(_)) | Phase::Stopping(Work::Process(_)))
    })
    .count()
}

/// The instance went down: what ran there is lost, and the service finds that out when it hears no more.
pub(in crate::sandbox::rpc::ecs) fn host_gone(state: &mut State, cloud: &Cloud, id: &str, now: Timestamp) {
    for invocation in state.ecs.assistant.invocations.iter_mut().filter(|invocation| !invocation.is_done()) {
        for run in invocation.runs.iter_mut().filter(|run| run.instance == id) {
            if matches!(run.phase, Phase::Running(_) | Phase::Stopping(_)) {
                run.phase = Phase::Lost;
                run.due = now + cloud.scaled(HEARD_FOR);
            }
        }
    }
}

struct Site<'a> {
    cloud: &'a Cloud,
    now: Timestamp,
    what: &'a What,
    label: &'a str,
    processes: usize,
}

impl Site<'_> {
    fn step(&mut self, run: &mut Run, instance: Option<&mut Instance>) -> Effect {
        match std::mem::replace(&mut run.phase, Phase::Pending) {
            Phase::Pending => self.deliver(run, instance),
            Phase::Running(work) => self.look(run, work, false),
            Phase::Stopping(work) => self.look(run, work, true),
            Phase::Lost => {
                run.end(
                    self.now,
                    "Error",
                    Some(("ClientNotResponse", "the Cloud Assistant Agent does not respond.")),
                );
                Effect::None
            }
            Phase::Done(status) => {
                run.phase = Phase::Done(status);
                Effect::None
            }
        }
    }

    /// Tries to bring it to the agent.
    fn deliver(&mut self, run: &mut Run, instance: Option<&mut Instance>) -> Effect {
        let (cloud, now) = (self.cloud, self.now);
        let late = now >= run.created + cloud.scaled(DELIVERY);
        let Some(instance) = instance else {
            run.end(now, "Aborted", Some(("InstanceReleased", "the instance is released.")));
            return Effect::None;
        };
        let thing = format!("{} {}", instance.id_for_chance(), self.label_for_chance());
        if run.due <= run.created + cloud.scaled(Duration::from_secs(1)) && cloud.faults.not_delivered(&thing)
        {
            run.due = run.created + cloud.scaled(DELIVERY);
            return Effect::None;
        }
        let fault: Option<Fault> = if instance.status != Status::Running {
            Some(("InstanceNotRunning", "the instance is not running."))
        } else if !instance.agent.is_up(now) || late {
            Some(("DeliveryTimeout", "the command can't be delivered within one minute."))
        } else {
            None
        };
        if let Some(fault) = fault {
            run.due = now + cloud.scaled(Duration::from_secs(1));
            if late {
                run.end(now, "Aborted", Some(fault));
            }
            return Effect::None;
        }
        if instance.agent.active >= AT_ONCE || self.processes >= PROCESSES {
            // It waits in the agent's queue, for which there is no limit of a minute.
            run.created = now;
            run.due = now + LOOK_EVERY;
            return Effect::None;
        }
        if instance.agent.is_old && matches!(self.what, What::Command { tree: true, .. }) {
            run.end(now, "Invalid", Some(("ClientNeedUpgrade", "the Cloud Assistant Agent is too old.")));
            return Effect::None;
        }
        self.start(run, instance, &thing)
    }

    /// What chance knows an invocation by: its number.
    fn label_for_chance(&self) -> &str {
        self.label.split(' ').next().unwrap_or_default()
    }

    fn start(&mut self, run: &mut Run, instance: &mut Instance, thing: &str) -> Effect {
        let now = self.now;
        (run.started, run.updated, run.due) = (Some(now), now, now);
        let host = match instance.host(self.cloud) {
            Ok(host) => host,
            Err(error) => {
                tracing::warn!(%error, "a simulated host can't be made");
                run.end(now, "Error", Some(("ExecutionException", "the simulated host can't be made.")));
                return Effect::None;
            }
        };
        let begun = match self.what {
            What::File(file) => {
                let fault = host.and_then(|host| file.arrive(host).err());
                run.end(now, if fault.is_some() { "Failed" } else { "Success" }, fault);
                return Effect::None;
            }
            What::Command { content, .. } => match host {
                Some(host) => self.start_process(host, content, thing),
                None => {
                    let wanted = &instance.wanted;
                    let named = Named { name: &wanted.name, id: &instance.id, chips: wanted.kind.chips };
                    let ending = self.cloud.script.ending(named, &content.text);
                    run.due = now + self.cloud.scaled(ending.after);
                    Ok(Work::Scripted(ending))
                }
            },
        };
        match begun {
            Ok(work) => run.phase = Phase::Running(work),
            Err((status, fault)) => {
                run.started = None;
                run.end(now, status, Some(fault));
                return Effect::None;
            }
        }
        if self.cloud.faults.host_dies(thing) { Effect::Dies } else { Effect::Began }
    }

    fn start_process(
        &mut self,
        host: &Host,
        content: &super::content::Content,
        thing: &str,
    ) -> Result<Work, (&'static str, Fault)> {
        if content.user.as_deref().is_some_and(|user| user != "root") {
            return Err(("Invalid", ("AccountNotExists", "the specified account does not exist.")));
        }
        if content.folder.as_deref().is_some_and(|folder| host.folder(folder).is_none()) {
            return Err(("Invalid", ("DirectoryNotExists", "the specified directory does not exist.")));
        }
        let id = self.label.rsplit(' ').next().unwrap_or_default();
        let file_name = if content.name.is_empty() {
            format!("{id}.sh")
        } else {
            format!("{}-{id}.sh", plain(&content.name))
        };
        let endpoint = self.cloud.endpoint();
        let script = Script {
            file_name: &file_name,
            text: &content.text,
            folder: content.folder.as_deref(),
            endpoint: &endpoint,
        };
        let process = host.run(&script).map_err(|error| {
            tracing::warn!(%error, "a command can't be started");
            ("Error", ("ExecutionException", "the command can't be started."))
        })?;
        self.processes += 1;
        if self.cloud.faults.delivered_twice(thing) {
            // Nobody hears of the second one; it ends with its host.
            host.run(&Script { file_name: &format!("again-{file_name}"), ..script }).ok();
        }
        Ok(Work::Process(process))
    }

    /// Looks whether it is over.
    fn look(&mut self, run: &mut Run, work: Work, stopping: bool) -> Effect {
        let now = self.now;
        let (timeout, tree) = match self.what {
            What::Command { content, tree, .. } => (content.timeout, *tree),
            What::File(file) => (file.timeout, false),
        };
        let started = run.started.unwrap_or(now);
        match &work {
            Work::Scripted(ending) => {
                if stopping {
                    run.end(now, "Terminated", Some(INTERRUPTED));
                    return Effect::Over;
                }
                self.scripted(run, ending)
            }
            Work::Process(process) => {
                let ended = process.ended();
                if ended.is_none() && !stopping && now >= started + timeout {
                    process.kill(tree);
                    let mut output = process.output();
                    output.end();
                    run.keep(&output);
                    run.end(
                        started + timeout,
                        "Timeout",
                        Some(("ExecutionTimeout", "the command execution has been timeout.")),
                    );
                    run.exit_code = Some(1);
                    self.processes = self.processes.saturating_sub(1);
                    return Effect::Over;
                }
                let Some(ended) = ended else {
                    run.due = now + LOOK_EVERY;
                    run.phase = if stopping { Phase::Stopping(work) } else { Phase::Running(work) };
                    return Effect::None;
                };
                self.processes = self.processes.saturating_sub(1);
                run.keep(&self.passed_on(process.output()));
                if stopping {
                    run.end(now, "Terminated", Some(INTERRUPTED));
                    return Effect::Over;
                }
                finish(run, now, ended.code)
            }
        }
    }

    fn scripted(&self, run: &mut Run, ending: &Ending) -> Effect {
        let mut output = Output::new(std::time::Instant::now());
        output.take(&ending.output, std::time::Instant::now());
        output.end();
        run.keep(&self.passed_on(output));
        finish(run, self.now, ending.exit_code)
    }

    /// What is left of the output with the fault that cuts it.
    fn passed_on(&self, mut output: Output) -> Output {
        if self.cloud.faults.cuts_output() {
            output.lose_middle();
        }
        output
    }
}

const INTERRUPTED: Fault = ("ExecutionInterrupted", "the command execution has been interrupted.");

/// The exit code decides; two of them are orders to the machine.
fn finish(run: &mut Run, now: Timestamp, code: i32) -> Effect {
    let failed = Some(("ExitCodeNonzero", "the command execution exit code is not zero."));
    let (status, fault) = if code == 0 { ("Success", None) } else { ("Failed", failed) };
    run.end(now, status, fault);
    run.exit_code = Some(code);
    match code {
        OFF => Effect::Power(Power::Off),
        RESTART => Effect::Power(Power::Reboot),
        _ => Effect::Over,
    }
}

/// A name that can be part of a file's.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}
