//! The kernel's driver of the FPGA: out while an image is loaded, and back before somebody uses the chip.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::step::{Step, StepName};
use super::{Error, Result};
use crate::base::duration::spent;
use crate::base::private_file::state_folder;
use crate::base::progress::{Event, Progress};
use crate::ddr::forget_all;
use crate::device::{Roots, is_driver_loaded, locate};

/// A driver of this machine that is taken out for a load.
#[derive(Clone, Debug)]
pub struct Driver {
    /// `xdma` or `xocl`.
    pub name: &'static str,
    pub roots: Roots,
    /// The device that must be there when the driver is back.
    pub device: String,
}

/// How long a node may take to appear after its driver.
const NODE_WITHIN: Duration = Duration::from_secs(10);

/// What rmmod says of a module that is not there: kmod's, and busybox's.
const NOT_LOADED: [&str; 2] = ["not currently loaded", "No such file or directory"];

/// Where the system's own programs are, for those whose PATH leaves them out.
const SYSTEM: [&str; 2] = ["/sbin", "/usr/sbin"];

impl Driver {
    fn is_loaded(&self) -> bool {
        is_driver_loaded(&self.roots, self.name)
    }

    /// Takes it out: `rmmod`. One that is not loaded is out.
    async fn take_out(&self, progress: &dyn Progress) -> Result<Step> {
        let began = Instant::now();
        let was_out = match run(&["rmmod", self.name]).await {
            Err(Error::Driver { said, .. })
                if !self.is_loaded() && NOT_LOADED.iter().any(|words| said.contains(words)) =>
            {
                true
            }
            result => {
                result?;
                false
            }
        };
        let how = if was_out { "was not loaded" } else { "is out" };
        done(progress, "rmmod", format!("{} {how}", self.name), was_out);
        Ok(Step::ended(StepName::Rmmod, was_out, began))
    }

    /// Brings it back and waits for its device: `depmod`, `modprobe`.
    async fn bring_back(&self, progress: &dyn Progress) -> Result<Step> {
        let all = Instant::now();
        run(&["depmod"]).await?;
        run(&["modprobe", self.name]).await?;
        let began = Instant::now();
        // xocl has nodes of other names, for which its own tools look.
        while self.name == "xdma" && locate(&self.device, &self.roots).is_err() {
            if began.elapsed() >= NODE_WITHIN {
                let device = self.device.clone();
                return Err(Error::NoNode { driver: self.name, device, waited: spent(NODE_WITHIN) });
            }
            sleep(Duration::from_millis(50)).await;
        }
        let node = if self.name == "xdma" { format!(", {} is there", self.device) } else { String::new() };
        done(progress, "modprobe", format!("{} is back{node}", self.name), false);
        Ok(Step::ended(StepName::Modprobe, false, all))
    }

    /// The same where nobody took it out just now, but an earlier run may have.
    pub(super) async fn bring_back_if_out(&self, progress: &dyn Progress) -> Result<Step> {
        if self.is_loaded() {
            return Ok(Step::ended(StepName::Modprobe, true, Instant::now()));
        }
        self.bring_back(progress).await
    }

    /// What would be done to it around a load that is planned, or that is done already.
    pub fn planned_around(&self, load: Step, is_done: bool) -> Vec<Step> {
        let is_loaded = self.is_loaded();
        let comes_back = Step::planned(StepName::Modprobe, is_done && is_loaded);
        if is_done {
            return vec![load, comes_back];
        }
        vec![Step::planned(StepName::Rmmod, !is_loaded), load, comes_back]
    }
}

/// A driver that is out. Whatever ends the load before it is back, the way back is told.
pub(super) struct TakenOut<'a> {
    driver: &'a Driver,
    progress: &'a dyn Progress,
    is_back: bool,
}

impl<'a> TakenOut<'a> {
    pub(super) async fn take(driver: &'a Driver, progress: &'a dyn Progress) -> Result<(Self, Step)> {
        let step = driver.take_out(progress).await?;
        Ok((Self { driver, progress, is_back: false }, step))
    }

    /// The load is over.
    pub(super) async fn bring_back(mut self) -> Result<Step> {
        forget_all(state_folder().as_deref());
        // What fails now says itself what to type.
        self.is_back = true;
        self.driver.bring_back(self.progress).await
    }
}

impl Drop for TakenOut<'_> {
    fn drop(&mut self) {
        if !self.is_back {
            let name = self.driver.name;
            let text = format!("{name} is out; when the load is over: sudo depmod && sudo modprobe {name}");
            self.progress.warn(text);
        }
    }
}

fn done(progress: &dyn Progress, step: &'static str, detail: String, skipped: bool) {
    progress.event(Event::StepDone { step, detail, skipped });
}

/// Runs a program of the system; where it fails, its line can be typed.
async fn run(line: &[&str]) -> Result<()> {
    let failed = |said: String| Error::Driver { line: line.join(" "), said };
    let output = match output(line[0], &line[1..]).await {
        Err(e) if e.kind() == io::ErrorKind::NotFound => of_the_system(line).await,
        output => output,
    };
    let output = output.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(failed(if said.is_empty() { output.status.to_string() } else { said }))
}

async fn of_the_system(line: &[&str]) -> io::Result<std::process::Output> {
    let mut last = io::ErrorKind::NotFound.into();
    for folder in SYSTEM {
        match output(&format!("{folder}/{}", line[0]), &line[1..]).await {
            Err(e) => last = e,
            output => return output,
        }
    }
    Err(last)
}

async fn output(program: &str, arguments: &[&str]) -> io::Result<std::process::Output> {
    Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await
}
