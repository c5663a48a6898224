//! The model of an order: what follows from what is known.

use jiff::Timestamp;

use crate::faas::Image;
use crate::ops::image::ImageMatch;
use crate::ops::intent::Intent;

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next<'i> {
    /// Take the image that an order of ours made whose answer was not heard.
    Own(&'i Image),
    /// Take an image that is as good as a new one.
    StandIn(&'i Image),
    /// Look again until then: an order is out, and may still arrive or appear.
    Look(Timestamp),
    /// Nothing is there and nothing is out: order.
    Ask,
}

/// Decides. `open` is the order that was given and not answered, in this run or in one that was ended.
pub(super) fn next<'i>(
    open: Option<&Intent>,
    stand_in: Option<&ImageMatch>,
    images: &'i [Image],
    now: Timestamp,
) -> Next<'i> {
    if let Some(image) = stand_in.and_then(|stand_in| stand_in.find(images)) {
        return Next::StandIn(image);
    }
    let own = open.and_then(|intent| intent.made(images));
    if let Some(image) = own.filter(|image| image.state.is_alive()) {
        return Next::Own(image);
    }
    // What was made and failed is an answer, too.
    match open.filter(|intent| own.is_none() && now < intent.until) {
        Some(intent) => Next::Look(intent.until),
        None => Next::Ask,
    }
}
