//! Everything that one sandbox holds; its services share it.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::faults::Faults;
use super::fpga::{Chip, make_memory};
use super::host::Hosts;
use super::keys::Keys;
use super::ledger::Ledger;
use super::leftovers;
use super::log::Log;
use super::options::{Exec, MOST_HOSTS, Options};
use super::rpc;
use super::store::Store;

/// What takes longer never ends; a later time is none.
const LONGEST: Duration = Duration::from_hours(24 * 366 * 100);

/// The state of one sandbox. All of it goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Cloud {
    /// How it is to behave.
    pub(crate) options: Options,
    /// Decides what goes wrong now.
    pub(crate) faults: Faults,
    /// The `AccessKeys` and the temporary credentials.
    pub(crate) keys: Keys,
    /// Buckets and objects.
    pub(crate) store: Store,
    /// The simulated chip behind `FAASCMD_DEVICE`: the instance's first.
    pub(crate) chip: Chip,
    /// A line per request.
    pub(crate) log: Log,
    /// The rules of `--exec scripted`.
    pub(crate) script: rpc::Script,
    /// Where the sandbox listens, once it does.
    address: OnceLock<SocketAddr>,
    /// A line per change of an instance's state.
    pub(crate) ledger: Ledger,
    /// Images, chips, roles, policies: what the RPC services and the metadata keep.
    rpc: Mutex<rpc::State>,
    /// What the hosts of simulated instances share; after `rpc`, which holds them.
    pub(crate) hosts: Hosts,
    /// The sandbox's own folder.
    folder: tempfile::TempDir,
    /// Tells other sandboxes that this one lives.
    _alive: std::fs::File,
}

impl Cloud {
    /// Makes the folder, the store, the device and the state of the services.
    ///
    /// # Errors
    /// When the temporary folder or the device's file can't be made.
    pub(crate) fn new(options: Options) -> io::Result<Self> {
        // Whatever the umask: the registers, the objects and the credentials file are this user's alone.
        let private = std::fs::Permissions::from_mode(0o700);
        leftovers::sweep(&std::env::temp_dir());
        let folder = tempfile::Builder::new().prefix(leftovers::PREFIX).permissions(private).tempdir()?;
        let alive = leftovers::mark(folder.path())?;
        let now = Timestamp::now() + SignedDuration::from_secs(options.clock_offset);
        let device = options.device_file.clone().unwrap_or_else(|| folder.path().join("xdma0_user"));
        let chip = Chip::start(&device, options.faults.chip())?;
        if options.device_file.is_none() {
            make_memory(
                &folder.path().join("memory"),
                &folder.path().join("xdma0"),
                options.memory_faults().as_deref(),
            )?;
        }
        if options.loaded {
            chip.load();
        }
        let cloud = Self {
            faults: Faults::new(options.faults.clone(), options.fault_seed),
            keys: Keys::new(options.fixed_keys, options.faults.expired_token()),
            store: Store::new(folder.path().join("objects"), now)?,
            chip,
            log: Log::open(options.log.as_deref())?,
            script: rpc::Script::read(options.script.as_deref())?,
            hosts: Hosts::new(folder.path()),
            address: OnceLock::new(),
            ledger: Ledger::open(options.ledger.as_deref())?,
            rpc: Mutex::new(rpc::State::new(&options)?),
            options,
            folder,
            _alive: alive,
        };
        rpc::begin(&cloud);
        Ok(cloud)
    }

    /// The sandbox's clock: the machine's and the offset that was asked for.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.options.clock_offset)
    }

    /// A duration inside the services, divided by the speed.
    pub(crate) fn scaled(&self, duration: Duration) -> Duration {
        let seconds = duration.as_secs_f64() / self.options.speed;
        Duration::try_from_secs_f64(seconds).map_or(LONGEST, |scaled| scaled.min(LONGEST))
    }

    /// The sandbox listens there now.
    pub(crate) fn listens(&self, address: SocketAddr) {
        self.address.get_or_init(|| address);
    }

    /// The sandbox's own address, as an endpoint.
    pub(crate) fn endpoint(&self) -> String {
        let port = self.address.get().map_or(0, SocketAddr::port);
        format!("http://127.0.0.1:{port}")
    }

    /// How many instances there may be besides the fixed ones; any number where nothing really runs on them.
    pub(crate) fn most_hosts(&self) -> Option<usize> {
        (self.options.exec == Exec::Real).then_some(MOST_HOSTS)
    }

    /// The state of the RPC services.
    pub(crate) fn rpc(&self) -> MutexGuard<'_, rpc::State> {
        self.rpc.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sandbox's own folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}
