//! One file per command: its arguments, whose doc comments are its help, and a function that reads as its steps.

mod auth;
mod check;
mod config;
mod config_show;
mod deploy;
mod dma;
mod doctor;
mod explain;
mod fleet;
mod fpga;
mod image;
mod left_running;
pub(super) mod object;
mod reg;
mod sandbox;
mod test;
mod version;

use clap::Subcommand;

use super::context::Context;
use super::error::Outcome;

/// The commands.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Let the FaaS service read a bucket and write build logs into it
    ///
    /// Makes sure of the bucket (its account and region), of `compiling_logs/` in it, of the role `AliyunFAASDefaultRole`
    /// that the service may take on, and of the policy `faasPolicy` with the least that the service needs. What others put
    /// into role and policy stays. Everything is shown before it is changed; a second run changes nothing. Role and bucket
    /// are stored in the credentials file. docs/permissions.md says which rights this takes, and why each is granted.
    Auth(auth::AuthArgs),
    /// Say what a compiled file is, and what the service or the chip would refuse
    ///
    /// A file is known by its content, not by its name. Errors are contradictions inside the file; what depends on the
    /// service, the chip or taste is a warning. With --for, the wrong kind of file, a part of another device, a design that
    /// is not routed and a container without a checkpoint are errors too. Exit code 11 when a file has errors.
    Check(check::CheckArgs),
    /// Store an AccessKey and settings, or show the settings in effect
    ///
    /// Without flags it asks for the AccessKey. The service is asked whose it is before anything is written: a wrong secret
    /// leaves the file as it was. Off line the file is written with a warning. --region, --bucket and --role-arn are stored
    /// too, when they are given as flags. The file is the old tool's (docs/from-faascmd.md).
    Config(config::ConfigArgs),
    /// Take a compiled file all the way to a chip that is programmed and tested
    ///
    /// Checks the file, uploads it, makes the image, waits for it, loads it, waits, and tests the chip. Killed or stopped at
    /// any point, the same command goes on where it stopped: what is done is not done again (docs/deploy.md).
    Deploy(Box<deploy::DeployArgs>),
    /// Move data to and from the card's memory
    #[command(subcommand)]
    Dma(dma::DmaCommand),
    /// Examine credentials, network, account and device, and say what to do next
    Doctor(doctor::DoctorArgs),
    /// Explain an error code of FaaS, OSS, RAM, STS or ECS, or an exit code
    Explain(explain::ExplainArgs),
    /// Many instances at a time: make, use and release them
    Fleet(fleet::FleetArgs),
    /// The chips of an instance: list, load, ask, wait
    Fpga(fpga::FpgaArgs),
    /// FPGA images: make, list, wait for, read the log of, remove, publish
    Image(image::ImageArgs),
    /// Move files to object storage and back
    Object(object::ObjectArgs),
    /// Read and write the registers of the local device
    #[command(subcommand)]
    Reg(reg::RegCommand),
    /// Run a command against a private cloud and a simulated FPGA on this machine
    ///
    /// OSS, FaaS, RAM, STS and the instance metadata on one port of 127.0.0.1, and a file that behaves as /dev/xdma0_user.
    /// COMMAND finds them in its environment and decides the exit code. Without COMMAND: prints what to export and serves
    /// until Ctrl-C.
    Sandbox(sandbox::SandboxArgs),
    /// Test the memory behind the chip: the DDR tests of the reference design, and DMA
    #[command(subcommand)]
    Test(test::TestCommand),
    /// Print the version, and the commit that it was built from
    Version,
}

impl Command {
    /// Whether it makes the credentials file where there is none.
    pub(super) fn makes_credentials_file(&self) -> bool {
        matches!(self, Self::Auth(_) | Self::Config(_))
    }
}

/// Runs one.
pub(super) fn run(command: &Command, cx: &Context) -> Outcome {
    match command {
        Command::Auth(args) => auth::run(args, cx),
        Command::Check(args) => check::run(args, cx),
        Command::Config(args) => config::run(args, cx),
        Command::Deploy(args) => deploy::run(args, cx),
        Command::Dma(command) => dma::run(command, cx),
        Command::Doctor(args) => doctor::run(args, cx),
        Command::Explain(args) => explain::run(args, cx),
        Command::Fleet(args) => fleet::run(args, cx),
        Command::Fpga(args) => fpga::run(args, cx),
        Command::Image(args) => image::run(args, cx),
        Command::Object(args) => object::run(args, cx),
        Command::Reg(command) => reg::run(command, cx),
        Command::Sandbox(args) => sandbox::run(args, cx),
        Command::Test(command) => test::run(command, cx),
        Command::Version => version::run(cx),
    }
}
