//! `faascmd config`: stores an `AccessKey`, after asking the service whose it is.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::config_show;
use crate::base::secret::Secret;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report, ask, ask_secret, secret_of_stdin, somebody_is_there};
use crate::cloud::{ErrorKind, Retry};
use crate::config::environment::ACCESS_KEY_ID;
use crate::config::names::meant_region;
use crate::config::{CredentialsFile, Name, Origin, Sourced};
use crate::faas::{Caller, CallerType, Faas};
use crate::oss::Oss;
use crate::sign::Credential;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd config                                  asks; the secret is not shown
  faascmd config --id LTAI5t… --key - < secret    reads the secret from stdin
  faascmd config --region cn-hangzhou             stores the region, keeps the AccessKey
  faascmd config --show                           the settings in effect, and where each comes from")]
pub(in crate::cli) struct ConfigArgs {
    /// AccessKey id of a RAM user
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// AccessKey secret; `-` reads it from stdin, so that no other user of this machine sees it
    #[arg(long, value_name = "SECRET", value_parser = secret)]
    key: Option<Secret>,
    /// Show the settings in effect and where each comes from; change nothing
    #[arg(long, conflicts_with_all = ["id", "key"])]
    show: bool,
}

/// The clap parser of a secret: its `Debug` shows nothing.
#[expect(clippy::unnecessary_wraps, reason = "clap's parsers give a result")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

#[derive(Debug, Serialize)]
struct Configured {
    file: PathBuf,
    access_key_id: Option<String>,
    /// Whether the service knows the key; null when no key was stored.
    verified: Option<bool>,
    account_id: Option<String>,
    arn: Option<String>,
    identity_type: Option<String>,
    region: Option<String>,
    bucket: Option<String>,
    role_arn: Option<String>,
    /// The command that comes next.
    next: String,
}

/// An `AccessKey` of this run.
struct Key {
    id: String,
    secret: Secret,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ConfigArgs, cx: &Context) -> Outcome {
    if args.show {
        return config_show::run(cx);
    }
    let mut file = CredentialsFile::read(cx.settings()?.credentials_file()?)?;
    let mut flags = Flags::of(cx)?;
    flags.region.as_deref().map_or(Ok(()), |region| refuse_typo(region, cx.global.yes))?;
    let key = if args.is_bare() && flags.any() { None } else { Some(args.key(cx, &file)?) };
    let caller = key.as_ref().map(|key| whose(key, cx)).transpose()?.flatten();
    if let Some(key) = key.as_ref().filter(|_| args.is_bare() && somebody_is_there()) {
        flags.ask(&file, key, caller.is_some(), cx)?;
    }
    if let Some(key) = &key {
        file.set_access_key(&key.id, &key.secret)?;
    }
    flags.put_into(&mut file)?;
    file.save()?;
    warn(cx, key.as_ref(), caller.as_ref())?;
    cx.ui.print(&Configured {
        file: file.path().to_owned(),
        verified: key.as_ref().map(|_| caller.is_some()),
        access_key_id: key.map(|key| key.id),
        account_id: caller.as_ref().map(|caller| caller.account_id.clone()),
        arn: caller.as_ref().map(|caller| caller.arn.clone()),
        identity_type: caller.map(|caller| caller.kind.name().to_owned()),
        next: flags.next(),
        region: flags.region,
        bucket: flags.bucket,
        role_arn: flags.role_arn,
    })
}

impl ConfigArgs {
    fn is_bare(&self) -> bool {
        self.id.is_none() && self.key.is_none()
    }

    /// The key from the flags, else from the user.
    fn key(&self, cx: &Context, file: &CredentialsFile) -> Result<Key, Failure> {
        if (self.id.is_none() || self.key.is_none()) && !somebody_is_there() {
            return Err(Failure::new(Exit::Usage, "no AccessKey is given, and nobody is there to ask")
                .hint("faascmd config --id ID --key - < FILE_WITH_THE_SECRET"));
        }
        let id = match &self.id {
            Some(id) => id.trim().to_owned(),
            None => ask_id(file)?,
        };
        if id.starts_with("STS.") {
            return Err(Failure::new(Exit::Usage, "this AccessKey is a temporary one, and the file has no place for its token")
                .hint("set ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN"));
        }
        let question = "AccessKey secret (not shown): ";
        let secret = match &self.key {
            None => ask_secret(question)?,
            Some(dash) if dash.expose() == "-" => secret_of_stdin(question)?,
            Some(secret) => {
                cx.ui.warn("a secret on the command line is seen by other users of this machine and kept in the shell's history; `--key -` reads it from stdin");
                secret.clone()
            }
        };
        if id.is_empty() || secret.is_empty() {
            return Err(Failure::new(Exit::Usage, "the AccessKey's id and its secret must not be empty"));
        }
        Ok(Key { id, secret })
    }
}

fn ask_id(file: &CredentialsFile) -> Result<String, Failure> {
    let old = file.access_key().ok().flatten().map(|key| key.id);
    let shown = old.as_ref().map_or_else(String::new, |id| format!(" [{id}]"));
    let answer = ask(&format!("AccessKey id{shown}: "))?;
    Ok(if answer.is_empty() { old.unwrap_or_default() } else { answer })
}

