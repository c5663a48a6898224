//! What the next run must know: a private file of one line for the upload and one for each part that arrived.
//!
//! It may be cut off at any byte: a line counts when it is whole. It holds no secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base::lock::open_locked;
use crate::base::private_file::create_private_folder;
use crate::oss::{ListedPart, Receipt};

/// What an upload must have in common with the one that a checkpoint was written for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Binding {
    /// The file's absolute path; what is not UTF-8 in it is replaced.
    pub(super) path: String,
    pub(super) size: u64,
    /// Seconds and nanoseconds of the file's last change.
    pub(super) modified: (i64, i64),
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) endpoint: String,
    pub(super) part_size: u64,
}

impl Binding {
    /// The name of its checkpoint: whoever uploads the same file to the same place finds it.
    fn name(&self) -> String {
        let place =
            [&self.path, &self.endpoint, &self.bucket, &self.key].map(|part| part.as_bytes()).join(&0);
        format!("{}.jsonl", &crate::sign::encode::hex(&Sha256::digest(place))[..32])
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

#[derive(Serialize, Deserialize)]
struct Header {
    faascmd_upload: u32,
    upload_id: String,
    binding: Binding,
}

#[derive(Serialize, Deserialize)]
struct PartLine {
    part: u32,
    size: u64,
    crc64: u64,
    etag: String,
}

/// The version of the form.
const FORM: u32 = 1;

/// An upload that an earlier run began.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) upload_id: String,
    /// The parts that arrived, as far as it knows.
    pub(super) parts: BTreeMap<u32, ListedPart>,
}

/// A checkpoint file, locked against other processes.
#[derive(Debug)]
pub(super) struct Checkpoint {
    file: File,
    path: PathBuf,
    binding: Binding,
}

/// What stands in a checkpoint file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// What this upload can go on with.
    Begun(Begun),
    /// Something that it can't; with the upload id where that is one of this file and this key.
    Useless { why: &'static str, upload_id: Option<String> },
}

impl Found {
    /// The upload of this file to this key that was begun.
    pub(super) fn upload_id(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Begun(begun) => Some(begun.upload_id),
            Self::Useless { upload_id, .. } => upload_id,
        }
    }
}

impl Checkpoint {
    /// Opens or makes the file; None while another process holds it.
    ///
    /// # Errors
    /// When the folder or the file can't be used.
    pub(super) fn open(folder: &Path, binding: Binding) -> io::Result<Option<Self>> {
        create_private_folder(folder)?;
        let path = folder.join(binding.name());
        Ok(open_locked(&path)?.map(|file| Self { file, path, binding }))
    }

    /// Reads what an earlier run left.
    pub(super) fn read(&mut self) -> Found {
        let mut text = Vec::new();
        if self.file.rewind().and_then(|()| self.file.read_to_end(&mut text)).is_err() {
            return Found::Useless { why: "can't be read", upload_id: None };
        }
        found(&self.binding, &text)
    }

    /// Starts it anew for an upload that has just begun, with the parts that it has already.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn begin(&mut self, upload_id: &str, parts: &BTreeMap<u32, ListedPart>) -> io::Result<()> {
        let header =
            Header { faascmd_upload: FORM, upload_id: upload_id.to_owned(), binding: self.binding.clone() };
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
    pub(super) fn add(&mut self, part: &ListedPart) -> io::Result<()> {
        self.file.write_all(&part_line(part))
    }

    /// Removes it: the upload is over.
    pub(super) fn remove(self) {
        // One that stays is found useless by the next run.
        std::fs::remove_file(&self.path).ok();
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(value).expect("plain fields");
    text.push(b'\n');
    text
}

fn part_line(part: &ListedPart) -> Vec<u8> {
    let ListedPart { number, size, receipt } = part;
    line(&PartLine {
        part: *number,
        size: *size,
        crc64: receipt.crc64.unwrap_or_default(),
        etag: receipt.etag.clone(),
    })
}

fn found(binding: &Binding, text: &[u8]) -> Found {
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let Some(first) = lines.next() else { return Found::Nothing };
    let useless = |why, upload_id| Found::Useless { why, upload_id };
    let header: Header = match serde_json::from_slice(first) {
        Ok(header) if first.ends_with(b"\n") => header,
        _ => return useless("is cut off", None),
    };
    if header.faascmd_upload != FORM {
        return useless("is another version's", None);
    }
    if let Some(why) = binding.difference(&header.binding) {
        let ours = binding.name() == header.binding.name();
        return useless(why, ours.then_some(header.upload_id));
    }
    let whole = lines.take_while(|line| line.ends_with(b"\n"));
    let parts = whole.map_while(|line| serde_json::from_slice(line).ok()).map(|part: PartLine| {
        let receipt = Receipt { etag: part.etag, crc64: Some(part.crc64) };
        (part.part, ListedPart { number: part.part, size: part.size, receipt })
    });
    Found::Begun(Begun { upload_id: header.upload_id, parts: parts.collect() })
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

    fn part(number: u32) -> ListedPart {
        let receipt = Receipt { etag: format!("\"{number}\""), crc64: Some(u64::MAX - u64::from(number)) };
        ListedPart { number, size: 8 << 20, receipt }
    }

    fn written(folder: &Path) -> Vec<u8> {
        let mut checkpoint = Checkpoint::open(folder, binding()).unwrap().unwrap();
        assert_eq!(checkpoint.read(), Found::Nothing);
        checkpoint.begin("U", &[(2, part(2))].into()).unwrap();
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
                Found::Begun(Begun { upload_id, parts }) => {
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
    fn another_state_of_the_file_another_part_size_and_another_place_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let text = written(folder.path());
        let asked = |change: fn(&mut Binding)| {
            let mut other = binding();
            change(&mut other);
            match found(&other, &text) {
                Found::Useless { why, upload_id } => (why, upload_id.is_some()),
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
