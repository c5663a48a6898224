//! Devices that can't be used, and accesses that were refused.

use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::device::{DeviceError, Harm, NotANumber, NotAPlace, WhyMissing};

/// Of what a map forbids.
const FORCE: &str = "--force does it all the same";

/// So many names are told, of more the nearest.
const NAMES: usize = 10;

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        let exit = match &error {
            DeviceError::OutOfRange { .. }
            | DeviceError::Misaligned { .. }
            | DeviceError::WrongWidth { .. } => Exit::Usage,
            DeviceError::Locked { .. } => Exit::Conflict,
            _ => Exit::NoDevice,
        };
        let hints = hints(&error);
        hints.into_iter().fold(Self::new(exit, error.to_string()), Self::hint)
    }
}

impl Failure {
    /// The same, for commands that have the flag `--force`.
    pub(in crate::cli) fn of_foreign(error: DeviceError) -> Self {
        let foreign = matches!(error, DeviceError::Foreign { .. });
        let failure = Self::from(error);
        if foreign { failure.hint("--force writes to it all the same") } else { failure }
    }

    /// The same, for a line of a script, which has its own flags.
    pub(in crate::cli) fn of_line(mut self) -> Self {
        for hint in self.hints.iter_mut().filter(|hint| *hint == FORCE) {
            *hint = "--force on that line does it all the same".to_owned();
        }
        self
    }

    /// The same, for commands that have the flag `--no-lock`.
    pub(in crate::cli) fn of_locking(error: DeviceError) -> Self {
        let locked = matches!(error, DeviceError::Locked { .. });
        let failure = Self::from(error);
        if locked { failure.hint("--no-lock goes on all the same") } else { failure }
    }
}

/// What to do about it, on one line.
pub(in crate::cli) fn cure(error: &DeviceError) -> Option<String> {
    Some(hints(error).join("; ")).filter(|text| !text.is_empty())
}

fn hints(error: &DeviceError) -> Vec<String> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match error {
        DeviceError::Missing { why, .. }
        | DeviceError::NoNode { why, .. }
        | DeviceError::NoDma { why, .. } => why_hints(why),
        DeviceError::NoSuchPciDevice { .. } => texts(&["`lspci -D` lists the addresses that there are"]),
        DeviceError::Denied { node, wanted, .. } => {
            let rule = r#"for good, a udev rule: SUBSYSTEM=="xdma", GROUP="fpga", MODE="0660""#;
            let letters = if *wanted == "writing" { "rw" } else { "r" };
            vec![
                format!("run it with sudo, or: setfacl -m u:$USER:{letters} {}", node.display()),
                rule.into(),
            ]
        }
        DeviceError::Unmappable { cure, .. } => cure.iter().cloned().collect(),
        DeviceError::PlainFile { node } => {
            vec![format!("if it simulates a device: --device file:{}", node.display())]
        }
        DeviceError::NotEnabled { directory, .. } => {
            vec![format!("echo 1 > {}", directory.join("enable").display())]
        }
        DeviceError::OutOfRange { .. } => texts(&["`faascmd reg info` tells the length"]),
        DeviceError::LinkDead { address, .. } => {
            vec![
                format!("lspci -vv -s {address}"),
                "load the image again: faascmd fpga load IMAGE_UUID --force".into(),
            ]
        }
        DeviceError::AllOnes { .. } => {
            texts(&["an empty chip reads so: is an image loaded? `faascmd fpga status` tells"])
        }
        DeviceError::Vanished { .. } => {
            texts(&["an image was loaded or a driver unloaded meanwhile? try again when that is over"])
        }
        DeviceError::Locked { pid, .. } => pid.map(|pid| format!("ps -fp {pid}")).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn why_hints(why: &WhyMissing) -> Vec<String> {
    match why {
        WhyMissing::NoDriver => {
            vec!["modprobe xdma".into(), "`lspci -d 10ee:` shows whether the card is there".into()]
        }
        WhyMissing::NoDevice => vec![
            "is an image loaded? `faascmd fpga status` tells".into(),
            "after a load, let the bus be scanned: echo 1 > /sys/bus/pci/rescan".into(),
        ],
        WhyMissing::WithoutAxiLiteMaster { .. } => {
            vec!["build the image with the XDMA IP's option \"PCIe to AXI Lite Master Interface\"".into()]
        }
        WhyMissing::WithoutDma { .. } => vec![
            "`faascmd dma info` lists the channels that there are".into(),
            "is an image loaded? `faascmd fpga status` tells".into(),
        ],
        WhyMissing::Opae { line, .. } => vec![format!("the vendor's tool is in OPAE's samples: {line}")],
        WhyMissing::OtherDriver { .. } => vec!["name a BAR of it, such as --device 05:00.0/2".into()],
        WhyMissing::Unknown => {
            vec!["--device takes a node, a sysfs resource, a PCI address or a file".into()]
        }
    }
}

impl From<NotANumber> for Failure {
    fn from(error: NotANumber) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<NotAPlace> for Failure {
    fn from(error: NotAPlace) -> Self {
        let failure = Self::new(Exit::Usage, error.to_string());
        match error {
            NotAPlace::NoRegister { name, there_are, .. }
            | NotAPlace::NoField { name, there_are, .. }
            | NotAPlace::NoValue { name, there_are, .. }
            | NotAPlace::Several { name, there_are, .. }
                if !there_are.is_empty() =>
            {
                failure.hint(names(&name, there_are))
            }
            _ => failure,
        }
    }
}

/// The names that there are, or of many the nearest to the one that was typed.
fn names(typed: &str, mut there_are: Vec<String>) -> String {
    let count = there_are.len();
    if count <= NAMES {
        return format!("there are: {}", there_are.join(", "));
    }
    let typed = typed.to_ascii_lowercase();
    there_are.sort_by_cached_key(|name| strsim::damerau_levenshtein(&typed, &name.to_ascii_lowercase()));
    there_are.truncate(NAMES / 2);
    format!("the nearest of {count} are: {}", there_are.join(", "))
}

impl From<Harm> for Failure {
    fn from(harm: Harm) -> Self {
        Self::new(Exit::Usage, harm.to_string()).hint(FORCE)
    }
}
