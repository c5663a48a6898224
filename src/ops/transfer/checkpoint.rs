//! What the next run must know: a private file of one line for the transfer and one for each part that arrived.
//!
//! It may be cut off at any byte: a line counts when it is whole. It holds no secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Placed;
use crate::base::lock::open_locked;
use crate::base::private_file::create_private_folder;
use crate::oss::{ListedPart, Receipt};

/// What a transfer must have in common with the one that a checkpoint was written for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ops) struct Binding {
    /// The file's absolute path; what is not UTF-8 in it is replaced.
    pub(in crate::ops) path: String,
    pub(in crate::ops) size: u64,
    /// Seconds and nanoseconds of the last change of what is sent.
    pub(in crate::ops) modified: (i64, i64),
    pub(in crate::ops) bucket: String,
    pub(in crate::ops) key: String,
    pub(in crate::ops) endpoint: String,
    pub(in crate::ops) part_size: u64,
}

impl Binding {
    /// The name of its checkpoint: whoever moves the same file to or from the same place finds it.
    pub(in crate::ops) fn name(&self) -> String {
        let place =
            [&self.path, &self.endpoint, &self.bucket, &self.key].map(|part| part.as_bytes()).join(&0);
        format!("{}.jsonl", &crate::base::fingerprint::hex(&Sha256::digest(place))[..32])
    }

    /// Where a part begins if all have the size that was asked for.
    pub(in crate::ops) fn usual_place(&self, number: u32) -> u64 {
        u64::from(number.saturating_sub(1)).saturating_mul(self.part_size)
    }

    /// Why what `old` began can't be gone on with.
    fn difference(&self, old: &Self) -> Option<&'static str> {
        if self.name() != old.name() {
            Some("is another upload's")
        } else if (self.size, self.modified) != (old.size, old.modified) {
            Some("is of an earlier state of the file")
        } else {
            (self.part_size != old.part_size).then_some("has parts of another size")
        }
    }
}

/// The first line.
#[derive(Serialize, Deserialize)]
pub(in crate::ops) struct Header {
    faascmd_upload: u32,
    /// Empty while the service is asked for one.
    pub(in crate::ops) upload_id: String,
    /// When it began, by the service's clock.
    #[serde(default)]
    pub(in crate::ops) began: Timestamp,
    pub(in crate::ops) binding: Binding,
}

#[derive(Serialize, Deserialize)]
struct PartLine {
    part: u32,
    /// Where it begins; without it parts have one size.
    at: Option<u64>,
    size: u64,
    crc64: u64,
    etag: String,
}

/// So many checkpoints are looked at.
const MOST_LEFT: usize = 100;
/// A path and a key, with room.
const LONGEST_HEADER: u64 = 64 << 10;

/// The version of the form.
const FORM: u32 = 1;

/// A transfer that an earlier run began.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::ops) struct Begun {
    /// What the service calls it; for a download, the object's `ETag`. Empty where the answer was not heard.
    pub(in crate::ops) upload_id: String,
    pub(in crate::ops) began: Timestamp,
    /// The parts that arrived, as far as it knows.
    pub(in crate::ops) parts: BTreeMap<u32, Placed>,
}

/// A checkpoint file, locked against other processes.
#[derive(Debug)]
pub(in crate::ops) struct Checkpoint {
    file: File,
    path: PathBuf,
    binding: Binding,
}

/// What stands in a checkpoint file.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ops) enum Found {
    /// Nothing.
    Nothing,
    /// What this upload can go on with.
    Begun(Begun),
    /// Something that it can't; with what was begun, without its parts, where that is of this file and this key.
    Useless { why: &'static str, begun: Option<Begun> },
}

impl Found {
    /// The upload of this file to this key that was begun.
    pub(in crate::ops) fn begun(self) -> Option<Begun> {
        match self {
            Self::Nothing => None,
            Self::Begun(begun) => Some(begun),
            Self::Useless { begun, .. } => begun,
        }
    }
}

