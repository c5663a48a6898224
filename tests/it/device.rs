//! What may be a device, what is refused and why, who has the lock, and a device that goes away.

use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::common::bar::{Bar, pci_device};
use crate::common::terminal::Terminal;
use crate::common::world::{Ran, World, ran};

/// A `faascmd` that runs beside the test.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn new(world: &World, bar: &Bar, args: &[&str]) -> Self {
        let mut command = world.command("faascmd");
        command.args(args).env("FAASCMD_DEVICE", bar.device()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// Waits for a line of its answer.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    fn end(mut self) -> Ran {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        Ran { stdout, stderr, code }
    }
}

#[test]
fn a_node_that_is_missing_is_explained_by_what_is_there() {
    let world = World::new();
    let sysfs = world.path().join("sys");
    let missing = |node: &str| {
        ran(world
            .command("faascmd")
            .env("FAASCMD_SYSFS_ROOT", &sysfs)
            .args(["reg", "read", "0", "--device", node]))
        .exits(10)
        .stderr
    };
    let said = missing("xdma0_user");
    assert!(said.starts_with("error: xdma0_user does not exist: the xdma driver is not loaded\n"), "{said}");
    std::fs::create_dir_all(sysfs.join("bus/pci/drivers/xdma")).unwrap();
    assert!(missing("xdma0_user").contains("the xdma driver is loaded, but bound to no device"));
    world.file("xdma0_control", "");
    let said = missing("./xdma0_user");
    assert!(
        said.contains("./xdma0_control is there, so the IP was built without the AXI-Lite master"),
        "{said}"
    );
    assert!(missing("other").starts_with("error: other does not exist: no such file\n"));
}

#[test]
fn a_node_that_may_not_be_opened_is_told_with_its_permission() {
    let world = World::new();
    let bar = Bar::new(&world);
    std::fs::set_permissions(&bar.path, PermissionsExt::from_mode(0o400)).unwrap();
    let as_nobody = |args: &[&str]| {
        // Root is refused nothing.
        let is_root = nix::unistd::geteuid().is_root();
        let mut command = if is_root { world.faascmd_of(65534) } else { world.command("faascmd") };
        ran(command.env("FAASCMD_DEVICE", bar.device()).args(args))
    };
    let said = as_nobody(&["reg", "write", "0x40", "1"]).exits(10).stderr;
    assert!(said.contains("fpga.bin may not be opened for writing: mode 0400, owner "), "{said}");
    assert!(said.contains("udev"), "{said}");
    std::fs::set_permissions(&bar.path, PermissionsExt::from_mode(0o444)).unwrap();
    assert_eq!(as_nobody(&["reg", "read", "0x40"]).exits(0).stdout, "0x12345678\n");
    assert_eq!(bar.get(0x40), 0x1234_5678);
}

