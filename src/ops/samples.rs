//! Chips and images for the tests of this floor.

use crate::faas::{Chip, Image, ImageState, Time};

pub(super) fn chip(uuid: &str, fpga_type: &str, shell: &str) -> Chip {
    let of = |text: &str| Some(text.to_owned());
    Chip { uuid: uuid.to_owned(), fpga_type: of(fpga_type), shell: of(shell), ..Chip::default() }
}

pub(super) fn image(uuid: &str, shell: &str, state: &str, created: &str) -> Image {
    Image {
        uuid: uuid.to_owned(),
        shell: Some(shell.to_owned()),
        state: ImageState::of(state),
        create_time: Some(Time::read(created)),
        ..Image::default()
    }
}
