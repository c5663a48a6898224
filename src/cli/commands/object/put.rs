//! `faascmd object put`: files become objects.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::CutArgs;
use super::put_files::{self, Pair};
use crate::base::size::ByteSize;
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report, lossy};
use crate::ops::upload::{Existing, UploadError, UploadRequest, Uploaded, open_plain, upload, upload_all};
use crate::oss::Oss;

/// Upload files, in parallel and verified; stopped, the same command goes on
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd object put bit.tar.gz                      as bit.tar.gz
  faascmd object put bit.tar.gz builds/7/bit.tar.gz
  faascmd object put bit.tar.gz oss://my-bucket/builds/7/
  faascmd object put a.gbs b.gbs --to builds/7/      as builds/7/a.gbs and builds/7/b.gbs
  faascmd object put out --recursive --to builds/7/  what is in the directory out")]
pub(super) struct PutArgs {
    /// A file and, without --to, its key or oss://BUCKET/KEY; with --to, files
    #[arg(required = true, value_name = "FILE [KEY] | FILE")]
    files: Vec<PathBuf>,
    /// What the keys of several files begin with, or oss://BUCKET/PREFIX/; it ends with /
    #[arg(long, value_name = "PREFIX/", value_parser = prefix)]
    to: Option<String>,
    /// Upload what is in directories, and below
    #[arg(long, requires = "to")]
    recursive: bool,
    #[command(flatten)]
    cut: CutArgs,
    /// Replace no object (exit 6 if one of other content is in the way)
    #[arg(long)]
    no_clobber: bool,
    /// Send also what is there already with the same size and checksum
    #[arg(long)]
    force: bool,
    /// When it fails or is stopped, remove the parts sent so far instead of keeping them for the next run
    #[arg(long)]
    abort_on_failure: bool,
    /// Say what would be sent under which key, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

fn prefix(text: &str) -> Result<String, String> {
    if text.ends_with('/') { Ok(text.to_owned()) } else { Err(format!("write {text}/ with the slash")) }
}

/// Runs it.
pub(super) fn run(args: &PutArgs, cx: &Context) -> Outcome {
    let (pairs, bucket) = put_files::pairs(&args.files, args.to.as_deref(), args.recursive)?;
    if args.dry_run {
        for pair in &pairs {
            open_plain(&pair.file)?;
        }
        return cx.ui.print(&Planned { items: pairs });
    }
    cx.block_on(put(args, cx, bucket.as_deref(), &pairs))
}

async fn put(args: &PutArgs, cx: &Context, bucket: Option<&str>, pairs: &[Pair]) -> Outcome {
    let (oss, cancel, started) = (args.oss(cx, bucket).await?, cx.cancel()?, Instant::now());
    let requests: Vec<_> = pairs.iter().map(|pair| args.request(pair)).collect();
    let outcomes = match &requests[..] {
        [only] => vec![upload(&oss, only, &cancel).await],
        all => upload_all(&oss, all, &cancel).await,
    };
    let (mut items, mut failures) = (Vec::new(), Vec::new());
    for (pair, outcome) in pairs.iter().zip(outcomes) {
        match outcome {
            Ok(uploaded) => items.push(Object::new(pair, uploaded)),
            Err(e) => failures.push((pair, e)),
        }
    }
    if failures.is_empty() {
        return cx.ui.print(&Put::of(items, started.elapsed().as_secs_f64()));
    }
    Err(failed(cx, items.len(), failures))
}

/// One failure for all: the first says what kind it is, the others are told before.
fn failed(cx: &Context, done: usize, failures: Vec<(&Pair, UploadError)>) -> Failure {
    let stopped = |e: &UploadError| matches!(e, UploadError::Stopped { .. });
    let count = failures.len();
    let mut first: Option<Failure> = None;
    for (pair, error) in failures {
        let was_stopped = stopped(&error);
        let failure = Failure::from(error);
        match &first {
            // A signal stops all that is left: one line for it will do.
            Some(_) if was_stopped => {}
            Some(_) => cx.ui.warn(&format!("{}: {}", pair.file.display(), failure.message)),
            None => first = Some(failure),
        }
    }
    let mut failure = first.expect("there is one");
    if done + count > 1 {
        failure.message = format!("{count} of {} files failed; the first: {}", done + count, failure.message);
    }
    failure
}

impl PutArgs {
    async fn oss(&self, cx: &Context, bucket: Option<&str>) -> Result<Oss, Failure> {
        match bucket {
            Some(bucket) => cx.oss_of(bucket, self.endpoint).await,
            None => cx.oss_by(self.endpoint).await,
        }
    }

