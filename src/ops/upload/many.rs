//! Many files: small ones together, large ones one after the other, one progress for all.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::{Job, UploadError, UploadRequest, Uploaded};
use crate::base::cancel::Cancel;
use crate::base::progress::{Event, Progress};
use crate::oss::Oss;

/// Small files under way at once: each is a request, and most of its time is waiting for an answer.
const TOGETHER: usize = 8;

/// Uploads files, each as [`super::upload`] does, and gives their outcomes in the order of the requests. One that fails
/// stops no other, but a signal stops all.
pub async fn upload_all(
    oss: &Oss,
    requests: &[UploadRequest],
    cancel: &Cancel,
) -> Vec<Result<Uploaded, UploadError>> {
    let progress = oss.cloud().progress();
    let shared: Arc<dyn Progress> = Arc::new(PartOfAll(progress.clone()));
    let jobs: Vec<_> = requests.iter().map(|request| Job::new(oss, request, shared.clone())).collect();
    let total = jobs.iter().flatten().map(|job| job.plan.size).sum();
    let label = format!("{} files to oss://{}", requests.len(), oss.bucket());
    progress.event(Event::TransferStarted { label, total, resumed: 0 });
    let outcomes = run_all(jobs, cancel).await;
    progress.event(Event::TransferEnded);
    outcomes
}

async fn run_all(
    jobs: Vec<Result<Job<'_>, UploadError>>,
    cancel: &Cancel,
) -> Vec<Result<Uploaded, UploadError>> {
    let is_small =
        |job: &Result<Job<'_>, UploadError>| job.as_ref().map_or(true, |job| job.plan.is_one_part());
    let (small, large): (Vec<_>, Vec<_>) = jobs.into_iter().enumerate().partition(|(_, job)| is_small(job));
    let run = async |(index, job): (usize, Result<Job<'_>, UploadError>)| {
        let outcome = match job {
            Ok(job) => job.counted(cancel).await,
            Err(e) => Err(e),
        };
        (index, outcome)
    };
    let mut outcomes: Vec<_> = stream::iter(small).map(run).buffer_unordered(TOGETHER).collect().await;
    outcomes.extend(stream::iter(large).then(run).collect::<Vec<_>>().await);
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

impl Job<'_> {
    /// Runs it; a file that was there already counts as transferred.
    async fn counted(&self, cancel: &Cancel) -> Result<Uploaded, UploadError> {
        let outcome = self.run(cancel).await;
        if let Ok(Uploaded { skipped: true, size, .. }) = outcome {
            self.progress.event(Event::Transferred(size));
        }
        outcome
    }
}

/// The events of one file among many: only bytes and words go on.
struct PartOfAll(Arc<dyn Progress>);

impl Progress for PartOfAll {
    fn event(&self, event: Event) {
        match event {
            Event::TransferStarted { resumed, .. } => self.0.event(Event::Transferred(resumed)),
            Event::TransferEnded => {}
            other => self.0.event(other),
        }
    }
}
