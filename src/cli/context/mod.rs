//! What a command works with: settings, the user's streams, the cancel flag.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

mod clients;
mod device;

pub(super) use device::roots;

use super::args::GlobalArgs;
use super::error::Failure;
use super::exit::Exit;
use super::output::Ui;
use crate::base::cancel::Cancel;
use crate::base::private_file::readable_by_others;
use crate::cloud::{Cloud, CredentialSource, Fixed, Service, Setup, locate};
use crate::config::{Environment, Name, Origin, Settings};
use crate::credentials::{Chain, Metadata, SourceConfig};
use crate::net::Http;
use crate::sign::Credential;

/// The world of one command.
#[derive(Debug)]
pub(super) struct Context {
    /// The global flags as given.
    pub(super) global: GlobalArgs,
    /// Whether the command may make the credentials file that is named.
    makes_credentials_file: bool,
    /// stdout and stderr.
    pub(super) ui: Ui,
    settings: OnceLock<Settings>,
    http: OnceLock<Http>,
    metadata: OnceLock<Metadata>,
    chain: OnceLock<Arc<Chain>>,
    cloud: tokio::sync::OnceCell<Cloud>,
}

impl Context {
    /// Makes it from the flags; nothing is read or sent yet.
    pub(super) fn new(global: GlobalArgs, makes_credentials_file: bool) -> Self {
        Self {
            ui: Ui::new(&global),
            global,
            makes_credentials_file,
            settings: OnceLock::new(),
            http: OnceLock::new(),
            metadata: OnceLock::new(),
            chain: OnceLock::new(),
            cloud: tokio::sync::OnceCell::new(),
        }
    }

