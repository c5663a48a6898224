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
/// Beside the orders of fleets, whose names begin with letters.
const FILE: &str = "_payments.json";

/// What is not paid to its end in a region, on disk before anything is paid.
#[derive(Debug, Serialize, Deserialize)]
struct Payments {
    schema: String,
    /// By host and period: what others were about to pay stays theirs.
    open: BTreeMap<String, Payment>,
}

/// That of one host.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payment {
    at: Timestamp,
    /// None once the answer was heard.
    token: Option<String>,
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
    let path = folder.join(FILE);
    let mut payments = Payments::read(&path);
    let of = |host: &Instance| format!("{} for {period}", host.id);
    let paid = hosts.iter().filter(|host| payments.is_paid(&of(host))).count();
    if paid > 0 {
        services.note(format!("a payment was cut off: {paid} of {} hosts are paid already", hosts.len()));
    }
    hosts.iter().for_each(|host| payments.begin(of(host)));
    payments.write(&path)?;
    for host in hosts {
        if let Some(Payment { token: Some(token), .. }) = payments.open.get(&of(host)).cloned() {
            services.ecs.renew(&host.id, period, &token).await?;
            payments.open.entry(of(host)).and_modify(|payment| payment.token = None);
            payments.write(&path)?;
        }
    }
    for host in hosts {
        payments.open.remove(&of(host));
    }
    payments.write(&path)
}

impl Payments {
    /// Those that are young. A file that can't be read has none.
    fn read(path: &Path) -> Self {
        let kept = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let mut open = kept.map(|kept| kept.open).unwrap_or_default();
        let now = Timestamp::now();
        open.retain(|_, payment| now.duration_since(payment.at) < LIFE);
        Self { schema: "faascmd.fleet.payments/1".to_owned(), open }
    }

    fn is_paid(&self, of: &str) -> bool {
        self.open.get(of).is_some_and(|payment| payment.token.is_none())
    }

    /// What was begun already goes on.
    fn begin(&mut self, of: String) {
        let token = || Some(uuid::Uuid::new_v4().to_string());
        self.open.entry(of).or_insert_with(|| Payment { at: Timestamp::now(), token: token() });
    }

    fn write(&self, path: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        bytes.and_then(|bytes| write_private(path, &bytes)).map_err(Error::of_file(path))
    }
}