#[test]
fn what_has_no_registers_is_refused() {
    let world = World::new();
    world.file("empty", "");
    nix::unistd::mkfifo(&world.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for (device, said) in [
        ("empty", "empty is empty, not a device with registers"),
        (".", ". is a directory, not a device with registers"),
        ("pipe", "pipe is a pipe or a socket, not a device with registers"),
        ("/dev/null", "/dev/null can't be mapped: it has no memory to map"),
        ("empty/2", "empty/2 can't be opened: Not a directory"),
    ] {
        let ran = world.faascmd(&["reg", "read", "0", "--device", device]).exits(10);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        world.faascmd(&["reg", "write", "0", "1", "--device", device]).exits(10);
    }
}

#[test]
fn an_ordinary_file_is_a_device_only_when_it_was_meant_for_one() {
    let world = World::new();
    let secret = world.file("shadow", "root:$6$secret:19000:0:99999:7:::\n");
    let read = |device: &str| world.faascmd(&["reg", "read", "0", "--device", device]);
    let said = read("shadow").exits(10);
    assert!(said.stderr.starts_with("error: shadow is an ordinary file, not a device\n"), "{}", said.stderr);
    assert!(said.stdout.is_empty() && !said.stderr.contains("secret"), "{}", said.stderr);
    assert!(said.stderr.contains("--device file:shadow"), "{}", said.stderr);
    assert_eq!(read("file:shadow").exits(0).stdout, "0x746f6f72\n");
    let reg_rw = ran(world.command("reg_rw").arg(&secret).arg("0"));
    assert!(reg_rw.exits(0).stdout.contains(": 0x746f6f72"));

    let bar = Bar::new(&world);
    let write = |flags: &[&str]| {
        let args = ["reg", "write", "0x40", "5", "--device", bar.name()];
        world.faascmd(&[&args, flags].concat())
    };
    assert_eq!(read(bar.name()).exits(0).stdout, "0x00000000\n", "of whole pages and one's own");
    for command in [["reg", "write", "0x40", "5"].as_slice(), &["test", "smoke"], &["test", "prbs"]] {
        let ran = world.faascmd(&[command, &["--device", bar.name()]].concat()).exits(2);
        assert!(ran.stderr.contains("is an ordinary file, and will be written to"), "{}", ran.stderr);
        assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    }
    assert_eq!((bar.get(0x40), bar.get(0x14), bar.get(0x1c)), (0x1234_5678, 0, 0));
    write(&["--dry-run"]).exits(0);
    write(&["--yes"]).exits(0);
    assert_eq!(bar.get(0x40), 5);
    xattr::set(&bar.path, "user.faascmd", b"device").unwrap();
    write(&[]).exits(0);
}

#[test]
fn on_a_terminal_one_is_asked_before_an_ordinary_file_is_written() {
    for (answer, code, value) in [("n", 10, 0x1234_5678), ("y", 0, 5)] {
        let world = World::new();
        let bar = Bar::new(&world);
        let mut command = world.command("setsid");
        command.args(["--wait", "--ctty"]).arg(world.command("faascmd").get_program());
        command.args(["reg", "write", "0x40", "5", "--device", bar.name()]);
        let mut terminal = Terminal::start(command);
        terminal.shows("Is it meant for a device? [y/N]");
        terminal.type_line(answer);
        assert_eq!((terminal.end().1, bar.get(0x40)), (code, value));
    }
}

#[test]
fn a_pci_device_that_is_no_fpga_is_not_written() {
    let world = World::new();
    let device = pci_device(&world.path().join("sys"), "0000:05:00.0");
    let bar = Bar { path: device.join("resource2") };
    let refused = |said: &str| {
        for command in [["reg", "write", "0x40", "5"].as_slice(), &["test", "prbs"], &["reg", "run", "w.reg"]]
        {
            let ran = bar.faascmd(&world, command).exits(10);
            assert!(ran.stderr.contains(said) && ran.stderr.contains("--force"), "{}", ran.stderr);
        }
        bar.faascmd(&world, &["reg", "read", "0x40"]).exits(0);
        assert_eq!((bar.get(0x40), bar.get(0x1c)), (0, 0));
    };
    world.file("w.reg", "write 0x40 5\n");
    std::fs::write(device.join("class"), "0x020000\n").unwrap();
    std::fs::write(device.join("vendor"), "0x1af4\n").unwrap();
    refused("PCI device 0000:05:00.0 is no FPGA that is known here: 1af4:9038, class 0x020000, driver none");
    std::fs::write(device.join("vendor"), "0x8086\n").unwrap();
    refused("8086:9038, class 0x020000");
    bar.faascmd(&world, &["reg", "write", "0x40", "5", "--force"]).exits(0);
    assert_eq!(bar.get(0x40), 5);
    std::fs::write(device.join("class"), "0x120000\n").unwrap();
    bar.faascmd(&world, &["reg", "run", "w.reg"]).exits(0);
}

#[test]
fn a_pci_address_finds_the_resource_in_sysfs() {
    let world = World::new();
    let sysfs = world.path().join("sys");
    let device = pci_device(&sysfs, "0000:05:00.0");
    let reg = |args: &[&str]| ran(world.command("faascmd").env("FAASCMD_SYSFS_ROOT", &sysfs).args(args));
    reg(&["reg", "write", "0x14", "7", "--device", "05:00.0/2"]).exits(0);
    assert_eq!(std::fs::read(device.join("resource2")).unwrap()[0x14], 7);
    let document = reg(&["reg", "info", "--device", "0000:05:00.0/2", "-o", "json"]).exits(0).json();
    assert_eq!(document["pci"]["vendor"], "0x10ee");
    let link = json!({"speed": "8.0 GT/s PCIe", "max_speed": "8.0 GT/s PCIe", "width": 8, "max_width": 16, "degraded": true});
    assert_eq!(document["pci"]["link"], link);
    let said = reg(&["reg", "info", "--device", "05:00.0/2"]).exits(0).stdout;
    assert!(said.contains("link\t8.0 GT/s PCIe x8 (degraded: the device can 8.0 GT/s PCIe x16)\n"), "{said}");
    let said = reg(&["reg", "info", "--device", "06:00.0/2"]).exits(10).stderr;
    assert!(said.starts_with("error: no PCI device has the address 0000:06:00.0\n"), "{said}");
    let said = reg(&["reg", "info", "--device", "05:00.0"]).exits(10).stderr;
    assert!(
        said.contains("PCI device 0000:05:00.0 has no xdma register node: the xdma driver is not loaded"),
        "{said}"
    );
}

#[test]
fn all_ones_are_compared_with_the_configuration_space() {
    let world = World::new();
    let sysfs = world.path().join("sys");
    let device = pci_device(&sysfs, "0000:05:00.0");
    std::fs::write(device.join("resource2"), [0xff; 4096]).unwrap();
    let read = || {
        let mut command = world.command("faascmd");
        ran(command.env("FAASCMD_SYSFS_ROOT", &sysfs).args(["reg", "read", "0x24", "--device", "05:00.0/2"]))
    };
    assert_eq!(read().exits(0).stdout, "0xffffffff\n", "the device answers, so it is a value");
    std::fs::write(device.join("config"), [0xff; 64]).unwrap();
    let said = read().exits(10).stderr;
    assert!(
        said.starts_with("error: the link to PCI device 0000:05:00.0 is dead: offset 0x24 and "),
        "{said}"
    );
    assert!(said.contains("load the image again: faascmd fpga load IMAGE_UUID --force"), "{said}");
    std::fs::write(device.join("config"), [0; 64]).unwrap();
    let said = read().exits(10).stderr;
    assert!(
        said.starts_with("error: PCI device 0000:05:00.0 is not enabled: it answers no memory access\n"),
        "{said}"
    );
    assert!(said.contains("echo 1 > ") && said.contains("/0000:05:00.0/enable\n"), "{said}");
}

#[test]
fn of_two_processes_that_write_the_second_is_refused() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("long.reg", "write 0x40 1\nread 0x40\nsleep 1h\n");
    let mut first = Running::new(&world, &bar, &["reg", "run", "long.reg"]);
    assert_eq!(first.line(), "0x00000001\n", "it has the lock now");

    let second = bar.faascmd(&world, &["reg", "write", "0x44", "2", "-o", "json"]).exits(6).error();
    let locked = format!("fpga.bin is locked by process {}", first.child.id());
    assert!(second["message"].as_str().unwrap().ends_with(&locked), "{second}");
    assert_eq!(bar.get(0x44), 0x89ab_cdef);
    bar.faascmd(&world, &["test", "smoke"]).exits(6);

    assert_eq!(bar.faascmd(&world, &["reg", "read", "0x40"]).exits(0).stdout, "0x00000001\n");
    bar.faascmd(&world, &["reg", "dump", "0x40..0x44"]).exits(0);
    bar.faascmd(&world, &["reg", "watch", "0x40", "--for", "0"]).exits(0);
    let info = bar.faascmd(&world, &["reg", "info", "-o", "json"]).exits(0).json();
    assert_eq!(info["locked_by"], first.child.id());
    bar.faascmd(&world, &["reg", "write", "0x44", "2", "--no-lock"]).exits(0);
    assert_eq!(bar.get(0x44), 2);

    first.signal(Signal::SIGINT);
    first.end().exits(130);
    bar.faascmd(&world, &["reg", "write", "0x44", "3"]).exits(0);
    assert_eq!(bar.get(0x44), 3);
}

