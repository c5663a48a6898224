//! No secret anywhere: every command, each source of credentials, `-vvv`, on success and on failure.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use faascmd::testing::bitstream::sample;
use faascmd::testing::sign::encode;
use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::http::send;
use crate::common::world::{Ran, World, ran};

const USER_ID: &str = "LTAI5tFaascmdSandboxUser";
const USER_SECRET: &str = "SandboxUserSecret0123456789abc";
const WRONG_SECRET: &str = "WrongSecretWrongSecret01234567";
const WRONG_TOKEN: &str = "CAISwrong+token/with==signs";
const OIDC_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSIsImlzcyI6Imh0dHBzOi8vc2FuZGJveCJ9.eA";
/// How each token of the sandbox begins, also one that this test does not see made.
const ANY_TOKEN: &str = "CAIS";
const OPERATOR: &str = "acs:ram::1234567890123456:role/SandboxOperatorRole";
const IMAGE: &str = "91598d20-b802-11e7-879a-8db2aa11bb22";
const INSTANCE: &str = "--instanceId=i-bp1faascmdsandbox0001";

/// What is run: each leaf of `faascmd --help` at least once.
const COMMANDS: &[&[&str]] = &[
    &["auth", "--yes"],
    &["check", "bit.tar.gz", "note.txt"],
    &["config", "--show"],
    &["deploy", "bit.tar.gz"],
    &["deploy", "none.tar.gz"],
    &["doctor", "--report", "report.json"],
    &["explain", "7"],
    &["object", "put", "note.txt", "a/note.txt"],
    &["object", "put", "bit.tar.gz", "parts", "--part-size", "100KiB"],
    &["object", "get", "a/note.txt", "copy.txt"],
    &["object", "get", "no/such/object"],
    &["object", "ls"],
    &["object", "ls", "--bucket", "no-such-bucket"],
    &["object", "rm", "a/note.txt"],
    &["object", "uploads", "ls"],
    &["object", "uploads", "abort", "--yes"],
    &["image", "create", "bit.tar.gz"],
    &["image", "create", "no/such/object", "--fpga", "0", "--fpga-type", "xilinx"],
    &["image", "ls"],
    &["image", "show", IMAGE],
    &["image", "wait", IMAGE],
    &["image", "log", IMAGE],
    &["image", "publish", IMAGE, "--ecs-image", "m-bp1faascmdsandbox0001"],
    &["image", "rm", "no-such-image", "--yes"],
    &["fpga", "ls"],
    &["fpga", "load", IMAGE, "--fpga", "1"],
    &["fpga", "status", "--fpga", "1"],
    &["fpga", "wait", "--fpga", "1"],
    &["reg", "read", "0x0"],
    &["reg", "write", "0x0", "1"],
    &["reg", "wait", "0x0", "--equals", "1", "--timeout", "10ms"],
    &["reg", "watch", "0x0", "--for", "10ms"],
    &["reg", "dump", "0x0+16"],
    &["reg", "diff", "none.json", "none.json"],
    &["reg", "restore", "none.json"],
    &["reg", "ls"],
    &["reg", "map", "note.txt"],
    &["reg", "run", "note.txt"],
    &["reg", "info"],
    &["dma", "info"],
    &["dma", "fill", "0", "--len", "64", "--pattern", "one"],
    &["dma", "write", "0", "note.txt"],
    &["dma", "read", "0", "--len", "64", "back.bin"],
    &["test", "dma", "--range", "0+64K", "--size", "4K", "--duration", "10ms", "--yes"],
    &["test", "smoke"],
    &["test", "prbs", "--duration", "20ms", "--log", "prbs.log"],
    &["test", "all", "--duration", "20ms", "--junit", "junit.xml"],
    &["version"],
    &["completions", "bash"],
    &["fleet", "up", "none", "--count", "1", "--dry-run"],
    &["fleet", "ls"],
    &["fleet", "show", "none"],
    &["fleet", "deploy", "none", "bit.tar.gz"],
    &["fleet", "test", "none"],
    &["fleet", "run", "none", "--", "true"],
    &["fleet", "put", "none", "note.txt", "folder"],
    &["fleet", "get", "none", "note.txt", "folder"],
    &["fleet", "doctor", "none"],
    &["fleet", "report"],
    &["fleet", "inventory", "none"],
    &["fleet", "prices", "ecs.f3-c4f1.xlarge"],
    &["fleet", "start", "none", "--yes"],
    &["fleet", "stop", "none", "--yes"],
    &["fleet", "extend", "none", "--yes"],
    &["fleet", "renew", "none"],
    &["fleet", "down", "none", "--yes"],
    &["fleet", "once", "none.toml", "bit.tar.gz"],
    &["list_policy"],
    &["list_objects"],
    &["upload_object", "--object=old", "--file=note.txt"],
    &["get_object", "--object=old", "--file=old.txt"],
    &["delete_object", "--object=old", "--yes"],
    &["create_image", "--object=bit.tar.gz", "--fpgatype=xilinx", "--encrypted=false", "--shell=f30001"],
    &["list_images"],
    &["delete_image", "--imageuuid=no-such-image", "--yes"],
    &["publish_image", "--imageuuid=no-such-image", "--imageid=m-1"],
    &["list_instances", INSTANCE],
    &[
        "download_image",
        INSTANCE,
        "--fpgauuid=0x6c92bf4786940501",
        "--fpgatype=intel",
        "--imageuuid=x",
        "--imagetype=afu",
        "--shell=V0.11",
    ],
    &["fpga_status", INSTANCE, "--fpgauuid=0x6c92bf4786940501"],
    &["delete_policy", "--yes"],
];

