//! The parts of a large map that a command names, without reading all of it.
//!
//! Beside the state there is a file for each map that was read: an index by name, one by offset, and each register's
//! TOML. It is as good as its map as long as that has the same size, time and place; it is safe to delete.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{NoMap, load};
use crate::base::private_file::{state_folder, write_private};
use crate::device::{RegisterMap, is_address, number};

/// Smaller maps are read as quickly as their cache.
const WORTHWHILE: u64 = 16 << 10;
/// A file that was changed a moment ago may change again without another size or time.
const SETTLED: Duration = Duration::from_secs(2);
const FORMAT: &str = concat!("faascmd-register-map/1 ", env!("CARGO_PKG_VERSION"));

/// The map in a file: only the registers that these places name, where all of them are known from before; else all.
///
/// # Errors
/// When the file can't be read, or tells of no registers.
pub fn part_of(path: &Path, places: &[&str]) -> Result<RegisterMap, NoMap> {
    let metadata = fs::metadata(path)?;
    let cache =
        metadata.is_file().then(|| cache_file(path)).flatten().filter(|_| metadata.len() >= WORTHWHILE);
    let Some(cache) = cache else { return load(path) };
    let stamp = stamp(&metadata);
    if let Some(part) = Cached::open(&cache, &stamp).and_then(|mut cached| cached.part(places)) {
        return Ok(part);
    }
    let map = load(path)?;
    let settled =
        metadata.modified().ok().and_then(|time| time.elapsed().ok()).is_some_and(|age| age > SETTLED);
    if settled && let Err(error) = write_private(&cache, &document(&map, &stamp)) {
        tracing::debug!("the register map {} is not kept for the next time: {error}", path.display());
    }
    Ok(map)
}

fn cache_file(path: &Path) -> Option<PathBuf> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    fs::canonicalize(path).ok()?.hash(&mut hasher);
    Some(state_folder()?.join("register-maps/cache").join(format!("{:016x}", hasher.finish())))
}

/// What changes with the map's file.
fn stamp(metadata: &Metadata) -> String {
    let (size, inode, device) = (metadata.len(), metadata.ino(), metadata.dev());
    format!("{FORMAT} {size} {inode} {device} {} {}", metadata.mtime(), metadata.mtime_nsec())
}

/// Stamp, name, lengths of the indices, then the indices and the registers.
fn document(map: &RegisterMap, stamp: &str) -> Vec<u8> {
    let (mut texts, mut names, mut offsets) = (String::new(), Vec::new(), Vec::new());
    for register in &map.registers {
        let start = texts.len();
        texts.push_str(&register.to_toml());
        let place = format!("{start} {}", texts.len());
        offsets.push(format!("{:016x} {place}\n", register.offset));
        names.push(format!("{} {place}\n", register.name.to_ascii_lowercase()));
    }
    names.sort_unstable();
    let (names, offsets) = (names.concat(), offsets.concat());
    let head = format!("{stamp}\n{}\n{} {}\n", map.name, names.len(), offsets.len());
    [head, names, offsets, texts].concat().into_bytes()
}

struct Cached {
    file: File,
    map: String,
    names: String,
    offsets: String,
    texts_at: u64,
}

impl Cached {
    /// None when there is none, when it is of another file, or when it makes no sense.
    fn open(path: &Path, stamp: &str) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut head = vec![0; 1024];
        let read = file.read(&mut head).ok()?;
        let head = &head[..read];
        let ends: Vec<usize> =
            head.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).take(3).collect();
        let [first, second, third] = ends[..] else { return None };
        let line = |range: Range<usize>| std::str::from_utf8(head.get(range)?).ok();
        if line(0..first)? != stamp {
            return None;
        }
        let map = line(first + 1..second)?.to_owned();
        let (names, offsets) = line(second + 1..third)?.split_once(' ')?;
        let (names, offsets): (usize, usize) = (names.parse().ok()?, offsets.parse().ok()?);
        let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
        let index = names.checked_add(offsets).filter(|index| index + third < length)?;
        file.seek(SeekFrom::Start(third as u64 + 1)).ok()?;
        let mut bytes = vec![0; index];
        file.read_exact(&mut bytes).ok()?;
        let mut names_text = String::from_utf8(bytes).ok()?;
        let offsets = names_text.is_char_boundary(names).then(|| names_text.split_off(names))?;
        Some(Self { file, map, names: names_text, offsets, texts_at: (third + 1 + index) as u64 })
    }

    /// The registers that the places name; none when one is not known as it is, such as a pattern.
    fn part(&mut self, places: &[&str]) -> Option<RegisterMap> {
        let mut ranges = BTreeSet::new();
        for place in places {
            if is_address(place) {
                let offset = format!("{:016x}", number(place).ok()?);
                ranges.extend(found(&self.offsets, &offset));
                continue;
            }
            let name = place.to_ascii_lowercase();
            let whole = found(&self.names, &name);
            let range = whole.or_else(|| found(&self.names, name.rsplit_once('.')?.0))?;
            ranges.insert(range);
        }
        let mut text = String::new();
        for (start, end) in ranges {
            let mut bytes = vec![0; usize::try_from(end.checked_sub(start)?).ok()?];
            self.file.seek(SeekFrom::Start(self.texts_at.checked_add(start)?)).ok()?;
            self.file.read_exact(&mut bytes).ok()?;
            text.push_str(std::str::from_utf8(&bytes).ok()?);
        }
        let empty = if text.is_empty() { "register = []\n" } else { "" };
        RegisterMap::parse(&format!("name = \"{}\"\n{empty}{text}", self.map)).ok()
    }
}

/// Where the text of a register is, by the line of a sorted index that begins with a key.
fn found(index: &str, key: &str) -> Option<(u64, u64)> {
    let (mut low, mut high) = (0, index.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = index.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = start + index.as_bytes()[start..].iter().position(|byte| *byte == b'\n')?;
        let mut words = index.get(start..end)?.split(' ');
        match words.next()?.cmp(key) {
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
            std::cmp::Ordering::Equal => {
                return Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> RegisterMap {
        let register = |i: u64| format!("[[register]]\nname = 'B.R{i}'\noffset = {}\naccess = 'rw'\n", 4 * i);
        RegisterMap::parse(&format!("name = 'm'\n{}", (0..500).map(register).collect::<String>())).unwrap()
    }

    #[test]
    fn the_named_parts_are_found_and_nothing_else_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        fs::write(&path, document(&map(), "stamp")).unwrap();
        assert!(Cached::open(&path, "another stamp").is_none());
        let mut cached = Cached::open(&path, "stamp").unwrap();
        let part = cached.part(&["b.r7", "B.R499", "B.R0.FIELD", "0x10", "0xfffffff0"]).unwrap();
        let names: Vec<&str> = part.registers.iter().map(|register| register.name.as_str()).collect();
        assert_eq!(names, ["B.R0", "B.R4", "B.R7", "B.R499"]);
        assert!(cached.part(&["B.R500"]).is_none() && cached.part(&["B.*"]).is_none());
        for name in map().registers.iter().map(|register| register.name.clone()) {
            assert_eq!(cached.part(&[&name]).unwrap().registers[0].name, name);
        }
    }

    #[test]
    fn a_cache_that_was_cut_or_changed_is_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let whole = document(&map(), "stamp");
        for end in (0..whole.len()).step_by(997) {
            fs::write(&path, &whole[..end]).unwrap();
            let part = Cached::open(&path, "stamp").and_then(|mut cached| cached.part(&["B.R499"]));
            assert!(part.is_none_or(|part| part.registers[0].name == "B.R499"), "cut at {end}");
        }
    }
}
