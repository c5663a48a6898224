//! What is in a sandbox is its user's alone: other users of the machine and pages in a browser stay outside.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::common::cloud::Cloud;
use crate::common::http::send;
use crate::common::world::{World, ran};

const ROLE: &str = "/latest/meta-data/ram/security-credentials/SandboxInstanceRole";

#[test]
fn nobody_else_reads_its_folder_whatever_the_umask() {
    let world = World::new();
    world.file("note.txt", "a secret design");
    let script = "umask 0; faascmd object put note.txt
        folder=$(dirname \"$FAASCMD_CREDENTIALS_FILE\")
        find \"$folder\" -printf '%m %y %P\\n'";
    let mut command = world.command("sh");
    let program = env!("CARGO_BIN_EXE_faascmd");
    let line = format!("umask 0; exec {program} sandbox -- sh -euc '{}'", script.replace('\'', r"'\''"));
    let ran = ran(command.args(["-euc", &line])).exits(0);
    let modes: Vec<&str> =
        ran.stdout.lines().filter(|line| line.contains(" d ") || line.contains(" f ")).collect();
    assert!(modes.iter().any(|line| line.contains("objects/")), "{}", ran.stdout);
    for line in modes {
        assert!(line.starts_with("700 d") || line.starts_with("600 f"), "{line}");
    }
}

#[test]
fn nobody_else_reads_an_instance_the_log_or_the_ledger_whatever_the_umask() {
    let world = World::new();
    let script = "faascmd fleet run i-bp1faascmdsandbox1001 -- true >&2
        folder=$(dirname \"$FAASCMD_CREDENTIALS_FILE\")
        find \"$folder\" log ledger ! -type l -printf '%m %y %p\\n'";
    let program = env!("CARGO_BIN_EXE_faascmd");
    let sandbox = format!("{program} sandbox --instances 1 --speed 100 --log log --ledger ledger");
    let line = format!("umask 0; exec {sandbox} -- sh -euc '{}'", script.replace('\'', r"'\''"));
    let ran = ran(world.command("sh").args(["-euc", &line])).exits(0);
    for end in ["bin/rmmod", "hw/fpga0", "work/script", "log", "ledger"] {
        assert!(ran.stdout.lines().any(|line| line.ends_with(end)), "no {end} in\n{}", ran.stdout);
    }
    for line in ran.stdout.lines() {
        assert!(line.get(1..3) == Some("00"), "{line}");
    }
}

#[test]
fn the_keys_are_random_unless_they_are_asked_for() {
    let world = World::new();
    let secret = |flags: &[&str]| {
        let mut command = world.command("faascmd");
        command.arg("sandbox").args(flags).args(["--", "sh", "-c", "echo $ALIBABA_CLOUD_ACCESS_KEY_SECRET"]);
        ran(&mut command).exits(0).stdout.trim().to_owned()
    };
    let (first, second) = (secret(&[]), secret(&[]));
    assert!(first.len() >= 30 && first != second, "{first} {second}");
    assert_eq!(secret(&["--fixed-keys"]), "SandboxUserSecret0123456789abc");
    let mut command = world.command("faascmd");
    ran(command.args(["sandbox", "--", "faascmd", "object", "ls"])).exits(0);
    let mut command = world.command("faascmd");
    let known = "ALIBABA_CLOUD_ACCESS_KEY_SECRET=SandboxUserSecret0123456789abc faascmd object ls";
    ran(command.args(["sandbox", "--", "sh", "-c", known])).exits(4);
}

#[test]
fn a_temporary_key_is_given_to_who_has_the_secret() {
    let cloud = Cloud::new();
    let ask =
        |query: &str| send(cloud.address(), &format!("GET /.sandbox/credentials{query}"), &[], b"").status;
    assert_eq!([ask(""), ask("?key="), ask("?key=wrong")], [403; 3]);
    assert_eq!(ask(&format!("?key={}", cloud.credential.secret.expose())), 200);
}

#[test]
fn other_names_and_pages_are_not_answered() {
    let cloud = Cloud::new();
    let ask = |headers: &[(&str, &str)]| send(cloud.address(), &format!("GET {ROLE}"), headers, b"").status;
    assert_eq!(ask(&[]), 200);
    assert_eq!(ask(&[("host", "evil.test")]), 403);
    assert_eq!(ask(&[("host", "127.0.0.1"), ("origin", "http://evil.test")]), 403);
    let unread = send(cloud.address(), "PUT /faascmd-sandbox/key", &[("host", "evil.test")], b"body");
    assert_eq!((unread.status, unread.header("connection")), (403, Some("close")));
}

#[test]
fn another_user_is_not_answered() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can be another user");
        return;
    }
    // The one who serves is nobody, root's own connections are answered, and those of a third user are not.
    let world = World::new();
    let mut command = world.faascmd_of(65534);
    std::fs::set_permissions(world.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    command.args(["sandbox", "-o", "json"]).env("HOME", "/nonexistent");
    let mut sandbox = command.stdout(Stdio::piped()).spawn().unwrap();
    let said = serde_json::Deserializer::from_reader(sandbox.stdout.take().unwrap());
    let said: serde_json::Value = said.into_iter().next().unwrap().unwrap();
    let address: std::net::SocketAddr =
        said["set"]["FAASCMD_ENDPOINT"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
    let status = |uid: u32| {
        let script = format!(
            "exec 3<>/dev/tcp/127.0.0.1/{}; printf 'GET {ROLE} HTTP/1.1\\r\\nhost: 127.0.0.1\\r\\nconnection: close\\r\\n\\r\\n' >&3; head -1 <&3",
            address.port()
        );
        let mut bash = Command::new("bash");
        let out = bash.args(["-c", &script]).uid(uid).output().unwrap();
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    };
    let answers = [0, 65534, 65533].map(status);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(sandbox.id().try_into().unwrap()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    sandbox.wait().unwrap();
    assert_eq!(answers, ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 403 Forbidden"]);
}
