//! `faascmd test …`: the DDR tests of the reference design, and the card's memory by DMA, on the local device.

mod all;
mod any_result;
mod dma;
mod dma_html;
mod dma_result;
mod html;
mod junit;
mod looks;
mod prbs;
mod reports;
mod result;
mod smoke;
mod told;
mod under_test;

use clap::Subcommand;

pub(super) use any_result::AnyResult;
pub(super) use dma::{DmaTest, default_range};
pub(super) use looks::Looks;
pub(super) use reports::{ReportArgs, Reports};
pub(super) use result::TestResult;
pub(super) use told::{Broken, Told};
pub(super) use under_test::{left_running_text, refuse_what_was_left_running, stop_command};

use crate::cli::context::Context;
use crate::cli::error::Outcome;

#[derive(Debug, Subcommand)]
#[command(
    defer = true,
    after_help = "Exit codes: 0 passed, 11 failed, 6 inconclusive or locked, 8 not done in time, 10 no usable device.

Examples:
  faascmd test smoke
  faascmd test prbs --duration 8h --log soak.jsonl
  faascmd test all --junit ddr.xml --html ddr.html
  faascmd test dma --range 0x0+1GiB --html dma.html"
)]
pub(in crate::cli) enum TestCommand {
    Smoke(smoke::SmokeArgs),
    Prbs(prbs::PrbsArgs),
    All(all::AllArgs),
    Dma(dma::DmaArgs),
}

/// Runs one.
pub(in crate::cli) fn run(command: &TestCommand, cx: &Context) -> Outcome {
    match command {
        TestCommand::Smoke(args) => smoke::run(args, cx),
        TestCommand::Prbs(args) => prbs::run(args, cx),
        TestCommand::All(args) => all::run(args, cx),
        TestCommand::Dma(args) => dma::run(args, cx),
    }
}