    /// Where and as what the command works; looked for once, when a command first asks.
    ///
    /// # Errors
    /// When a file that holds settings is broken.
    pub(super) fn settings(&self) -> Result<&Settings, Failure> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings =
            Settings::find(self.global.given(self.makes_credentials_file)?, Environment::of_process())?;
        self.warn_of_exposure(&settings);
        Ok(self.settings.get_or_init(|| settings))
    }

    fn warn_of_exposure(&self, settings: &Settings) {
        for url in settings.endpoints().in_the_clear() {
            let url = &url.value;
            self.ui
                .warn(&format!("{url} is not https: what is sent there can be read and altered on its way"));
        }
        if let Ok(path) = settings.credentials_file()
            && let Some(mode) = readable_by_others(path)
        {
            let path = path.display();
            self.ui.warn(&format!("{path} can be read by others (mode {mode:04o}); chmod 600 {path}"));
        }
    }

    /// The services, as this caller reaches them. The region may be asked of the instance's metadata; nothing else is
    /// sent before the first call.
    pub(super) async fn cloud(&self) -> Result<&Cloud, Failure> {
        self.cloud.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Cloud, Failure> {
        let settings = self.settings()?;
        let region = match settings.region() {
            Some(region) => Some(region.value.clone()),
            None => self.of_metadata("meta-data/region-id", Name::Region).await?,
        };
        self.cloud_of(region, self.chain()?.clone())
    }

    /// A name that this instance's metadata knows; `None` where this is no instance.
    async fn of_metadata(&self, item: &str, name: Name) -> Result<Option<String>, Failure> {
        let metadata = self.metadata()?;
        let value = metadata.get(item).await.ok().flatten();
        if let Some(value) = &value {
            name.check_from(value, &Origin::Metadata(metadata.address()))?;
        }
        Ok(value)
    }

    /// The services as somebody with this credential reaches them; nothing is sent.
    pub(super) fn cloud_as(&self, credential: Credential) -> Result<Cloud, Failure> {
        let region = self.settings()?.region().map(|region| region.value.clone());
        self.cloud_in(region, credential)
    }

    /// The same in a region that is not among the settings yet.
    pub(super) fn cloud_in(&self, region: Option<String>, credential: Credential) -> Result<Cloud, Failure> {
        self.cloud_of(region, Arc::new(Fixed(credential)))
    }

    fn cloud_of(
        &self,
        region: Option<String>,
        credentials: Arc<dyn CredentialSource>,
    ) -> Result<Cloud, Failure> {
        Ok(Cloud::new(Setup {
            http: self.http().clone(),
            endpoints: self.settings()?.endpoints().clone(),
            region,
            credentials,
            oss_style: self.global.oss_style,
            oss_signature: self.global.oss_signature,
            progress: self.ui.progress(),
        }))
    }

    /// The transport, one for all.
    fn http(&self) -> &Http {
        self.http.get_or_init(Http::new)
    }

    /// The metadata service of the instance that this may run on.
    pub(super) fn metadata(&self) -> Result<&Metadata, Failure> {
        let settings = self.settings()?;
        let endpoint = locate(settings.endpoints(), Service::Metadata, None)?;
        let new = || Metadata::new(self.http().clone(), endpoint, settings.environment());
        Ok(self.metadata.get_or_init(new))
    }

    /// Where credentials come from.
    pub(super) fn chain(&self) -> Result<&Arc<Chain>, Failure> {
        let settings = self.settings()?;
        let config = SourceConfig {
            http: self.http().clone(),
            endpoints: settings.endpoints().clone(),
            environment: settings.environment().clone(),
            insecure_http: settings.insecure_http(),
            metadata: self.metadata()?.clone(),
            progress: self.ui.progress(),
        };
        Ok(self.chain.get_or_init(|| Arc::new(Chain::new(settings, &config))))
    }

    /// The instance: the one that was named, else the one that this runs on.
    pub(super) async fn instance_id(&self) -> Result<String, Failure> {
        if let Some(id) = self.settings()?.instance_id() {
            return Ok(id.value.clone());
        }
        let asked = self.of_metadata("meta-data/instance-id", Name::InstanceId).await?;
        asked.ok_or_else(|| {
            Failure::new(
                Exit::Config,
                "no instance is named, and this machine is not one (no metadata service answers)",
            )
            .hint("add --instance-id ID, or set FAASCMD_INSTANCE_ID")
        })
    }

    /// Names all of region, bucket and instance that are nowhere to be found, where it is more than one.
    pub(super) async fn require_settings(&self, with_instance: bool) -> Result<(), Failure> {
        let mut missing = vec![self.region().await, self.bucket().map(drop)];
        if with_instance {
            missing.push(self.instance_id().await.map(drop));
        }
        let mut missing: Vec<Failure> = missing.into_iter().filter_map(Result::err).collect();
        if missing.len() < 2 {
            // By itself each is told by whatever needs it first.
            return Ok(());
        }
        if let Some(at) = missing.iter().position(|failure| failure.exit != Exit::Config) {
            return Err(missing.swap_remove(at));
        }
        let messages: Vec<&str> = missing.iter().map(|failure| failure.message.as_str()).collect();
        let failure = Failure::new(Exit::Config, messages.join("; "));
        Err(missing.iter().flat_map(|failure| &failure.hints).fold(failure, Failure::hint))
    }

    async fn region(&self) -> Result<(), Failure> {
        let known = self.settings()?.region().is_some()
            || self.of_metadata("meta-data/region-id", Name::Region).await?.is_some();
        let missing = || {
            Failure::new(Exit::Config, "no region is set")
                .hint("add --region REGION (such as cn-hangzhou), or set FAASCMD_REGION")
        };
        if known { Ok(()) } else { Err(missing()) }
    }

    /// The bucket.
    pub(super) fn bucket(&self) -> Result<&str, Failure> {
        let bucket = self.settings()?.bucket().map(|bucket| bucket.value.as_str());
        bucket.ok_or_else(|| {
            Failure::new(Exit::Config, "no bucket is set").hint(
                "add --bucket BUCKET, set FAASCMD_BUCKET, or run `faascmd auth --bucket BUCKET`, which stores it",
            )
        })
    }

    /// Runs a command's asynchronous part to its end.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let mut outcome = None;
        run(Box::pin(async { outcome = Some(work.await) }))?;
        outcome.unwrap_or_else(|| Err(Failure::new(Exit::Internal, "the work did not come to its end")))
    }

    /// A flag that SIGINT, SIGTERM and SIGHUP set from now on. Call it once a command, before work that must end tidily.
    pub(super) fn cancel(&self) -> Result<Cancel, Failure> {
        Cancel::on_signals()
            .map_err(|e| Failure::new(Exit::Internal, format!("can't install the signal handlers: {e}")))
    }
}

/// Runs to its end what any command has to do. Boxed, as else the runtime would be compiled anew for each command, and the
/// command three times for the runtime: a seventh of the program.
fn run(work: Pin<Box<dyn Future<Output = ()> + '_>>) -> Result<(), Failure> {
    enough_open_files()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::new(Exit::Internal, format!("can't start the async runtime: {e}")))?;
    runtime.block_on(work);
    // A blocking read that hangs must not keep the program.
    runtime.shutdown_background();
    Ok(())
}

/// The runtime ends the program where it can't open what it needs.
fn enough_open_files() -> Result<(), Failure> {
    const NEEDED: u64 = 24;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    match line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()) {
        Some(limit) if limit < NEEDED => {
            let message = format!("{limit} files may be open at once here, and {NEEDED} are needed");
            Err(Failure::new(Exit::Failed, message).hint("ulimit -n 1024"))
        }
        _ => Ok(()),
    }
}
