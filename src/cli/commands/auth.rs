//! `faascmd auth`: lets the FaaS service work for the account, and does no harm to what others set up.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::base::text::harmless;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::config::{CredentialsFile, Origin};
use crate::faas::CallerType;
use crate::ops::auth::{self, Plan, Services};
use crate::ram::POLICY_NAME;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd auth --bucket my-bucket --dry-run    what would be changed, with the documents
  faascmd auth --bucket my-bucket              asks, when there is a terminal, and does it
  faascmd auth --bucket my-bucket --kms-key 7906979c-8e06-46a2-be2d-68e3ccbc0001")]
pub(in crate::cli) struct AuthArgs {
    /// Show what would be done and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Let the service encrypt images with this key of the key management service, too
    #[arg(long, visible_alias = "kmskey", value_name = "ID", value_parser = one_key)]
    kms_key: Option<String>,
}

/// A pattern would let the service use every key of the account.
fn one_key(text: &str) -> Result<String, String> {
    let is_one = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/:".contains(&b));
    is_one
        .then(|| text.to_owned())
        .ok_or_else(|| "name one key, such as 7906979c-8e06-46a2-be2d-68e3ccbc0001".into())
}

/// What was done, or would be.
#[derive(Debug, Serialize)]
struct Authorized {
    dry_run: bool,
    account_id: String,
    bucket: String,
    region: String,
    role_arn: String,
    policy_name: &'static str,
    /// What was done, or is to be done; empty when all was as it should be.
    steps: Vec<Done>,
    trust_policy: Value,
    policy: Value,
    /// Where role and bucket are stored.
    file: Option<PathBuf>,
    #[serde(skip)]
    shown: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Done {
    step: &'static str,
    text: String,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &AuthArgs, cx: &Context) -> Outcome {
    let bucket = cx.bucket()?.to_owned();
    let report = cx.block_on(authorize(args, cx, &bucket))?;
    cx.ui.print(&report)
}

async fn authorize(args: &AuthArgs, cx: &Context, bucket: &str) -> Result<Authorized, Failure> {
    let services = Services::new(cx.cloud().await?, bucket);
    let plan = auth::look(&services, role(cx)?.as_deref(), args.kms_key.as_deref()).await?;
    warn(cx, &plan);
    let mut shown = difference(&plan);
    if args.dry_run {
        shown.extend(documents(&plan));
        return Ok(Authorized::of(&plan, shown));
    }
    if !plan.steps.is_empty() {
        shown.iter().for_each(|line| cx.ui.note(line));
        if !cx.ui.agrees("Do this?")? {
            return Err(Failure::new(Exit::Failed, "nothing was changed: it was not agreed to"));
        }
        auth::act(&services, &plan, &*cx.ui.progress()).await?;
    }
    let file = store(cx, &plan)?;
    Ok(Authorized { dry_run: false, file: Some(file), ..Authorized::of(&plan, Vec::new()) })
}

/// The role that a flag or variable names. One in the credentials file may be the old tool's `faasRole`, which the
/// service no longer takes: that is what this command mends.
fn role(cx: &Context) -> Result<Option<String>, Failure> {
    let role = cx.settings()?.role_arn();
    let given = role.filter(|role| matches!(role.source, Origin::Flag(_) | Origin::Variable(_)));
    Ok(given.map(|role| role.value.clone()))
}

fn warn(cx: &Context, plan: &Plan) {
    if plan.caller.kind == CallerType::Account {
        cx.ui.warn("this AccessKey is the account's own (root), and FaaS makes images for RAM users only");
    }
    for denial in &plan.denials {
        let (action, resource) = (denial.action, &denial.resource);
        cx.ui.warn(&format!("a statement of {POLICY_NAME} denies {action} on {resource}, and a denial wins; somebody put it there, so it stays"));
    }
}

/// What is to be done, line by line; the whole documents are shown by `--dry-run`.
fn difference(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if plan.steps.is_empty() {
        lines.push("nothing has to be changed".to_owned());
    }
    lines.extend(plan.sentences().map(|sentence| format!("to do: {sentence}")));
    for grant in &plan.added {
        lines.push(format!("  + {} on {}: to {}", grant.actions.join(", "), grant.resource, grant.purpose));
    }
    lines.iter().map(|line| harmless(line).into_owned()).collect()
}

/// The documents as they will be.
fn documents(plan: &Plan) -> Vec<String> {
    let mut lines = vec![format!("trust policy of role {}:", plan.role)];
    lines.extend(plan.trust.pretty().lines().map(str::to_owned));
    lines.push(format!("policy {POLICY_NAME}:"));
    lines.extend(plan.policy.pretty().lines().map(str::to_owned));
    lines.iter().map(|line| harmless(line).into_owned()).collect()
}

/// Stores role and bucket, if the file does not have them already.
fn store(cx: &Context, plan: &Plan) -> Result<PathBuf, Failure> {
    let mut file = CredentialsFile::read(cx.settings()?.credentials_file()?)?;
    let has = |stored: Option<crate::config::Sourced<String>>, wanted: &str| {
        stored.is_some_and(|stored| stored.value == wanted)
    };
    if !has(file.role(), &plan.role_arn) || !has(file.bucket(), &plan.bucket) {
        file.set_role(&plan.role_arn)?;
        file.set_bucket(&plan.bucket)?;
        file.save()?;
    }
    Ok(file.path().to_owned())
}

impl Authorized {
    fn of(plan: &Plan, shown: Vec<String>) -> Self {
        let steps = plan.steps.iter().zip(plan.sentences());
        Self {
            dry_run: true,
            account_id: plan.caller.account_id.clone(),
            bucket: plan.bucket.clone(),
            region: plan.region.clone(),
            role_arn: plan.role_arn.clone(),
            policy_name: POLICY_NAME,
            steps: steps.map(|(step, text)| Done { step: step.name(), text }).collect(),
            trust_policy: plan.trust.json(),
            policy: plan.policy.json(),
            file: None,
            shown,
        }
    }
}

impl Report for Authorized {
    const SCHEMA: &'static str = "faascmd.auth/1";

    fn human(&self, page: &mut Page) {
        self.shown.iter().for_each(|line| page.line(line));
        if self.dry_run {
            return;
        }
        let names: Vec<&str> = self.steps.iter().map(|done| done.step).collect();
        let nothing = "nothing: all was as it should be".to_owned();
        let changed = if names.is_empty() { nothing } else { names.join(", ") };
        page.facts(&[
            ("bucket", format!("{} ({})", self.bucket, self.region)),
            ("role_arn", self.role_arn.clone()),
            ("policy", self.policy_name.to_owned()),
            ("changed", changed),
            ("stored", self.file.iter().map(|file| file.display().to_string()).collect()),
        ]);
    }
}
