//! Which chip of an instance an image is loaded into.

use crate::bitstream::Family;
use crate::faas::{Chip, Image};

/// What is known of the chip that is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Its UUID or its index, counted from 0, as the user named it.
    pub named: Option<&'a str>,
    /// Its type, from a flag or the file.
    pub family: Option<Family>,
    /// The image that it is to carry.
    pub image: Option<&'a Image>,
}

/// Why no chip can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoChip {
    /// The instance has none.
    #[error("instance {instance_id} has no FPGA")]
    None {
        /// The instance.
        instance_id: String,
    },
    /// The chip that was named is not there.
    #[error("there is no fpga `{named}` on this instance; there are: {chips}")]
    Unknown {
        /// The name.
        named: String,
        /// The chips that there are.
        chips: String,
    },
    /// None is of the type that is needed.
    #[error("no fpga of this instance fits ({wanted}); there are: {chips}")]
    Unfit {
        /// What is needed.
        wanted: String,
        /// The chips that there are.
        chips: String,
    },
    /// The one that was named is of another type.
    #[error("fpga {named} was named, and one of {wanted} is needed; there are: {chips}")]
    OtherType {
        /// The chip.
        named: String,
        /// What is needed.
        wanted: String,
        /// All chips.
        chips: String,
    },
    /// More than one would do.
    #[error("several fpgas would do, and none was named: {chips}")]
    Several {
        /// The chips that would do.
        chips: String,
    },
}

/// Chooses the chip: the one that was named; else the only one that fits.
///
/// # Errors
/// When there is none, the named one is not there, none fits, or several do.
pub fn choose<'c>(chips: &'c [Chip], instance_id: &str, wanted: &Wanted<'_>) -> Result<&'c Chip, NoChip> {
    if chips.is_empty() {
        return Err(NoChip::None { instance_id: instance_id.to_owned() });
    }
    let all: Vec<&Chip> = chips.iter().collect();
    if let Some(named) = wanted.named {
        let chip = find(chips, named)
            .ok_or_else(|| NoChip::Unknown { named: named.to_owned(), chips: shown(&all, chips) })?;
        if !wanted.is_of_family(chip) {
            let named = shown(&[chip], chips);
            return Err(NoChip::OtherType { named, wanted: wanted.shown(), chips: shown(&all, chips) });
        }
        return Ok(chip);
    }
    match wanted.fitting(chips)[..] {
        [chip] => Ok(chip),
        [] => Err(NoChip::Unfit { wanted: wanted.shown(), chips: shown(&all, chips) }),
        ref several => Err(NoChip::Several { chips: shown(several, chips) }),
    }
}

/// A chip of the type, where all of that type report one shell.
pub fn any_of_one_shell(chips: &[Chip], family: Family) -> Option<&Chip> {
    let mut of_family = chips.iter().filter(|chip| chip.family() == Some(family));
    let first = of_family.next()?;
    of_family.all(|chip| chip.shell == first.shell).then_some(first)
}

/// A chip by its UUID, whole and in any case, or by its index.
fn find<'c>(chips: &'c [Chip], named: &str) -> Option<&'c Chip> {
    let by_uuid = chips.iter().find(|chip| chip.uuid.eq_ignore_ascii_case(named));
    by_uuid.or_else(|| chips.get(named.parse::<usize>().ok()?))
}

