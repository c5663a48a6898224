//! Which shell an image is made for.

use crate::bitstream::Family;
use crate::faas::{Chip, Image, ImageState};

/// Why no shell can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoShell {
    /// Neither flag nor chip tells it.
    #[error("the shell is not known: no chip was asked, or it reports none")]
    Unreported,
    /// Images for f1 are made for another shell than the chip reports, and no earlier image tells which.
    #[error(
        "the shell to make an Intel image for is not known: chips report another one than the documents use, and \
         there is no successful Intel image to go by"
    )]
    NoEarlierImage,
}

/// The shell to make an image for: what the user gave; on Xilinx what the chip reports; on Intel that of the newest
/// successful image.
///
/// # Errors
/// When it is nowhere to be learned.
pub fn for_new_image(
    family: Family,
    chips: &[Chip],
    chip: Option<&Chip>,
    images: &[Image],
) -> Result<String, NoShell> {
    match family {
        Family::Xilinx => chip.and_then(|chip| chip.shell.clone()).ok_or(NoShell::Unreported),
        Family::Intel => newest_intel_shell(chips, images).ok_or(NoShell::NoEarlierImage),
    }
}

/// An image does not say for which type of chip it is. So those are passed over that carry the shell of a Xilinx chip
/// beside, or one that is not written as the f1 documents write theirs (V0.11, V1.0, V1.1).
fn newest_intel_shell(chips: &[Chip], images: &[Image]) -> Option<String> {
    let of_xilinx = |shell: &str| {
        chips.iter().any(|c| c.family() == Some(Family::Xilinx) && c.shell.as_deref() == Some(shell))
    };
    let could_be_intel = |shell: &&String| is_version(shell) && !of_xilinx(shell);
    let successful = images.iter().filter(|image| image.state == ImageState::Success);
    let with_shell =
        successful.filter_map(|image| Some((image.created(), image.shell.as_ref().filter(could_be_intel)?)));
    with_shell.max_by_key(|(time, _)| *time).map(|(_, shell)| shell.clone())
}

/// `V`, digits, a point, digits.
fn is_version(shell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = shell.strip_prefix('V').and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(major, minor)| digits(major) && digits(minor))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{chip, image};
    use super::*;

    #[test]
    fn xilinx_takes_what_the_chip_reports() {
        let chips = [chip("0x1", "xilinx", "f30001")];
        assert_eq!(for_new_image(Family::Xilinx, &chips, Some(&chips[0]), &[]), Ok("f30001".into()));
        assert_eq!(for_new_image(Family::Xilinx, &[], None, &[]), Err(NoShell::Unreported));
    }

    #[test]
    fn intel_goes_by_the_newest_successful_intel_image() {
        let chips = [chip("0x1", "xilinx", "V4.2"), chip("0x2", "intel", "V0.11")];
        let of = |images: &[Image]| for_new_image(Family::Intel, &chips, Some(&chips[1]), images);
        let images = [
            image("a", "V1.0", "success", "2017-10-21T07:52:19Z"),
            image("b", "V1.1", "success", "2019-10-21T07:52:19Z"),
            image("c", "V1.2", "failed", "2020-10-21T07:52:19Z"),
            image("d", "f30001", "success", "2021-10-21T07:52:19Z"),
            image("e", "V4.2", "success", "2022-10-21T07:52:19Z"),
        ];
        assert_eq!(of(&images), Ok("V1.1".into()));
        assert_eq!(of(&images[2..]), Err(NoShell::NoEarlierImage));
        assert_eq!(of(&[]), Err(NoShell::NoEarlierImage));
    }
}
