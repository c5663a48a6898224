//! `faascmd dma fill ADDR --len SIZE --pattern PATTERN`

use clap::Args;

use super::moved::{Signals, Transfer};
use super::{ChannelArgs, PIECE, amount};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::device::number;
use crate::dma::{Buffer, Data, Pattern};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd dma fill 0x0 --len 1GiB --pattern zero
  faascmd dma fill 0x1000 --len 4KiB --pattern 0xa5")]
pub(in crate::cli) struct FillArgs {
    /// The card's address
    #[arg(value_name = "ADDR", value_parser = amount)]
    address: u64,
    /// How much
    #[arg(long, value_name = "SIZE", value_parser = amount)]
    len: u64,
    /// zero, one, walking, address, prbs31, or a byte such as 0xa5
    #[arg(long, value_name = "PATTERN", value_parser = content)]
    pattern: Content,
    /// Of prbs31
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    channel: ChannelArgs,
    /// Go on although another process has the memory's lock
    #[arg(long)]
    no_lock: bool,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    Pattern(Pattern),
    Byte(u8),
}

fn content(text: &str) -> Result<Content, String> {
    let byte = || number(text).ok().and_then(|number| u8::try_from(number).ok());
    match text.parse() {
        Ok(pattern) => Ok(Content::Pattern(pattern)),
        Err(error) => byte().map(Content::Byte).ok_or_else(|| format!("{error}, or a byte such as 0xa5")),
    }
}

/// Runs the command.
pub(super) fn run(args: &FillArgs, cx: &Context) -> Outcome {
    let usage = |why: &str| Err(Failure::new(Exit::Usage, why));
    if args.len == 0 {
        return usage("--len is 0: there is nothing to fill");
    }
    if matches!(args.pattern, Content::Pattern(_)) && !args.address.is_multiple_of(8) {
        return usage("a pattern begins at a multiple of 8: its words have 8 bytes");
    }
    let (channel, _locks) = args.channel.to_write(cx, !args.no_lock)?;
    channel.check(args.address, args.len)?;
    let mut buffer = Buffer::new(usize::try_from(args.len).map_or(PIECE, |len| len.min(PIECE)));
    let mut transfer =
        Transfer::begin(cx, Signals::of(cx, Some(args.len), true)?, args.address, Some(args.len));
    let mut left = args.len;
    while left > 0 {
        let at = transfer.next()?;
        let piece = buffer.at(at, usize::try_from(left).map_or(PIECE, |left| left.min(PIECE)));
        match args.pattern {
            Content::Byte(byte) => piece.fill(byte),
            Content::Pattern(pattern) => Data { pattern, seed: args.seed, inverted: false }.fill(at, piece),
        }
        channel.write(piece, at)?;
        left -= piece.len() as u64;
        transfer.moved(piece.len());
    }
    cx.ui.print(&transfer.report("h2c", channel.path().to_owned()))
}
