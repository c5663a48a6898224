//! Buckets, objects and unfinished uploads: an index in memory over bytes on disk.

mod blob;
mod class;
mod listing;
mod object;
mod uploads;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub(crate) use blob::{BlobWriter, Reader, Received};
pub(crate) use class::Class;
pub(crate) use listing::{Listing, Page};
pub(crate) use object::{Acl, Described, Object, etag};
pub(crate) use uploads::{MIN_PART_BYTES, NotComplete, Part, Upload};

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
    /// The class of its objects, unless they say another.
    pub(crate) class: Class,
    /// `LRS` or `ZRS`.
    pub(crate) redundancy: &'static str,
}

impl BucketInfo {
    /// A bucket as it is unless its maker says otherwise.
    pub(crate) fn new(owner: &str, region: &str, created: Timestamp) -> Self {
        let (owner, region) = (owner.to_owned(), region.to_owned());
        Self { owner, region, created, class: Class::Standard, redundancy: "LRS" }
    }
}

#[derive(Debug)]
struct Bucket {
    info: BucketInfo,
    objects: BTreeMap<String, Object>,
    /// By [`upload_name`].
    uploads: BTreeMap<String, Upload>,
}

impl Bucket {
    fn new(info: BucketInfo) -> Self {
        Self { info, objects: BTreeMap::new(), uploads: BTreeMap::new() }
    }
}

/// The key and the id in one, so that uploads sort by key and then by id.
pub(crate) fn upload_name(key: &str, id: &str) -> String {
    format!("{key}\0{id}")
}

/// Undoes [`upload_name`]; a rolled-up prefix has no id.
pub(crate) fn key_and_id(name: &str) -> (&str, &str) {
    name.rsplit_once('\0').unwrap_or((name, ""))
}

/// What a bucket holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BucketStat {
    /// Bytes of all objects.
    pub(crate) bytes: u64,
    pub(crate) objects: usize,
    /// Unfinished uploads.
    pub(crate) uploads: usize,
    /// Their parts.
    pub(crate) parts: usize,
    /// When the newest object was put.
    pub(crate) modified: Option<Timestamp>,
    /// In the order of [`Class::ALL`].
    pub(crate) classes: [ClassStat; 5],
}

/// What a bucket holds of one class.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClassStat {
    pub(crate) bytes: u64,
    /// Those that are paid for.
    pub(crate) paid: u64,
    pub(crate) objects: usize,
}

/// There is an object of this name, and the request forbids to overwrite it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlreadyExists;

/// All buckets of one sandbox, also those of others.
#[derive(Debug)]
pub(crate) struct Store {
    folder: blob::Folder,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

impl Store {
    /// The buckets that exist from the start, empty.
    pub(crate) fn new(folder: impl AsRef<Path>, now: Timestamp) -> io::Result<Self> {
        let bucket = |owner, region| Bucket::new(BucketInfo::new(owner, region, now));
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

    /// An object; None when it or its bucket is absent.
    pub(crate) fn head(&self, bucket: &str, key: &str) -> Option<Object> {
        self.lock().get(bucket)?.objects.get(key).cloned()
    }

    /// Puts an object that the service itself writes, such as the log of a build.
    ///
    /// # Errors
    /// When the disk refuses it, or there is no such bucket.
    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8], now: Timestamp) -> io::Result<()> {
        let mut writer = self.writer()?;
        writer.write_all(bytes)?;
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(bucket).ok_or(io::ErrorKind::NotFound)?;
        let described = Described { class: bucket.info.class, ..Described::default() };
        let object = Object::whole(writer.finish(), described, now);
        bucket.objects.insert(key.to_owned(), object);
        Ok(())
    }

    /// A place for a body that is coming in.
    pub(crate) fn writer(&self) -> io::Result<BlobWriter> {
        BlobWriter::create(self.folder.new_file())
    }

    /// Inserts or replaces an object. `forbid` refuses to replace one.
    pub(crate) fn insert(&self, at: (&str, &str), object: Object, forbid: bool) -> Result<(), AlreadyExists> {
        let mut buckets = self.lock();
        let Some(bucket) = buckets.get_mut(at.0) else { return Ok(()) };
        if forbid && bucket.objects.contains_key(at.1) {
            return Err(AlreadyExists);
        }
        bucket.objects.insert(at.1.to_owned(), object);
        Ok(())
    }

    /// Removes an object, if it is there.
    pub(crate) fn remove(&self, bucket: &str, key: &str) {
        self.lock().get_mut(bucket).and_then(|bucket| bucket.objects.remove(key));
    }

    /// One page of a bucket's objects.
    pub(crate) fn list(&self, bucket: &str, page: &Page) -> Listing<Object> {
        let buckets = self.lock();
        let none = BTreeMap::new();
        let objects = buckets.get(bucket).map_or(&none, |bucket| &bucket.objects);
        listing::list(objects, page, |key| key, Object::clone)
    }

