//! What earlier runs left in the bucket and on this machine, and nobody will come back for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::checkpoint_folder;
use super::source::state_of;
use crate::cloud::Result;
use crate::ops::transfer::{Begun, Binding, Header, left_behind, noted};
use crate::oss::Oss;

/// How long tidying up may hold up who has what he came for.
const LONGEST: Duration = Duration::from_secs(10);
/// The service's clock and a checkpoint's time may differ by so much.
const LAG: SignedDuration = SignedDuration::from_secs(2);
/// An upload that was asked for appears in this time.
const APPEARS: SignedDuration = SignedDuration::from_mins(2);

/// Removes parts and checkpoints of uploads to this bucket that can't be gone on with: their file is another now or gone,
/// or the object is there, put by somebody else or of other content. What a process holds is left alone.
pub async fn sweep(oss: &Oss) {
    let Some(folder) = checkpoint_folder() else { return };
    let work = async {
        for (checkpoint, header) in left_behind(&folder) {
            if is_of(oss, &header.binding) && is_over(oss, &header).await {
                let Header { binding, upload_id, began, .. } = header;
                let begun = Begun { upload_id, began, ..Begun::default() };
                if remove(oss, &binding.key, &begun).await.is_ok() {
                    tracing::info!("removed what was sent of {} to {}", binding.path, binding.key);
                    checkpoint.remove();
                }
            }
        }
    };
    // What stays is found by the next run.
    tokio::time::timeout(LONGEST, work).await.ok();
}

/// The uploads that this machine has begun and not finished, by their ids, with their files.
pub fn of_this_machine() -> BTreeMap<String, PathBuf> {
    let noted = checkpoint_folder().map(|folder| noted(&folder)).unwrap_or_default();
    noted.into_iter().map(|header| (header.upload_id, PathBuf::from(header.binding.path))).collect()
}

fn is_of(oss: &Oss, binding: &Binding) -> bool {
    let endpoint = oss.endpoint().map(|endpoint| endpoint.to_string());
    binding.bucket == oss.bucket() && endpoint.as_ref() == Ok(&binding.endpoint)
}

async fn is_over(oss: &Oss, header: &Header) -> bool {
    let binding = &header.binding;
    if state_of(Path::new(&binding.path)) != Some((binding.size, binding.modified)) {
        return true;
    }
    let Ok(Some(head)) = oss.head(&binding.key).await else { return false };
    head.last_modified.is_some_and(|time| time > header.began.saturating_add(LAG).unwrap_or(Timestamp::MAX))
}

/// Removes an upload that was begun. Of one whose id was not heard it is not asked by its id: the request without one is that
/// to delete the object.
pub(super) async fn remove(oss: &Oss, key: &str, begun: &Begun) -> Result<()> {
    if begun.upload_id.is_empty() {
        remove_unheard(oss, key, begun.began).await;
        return Ok(());
    }
    oss.abort(key, &begun.upload_id).await
}

/// Removes uploads of this key that were begun at that time, of which nobody heard and which have no part.
pub(super) async fn remove_unheard(oss: &Oss, key: &str, began: Timestamp) {
    let Ok(pending) = oss.pending_uploads(key).await else { return };
    let is_near = |time: Timestamp| {
        let after = time.duration_since(began);
        (-LAG..APPEARS).contains(&after)
    };
    for upload in pending.into_iter().filter(|upload| upload.key == *key) {
        let is_empty = upload.initiated.is_some_and(is_near)
            && oss.list_parts(key, &upload.upload_id).await.is_ok_and(|parts| parts.is_empty());
        if is_empty {
            oss.abort(key, &upload.upload_id).await.ok();
        }
    }
}
