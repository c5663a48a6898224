//! What a simulated instance is on this machine: a folder, a metadata service, devices, and the processes of commands.

mod output;
mod process;
mod stand_ins;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

pub(crate) use output::Output;
pub(crate) use process::Process;

use super::fpga::{link_memory, make_memory};
use super::supervisor::{Supervisor, end_processes};
use crate::base::private_file::create_private_folder;

/// The folder of a host, in the environment of its processes; it is how they are found again.
const ROOT_VARIABLE: &str = "FAASCMD_HOST_ROOT";
/// Where a command that says nothing else begins, below the host's folder.
const HOME: &str = "root";

/// What all hosts of a sandbox share.
#[derive(Debug)]
pub(crate) struct Hosts {
    folder: PathBuf,
    /// What ends the processes and removes the folder when the sandbox is no more; None until there is a host.
    supervisor: Mutex<Option<Supervisor>>,
}

/// One host.
#[derive(Debug)]
pub(crate) struct Host {
    root: PathBuf,
    bin: PathBuf,
    /// The address of its metadata service.
    metadata: SocketAddr,
    /// Until the server takes it.
    listener: Option<TcpListener>,
    /// The device nodes, in the order of the chips.
    devices: Vec<PathBuf>,
}

impl Hosts {
    /// None yet; their folders will be in that of the sandbox.
    pub(crate) fn new(sandbox: &Path) -> Self {
        Self { folder: sandbox.to_owned(), supervisor: Mutex::default() }
    }

    /// Makes a host with so many chips; `device` makes each one's registers behind a file.
    pub(crate) fn make(&self, id: &str) -> io::Result<Host> {
        let bin = self.folder.join("bin");
        if !bin.exists() {
            stand_ins::write(&bin)?;
        }
        let mut supervisor = self.supervisor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if supervisor.is_none() {
            *supervisor = Some(Supervisor::start(&self.folder, ROOT_VARIABLE)?);
        }
        let root = self.folder.join("hosts").join(id);
        for folder in [HOME, "dev", "hw", "tmp", "var/lib", "work/script"] {
            create_private_folder(&root.join(folder))?;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let metadata = listener.local_addr()?;
        Ok(Host { root, bin, metadata, listener: Some(listener), devices: Vec::new() })
    }
}

impl Host {
    /// The files with the registers of so many chips; the nodes that lead to them are those of the driver.
    pub(crate) fn hardware(&mut self, count: usize, memory_faults: Option<&str>) -> io::Result<Vec<PathBuf>> {
        let files: Vec<PathBuf> = (0..count).map(|n| self.root.join(format!("hw/fpga{n}"))).collect();
        for (n, file) in files.iter().enumerate() {
            let node = self.root.join(format!("dev/xdma{n}_user"));
            fs::remove_file(&node).ok();
            std::os::unix::fs::symlink(file, &node)?;
            let memory = file.with_extension("memory");
            make_memory(&memory, &self.root.join(format!("dev/xdma{n}")), memory_faults)?;
            // A start has given it other chips behind the same nodes.
            if !self.devices.contains(&node) {
                self.devices.push(node);
            }
        }
        Ok(files)
    }

    /// A device that is somewhere else.
    pub(crate) fn has_device(&mut self, path: &Path) {
        self.devices.push(path.to_owned());
    }

    /// The socket of its metadata service, once.
    pub(crate) fn take_listener(&mut self) -> Option<TcpListener> {
        self.listener.take()
    }

