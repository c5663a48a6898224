//! `faascmd dma read ADDR --len SIZE [FILE]`

use std::path::PathBuf;

use clap::Args;

use super::moved::{Signals, Transfer};
use super::sink::Sink;
use super::{ChannelArgs, PIECE, amount};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::dma::Buffer;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd dma read 0x0 --len 1MiB back.bin
  faascmd dma read 0x8000_0000 --len 256 | xxd")]
pub(in crate::cli) struct ReadArgs {
    /// The card's address
    #[arg(value_name = "ADDR", value_parser = amount)]
    address: u64,
    /// How much
    #[arg(long, value_name = "SIZE", value_parser = amount)]
    len: u64,
    /// Where to put it; - is stdout [default: -]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    channel: ChannelArgs,
}

/// Runs the command.
pub(super) fn run(args: &ReadArgs, cx: &Context) -> Outcome {
    if args.len == 0 {
        return Err(Failure::new(Exit::Usage, "--len is 0: there is nothing to read"));
    }
    let signals = Signals::of(cx, Some(args.len), Sink::makes_a_file(args.file.as_deref()))?;
    let mut sink = Sink::open(args.file.as_deref(), cx)?;
    let channel = args.channel.to_read(cx)?;
    channel.check(args.address, args.len)?;
    let mut buffer = Buffer::new(usize::try_from(args.len).map_or(PIECE, |len| len.min(PIECE)));
    let mut transfer = Transfer::begin(cx, signals, args.address, Some(args.len));
    let mut left = args.len;
    while left > 0 {
        let at = transfer.next()?;
        let piece = buffer.at(at, usize::try_from(left).map_or(PIECE, |left| left.min(PIECE)));
        channel.read(piece, at)?;
        if !sink.write(piece, cx)? {
            return Ok(Exit::Done);
        }
        left -= piece.len() as u64;
        transfer.moved(piece.len());
    }
    let on_stdout = matches!(sink, Sink::Stdout);
    sink.finish()?;
    let moved = transfer.report("c2h", channel.path().to_owned());
    if on_stdout {
        cx.ui.note(&moved.line());
        return Ok(Exit::Done);
    }
    cx.ui.print(&moved)
}
