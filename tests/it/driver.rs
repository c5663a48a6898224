//! `--driver`: out before a load, back after it; with stand-ins for rmmod, depmod and modprobe on PATH.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::world::{Ran, ran};

/// An image that the sandbox knows from the beginning.
const IMAGE: &str = crate::fpga::OLD;

/// A machine with a driver that is played by scripts: they keep a log, a sysfs and a node.
struct Machine {
    running: Cloud,
    root: PathBuf,
}

impl Machine {
    fn new(flags: &[&str]) -> Self {
        Self::beside(Cloud::start(flags))
    }

    fn beside(running: Cloud) -> Self {
        let root = running.world.path().to_owned();
        let machine = Self { running, root };
        machine.program(
            "rmmod",
            "rm -r sys/bus/pci/drivers/$1 dev/$1* || { echo \"Module $1 is in use\" >&2; exit 1; }",
        );
        machine.program("depmod", "true");
        machine
            .program("modprobe", "mkdir -p sys/bus/pci/drivers/$1/0000:05:00.0 dev; cp bar dev/${1}0_user");
        machine.running.world.file("bar", vec![0; 4096]);
        machine.load_driver();
        machine
    }

    /// A program on PATH that logs its line and then does something.
    fn program(&self, name: &str, does: &str) {
        let log = "echo \"$(basename $0) $*\" | sed 's/ $//' >> log";
        let script = format!("#!/bin/sh\ncd {}\n{log}\n{does}\n", self.root.display());
        self.running.world.program_file(&format!("bin/{name}"), &script);
    }

    fn load_driver(&self) {
        self.running.world.file("sys/bus/pci/drivers/xdma/0000:05:00.0/vendor", "0x10ee\n");
        self.running.world.file("dev/xdma0_user", vec![0; 4096]);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.running.command(args);
        let path = format!("{}/bin:{}", self.root.display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("FAASCMD_SYSFS_ROOT", self.root.join("sys"));
        command.env("FAASCMD_DEVICE", format!("file:{}", self.root.join("dev/xdma0_user").display()));
        command
    }

    fn faascmd(&self, args: &[&str]) -> Ran {
        ran(&mut self.command(args))
    }

    /// The lines of the stand-ins since the last look.
    fn log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.root.join("log")).unwrap_or_default();
        std::fs::remove_file(self.root.join("log")).ok();
        log.lines().map(str::to_owned).collect()
    }
}

const WHOLE: [&str; 3] = ["rmmod xdma", "depmod", "modprobe xdma"];

#[test]
fn the_driver_is_out_during_the_load_and_back_after_it() {
    if !nix::unistd::geteuid().is_root() {
        return println!("skipped: only root may take a driver out");
    }
    let machine = Machine::new(&["--speed", "20"]);
    for choice in [&[][..], &["--driver", "xdma"]] {
        let ran = machine.faascmd(&[&["fpga", "load", IMAGE, "--force"], choice].concat()).exits(0);
        assert_eq!(machine.log(), WHOLE, "{}", ran.stderr);
        let at = |text: &str| ran.stderr.find(text).unwrap_or_else(|| panic!("no {text}: {}", ran.stderr));
        assert!(at("xdma is out") < at("xdma is back, file:"), "each step is shown");
    }
    let skipped = machine.faascmd(&["fpga", "load", IMAGE]).exits(0);
    assert!(machine.log().is_empty(), "nothing is loaded, so nothing is taken out: {}", skipped.stderr);

    let none = machine.faascmd(&["fpga", "load", IMAGE, "--force", "--driver", "none"]).exits(0);
    assert!(machine.log().is_empty(), "{}", none.stderr);
    machine.faascmd(&["fpga", "load", IMAGE, "--dry-run", "--force"]).exits(0);
    machine.faascmd(&["fpga", "load", IMAGE, "--driver", "zocl"]).exits(2);
    assert!(machine.log().is_empty());
}

#[test]
fn one_that_was_not_loaded_is_no_error_and_is_there_afterwards() {
    if !nix::unistd::geteuid().is_root() {
        return println!("skipped: only root may take a driver out");
    }
    let machine = Machine::new(&["--speed", "20"]);
    std::fs::remove_dir_all(machine.root.join("sys")).unwrap();
    std::fs::remove_dir_all(machine.root.join("dev")).unwrap();
    machine.program("rmmod", "echo \"rmmod: ERROR: Module $1 is not currently loaded\" >&2; exit 1");
    machine.faascmd(&["fpga", "load", IMAGE, "--force", "--driver", "xdma"]).exits(0);
    assert_eq!(machine.log(), WHOLE);
    // As after a run that was killed between the load and the way back.
    std::fs::remove_dir_all(machine.root.join("sys")).unwrap();
    machine.faascmd(&["fpga", "load", IMAGE, "--driver", "xdma"]).exits(0);
    assert_eq!(machine.log(), WHOLE[1..]);
}

