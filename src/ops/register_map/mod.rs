//! Register maps from files of any kind, and the one that belongs to the image that was deployed last.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek};
use std::path::{Path, PathBuf};

use crate::base::private_file::{state_folder, write_private};
use crate::bitstream::{self, Facts, Kind, Target, XclbinFacts};
use crate::device::{MapError, RegisterMap};

mod cache;
mod kernels;

pub use cache::part_of;

/// A map has some hundred bytes a register; what is longer is none, and may have no end.
const LONGEST: u64 = 64 << 20;

/// Why a file gives no map.
#[derive(Debug, thiserror::Error)]
pub enum NoMap {
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    #[error("{0}")]
    Wrong(#[from] MapError),
    /// A container or an archive that tells of no registers.
    #[error("{0}")]
    NoRegisters(&'static str),
}

/// Reads a map from a file: our TOML, LiteX' `csr.json` and `csr.csv`, CMSIS-SVD, `.hwh`, `.xsa`, an xclbin.
///
/// # Errors
/// When the file can't be read, or tells of no registers.
pub fn load(path: &Path) -> Result<RegisterMap, NoMap> {
    // A pipe is fine (`/dev/stdin`); only what can be read from its beginning can be an archive or a container.
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(16).read_to_end(&mut head)?;
    match bitstream::identify(&head) {
        Kind::Xclbin => {
            file.rewind()?;
            of_xclbin(file)
        }
        Kind::Zip => {
            file.rewind()?;
            let size = file.metadata()?.len();
            let text =
                bitstream::hwh_in(file, size)?.ok_or(NoMap::NoRegisters("there is no .hwh in this zip"))?;
            Ok(RegisterMap::import(&text)?)
        }
        _ => Ok(RegisterMap::import(&text_of(head, file)?)?),
    }
}

fn of_xclbin(file: File) -> Result<RegisterMap, NoMap> {
    let size = file.metadata()?.len();
    let exam = bitstream::examine(file, size, &Target::default())?;
    let of = |facts: &XclbinFacts| kernels::map(facts);
    let map = if let Facts::Xclbin(facts) = &exam.facts { of(facts) } else { None };
    map.ok_or(NoMap::NoRegisters("this xclbin tells of no kernel with registers"))
}

fn text_of(mut bytes: Vec<u8>, file: File) -> io::Result<String> {
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other("it is longer than any map"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text"))
}

/// The registers of the kernels in a file that is to be deployed, where it is an xclbin or has one in it.
pub fn of_deployed(facts: &Facts) -> Option<RegisterMap> {
    match facts {
        Facts::Xclbin(facts) => kernels::map(facts),
        Facts::Package(package) => package.loadable().find_map(|member| of_deployed(&member.facts)),
        _ => None,
    }
}

/// Keeps the map that belongs to an image. That it can't be kept spoils no deployment.
pub fn remember(map: &RegisterMap, image_uuid: &str) {
    if let Some(path) = map_file(image_uuid) {
        let text = format!("# The registers of image {image_uuid}\n{}", map.to_toml());
        if let Err(error) = write_private(&path, text.as_bytes()) {
            tracing::warn!("the register map of image {image_uuid} is not kept: {error}");
        }
    }
}

/// Notes which image was loaded: names are of its map, or of none.
pub fn note_loaded(image_uuid: &str) {
    let (Some(map), Some(loaded)) = (map_file(image_uuid), loaded_file()) else { return };
    let noted = match map.is_file() {
        true => write_private(&loaded, image_uuid.as_bytes()),
        false => fs::remove_file(&loaded),
    };
    if let Err(error) = noted.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) }) {
        tracing::warn!("that image {image_uuid} is loaded is not noted: {error}");
    }
}

/// The map of the image that was loaded last from here, where it has one.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub image_uuid: String,
    pub file: PathBuf,
}

/// Which image's map is remembered.
pub fn remembered() -> Option<Remembered> {
    let image_uuid = fs::read_to_string(loaded_file()?).ok()?.trim().to_owned();
    let file = map_file(&image_uuid)?;
    Some(Remembered { image_uuid, file })
}

fn folder() -> Option<PathBuf> {
    Some(state_folder()?.join("register-maps"))
}

fn loaded_file() -> Option<PathBuf> {
    Some(folder()?.join("loaded"))
}

/// None for what is no id: it comes from a service, and becomes a file's name.
fn map_file(image_uuid: &str) -> Option<PathBuf> {
    let safe = !image_uuid.is_empty() && image_uuid.len() <= 128;
    let safe = safe && image_uuid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    safe.then(|| folder().map(|folder| folder.join(format!("{image_uuid}.toml"))))?
}