impl Checkpoint {
    /// Opens or makes the file; None while another process holds it.
    ///
    /// # Errors
    /// When the folder or the file can't be used.
    pub(in crate::ops) fn open(folder: &Path, binding: Binding) -> io::Result<Option<Self>> {
        create_private_folder(folder)?;
        let path = folder.join(binding.name());
        Ok(open_locked(&path)?.map(|file| Self { file, path, binding }))
    }

    /// Reads what an earlier run left.
    pub(in crate::ops) fn read(&mut self) -> Found {
        let mut text = Vec::new();
        if self.file.rewind().and_then(|()| self.file.read_to_end(&mut text)).is_err() {
            return Found::Useless { why: "can't be read", begun: None };
        }
        found(&self.binding, &text)
    }

    /// Starts it anew for a transfer that has just begun, with the parts that it has already.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in crate::ops) fn begin(
        &mut self,
        upload_id: &str,
        began: Timestamp,
        parts: &BTreeMap<u32, Placed>,
    ) -> io::Result<()> {
        let (upload_id, binding) = (upload_id.to_owned(), self.binding.clone());
        let header = Header { faascmd_upload: FORM, upload_id, began, binding };
        let mut text = line(&header);
        for part in parts.values() {
            text.extend(part_line(part));
        }
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)
    }

    /// Adds a part that arrived.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in crate::ops) fn add(&mut self, part: &Placed) -> io::Result<()> {
        self.file.write_all(&part_line(part))
    }

    /// Removes it: the transfer is over.
    pub(in crate::ops) fn remove(self) {
        // One that stays is found useless by the next run.
        std::fs::remove_file(&self.path).ok();
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(value).expect("plain fields");
    text.push(b'\n');
    text
}

fn part_line(placed: &Placed) -> Vec<u8> {
    let ListedPart { number, size, receipt } = &placed.part;
    line(&PartLine {
        part: *number,
        at: Some(placed.at),
        size: *size,
        crc64: receipt.crc64.unwrap_or_default(),
        etag: receipt.etag.clone(),
    })
}

fn found(binding: &Binding, text: &[u8]) -> Found {
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let Some(first) = lines.next() else { return Found::Nothing };
    let useless = |why, begun| Found::Useless { why, begun };
    let header: Header = match serde_json::from_slice(first) {
        Ok(header) if first.ends_with(b"\n") => header,
        _ => return useless("is cut off", None),
    };
    if header.faascmd_upload != FORM {
        return useless("is another version's", None);
    }
    if let Some(why) = binding.difference(&header.binding) {
        let is_ours = binding.name() == header.binding.name();
        let Header { upload_id, began, .. } = header;
        return useless(why, is_ours.then(|| Begun { upload_id, began, ..Begun::default() }));
    }
    let whole = lines.take_while(|line| line.ends_with(b"\n"));
    let parts = whole.map_while(|line| serde_json::from_slice(line).ok()).map(|part: PartLine| {
        let receipt = Receipt { etag: part.etag, crc64: Some(part.crc64) };
        let at = part.at.unwrap_or_else(|| binding.usual_place(part.part));
        (part.part, Placed { at, part: ListedPart { number: part.part, size: part.size, receipt } })
    });
    Found::Begun(Begun { upload_id: header.upload_id, began: header.began, parts: parts.collect() })
}

/// The first lines of the checkpoints in a folder that no process holds, each with its file.
pub(in crate::ops) fn left_behind(folder: &Path) -> Vec<(Checkpoint, Header)> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_LEFT);
    let opened = names.filter_map(|entry| {
        let path = entry.path();
        let header = header_of(&path)?;
        let file = open_locked(&path).ok().flatten()?;
        Some((Checkpoint { file, path, binding: header.binding.clone() }, header))
    });
    opened.collect()
}