#[test]
fn what_fails_is_told_with_the_line_to_type() {
    if !nix::unistd::geteuid().is_root() {
        return println!("skipped: only root may take a driver out");
    }
    let machine = Machine::new(&["--speed", "20"]);
    let load = ["fpga", "load", IMAGE, "--force"];
    let loads = || count(&machine.running.requests(), "LoadFpgaImageTask");
    machine.program("rmmod", "echo \"rmmod: ERROR: Module $1 is in use\" >&2; exit 1");
    let said = machine.faascmd(&load).exits(10).stderr;
    assert!(said.contains("`rmmod xdma` failed: rmmod: ERROR: Module xdma is in use"), "{said}");
    assert!(said.contains("hint: sudo rmmod xdma\n"), "{said}");
    assert_eq!(loads(), 0, "nothing is loaded under a driver's feet");

    machine.program("rmmod", "rm -r sys dev");
    machine.program("modprobe", "echo 'modprobe: FATAL: Module xdma not found' >&2; exit 1");
    let said = machine.faascmd(&load).exits(10).stderr;
    assert!(
        said.contains("`modprobe xdma` failed: ") && said.contains("hint: sudo modprobe xdma\n"),
        "{said}"
    );
    assert_eq!(loads(), 1);

    machine.load_driver();
    let said = machine.faascmd(&["fpga", "load", IMAGE, "--force", "--no-wait"]).exits(0).stderr;
    assert!(said.contains("xdma is out; when the load is over: sudo depmod && sudo modprobe xdma"), "{said}");
}

/// The steps of a document, as `name state`.
fn steps(document: &Value) -> Vec<String> {
    let steps = document["steps"].as_array().unwrap().iter();
    steps
        .map(|step| format!("{} {}", step["name"].as_str().unwrap(), step["state"].as_str().unwrap()))
        .collect()
}

#[test]
fn what_is_done_to_the_driver_stands_among_the_steps() {
    if !nix::unistd::geteuid().is_root() {
        return println!("skipped: only root may take a driver out");
    }
    let machine = Machine::new(&["--speed", "20"]);
    let json = |args: &[&str]| machine.faascmd(&[args, &["-o", "json"]].concat()).exits(0).json();
    let load = ["fpga", "load", IMAGE, "--driver", "xdma"];
    let plan = json(&[&load[..], &["--dry-run"]].concat());
    assert_eq!(steps(&plan), ["rmmod planned", "load planned", "modprobe planned"]);
    let plan = machine.faascmd(&[&load[..], &["--dry-run"]].concat()).exits(0).stdout;
    assert!(plan.contains("rmmod: would be done\nmodprobe: would be done\n"), "{plan}");
    assert!(machine.log().is_empty());
    assert_eq!(steps(&json(&load)), ["rmmod done", "load done", "modprobe done"]);
    machine.log();
    assert_eq!(steps(&json(&load)), ["load skipped", "modprobe skipped"]);
    assert!(machine.log().is_empty());

    let file = machine
        .running
        .world
        .file("bit.tar.gz", faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    let file = file.to_str().unwrap();
    let deploy = |more: &[&str]| json(&[&["deploy", file, "--driver", "xdma"], more].concat());
    let of_driver = ["rmmod planned", "load planned", "modprobe planned"];
    let plan = steps(&deploy(&["--dry-run"]));
    assert_eq!(plan[plan.len() - 3..], of_driver);
    let table = machine.faascmd(&["deploy", file, "--driver", "xdma", "--dry-run"]).exits(0).stdout;
    assert!(table.contains("rmmod\twould be done") && table.contains("modprobe\twould be done"), "{table}");
    assert!(machine.log().is_empty());
    let done = steps(&deploy(&[]));
    assert_eq!(done[done.len() - 3..], ["rmmod done", "load done", "modprobe done"]);
    assert_eq!(machine.log(), WHOLE);
    let plan = steps(&deploy(&["--dry-run"]));
    assert_eq!(plan[plan.len() - 2..], ["load skipped", "modprobe skipped"]);
}

#[test]
fn without_the_right_nothing_is_sent() {
    /// Who may load no drivers.
    const NOBODY: u32 = 65534;
    let is_root = nix::unistd::geteuid().is_root();
    let machine = Machine::beside(if is_root { Cloud::start_as(NOBODY, &[]) } else { Cloud::start(&[]) });
    // Whatever the umask is, others may look at what stands for the system.
    ran(machine.running.world.command("chmod").args(["-R", "a+rX", "sys", "dev", "bin"])).exits(0);
    let faascmd = |args: &[&str]| {
        let mut command = machine.command(&[&["fpga", "load", IMAGE, "-o", "json"], args].concat());
        if is_root {
            let own = std::mem::replace(&mut command, machine.running.world.faascmd_of(NOBODY));
            let set = own.get_envs().filter_map(|(name, value)| Some((name, value?)));
            command.args(own.get_args()).envs(set);
        }
        ran(&mut command)
    };
    // `auto` is xdma here: it has a chip of this machine, which is the instance, as the metadata says.
    for choice in [&[][..], &["--driver", "auto"], &["--driver", "xdma"], &["--driver", "xocl"]] {
        machine.running.requests();
        let error = faascmd(choice).exits(10).error();
        assert!(error["message"].as_str().unwrap().ends_with("only root may take it out"), "{error}");
        let sent = machine.running.requests();
        assert!(sent.iter().all(|request| request["service"] == "metadata"), "{sent:?}");
    }
    let plan = faascmd(&["--dry-run"]).exits(0);
    assert_eq!(steps(&plan.json()), ["rmmod planned", "load planned", "modprobe planned"]);
    assert!(plan.stderr.contains("only root may take it out"), "{}", plan.stderr);
    assert!(machine.log().is_empty());
}