/// Asks the service whose key it is; `None` when the service can't be asked now.
fn whose(key: &Key, cx: &Context) -> Result<Option<Caller>, Failure> {
    let cloud = cx.cloud_as(Credential::long_lived(key.id.clone(), key.secret.expose()))?;
    // Somebody waits at the prompt, and there is a way on without an answer.
    let retry = Retry { attempts: 2, within: Duration::from_secs(10), ..Retry::IDEMPOTENT };
    let asked = cx.block_on(async { Ok(Faas::new(cloud, None).caller_tried(retry).await) })?;
    match asked {
        Ok(caller) => Ok(Some(caller)),
        Err(e) if e.is_transient() || matches!(e.kind, ErrorKind::NotAnAnswer { .. }) => {
            cx.ui.warn(&format!("the AccessKey is stored without knowing whether it is right: {e}"));
            Ok(None)
        }
        Err(e) => Err(e.into()),
    }
}

fn warn(cx: &Context, key: Option<&Key>, caller: Option<&Caller>) -> Result<(), Failure> {
    if caller.is_some_and(|caller| caller.kind == CallerType::Account) {
        cx.ui.warn("this AccessKey is the account's own (root): whoever has it has everything, and FaaS refuses it (CALLER TYPE NOT SUPPORT); use that of a RAM user");
    }
    let variable = cx.settings()?.environment().get(ACCESS_KEY_ID);
    if variable.is_some_and(|id| key.is_some_and(|key| key.id != id)) {
        cx.ui.warn(&format!("{ACCESS_KEY_ID} is set to another AccessKey, which goes before the file's"));
    }
    Ok(())
}

/// A region that is stored with a typo would be found out by a later command, far from here.
fn refuse_typo(region: &str, sure: bool) -> Result<(), Failure> {
    match meant_region(region) {
        Some(meant) if meant != region && !sure => {
            Err(Failure::new(Exit::Usage, format!("--region: no region {region} is known"))
                .hint(format!("is {meant} meant?"))
                .hint(format!("if there is a region {region} by now: --region {region} --yes")))
        }
        _ => Ok(()),
    }
}

/// Settings given as flags: variables are not stored, for they go before the file anyway.
struct Flags {
    region: Option<String>,
    bucket: Option<String>,
    role_arn: Option<String>,
}

impl Flags {
    fn of(cx: &Context) -> Result<Self, Failure> {
        let given = cx.global.given(true)?;
        let flag = |value: Option<Sourced<String>>| {
            let given = value.filter(|value| matches!(value.source, Origin::Flag(_)))?;
            Some(given.value).filter(|value| !value.is_empty())
        };
        Ok(Self { region: flag(given.region), bucket: flag(given.bucket), role_arn: flag(given.role_arn) })
    }

    /// Asks for what was not given; an empty answer keeps what is stored. A bucket is looked at, where the key is known to
    /// be right.
    fn ask(
        &mut self,
        file: &CredentialsFile,
        key: &Key,
        is_known: bool,
        cx: &Context,
    ) -> Result<(), Failure> {
        let asked = |what: &str, old: Option<Sourced<String>>| {
            let shown = old.as_ref().map_or_else(String::new, |old| format!(" [{}]", old.value));
            let answer = ask(&format!("{what}{shown}: "))?;
            Ok::<_, Failure>(Some(answer).filter(|answer| !answer.is_empty()).or(old.map(|old| old.value)))
        };
        if self.region.is_none() {
            self.region = asked("Region, such as cn-hangzhou", file.region())?;
        }
        if let Some(region) = &self.region {
            Name::Region.check_from(region, &Origin::Flag("--region"))?;
            refuse_typo(region, cx.global.yes)?;
        }
        if self.bucket.is_none() {
            self.bucket = asked("OSS bucket of that region (may stay empty)", file.bucket())?;
        }
        if let (Some(bucket), Some(region), true) = (&self.bucket, &self.region, is_known) {
            Name::Bucket.check_from(bucket, &Origin::Flag("--bucket"))?;
            let credential = Credential::long_lived(key.id.clone(), key.secret.expose());
            let oss = Oss::new(cx.cloud_in(Some(region.clone()), credential)?, bucket);
            cx.block_on(async { Ok(oss.bucket_info().await?) })?;
        }
        Ok(())
    }

    /// The command that follows: what still lacks, else the road itself.
    fn next(&self) -> String {
        match &self.bucket {
            Some(bucket) => format!("faascmd auth --bucket {bucket}"),
            None => "faascmd auth --bucket BUCKET".to_owned(),
        }
    }

    fn any(&self) -> bool {
        self.region.is_some() || self.bucket.is_some() || self.role_arn.is_some()
    }

    fn put_into(&self, file: &mut CredentialsFile) -> Result<(), Failure> {
        self.region.as_ref().map(|region| file.set_region(region)).transpose()?;
        self.bucket.as_ref().map(|bucket| file.set_bucket(bucket)).transpose()?;
        self.role_arn.as_ref().map(|arn| file.set_role(arn)).transpose()?;
        Ok(())
    }
}

impl Report for Configured {
    const SCHEMA: &'static str = "faascmd.config/1";

    fn human(&self, page: &mut Page) {
        let kind = self.identity_type.as_deref().unwrap_or("not verified");
        let facts = [
            ("stored", Some(self.file.display().to_string())),
            ("access_key_id", self.access_key_id.as_ref().map(|id| format!("{id} ({kind})"))),
            ("account_id", self.account_id.clone()),
            ("arn", self.arn.clone()),
            ("region", self.region.clone()),
            ("bucket", self.bucket.clone()),
            ("role_arn", self.role_arn.clone()),
            ("next", Some(self.next.clone())),
        ];
        let known: Vec<(&str, String)> =
            facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        page.facts(&known);
    }
}
