//! One image on all chips of many hosts: made once a shell, loaded side by side, one chip's failure stopping no other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::{Outcome, Services};
use crate::bitstream::Family;
use crate::ecs::{Instance, InstanceState};
use crate::faas::{Chip, Faas};
use crate::ops::deploy::{self, Request};
use crate::ops::load::{self, Loading};
use crate::ops::prepare;
use crate::ops::{Error, Result};

/// A chip of a host and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadedChip {
    /// The host.
    pub instance_id: String,
    /// Its name.
    pub name: String,
    /// The chip.
    pub fpga_uuid: String,
    /// The shell in it.
    pub shell: Option<String>,
    /// The image that it is to carry.
    pub image_uuid: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it carried the image before.
    pub skipped: bool,
    /// Why it failed.
    pub why: Option<String>,
}

/// A chip that is to be loaded.
#[derive(Clone, Debug)]
pub struct Spot {
    host: Instance,
    chip: Chip,
}

/// The chips of running hosts that a file can be for.
///
/// # Errors
/// When a call fails.
pub async fn chips(faas: &Faas, hosts: &[Instance], jobs: usize) -> Result<Vec<Spot>> {
    let running = hosts.iter().filter(|host| host.state == InstanceState::Running);
    let asked = running.map(|host| async move { Ok((host, faas.chips(&host.id).await?.view)) });
    let found: Vec<Result<_>> = futures_util::stream::iter(asked).buffered(jobs).collect().await;
    let mut spots = Vec::new();
    for of_host in found {
        let (host, chips) = of_host?;
        spots.extend(chips.into_iter().map(|chip| Spot { host: host.clone(), chip }));
    }
    Ok(spots)
}

/// Has one image made for each shell that the chips report; gives them by shell.
///
/// # Errors
/// Those of a deployment.
pub async fn images(
    services: prepare::Services<'_>,
    request: &Request,
    spots: &[Spot],
) -> Result<BTreeMap<Option<String>, String>> {
    let family = request.image.spec.family;
    let fits = |spot: &&Spot| spot.may_take(family);
    let shells: BTreeSet<_> = spots.iter().filter(fits).map(|spot| spot.chip.shell.clone()).collect();
    let mut images = BTreeMap::new();
    for shell in shells {
        let mut request = Request { load: false, ..request.clone() };
        request.image.instance_id = None;
        let wanted = &mut request.image.spec.shell;
        *wanted = wanted.take().or_else(|| shell.clone());
        let deployment = deploy::deploy(services, &request).await?;
        images.extend(deployment.image.map(|image| (shell, image.uuid)));
    }
    Ok(images)
}

/// Which of the chips do not carry their image yet.
///
/// # Errors
/// When a call fails.
pub async fn to_load(
    faas: &Faas,
    spots: Vec<Spot>,
    images: &BTreeMap<Option<String>, String>,
    jobs: usize,
) -> Result<(Vec<Spot>, Vec<LoadedChip>)> {
    let asked = spots.into_iter().map(|spot| async move {
        let Some(image) = images.get(&spot.chip.shell) else { return Ok((spot, false)) };
        let status = faas.load_status(&spot.host.id, &spot.chip.uuid).await?.view;
        let there = status.is_loaded_with(image);
        Ok((spot, there))
    });
    let found: Vec<Result<_>> = futures_util::stream::iter(asked).buffered(jobs).collect().await;
    let (mut open, mut done) = (Vec::new(), Vec::new());
    for spot in found {
        let (spot, there) = spot?;
        if there { done.push(spot.ended(images, Outcome::Passed, None, true)) } else { open.push(spot) }
    }
    Ok((open, done))
}

