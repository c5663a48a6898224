//! `faascmd reg …`: the registers of the local device.

mod diff;
mod dump;
mod info;
mod ls;
mod map;
mod maps;
mod names;
mod read;
mod restore;
mod run;
mod script;
mod target;
mod wait;
mod watch;
mod watch_html;
mod write;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::Outcome;

#[derive(Debug, Subcommand)]
#[command(
    defer = true,
    after_help = "A place is an address (0x24, 36, 0b100100), a register of the map (SMOKE_DONE) or a field of one
(SMOKE_DONE.DONE); where several are taken, also a pattern of names ('DMA_*'). The map is the built-in `ddr_prbs`,
that of the image which was deployed last (to read), or the file of --map: TOML, xclbin, csr.json, csr.csv, SVD, .hwh.
Everything is one aligned access, of 32 bits unless --width or the map says otherwise.

Examples:
  faascmd reg read SMOKE_DONE ERROR
  faascmd reg write 0x14 1
  faascmd reg wait SMOKE_DONE --equals 1 --timeout 60s
  faascmd reg dump 0x0..0x40 --device 05:00.0/2"
)]
pub(in crate::cli) enum RegCommand {
    Read(read::ReadCommand),
    Write(write::WriteCommand),
    Wait(wait::WaitCommand),
    Watch(watch::WatchArgs),
    Dump(dump::DumpCommand),
    Diff(diff::DiffArgs),
    Restore(restore::RestoreArgs),
    Ls(ls::LsArgs),
    Map(map::MapArgs),
    Names(names::NamesArgs),
    Run(run::RunArgs),
    Info(info::InfoArgs),
}

/// Runs one.
pub(in crate::cli) fn run(command: &RegCommand, cx: &Context) -> Outcome {
    match command {
        RegCommand::Read(args) => read::run(args, cx),
        RegCommand::Write(args) => write::run(args, cx),
        RegCommand::Wait(args) => wait::run(args, cx),
        RegCommand::Watch(args) => watch::run(args, cx),
        RegCommand::Dump(args) => dump::run(args, cx),
        RegCommand::Diff(args) => diff::run(args, cx),
        RegCommand::Restore(args) => restore::run(args, cx),
        RegCommand::Ls(args) => ls::run(args, cx),
        RegCommand::Map(args) => map::run(args, cx),
        RegCommand::Names(args) => names::run(args, cx),
        RegCommand::Run(args) => run::run(args, cx),
        RegCommand::Info(args) => info::run(args, cx),
    }
}
