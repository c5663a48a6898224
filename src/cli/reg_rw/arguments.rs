//! The old command line: only the number of arguments and their first letters count.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::strtoul::strtoul;
use super::{Refusal, usage};
use crate::device::Width;

/// What is to be done.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) device: OsString,
    pub(super) address: u64,
    pub(super) width: Width,
    pub(super) operation: Operation,
    /// As C counts them: the program and the old arguments, without our options.
    pub(super) argc: usize,
    /// The type as given, where it is none of b, h and w.
    unknown_type: Option<OsString>,
    /// The data as given, where it is larger than its width.
    cut_data: Option<OsString>,
    pub(super) format: Format,
    pub(super) fixed: bool,
    pub(super) exit_value: bool,
    pub(super) lock: bool,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Read,
    Write(u32),
}

/// Whose output is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// Of the driver releases 2018.3 to 2020.1.
    #[default]
    Of2019,
    /// Of the driver releases since 2020.2.
    Of2020,
}

#[derive(Clone, Copy, Debug)]
enum Information {
    Help,
    Version,
}

/// Whether a number, or its two's complement, fits.
fn holds(width: Width, value: u64) -> bool {
    let rest = value >> (width.bits() - 1);
    rest <= 1 || rest == u64::MAX >> (width.bits() - 1)
}

/// Our options; the rest are the old arguments.
#[derive(Debug, Default)]
pub(super) struct Options {
    old: Vec<OsString>,
    format: Format,
    fixed: bool,
    pub(super) exit_value: bool,
    no_lock: bool,
    asked: Option<Information>,
}

impl Options {
    /// Takes our options out of the command line, which comes without the program's name.
    pub(super) fn split(mut given: impl Iterator<Item = OsString>) -> Result<Self, Refusal> {
        let mut options = Self::default();
        while let Some(argument) = given.next() {
            match argument.as_bytes() {
                b"--fixed" => options.fixed = true,
                b"--exit-value" => options.exit_value = true,
                b"--no-lock" => options.no_lock = true,
                b"--help" => options.asked = Some(Information::Help),
                b"--version" => options.asked = Some(Information::Version),
                b"--format" => options.format = format(given.next().unwrap_or_default().as_bytes())?,
                bytes if bytes.starts_with(b"--format=") => options.format = format(&bytes[9..])?,
                [b'-', b'-', letter, ..] if letter.is_ascii_alphabetic() => {
                    let text = format!("there is no option {}; --help lists them", argument.display());
                    return Err(Refusal::Argument(text));
                }
                _ => options.old.push(argument),
            }
        }
        Ok(options)
    }

    /// The answer to `--help` and `--version`.
    pub(super) fn information(&self, program: &OsStr) -> Option<String> {
        self.asked.map(|asked| match asked {
            Information::Help => usage::help(program),
            Information::Version => format!("reg_rw {} (faascmd)\n", env!("CARGO_PKG_VERSION")),
        })
    }
}

fn format(text: &[u8]) -> Result<Format, Refusal> {
    match text {
        b"2019" => Ok(Format::Of2019),
        b"2020" => Ok(Format::Of2020),
        _ => Err(Refusal::Argument("--format is 2019 or 2020".to_owned())),
    }
}

impl Arguments {
    /// Understands the old arguments.
    pub(super) fn understood(options: Options) -> Result<Self, Refusal> {
        let old = options.old;
        let [device, address, ..] = &old[..] else { return Err(Refusal::Usage) };
        let width = width(old.get(2).map(OsString::as_os_str));
        let data = old.get(3).map(|data| number("data", data)).transpose()?;
        let low_32_bits = |value: u64| u32::try_from(value & 0xffff_ffff).expect("cut to 32 bits");
        Ok(Self {
            device: device.clone(),
            address: number("address", address)?,
            width: width.unwrap_or(Width::W32),
            operation: data.map_or(Operation::Read, |value| Operation::Write(low_32_bits(value))),
            argc: old.len() + 1,
            unknown_type: old.get(2).filter(|_| width.is_none()).cloned(),
            cut_data: data
                .filter(|data| !holds(width.unwrap_or_default(), *data))
                .and_then(|_| old.get(3).cloned()),
            format: options.format,
            fixed: options.fixed,
            exit_value: options.exit_value,
            lock: !options.no_lock,
        })
    }

    /// Whether a type was given, which the old tool took for a write.
    pub(super) fn has_type(&self) -> bool {
        self.argc >= 4
    }

    /// Whether the type is one that neither format knows.
    pub(super) fn is_type_unknown(&self) -> bool {
        self.unknown_type.is_some()
    }

    /// What the old tool did silently and goes on doing, as scripts may rest on it.
    pub(super) fn warnings(&self) -> Vec<String> {
        let of_type = self.unknown_type.as_ref().map(|text| match self.operation {
            Operation::Read if strtoul(text.as_bytes()).is_ok() => {
                format!("`{0}` is not a type, so this reads; to write it: w {0}", text.display())
            }
            _ => format!("`{}` is not b, h or w, so it is w", text.display()),
        });
        let of_data = self.cut_data.as_ref().map(|text| {
            format!("{} does not fit {} bits; only these are written", text.display(), self.width.bits())
        });
        of_type.into_iter().chain(of_data).collect()
    }
}

/// By the first letter, in either case; none for any other.
fn width(given: Option<&OsStr>) -> Option<Width> {
    let Some(given) = given else { return Some(Width::W32) };
    match given.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b'b') => Some(Width::W8),
        Some(b'h') => Some(Width::W16),
        Some(b'w') => Some(Width::W32),
        _ => None,
    }
}

fn number(what: &str, text: &OsStr) -> Result<u64, Refusal> {
    strtoul(text.as_bytes()).map_err(|why| Refusal::Argument(format!("{what} `{}` {why}", text.display())))
}
