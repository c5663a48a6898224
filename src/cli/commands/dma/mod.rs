//! `faascmd dma …`: the card's memory through the xdma driver.

mod amount;
mod fill;
mod info;
mod moved;
mod read;
mod sink;
mod write;

use clap::{Args, Subcommand};

pub(super) use amount::{amount, range};
pub(super) use moved::rate;

use super::left_running::{free, registers_of};
use crate::base::cancel::Cancel;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::device::{Device, Direction, DmaNodes, Lock, MOST_CHANNELS};
use crate::dma::Channel;

/// Bytes of a system call: enough for the link's whole speed, and few enough to stay in the caches on their way.
const PIECE: usize = 4 << 20;

#[derive(Debug, Subcommand)]
#[command(
    defer = true,
    after_help = "The nodes are those beside --device: /dev/xdma0_h2c_0 and /dev/xdma0_c2h_0 of /dev/xdma0_user.
Addresses are the card's; addresses and sizes are written 0x1000, 4096, 4KiB or 64M.

Examples:
  faascmd dma info
  faascmd dma write 0x0 weights.bin
  faascmd dma read 0x0 --len 1MiB back.bin
  faascmd dma fill 0x0 --len 1GiB --pattern zero
  faascmd test dma --range 0+1GiB"
)]
pub(in crate::cli) enum DmaCommand {
    /// Read the card's memory into a file, or to stdout
    ///
    /// All of it or an error: a file is there when everything has come, and what it was before that.
    Read(read::ReadArgs),
    /// Write a file, or what comes on stdin, into the card's memory
    ///
    /// All of it or an error. A file that goes beyond the end of the memory is refused before the first byte.
    Write(write::WriteArgs),
    /// Fill a part of the card's memory with a pattern
    Fill(fill::FillArgs),
    /// Show the card's DMA channels, its link, and what the link can move at most
    Info(info::InfoArgs),
}

/// Runs one.
pub(in crate::cli) fn run(command: &DmaCommand, cx: &Context) -> Outcome {
    match command {
        DmaCommand::Read(args) => read::run(args, cx),
        DmaCommand::Write(args) => write::run(args, cx),
        DmaCommand::Fill(args) => fill::run(args, cx),
        DmaCommand::Info(args) => info::run(args, cx),
    }
}

// The channel of a transfer. (A doc comment would become that of each command.)
#[derive(Clone, Copy, Debug, Args)]
struct ChannelArgs {
    /// Which of the card's channels
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..i64::from(MOST_CHANNELS)))]
    channel: u8,
}

impl ChannelArgs {
    fn to_read(self, cx: &Context) -> Result<Channel, Failure> {
        cx.dma_channel(&cx.dma_nodes()?, Direction::C2h, self.channel)
    }

    /// Also asks whether an ordinary file is meant, and locks the card's memory, which PRBS must not use.
    fn to_write(self, cx: &Context, lock: bool) -> Result<(Channel, Locks), Failure> {
        let nodes = cx.dma_nodes()?;
        let located = nodes.locate(Direction::H2c, self.channel)?;
        cx.permit_writing_to(&located, true)?;
        let memory = if lock { Some(lock_of(cx, &nodes)?) } else { None };
        let registers = registers_of(&nodes, lock, cx)?;
        if let Some(registers) = &registers {
            free((registers, &nodes.registers()), &Cancel::new(), cx)?;
        }
        let channel = cx.dma_channel(&nodes, Direction::H2c, self.channel)?;
        Ok((channel, Locks { _memory: memory, _registers: registers }))
    }
}

/// What nobody else may use while the memory is written.
struct Locks {
    _memory: Option<Lock>,
    _registers: Option<Device>,
}

/// The lock of a card's memory, which is that of its first channel to the card.
pub(super) fn lock_of(cx: &Context, nodes: &DmaNodes) -> Result<Lock, Failure> {
    let first = nodes.channels(Direction::H2c).first().copied().unwrap_or(0);
    let channel = cx.dma_channel(nodes, Direction::H2c, first)?;
    channel.lock().map_err(Failure::of_dma_lock)
}
