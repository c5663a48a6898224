//! `faascmd dma write ADDR FILE`

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::moved::{Signals, Transfer};
use super::{ChannelArgs, PIECE, amount};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::dma::Buffer;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd dma write 0x0 weights.bin
  zcat weights.gz | faascmd dma write 0x0 - --channel 1")]
pub(in crate::cli) struct WriteArgs {
    /// The card's address
    #[arg(value_name = "ADDR", value_parser = amount)]
    address: u64,
    /// What to write; - is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    channel: ChannelArgs,
    /// Go on although another process has the memory's lock
    #[arg(long)]
    no_lock: bool,
}

/// Runs the command.
pub(super) fn run(args: &WriteArgs, cx: &Context) -> Outcome {
    let (mut source, length) = open(&args.file)?;
    let (channel, _locks) = args.channel.to_write(cx, !args.no_lock)?;
    channel.check(args.address, length.unwrap_or(0))?;
    let piece = piece(length);
    let mut buffer = Buffer::new(piece);
    let mut transfer = Transfer::begin(cx, Signals::of(cx, length, true)?, args.address, length);
    loop {
        let at = transfer.next()?;
        let room = buffer.at(at, piece);
        let came = fill(&mut *source, room).map_err(|e| unreadable(&args.file, &e))?;
        if came == 0 {
            break;
        }
        channel.write(&room[..came], at)?;
        transfer.moved(came);
    }
    let moved = transfer.report("h2c", channel.path().to_owned());
    if moved.bytes == 0 {
        return Err(Failure::new(
            Exit::Usage,
            format!("{} is empty: nothing is written", args.file.display()),
        ));
    }
    cx.ui.print(&moved)
}

/// Bytes that are written at once.
fn piece(length: Option<u64>) -> usize {
    length.and_then(|length| usize::try_from(length).ok()).map_or(PIECE, |length| length.clamp(1, PIECE))
}

/// The source, and its length where it is an ordinary file.
fn open(path: &Path) -> Result<(Box<dyn Read>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let metadata = file.metadata().map_err(|e| unreadable(path, &e))?;
    let length = Some(metadata.len()).filter(|_| metadata.is_file());
    Ok((Box::new(file), length))
}

/// Reads until the buffer is full or the source ends.
fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(came) => filled += came,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
    Failure::new(exit, format!("{} can't be read: {error}", path.display()))
}
