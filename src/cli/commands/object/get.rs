//! `faascmd object get`: an object becomes a file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::CutArgs;
use super::address::Address;
use super::file_of;
use crate::cli::Exit;
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report, lossy};
use crate::ops::download::{DownloadError, DownloadRequest, Downloaded, download, stream};
use crate::oss::Oss;

/// Download an object, in parallel and verified; until it is whole and right the file is what it was
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd object get builds/7/bit.tar.gz          into bit.tar.gz
  faascmd object get builds/7/bit.tar.gz /tmp/    into /tmp/bit.tar.gz
  faascmd object get builds/7/bit.tar.gz - | tar tz")]
pub(super) struct GetArgs {
    /// The object: its key, or oss://BUCKET/KEY
    #[arg(value_name = "KEY")]
    object: Address,
    /// The file or its directory; - is stdout [default: what the key is called, here]
    file: Option<PathBuf>,
    #[command(flatten)]
    cut: CutArgs,
    /// Replace no file (exit 6)
    #[arg(long)]
    no_clobber: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Runs it.
pub(super) fn run(args: &GetArgs, cx: &Context) -> Outcome {
    cx.block_on(async {
        let key = &args.object.of_object()?.key;
        let file = file_of(key, args.file.as_deref())?;
        let (oss, cancel, started) =
            (args.object.oss(cx, args.endpoint).await?, cx.cancel()?, Instant::now());
        if args.file.as_deref() == Some(Path::new("-")) {
            return to_stdout(&oss, key, &cancel).await;
        }
        let request = DownloadRequest {
            key: key.clone(),
            file: file.clone(),
            part_size: args.cut.part_bytes(),
            jobs: args.cut.parallel(),
            keep_existing: args.no_clobber,
        };
        let downloaded = download(&oss, &request, &cancel).await?;
        if !downloaded.verified {
            cx.ui.warn("the service has no checksum of this object: its size is all that was compared");
        }
        let Downloaded { bucket, key, size, crc64, verified } = downloaded;
        let (crc64, seconds) = (crc64.to_string(), started.elapsed().as_secs_f64());
        cx.ui.print(&Got { file, bucket, key, size, crc64, verified, seconds })
    })
}

/// The object is the answer; whoever reads it may stop reading.
async fn to_stdout(oss: &Oss, key: &str, cancel: &crate::base::cancel::Cancel) -> Outcome {
    match stream(oss, key, &mut io::stdout(), cancel).await {
        Ok(_) => Ok(Exit::Done),
        Err(DownloadError::Stream(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(e) => Err(e.into()),
    }
}

#[derive(Debug, Serialize)]
struct Got {
    #[serde(serialize_with = "lossy")]
    file: PathBuf,
    bucket: String,
    key: String,
    size: u64,
    crc64: String,
    /// Whether the service said a checksum to compare with.
    verified: bool,
    seconds: f64,
}

impl Report for Got {
    const SCHEMA: &'static str = "faascmd.object.get/1";

    fn human(&self, page: &mut Page) {
        let row = vec![self.file.display().to_string(), self.size.to_string(), self.crc64.clone()];
        page.table(&["file", "size", "crc64"], &[row]);
    }
}