    /// One page of a bucket's unfinished uploads with their beginnings and classes, by [`upload_name`].
    pub(crate) fn list_uploads(&self, bucket: &str, page: &Page) -> Listing<(Timestamp, Class)> {
        let buckets = self.lock();
        let none = BTreeMap::new();
        let uploads = buckets.get(bucket).map_or(&none, |bucket| &bucket.uploads);
        listing::list(
            uploads,
            page,
            |name| key_and_id(name).0,
            |upload| (upload.initiated, upload.described.class),
        )
    }

    /// How much is in a bucket.
    pub(crate) fn stat(&self, bucket: &str) -> BucketStat {
        let buckets = self.lock();
        let Some(bucket) = buckets.get(bucket) else { return BucketStat::default() };
        let of_class = |class| {
            let objects = bucket.objects.values().filter(move |object| object.described.class == class);
            objects.fold(ClassStat::default(), |stat, object| ClassStat {
                bytes: stat.bytes + object.size,
                paid: stat.paid + class.paid(object.size),
                objects: stat.objects + 1,
            })
        };
        BucketStat {
            classes: Class::ALL.map(of_class),
            bytes: bucket.objects.values().map(|object| object.size).sum(),
            objects: bucket.objects.len(),
            uploads: bucket.uploads.len(),
            parts: bucket.uploads.values().map(|upload| upload.parts.len()).sum(),
            modified: bucket.objects.values().map(|object| object.modified).max(),
        }
    }

    /// The buckets of an account, by name.
    pub(crate) fn buckets_of(&self, account: &str) -> Vec<(String, BucketInfo)> {
        let buckets = self.lock();
        let own = buckets.iter().filter(|(_, bucket)| bucket.info.owner == account);
        own.map(|(name, bucket)| (name.clone(), bucket.info.clone())).collect()
    }

    /// Makes a bucket, unless there is one of this name; gives the one that is there then.
    pub(crate) fn create_bucket(&self, name: &str, info: BucketInfo) -> BucketInfo {
        self.lock().entry(name.to_owned()).or_insert_with(|| Bucket::new(info)).info.clone()
    }

    /// Removes an empty bucket; false when something is in it.
    pub(crate) fn remove_bucket(&self, name: &str) -> bool {
        let mut buckets = self.lock();
        let holds = |bucket: &Bucket| !bucket.objects.is_empty() || !bucket.uploads.is_empty();
        if buckets.get(name).is_some_and(holds) {
            return false;
        }
        buckets.remove(name);
        true
    }

    /// Begins an upload and gives its id.
    pub(crate) fn initiate(&self, at: (&str, &str), described: Described, now: Timestamp) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let upload = Upload { initiated: now, described, parts: BTreeMap::new() };
        if let Some(bucket) = self.lock().get_mut(at.0) {
            bucket.uploads.insert(upload_name(at.1, &id), upload);
        }
        id
    }

    /// An unfinished upload as it is now.
    pub(crate) fn upload(&self, at: (&str, &str), id: &str) -> Option<Upload> {
        self.lock().get(at.0)?.uploads.get(&upload_name(at.1, id)).cloned()
    }

    /// Whether there is such an upload.
    pub(crate) fn has_upload(&self, at: (&str, &str), id: &str) -> bool {
        self.lock().get(at.0).is_some_and(|bucket| bucket.uploads.contains_key(&upload_name(at.1, id)))
    }

    /// Adds or replaces a part; false when there is no such upload.
    pub(crate) fn put_part(&self, at: (&str, &str), id: &str, part: (u32, Part)) -> bool {
        let mut buckets = self.lock();
        let upload = buckets.get_mut(at.0).and_then(|bucket| bucket.uploads.get_mut(&upload_name(at.1, id)));
        let Some(upload) = upload else { return false };
        upload.parts.insert(part.0, part.1);
        true
    }

    /// Makes an object of an upload, in one step; the upload is gone then.
    pub(crate) fn complete(
        &self,
        at: (&str, &str),
        id: &str,
        assemble: impl FnOnce(&Upload) -> Result<Object, NotComplete>,
        forbid: bool,
    ) -> Result<Object, NotComplete> {
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(at.0).ok_or(NotComplete::NoSuchUpload)?;
        let name = upload_name(at.1, id);
        let object = assemble(bucket.uploads.get(&name).ok_or(NotComplete::NoSuchUpload)?)?;
        if forbid && bucket.objects.contains_key(at.1) {
            return Err(NotComplete::AlreadyExists);
        }
        bucket.objects.insert(at.1.to_owned(), object.clone());
        bucket.uploads.remove(&name);
        Ok(object)
    }

    /// Forgets an upload and its parts; false when there is none.
    pub(crate) fn abort(&self, at: (&str, &str), id: &str) -> bool {
        let mut buckets = self.lock();
        let forgotten =
            buckets.get_mut(at.0).and_then(|bucket| bucket.uploads.remove(&upload_name(at.1, id)));
        forgotten.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
