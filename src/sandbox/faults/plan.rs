//! The one table of faults, and how `--fault` is read.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::base::size::ByteSize;
use crate::device::number;
use crate::sandbox::oss::knows_operation;
use crate::sandbox::rpc::knows_action;

/// A fault's name, the form of its value, and what it does. `docs/sandbox.md` shows this table.
pub const TABLE: [(&str, &str, &str); 39] = [
    (
        "throttle",
        "=P",
        "a share P of the requests is refused: too many (503 from OSS, Throttling.User from RPC)",
    ),
    ("server-error", "=P", "a share P of the requests gets 500 or 503 and is not carried out"),
    ("reset-after", "=BYTES", "each time that many bytes of bodies have passed, the connection is reset"),
    ("wrong-crc", "=P", "a share P of puts, parts and gets is answered with a wrong x-oss-hash-crc64ecma"),
    ("corrupt-body", "=P", "a share P of the bodies has one bit turned on the way; the checksum tells"),
    (
        "lost-answer",
        "=ACTION",
        "the next ACTION is carried out and its connection closed unanswered (repeatable)",
    ),
    ("half-answer", "=ACTION", "the same, but half of the answer's body arrives (repeatable)"),
    (
        "expired-token",
        "[=SECONDS]",
        "temporary credentials end early: the first at once, or each after SECONDS",
    ),
    ("slow", "=BYTES_PER_S", "no body moves faster than that"),
    ("build-fails", "", "every image build fails and leaves its log"),
    ("load-fails", "", "every load of an image fails"),
    (
        "stays-operating",
        "",
        "a load of the intel chip is shown as operating for ever, as f1's documents have it",
    ),
    ("ddr-error", "", "the chip's memory test finds a wrong word"),
    ("bad-chip", "=NAME/N", "the memory test of chip N, from 0, of the instance NAME finds a wrong word"),
    ("never-done", "", "the chip's memory test never ends"),
    ("stale-done", "", "the chip says done before it began"),
    ("all-ones", "", "the device reads all ones also after a load"),
    ("dead-link", "", "the device goes away while it is used"),
    ("shrink", "", "the device's file becomes shorter than its BAR"),
    (
        "dma-bit-flip",
        "=P",
        "a share P of the 64-byte beats of a transfer has one bit turned, to the card and from it",
    ),
    ("dma-stuck", "=BIT", "bit BIT of the 512 that cross the memory's bus at once is read as 1"),
    ("dma-alias", "=BIT", "bit BIT of the memory's addresses is not looked at: two places are one"),
    ("dma-drop", "=P", "a share P of the 256-byte packets to the card is not written"),
    ("dma-shift", "=BYTES", "what is read from the memory stands BYTES further on (negative: before)"),
    ("dma-eio", "=ADDR", "no transfer goes past ADDR: EIO"),
    ("dma-short", "=P", "a share P of the transfers moves a part only, which is no error"),
    ("dma-slow", "=BYTES_PER_S", "no transfer is faster than that"),
    ("no-stock", "=ZONE", "a zone has no instances left (repeatable)"),
    ("quota", "", "the account may have no further instance"),
    ("creation-fails", "=P", "a share P of the instances vanishes while it is created"),
    ("assistant-offline", "=P", "on a share P of the instances the assistant never comes online"),
    ("host-dies", "=P", "under a share P of the commands their instance dies"),
    ("spot-recycle", "=P", "a share P of the preemptible instances is taken back after a while"),
    ("delivery-timeout", "=P", "a share P of the commands never reaches its instance"),
    ("delivered-twice", "=P", "a share P of the commands runs twice on its instance, at the same time"),
    ("old-agent", "=P", "a share P of the assistants is too old for TerminationMode=ProcessTree"),
    ("output-cut", "", "what commands print loses its middle on the way, and is said to have"),
    ("throttle-after", "=N", "an ECS action is taken N times in a minute, and then no more until the next"),
    ("image-kept", "", "chips keep their image while their instance is stopped or restarted"),
];

/// Why a text after `--fault` is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAFault {
    /// No fault has this name.
    #[error("`{0}` is not a fault; there are: {list}", list = forms())]
    Unknown(String),
    /// The value is missing, superfluous or wrong.
    #[error("`{given}` should read {form}{range}")]
    Value {
        /// The text as given.
        given: String,
        /// `throttle=P`.
        form: String,
        /// What the value may be.
        range: &'static str,
    },
}

fn forms() -> String {
    TABLE.map(|(name, value, _)| format!("{name}{value}")).join(" ")
}

/// How temporary credentials end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpiredToken {
    /// The first is expired from the start; later ones are right.
    First,
    /// Each ends that long after it was made.
    After(Duration),
}

/// The faults of the simulated chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub struct ChipFaults {
    /// The memory test finds a wrong word.
    pub ddr_error: bool,
    /// The memory test never ends.
    pub never_done: bool,
    /// The chip says done before it began.
    pub stale_done: bool,
    /// The device reads all ones also after a load.
    pub all_ones: bool,
    /// The device goes away while it is used.
    pub dead_link: bool,
    /// The device's file becomes shorter than its BAR.
    pub shrink: bool,
}