    /// What its processes find in their environment, and nothing else.
    fn environment(&self, endpoint: &str) -> Vec<(&'static str, OsString)> {
        let own = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned()));
        let mut path = self.bin.clone().into_os_string();
        for folder in own.iter().map(PathBuf::as_path).chain(SYSTEM_PATH.map(Path::new)) {
            path.push(":");
            path.push(folder);
        }
        let mut devices = OsString::new();
        for (n, device) in self.devices.iter().enumerate() {
            devices.push(if n > 0 { "," } else { "" });
            devices.push(device);
        }
        let mut all = vec![
            ("PATH", path),
            ("HOME", self.root.join(HOME).into()),
            ("TMPDIR", self.root.join("tmp").into()),
            (ROOT_VARIABLE, self.root.clone().into()),
            ("FAASCMD_ENDPOINT", format!("{endpoint},metadata=http://{}", self.metadata).into()),
        ];
        if let Some(first) = self.devices.first() {
            all.push(("FAASCMD_DEVICE", first.clone().into()));
            all.push(("FAASCMD_DEVICES", devices));
        }
        all
    }

    /// Where a path of the host is on this machine; None if it would lead out.
    pub(crate) fn place(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let leads_out = path.components().any(|part| matches!(part, Component::ParentDir));
        (path.is_absolute() && !leads_out).then(|| self.root.join(path.strip_prefix("/").unwrap_or(path)))
    }

    /// Starts a script, in its folder: the home, or one of the host, or one that this machine has.
    pub(crate) fn run(&self, script: &Script<'_>) -> io::Result<Process> {
        let file = self.root.join("work/script").join(script.file_name);
        stand_ins::write_program(&file, script.text)?;
        let folder = match script.folder {
            None => self.root.join(HOME),
            Some(folder) => self.folder(folder).ok_or(io::ErrorKind::NotADirectory)?,
        };
        Process::start(&file, &folder, self.environment(script.endpoint))
    }

    /// A folder that a command names, if it is there.
    pub(crate) fn folder(&self, folder: &str) -> Option<PathBuf> {
        let inside = self.place(folder)?;
        [inside, PathBuf::from(folder)].into_iter().find(|path| path.is_dir())
    }

    /// What a command asked of its machine by `shutdown` or `reboot`, once.
    pub(crate) fn power_request(&self) -> Option<Power> {
        let file = self.root.join(stand_ins::POWER_FILE);
        let power = match fs::read_to_string(&file).ok()?.as_str() {
            "reboot\n" => Power::Reboot,
            "off\n" => Power::Off,
            // The shell has made the file, and not yet written into it.
            _ => return None,
        };
        fs::remove_file(&file).ok();
        Some(power)
    }

    /// Ends every process of the host, also those that left their group.
    pub(crate) fn end_processes(&self) {
        end_processes(ROOT_VARIABLE, &self.root);
    }

    /// The drivers come with the system: after a boot all device nodes are there.
    pub(crate) fn boots(&self) {
        fs::remove_file(self.root.join(stand_ins::POWER_FILE)).ok();
        for (n, node) in self.devices.iter().enumerate() {
            let file = self.root.join(format!("hw/fpga{n}"));
            if file.exists() && !node.exists() {
                let memory = file.with_extension("memory");
                std::os::unix::fs::symlink(file, node).ok();
                link_memory(&memory, &self.root.join(format!("dev/xdma{n}"))).ok();
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end_processes();
        fs::remove_dir_all(&self.root).ok();
    }
}

/// The folders of a system's own programs.
const SYSTEM_PATH: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// A script to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script<'a> {
    pub(crate) file_name: &'a str,
    pub(crate) text: &'a [u8],
    /// The working directory that the command names.
    pub(crate) folder: Option<&'a str>,
    /// The sandbox's own address.
    pub(crate) endpoint: &'a str,
}

/// What a machine was told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    Off,
    Reboot,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_the_machine_counts_once_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let hosts = Hosts::new(folder.path());
        let host = hosts.make("i-bp1").unwrap();
        let file = host.root.join(stand_ins::POWER_FILE);
        fs::write(&file, "").unwrap();
        assert_eq!(host.power_request(), None);
        fs::write(&file, "reboot\n").unwrap();
        assert_eq!(host.power_request(), Some(Power::Reboot));
        assert_eq!(host.power_request(), None);
    }
}