    fn request(&self, pair: &Pair) -> UploadRequest {
        UploadRequest {
            part_size: self.cut.part_bytes(),
            jobs: self.cut.parallel(),
            existing: if self.no_clobber { Existing::Keep } else { Existing::Replace },
            always_send: self.force,
            abort_on_failure: self.abort_on_failure,
            ..UploadRequest::new(&pair.file, &pair.key)
        }
    }
}

/// What became of one file.
#[derive(Debug, Serialize)]
struct Object {
    #[serde(serialize_with = "lossy")]
    file: PathBuf,
    bucket: String,
    key: String,
    size: u64,
    crc64: String,
    /// Bytes that this run sent.
    sent: u64,
    /// Bytes that an earlier run had sent.
    resumed: u64,
    /// Whether it was there already, with the same content.
    skipped: bool,
}

impl Object {
    fn new(pair: &Pair, uploaded: Uploaded) -> Self {
        let Uploaded { bucket, key, size, crc64, sent, resumed, skipped } = uploaded;
        Self { file: pair.file.clone(), bucket, key, size, crc64: crc64.to_string(), sent, resumed, skipped }
    }

    fn row(&self, page: &Page) -> Vec<String> {
        let how = match self {
            Self { skipped: true, .. } => "there already",
            Self { resumed: 0, .. } => "sent",
            _ => "resumed",
        };
        let address = format!("oss://{}/{}", self.bucket, self.key);
        vec![address, page.size(self.size), self.crc64.clone(), how.to_owned()]
    }
}

const COLUMNS: [&str; 4] = ["object", "size", "crc64", "state"];

/// All of them together, and each.
#[derive(Debug, Serialize)]
struct Put {
    /// The file, its key and its checksum, where it is one.
    file: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
    size: u64,
    crc64: Option<String>,
    sent: u64,
    resumed: u64,
    skipped: bool,
    items: Vec<Object>,
    seconds: f64,
}

impl Put {
    fn of(items: Vec<Object>, seconds: f64) -> Self {
        let sum = |of: fn(&Object) -> u64| items.iter().map(of).sum();
        let only = if items.len() == 1 { items.first() } else { None };
        Self {
            file: only.map(|object| object.file.to_string_lossy().into_owned()),
            bucket: items.first().map(|object| object.bucket.clone()),
            key: only.map(|object| object.key.clone()),
            size: sum(|object| object.size),
            crc64: only.map(|object| object.crc64.clone()),
            sent: sum(|object| object.sent),
            resumed: sum(|object| object.resumed),
            skipped: items.iter().all(|object| object.skipped),
            items,
            seconds,
        }
    }
}

impl Report for Put {
    const SCHEMA: &'static str = "faascmd.object.put/1";

    fn human(&self, page: &mut Page) {
        let rows: Vec<_> = self.items.iter().map(|object| object.row(page)).collect();
        page.table(&COLUMNS, &rows);
    }
}

/// What would be sent.
#[derive(Debug, Serialize)]
struct Planned {
    items: Vec<Pair>,
}

impl Report for Planned {
    const SCHEMA: &'static str = "faascmd.object.put_plan/1";

    fn human(&self, page: &mut Page) {
        let row = |pair: &Pair| {
            vec![pair.file.display().to_string(), pair.key.clone(), ByteSize(pair.size).to_string()]
        };
        page.table(&["file", "key", "size"], &self.items.iter().map(row).collect::<Vec<_>>());
    }
}