/// A cloud, a machine, and the secrets that must not be seen.
struct Stage {
    cloud: Cloud,
    variables: Vec<(String, OsString)>,
    secrets: Vec<String>,
    /// Files that were given a secret.
    given: Vec<PathBuf>,
}

struct Key {
    id: String,
    secret: String,
    token: String,
}

impl Stage {
    fn new(flags: &[&str]) -> Self {
        let cloud = Cloud::start(&[&["--speed", "200"], flags].concat());
        cloud.world.file("note.txt", "a note");
        cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
        let given = cloud.environment().iter();
        let variables = given.map(|(name, value)| (name.clone(), OsString::from(value))).collect();
        let secrets =
            [USER_SECRET, WRONG_SECRET, WRONG_TOKEN, OIDC_TOKEN, ANY_TOKEN].map(str::to_owned).into();
        let mut stage = Self { cloud, variables, secrets, given: Vec::new() };
        stage.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
        stage.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
        stage
    }

    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.into()));
    }

    fn unset(&mut self, name: &str) {
        self.variables.retain(|(set, _)| set != name);
    }

    fn with_key(mut self, id: &str, secret: &str, token: Option<&str>) -> Self {
        self.set("ALIBABA_CLOUD_ACCESS_KEY_ID", id);
        self.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
        if let Some(token) = token {
            self.set("ALIBABA_CLOUD_SECURITY_TOKEN", token);
        }
        self
    }

    /// A temporary key, known to this test.
    fn key_of(&mut self, path: &str) -> Key {
        let document = send(self.cloud.address(), &format!("GET {path}"), &[], b"").json();
        let text = |name: &str| document[name].as_str().unwrap().to_owned();
        let key =
            Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: text("SecurityToken") };
        self.secrets.extend([key.secret.clone(), key.token.clone()]);
        key
    }

    fn operator_key(&mut self) -> Key {
        self.key_of(&format!("/.sandbox/credentials?key={USER_SECRET}"))
    }

    /// A file that only its owner can read, with a secret in it.
    fn give(&mut self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.cloud.world.file(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.given.push(path.clone());
        path
    }

    fn profile(&mut self, profile: &Value) {
        let config = json!({"current": "p", "profiles": [profile]}).to_string();
        self.give(".aliyun/config.json", &config);
    }

    fn faascmd(&self, args: &[&str]) -> Ran {
        let mut command = self.cloud.world.command("faascmd");
        command.args(args).arg("-vvv").envs(self.variables.iter().map(|(name, value)| (name, value)));
        let ran = ran(&mut command);
        self.holds_no_secret(&ran.stdout, || format!("stdout of {args:?}"));
        self.holds_no_secret(&ran.stderr, || format!("stderr of {args:?}"));
        ran
    }

    /// Runs every command in both forms of output, and looks at what is left.
    fn run_all(&self) {
        for args in COMMANDS {
            self.faascmd(args);
            self.faascmd(&[*args, &["-o", "json"]].concat());
        }
        self.nothing_is_left();
    }

    /// Logs, reports, checkpoints and whatever else the commands left behind.
    fn nothing_is_left(&self) {
        let mut seen = 0;
        for path in files(self.cloud.world.path()) {
            if !self.given.contains(&path) {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                self.holds_no_secret(&text, || path.display().to_string());
                seen += 1;
            }
        }
        assert!(seen >= 2, "the two files at least");
        for request in self.cloud.requests() {
            self.holds_no_secret(&request.to_string(), || "the sandbox's log".to_owned());
        }
    }

    #[track_caller]
    fn holds_no_secret(&self, text: &str, place: impl Fn() -> String) {
        for secret in &self.secrets {
            let once = encode::component(secret);
            for form in [secret, &once, &encode::component(&once)] {
                assert!(!text.contains(form.as_str()), "{form} in {}:\n{text}", place());
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The leaves of the tree of commands, as `--help` shows it, and the old tool's commands.
fn leaves(world: &World, path: &[&str]) -> Vec<Vec<String>> {
    let help = world.faascmd(&[path, &["--help"]].concat()).exits(0).stdout;
    let mut leaves = Vec::new();
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for line in listed.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap();
        if name == "help" {
            continue;
        }
        leaves.extend(self::leaves(world, &[path, &[name]].concat()));
    }
    if path.is_empty() {
        let old = help.lines().skip_while(|line| !line.starts_with("The old faascmd's commands")).skip(1);
        leaves.extend(old.flat_map(str::split_whitespace).map(|name| vec![name.to_owned()]));
    } else if leaves.is_empty() {
        leaves.push(path.iter().map(|word| (*word).to_owned()).collect());
    }
    leaves
}

#[test]
fn every_command_is_among_those_that_are_run() {
    // `sandbox` has a test of its own below; a presigned URL holds the session token, which is what it is for.
    let shows_a_token = |leaf: &[String]| leaf == ["object", "url"];
    let leaves = leaves(&World::new(), &[]);
    assert!(leaves.len() > 20, "{leaves:?}");
    for leaf in leaves.iter().filter(|leaf| leaf[0] != "sandbox" && !shows_a_token(leaf)) {
        assert!(
            COMMANDS.iter().any(|args| args.iter().take(leaf.len()).eq(leaf.iter())),
            "{leaf:?} is not run"
        );
    }
}

#[test]
fn with_a_long_lived_key_in_the_credentials_file() {
    let mut stage = Stage::new(&[]);
    let text = format!("[FaaSCredentials]\naccessid={USER_ID}\naccesskey={USER_SECRET}\n");
    let path = stage.give("own", &text);
    stage.set("FAASCMD_CREDENTIALS_FILE", path);
    assert!(stage.faascmd(&["deploy", "bit.tar.gz"]).exits(0).stderr.contains("CreateFpgaImageTask"));
    stage.run_all();
}

#[test]
fn with_a_temporary_key_in_the_environment() {
    let mut stage = Stage::new(&[]);
    let key = stage.operator_key();
    let stage = stage.with_key(&key.id, &key.secret, Some(&key.token));
    stage.faascmd(&["object", "ls"]).exits(0);
    stage.run_all();
}

#[test]
fn with_a_wrong_secret_and_with_a_wrong_token() {
    let stage = Stage::new(&[]).with_key(USER_ID, WRONG_SECRET, None);
    let ran = stage.faascmd(&["image", "ls"]).exits(4);
    assert!(ran.stderr.contains("SignatureDoesNotMatch"), "{}", ran.stderr);
    stage.run_all();
    let mut stage = Stage::new(&[]);
    let key = stage.operator_key();
    let stage = stage.with_key(&key.id, &key.secret, Some(WRONG_TOKEN));
    stage.faascmd(&["object", "ls"]).exits(4);
    stage.run_all();
    let stage = stage.with_key(&key.id, WRONG_SECRET, Some(&key.token));
    stage.faascmd(&["image", "ls"]).exits(4);
    stage.run_all();
}

#[test]
fn with_keys_that_the_program_fetches_itself() {
    let mut by_instance = Stage::new(&[]);
    // The instance has this key until shortly before its end.
    by_instance.key_of("/latest/meta-data/ram/security-credentials/SandboxInstanceRole");
    by_instance.faascmd(&["doctor"]).exits(0);
    by_instance.run_all();
    let mut by_uri = Stage::new(&["--without-instance-role"]);
    let uri = format!(
        "http://{}/.sandbox/credentials?key={USER_SECRET}&token={WRONG_SECRET}",
        by_uri.cloud.address()
    );
    by_uri.set("ALIBABA_CLOUD_CREDENTIALS_URI", uri);
    by_uri.faascmd(&["object", "ls"]).exits(0);
    by_uri.run_all();
}

#[test]
fn with_profiles_and_roles() {
    let mut stage = Stage::new(&["--without-instance-role"]);
    stage.profile(&json!({"name": "p", "mode": "RamRoleArn", "access_key_id": USER_ID,
        "access_key_secret": USER_SECRET, "ram_role_arn": OPERATOR}));
    stage.faascmd(&["object", "ls"]).exits(0);
    stage.run_all();
    let token = stage.give("oidc-token", OIDC_TOKEN);
    for role in ["SandboxOidcRole", "NoSuchRole"] {
        stage.profile(&json!({"name": "p", "mode": "OIDC", "oidc_token_file": token,
            "oidc_provider_arn": "acs:ram::1234567890123456:oidc-provider/sandbox",
            "ram_role_arn": format!("acs:ram::1234567890123456:role/{role}")}));
        stage.run_all();
    }
}

#[test]
fn with_a_token_that_ends_and_is_renewed() {
    let stage = Stage::new(&["--fault", "expired-token"]);
    let ran = stage.faascmd(&["object", "ls"]).exits(0);
    assert!(ran.stderr.contains("credentials renewed: instance role"), "{}", ran.stderr);
}

#[test]
fn an_external_program_gets_no_secret_by_its_arguments_or_environment() {
    let mut stage = Stage::new(&[]).with_key(USER_ID, WRONG_SECRET, Some(WRONG_TOKEN));
    let printed = json!({"mode": "AK", "access_key_id": USER_ID, "access_key_secret": USER_SECRET});
    stage.give("key.json", &printed.to_string());
    stage
        .cloud
        .world
        .file("helper", "#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ > seen\ncat key.json\n");
    stage.profile(&json!({"name": "p", "mode": "External", "process_command": "sh helper"}));
    stage.faascmd(&["object", "ls", "--profile", "p"]).exits(0);
    let seen = fs::read_to_string(stage.cloud.world.path().join("seen")).unwrap();
    assert!(seen.starts_with("sh\0helper\0") && seen.contains("HOME="), "{seen:?}");
    stage.nothing_is_left();
}

#[test]
fn a_command_in_a_sandbox_has_no_secret_in_its_command_line() {
    let script = "cat /proc/$$/cmdline /proc/$PPID/cmdline; faascmd object ls -vvv";
    let stage = Stage::new(&[]);
    let ran = stage.cloud.world.faascmd(&["sandbox", "--fixed-keys", "--", "sh", "-euc", script]).exits(0);
    stage.holds_no_secret(&ran.stdout, || "stdout".to_owned());
    stage.holds_no_secret(&ran.stderr, || "stderr".to_owned());
}

#[test]
fn a_key_that_is_entered_is_written_and_not_shown() {
    let stage = Stage::new(&[]);
    for secret in [USER_SECRET, WRONG_SECRET] {
        let mut command = stage.cloud.world.command("faascmd");
        command.args(["config", "--id", USER_ID, "--key", "-", "-vvv"]).stdin(Stdio::piped());
        command.envs(stage.variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), secret.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        stage.holds_no_secret(&shown, || "config".to_owned());
        assert_eq!(output.status.code(), Some(if secret == USER_SECRET { 0 } else { 4 }), "{shown}");
    }
}
