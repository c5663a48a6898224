//! What the reports of a deployment tell: its steps and its tests.

use jiff::Timestamp;

use super::super::test::{Broken, Reports, Told};
use super::{DeployArgs, Deployed};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;

/// That there is nothing to tell yet; it stays so when the program is killed.
pub(super) fn begin(reports: &mut Reports, (args, begun): (&DeployArgs, Timestamp), cx: &Context) {
    let broken = Some(Broken::unless_ended("deploy"));
    reports.begin(&Told { broken, ..Told::of("deploy", &subject(args), begun) }, &cx.ui);
}

/// What was done, and what ended it.
pub(super) fn end(
    reports: &mut Reports,
    (args, begun): (&DeployArgs, Timestamp),
    (deployed, failure): (&Deployed, Option<&Failure>),
    cx: &Context,
) {
    // A test that did not pass has a result, which tells it.
    let tested = deployed.tests.last().is_some_and(|test| test.exit() != Exit::Done);
    let broken = failure.filter(|_| !tested);
    let broken = broken.map(|failure| Broken { test: "deploy", why: &failure.message });
    let subject = subject(args);
    let told = Told {
        facts: &facts(args, deployed, cx),
        steps: &deployed.deployment.steps,
        results: &deployed.tests,
        looks: deployed.looks.kept(),
        broken,
        ..Told::of("deploy", &subject, begun)
    };
    reports.write(&told, &cx.ui);
}

fn subject(args: &DeployArgs) -> String {
    format!("of {}", args.file.display())
}

fn facts(args: &DeployArgs, deployed: &Deployed, cx: &Context) -> Vec<(&'static str, String)> {
    let it = &deployed.deployment;
    let object = it.object.as_ref().map(|object| format!("oss://{}/{}", object.bucket, object.key));
    let facts = [
        ("object", object),
        ("image", it.image.as_ref().map(|image| image.uuid.clone())),
        ("fpga", it.fpga.as_ref().map(|fpga| fpga.uuid.clone())),
        ("device", args.tests.any().then(|| cx.device_name())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
