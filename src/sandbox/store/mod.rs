//! Buckets, objects and unfinished uploads: an index in memory over bytes on disk.

mod blob;
mod object;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub(crate) use blob::BlobWriter;
pub(crate) use object::{Described, Object};

use super::identity::{
    ACCOUNT, BUCKET, ELSEWHERE_BUCKET, FOREIGN_BUCKET, OTHER_ACCOUNT, OTHER_REGION, REGION,
};

/// A bucket without what is in it.
#[derive(Clone, Debug)]
pub(crate) struct BucketInfo {
    /// The account that owns it.
    pub(crate) owner: String,
    /// `cn-hangzhou`.
    pub(crate) region: String,
    /// When it was made.
    pub(crate) created: Timestamp,
}

#[derive(Debug)]
struct Bucket {
    info: BucketInfo,
    objects: BTreeMap<String, Object>,
}

/// All buckets of one sandbox, also those of others.
#[derive(Debug)]
pub(crate) struct Store {
    folder: blob::Folder,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

impl Store {
    /// The buckets that exist from the start, empty.
    pub(crate) fn new(folder: impl AsRef<Path>, now: Timestamp) -> io::Result<Self> {
        let bucket = |owner: &str, region: &str| Bucket {
            info: BucketInfo { owner: owner.to_owned(), region: region.to_owned(), created: now },
            objects: BTreeMap::new(),
        };
        let buckets = BTreeMap::from([
            (BUCKET.to_owned(), bucket(ACCOUNT, REGION)),
            (FOREIGN_BUCKET.to_owned(), bucket(OTHER_ACCOUNT, REGION)),
            (ELSEWHERE_BUCKET.to_owned(), bucket(ACCOUNT, OTHER_REGION)),
        ]);
        Ok(Self { folder: blob::Folder::create(folder.as_ref())?, buckets: Mutex::new(buckets) })
    }

    /// A bucket's owner, region and age; None when there is no such bucket.
    pub(crate) fn bucket(&self, name: &str) -> Option<BucketInfo> {
        self.lock().get(name).map(|bucket| bucket.info.clone())
    }

    /// Whether there is such a bucket, whoever owns it.
    pub(crate) fn bucket_exists(&self, name: &str) -> bool {
        self.lock().contains_key(name)
    }

    /// An object; None when it or its bucket is absent.
    pub(crate) fn head(&self, bucket: &str, key: &str) -> Option<Object> {
        self.lock().get(bucket)?.objects.get(key).cloned()
    }

    /// Whether the bucket holds anything under a prefix, such as `compiling_logs/`.
    pub(crate) fn has_folder(&self, bucket: &str, prefix: &str) -> bool {
        let buckets = self.lock();
        let Some(bucket) = buckets.get(bucket) else { return false };
        let mut from = bucket.objects.range(prefix.to_owned()..);
        from.next().is_some_and(|(key, _)| key.starts_with(prefix))
    }

    /// Puts an object that the service itself writes, such as the log of a build.
    ///
    /// # Errors
    /// When the disk refuses it, or there is no such bucket.
    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8], now: Timestamp) -> io::Result<()> {
        let mut writer = self.writer()?;
        writer.write(bytes)?;
        let object = Object::whole(writer.finish(), Described::default(), now);
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(bucket).ok_or(io::ErrorKind::NotFound)?;
        bucket.objects.insert(key.to_owned(), object);
        Ok(())
    }

    /// A place for a body that is coming in.
    pub(crate) fn writer(&self) -> io::Result<BlobWriter> {
        BlobWriter::create(self.folder.new_file())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