#[test]
fn reg_rw_waits_for_the_lock() {
    let world = World::new();
    let bar = Bar::new(&world);
    let held = Flock::lock(std::fs::File::open(&bar.path).unwrap(), FlockArg::LockExclusive).unwrap();
    let mut command = world.command("reg_rw");
    let child = command.args([bar.name(), "0x40", "w", "9"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut header = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("character device") {
        line.clear();
        assert_ne!(header.read_line(&mut line).unwrap(), 0, "it ended without opening the device");
    }
    assert_eq!(bar.get(0x40), 0x1234_5678, "it has opened the device and waits");
    drop(held);
    assert!(child.wait().unwrap().success());
    assert_eq!(bar.get(0x40), 9);
}

#[test]
fn a_device_that_goes_away_ends_the_program_with_its_last_words() {
    let world = World::new();
    let bar = Bar::new(&world);
    let mut watch = Running::new(&world, &bar, &["reg", "watch", "0x40", "--interval", "1ms"]);
    assert!(watch.line().ends_with("0x12345678\n"));
    bar.shrink();
    let said = watch.end().exits(10).stderr;
    assert!(said.contains("fpga.bin vanished or shrank while it was in use"), "{said}");

    let bar = Bar::new(&world);
    let mut watch = Running::new(&world, &bar, &["reg", "watch", "0x40", "--interval", "1ms", "-o", "json"]);
    watch.line();
    bar.shrink();
    let error = watch.end().exits(10).error();
    assert_eq!(error["exit_code"], 10);
    assert!(error["message"].as_str().unwrap().ends_with("vanished or shrank while it was in use"));
}

#[test]
fn a_resource_that_is_removed_from_the_bus_ends_a_wait_and_a_watch() {
    for verb in [&["watch", "0x40"][..], &["wait", "0x40", "--equals", "1", "--timeout", "1h"]] {
        let world = World::new();
        let device = pci_device(&world.path().join("sys"), "0000:05:00.0");
        let bar = Bar { path: device.join("resource2") };
        let mut command = world.command("faascmd");
        command.arg("reg").args(verb).args(["--device", bar.name()]).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let maps = format!("/proc/{}/maps", child.id());
        // It is mapped once it has been opened; what is mapped stays, also in the kernel.
        while !std::fs::read_to_string(&maps).unwrap().contains("resource2") {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        }
        std::fs::remove_file(&bar.path).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("resource2 vanished or shrank while it was in use"), "{said}");
        assert_eq!(ended.status.code(), Some(10));
    }
}

#[test]
fn a_signal_ends_a_wait_and_a_watch() {
    let world = World::new();
    let bar = Bar::new(&world);
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut watch = Running::new(&world, &bar, &["reg", "watch", "0x40"]);
        watch.line();
        watch.signal(signal);
        watch.end().exits(code);
    }
}
