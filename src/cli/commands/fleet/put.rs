//! `faascmd fleet put TARGET FILE DIR`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::outcomes::{self, Ran};
use super::{TargetArgs, on_host, time_of_a_host};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::typed::quoted;
use crate::ops::fleet::{Agent, Record, RunRequest, Services, judge_command, run as run_on_hosts};

/// Put a file on all hosts of a fleet
///
/// It goes into the bucket once, and the hosts fetch it from there by a URL that is good for that one object and for 15 minutes; its
/// checksum is compared on each.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd fleet put ddr vectors.bin /root/test")]
pub(in crate::cli) struct PutArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder on the hosts, which is made if it is not there
    #[arg(value_name = "DIR")]
    folder: String,
    /// How long a host may take
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time_of_a_host)]
    timeout: Duration,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &PutArgs, cx: &Context) -> Outcome {
    let name = args.file.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{} has no name that hosts can have", args.file.display()))
    })?;
    if args.file.is_dir() {
        let message = format!("{} is a directory, and one file goes to the hosts", args.file.display());
        return Err(Failure::new(Exit::Usage, message).hint("pack it: tar czf FILE.tgz DIR"));
    }
    let record = cx.block_on(put(args, name, cx))?;
    outcomes::print(cx, &Ran::of(&record, false))
}

async fn put(args: &PutArgs, name: &str, cx: &Context) -> Result<Record, Failure> {
    let ecs = cx.ecs().await?;
    let hosts = args.target.hosts(&ecs).await?;
    let deadline = cx.deadline(outcomes::whole_time(args.timeout)).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    let file = Agent::put(services, &cx.oss().await?, &args.file).await?;
    let request = RunRequest {
        target: &args.target.target,
        hosts,
        kind: "put",
        prepare: file.fetch_file(),
        command: Agent::move_to(&on_host(&args.folder), &quoted(name)),
        timeout: args.timeout,
        canary: 0,
        judge: judge_command,
        secret: Some(file.url()),
        part_of: None,
    };
    let ran = run_on_hosts(services, &request).await;
    ran.map_err(|error| outcomes::stopped(error, &args.target.target))
}