/// The faults of ECS and Cloud Assistant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct InstanceFaults {
    pub(super) no_stock: Vec<String>,
    pub(super) no_quota: bool,
    pub(super) creation_fails: f64,
    pub(super) assistant_offline: f64,
    pub(super) host_dies: f64,
    pub(super) spot_recycle: f64,
    pub(super) delivery_timeout: f64,
    pub(super) delivered_twice: f64,
    pub(super) old_agent: f64,
    pub(super) bad_chips: Vec<String>,
    pub(super) output_cut: bool,
    pub(super) throttle_after: Option<u64>,
    pub(super) image_kept: bool,
}

/// What was asked for with `--fault`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    pub(super) throttle: f64,
    pub(super) server_error: f64,
    pub(super) wrong_crc: f64,
    pub(super) corrupt_body: f64,
    pub(super) reset_after: Option<u64>,
    pub(super) lost_answers: Vec<String>,
    pub(super) half_answers: Vec<String>,
    expired_token: Option<ExpiredToken>,
    pub(super) slow: Option<u64>,
    pub(super) build_fails: bool,
    pub(super) load_fails: bool,
    pub(super) stays_operating: bool,
    chip: ChipFaults,
    /// Of the memory, as the file beside a node tells them.
    memory: Map<String, Value>,
    pub(super) instances: InstanceFaults,
}

impl FaultPlan {
    /// Adds one fault, such as `throttle=0.2` or `build-fails`.
    ///
    /// # Errors
    /// When there is no such fault (the message lists them all), or its value is wrong.
    pub fn add(&mut self, text: &str) -> Result<(), NotAFault> {
        let given = Given::read(text)?;
        match given.name {
            "throttle" => self.throttle = given.share()?,
            "server-error" => self.server_error = given.share()?,
            "wrong-crc" => self.wrong_crc = given.share()?,
            "corrupt-body" => self.corrupt_body = given.share()?,
            "reset-after" => self.reset_after = Some(given.bytes()?),
            "slow" => self.slow = Some(given.bytes()?),
            "lost-answer" => self.lost_answers.push(given.action()?),
            "half-answer" => self.half_answers.push(given.action()?),
            "expired-token" => self.expired_token = Some(given.lifetime()?),
            "build-fails" => self.build_fails = given.flag()?,
            "load-fails" => self.load_fails = given.flag()?,
            "stays-operating" => self.stays_operating = given.flag()?,
            "ddr-error" => self.chip.ddr_error = given.flag()?,
            "bad-chip" => self.instances.bad_chips.push(given.chip()?),
            "never-done" => self.chip.never_done = given.flag()?,
            "stale-done" => self.chip.stale_done = given.flag()?,
            "all-ones" => self.chip.all_ones = given.flag()?,
            "dead-link" => self.chip.dead_link = given.flag()?,
            "shrink" => self.chip.shrink = given.flag()?,
            name @ ("dma-bit-flip" | "dma-drop" | "dma-short") => self.memory(name, given.share()?.into()),
            name @ "dma-stuck" => self.memory(name, given.bit(512)?.into()),
            name @ "dma-alias" => self.memory(name, given.bit(63)?.into()),
            name @ "dma-shift" => self.memory(name, given.distance()?.into()),
            name @ "dma-eio" => self.memory(name, given.address()?.into()),
            name @ "dma-slow" => self.memory(name, given.bytes()?.into()),
            "no-stock" => self.instances.no_stock.push(given.zone()?),
            "quota" => self.instances.no_quota = given.flag()?,
            "creation-fails" => self.instances.creation_fails = given.share()?,
            "assistant-offline" => self.instances.assistant_offline = given.share()?,
            "host-dies" => self.instances.host_dies = given.share()?,
            "spot-recycle" => self.instances.spot_recycle = given.share()?,
            "delivery-timeout" => self.instances.delivery_timeout = given.share()?,
            "delivered-twice" => self.instances.delivered_twice = given.share()?,
            "old-agent" => self.instances.old_agent = given.share()?,
            "output-cut" => self.instances.output_cut = given.flag()?,
            "throttle-after" => self.instances.throttle_after = Some(given.count()?),
            "image-kept" => self.instances.image_kept = given.flag()?,
            other => return Err(NotAFault::Unknown(other.to_owned())),
        }
        Ok(())
    }

    fn memory(&mut self, name: &str, value: Value) {
        self.memory.insert(name.to_owned(), value);
    }

    /// The faults of the simulated chip's memory.
    pub(crate) fn of_memory(&self) -> &Map<String, Value> {
        &self.memory
    }

    /// The faults of the simulated chip.
    pub fn chip(&self) -> ChipFaults {
        self.chip
    }

    /// How temporary credentials end early, if they do.
    pub(crate) fn expired_token(&self) -> Option<ExpiredToken> {
        self.expired_token
    }
}

/// A fault as it stands after `--fault`.
struct Given<'a> {
    text: &'a str,
    name: &'a str,
    value: Option<&'a str>,
    /// How it should read: `throttle=P`.
    form: String,
}

