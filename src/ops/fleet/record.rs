//! What a run came to, host by host, on disk: what `report` shows, and where a killed program goes on.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::load_all::LoadedChip;
use super::price::Cost;
use super::target::{Target, file_name};
use super::{FleetError, Outcome};
use crate::base::fingerprint::hex;
use crate::base::private_file::{create_private_folder, state_folder, write_private};
use crate::ecs::{Ecs, Instance, InstanceFilter};
use crate::ops::{Error, Result};

const SCHEMA: &str = "faascmd.fleet.run/1";
/// The name of a run's own file in its folder.
const FILE: &str = "run.json";
/// The step in which hosts become ready.
const BOOT: &str = "boot";
/// For so long a run that was cut off is gone on with, besides the time that its command may take.
const OPEN: SignedDuration = SignedDuration::from_hours(24);
/// The most bytes of a host's log that are shown or put into a document.
const LONGEST_SHOWN: u64 = 256 << 10;

/// A run of one command on many hosts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    pub(super) schema: String,
    /// Its name: twelve digits that no other run has.
    pub run: String,
    /// `run`, `test`, `deploy`…
    pub kind: String,
    /// The target as it was named.
    pub target: String,
    /// What is done before it on each host.
    #[serde(default)]
    pub prepare: String,
    /// What is run on each host.
    pub command: String,
    /// After so many seconds the command is ended.
    pub timeout_seconds: u32,
    /// The run that it is a part of, as the tests are of a deployment.
    #[serde(default)]
    pub part_of: Option<String>,
    /// What its hosts cost.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it was over; a run without is taken up again by the same command.
    pub finished: Option<Timestamp>,
    /// What was sent.
    pub batches: Vec<Batch>,
    /// The hosts by their ids.
    pub hosts: BTreeMap<String, HostRecord>,
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// What was sent at once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Batch {
    /// The client token.
    pub token: String,
    /// When it was written down.
    pub asked: Timestamp,
    /// The service's id; None while the answer is not known.
    pub invoke_id: Option<String>,
    /// To whom.
    pub instance_ids: Vec<String>,
}

/// What a run came to on a host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HostRecord {
    /// The host's name.
    pub name: String,
    /// How it ended, or that it goes on.
    pub outcome: Outcome,
    /// The command's exit code, if it ended by itself.
    pub exit_code: Option<i32>,
    /// Why it failed or could not run.
    pub why: Option<String>,
    /// How long the command took.
    pub seconds: Option<u64>,
    /// How many bytes it wrote.
    pub size: u64,
    /// The file that holds them, or the last of them.
    pub log: Option<PathBuf>,
    /// The same in all hosts that wrote the same.
    pub digest: String,
    /// How often it was sent.
    pub tries: u32,
    /// The invocation that is waited for.
    pub invoke_id: Option<String>,
    /// What took how long, in its order.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// What was loaded into its chips.
    #[serde(default)]
    pub loads: Vec<LoadedChip>,
}

/// A step of a run on a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// `boot`, `wait`, `command`, `image`, `load`, `test`…
    pub name: String,
    /// How long it took.
    pub seconds: f64,
    /// How it ended.
    pub outcome: Outcome,
}

/// Whether runs of a kind change nothing on the hosts.
pub(super) fn only_looks(kind: &str) -> bool {
    ["get", "doctor"].contains(&kind)
}

impl Record {
    /// A new run; nothing is written yet.
    ///
    /// # Errors
    /// When nothing can be kept on this machine.
    pub fn new(region: &str, kind: &str, target: &str, hosts: &[Instance]) -> Result<Self> {
        let run = uuid::Uuid::new_v4().simple().to_string()[..12].to_owned();
        let of = |host: &Instance| {
            let name = if host.name.is_empty() { host.id.clone() } else { host.name.clone() };
            (host.id.clone(), HostRecord { name, ..HostRecord::default() })
        };
        Ok(Self {
            schema: SCHEMA.to_owned(),
            folder: runs(region)?.join(&run),
            run,
            kind: kind.to_owned(),
            target: target.to_owned(),
            started: Some(Timestamp::now()),
            hosts: hosts.iter().map(of).collect(),
            ..Self::default()
        })
    }