/// Loads the chips, so many at a time; the first of each image goes before the others. What is the same on all, a shell that
/// does not fit, ends with it.
pub async fn load_all(
    services: Services<'_>,
    faas: &Faas,
    spots: Vec<Spot>,
    images: &BTreeMap<Option<String>, String>,
    (jobs, order_life): (usize, Duration),
) -> Vec<LoadedChip> {
    let unfit = RefCell::new(BTreeSet::new());
    let load = async |spot: Spot| {
        let image = images.get(&spot.chip.shell);
        if unfit.borrow().contains(&image) {
            let why = Some("the shell did not fit another chip (SHELL NOT MATCH)".to_owned());
            return spot.ended(images, Outcome::NotRun, why, false);
        }
        match load_one(services, faas, (&spot, order_life), images).await {
            Ok(skipped) => spot.ended(images, Outcome::Passed, None, skipped),
            Err(error) => {
                if matches!(&error, Error::Cloud(e) if e.code() == Some("SHELL NOT MATCH")) {
                    unfit.borrow_mut().insert(image);
                }
                spot.ended(images, Outcome::Failed, Some(error.to_string()), false)
            }
        }
    };
    let mut begun = BTreeSet::new();
    let (first, others): (Vec<_>, Vec<_>) =
        spots.into_iter().partition(|spot| begun.insert(images.get(&spot.chip.shell)));
    let mut loaded: Vec<_> = futures_util::stream::iter(first).map(&load).buffered(jobs).collect().await;
    loaded.extend(futures_util::stream::iter(others).map(&load).buffered(jobs).collect::<Vec<_>>().await);
    loaded
}

/// Looks at the chips again once they were tested: one that carries another's image by now has failed.
pub async fn still_loaded(
    services: Services<'_>,
    faas: &Faas,
    fpgas: Vec<LoadedChip>,
    jobs: usize,
) -> Vec<LoadedChip> {
    let looked = fpgas.into_iter().map(|chip| async move {
        let Some(image) = chip.image_uuid.as_deref().filter(|_| chip.outcome == Outcome::Passed) else {
            return chip;
        };
        match load::still_loaded(faas, services.deadline, (&chip.instance_id, &chip.fpga_uuid, image)).await {
            Ok(()) => chip,
            Err(error) => LoadedChip { outcome: Outcome::Failed, why: Some(error.to_string()), ..chip },
        }
    });
    futures_util::stream::iter(looked).buffered(jobs).collect().await
}

async fn load_one(
    services: Services<'_>,
    faas: &Faas,
    (spot, order_life): (&Spot, Duration),
    images: &BTreeMap<Option<String>, String>,
) -> Result<bool> {
    let Some(image_uuid) = images.get(&spot.chip.shell) else {
        return Err(Error::NoSuchImage("for this chip's shell".into()));
    };
    let loading = Loading {
        instance_id: &spot.host.id,
        chip: &spot.chip,
        image_uuid,
        force: false,
        wait: true,
        wait_for_turn: true,
        order_life,
        driver: None,
        this_machine: None,
    };
    Ok(load::load(faas, services.deadline, &loading).await?.skipped)
}

impl Spot {
    /// Whether there is an image for it: a chip of another family, or of a shell that none was made for, has none.
    pub fn fits(&self, images: &BTreeMap<Option<String>, String>, family: Option<Family>) -> bool {
        images.contains_key(&self.chip.shell) && self.may_take(family)
    }

    /// A chip of a kind that is not known here may be any.
    fn may_take(&self, family: Option<Family>) -> bool {
        self.chip.family().zip(family).is_none_or(|(own, wanted)| own == wanted)
    }

    /// The id of the chip's host.
    pub fn instance_id(&self) -> &str {
        &self.host.id
    }

    fn ended(
        &self,
        images: &BTreeMap<Option<String>, String>,
        outcome: Outcome,
        why: Option<String>,
        skipped: bool,
    ) -> LoadedChip {
        LoadedChip {
            instance_id: self.host.id.clone(),
            name: self.host.name.clone(),
            fpga_uuid: self.chip.uuid.clone(),
            shell: self.chip.shell.clone(),
            image_uuid: images.get(&self.chip.shell).cloned(),
            outcome,
            skipped,
            why,
        }
    }
}
