//! `faascmd fleet run TARGET -- COMMAND`.

use std::time::Duration;

use clap::Args;

use super::outcomes::{self, Ran};
use super::{TargetArgs, time_of_a_host};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::typed::quoted;
use crate::ops::fleet::{Record, RunRequest, Services, judge_command, run as run_on_hosts};

/// Run a command on all hosts of a fleet, and say who answered what
///
/// A command is done once on each host, also if this program is killed and started again: the same command takes up the run
/// that was not finished. What hosts answer is told in groups; the whole of it is kept in a file for each.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet run ddr -- uname -r
  faascmd fleet run ddr --on 001-004 --timeout 10m -- 'make -C /root/test 2>&1'
  faascmd fleet run ddr --diff -- rpm -qa
  faascmd fleet run ddr --on failed -- reboot     the hosts that did not pass the last run")]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// How long the command may take on a host
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time_of_a_host)]
    timeout: Duration,
    /// So many hosts first, and the others only if it went well there
    #[arg(long, value_name = "N", default_value_t = 0)]
    canary: usize,
    /// Show how the others differ from what most answered
    #[arg(long)]
    diff: bool,
    /// The command; one word is taken as a line for the shell
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<String>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &RunArgs, cx: &Context) -> Outcome {
    let record = cx.block_on(on_hosts(args, cx))?;
    outcomes::print(cx, &Ran::of(&record, args.diff))
}

async fn on_hosts(args: &RunArgs, cx: &Context) -> Result<Record, Failure> {
    let ecs = cx.ecs().await?;
    let hosts = args.target.hosts(&ecs).await?;
    let deadline = cx.deadline(outcomes::whole_time(args.timeout)).await?;
    let request = RunRequest {
        target: &args.target.target,
        hosts,
        kind: "run",
        prepare: String::new(),
        command: line(&args.command),
        timeout: args.timeout,
        canary: args.canary,
        judge: judge_command,
        secret: None,
        part_of: None,
    };
    let services = Services { ecs: &ecs, deadline: &deadline };
    let ran = run_on_hosts(services, &request).await;
    let record = ran.map_err(|error| outcomes::stopped(error, &args.target.target))?;
    outcomes::fetch_whole_logs(cx, services, &request, &record).await;
    Ok(record)
}

/// One word is a shell's line as it stands; of several each stays one.
fn line(words: &[String]) -> String {
    match words {
        [line] => line.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    }
}