    /// The record of a deployment that `command` tells from others: that of a killed one, else a new one.
    ///
    /// # Errors
    /// When nothing can be kept on this machine.
    pub async fn of_deployment(
        ecs: &Ecs,
        target: &Target,
        hosts: &[Instance],
        command: String,
    ) -> Result<Self> {
        let region = ecs.cloud().region().unwrap_or("unknown");
        let target = target.to_string();
        let same = |record: &Self| {
            record.is_open()
                && (record.kind.as_str(), &record.target, &record.command) == ("deploy", &target, &command)
        };
        for mut record in Self::all(region)?.into_iter().filter(same) {
            if record.is_on(ecs, hosts).await? {
                record.hosts.values_mut().for_each(|host| host.phases.retain(|phase| phase.name == BOOT));
                record.others_than(hosts).into_iter().for_each(|id| record.is_gone(&id));
                return Ok(record);
            }
        }
        Ok(Self { command, ..Self::new(region, "deploy", &target, hosts)? })
    }

    /// Whether these are its hosts. One that is gone meanwhile, or has passed, is still one of its; one that is there and
    /// not meant is none of a run that is taken up.
    pub(super) async fn is_on(&self, ecs: &Ecs, hosts: &[Instance]) -> Result<bool> {
        if !hosts.iter().all(|host| self.hosts.contains_key(&host.id)) {
            return Ok(false);
        }
        let others = self.others_than(hosts);
        // A part is done once in its whole, whichever hosts are still in it.
        Ok(self.part_of.is_some() || ecs.instances(&InstanceFilter::Ids(others)).await?.is_empty())
    }

    /// Those of its hosts that have not passed, besides these.
    fn others_than(&self, hosts: &[Instance]) -> Vec<String> {
        let is_other = |id: &String| hosts.iter().all(|host| host.id != *id);
        self.not_passed().into_iter().filter(is_other).collect()
    }

