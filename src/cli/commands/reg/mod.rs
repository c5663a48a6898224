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
    /// Read registers or fields; prints just the values, a line each
    ///
    /// A pattern such as 'DMA_*' reads what fits it, and the lines then have the names; registers that a read would change, or
    /// that have nothing to read, are left out of it.
    Read(read::ReadCommand),
    /// Write a register or a field
    ///
    /// A field or a mask changes only its own bits: the register is read, changed and written back. Everything else is one
    /// write without a read. Several fields of one register are changed by one write.
    Write(write::WriteCommand),
    /// Wait until a register or a field has a value
    ///
    /// After the deadline it is read one last time. Exit 8 when it still has another value.
    Wait(wait::WaitCommand),
    /// Show each change of registers or fields, with its time
    ///
    /// On a terminal it is one table, in which the last change stands out; off it, a line per change, and the first values
    /// count as changes. With `-o json`, each is a line of JSON. Takes no lock: one can look at a register during a test.
    Watch(watch::WatchArgs),
    /// Show a range of addresses, or the registers of a map
    ///
    /// There is no dump of everything: reading an address behind which nothing is can hang the bus.
    Dump(dump::DumpCommand),
    /// Compare two dumps; names the registers and fields that differ
    ///
    /// Exit 1 when they differ, 0 when they are the same.
    Diff(diff::DiffArgs),
    /// Write a dump's values back to the registers that differ, and verify them
    ///
    /// Only registers that the map calls rw; of one with fields of other accesses, only the rw bits. What would do harm to
    /// read or to write is left out and named.
    Restore(restore::RestoreArgs),
    /// List the names of a map: registers, and their fields
    ///
    /// Opens no device.
    Ls(ls::LsArgs),
    /// Make a register map of the file that another tool wrote
    ///
    /// Reads an xclbin, LiteX' csr.json and csr.csv, CMSIS-SVD, and Vivado's .hwh, also inside an .xsa; which it is shows in the
    /// content. `--map` takes all of these directly.
    Map(map::MapArgs),
    /// Print the names that complete a command line, for completion scripts
    #[command(hide = true)]
    Names(names::NamesArgs),
    /// Run a script of read, write, wait, dump and sleep, a line each
    ///
    /// The whole script is understood before its first line is performed. The device is opened once and locked until the
    /// end. The first line that fails ends it.
    Run(run::RunArgs),
    /// Show the device's length, driver, ids and link
    ///
    /// Touches no register and takes no lock.
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
