//! The ledger of the simulated instances: a JSON line at each change of a state, with what it has cost so far.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use super::time;
use crate::base::private_file;

/// One line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) time: Timestamp,
    pub(crate) instance_id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: &'a str,
    /// The state as the service calls it, at the end `Released`.
    pub(crate) state: &'a str,
    /// How long it was paid for since it was made.
    pub(crate) seconds: f64,
    /// What that cost, in CNY.
    pub(crate) cost: f64,
}

/// Where the lines go, if anywhere.
#[derive(Debug)]
pub(crate) struct Ledger(Option<Mutex<File>>);

impl Ledger {
    /// Appends to the file, which is made if it is absent.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let open = |path: &Path| {
            private_file::append(path)
                .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
        };
        Ok(Self(path.map(open).transpose()?.map(Mutex::new)))
    }

    /// Writes a line at once, so that it is there also after a kill.
    pub(crate) fn record(&self, entry: &Entry<'_>) {
        let Some(file) = &self.0 else { return };
        let round = |number: f64, unit: f64| (number * unit).round() / unit;
        let line = json!({
            "time": time::iso_millis(entry.time),
            "instance_id": entry.instance_id,
            "name": entry.name,
            "type": entry.kind,
            "state": entry.state,
            "seconds": round(entry.seconds, 1e3),
            "cost": round(entry.cost, 1e6),
        });
        // A full disk under the ledger is no reason to end COMMAND's cloud.
        file.lock().unwrap_or_else(PoisonError::into_inner).write_all(format!("{line}\n").as_bytes()).ok();
    }
}