    fn is_gone(&mut self, id: &str) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        let why = "there is no such instance any more".to_owned();
        (host.outcome, host.why) = (Outcome::NotRun, Some(why));
    }

    /// The runs that are kept, the newest first.
    ///
    /// # Errors
    /// When nothing can be kept on this machine.
    pub fn all(region: &str) -> Result<Vec<Self>> {
        let folders = std::fs::read_dir(runs(region)?)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()));
        let mut found: Vec<_> = folders.filter_map(|folder| Self::read(&folder)).collect();
        found.sort_by_key(|record| std::cmp::Reverse(record.started));
        Ok(found)
    }

    /// The runs of all regions, the newest first.
    ///
    /// # Errors
    /// When nothing can be kept on this machine.
    pub fn everywhere() -> Result<Vec<Self>> {
        let fleets = state_folder().ok_or(FleetError::NoState)?.join("fleets");
        let regions = std::fs::read_dir(fleets).into_iter().flatten().flatten();
        let mut found = Vec::new();
        for region in regions {
            found.extend(Self::all(&region.file_name().to_string_lossy())?);
        }
        found.sort_by_key(|record| std::cmp::Reverse(record.started));
        Ok(found)
    }

    fn read(folder: &Path) -> Option<Self> {
        let record: Self = serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()?;
        Some(Self { folder: folder.to_owned(), ..record })
    }

    /// The last run of a target that was asked for by name, and is no part of another.
    ///
    /// # Errors
    /// When nothing can be kept on this machine.
    pub fn last(region: &str, target: &str) -> Result<Option<Self>> {
        let is = |record: &Self| record.target == target && record.is_asked_for();
        Ok(Self::all(region)?.into_iter().find(is))
    }

    /// Whether it is what somebody asked for, and no part or means of it.
    pub fn is_asked_for(&self) -> bool {
        self.part_of.is_none() && !only_looks(&self.kind)
    }

    /// How long the hosts took to be ready; a run that goes on knows it from its beginning.
    pub fn booted(&mut self, time: Option<Duration>) {
        let Some(time) = time else { return };
        let is_boot = |phase: &Phase| phase.name == BOOT;
        let new: Vec<_> = self.hosts.iter().filter(|(_, host)| !host.phases.iter().any(is_boot)).collect();
        let new: Vec<_> = new.into_iter().map(|(id, _)| id.clone()).collect();
        new.iter().for_each(|id| self.step(id, BOOT, time.as_secs_f64(), Outcome::Passed));
    }

    /// Whether the same command goes on with it. What was left for a day is history: its hosts would tell of yesterday.
    pub(super) fn is_open(&self) -> bool {
        let life = OPEN + SignedDuration::from_secs(self.timeout_seconds.into());
        self.finished.is_none() && self.age() < life
    }

    /// Since it began.
    pub(super) fn age(&self) -> SignedDuration {
        Timestamp::now().duration_since(self.started.unwrap_or_default())
    }

    /// A host's step is over.
    pub fn step(&mut self, id: &str, name: &str, seconds: f64, outcome: Outcome) {
        let seconds = (seconds * 10.0).round() / 10.0;
        let phase = Phase { name: name.to_owned(), seconds, outcome };
        self.hosts.get_mut(id).into_iter().for_each(|host| host.phases.push(phase.clone()));
    }

    /// The run is over: it is not taken up again.
    ///
    /// # Errors
    /// When that can't be written.
    pub fn finish(&mut self) -> Result<()> {
        self.finished = Some(Timestamp::now());
        self.write()
    }

    /// The run is over before anything was begun, for this reason.
    pub fn not_begun(&mut self, why: &str) {
        for host in self.hosts.values_mut().filter(|host| host.outcome == Outcome::Running) {
            (host.outcome, host.why) = (Outcome::NotRun, Some(why.to_owned()));
        }
        // What failed first is what is told.
        self.finish().ok();
    }

    /// The ids of the hosts that did not pass.
    pub fn not_passed(&self) -> Vec<String> {
        let others = self.hosts.iter().filter(|(_, host)| host.outcome != Outcome::Passed);
        others.map(|(id, _)| id.clone()).collect()
    }

    /// Writes it down; the disk has it when this returns.
    ///
    /// # Errors
    /// When it can't be written: then nothing must be sent.
    pub fn write(&self) -> Result<()> {
        let path = self.folder.join(FILE);
        let bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        bytes.and_then(|bytes| write_private(&path, &bytes)).map_err(Error::of_file(&path))
    }

    /// Keeps what a host wrote in a file of its own.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn keep_log(&mut self, id: &str, output: &[u8]) -> Result<()> {
        let folder = self.folder.join("logs");
        create_private_folder(&folder).map_err(Error::of_file(&folder))?;
        let names = self.hosts.values().map(|host| host.name.as_str());
        let Some(host) = self.hosts.get(id) else { return Ok(()) };
        let path = folder.join(format!("{}.log", file_name(id, &host.name, names)));
        write_private(&path, output).map_err(Error::of_file(&path))?;
        let Some(host) = self.hosts.get_mut(id) else { return Ok(()) };
        host.digest = hex(&Sha256::digest(output)[..8]);
        host.log = Some(path);
        Ok(())
    }

    /// What a host wrote, as far as it is kept; of a long text the end.
    pub fn output_of(&self, id: &str) -> Vec<u8> {
        let log = self.hosts.get(id).and_then(|host| host.log.as_deref());
        log.and_then(|path| end_of(path).ok()).unwrap_or_default()
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn end_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let skipped = file.metadata()?.len().saturating_sub(LONGEST_SHOWN);
    file.seek(SeekFrom::Start(skipped))?;
    let mut text = Vec::new();
    file.take(LONGEST_SHOWN).read_to_end(&mut text)?;
    Ok(text)
}

fn runs(region: &str) -> Result<PathBuf> {
    Ok(state_folder().ok_or(FleetError::NoState)?.join("fleets").join(region).join("runs"))
}
