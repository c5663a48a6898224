//! `faascmd test …`: the DDR tests of the reference design, and the card's memory by DMA, on the local device.

mod all;
mod any_result;
mod dma;
mod dma_html;
mod dma_result;
mod dma_speed;
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
pub(super) use dma_html::plot as speed_plot;
pub(super) use dma_speed::{Speed, best};
pub(super) use looks::Looks;
pub(super) use reports::{ReportArgs, Reports};
pub(super) use result::TestResult;
pub(super) use told::{Broken, Told};

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
    /// Run the DDR smoke test: start it, wait until it is done, look for errors
    Smoke(smoke::SmokeArgs),
    /// Run the DDR PRBS test for a time: start it, watch for errors, stop it, wait until it is done
    ///
    /// However it ends, also by any signal that can be caught or by a dead link, 1 is written to the stop register before the
    /// program leaves.
    Prbs(prbs::PrbsArgs),
    /// Run the smoke test and then the PRBS test
    ///
    /// PRBS is run only if the smoke test passed.
    All(all::AllArgs),
    /// Test the card's memory through DMA, and measure the link
    ///
    /// Overwrites the range: asks first, and needs --yes off a terminal. Writes patterns over all of it, reads them back, and names
    /// each fault by its kind (stuck, flipped, alias, dropped, shifted), address and bit. Then measures each direction and both at
    /// once, by size and number of channels, against what the PCIe link can move. Ctrl-C ends it after the transfer under way,
    /// and what was tested is told.
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
