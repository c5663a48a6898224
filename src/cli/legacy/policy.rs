//! `list_policy` and `delete_policy`.

use clap::Args;
use serde_json::json;

use super::answer::{Form, Said, agreed};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::faas::DEFAULT_ROLE;
use crate::ops::auth;
use crate::ram::{Document, POLICY_NAME, Ram, role_of};

/// Show the policy `faasPolicy` and what it allows
#[derive(Debug, Args)]
pub(in crate::cli) struct ListPolicy {}

/// Take the policy `faasPolicy` from the role and delete it; asks on a terminal
#[derive(Debug, Args)]
pub(in crate::cli) struct DeletePolicy {}

impl ListPolicy {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let policy = Ram::new(cx.cloud().await?).existing_policy(POLICY_NAME).await?;
        let lines = allowed(&policy.document);
        Ok(Said { answer: policy.raw, lines, form: Form::Answer })
    }
}

/// A line per statement: effect, actions, resources.
fn allowed(document: &str) -> Vec<String> {
    let Ok(document) = Document::parse(document) else { return Vec::new() };
    let line = |statement: crate::ram::Statement<'_>| {
        let condition = if statement.qualified { " (under a condition)" } else { "" };
        let (actions, resources) = (statement.actions.join(", "), statement.resources.join(", "));
        format!("{} {actions} on {resources}{condition}", statement.effect)
    };
    document.statements().map(line).collect()
}

impl DeletePolicy {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let role = cx.settings()?.role_arn().and_then(|role| role_of(&role.value));
        let role = role.map_or(DEFAULT_ROLE, |(_, name)| name).to_owned();
        let ram = Ram::new(cx.cloud().await?);
        let held = auth::held_policy(&ram, &role).await?;
        allowed(&held.policy.document).iter().for_each(|line| cx.ui.note(&format!("  {line}")));
        agreed(cx, &format!("Delete policy {POLICY_NAME}, which allows this?"))?;
        auth::delete_policy(&ram, &role, &held).await?;
        Ok(json!({"PolicyName": POLICY_NAME, "PolicyType": "Custom"}).into())
    }
}
