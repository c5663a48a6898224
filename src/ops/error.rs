//! Why work of several steps did not come to its end.

use std::path::PathBuf;
use std::time::Duration;

use super::chip::NoChip;
use super::fleet::FleetError;
use super::shell::NoShell;
use super::upload::UploadError;
use super::wait::Awaited;
use crate::bitstream::Examination;
use crate::cloud;
use crate::faas::Image;

/// The outcome of a piece of work.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A piece of work that failed or was left.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call failed.
    #[error(transparent)]
    Cloud(Box<cloud::Error>),
    /// The waiting time is over; what was waited for goes on.
    #[error("{awaited} is still {state} after {}", crate::base::duration::spent(*elapsed))]
    Pending {
        /// What was waited for.
        awaited: Awaited,
        /// Its last state.
        state: String,
        /// For how long.
        elapsed: Duration,
    },
    /// A signal came; what was waited for goes on.
    #[error("stopped by a signal{}", awaited.as_ref().map(|thing| waiting_for(thing, state)).unwrap_or_default())]
    Interrupted {
        /// The signal's number.
        signal: i32,
        /// What was waited for, if anything.
        awaited: Option<Awaited>,
        /// Its last state.
        state: String,
    },
    /// The service knows no such image.
    #[error("there is no image {0} in this account and region")]
    NoSuchImage(String),
    /// There is no object under the key.
    #[error("there is no object oss://{bucket}/{key}")]
    NoSuchObject {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The service could not make the image.
    #[error("the build of image {} failed", .0.uuid)]
    BuildFailed(Box<Image>),
    /// The load ended otherwise than well.
    #[error("loading image {image_uuid} into fpga {fpga_uuid} on {instance_id} failed: {status}")]
    LoadFailed {
        /// The image.
        image_uuid: String,
        /// The chip.
        fpga_uuid: String,
        /// The instance.
        instance_id: String,
        /// What the service says of the chip.
        status: String,
    },
    /// Somebody else loaded another image after ours.
    #[error("image {image_uuid} in fpga {fpga_uuid} on {instance_id} was replaced by {by}{when}")]
    LoadReplaced {
        /// The image.
        image_uuid: String,
        /// The chip.
        fpga_uuid: String,
        /// The instance.
        instance_id: String,
        /// What the chip carries now, or is about to.
        by: String,
        /// When that was ordered, where the service says it.
        when: String,
    },
    /// Work on many instances.
    #[error(transparent)]
    Fleet(#[from] Box<FleetError>),
    /// No chip can be chosen.
    #[error(transparent)]
    Chip(#[from] NoChip),
    /// No shell can be chosen.
    #[error(transparent)]
    Shell(#[from] NoShell),
    /// The service makes no images for such a caller; nothing was sent to it.
    #[error("images are made for RAM users only, and this caller is {who}")]
    CallerType {
        /// What the caller is.
        who: String,
    },
    /// A file holds something that no chip can be loaded with.
    #[error("{} can't be deployed: {}", path.display(), why_unfit(exam))]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What was found in it.
        exam: Box<Examination>,
    },
    /// The chip takes images for another shell only; nothing was sent.
    #[error(
        "an image for shell {shell} would be built, and refused by fpga {chip}, which reports shell {reported}"
    )]
    ShellRefused {
        /// The shell to make the image for.
        shell: String,
        /// The chip.
        chip: String,
        /// Its shell.
        reported: String,
    },
    /// A file does not say for which type of chip it is.
    #[error("{} ({kind}) does not say for which type of FPGA it is", path.display())]
    UnknownType {
        /// The file or object.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The device tests are those of the Xilinx reference design.
    #[error("{} is for an Intel chip, and the device tests are those of the Xilinx reference design", .0.display())]
    NoTests(PathBuf),
    /// A file could not be uploaded.
    #[error(transparent)]
    Upload(Box<UploadError>),
    /// Objects of other content are under every key that could be used.
    #[error("objects of other content are under {0} and under every key that would be used in its place")]
    NoFreeKey(String),
    /// Another process of this machine does the same, and nobody wants to wait for it.
    #[error("{work} is in the hands of process {holder}")]
    Busy {
        /// What it does.
        work: String,
        /// Its id.
        holder: String,
    },
    /// A driver of this machine holds the chips.
    #[error("the driver {driver} holds {} on this machine; it must let go before an image is loaded", devices.join(", "))]
    DriverInUse {
        /// The driver.
        driver: &'static str,
        /// The devices that are bound to it.
        devices: Vec<String>,
    },
    /// Several orders had no answer, and no image appeared.
    #[error("{0}; whether the image was ordered is not known")]
    Unanswered(Box<cloud::Error>),
    /// What guards against doing it twice can't be written.
    #[error("{}: {error}; without it a second run could do the same again, so nothing was sent", path.display())]
    NoState {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A driver could not be taken out or brought back.
    #[error("`{line}` failed: {said}")]
    Driver {
        /// What was run.
        line: String,
        /// What it said, or how it ended.
        said: String,
    },
    /// A driver is back, and its device is not.
    #[error("{driver} is loaded, but {device} is not there after {waited}")]
    NoNode { driver: &'static str, device: String, waited: String },
    /// A file on this machine can't be used.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl From<cloud::Error> for Error {
    fn from(error: cloud::Error) -> Self {
        Self::Cloud(Box::new(error))
    }
}

impl From<FleetError> for Error {
    fn from(error: FleetError) -> Self {
        Self::Fleet(Box::new(error))
    }
}

impl From<UploadError> for Error {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Pending(error) => *error,
            error => Self::Upload(Box::new(error)),
        }
    }
}

fn waiting_for(awaited: &Awaited, state: &str) -> String {
    let state = if state.is_empty() { String::new() } else { format!(" ({state})") };
    format!(" while waiting for {awaited}{state}")
}

fn why_unfit(exam: &Examination) -> String {
    match exam.errors().next() {
        Some(finding) => {
            format!("{} (expected {}, found {})", finding.message, finding.expected, finding.found)
        }
        None => format!("it is a {}", exam.kind.title()),
    }
}

impl Error {
    /// Whether the same work may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Cloud(error) if error.is_transient())
    }

    /// For mapping an error of the file system.
    pub fn of_file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::File { path: path.to_owned(), error }
    }
}
