//! Which driver is taken out for a load and brought back after it.

use clap::{Args, ValueEnum};

use crate::cli::Exit;
use crate::cli::context::{Context, roots};
use crate::cli::error::Failure;
use crate::device::{driver_in_use, locate};
use crate::ops::driver::Driver;

// The flag that `deploy` and `fpga load` share. (A doc comment would become that of each command.)
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli::commands) struct DriverArgs {
    /// This machine's driver: taken out before the load (rmmod), brought back after it (depmod, modprobe)
    #[arg(long, value_enum, value_name = "DRIVER", default_value_t)]
    driver: Choice,
}

/// What a driver is wanted for.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::commands) struct DriverUse<'a> {
    pub(in crate::cli::commands) instance_id: &'a str,
    /// Tests need one, also on a machine on which none was loaded yet.
    pub(in crate::cli::commands) for_tests: bool,
    /// Nothing is taken out; that it could not be is said.
    pub(in crate::cli::commands) dry_run: bool,
}

/// What `--driver` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The one that holds a chip of this machine, if the instance is this machine
    #[default]
    Auto,
    /// Xilinx's DMA driver
    Xdma,
    /// Xilinx's `OpenCL` driver
    Xocl,
    /// None is touched
    None,
}

impl DriverArgs {
    /// The driver to take out and bring back; whether that may be done is found out before anything is sent.
    pub(in crate::cli::commands) async fn driver(
        self,
        cx: &Context,
        wanted: DriverUse<'_>,
    ) -> Result<Option<Driver>, Failure> {
        let name = match self.driver {
            Choice::None => None,
            Choice::Xdma => Some("xdma"),
            Choice::Xocl => Some("xocl"),
            Choice::Auto => of_this_machine(cx, wanted).await?,
        };
        let Some(name) = name else { return Ok(None) };
        if !may_load_drivers() {
            let message =
                format!("{name} must be out while an image is loaded, and only root may take it out");
            if !wanted.dry_run {
                return Err(Failure::new(Exit::NoDevice, message)
                    .hint("run it with sudo")
                    .hint("--driver none touches no driver"));
            }
            cx.ui.warn(&message);
        }
        Ok(Some(Driver { name, roots: roots(), device: cx.device_name() }))
    }
}

async fn of_this_machine(cx: &Context, wanted: DriverUse<'_>) -> Result<Option<&'static str>, Failure> {
    let in_use = driver_in_use(&roots()).map(|driver| driver.name);
    let needed = || (wanted.for_tests && locate(&cx.device_name(), &roots()).is_err()).then_some("xdma");
    let Some(name) = in_use.or_else(needed) else { return Ok(None) };
    Ok(cx.is_this_machine(wanted.instance_id).await?.then_some(name))
}

/// Root may, and who has the capability of it.
fn may_load_drivers() -> bool {
    const CAP_SYS_MODULE: u32 = 16;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    nix::unistd::geteuid().is_root() || mask >> CAP_SYS_MODULE & 1 == 1
}
