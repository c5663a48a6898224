//! The log that a build leaves in the bucket, found and read.

use super::Result;
use super::transfer::bytes_of;
use crate::faas::Image;
use crate::oss::{Listed, Oss, Range};

/// Where the service puts the logs (documentation of `faascmd auth`: the folder must be in the bucket).
pub const FOLDER: &str = "compiling_logs/";
/// The end of a log that is read when only its last lines are wanted.
const TAIL_BYTES: u64 = 64 << 10;
/// The longest log that is read whole.
const LONGEST: u64 = 64 << 20;

/// A log in the bucket.
#[derive(Clone, Debug)]
pub struct BuildLog {
    /// The object.
    pub object: Listed,
    /// Whether its key names the image; else it is the newest one written since the image was asked for.
    pub is_certain: bool,
}

/// Finds an image's log: the newest whose key names the image, else the newest that was written after the image was
/// asked for.
///
/// # Errors
/// When a call fails.
pub async fn find(oss: &Oss, image: &Image) -> Result<Option<BuildLog>> {
    Ok(choose(all(oss).await?, image))
}

async fn all(oss: &Oss) -> Result<Vec<Listed>> {
    let (mut logs, mut from) = (Vec::new(), None);
    loop {
        let page = oss.list(FOLDER, None, from.as_ref()).await?;
        logs.extend(page.objects.into_iter().filter(|object| object.size > 0));
        from = page.next;
        if from.is_none() {
            return Ok(logs);
        }
    }
}

fn choose(logs: Vec<Listed>, image: &Image) -> Option<BuildLog> {
    let uuid = image.uuid.to_ascii_lowercase();
    let (named, others): (Vec<_>, Vec<_>) =
        logs.into_iter().partition(|log| log.key.to_ascii_lowercase().contains(&uuid));
    let newest = |logs: Vec<Listed>| logs.into_iter().max_by_key(|log| log.last_modified);
    if let Some(object) = newest(named) {
        return Some(BuildLog { object, is_certain: true });
    }
    let since = image.created();
    let could_be = |log: &Listed| log.last_modified >= since && !names_an_image(&log.key);
    newest(others.into_iter().filter(could_be).collect()).map(|object| BuildLog { object, is_certain: false })
}

/// Whether there is a UUID in the key, which then is another image's.
fn names_an_image(key: &str) -> bool {
    let parts = key.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    parts.into_iter().any(|part| part.len() == 36 && uuid::Uuid::parse_str(part).is_ok())
}

impl BuildLog {
    /// The whole text, or its end where it is longer than 64 MiB.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn text(&self, oss: &Oss) -> Result<String> {
        self.end(oss, LONGEST).await
    }

    /// The last lines.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn tail(&self, oss: &Oss, lines: usize) -> Result<Vec<String>> {
        let text = self.end(oss, TAIL_BYTES).await?;
        let all: Vec<&str> = text.lines().collect();
        Ok(all[all.len().saturating_sub(lines)..].iter().map(|line| (*line).to_owned()).collect())
    }

    async fn end(&self, oss: &Oss, bytes: u64) -> Result<String> {
        let size = self.object.size;
        let range = Range { first: size.saturating_sub(bytes), end: size };
        let text = bytes_of(oss, &self.object.key, range, Some(&self.object.etag)).await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::image;
    use super::*;

    fn log(key: &str, written: &str) -> Listed {
        Listed {
            key: key.into(),
            size: 1,
            last_modified: written.parse().ok(),
            etag: String::new(),
            storage_class: None,
        }
    }

    #[test]
    fn a_log_that_names_the_image_goes_before_a_newer_one() {
        let image = image("A8CE-1", "s", "failed", "2024-01-02T00:00:00Z");
        let of = |logs: &[Listed]| choose(logs.to_vec(), &image).map(|l| (l.object.key, l.is_certain));
        let named = log("compiling_logs/a8ce-1/vivado.log", "2024-01-02T01:00:00Z");
        let (newer, older) = (log("b.log", "2024-01-03T00:00:00Z"), log("c.log", "2024-01-01T00:00:00Z"));
        assert_eq!(of(&[newer.clone(), named.clone()]), Some((named.key, true)));
        assert_eq!(of(&[older.clone(), newer.clone()]), Some((newer.key, false)));
        assert_eq!(of(&[older]), None);
        let others = log("l/91598d20-b802-11e7-879a-8db2aa11bb22.log", "2024-01-04T00:00:00Z");
        assert_eq!(of(&[others]), None);
    }
}
