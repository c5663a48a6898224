//! What was ordered for a fleet, on disk before it is sent: a killed program must not make anything twice.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::FleetError;
use crate::base::private_file::{state_folder, write_private};
use crate::ecs::InstanceOrder;
use crate::ops::{Error, Result};

/// The orders of one fleet that were sent, or were about to be.
#[derive(Debug)]
pub(super) struct Orders {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    schema: String,
    orders: Vec<KeptOrder>,
    /// What was made of late.
    #[serde(default)]
    made: Vec<MadeInstance>,
}

/// An instance that the lists may not know yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct MadeInstance {
    id: String,
    at: Timestamp,
}

/// After this time an instance that was made is in the lists.
pub(super) const VISIBLE: SignedDuration = SignedDuration::from_secs(60);

/// One order whose answer is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptOrder {
    /// The client token, and the value of the order's tag.
    pub(super) token: String,
    /// When it was written down.
    pub(super) asked: Timestamp,
    /// What was ordered.
    pub(super) order: InstanceOrder,
}

const SCHEMA: &str = "faascmd.fleet.orders/1";

impl Orders {
    /// Those of a fleet; none where nothing was kept. A file that can't be read is put aside: the cloud is the truth.
    ///
    /// # Errors
    /// When nothing can be kept on this machine.
    pub(super) fn open(region: &str, fleet: &str) -> Result<Self> {
        let folder = state_folder().ok_or(FleetError::NoState)?.join("fleets").join(region);
        let path = folder.join(format!("{fleet}.json"));
        let kept = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(Self { path, kept: kept.unwrap_or_default() })
    }

    /// Those without an answer.
    pub(super) fn unanswered(&self) -> Vec<KeptOrder> {
        self.kept.orders.clone()
    }

    /// Writes an order down, and gives its token; the disk has it when this returns.
    ///
    /// # Errors
    /// When it can't be written: then it must not be sent.
    pub(super) fn keep(&mut self, order: KeptOrder) -> Result<()> {
        self.kept.orders.push(order);
        self.write()
    }

    /// The order's answer is known.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn answered(&mut self, token: &str) -> Result<()> {
        self.kept.orders.retain(|order| order.token != token);
        self.write()
    }

    /// The order is answered, and these are what it made.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn made(&mut self, token: &str, ids: &[String]) -> Result<()> {
        let at = Timestamp::now();
        self.kept.made.retain(|made| at.duration_since(made.at) < VISIBLE);
        self.kept.made.extend(ids.iter().map(|id| MadeInstance { id: id.clone(), at }));
        self.answered(token)
    }

    /// What was made so lately that the lists may not know it yet.
    pub(super) fn promised(&self) -> BTreeSet<String> {
        let is_young = |made: &&MadeInstance| Timestamp::now().duration_since(made.at) < VISIBLE;
        self.kept.made.iter().filter(is_young).map(|made| made.id.clone()).collect()
    }

    /// These are gone for good.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn released(&mut self, ids: &[String]) -> Result<()> {
        if !self.kept.made.iter().any(|made| ids.contains(&made.id)) {
            return Ok(());
        }
        self.kept.made.retain(|made| !ids.contains(&made.id));
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        SCHEMA.clone_into(&mut self.kept.schema);
        let bytes = serde_json::to_vec_pretty(&self.kept).map_err(std::io::Error::from);
        bytes.and_then(|bytes| write_private(&self.path, &bytes)).map_err(Error::of_file(&self.path))
    }
}