impl Wanted<'_> {
    /// A chip that does not say its type is not turned down: the service will.
    fn is_of_family(&self, chip: &Chip) -> bool {
        self.family.is_none_or(|family| chip.family().is_none_or(|own| own == family))
    }

    /// Those of the right type. An image says no type, but its shell tells: Xilinx chips take only images for the shell
    /// that they report. Intel chips also take others.
    fn fitting<'c>(&self, chips: &'c [Chip]) -> Vec<&'c Chip> {
        let of_family: Vec<&Chip> = chips.iter().filter(|chip| self.is_of_family(chip)).collect();
        let Some(shell) = self.image.and_then(|image| image.shell.as_deref()).filter(|_| of_family.len() > 1)
        else {
            return of_family;
        };
        let reporting: Vec<&Chip> =
            of_family.iter().copied().filter(|chip| chip.shell.as_deref() == Some(shell)).collect();
        if !reporting.is_empty() {
            return reporting;
        }
        of_family.into_iter().filter(|chip| chip.family() != Some(Family::Xilinx)).collect()
    }

    fn shown(&self) -> String {
        let shell = self.image.and_then(|image| image.shell.as_deref()).map(|shell| format!("shell {shell}"));
        let family = self.family.map(|family| format!("type {}", family.name()));
        let known: Vec<String> = family.into_iter().chain(shell).collect();
        known.join(", ")
    }
}

/// `0: 0x6c92bf4786940500 (xilinx, shell f30001), 1: …`, with the index that each has among all.
fn shown(some: &[&Chip], all: &[Chip]) -> String {
    let one = |(index, chip): (usize, &Chip)| {
        let family = chip.fpga_type.as_deref().unwrap_or("type unknown");
        let shell = chip.shell.as_deref().unwrap_or("unknown");
        format!("{index}: {} ({family}, shell {shell})", chip.uuid)
    };
    let wanted = all.iter().enumerate().filter(|(_, chip)| some.iter().any(|s| s.uuid == chip.uuid));
    wanted.map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{chip, image};
    use super::*;

    fn two() -> [Chip; 2] {
        [chip("0xa", "xilinx", "f30001"), chip("0xb", "intel", "V0.11")]
    }

    fn chosen(chips: &[Chip], wanted: &Wanted<'_>) -> Result<String, NoChip> {
        choose(chips, "i-1", wanted).map(|chip| chip.uuid.clone())
    }

    #[test]
    fn the_only_one_that_fits_is_taken() {
        let of = |family| chosen(&two(), &Wanted { family: Some(family), ..Wanted::default() });
        assert_eq!([of(Family::Xilinx), of(Family::Intel)], [Ok("0xa".into()), Ok("0xb".into())]);
        assert_eq!(chosen(&two()[..1], &Wanted::default()), Ok("0xa".into()));
    }

    #[test]
    fn an_image_fits_by_its_shell() {
        let of = |shell: &str| {
            let image = image("u", shell, "success", "");
            chosen(&two(), &Wanted { image: Some(&image), ..Wanted::default() })
        };
        assert_eq!([of("f30001"), of("V0.11"), of("V1.1")].map(Result::unwrap), ["0xa", "0xb", "0xb"]);
    }

    #[test]
    fn a_name_is_a_uuid_or_an_index_from_0() {
        let of = |named| chosen(&two(), &Wanted { named: Some(named), ..Wanted::default() });
        assert_eq!([of("0XB"), of("1"), of("0")].map(Result::unwrap), ["0xb", "0xb", "0xa"]);
        let NoChip::Unknown { named, chips } = of("2").unwrap_err() else { panic!("unknown") };
        assert_eq!(
            (named.as_str(), chips.as_str()),
            ("2", "0: 0xa (xilinx, shell f30001), 1: 0xb (intel, shell V0.11)")
        );
    }

    #[test]
    fn what_does_not_decide_is_told_with_the_list() {
        let several = chosen(&two(), &Wanted::default()).unwrap_err();
        assert!(matches!(several, NoChip::Several { .. }), "{several}");
        let unfit = Wanted { named: Some("0"), family: Some(Family::Intel), ..Wanted::default() };
        let message = chosen(&two(), &unfit).unwrap_err().to_string();
        assert_eq!(
            message,
            "fpga 0: 0xa (xilinx, shell f30001) was named, and one of type intel is needed; there are: \
             0: 0xa (xilinx, shell f30001), 1: 0xb (intel, shell V0.11)"
        );
        assert_eq!(chosen(&[], &Wanted::default()), Err(NoChip::None { instance_id: "i-1".into() }));
    }
}