impl<'a> Given<'a> {
    fn read(text: &'a str) -> Result<Self, NotAFault> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let row = TABLE.iter().find(|row| row.0 == name);
        let (_, value_form, _) = row.ok_or_else(|| NotAFault::Unknown(name.to_owned()))?;
        Ok(Self { text, name, value, form: format!("{name}{value_form}") })
    }

    fn wrong(&self, range: &'static str) -> NotAFault {
        NotAFault::Value { given: self.text.to_owned(), form: self.form.clone(), range }
    }

    fn share(&self) -> Result<f64, NotAFault> {
        let share: Option<f64> = self.value.and_then(|value| value.parse().ok());
        share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| self.wrong(", P from 0 to 1"))
    }

    fn bytes(&self) -> Result<u64, NotAFault> {
        let size: Option<ByteSize> = self.value.and_then(|value| value.parse().ok());
        let bytes = size.map(|size| size.0).filter(|bytes| *bytes > 0);
        bytes.ok_or_else(|| self.wrong(", a size such as 1000000 or 8MiB"))
    }

    fn bit(&self, count: u64) -> Result<u64, NotAFault> {
        let bit = self.value.and_then(|value| value.parse().ok()).filter(|bit| *bit < count);
        bit.ok_or_else(|| self.wrong(", BIT from 0 to 511 (dma-stuck) or 62 (dma-alias)"))
    }

    fn distance(&self) -> Result<i64, NotAFault> {
        let distance =
            self.value.and_then(|value| value.parse().ok()).filter(|distance: &i64| *distance != 0);
        distance.ok_or_else(|| self.wrong(", a number of BYTES, not 0"))
    }

    fn address(&self) -> Result<u64, NotAFault> {
        let address = self.value.and_then(|value| number(value).ok());
        address.ok_or_else(|| self.wrong(", ADDR such as 0x1000"))
    }

    fn action(&self) -> Result<String, NotAFault> {
        let action = self.value.filter(|value| knows_action(value) || knows_operation(value));
        let action = action.map(str::to_owned);
        action.ok_or_else(|| {
            self.wrong(", ACTION one that the sandbox has, as CreateFpgaImageTask or PutObject")
        })
    }

    fn chip(&self) -> Result<String, NotAFault> {
        let is_chip = |value: &&str| {
            value.rsplit_once('/').is_some_and(|(name, n)| !name.is_empty() && n.parse::<u8>().is_ok())
        };
        let chip = self.value.filter(is_chip).map(str::to_owned);
        chip.ok_or_else(|| self.wrong(", NAME/N as in ddr-002/1"))
    }

    fn zone(&self) -> Result<String, NotAFault> {
        let zone = self.value.filter(|value| !value.is_empty()).map(str::to_owned);
        zone.ok_or_else(|| self.wrong(", ZONE as in cn-hangzhou-b"))
    }

    fn count(&self) -> Result<u64, NotAFault> {
        let count = self.value.and_then(|value| value.parse().ok()).filter(|count| *count > 0);
        count.ok_or_else(|| self.wrong(", a whole number N above 0"))
    }

    fn lifetime(&self) -> Result<ExpiredToken, NotAFault> {
        let Some(value) = self.value else { return Ok(ExpiredToken::First) };
        let seconds = value.parse().map_err(|_| self.wrong(", whole SECONDS"))?;
        Ok(ExpiredToken::After(Duration::from_secs(seconds)))
    }

    fn flag(&self) -> Result<bool, NotAFault> {
        if self.value.is_some() { Err(self.wrong(", without a value")) } else { Ok(true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_the_table_is_understood_in_the_form_that_it_shows() {
        for (name, form, _) in TABLE {
            let form = form.replace("NAME/N", "x/1").replace("ACTION", "LoadFpgaImageTask");
            let value = form.trim_matches(['=', '[', ']']).replace("BYTES_PER_S", "8").replace("BYTES", "8");
            let value = value
                .replace("SECONDS", "8")
                .replace("BIT", "8")
                .replace("ADDR", "0x8")
                .replace('P', "0.5")
                .replace('N', "8");
            let text = if value.is_empty() { name.to_owned() } else { format!("{name}={value}") };
            assert_eq!(FaultPlan::default().add(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_wrong_one_is_told_with_what_there_is() {
        let message = |text: &str| FaultPlan::default().add(text).unwrap_err().to_string();
        let unknown = message("trottle=0.1");
        assert!(
            unknown.starts_with("`trottle` is not a fault; there are: throttle=P server-error=P"),
            "{unknown}"
        );
        assert_eq!(message("throttle=2"), "`throttle=2` should read throttle=P, P from 0 to 1");
        assert_eq!(message("build-fails=1"), "`build-fails=1` should read build-fails, without a value");
        for given in ["lost-answer", "lost-answer=Nonsense"] {
            assert_eq!(
                message(given),
                format!(
                    "`{given}` should read lost-answer=ACTION, ACTION one that the sandbox has, as \
                     CreateFpgaImageTask or PutObject"
                )
            );
        }
    }
}