/// What each of the checkpoints in a folder was written for, held by a process or not.
pub(in crate::ops) fn noted(folder: &Path) -> Vec<Header> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    names.filter_map(|entry| header_of(&entry.path())).collect()
}

fn header_of(path: &Path) -> Option<Header> {
    let mut first = String::new();
    let file = File::options().read(true).custom_flags(nix::libc::O_NOFOLLOW).open(path).ok()?;
    BufReader::new(file.take(LONGEST_HEADER)).read_line(&mut first).ok()?;
    serde_json::from_str(&first).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        let text = |text: &str| text.to_owned();
        Binding {
            path: text("/home/u/bit.tar.gz"),
            size: 40 << 20,
            modified: (1, 2),
            bucket: text("b"),
            key: text("k"),
            endpoint: text("https://oss-cn-hangzhou.aliyuncs.com"),
            part_size: 8 << 20,
        }
    }

    fn part(number: u32) -> Placed {
        let receipt = Receipt { etag: format!("\"{number}\""), crc64: Some(u64::MAX - u64::from(number)) };
        Placed { at: u64::from(number - 1) * 9, part: ListedPart { number, size: 8 << 20, receipt } }
    }

    fn written(folder: &Path) -> Vec<u8> {
        let mut checkpoint = Checkpoint::open(folder, binding()).unwrap().unwrap();
        assert_eq!(checkpoint.read(), Found::Nothing);
        checkpoint.begin("U", Timestamp::UNIX_EPOCH, &[(2, part(2))].into()).unwrap();
        checkpoint.add(&part(4)).unwrap();
        checkpoint.add(&part(1)).unwrap();
        std::fs::read(folder.join(binding().name())).unwrap()
    }

    #[test]
    fn cut_at_any_byte_it_gives_whole_parts_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let text = written(folder.path());
        for length in 0..=text.len() {
            match found(&binding(), &text[..length]) {
                Found::Begun(Begun { upload_id, parts, .. }) => {
                    assert_eq!(upload_id, "U");
                    assert!(parts.iter().all(|(number, listed)| *listed == part(*number)), "{parts:?}");
                }
                Found::Nothing => assert_eq!(length, 0),
                Found::Useless { why, .. } => assert_eq!(why, "is cut off"),
            }
        }
        let Found::Begun(whole) = found(&binding(), &text) else { panic!("an upload") };
        assert_eq!(whole.parts.into_keys().collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn what_nobody_holds_is_found_and_what_is_held_is_only_named() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        assert_eq!(left_behind(folder.path())[0].1.upload_id, "U");
        let _held = Checkpoint::open(folder.path(), binding()).unwrap().unwrap();
        assert!(left_behind(folder.path()).is_empty());
        assert_eq!(noted(folder.path())[0].binding, binding());
    }

    #[test]
    fn another_state_of_the_file_another_part_size_and_another_place_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let text = written(folder.path());
        let asked = |change: fn(&mut Binding)| {
            let mut other = binding();
            change(&mut other);
            match found(&other, &text) {
                Found::Useless { why, begun } => (why, begun.is_some()),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(asked(|b| b.modified = (1, 3)), ("is of an earlier state of the file", true));
        assert_eq!(asked(|b| b.size += 1), ("is of an earlier state of the file", true));
        assert_eq!(asked(|b| b.part_size = 1 << 20), ("has parts of another size", true));
        assert_eq!(asked(|b| b.key = "other".into()), ("is another upload's", false));
        assert_eq!(asked(|b| b.endpoint = "other".into()), ("is another upload's", false));
    }

    #[test]
    fn only_its_owner_reads_it_and_one_process_at_a_time() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = Checkpoint::open(folder.path(), binding()).unwrap().unwrap();
        let mode = std::fs::metadata(&first.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(Checkpoint::open(folder.path(), binding()).unwrap().is_none());
        first.remove();
        assert!(Checkpoint::open(folder.path(), binding()).unwrap().is_some());
    }
}
