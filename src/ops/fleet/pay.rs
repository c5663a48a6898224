//! Paying for hosts once more, and not twice for one wish.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FleetError, Services};
use crate::base::private_file::{state_folder, write_private};
use crate::ecs::{Instance, Period};
use crate::ops::lock::{self, Claim};
use crate::ops::{Error, Result};

/// A payment that was cut off is gone on with for so long; the service certainly remembers its tokens.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// A payment that is not over, on disk before anything is paid.
#[derive(Debug, Serialize, Deserialize)]
struct Payment {
    schema: String,
    at: Timestamp,
    period: String,
    /// By the hosts' ids; None once a host's answer was heard.
    tokens: BTreeMap<String, Option<String>>,
}

/// Pays for each host once more. Killed and started again within an hour, it pays only for those that are not paid yet.
///
/// # Errors
/// When a call fails, or nothing can be kept on this machine.
pub async fn pay(services: Services<'_>, hosts: &[Instance], period: Period) -> Result<()> {
    let name = format!("fleet-pay-{}", services.region());
    let claim = Claim { name: &name, work: "a payment by another run", wait: true };
    let _lock = lock::take(services.deadline, claim).await?;
    let folder = state_folder().ok_or(FleetError::NoState)?.join("fleets").join(services.region());
    let path = folder.join("payment.json");
    let new = Payment::of(hosts, period);
    let mut payment = Payment::read(&path).filter(|kept| kept.is_the_same(&new)).unwrap_or(new);
    let paid = payment.tokens.values().filter(|token| token.is_none()).count();
    if paid > 0 {
        services.note(format!("a payment was cut off: {paid} of {} hosts are paid already", hosts.len()));
    }
    payment.write(&path)?;
    for (id, token) in payment.tokens.clone() {
        let Some(token) = token else { continue };
        services.ecs.renew(&id, period, &token).await?;
        payment.tokens.insert(id, None);
        payment.write(&path)?;
    }
    std::fs::remove_file(&path).map_err(Error::of_file(&path))
}

impl Payment {
    fn of(hosts: &[Instance], period: Period) -> Self {
        let token = |host: &Instance| (host.id.clone(), Some(uuid::Uuid::new_v4().to_string()));
        Self {
            schema: "faascmd.fleet.payment/1".to_owned(),
            at: Timestamp::now(),
            period: period.to_string(),
            tokens: hosts.iter().map(token).collect(),
        }
    }

    fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    fn is_the_same(&self, new: &Self) -> bool {
        let is_young = new.at.duration_since(self.at) < LIFE;
        is_young && self.period == new.period && self.tokens.keys().eq(new.tokens.keys())
    }

    fn write(&self, path: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        bytes.and_then(|bytes| write_private(path, &bytes)).map_err(Error::of_file(path))
    }
}
