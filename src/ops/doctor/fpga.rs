//! Images against the quota, and each chip of the instance with its shell and what it carries.

use std::collections::BTreeSet;

use super::{Check, Subject};
use crate::bitstream::Family;
use crate::faas::{Chip, Faas, Image, ImageState, LoadStatus};

/// Images that an account may have ("faascmd FAQ", 2021; 10 in older documents).
const QUOTA: usize = 30;
/// When so few more fit, it is worth a word.
const FEW: usize = 3;

/// The images, against the quota.
pub(super) async fn images(subject: &Subject) -> Check {
    let images = match faas(subject).images().await {
        Ok(answered) => answered.view,
        Err(error) => return Check::of_error(&error),
    };
    let building = images
        .iter()
        .filter(|image| matches!(image.state, ImageState::Queued | ImageState::Compiling))
        .count();
    let building = if building == 0 { String::new() } else { format!(", {building} of them being built") };
    let detail = format!("{} of {QUOTA}{building}", images.len());
    let check = if images.len() + FEW > QUOTA {
        Check::warn(detail).next("delete what you do not need: faascmd image ls, faascmd image rm UUID")
    } else {
        Check::ok(detail)
    };
    check.fact("images", images.len()).fact("quota", QUOTA)
}

/// Each chip of the instance.
pub(super) async fn chips(subject: &Subject) -> Vec<Check> {
    let Some(instance) = instance(subject).await else {
        return vec![Check::skipped("no instance is named, and this machine is not one")];
    };
    let faas = faas(subject);
    let chips = match faas.chips(&instance).await {
        Ok(answered) => answered.view,
        Err(error) if error.code() == Some("NOT AUTHORIZED") => {
            let next = format!(
                "check --instance-id: is {instance} of this account and region? if so, attach \
                 AliyunECSReadOnlyAccess to the RAM user"
            );
            return vec![Check::of_error(&error).next(next)];
        }
        Err(error) => return vec![Check::of_error(&error)],
    };
    if chips.is_empty() {
        let next = "check --instance-id: only instances of the f1, f2 and f3 families have FPGAs";
        return vec![Check::fail(format!("{instance} has no chip")).next(next)];
    }
    let statuses = chips.iter().map(|chip| faas.load_status(&instance, &chip.uuid));
    let statuses = futures_util::future::join_all(statuses).await;
    let images = faas.images().await.map(|answered| answered.view).unwrap_or_default();
    let numbered = chips.iter().zip(statuses).enumerate();
    numbered
        .map(|(i, (chip, status))| {
            match status {
                Ok(answered) => of_chip(chip, &answered.view, &images),
                Err(error) => Check::of_error(&error),
            }
            .named(format!("chip {i}"))
        })
        .collect()
}

fn of_chip(chip: &Chip, status: &LoadStatus, images: &[Image]) -> Check {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    let image = status.image_uuid.as_deref().filter(|uuid| !uuid.is_empty());
    let carries = image.map_or_else(|| "no image".to_owned(), |uuid| format!("image {uuid}"));
    let state = status.task_status.name();
    let state = if state.is_empty() { String::new() } else { format!(" ({state})") };
    let detail = format!(
        "{} {}, shell {}, {carries}{state}",
        chip.uuid,
        or_unknown(&chip.fpga_type),
        or_unknown(&chip.shell)
    );
    let failed = image.filter(|_| status.task_status.is_failure());
    let check = if let Some(image) = failed {
        let again = format!("faascmd fpga load {image} --fpga {}", chip.uuid);
        Check::fail(format!("{detail}: the load failed")).next(again)
    } else if is_being_loaded(chip, status) {
        let next = format!("wait for it: faascmd fpga wait --fpga {}", chip.uuid);
        Check::warn(format!("{detail}: it is being loaded")).next(next)
    } else if let Some(others) = shells_of_no_use(chip, images) {
        Check::warn(format!("{detail}; there are images for {others} only, which it refuses"))
            .next("build one for this shell: faascmd deploy FILE")
    } else {
        Check::ok(detail)
    };
    check
        .fact("fpga_uuid", chip.uuid.as_str())
        .fact("fpga_type", chip.fpga_type.clone())
        .fact("shell", chip.shell.clone())
        .fact("image_uuid", image)
        .fact("task_status", status.task_status.name())
}

/// An Intel chip may be `operating` for good.
fn is_being_loaded(chip: &Chip, status: &LoadStatus) -> bool {
    let is_for_good = status.task_status.name() == "operating" && chip.family() == Some(Family::Intel);
    status.task_status.is_busy() && !is_for_good
}

/// The shells of the images that are made, where none is for this Xilinx chip; those of Intel are named otherwise than the
/// chip's.
fn shells_of_no_use(chip: &Chip, images: &[Image]) -> Option<String> {
    let reported = chip.shell.as_deref().filter(|_| chip.family() == Some(Family::Xilinx))?;
    let made = images.iter().filter(|image| image.state == ImageState::Success);
    let shells: BTreeSet<&str> = made.filter_map(|image| image.shell.as_deref()).collect();
    let is_intel = |shell: &&&str| shell.starts_with('V');
    if shells.contains(reported) || shells.iter().all(|shell| is_intel(&shell)) {
        return None;
    }
    Some(shells.into_iter().filter(|shell| !is_intel(&shell)).collect::<Vec<_>>().join(", "))
}

async fn instance(subject: &Subject) -> Option<String> {
    match subject.settings.instance_id() {
        Some(id) => Some(id.value.clone()),
        None => subject.metadata.get("meta-data/instance-id").await.ok().flatten(),
    }
}

fn faas(subject: &Subject) -> Faas {
    Faas::new(subject.cloud.clone(), subject.settings.role_arn().map(|arn| arn.value.clone()))
}
