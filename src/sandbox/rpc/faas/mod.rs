//! FaaS 2017-08-24: images that are built, and chips that they are loaded onto.
//!
//! Nothing here runs by itself: each thing keeps when it began, and its state is what the clock makes of that when
//! somebody asks.

mod build;
mod chip;
mod create;
mod image;
mod load;
mod log;
mod publish;
pub(super) mod refusals;
mod role;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use chip::Chip;
pub(super) use chip::Hardware;
use image::Image;

use super::action::{Action, signed};
use super::call::{Answer, Call};
use super::ram::{Directory, is_left};
use super::refusal::{Refusal, gateway};
use crate::bitstream::Family;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, REGION};
use crate::sandbox::keys::Caller;

/// Every action of the interface that users call.
pub(super) const ACTIONS: &[Action] = &[
    signed("CreateFpgaImageTask", create::create),
    signed("DescribeFpgaImages", image::describe),
    signed("DeleteFpgaImage", image::delete),
    signed("UpdateImageAttribute", image::update),
    signed("DescribeFpgaInstances", chip::describe),
    signed("LoadFpgaImageTask", load::load),
    signed("DescribeLoadTaskStatus", load::status),
    signed("PublishFpgaImage", publish::publish),
    signed("DeletePublishFpgaImage", publish::withdraw),
    signed("DescribePublishFpgaImages", publish::describe),
];

/// Images and chips.
#[derive(Debug)]
pub(super) struct State {
    images: Vec<Image>,
    /// When each owner's last task was taken.
    last_task: HashMap<String, Timestamp>,
    chips: Vec<Chip>,
}

impl State {
    /// One old Intel image, an image of another account, and two chips that carry nothing.
    pub(super) fn new() -> Self {
        let images = vec![image::old_image(), image::foreign_image()];
        Self { images, last_task: HashMap::new(), chips: chip::both() }
    }

    /// Does what has come due: a build that failed leaves its log, a chip that was loaded comes to life.
    pub(super) fn settle(&mut self, cloud: &Cloud, now: Timestamp) {
        for image in &mut self.images {
            image.settle(cloud, now);
        }
        for chip in &mut self.chips {
            chip.settle(cloud, now);
        }
    }

    /// Gives an instance its chips, each with its registers.
    pub(super) fn attach(&mut self, instance: &str, kind: (Family, &str), hardware: Vec<Hardware>) {
        let new =
            hardware.into_iter().enumerate().map(|(nth, hardware)| chip::new(instance, kind, nth, hardware));
        self.chips.extend(new);
    }

    /// Takes them from it, for good.
    pub(super) fn detach(&mut self, instance: &str) {
        self.chips.retain(|chip| chip.instance != instance);
    }

    pub(super) fn has_chips(&self, instance: &str) -> bool {
        self.chips.iter().any(|chip| chip.instance == instance)
    }

    /// The chips of an instance were without power.
    pub(super) fn forget_images(&mut self, instance: &str, cloud: &Cloud) {
        self.chips.iter_mut().filter(|chip| chip.instance == instance).for_each(|chip| chip.forget(cloud));
    }

    fn image(&self, uuid: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.uuid == uuid)
    }
}

/// Refuses a caller whose policy says nothing of the action.
pub(super) fn permit(call: &Call<'_>, ram: &Directory, action: &str) -> Result<(), Refusal> {
    let (action, resource) = (format!("faas:{action}"), format!("acs:faas:{REGION}:{ACCOUNT}:*"));
    let wanted = (action.as_str(), resource.as_str());
    let may = match &call.caller {
        Caller::Fixed(FixedCaller::User) => ram.user_allows(wanted, None),
        Caller::AssumedRole(session) => is_left(session, wanted, None),
        Caller::Fixed(_) => true,
    };
    if may { Ok(()) } else { Err(gateway::FORBIDDEN) }
}

/// How long the service takes for a build: an Intel image needs no compilation, and a fifth of the time.
fn build_time(cloud: &Cloud, family: Family) -> Duration {
    let whole = cloud.scaled(cloud.options.build_time);
    if family == Family::Intel { whole / 5 } else { whole }
}

/// How long a load takes.
fn load_time(cloud: &Cloud) -> Duration {
    cloud.scaled(Duration::from_secs(2))
}

/// `Sat Oct 21 2017 15:52:19 GMT+0800 (CST)`, the way JavaScript writes a date in China.
fn javascript_date(time: Timestamp) -> String {
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    time.to_zoned(china).strftime("%a %b %d %Y %H:%M:%S GMT+0800 (CST)").to_string()
}

/// A parameter that the action can't do without.
fn need<'a>(call: &Call<'a>, name: &str) -> Result<&'a str, Refusal> {
    call.get(name).ok_or(refusals::PARAMETER_INVALIDATE)
}

/// `FpgaType`.
fn need_family(call: &Call<'_>) -> Result<Family, Refusal> {
    let name = need(call, "FpgaType")?;
    Family::named(name).filter(|family| family.name() == name).ok_or(refusals::PARAMETER_INVALIDATE)
}

/// The answer of an action that has nothing to tell.
fn done(more: Value) -> Answer {
    let mut fields = json!({"Status": "success", "Message": "success"});
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_documents() {
        let time: Timestamp = "2017-10-21T07:52:19Z".parse().unwrap();
        assert_eq!(javascript_date(time), "Sat Oct 21 2017 15:52:19 GMT+0800 (CST)");
    }
}
