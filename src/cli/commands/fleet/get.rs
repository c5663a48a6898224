//! `faascmd fleet get TARGET FILE DIR`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::outcomes::{self, exit_of};
use super::{TargetArgs, on_host, time_of_a_host};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome as CommandOutcome};
use crate::cli::exit::Exit;
use crate::cli::output::typed::quoted;
use crate::cli::output::{Page, Report};
use crate::ops;
use crate::ops::fleet::{Counts, Fetch, Fetched, Outcome, Services, ended, fetch, file_name};

/// Bring a file of each host of a fleet here: logs, dumps
///
/// Each host puts its own into the bucket by a URL that is good for that one object and for 15 minutes; it is compared with what the
/// host had, and taken out of the bucket again. It becomes DIR/HOST/NAME; HOST is the id where hosts share a name.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet get ddr /var/log/messages logs
  faascmd fleet get ddr --on failed /root/dump.bin dumps")]
pub(in crate::cli) struct GetArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The file on the hosts
    #[arg(value_name = "FILE")]
    file: String,
    /// The folder here, which is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How long a host may take
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time_of_a_host)]
    timeout: Duration,
}

#[derive(Debug, Serialize)]
struct Got {
    target: String,
    counts: Counts,
    hosts: Vec<GotHost>,
}

#[derive(Debug, Serialize)]
struct GotHost {
    instance_id: String,
    name: String,
    state: String,
    outcome: Outcome,
    why: Option<String>,
    file: Option<PathBuf>,
    bytes: Option<u64>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &GetArgs, cx: &Context) -> CommandOutcome {
    let name = Path::new(&args.file).file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{} names no file", args.file))
            .hint("write its whole path: faascmd fleet get ddr /var/log/messages logs")
    })?;
    let hosts: Vec<_> = cx.block_on(get(args, name, cx))?.into_iter().map(GotHost::of).collect();
    let worst = hosts.iter().map(|host| host.outcome).max().unwrap_or(Outcome::Passed);
    let counts = Counts::of(hosts.iter().map(|host| host.outcome));
    cx.ui.print_with(&Got { target: args.target.target.to_string(), counts, hosts }, exit_of(worst))
}

async fn get(args: &GetArgs, name: &str, cx: &Context) -> Result<Vec<Fetched>, Failure> {
    let ecs = cx.ecs().await?;
    let hosts = args.target.hosts(&ecs).await?;
    std::fs::create_dir_all(&args.folder).map_err(ops::Error::of_file(&args.folder))?;
    let deadline = cx.deadline(outcomes::whole_time(args.timeout)).await?;
    let plain = quoted(&args.file);
    let names_file = format!("file={}; [ -e \"$file\" ] || file={plain}", on_host(&args.file));
    let names: Vec<_> = hosts.iter().map(|host| host.name.clone()).collect();
    let wanted = Fetch { target: &args.target.target, hosts, names_file, timeout: args.timeout };
    let services = Services { ecs: &ecs, deadline: &deadline };
    let place = |host: &crate::ecs::Instance| {
        args.folder.join(file_name(&host.id, &host.name, names.iter().map(String::as_str))).join(name)
    };
    let fetched = fetch(services, &cx.oss().await?, &wanted, place).await;
    fetched.map_err(|error| outcomes::stopped(error, &args.target.target))
}

impl GotHost {
    fn of(fetched: Fetched) -> Self {
        let bytes = fetched.file.as_ref().and_then(|file| Some(std::fs::metadata(file).ok()?.len()));
        Self {
            instance_id: fetched.host.id,
            name: fetched.host.name,
            state: fetched.host.state.to_string(),
            outcome: fetched.outcome,
            why: fetched.why,
            file: fetched.file,
            bytes,
        }
    }
}

impl Report for Got {
    const SCHEMA: &'static str = "faascmd.fleet.get/1";

    fn human(&self, page: &mut Page) {
        let rows = self.hosts.iter().map(|host| {
            let said = ended(host.outcome, None, host.why.as_deref());
            let file = host.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
            let bytes = host.bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
            vec![host.name.clone(), said, file, bytes]
        });
        page.table(&["host", "outcome", "file", "bytes"], &rows.collect::<Vec<_>>());
        page.line(self.counts.line());
    }
}
